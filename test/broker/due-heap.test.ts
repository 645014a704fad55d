import fc from 'fast-check'
import test from 'ava'
import { DueHeap } from '../../src/broker/due-heap.ts'

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
