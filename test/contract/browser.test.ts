import test from 'ava'
import { brokerXml, type Client, type WireFrame } from './world.ts'
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
  refused,
  started,
  take,
  until,
} from './consuming.ts'

const policy = (entry: string): string =>
  `<destinationPolicy><policyMap><policyEntries>${entry}</policyEntries></policyMap></destinationPolicy>`

/** Everything that is shown up to the end marker, and the marker. */
async function shown(client: Client): Promise<{ frames: WireFrame[]; end: WireFrame }> {
  const frames: WireFrame[] = []
  for (;;) {
    const frame = await client.expect('MESSAGE')
    if (frame.headers.has('browser')) return { frames, end: frame }
    frames.push(frame)
  }
}

const browse = (client: Client, destination: string, headers: Record<string, string> = {}): void =>
  client.send('SUBSCRIBE', { id: 'b', destination, browser: 'true', ...headers })

forVersions(
  test,
  ['1.1', '1.2'],
  'S-BRW-01, S-BRW-02, B-01, B-02: a browser is shown what is in the queue, in order, and then the end; nothing is consumed',
  async (t, version) => {
    const world = await started(t)
    await fill(world, '/queue/a', 5)
    const client = await connect(world, version)
    for (const ack of ['auto', 'client', 'client-individual']) {
      browse(client, '/queue/a', { ack })
      const { frames, end } = await shown(client)
      t.deepEqual(bodies(frames), names(1, 5))
      t.true(frames.every(({ headers }) => headers.get('subscription') === 'b' && !headers.has('browser')))
      t.is(frames[0]!.headers.has('ack'), version === '1.2' && ack !== 'auto')
      t.deepEqual(
        end.lines.toSorted(),
        ['browser:end', 'destination:/queue/a', 'message-id:0', 'subscription:b'],
        'no other headers',
      )
      t.is(end.body.length, 0)
      await client.receipted('UNSUBSCRIBE', { id: 'b' })
    }
    const left = await drain(world, 'a')
    t.deepEqual(bodies(left), names(1, 5))
    t.deepEqual(flags(left), [false, false, false, false, false])
  },
)

test('B-03, S-BRW-02: after the end marker the subscription stays and is silent, whatever comes later', async t => {
  const world = await started(t)
  await fill(world, '/queue/a', 1)
  const client = await connect(world, '1.2')
  browse(client, '/queue/a')
  await shown(client)
  await fill(world, '/queue/a', 3)
  await client.quiet()
  // The id is in use, and UNSUBSCRIBE frees it.
  await client.receipted('UNSUBSCRIBE', { id: 'b' })
  t.is(await refused(client, 'UNSUBSCRIBE', { id: 'b' }), 'No subscription matched.')
})

test('B-04, S-BRW-01: what others hold unacknowledged is shown too, without a flag, and stays theirs', async t => {
  const world = await started(t)
  await fill(world, '/queue/a', 4)
  const holder = await connect(world, '1.2')
  holder.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client', 'activemq.prefetchSize': '2' })
  const held = await take(holder, 2)
  const client = await connect(world, '1.2')
  browse(client, '/queue/a')
  const { frames } = await shown(client)
  t.deepEqual(bodies(frames), names(1, 4))
  t.deepEqual(flags(frames), [false, false, false, false])
  await holder.receipted('ACK', about(holder, held[1]!))
  t.deepEqual(bodies(await take(holder, 2)), ['m3', 'm4'])
  browse(client, '/queue/a', { id: 'again' })
  t.deepEqual(bodies((await shown(client)).frames), ['m3', 'm4'])
})

test('S-MSG-08, S-BRW-01: what came back from a consumer is shown with its flag, and to look puts none on it', async t => {
  const world = await started(t)
  await fill(world, '/queue/a', 2)
  const holder = await connect(world, '1.2')
  holder.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client', 'activemq.prefetchSize': '1' })
  await take(holder, 1)
  await holder.receipted('UNSUBSCRIBE', { id: '1' })
  const client = await connect(world, '1.2')
  for (const id of ['one', 'two']) {
    browse(client, '/queue/a', { id })
    t.deepEqual(flags((await shown(client)).frames), [true, false])
  }
})

test('B-07, S-BRW-02: an empty or new queue gives the end marker alone, and the queue is there', async t => {
  const world = await started(t)
  const client = await connect(world, '1.2')
  browse(client, '/queue/new')
  t.deepEqual((await shown(client)).frames, [])
  t.is(depth(world, 'new'), 0)
})

