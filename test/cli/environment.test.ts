import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { withContainerLogin } from '../../src/cli/container.ts'
import { withOwnNames } from '../../src/cli/environment.ts'
import { javaOptions } from '../../src/cli/java-options.ts'
import { rootLevel } from '../../src/cli/start-log.ts'
import { readConfig } from '../../src/config/config.ts'
import { brokerXml, deadlineMs } from '../contract/world.ts'
import { tandem, Tandem } from './process.ts'

function place(t: { teardown(run: () => void): void }, xml: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-env-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'activemq.xml'), xml)
  return directory
}

test('CE-02: -D and -Xmx are taken out of ACTIVEMQ_OPTS and its kin, and what else stands there is named', t => {
  const { properties, heapBytes, ignored } = javaOptions({
    ACTIVEMQ_OPTS_MEMORY: '-Xms64M -Xmx1G',
    ACTIVEMQ_SUNJMX_START: '-Dcom.sun.management.jmxremote',
    ACTIVEMQ_OPTS: `-Xmx2g -Da=1 -Db="two words" '-Dc=it''s' -Da=3 -XX:+UseG1GC -javaagent:/opt/agent.jar`,
  })
  t.deepEqual(properties, { 'com.sun.management.jmxremote': '', a: '3', b: 'two words', c: 'its' })
  t.is(heapBytes, 2 * 1024 ** 3)
  t.deepEqual(ignored, ['-XX:+UseG1GC (ACTIVEMQ_OPTS)', '-javaagent:/opt/agent.jar (ACTIVEMQ_OPTS)'])
  t.deepEqual(javaOptions({}), { properties: {}, heapBytes: null, ignored: [] })
})

test('CE-01, CE-02: ACTIVEMQ_OPTS and TANDEMMQ_DATA reach a broker, and -D lies over them', async t => {
  const body =
    '<systemUsage><systemUsage><memoryUsage><memoryUsage percentOfJvmHeap="50"/></memoryUsage></systemUsage></systemUsage>'
  const directory = place(t, brokerXml({ body, connectors: { '${a}-${b}': 'stomp://127.0.0.1:0' } }))
  const env = {
    ACTIVEMQ_OPTS: '-Da=options -Db=options -Xmx64m -XX:+UseG1GC',
    ACTIVEMQ_DATA: join(directory, 'not-used'),
    TANDEMMQ_DATA: join(directory, 'own'),
  }
  const broker = new Tandem(['start', '-Dtandemmq.http=off', '-Db=line', 'activemq.xml'], directory, env)
  t.teardown(() => broker.child.kill('SIGKILL'))
  await broker.port('options-line')
  await broker.says(/limits: memory 34 MB,/)
  await broker.says(/options of Java and have no effect here: -XX:\+UseG1GC \(ACTIVEMQ_OPTS\) \[OPTIONS_IGNORED\]/)
  await broker.says(/NODE_READY/)
  t.is((await broker.stop()).code, 0)
  t.notThrows(() => rmSync(join(directory, 'own', 'test'), { recursive: true }))
  t.deepEqual(withOwnNames({ TANDEMMQ_DATA: '', ACTIVEMQ_DATA: 'a' }), { TANDEMMQ_DATA: '', ACTIVEMQ_DATA: 'a' })
})

test('CE-03: ACTIVEMQ_USER that is somebody else is refused, with what to do instead', async t => {
  const directory = place(t, brokerXml())
  const { code, err } = await tandem(['start', 'activemq.xml'], directory, { ACTIVEMQ_USER: 'nobody-here' })
  t.is(code, 2)
  t.regex(
    err,
    /^tandemmq start: ACTIVEMQ_USER=nobody-here, but this is \S+ and does not change: run it as that user \(User=nobody-here in a systemd unit/,
  )
})

test('CE-04: ACTIVEMQ_CONNECTION_USER closes a broker that its file leaves open, and leaves one alone that has logins', async t => {
  const env = { ACTIVEMQ_CONNECTION_USER: 'shop', ACTIVEMQ_CONNECTION_PASSWORD: 's3cret' }
  const read = (body: string): ReturnType<typeof readConfig> => {
    const directory = place(t, brokerXml({ body, connectors: { stomp: 'stomp://0.0.0.0:0' } }))
    const properties = { 'tandemmq.http': 'off', 'activemq.data': 'data' }
    return readConfig(join(directory, 'activemq.xml'), { properties, env: {}, cwd: directory })
  }
  const open = await read('')
  t.true(open.findings.some(({ code }) => code === 'CONFIG_OPEN'))
  const closed = withContainerLogin(open, env)
  t.like(closed.config?.authentication, {
    kind: 'simple',
    anonymous: null,
    users: [{ name: 'shop', password: 's3cret' }],
  })
  t.false(
    closed.findings.some(({ code }) => code === 'CONFIG_OPEN'),
    'and it is not called open any more',
  )
  const users = '<authenticationUser username="ann" password="p" groups="g"/>'
  const own = await read(
    `<plugins><simpleAuthenticationPlugin><users>${users}</users></simpleAuthenticationPlugin></plugins>`,
  )
  t.is(withContainerLogin(own, env), own)
  t.is(withContainerLogin(open, {}), open)
})

test('CE-05: of log4j2.properties, or an older log4j.properties, the root level is taken', t => {
  const directory = place(t, brokerXml())
  t.is(rootLevel(directory), null)
  writeFileSync(
    join(directory, 'log4j.properties'),
    'log4j.rootLogger=WARN, console, logfile\nlog4j.logger.org.apache=DEBUG\n',
  )
  t.is(rootLevel(directory), 'warn')
  writeFileSync(join(directory, 'log4j2.properties'), 'rootLogger.level = ${env:NOTHING}\n')
  t.is(rootLevel(directory), 'warn', 'what cannot be understood says nothing')
  writeFileSync(join(directory, 'log4j2.properties'), 'rootLogger.level = TRACE\nlogger.x.level = ERROR\n')
  t.is(rootLevel(directory), 'debug')
  t.is(rootLevel(null), null)
})

test('D-02: on a pipe the log is JSON, --log-file takes it, and a format that is none is told', async t => {
  const directory = place(t, brokerXml())
  const args = ['start', '-Dtandemmq.http=off', '-Dactivemq.data=data']
  mkdirSync(join(directory, 'log'))
  const watched = watch(join(directory, 'log'), { signal: AbortSignal.timeout(deadlineMs) })
  const broker = new Tandem([...args, '--log-file', 'log/broker.log', 'activemq.xml'], directory, { TANDEMMQ_LOG: '' })
  t.teardown(() => broker.child.kill('SIGKILL'))
  const lines = (): Record<string, unknown>[] => {
    try {
      const text = readFileSync(join(directory, 'log/broker.log'), 'utf8')
      return text
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as Record<string, unknown>)
    } catch {
      return []
    }
  }
  for await (const _ of watched) if (lines().some(({ code }) => code === 'NODE_READY')) break
  t.is((await broker.stop()).code, 0)
  t.is(broker.err, '')
  t.like(lines().at(-1), { level: 'info', code: 'NODE_STOPPED', broker: 'test', role: 'active', epoch: 1 })
  const wrong = await tandem([...args, '-Dtandemmq.log=xml', 'activemq.xml'], directory)
  t.is(wrong.code, 2)
  t.regex(wrong.err, /^tandemmq start: -Dtandemmq\.log=xml: write one of pretty, json, activemq/)
})
