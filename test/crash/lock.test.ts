import test from 'ava'
import { freePort } from '../bench/ports.ts'
import type { XmlParts } from '../contract/world.ts'
import { connectTo, Site } from './broker-process.ts'

const retryMs = 200

function locked(port: number, locker: string): XmlParts {
  return {
    body: `<persistenceAdapter><kahaDB directory="\${activemq.data}/test/KahaDB"><locker>
      <shared-file-locker ${locker}/></locker></kahaDB></persistenceAdapter>`,
    connectors: { stomp: `stomp://127.0.0.1:${port}` },
  }
}

test('LK-01, LK-02, LC-01: a second broker on a directory waits without a port, and takes over at once when the first is killed', async t => {
  // Both are told the same port: would the second open it too early, it would fail instead of waiting.
  const port = await freePort()
  const site = new Site(locked(port, `lockAcquireSleepInterval="${retryMs}"`))
  t.teardown(() => site.end())
  const first = site.start()
  await first.port()
  const second = site.start()
  await second.says(/in use by another broker: waiting .* every 200 ms/)
  const producer = await connectTo(port)
  await producer.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'kept')
  t.notRegex(second.stderr, /listens on/)
  t.true(second.running)
  const killedAt = performance.now()
  await first.kill()
  await second.port()
  const tookMs = performance.now() - killedAt
  t.log(`took over after ${Math.round(tookMs)} ms`)
  // One interval, recovery of a few records, and what a busy machine adds.
  t.true(tookMs < retryMs + 2000, `${tookMs} ms`)
  const consumer = await connectTo(port)
  consumer.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'auto' })
  t.is((await consumer.expect('MESSAGE')).body.toString(), 'kept')
})

test('a waiting broker leaves with exit code 0 when it is told to stop', async t => {
  const site = new Site(locked(0, `lockAcquireSleepInterval="10000"`))
  t.teardown(() => site.end())
  await site.start().port()
  const second = site.start()
  await second.says(/waiting/)
  second.child.kill('SIGTERM')
  t.deepEqual(await second.exited, { code: 0, signal: null }, second.stderr)
})

test('LK-04, KB-14: failIfLocked: a second broker on a directory ends with exit code 1 and says why', async t => {
  const site = new Site(locked(0, 'failIfLocked="true"'))
  t.teardown(() => site.end())
  await site.start().port()
  const second = site.start()
  t.deepEqual(await second.exited, { code: 1, signal: null })
  t.regex(second.stderr, /is in use by another broker \[JOURNAL_LOCKED\]/)
})
