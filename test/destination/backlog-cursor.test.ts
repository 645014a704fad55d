import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import type { Lsn } from '../../src/base/lsn.ts'
import { BacklogCursor } from '../../src/destination/destination.ts'
import type { Chunk } from '../../src/store/store.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { Bench, joined, keyOf } from './bench.ts'

const all = (cursor: BacklogCursor): number[] => {
  const seen: number[] = []
  while (cursor.next()) seen.push(cursor.key / 10)
  return seen
}

test('B-01, B-03: everything that is there is met once, in order, delivered or not, and nothing that comes later', t => {
  const bench = new Bench()
  joined(bench, { room: 3 })
  bench.posts(5)
  bench.dispatch()
  const cursor = new BacklogCursor(bench.queue, keyOf(6) as Lsn)
  bench.posts(3)
  t.deepEqual(all(cursor), [1, 2, 3, 4, 5])
  t.false(cursor.next())
})

test('B-01, Q-13: with prioritizedMessages the best are met first', t => {
  const bench = new Bench({ prioritizedMessages: true })
  for (const priority of [4, 9, 0, 9]) bench.post({ priority })
  t.deepEqual(all(new BacklogCursor(bench.queue, keyOf(9) as Lsn)), [2, 4, 1, 3])
})

test('B-01: while others consume and it rests, each message that stays is met once, in order', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  for (const prioritizedMessages of [false, true]) {
    const bench = new Bench({ prioritizedMessages })
    const count = 9000
    const stays = new Set<number>()
    for (let i = 0; i < count; i++) stays.add(bench.post({ priority: between(random, 0, 10) }))
    const cursor = new BacklogCursor(bench.queue, keyOf(count + 1) as Lsn)
    const seen: number[] = []
    while (cursor.next()) {
      seen.push(cursor.key / 10)
      if (random() < 0.05) cursor.rest()
      for (let n = between(random, 0, 3); n > 0; n--) {
        const number = between(random, 1, count + 1)
        if (seen.includes(number)) continue
        bench.remove(number)
        stays.delete(number)
      }
      if (random() < 0.1) t.true(cursor.isThere)
    }
    t.is(new Set(seen).size, seen.length)
    t.true([...stays].every(number => seen.includes(number)))
    if (!prioritizedMessages)
      t.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
      )
  }
})

/** Chunks that are still in memory after a long flow through the queue of `bench`, by which `hold` stands still. */
async function left(bench: Bench, priority: number, hold: unknown): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const taker = joined(bench, { room: 0 })
  const seen: WeakRef<Chunk>[] = []
  // One is always left over: the consumer is full when dispatch ends.
  bench.post({ priority })
  for (let round = 0; round < 400; round++) {
    for (let n = 0; n < 100; n++) bench.post({ priority })
    if (seen.at(-1)?.deref() !== bench.messages.last) seen.push(new WeakRef(bench.messages.last!))
    taker.room = 100
    bench.dispatch()
    for (const number of taker.got.splice(0)) bench.remove(number)
    taker.held.length = 0
    // A WeakRef that was read holds its target until the turn is over.
    if (round % 50 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  await new Promise(resolve => setImmediate(resolve))
  collect()
  const alive = seen.filter(ref => ref.deref() !== undefined).length
  if (hold === null || seen.length < 100) throw new Error(`${seen.length} chunks`)
  return alive
}

test('a lane that waits behind better ones does not keep what has flowed by', async t => {
  const bench = new Bench({ prioritizedMessages: true })
  const first = joined(bench, { room: 1 })
  bench.post({ priority: 0 })
  bench.dispatch()
  bench.remove(1)
  t.true((await left(bench, 9, first)) < 10)
})

test('B-01: a cursor that rests, for a browser whose client does not read, keeps nothing of what flows by', async t => {
  const bench = new Bench()
  bench.posts(2)
  const cursor = new BacklogCursor(bench.queue, keyOf(3) as Lsn)
  cursor.next()
  cursor.rest()
  t.true((await left(bench, 4, cursor)) < 10)
  t.false(cursor.next())
})
