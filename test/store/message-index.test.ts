import test from 'ava'
import type { Lsn, MessageKey } from '../../src/base/lsn.ts'
import { Mark, MessageIndex, type Chunk } from '../../src/store/store.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'

const key = (number: number): MessageKey => number as MessageKey

function* chunksOf(index: MessageIndex): Generator<Chunk> {
  for (let chunk = index.first; chunk !== null; chunk = chunk.next) yield chunk
}

const liveKeys = (index: MessageIndex): number[] =>
  [...chunksOf(index)].flatMap(({ keys, marks, count }) =>
    [...keys.subarray(0, count)].filter((_, slot) => marks[slot] !== Mark.removed),
  )

function bytesOf(index: MessageIndex): number {
  let bytes = 0
  for (const { keys, sizes, kinds, marks, positions, expires, redelivered } of chunksOf(index)) {
    for (const array of [keys, sizes, kinds, marks, positions, expires, redelivered]) bytes += array?.byteLength ?? 0
  }
  return bytes
}

const COUNT = 100_000

test('a hundred thousand messages take at most 20 bytes each, and every one is found', t => {
  const index = new MessageIndex()
  for (let i = 1; i <= COUNT; i++) index.add(key(i * 100), 50, 4, 0)
  t.true(bytesOf(index) <= COUNT * 20, `${bytesOf(index) / COUNT} bytes a message`)
  t.is(index.live, COUNT)
  t.is(index.bytes, COUNT * 50)
  let found = 0
  for (let i = 1; i <= COUNT; i++)
    if (index.find(key(i * 100)) && index.foundChunk!.keys[index.foundSlot] === i * 100) found++
  t.is(found, COUNT)
  for (const absent of [0, 1, 150, 3200 + 1, COUNT * 100 + 1, COUNT * 100 + 100]) t.false(index.find(key(absent)))
})

test('removing and relocating in any order, over chunk borders, agrees with a plain map', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const index = new MessageIndex()
  const model = new Map<number, { size: number; position: number; redelivered: number }>()
  const keys: number[] = []
  let next = 0
  const add = (): void => {
    next += between(random, 50, 500)
    const size = between(random, 50, 5000)
    index.add(key(next), size, 4, 0)
    model.set(next, { size, position: next, redelivered: 0 })
    keys.push(next)
  }
  for (let i = 0; i < COUNT / 2; i++) add()
  for (let i = 0; i < COUNT; i++) {
    if (random() < 0.4) add()
    const at = random() < 0.3 ? between(random, 0, Math.min(keys.length, 50)) : between(random, 0, keys.length)
    const picked = keys[at]!
    const known = model.get(picked)
    if (index.find(key(picked)) !== (known !== undefined)) return t.fail(`${picked}: found differs`)
    if (known === undefined) continue
    const what = random()
    if (what < 0.6) {
      index.removeFound()
      model.delete(picked)
    } else if (what < 0.8) {
      next += 100
      known.size += between(random, 0, 3)
      index.relocateFound(next as Lsn, known.size)
      known.position = next
    } else {
      index.redeliverFound()
      known.redelivered++
    }
  }
  t.deepEqual(liveKeys(index), [...model.keys()])
  t.is(index.live, model.size)
  t.is(
    index.bytes,
    [...model.values()].reduce((sum, { size }) => sum + size, 0),
  )
  for (const [picked, { position, redelivered }] of model) {
    if (!index.find(key(picked))) return t.fail(`${picked} is gone`)
    const { foundChunk, foundSlot } = index
    if (foundChunk!.position(foundSlot) !== position || foundChunk!.redeliveries(foundSlot) !== redelivered) {
      return t.fail(`${picked} differs`)
    }
  }
})

test('one message that stays does not keep the memory of those that came and went behind it', t => {
  const index = new MessageIndex()
  index.add(key(1), 50, 4, 0)
  for (let i = 2; i <= COUNT; i++) {
    index.add(key(i), 50, 4, 0)
    if (i < 100) continue
    index.find(key(i - 90))
    index.removeFound()
  }
  t.true(index.find(key(1)))
  t.true(bytesOf(index) < 10_000, `${bytesOf(index)} bytes`)
  t.is(liveKeys(index).length, index.live)
})

test('a queue through which much flows one by one stays as small as it is', t => {
  const index = new MessageIndex()
  for (let i = 1; i <= COUNT; i++) {
    index.add(key(i), 50, 4, 0)
    index.find(key(i))
    index.removeFound()
  }
  t.true(bytesOf(index) < 2000, `${bytesOf(index)} bytes`)
  t.is(index.live, 0)
  t.is(index.bytes, 0)
})

test('who stands in a chunk that is dropped still finds everything behind it', t => {
  const index = new MessageIndex()
  const add = (from: number, to: number): void => {
    for (let i = from; i <= to; i++) index.add(key(i), 50, 4, 0)
  }
  const remove = (from: number, to: number): void => {
    for (let i = from; i <= to; i++) if (index.find(key(i))) index.removeFound()
  }
  add(1, 5000)
  const cursor = index.first
  remove(1, 5000)
  add(5001, 9000)
  remove(5001, 8999)
  const seen: number[] = []
  for (let chunk: Chunk | null = cursor; chunk !== null; chunk = chunk.next) {
    for (let slot = 0; slot < chunk.count; slot++) if (chunk.marks[slot] !== Mark.removed) seen.push(chunk.keys[slot]!)
  }
  t.deepEqual(seen, [9000])
})

test('a count of redeliveries ends at 127', t => {
  const index = new MessageIndex()
  index.add(key(1), 50, 4, 0)
  for (let i = 0; i < 300; i++) {
    index.find(key(1))
    index.redeliverFound()
  }
  t.is(index.first!.redeliveries(0), 127)
})
