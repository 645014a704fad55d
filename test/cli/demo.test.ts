import { spawn, spawnSync } from 'node:child_process'
import { PassThrough } from 'node:stream'
import {
  chownSync,
  symlinkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { hostname, tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { demoDirectory } from '../../src/cli/demo-directory.ts'
import { parseDemo } from '../../src/cli/demo.ts'
import { DemoNode, prefixLines } from '../../src/cli/demo-node.ts'
import { Traffic, type Tally } from '../../src/cli/demo-traffic.ts'
import { DemoScreen } from '../../src/cli/demo-screen.ts'
import { freePort } from '../bench/ports.ts'
import { TestScreen } from '../monitor/screen.ts'
import { brokerXml, deadlineMs } from '../contract/world.ts'
import { Tandem } from './process.ts'

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('each line of a log carries its broker, however it was cut', async t => {
  const stream = new PassThrough()
  const lines: string[] = []
  prefixLines(stream, 'active', line => lines.push(line))
  for (const part of ['one\ntw', 'o\n', 'thr', 'ee']) stream.write(part)
  stream.end()
  await once(stream, 'end')
  t.deepEqual(lines, ['active  | one\n', 'active  | two\n', 'active  | three\n'])
})

test('the demonstration says how a broker ended, and stops one that runs', async t => {
  const lines: string[] = []
  const node = new DemoNode(
    'passive',
    [process.execPath, '-e', 'console.log("up"); setInterval(() => {}, 1e6)'],
    line => {
      lines.push(line)
      void node.stop()
    },
  )
  t.is(await node.run(), 'was ended by SIGTERM')
  t.deepEqual(lines, ['passive | up\n'])
  t.is(
    await new DemoNode('active', [process.execPath, '-e', 'process.exit(3)'], () => {}).run(),
    'ended with exit code 3',
  )
  await node.stop()
})

test('a broker of the demonstration ends with it, however that ends', async t => {
  const program = `import { DemoNode } from ${JSON.stringify(new URL('../../src/cli/demo-node.js', import.meta.url).href)}
    const node = new DemoNode('active', ${JSON.stringify([
      process.execPath,
      resolve('bin/tandemmq.js'),
      'start',
      '-Dtandemmq.log=pretty',
      '-Dtandemmq.http=off',
      'broker:(stomp://127.0.0.1:0)/demo?persistent=false',
    ])}, line => line.includes('ready after') && console.log(node.pid))
    void node.run()`
  const demonstration = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => demonstration.kill('SIGKILL'))
  const [told] = (await once(demonstration.stdout, 'data')) as [Buffer]
  const pid = Number(told.toString())
  t.teardown(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  })
  t.true(isAlive(pid))
  demonstration.kill('SIGKILL')
  const late = performance.now() + deadlineMs
  while (isAlive(pid) && performance.now() < late) await sleep(20)
  t.false(isAlive(pid), 'it would hold the ports of the next one')
})

test('the options of the demonstration are read, and a wrong one is told', t => {
  t.deepEqual(parseDemo([]), { traffic: 0, restart: false, plain: false, data: null })
  t.deepEqual(parseDemo(['--traffic', '--restart', '--plain', '--data=x']), {
    traffic: 5,
    restart: true,
    plain: true,
    data: 'x',
  })
  t.like(parseDemo(['--traffic=50']), { traffic: 50 })
  t.regex(JSON.stringify(parseDemo(['--trafic'])), /did you mean --traffic/)
  t.regex(JSON.stringify(parseDemo(['--traffic=9999'])), /at most 1000/)
})

test("the demonstration's traffic finds the broker that lets it in, and goes on after that one was killed", async t => {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-demo-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'activemq.xml'), brokerXml())
  const first = new Tandem(['start', '-Dactivemq.data=one', 'xbean:file:activemq.xml'], directory)
  const second = new Tandem(['start', '-Dactivemq.data=two', 'xbean:file:activemq.xml'], directory)
  const brokers = [first, second]
  t.teardown(async () => {
    for (const broker of brokers) broker.child.kill('SIGKILL')
    await Promise.all(brokers.map(broker => broker.ended))
  })
  const ports = await Promise.all(brokers.map(broker => broker.port('stomp')))
  const nobody = createServer().listen(0, '127.0.0.1')
  await once(nobody, 'listening')
  const closed = (nobody.address() as AddressInfo).port
  nobody.close()
  const traffic = new Traffic([closed, ...ports], 200)
  t.teardown(() => traffic.stop())
  traffic.start()
  const until = async (done: (tally: Tally) => boolean): Promise<Tally> => {
    const deadline = performance.now() + deadlineMs
    for (;;) {
      const tally = traffic.tally()
      if (done(tally)) return tally
      if (performance.now() > deadline) throw new Error(JSON.stringify(tally))
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }
  const before = await until(({ received }) => received >= 20)
  t.is(before.port, ports[0] ?? null)
  first.child.kill('SIGKILL')
  const after = await until(({ port, received }) => port === (ports[1] ?? null) && received > before.received + 20)
  t.true(after.longestPauseMs > 0)
})

