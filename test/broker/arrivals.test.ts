import test from 'ava'
import fc from 'fast-check'
import { lsn } from '../../src/base/lsn.ts'
import { Arrivals } from '../../src/broker/arrivals.ts'
import { Waits } from '../../src/destination/destination.ts'
import { Bench, Taker } from '../destination/bench.ts'

test('PL-02: a message has arrived by the first sample that lies behind it', t => {
  const arrivals = new Arrivals()
  arrivals.note(lsn(100), 1000)
  arrivals.note(lsn(200), 1010)
  arrivals.note(lsn(200), 1015)
  arrivals.note(lsn(300), 1020)
  t.is(arrivals.at(lsn(0), 2000), 1000)
  t.is(arrivals.at(lsn(100), 2000), 1010)
  t.is(arrivals.at(lsn(199), 2000), 1010)
  t.is(arrivals.at(lsn(200), 2000), 1020)
  t.is(arrivals.at(lsn(300), 2000), 2000, 'it has just arrived')
})

test('PL-02: however much has arrived the samples stay few, the newest ones exact', t => {
  const arrivals = new Arrivals()
  for (let i = 1; i <= 50_000; i++) {
    arrivals.note(lsn(i * 10), i)
    const old = Math.max(1, i - 2047)
    if (arrivals.at(lsn(old * 10 - 1), 60_000) !== old) return t.fail(`of 2048 at ${i} the oldest is not exact`)
  }
  for (let i = 47_953; i <= 50_000; i++) t.is(arrivals.at(lsn(i * 10 - 1), 60_000), i)
  const seed = 99
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 499_999 }), position => {
      const real = Math.floor(position / 10) + 1
      const told = arrivals.at(lsn(position), 60_000)
      return told >= real && told <= 50_000
    }),
    { seed },
  )
})

test('PL-02: a queue counts how long what it hands over has waited', t => {
  const waits = new Waits()
  for (const ms of [5, 1, 9]) waits.add(ms)
  t.like(waits, { count: 3, total: 15, min: 1, max: 9, average: 5 })
  t.is(new Waits().average, 0)
  const bench = new Bench()
  t.is(bench.queue.waits, null)
  bench.queue.consumers.add(new Taker())
  bench.arrived = 400
  bench.post()
  bench.dispatch()
  t.like(bench.queue.waits, { count: 1, total: 600 })
})
