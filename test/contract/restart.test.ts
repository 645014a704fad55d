import test from 'ava'
import { cpSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DestinationKind } from '../../src/base/destination.ts'
import { World, brokerXml, deadlineMs, type XmlParts } from './world.ts'
import {
  about,
  bodies,
  connect,
  depth,
  drain,
  fill,
  flags,
  forVersions,
  names,
  queueOf,
  started,
  take,
  versions,
} from './consuming.ts'

/** What was on disk when the broker was killed: a copy of its directory, started as a new broker. */
async function killed(t: Parameters<typeof started>[0], world: World): Promise<World> {
  const copy = mkdtempSync(join(tmpdir(), 'tandemmq-killed-'))
  cpSync(world.directory, copy, { recursive: true })
  const again = await new World(copy).start(brokerXml())
  t.teardown(() => again.end())
  return again
}

forVersions(
  test,
  versions,
  'ST-01, ST-02, S-ACK-13: what was receipted, messages and ACKs, is there after a kill',
  async (t, version) => {
    const world = await started(t)
    await fill(world, '/queue/a', 4)
    const client = await connect(world, version)
    client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client-individual' })
    const messages = await take(client, 4)
    await client.receipted('ACK', about(client, messages[2]!))
    const again = await killed(t, world)
    const back = await drain(again, 'a')
    t.deepEqual(bodies(back), ['m1', 'm2', 'm4'])
    t.deepEqual(flags(back), [false, false, false])
  },
)

forVersions(
  test,
  versions,
  'ST-03: a kill leaves no part of a transaction that was not committed, and all of one that was',
  async (t, version) => {
    const world = await started(t)
    await fill(world, '/queue/in', 2)
    const client = await connect(world, version)
    client.send('SUBSCRIBE', { id: '1', destination: '/queue/in', ack: 'client-individual' })
    const messages = await take(client, 2)
    for (const [i, transaction] of ['done', 'open'].entries()) {
      await client.receipted('BEGIN', { transaction })
      await client.receipted('SEND', { destination: '/queue/out', persistent: 'true', transaction }, transaction)
      await client.receipted('ACK', about(client, messages[i]!, { transaction }))
    }
    await client.receipted('COMMIT', { transaction: 'done' })
    const again = await killed(t, world)
    t.deepEqual(bodies(await drain(again, 'in')), ['m2'])
    t.deepEqual(bodies(await drain(again, 'out')), ['done'])
  },
)

test('ST-04: non-persistent messages do not survive a restart, and persistent ones around them keep their order', async t => {
  const world = await started(t)
  for (let i = 0; i < 3; i++) {
    await fill(world, '/queue/a', 2)
    await fill(world, '/queue/a', 2, {})
  }
  await fill(world, '/queue/only.volatile', 3, {})
  t.is(depth(world, 'a'), 12)
  for (let i = 0; i < 2; i++) {
    await world.stop()
    await world.start(brokerXml())
    t.is(depth(world, 'a'), 6)
    t.is(depth(world, 'only.volatile'), 0)
  }
  const back = await drain(world, 'a')
  t.deepEqual(bodies(back), ['m1', 'm2', 'm1', 'm2', 'm1', 'm2'])
  t.true(back.every(({ headers }) => headers.get('persistent') === 'true'))
  t.is(queueOf(world, 'only.volatile').consumers.size, 0)
})

test('ST-05: after restarts queues are there in order, empty ones too, and go on where they were', async t => {
  const world = await started(t)
  await fill(world, '/queue/a', 20)
  const client = await connect(world, '1.2')
  await client.receipted('SUBSCRIBE', { id: 'e', destination: '/queue/empty' })
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client-individual' })
  const messages = await take(client, 20)
  for (const i of [0, 7, 8, 19]) await client.receipted('ACK', about(client, messages[i]!))
  const left = names(1, 20).filter((_, i) => ![0, 7, 8, 19].includes(i))
  for (let i = 0; i < 3; i++) {
    await world.stop()
    await world.start(brokerXml())
    t.is(depth(world, 'empty'), 0)
    await fill(world, '/queue/a', 1)
    left.push('m1')
    t.is(depth(world, 'a'), left.length)
  }
  t.deepEqual(bodies(await drain(world, 'a')), left)
  await world.stop()
  await world.start(brokerXml())
  t.is(depth(world, 'a'), 0)
})