test('on the screen: 9 kills the active, the other takes over, 0 brings the dead one back, q ends both', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-demo-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const [active, passive, http, http2] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const member = (name: 'active' | 'passive', stomp: number, port: number, attributes = '') => {
    const file = join(directory, `${name}.xml`)
    const xml = brokerXml({ attributes, connectors: { stomp: `stomp://127.0.0.1:${stomp}` } })
    const body = `<persistenceAdapter><kahaDB directory="\${activemq.data}/${name}"/></persistenceAdapter>`
    writeFileSync(
      file,
      xml.replace('brokerName="test"', `brokerName="${name}"`).replace('<transportC', `${body}<transportC`),
    )
    return { name, stomp, http: `127.0.0.1:${port}`, file } as const
  }
  const members = [
    member('active', active, http),
    member('passive', passive, http2, `masterConnectorURI="tcp://127.0.0.1:${active}"`),
  ] as const
  let out = ''
  const look = {
    mono: true,
    ascii: false,
    save: (name: string) => Promise.resolve(name),
    verify: () => Promise.resolve({ equal: true, text: '' }),
    onStop: () => undefined,
  }
  const screen = new TestScreen()
  const run = new DemoScreen({ members, directory, traffic: 50, look, out: text => (out += text) }).run(screen.opener)
  try {
    await screen.shows(/ACTIVE {2}active {2}PAIRED.*PASSIVE {2}passive {2}IN_SYNC/)
    await screen.shows(/demo +\d+ +\d+ +1 .* ok/)
    t.regex(screen.frame, /9 kill -9 the active {2}0 bring it back/)
    await screen.press('9').shows(/ACTIVE {2}passive {2}SOLO {2}◄ was passive/)
    await screen.shows(/client at \d+ now: longest pause \d+ ms/)
    await screen.press('0').shows(/ACTIVE {2}passive {2}PAIRED.*PASSIVE {2}active {2}IN_SYNC/)
    await screen.press('l').shows(/kill -9 \d+: active dies/)
  } finally {
    screen.press('escape', 'q', 'C-c')
  }
  t.is(await run, 0)
  t.regex(out, /^demo +\| two brokers start\ndemo +\| longest pause \d+ ms, \d+ confirmed, .* repeated\n$/)
})

test('what a demonstration that was killed has left behind is removed by the next one, and nothing else', t => {
  const parent = mkdtempSync(join(tmpdir(), 'tandemmq-sweep-'))
  t.teardown(() => rmSync(parent, { recursive: true, force: true }))
  const { pid: gone } = spawnSync(process.execPath, ['-e', ''])
  const made = (name: string, owner: string | null): void => {
    mkdirSync(join(parent, name))
    if (owner !== null) writeFileSync(join(parent, name, 'owner'), `${owner}\n`)
  }
  made('tandemmq-demo-killed', `${hostname()} ${gone}`)
  made('tandemmq-demo-runs', `${hostname()} ${process.pid}`)
  made('tandemmq-demo-elsewhere', `another-${hostname()} ${gone}`)
  made('tandemmq-demo-older', null)
  made('other', `${hostname()} ${gone}`)
  const stay = ['other', 'tandemmq-demo-elsewhere', 'tandemmq-demo-older', 'tandemmq-demo-runs']
  if (process.platform !== 'win32') {
    symlinkSync(join(parent, 'other'), join(parent, 'tandemmq-demo-link'))
    stay.push('tandemmq-demo-link')
  }
  if (process.getuid?.() === 0) {
    made('tandemmq-demo-of-another', `${hostname()} ${gone}`)
    chownSync(join(parent, 'tandemmq-demo-of-another'), 12_345, 12_345)
    stay.push('tandemmq-demo-of-another')
  }
  const directory = demoDirectory(parent)
  t.deepEqual(readdirSync(parent).toSorted(), [...stay, basename(directory)].toSorted())
  t.is(readFileSync(join(directory, 'owner'), 'utf8'), `${hostname()} ${process.pid}\n`)
})
