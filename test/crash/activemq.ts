import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { accepts, freePort } from '../bench/ports.ts'

/** Where Debian's package puts it. */
const HOME = '/usr/share/activemq'
const JAR = `${HOME}/bin/activemq.jar`
export const isActiveMqInstalled: boolean = existsSync(JAR) && existsSync('/usr/bin/java')

export interface ActiveMq {
  readonly stomp: number
  readonly openWire: number
}

/** A real ActiveMQ Classic with a store of its own; stopped when the test is over. */
export async function startActiveMq(t: ExecutionContext): Promise<ActiveMq> {
  const base = mkdtempSync(join(tmpdir(), 'tandemmq-activemq-'))
  const [stomp, openWire] = [await freePort(), await freePort()]
  mkdirSync(join(base, 'conf'))
  const file = join(base, 'conf', 'activemq.xml')
  writeFileSync(file, xml(join(base, 'data'), stomp, openWire))
  const home = [
    `-Dactivemq.home=${HOME}`,
    `-Dactivemq.base=${base}`,
    `-Dactivemq.conf=${base}/conf`,
    `-Dactivemq.data=${base}/data`,
  ]
  const child = spawn('/usr/bin/java', ['-Xmx256m', ...home, '-jar', JAR, 'start', `xbean:file:${file}`], {
    stdio: 'ignore',
  })
  t.teardown(() => end(child, base))
  while (!(await accepts(stomp))) if (child.exitCode !== null) throw new Error(`ActiveMQ ended with ${child.exitCode}`)
  return { stomp, openWire }
}

async function end(child: ChildProcess, base: string): Promise<void> {
  if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'close')
  rmSync(base, { recursive: true, force: true })
}

const xml = (
  data: string,
  stomp: number,
  openWire: number,
): string => `<beans xmlns="http://www.springframework.org/schema/beans"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans-2.0.xsd
  http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <broker xmlns="http://activemq.apache.org/schema/core" useJmx="false" brokerName="old" dataDirectory="${data}">
    <persistenceAdapter><kahaDB directory="${data}/kahadb"/></persistenceAdapter>
    <transportConnectors>
      <transportConnector name="openwire" uri="tcp://127.0.0.1:${openWire}"/>
      <transportConnector name="stomp" uri="stomp://127.0.0.1:${stomp}"/>
    </transportConnectors>
  </broker>
</beans>`