test('B-05: under a policy entry at most maxBrowsePageSize messages are shown, 400 unless it says; without an entry all', async t => {
  const body = policy('<policyEntry queue="few" maxBrowsePageSize="3"/><policyEntry queue="default"/>')
  const world = await started(t, { body })
  const client = await connect(world, '1.2')
  for (const [queue, count] of [
    ['few', 3],
    ['default', 400],
    ['free', 450],
  ] as const) {
    await fill(world, `/queue/${queue}`, 450)
    browse(client, `/queue/${queue}`, { id: queue })
    t.deepEqual(bodies((await shown(client)).frames), names(1, count), queue)
  }
})

test('B-04, B-05: a selector applies, and what it refuses does not count', async t => {
  const world = await started(t, { body: policy('<policyEntry queue="few" maxBrowsePageSize="3"/>') })
  const sender = await connect(world, '1.2')
  for (const queue of ['few', 'free'])
    for (let i = 1; i <= 600; i++)
      sender.send(
        'SEND',
        { destination: `/queue/${queue}`, n: String(i), ...(i === 600 && { receipt: queue }) },
        `m${i}`,
      )
  for (let i = 0; i < 2; i++) await sender.expect('RECEIPT')
  const client = await connect(world, '1.2')
  for (const [queue, count] of [
    ['few', 3],
    ['free', 50],
  ] as const) {
    browse(client, `/queue/${queue}`, { id: queue, selector: 'n > 550' })
    t.deepEqual(bodies((await shown(client)).frames), names(551, 550 + count))
  }
  t.is(
    await refused(client, 'SUBSCRIBE', { id: 'x', destination: '/queue/few', browser: 'true', selector: 'n >' }),
    'n >',
  )
})

test('P-01, P-02, S-SUB-04: in the client modes a browser has a window, 500 or queueBrowserPrefetch, and ACK moves it on', async t => {
  const world = await started(t, { body: policy('<policyEntry queue="p" queueBrowserPrefetch="2"/>') })
  await fill(world, '/queue/p', 5)
  await fill(world, '/queue/d', 501)
  const client = await connect(world, '1.2')
  browse(client, '/queue/p', { ack: 'client' })
  for (const expected of [['m1', 'm2'], ['m3', 'm4'], ['m5']]) {
    const frames = await take(client, expected.length)
    t.deepEqual(bodies(frames), expected)
    if (expected.length === 2) await client.quiet()
    client.send('ACK', about(client, frames.at(-1)!))
  }
  t.is((await client.expect('MESSAGE')).headers.get('browser'), 'end')
  t.is(depth(world, 'p'), 5)
  browse(client, '/queue/d', { id: 'd', ack: 'client' })
  const frames = await take(client, 500)
  await client.quiet()
  client.send('ACK', about(client, frames[499]!))
  t.deepEqual(bodies((await shown(client)).frames), ['m501'])
  // Auto mode does not know a window.
  browse(client, '/queue/d', { id: 'auto' })
  t.is((await shown(client)).frames.length, 501)
})

forVersions(
  test,
  ['1.1', '1.2'],
  'S-BRW-04, S-NAK-09, S-ACK-08: an ACK of what is browsed has no effect, a NACK is an error',
  async (t, version) => {
    const world = await started(t)
    await fill(world, '/queue/a', 2)
    const client = await connect(world, version)
    browse(client, '/queue/a', { ack: 'client' })
    const { frames } = await shown(client)
    const text = 'Cannot Nack a message on a Queue Browser Subscription.'
    t.is(await refused(client, 'NACK', about(client, frames[1]!)), text)
    await client.receipted('ACK', about(client, frames[1]!))
    t.is(depth(world, 'a'), 2)
    await client.receipted('UNSUBSCRIBE', { id: 'b' })
    browse(client, '/queue/a', { id: 'auto' })
    const auto = (await shown(client)).frames[0]!
    t.regex((await refused(client, 'ACK', about(client, auto))) ?? '', /^Unexpected ACK received/)
    // A consumer under the same id gets everything.
    await client.receipted('UNSUBSCRIBE', { id: 'auto' })
    client.send('SUBSCRIBE', { id: 'auto', destination: '/queue/a' })
    t.deepEqual(bodies(await take(client, 2)), ['m1', 'm2'])
  },
)

test('S-SUB-14: activemq.browser makes a browser in every version, 1.0 without an id included', async t => {
  const world = await started(t)
  await fill(world, '/queue/a', 2)
  const client = await connect(world, '1.0')
  client.send('SUBSCRIBE', { destination: '/queue/a', 'activemq.browser': 'true' })
  const { frames, end } = await shown(client)
  t.deepEqual(bodies(frames), ['m1', 'm2'])
  t.false(end.headers.has('subscription'))
  t.is(depth(world, 'a'), 2)
})