test('ST-04, S-TMP-05: temporary destinations and what is in them are gone after a restart, under every name', async t => {
  const world = await started(t)
  const client = await connect(world, '1.2')
  await client.receipted('SEND', { destination: '/temp-queue/t', persistent: 'true' }, 'm1')
  const { broker } = world.running
  const temporary = [...broker.registry.queues()].find(({ at }) => at.kind === DestinationKind.tempQueue)!
  const again = await killed(t, world)
  await world.stop()
  await world.start(brokerXml())
  for (const { broker: later } of [world.running, again.running]) {
    t.is(later.find(DestinationKind.tempQueue, temporary.at.name), null)
    t.is(later.find(DestinationKind.queue, temporary.at.name), null)
    t.deepEqual([...later.registry.queues()], [])
    t.is(later.state.messages, 0)
  }
})

test('ST-05: auto-mode deliveries that were handed over before a stop are not delivered again', async t => {
  const world = await started(t)
  await fill(world, '/queue/a', 10)
  const client = await connect(world, '1.2')
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'auto' })
  await take(client, 10)
  await world.stop()
  await world.start(brokerXml())
  t.is(depth(world, 'a'), 0)
})

const inMemory: [string, XmlParts][] = [
  ['persistent="false"', { attributes: 'persistent="false"' }],
  ['memoryPersistenceAdapter', { body: '<persistenceAdapter><memoryPersistenceAdapter/></persistenceAdapter>' }],
]

for (const [what, parts] of inMemory) {
  test(`ST-04, CU-04: with ${what} nothing is written to disk, everything works, and nothing is left after a restart`, async t => {
    const world = await started(t, parts)
    await fill(world, '/queue/a', 10)
    for (const version of versions) {
      const client = await connect(world, version)
      const window = { ack: 'client-individual', 'activemq.prefetchSize': '3' }
      client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ...window })
      const messages = await take(client, 3)
      await client.receipted('BEGIN', { transaction: 'tx' })
      await client.receipted('SEND', { destination: '/queue/out', persistent: 'true', transaction: 'tx' }, 'm1')
      client.send('ACK', about(client, messages[0]!, { transaction: 'tx' }))
      await take(client, 1)
      await client.receipted('COMMIT', { transaction: 'tx' })
      if (version !== '1.0') {
        client.send('NACK', about(client, messages[1]!))
        await take(client, 1)
      }
      await client.receipted('UNSUBSCRIBE', { id: '1' })
      client.destroy()
    }
    t.is(depth(world, 'out'), 3)
    t.is(depth(world, 'ActiveMQ.DLQ'), 2)
    t.is((await drain(world, 'a')).length, 5)
    t.deepEqual(files(world), [])
    await world.stop()
    t.deepEqual(files(world), [])
    await world.start(brokerXml(parts))
    t.is(world.running.broker.state.messages, 0)
  })

  test(`CU-04: with ${what} memory is given back as messages are consumed, also around one that stays`, async t => {
    const world = await started(t, parts)
    await fill(world, '/queue/stays', 1)
    const client = await connect(world, '1.2')
    client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'auto' })
    const { journal } = world.running.broker
    const producer = await connect(world, '1.2')
    const body = Buffer.alloc(256 * 1024, 'x')
    for (let i = 0; i < 80; i++) {
      await producer.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, body)
      await take(client, 1)
    }
    const late = Date.now() + deadlineMs
    while (journal.totalBytes > 8 * 1024 * 1024 || journal.segments[0]!.base === 0) {
      if (Date.now() > late) t.fail(`${journal.totalBytes} bytes are still held, from ${journal.segments[0]!.base} on`)
      await producer.receipted('SEND', { destination: '/queue/a' }, 'turn')
      await take(client, 1)
    }
    t.deepEqual(bodies(await drain(world, 'stays')), ['m1'])
  })
}

const files = (world: World): string[] => {
  const data = join(world.directory, 'data')
  return existsSync(data) ? readdirSync(data, { recursive: true }).map(String) : []
}
