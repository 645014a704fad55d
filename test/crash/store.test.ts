import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { World, brokerXml } from '../contract/world.ts'
import { FaultyFiles } from '../journal/faulty-files.ts'
import { connectTo, Site } from './broker-process.ts'

/** A segment that the broker removes while this counts is no more. */
function bytesIn(directory: string): number {
  return readdirSync(directory)
    .filter(name => name.endsWith('.journal'))
    .reduce((sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0), 0)
}

test('KB-02, KB-10: spent segments are removed, nearly dead ones emptied, and what was left in them outlives kill -9, in order', async t => {
  const segment = 64 * 1024
  const site = new Site({
    body: `<persistenceAdapter><kahaDB directory="\${activemq.data}/test/KahaDB" journalMaxFileLength="64kb"
      checkpointInterval="20" cleanupInterval="20"/></persistenceAdapter>`,
  })
  t.teardown(() => site.end())
  const broker = site.start()
  const client = await connectTo(await broker.port())
  const kept: string[] = []
  client.send('SUBSCRIBE', {
    id: '1',
    destination: '/queue/a',
    ack: 'client-individual',
    'activemq.prefetchSize': '50',
  })
  for (let i = 0; i < 1000; i++) {
    client.send('SEND', { destination: '/queue/a', persistent: 'true' }, `${i} ${'x'.repeat(1000)}`)
    const { headers, body } = await client.expect('MESSAGE')
    if (i % 50 === 25) kept.push(body.toString().split(' ')[0]!)
    else client.send('ACK', { id: headers.get('ack')! })
  }
  await client.quiet()
  const end = performance.now() + 20_000
  while (bytesIn(site.data) > 8 * segment && performance.now() < end) await delay(10)
  t.true(bytesIn(site.data) <= 8 * segment, `${bytesIn(site.data)} bytes are left for ${kept.length} messages`)
  await broker.kill()
  const again = await connectTo(await site.start().port())
  again.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'auto', 'activemq.prefetchSize': '100' })
  for (const expected of kept) t.is((await again.expect('MESSAGE')).body.toString().split(' ')[0], expected)
  await again.quiet()
})

test('non-persistent messages are receipted without an fsync, and are gone after a restart', async t => {
  const files = new FaultyFiles()
  const world = await new World().start(brokerXml(), { files })
  t.teardown(() => world.end())
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'kept')
  const before = files.counts.get('sync')
  for (let i = 0; i < 20; i++) await client.receipted('SEND', { destination: '/queue/a', persistent: 'false' }, 'gone')
  t.is(files.counts.get('sync'), before)
  await world.stop()
  await world.start(brokerXml(), { files })
  const consumer = await world.connect()
  consumer.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'auto', 'activemq.prefetchSize': '100' })
  t.is((await consumer.expect('MESSAGE')).body.toString(), 'kept')
  await consumer.quiet()
})

for (const [what, parts] of [
  ['persistent="false"', { attributes: 'persistent="false"' }],
  ['memoryPersistenceAdapter', { body: '<persistenceAdapter><memoryPersistenceAdapter/></persistenceAdapter>' }],
] as const) {
  test(`OS-01: with ${what} messages are delivered, nothing is written to disk, nothing outlives a restart`, async t => {
    const world = await new World().start(brokerXml(parts))
    t.teardown(() => world.end())
    const client = await world.connect()
    for (const body of ['one', 'two']) {
      await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, body)
    }
    client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client-individual' })
    t.is((await client.expect('MESSAGE')).body.toString(), 'one')
    await world.stop()
    t.false(existsSync(join(world.directory, 'data')))
    await world.start(brokerXml(parts))
    const again = await world.connect()
    again.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'auto' })
    await again.quiet()
  })
}