test('S-BRW-04: a topic cannot be browsed', async t => {
  const world = await started(t)
  const client = await connect(world, '1.2')
  const text = await refused(client, 'SUBSCRIBE', { id: '1', destination: '/topic/a', browser: 'true' })
  t.is(text, 'Cannot browse a topic: topic://a')
})

test('W-02, W-06, SA-07: a pattern or a list is browsed as one, with one end marker', async t => {
  const world = await started(t)
  for (const name of ['x.1', 'x.2', 'y']) await fill(world, `/queue/${name}`, 2)
  const client = await connect(world, '1.2')
  browse(client, '/queue/x.>,/queue/y')
  const { frames, end } = await shown(client)
  t.deepEqual(
    frames.map(({ headers, body }) => `${headers.get('destination')} ${body.toString()}`),
    ['x.1', 'x.2', 'y'].flatMap(name => [`/queue/${name} m1`, `/queue/${name} m2`]),
  )
  t.is(end.headers.get('destination'), '/queue/x.>,queue://y')
})

test('E-01, B-01: what has expired is not shown', async t => {
  const world = await started(t, { body: policy('<policyEntry queue="a" expireMessagesPeriod="0"/>') })
  const sender = await connect(world, '1.2')
  const soon = String(Date.now() + 50)
  await sender.receipted('SEND', { destination: '/queue/a', expires: soon }, 'gone')
  await sender.receipted('SEND', { destination: '/queue/a' }, 'stays')
  await until(world, 'it has expired', () => Date.now() > Number(soon))
  const client = await connect(world, '1.2')
  browse(client, '/queue/a')
  t.deepEqual(bodies((await shown(client)).frames), ['stays'])
})

test('B-01: a long backlog is read from the journal in pages, by two browsers, while it is being consumed', async t => {
  const limits =
    '<systemUsage><systemUsage><memoryUsage><memoryUsage limit="4 mb"/></memoryUsage></systemUsage></systemUsage>'
  const world = await started(t, { body: limits })
  const sender = await connect(world, '1.2')
  const count = 3000
  const body = 'x'.repeat(4000)
  for (let i = 1; i <= count; i++)
    sender.send(
      'SEND',
      { destination: '/queue/a', persistent: 'true', n: String(i), ...(i === count && { receipt: 'r' }) },
      body,
    )
  await sender.expect('RECEIPT')
  const numbers = (frames: readonly WireFrame[]): number[] => frames.map(({ headers }) => Number(headers.get('n')))
  const clients = [await connect(world, '1.2'), await connect(world, '1.2')]
  for (const client of clients) browse(client, '/queue/a')
  const all = numbers((await shown(clients[0]!)).frames)
  t.deepEqual(
    all,
    Array.from({ length: count }, (_, i) => i + 1),
  )
  t.deepEqual(numbers((await shown(clients[1]!)).frames), all)
  // Consumed under its eyes: what it still shows is in order, and the end comes.
  browse(clients[0]!, '/queue/a', { id: 'again' })
  sender.send('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  const some = numbers((await shown(clients[0]!)).frames)
  t.deepEqual(
    some,
    some.toSorted((a, b) => a - b),
  )
  t.is((await take(sender, count)).length, count)
})

test('Q-15: a paused queue shows nothing, and goes on when it is resumed', async t => {
  const world = await started(t)
  await fill(world, '/queue/a', 2)
  const { operations } = world.running
  const at = queueOf(world, 'a').at
  operations.pause(at)
  const client = await connect(world, '1.2')
  browse(client, '/queue/a')
  client.send('SUBSCRIBE', { id: 'c', destination: '/queue/a', ack: 'client' })
  await client.quiet()
  await fill(world, '/queue/a', 1)
  await client.quiet()
  operations.resume(at)
  const frames = [...(await take(client, 6))]
  const of = (id: string): string[] => bodies(frames.filter(({ headers }) => headers.get('subscription') === id))
  t.deepEqual(of('c'), ['m1', 'm2', 'm1'])
  t.deepEqual(of('b'), ['m1', 'm2', ''])
})

test('B-01, ST-02: after a restart a browser is shown the same', async t => {
  const world = await started(t)
  await fill(world, '/queue/a', 3)
  await world.stop()
  await world.start(brokerXml())
  const client = await connect(world, '1.2')
  browse(client, '/queue/a')
  t.deepEqual(bodies((await shown(client)).frames), names(1, 3))
})
