import { once } from 'node:events'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Terminal } from '../../src/cli/cli.ts'
import { PidFile } from '../../src/cli/pid-file.ts'
import { directoryWith } from '../config/loading.ts'
import { brokerXml, type XmlParts } from '../contract/world.ts'
import { call, type Answer } from './terminal.ts'

interface Place {
  readonly directory: string
  write(parts: XmlParts, properties?: string): void
  check(args?: readonly string[], more?: Partial<Terminal>): Promise<Answer>
}

function place(t: ExecutionContext): Place {
  const directory = directoryWith({ 'conf/activemq.xml': brokerXml() })
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const env = { ACTIVEMQ_DATA: join(directory, 'data'), ACTIVEMQ_OPTS: '-Dtandemmq.http=off' }
  return {
    directory,
    write: parts => writeFileSync(join(directory, 'conf', 'activemq.xml'), brokerXml(parts)),
    check: (args = [], more = {}) =>
      call(['start', '--check', ...args], directory, { ...more, env: { ...env, ...more.env } }),
  }
}

const FINE = 'conf/activemq.xml: a start would be let through; nothing found in 1 file\n'

test('start --check says that a start would be let through, and leaves nothing behind, in the background either', async t => {
  const { directory, check } = place(t)
  for (const args of [[], ['--detach'], ['--foreground'], ['--log-file', 'broker.log']]) {
    const { code, out, err } = await check(args)
    t.deepEqual([code, out, err], [0, FINE, ''], args.join(' '))
  }
  t.is((await check([], { compat: true })).out, FINE)
  t.deepEqual(readdirSync(directory), ['conf'])
})

test('start --check takes the properties and the environment that this start would take', async t => {
  const { check, write } = place(t)
  write({ attributes: 'brokerId="${id}"' })
  t.is((await check()).code, 2)
  t.is((await check(['-Did=a'])).code, 0)
  t.is((await check([], { env: { ACTIVEMQ_OPTS: '-Dtandemmq.http=off -Did=a' } })).code, 0)
  const other = await check([], { env: { ACTIVEMQ_USER: 'somebody-else' } })
  t.is(other.code, 2)
  t.regex(other.err, /^tandemmq start: ACTIVEMQ_USER=somebody-else/)
  t.regex((await check(['-Dtandemmq.log=xml'])).err, /-Dtandemmq\.log=xml: write one of pretty, json, activemq/)
  t.regex(
    (await check(['nowhere.xml'])).out,
    /CONFIG_NOT_FOUND[^]*\nnowhere\.xml: a start would be refused; 1 error in /,
  )
})

test('start --check names every mistake with its place, what only a start finds too, and no secret', async t => {
  const { check, write } = place(t)
  write({
    attributes: 'persistant="true"',
    body: `<plugins><simpleAuthenticationPlugin><users><authenticationUser username="a" pasword="hunter-two"/></users>
      </simpleAuthenticationPlugin></plugins>
      <sslContext><sslContext keyStore="nowhere.ks" keyStorePassword="hunter-three"/></sslContext>`,
    connectors: { tls: 'stomp+ssl://127.0.0.1:0' },
  })
  const { code, out } = await check()
  t.is(code, 2)
  t.regex(out, /^conf\/activemq\.xml:3:\d+ {2}error {4}CONFIG_UNKNOWN_ATTRIBUTE {2}unknown attribute "persistant"/m)
  t.regex(out, /pasword="•••"/)
  t.regex(out, /nowhere\.ks/)
  t.regex(out, /\nconf\/activemq\.xml: a start would be refused; \d errors?.* in 1 file\n$/)
  t.notRegex(out, /hunter/)
  const places = [...out.matchAll(/^conf\/activemq\.xml:\S+ {2}.*$/gm)].map(([line]) => line)
  t.is(new Set(places).size, places.length, 'nothing is told twice')
})

test('start --check: a taken port is refused with who to look for, unless the broker of the pid file may have it', async t => {
  const { directory, check, write } = place(t)
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  write({ connectors: { stomp: `stomp://127.0.0.1:${port}` } })
  const { code, out } = await check()
  t.is(code, 2)
  t.true(
    out.startsWith(
      `error    port          127.0.0.1:${port} for connector "stomp" is taken by another program\n         next: who: ss -ltnp`,
    ),
    out,
  )
  t.regex(out, /a start would be refused; nothing found in 1 file, 1 error on this machine\n$/)
  // A new configuration is tried beside the broker that runs.
  const file = new PidFile({ env: { ACTIVEMQ_PIDFILE: join(directory, 'pid') }, cwd: directory }, {})
  await file.write(process.pid, null)
  t.is((await check([], { env: { ACTIVEMQ_PIDFILE: join(directory, 'pid') } })).out, FINE)
})

test('start --check: a data directory that cannot be one, and limits that its disk has no room for, are refused', async t => {
  const { directory, check, write } = place(t)
  const limits =
    '<systemUsage><systemUsage><storeUsage><storeUsage limit="900000 gb"/></storeUsage></systemUsage></systemUsage>'
  write({ attributes: 'adjustUsageLimits="false"', body: limits })
  const misfit = await check()
  t.is(misfit.code, 2)
  t.regex(misfit.out, /^error {4}data {10}storeUsage: the limit is \d+ bytes[^]*\n {9}next: Lower the limit/m)
  t.false(existsSync(join(directory, 'data')))
  write({})
  writeFileSync(join(directory, 'data'), '')
  const blocked = await check()
  t.is(blocked.code, 2)
  t.regex(blocked.out, /^error {4}data {10}\S+data is no directory\n {9}next: move it away/m)
})
