import test, { type ExecutionContext } from 'ava'
import { bodies } from './exchange.ts'
import { World, brokerXml } from './world.ts'

/** How many of ten messages a client-mode consumer of each queue is handed: its prefetch says which entry applied. */
async function prefetches(t: ExecutionContext, policyMap: string, destinations: readonly string[]): Promise<number[]> {
  const world = await new World().start(
    brokerXml({ body: `<destinationPolicy><policyMap>${policyMap}</policyMap></destinationPolicy>` }),
  )
  t.teardown(() => world.end())
  const counts: number[] = []
  for (const destination of destinations) {
    const client = await world.connect()
    for (let i = 0; i < 10; i++) client.send('SEND', { destination })
    await client.receipted('SUBSCRIBE', { id: '1', destination, ack: 'client' })
    // The window is full, or all ten are out, when a second round trip is answered.
    for (const transaction of ['1', '2']) {
      client.send('BEGIN', { transaction, receipt: transaction })
      client.send('ABORT', { transaction })
    }
    let count = 0
    for (let receipts = 0; receipts < 2;)
      if ((await client.frame()).command === 'MESSAGE') count++
      else receipts++
    counts.push(count)
  }
  return counts
}

const entries = (pairs: Readonly<Record<string, number>>): string =>
  `<policyEntries>${Object.entries(pairs)
    .map(([queue, prefetch]) => `<policyEntry queue="${queue}" queuePrefetch="${prefetch}"/>`)
    .join('')}</policyEntries>`

test('PM-01: an exact name wins, else the more specific pattern; a topic entry is not for queues', async t => {
  const map = `<policyEntries><policyEntry topic="a.b" topicPrefetch="9"/>${entries({ '>': 1, 'a.>': 2, 'a.b': 3, 'a.b.c.>': 4 }).slice('<policyEntries>'.length)}`
  t.deepEqual(
    await prefetches(t, map, ['/queue/x', '/queue/a.x', '/queue/a.b', '/queue/a.b.c.d', '/queue/a.b.x']),
    [1, 2, 3, 4, 2],
  )
})

test('PM-02: at equal reach a * pattern beats a > pattern, also with the * in front', async t => {
  t.deepEqual(
    await prefetches(t, entries({ 'a.>': 1, 'a.*': 2, '*.b': 3, '>': 4 }), [
      '/queue/a.x',
      '/queue/a.x.y',
      '/queue/c.b',
      '/queue/c',
    ]),
    [2, 1, 3, 4],
  )
})

test('PM-03: without a matching entry the default entry applies, and without one the built-in defaults', async t => {
  t.deepEqual(
    await prefetches(t, `${entries({ a: 1 })}<defaultEntry><policyEntry queuePrefetch="2"/></defaultEntry>`, [
      '/queue/a',
      '/queue/b',
      '/temp-queue/c',
    ]),
    [1, 2, 2],
  )
  t.deepEqual(await prefetches(t, entries({ a: 1 }), ['/queue/a', '/queue/b']), [1, 10])
})

test('PM-04: what the chosen entry does not set is the built-in default, never a broader entry', async t => {
  const map =
    '<policyEntries><policyEntry queue=">" queuePrefetch="1"/><policyEntry queue="a" producerFlowControl="false"/></policyEntries>'
  t.deepEqual(await prefetches(t, map, ['/queue/a', '/queue/b']), [10, 1])
})

test('PM-05, W-08: temporary destinations have their entry; a pattern subscription goes by its own pattern', async t => {
  const map =
    '<policyEntries><policyEntry tempQueue="true" queuePrefetch="3"/><policyEntry queue="A.>" queuePrefetch="2"/><policyEntry queue="A.x" queuePrefetch="5"/></policyEntries>'
  t.deepEqual(await prefetches(t, map, ['/temp-queue/t', '/queue/A.x']), [3, 5])
  const world = await new World().start(
    brokerXml({ body: `<destinationPolicy><policyMap>${map}</policyMap></destinationPolicy>` }),
  )
  t.teardown(() => world.end())
  for (const pattern of ['/queue/A.*', '/queue/*.x']) {
    const client = await world.connect()
    await client.receipted('SUBSCRIBE', { id: '1', destination: pattern, ack: 'client' })
    const sender = await world.connect()
    for (let i = 0; i < 9; i++) sender.send('SEND', { destination: '/queue/A.x' }, String(i))
    await sender.quiet()
    t.deepEqual(await bodies(client, 2), ['0', '1'], pattern)
    await client.quiet()
    await client.receipted('DISCONNECT')
    const drain = await world.connect()
    drain.send('SUBSCRIBE', { id: '1', destination: '/queue/A.x' })
    await bodies(drain, 9)
    await drain.receipted('DISCONNECT')
  }
})
