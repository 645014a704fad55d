import { bodies, depth, drain, take } from '../contract/consuming.ts'
import { ONE, all, exists, holds, queue, refuse, send, subscribe, type Feature } from './feature.ts'

const A = '/queue/a'

/** What an administrator does; what it changes is in the journal, that a queue is paused is not. */
export const operations: readonly Feature[] = [
  {
    name: 'pause and resume',
    rows: 'Q-15',
    async before(world) {
      await world.running.operations.create(queue('a'))
      world.running.operations.pause(queue('a'))
      const client = await subscribe(world, A)
      await send(world, A, ['m1', 'm2'])
      await client.quiet()
    },
    async after(world, t) {
      const client = await subscribe(world, A)
      t.deepEqual(await all(client, 2), ['m1', 'm2'], 'nobody remembers that it was paused')
      const { operations: operate } = world.running
      operate.pause(queue('a'))
      await send(world, A, ['m3'])
      await client.quiet()
      operate.resume(queue('a'))
      t.deepEqual(await all(client, 1), ['m3'])
    },
  },
  {
    name: 'purge',
    rows: 'A-01',
    async before(world, t) {
      await send(world, A, ['m1', 'm2', 'm3'])
      await take(await subscribe(world, A, ONE), 1)
      t.is(await world.running.operations.purge(queue('a')), 3)
      await send(world, A, ['m4'])
    },
    async after(world, t) {
      t.is(depth(world, 'a'), 1)
      t.is(await world.running.operations.purge(queue('a')), 1)
      t.deepEqual([depth(world, 'a'), exists(world, 'ActiveMQ.DLQ')], [0, false])
    },
  },
  {
    name: 'move',
    rows: 'A-04',
    async before(world, t) {
      for (const kind of ['x', 'y', 'x']) await send(world, A, [kind], { kind })
      t.is(await world.running.operations.move(queue('a'), queue('b'), { selector: "kind = 'x'" }), 2)
    },
    async after(world, t) {
      t.is(await world.running.operations.move(queue('a'), queue('b')), 1)
      const moved = await drain(world, 'b')
      t.deepEqual(bodies(moved), ['x', 'x', 'y'])
      t.true(moved.every(({ headers }) => headers.get('original-destination') === A))
      t.is(depth(world, 'a'), 0)
    },
  },
  {
    name: 'copy',
    rows: 'A-03',
    async before(world, t) {
      await send(world, A, ['m1', 'm2'])
      t.is(await world.running.operations.copy(queue('a'), queue('b'), { max: 1 }), 1)
    },
    async after(world, t) {
      const [copied] = await drain(world, 'b')
      const own = await drain(world, 'a')
      t.deepEqual(bodies(own), ['m1', 'm2'])
      t.is(copied!.headers.get('message-id'), own[0]!.headers.get('message-id'))
    },
  },
  {
    name: 'retry',
    rows: 'A-05, D-10',
    async before(world, t) {
      const client = await subscribe(world, A, ONE)
      await send(world, A, ['m1', 'm2'])
      await refuse(client)
      client.destroy()
      t.is(await world.running.operations.retry(queue('ActiveMQ.DLQ')), 1)
    },
    async after(world, t) {
      const client = await subscribe(world, A, ONE)
      await refuse(client)
      t.is(depth(world, 'ActiveMQ.DLQ'), 1, 'it may die again')
      client.destroy()
      t.is(await world.running.operations.retry(queue('ActiveMQ.DLQ')), 1)
      t.deepEqual([depth(world, 'a'), depth(world, 'ActiveMQ.DLQ')], [2, 0])
    },
  },
  {
    name: 'removed destinations',
    rows: 'A-06',
    async before(world) {
      await send(world, A, ['m1'])
      await world.running.operations.create(queue('made'))
      await world.running.operations.removeDestination(queue('a'))
    },
    async after(world, t) {
      t.deepEqual([exists(world, 'a'), exists(world, 'made')], [false, true])
      await send(world, A, ['m2'])
      await holds(world, t, A, ['m2'])
    },
  },
]
