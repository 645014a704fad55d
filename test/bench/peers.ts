/**
 * The brokers the bench compares, each started as a child in its own scratch directory on its own loopback ports, with the
 * store and the settings a user gets who changes nothing. System services of the same name are left alone.
 *
 *   find ─► absent, and why │ start ─► listening on stomp ─► load … ─► stop ─► scratch removed by the bench
 *
 * Read: processes (children, their processor time and memory) · below, one section per broker.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../src/base/errors.ts'
import type { LoadOptions } from './options.ts'
import { accepts, freePort, HOST } from './ports.ts'
import { startChild } from './processes.ts'
import type { Child } from './processes.ts'

export const BROKERS = ['tandemmq', 'activemq', 'rabbitmq'] as const
export type BrokerName = (typeof BROKERS)[number]

export interface Broker {
  readonly name: BrokerName
  /** Milliseconds from starting the process to its STOMP port accepting a connection. */
  readonly startMs: number
  /** Roots of the process trees to account for. */
  readonly pids: readonly number[]
  /** What a load needs to reach it. */
  readonly reach: Partial<LoadOptions>
  /** Resolves if the broker ends by itself. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

export interface BrokerKind {
  readonly name: BrokerName
  /** Name and version as found on this machine, or why there is none. */
  find(): { readonly version: string } | { readonly absent: string }
  /** Starts it in an empty directory. Rejects with the end of its log if it does not come up. */
  start(scratch: string): Promise<Broker>
}

const START_MS_MAX = 90_000

// What TandemMQ and ActiveMQ both read: the same file, so that each is configured exactly as the other.
const activemqXml = (
  scratch: string,
  port: number,
): string => `<beans xmlns="http://www.springframework.org/schema/beans"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans.xsd
  http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="bench" useJmx="false" dataDirectory="${scratch}/data">
    <persistenceAdapter>
      <kahaDB directory="${scratch}/data/kahadb"/>
    </persistenceAdapter>
    <transportConnectors>
      <transportConnector name="stomp" uri="stomp://${HOST}:${port}?maximumConnections=20000&amp;wireFormat.maxFrameSize=104857600"/>
    </transportConnectors>
  </broker>
</beans>
`

const tandemmq: BrokerKind = {
  name: 'tandemmq',
  find() {
    if (!existsSync('bin/tandemmq.js')) return { absent: 'bin/tandemmq.js is not here' }
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    return { version: `TandemMQ ${version}, Node ${process.versions.node}` }
  },
  async start(scratch) {
    const port = await freePort()
    const xml = join(scratch, 'activemq.xml')
    writeFileSync(xml, activemqXml(scratch, port))
    const args = ['bin/tandemmq.js', 'start', '-Dtandemmq.http=off', `xbean:file:${xml}`]
    return await listening('tandemmq', port, {}, scratch, log => [startChild(process.execPath, args, process.env, log)])
  },
}

const ACTIVEMQ_HOME = '/usr/share/activemq'
/** What the package's own start script opens for ActiveMQ on a modern Java. */
const JAVA_OPENS = ['security', 'net', 'lang', 'util', 'util.concurrent', 'util.concurrent.atomic'].flatMap(name => [
  '--add-opens',
  `java.base/java.${name}=ALL-UNNAMED`,
])

/** The heap and flags Debian's package starts ActiveMQ with. */
function debianJavaOptions(): string[] {
  const file = join(ACTIVEMQ_HOME, 'activemq-options')
  const line = existsSync(file) ? /^ACTIVEMQ_OPTS="([^"]*)"/m.exec(readFileSync(file, 'utf8')) : null
  return (line?.[1] ?? '-Xms64M -Xmx1G').split(' ')
}

const activemq: BrokerKind = {
  name: 'activemq',
  find() {
    if (!existsSync(join(ACTIVEMQ_HOME, 'bin/activemq.jar')))
      return { absent: `no ${ACTIVEMQ_HOME}/bin/activemq.jar (Debian package activemq)` }
    if (!has('java')) return { absent: 'no java on the PATH' }
    return { version: `ActiveMQ ${packageVersion('activemq')}, ${debianJavaOptions().join(' ')}` }
  },
  async start(scratch) {
    const port = await freePort()
    for (const name of ['conf', 'data', 'tmp']) mkdirSync(join(scratch, name))
    const xml = join(scratch, 'conf/activemq.xml')
    writeFileSync(xml, activemqXml(scratch, port))
    const places = { home: ACTIVEMQ_HOME, base: scratch, conf: join(scratch, 'conf'), data: join(scratch, 'data') }
    const args = [
      ...debianJavaOptions(),
      ...JAVA_OPENS,
      ...Object.entries(places).map(([name, path]) => `-Dactivemq.${name}=${path}`),
      `-Djava.io.tmpdir=${join(scratch, 'tmp')}`,
      '-jar',
      join(ACTIVEMQ_HOME, 'bin/activemq.jar'),
      'start',
      `xbean:file:${xml}`,
    ]
    return await listening('activemq', port, {}, scratch, log => [startChild('java', args, process.env, log)])
  },
}

