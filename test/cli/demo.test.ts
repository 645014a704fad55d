import { PassThrough } from 'node:stream'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { parseDemo } from '../../src/cli/demo.ts'
import { DemoNode, prefixLines } from '../../src/cli/demo-node.ts'
import { Traffic, type Tally } from '../../src/cli/demo-traffic.ts'
import { brokerXml, deadlineMs } from '../contract/world.ts'
import { Tandem } from './process.ts'

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

test('the options of the demonstration are read, and a wrong one is told', t => {
  t.deepEqual(parseDemo([]), { traffic: 0, restart: false, data: null })
  t.deepEqual(parseDemo(['--traffic', '--restart', '--data=x']), { traffic: 5, restart: true, data: 'x' })
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
