import test from 'ava'
import fc from 'fast-check'
import { DueHeap } from '../../src/broker/due-heap.ts'
import { LoneBroker, type LoneClient } from './lone-broker.ts'

const MINUTE = 60_000

/** At half past two on some day in 2026, with somebody who consumes the queue. */
async function alone(cacheBytes?: number): Promise<{ lone: LoneBroker; client: LoneClient }> {
  const lone = await new LoneBroker().start(cacheBytes)
  await lone.pass(Date.UTC(2026, 4, 5, 14, 30))
  const client = lone.client()
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  await lone.rest()
  return { lone, client }
}

const bodies = (client: LoneClient): string[] => client.frames().map(({ body }) => body)

test('SC-05: a job is never early, and until it is due nobody is woken but once a minute', async t => {
  const { lone, client } = await alone()
  t.is(lone.clock.waiting, 0)
  client.send('SEND', { destination: '/queue/a', AMQ_SCHEDULED_DELAY: String(5 * MINUTE) }, 'm')
  await lone.rest()
  t.is(lone.clock.waiting, 1)
  await lone.pass(5 * MINUTE - 1, MINUTE)
  t.deepEqual(bodies(client), [])
  t.is(lone.clock.waiting, 1)
  await lone.pass(1)
  t.deepEqual(bodies(client), ['m'])
  t.is(lone.clock.waiting, 0)
})

test('SC-05: what is due earlier is fired earlier, whatever was waited for', async t => {
  const { lone, client } = await alone()
  for (const delay of [50, 20, 30, 10, 20])
    client.send('SEND', { destination: '/queue/a', AMQ_SCHEDULED_DELAY: String(delay) }, String(delay))
  await lone.rest()
  await lone.pass(60, 10)
  t.deepEqual(bodies(client), ['10', '20', '20', '30', '50'])
})

test('SC-03: repeats do not drift, and what was missed is not made up for', async t => {
  const { lone, client } = await alone()
  const began = lone.clock.now()
  const headers = {
    destination: '/queue/a',
    AMQ_SCHEDULED_DELAY: '1000',
    AMQ_SCHEDULED_PERIOD: '1000',
    AMQ_SCHEDULED_REPEAT: '9',
  }
  client.send('SEND', headers, 'm')
  await lone.rest()
  await lone.pass(1300, 1300)
  t.is(bodies(client).length, 1)
  const [job] = lone.broker.state.schedule.values()
  t.is(job!.next, began + 2000)
  await lone.pass(5000)
  t.is(bodies(client).length, 1)
  const [later] = lone.broker.state.schedule.values()
  t.is(later!.next, lone.clock.now() + 1000)
  t.is(later!.remaining, 8)
})

test('SC-04, SC-06: a cron entry fires at each of its minutes, with another id each time, for ever', async t => {
  const { lone, client } = await alone()
  client.send('SEND', { destination: '/queue/a', AMQ_SCHEDULED_CRON: '*/20 * * * *' }, 'm')
  await lone.rest()
  const ids = new Set<string>()
  for (let hour = 0; hour < 3; hour++) {
    await lone.pass(60 * MINUTE, MINUTE)
    const frames = client.frames()
    t.is(frames.length, 3)
    for (const { headers } of frames) {
      ids.add(headers.get('message-id')!)
      t.false(headers.has('AMQ_SCHEDULED_CRON'))
    }
  }
  t.is(ids.size, 9)
  t.is(lone.broker.state.schedule.size, 1)
  t.is(lone.broker.scheduler!.messages?.live, 1)
})

test('SC-04: with delay, period and repeat each time of a cron entry begins a series of its own', async t => {
  const { lone, client } = await alone()
  const series = { AMQ_SCHEDULED_DELAY: '1000', AMQ_SCHEDULED_PERIOD: '500', AMQ_SCHEDULED_REPEAT: '2' }
  client.send('SEND', { destination: '/queue/a', AMQ_SCHEDULED_CRON: '0 * * * *', ...series }, 'm')
  await lone.rest()
  await lone.pass(30 * MINUTE, MINUTE)
  t.is(lone.broker.state.schedule.size, 2)
  await lone.pass(999)
  t.deepEqual(bodies(client), [])
  const ids = new Set<string>()
  for (const ms of [1, 500, 500]) {
    await lone.pass(ms)
    const frames = client.frames()
    t.is(frames.length, 1, `after ${ms}`)
    ids.add(frames[0]!.headers.get('message-id')!)
  }
  t.is(ids.size, 3)
  t.is(lone.broker.state.schedule.size, 1)
  await lone.pass(60 * MINUTE, MINUTE)
  await lone.pass(2000, 500)
  t.is(bodies(client).length, 3)
})

test('SC-10: a thousand jobs that are overdue fire in their order, those too whose bytes are on disk only', async t => {
  const { lone, client } = await alone(0)
  const filler = 'x'.repeat(200)
  for (let i = 0; i < 1000; i++)
    client.send('SEND', { destination: '/queue/a', AMQ_SCHEDULED_DELAY: String(2000 - i) }, `${i} ${filler}`)
  await lone.rest()
  t.is(lone.broker.state.schedule.size, 1000)
  await lone.pass(3000)
  for (let i = 0; i < 2000 && lone.broker.state.schedule.size > 0; i++) await lone.pass(1)
  t.deepEqual(
    bodies(client).map(body => Number.parseInt(body, 10)),
    Array.from({ length: 1000 }, (_, i) => 999 - i),
  )
})

test('SC-10: while a hand-over is under way nothing fires, and nothing is lost', async t => {
  const { lone, client } = await alone()
  client.send('SEND', { destination: '/queue/a', AMQ_SCHEDULED_DELAY: '100' }, 'm')
  await lone.rest()
  lone.broker.quiesce()
  await lone.pass(1000, 100)
  t.is(lone.broker.state.schedule.size, 1)
  lone.broker.resume()
  await lone.pass(50, 10)
  t.is(lone.broker.state.schedule.size, 0)
  t.deepEqual(bodies(client), ['m'])
})

const entries = fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 1000 })), {
  maxLength: 200,
})
const sorted = (list: readonly (readonly [number, number])[]): (readonly [number, number])[] =>
  [...list].sort((a, b) => a[0] - b[0] || a[1] - b[1])

function emptied(heap: DueHeap): (readonly [number, number])[] {
  const out: (readonly [number, number])[] = []
  for (; heap.size > 0; heap.shift()) out.push([heap.next, heap.key])
  return out
}

test('SC-05: jobs come out by time, and at one time in the order in which they were scheduled', t => {
  fc.assert(
    fc.property(entries, entries, (before, after) => {
      const heap = new DueHeap()
      for (const [time, key] of before) heap.add(time, key)
      const taken: (readonly [number, number])[] = []
      for (let i = 0; i < before.length / 2; i++, heap.shift()) taken.push([heap.next, heap.key])
      for (const [time, key] of after) heap.add(time, key)
      t.deepEqual(taken, sorted(before).slice(0, taken.length))
      t.deepEqual(emptied(heap), sorted([...sorted(before).slice(taken.length), ...after]))
      t.is(heap.next, Infinity)
    }),
  )
})

test('SC-05: what no longer holds is swept out, and the order stays', t => {
  fc.assert(
    fc.property(entries, list => {
      const heap = new DueHeap()
      for (const [time, key] of list) heap.add(time, key)
      heap.keep((_, key) => key % 3 === 0)
      t.deepEqual(emptied(heap), sorted(list.filter(([, key]) => key % 3 === 0)))
    }),
  )
})