/** The server script itself: /usr/sbin's wrapper would change the user and the directory to the system service's. */
const RABBITMQ_SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'

const rabbitmq: BrokerKind = {
  name: 'rabbitmq',
  find() {
    if (!existsSync(RABBITMQ_SERVER)) return { absent: `no ${RABBITMQ_SERVER} (Debian package rabbitmq-server)` }
    if (!has('epmd')) return { absent: 'no epmd on the PATH' }
    return { version: `RabbitMQ ${packageVersion('rabbitmq-server')}` }
  },
  async start(scratch) {
    const [port, epmdPort, distPort] = [await freePort(), await freePort(), await freePort()]
    const at = (name: string): string => join(scratch, name)
    for (const name of ['home', 'mnesia', 'log']) mkdirSync(at(name))
    writeFileSync(at('enabled_plugins'), '[rabbitmq_stomp].\n')
    writeFileSync(at('rabbitmq.conf'), `listeners.tcp = none\nstomp.listeners.tcp.1 = ${HOST}:${port}\n`)
    writeFileSync(at('env.conf'), '')
    const env = {
      ...process.env,
      HOME: at('home'), // where Erlang keeps its cookie
      ERL_EPMD_ADDRESS: HOST,
      ERL_EPMD_PORT: `${epmdPort}`,
      RABBITMQ_CONF_ENV_FILE: at('env.conf'),
      RABBITMQ_CONFIG_FILE: at('rabbitmq.conf'),
      RABBITMQ_DIST_PORT: `${distPort}`,
      RABBITMQ_ENABLED_PLUGINS_FILE: at('enabled_plugins'),
      RABBITMQ_LOG_BASE: at('log'),
      RABBITMQ_MNESIA_BASE: at('mnesia'),
      RABBITMQ_NODENAME: `bench${process.pid}@localhost`,
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    }
    const queue = ['durable:true', 'auto-delete:false']
    const reach = { login: 'guest', passcode: 'guest', vhost: '/', headers: queue, subscribeHeaders: queue }
    // An epmd of our own on a port of our own: the one that Erlang would start stays behind as a daemon.
    return await listening('rabbitmq', port, reach, scratch, log => {
      const epmd = startChild('epmd', ['-port', `${epmdPort}`, '-address', HOST], env, log)
      return [startChild(RABBITMQ_SERVER, [], env, log), epmd]
    })
  },
}

export const KINDS: readonly BrokerKind[] = [tandemmq, activemq, rabbitmq]

/** Starts the children and waits until the port answers; the first child is the broker. */
async function listening(
  name: BrokerName,
  port: number,
  reach: Partial<LoadOptions>,
  scratch: string,
  start: (log: string) => readonly Child[],
): Promise<Broker> {
  const log = join(scratch, 'output.log')
  const startedAt = performance.now()
  const children = start(log)
  const stop = async (): Promise<void> => {
    for (const child of children) await child.stop()
  }
  const ended = (children[0] as Child).ended
  let gone: string | undefined
  void ended.then(how => (gone = how))
  while (!(await accepts(port))) {
    const late = performance.now() - startedAt > START_MS_MAX
    if (gone === undefined && !late) continue
    await stop()
    throw new Error(
      `${name} ${gone === undefined ? `did not listen within ${START_MS_MAX} ms` : `ended with ${gone}`}:\n${tail(log)}`,
    )
  }
  const startMs = performance.now() - startedAt
  return { name, startMs, pids: children.map(child => child.pid), reach: { ...reach, host: HOST, port }, ended, stop }
}

const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0

const packageVersion = (name: string): string =>
  spawnSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' }).stdout || 'of unknown version'

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(-20).join('\n')
  } catch (error) {
    return messageOf(error)
  }
}
