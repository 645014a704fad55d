import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { brokerXml, Client } from '../contract/world.ts'
import { tandem, Tandem } from './process.ts'

// What somebody meets in the first five minutes: each is one sentence that says what is wrong, and one that says what to do.

const BIN = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../../../bin/tandemmq.js' : '../../bin/tandemmq.js', import.meta.url),
)

function place(t: ExecutionContext, xml: string | null = brokerXml()): string {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-first-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  if (xml !== null) writeFileSync(join(directory, 'activemq.xml'), xml)
  return directory
}

const START = ['start', '-Dtandemmq.http=off', '-Dactivemq.data=data', 'activemq.xml']

/** It ends at once, and this is all that its log says but for what it was started from. */
async function says(t: ExecutionContext, directory: string, args: readonly string[], end: number): Promise<string> {
  const { code, err } = await tandem(args, directory)
  t.is(code, end, err)
  t.notRegex(err, /\n {4}at /, 'no stack')
  return err
    .split('\n')
    .filter(line => !/NODE_STARTING|NODE_LIMITS/.test(line))
    .map(line => line.replace(/^\S+Z /, '').replaceAll(directory, '…'))
    .join('\n')
    .trimEnd()
}

test('the file is not there', async t => {
  t.is(
    await says(t, place(t), ['start', 'conf/actvemq.xml'], 2),
    'ERROR …/conf/actvemq.xml does not exist or cannot be read [CONFIG_NOT_FOUND]\n' +
      '  check the path; "tandemmq create NAME" makes a new instance with a commented file',
  )
})

test('the file is something else', async t => {
  const directory = place(t, 'log4j.rootLogger=INFO\n')
  t.regex(
    await says(t, directory, START, 2),
    /^ERROR …\/activemq\.xml:1:1: not well-formed: .* \[CONFIG_NOT_WELL_FORMED\]/,
  )
})

test('the port is taken', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const directory = place(t, brokerXml({ connectors: { stomp: `stomp://127.0.0.1:${port}` } }))
  t.is(
    await says(t, directory, START, 1),
    `ERROR …/activemq.xml:5:59: connector "stomp" cannot listen on 127.0.0.1:${port}: another program listens there already [TRANSPORT_BIND]\n` +
      `  Stop it ("ss -ltnp sport = :${port}" shows which it is), or change the port in the uri of the connector.`,
  )
})

test('the data directory belongs to another broker: it waits, and says so', async t => {
  const directory = place(t)
  const first = new Tandem(START, directory)
  t.teardown(() => first.child.kill('SIGKILL'))
  await first.port('stomp')
  const second = new Tandem(START, directory)
  t.teardown(() => second.child.kill('SIGKILL'))
  await second.says(
    /is in use by another broker: waiting as its passive.* \[STORE_IN_USE\]\n {2}If that is not meant, stop the other one, or give this one a directory of its own \(-Dactivemq\.data=DIR\)\./,
  )
  t.is((await second.stop()).code, 0)
  const lock =
    '<persistenceAdapter><kahaDB directory="${activemq.data}/test/KahaDB"><locker><shared-file-locker failIfLocked="true"/></locker></kahaDB></persistenceAdapter>'
  writeFileSync(join(directory, 'activemq.xml'), brokerXml({ body: lock }))
  t.is(
    await says(t, directory, START, 1),
    'ERROR …/data/test/KahaDB is in use by another broker [JOURNAL_LOCKED]\n' +
      '  Stop the other one, or give this one a data directory of its own (-Dactivemq.data=DIR).',
  )
})

test('the data directory cannot be written', async t => {
  const directory = place(t)
  writeFileSync(join(directory, 'data'), 'a file, where a directory should be')
  t.is(
    await says(t, directory, START, 1),
    "ERROR the data directory …/data/test/KahaDB cannot be written: ENOTDIR: not a directory, mkdir '…/data/test/KahaDB' [JOURNAL_IO]\n" +
      '  Let the user of this process write there (chown), or name another directory with -Dactivemq.data=DIR.',
  )
})

test('a client gives a wrong password, and one speaks OpenWire: both are told apart in the log, and nobody else notices', async t => {
  const users = '<authenticationUser username="ann" password="right one" groups="users"/>'
  const body = `<plugins><simpleAuthenticationPlugin><users>${users}</users></simpleAuthenticationPlugin></plugins>`
  const directory = place(
    t,
    brokerXml({ body, connectors: { stomp: 'stomp://127.0.0.1:0', openwire: 'tcp://127.0.0.1:0' } }),
  )
  const broker = new Tandem(START, directory)
  t.teardown(() => broker.child.kill('SIGKILL'))
  const port = await broker.port('stomp')
  const client = await Client.dial(port)
  client.send('CONNECT', { 'accept-version': '1.2', login: 'ann', passcode: 'wrong one' })
  const [error] = await client.closed()
  t.is(error?.headers.get('message'), 'User name [ann] or password is invalid.')
  await broker.says(
    /INFO {2}tcp:\/\/127\.0\.0\.1:\d+: User name \[ann\] or password is invalid\.; closing the connection \[CLIENT_LOGIN_FAILED\]\n {2}Compare the headers login and passcode/,
  )
  const jms = await Client.dial(await broker.port('openwire'))
  jms.raw(Buffer.concat([Buffer.from([0, 0, 0, 240, 1]), Buffer.from('ActiveMQ'), Buffer.alloc(40)]))
  t.deepEqual(await jms.closed(), [])
  await broker.says(
    /connector "openwire" \(tcp\): 127\.0\.0\.1:\d+ speaks OpenWire, which is not served.* \[CLIENT_FOREIGN\]\n {2}Let the client use STOMP/,
  )
  t.notRegex(broker.err, /right one|wrong one/, 'no password in the log')
  t.is((await broker.stop()).code, 0)
})

test('Node is too old: it says so before anything that an old one cannot parse', t => {
  const directory = place(t, null)
  const older = join(directory, 'older.cjs')
  for (const [version, served] of [
    ['0.10.48', false],
    ['8.17.0', false],
    ['18.20.8', false],
    ['20.18.3', false],
    ['20.19.0', true],
    ['26.0.0', true],
  ] as const) {
    writeFileSync(older, `Object.defineProperty(process.versions, 'node', { value: '${version}' })`)
    const { status, stderr, stdout } = spawnSync(process.execPath, ['-r', older, BIN, 'version'], { encoding: 'utf8' })
    t.is(status, served ? 0 : 1, version)
    if (served) t.regex(stdout, /^TandemMQ \d/)
    else
      t.regex(
        stderr,
        new RegExp(
          `^TandemMQ needs Node\\.js 20\\.19 or newer, and this is ${version} \\(.*\\)\\. Install a newer one`,
        ),
      )
  }
  // What such a Node reads: the program itself, as a script, in a language that it knows.
  const text = readFileSync(BIN, 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*/g, '')
  t.notRegex(text, /=>|`|\b(const|let|class|import|export|async|await)\b|\?\.|\?\?|\.\.\./)
  mkdirSync(join(directory, 'bin'))
  t.is((JSON.parse(readFileSync(join(BIN, '../package.json'), 'utf8')) as { type: string }).type, 'commonjs')
})
