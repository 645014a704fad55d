import test from 'ava'
import type { DurableLsn, Lsn } from '../../src/base/lsn.ts'
import { commitPosition, none, type Positions } from '../../src/journal/commit.ts'
import { judgeDamage } from '../../src/journal/tail-damage.ts'

const at = (flushed: number, safe: number, inFlight: number, pending: number, limit: number = none): Positions => ({
  flushed: flushed as Lsn,
  written: safe as Lsn,
  safe: safe as Lsn,
  durableInFlight: inFlight as Lsn,
  durablePending: pending as Lsn,
  limit: limit as Lsn,
})

test('rule 2: a record that must be safe commits when it is synced, and nothing behind it earlier', t => {
  t.is(commitPosition(at(900, 100, 100, none)), 100 as DurableLsn, 'the first record in flight is durable')
  t.is(commitPosition(at(900, 100, 300, 700)), 300 as DurableLsn, 'volatile up to the durable one in flight')
  t.is(commitPosition(at(900, 100, none, 700)), 700 as DurableLsn, 'volatile up to the durable one that waits')
  t.is(commitPosition(at(900, 100, none, none)), 900 as DurableLsn, 'volatile to the end of what was flushed')
  t.is(commitPosition(at(500, 100, none, 700)), 500 as DurableLsn, 'nothing that was not flushed')
  t.is(commitPosition(at(900, 900, none, none)), 900 as DurableLsn, 'everything synced')
})

test('rule 4 of the essence: only the commit rule mints a DurableLsn', t => {
  // @ts-expect-error A mere position is no proof.
  const proof: DurableLsn = 100 as Lsn
  t.is<number, number>(proof, 100)
})

test('A8: the decision table for a bad record holds for all 64 combinations', t => {
  const cases: string[] = []
  for (let bits = 0; bits < 64; bits++) {
    const [lenient, lastSegment, belowCommitted, intactBehind, barrierBehind, unwrittenSector] = [
      32, 16, 8, 4, 2, 1,
    ].map(bit => (bits & bit) > 0) as [boolean, boolean, boolean, boolean, boolean, boolean]
    const decision = judgeDamage({ lastSegment, belowCommitted, intactBehind, barrierBehind, unwrittenSector, lenient })
    if (decision === 'cut') cases.push(bits.toString(2).padStart(6, '0'))
  }
  // Case G: in the last segment, not below what was committed, and nothing else counts.
  t.deepEqual(cases.splice(5), ['110000', '110001', '110010', '110011', '110100', '110101', '110110', '110111'])
  // Case C whatever the last two say (nothing is intact behind), and case E.
  t.deepEqual(cases, ['010000', '010001', '010010', '010011', '010101'])
})

test('rule 2, I3: the limit, which is the twin’s position, is part of the minimum', t => {
  t.is(commitPosition(at(900, 700, 700, none, 400)), 400 as DurableLsn, 'the twin lags')
  t.is(commitPosition(at(900, 700, 700, none, 800)), 700 as DurableLsn, 'this disk lags')
})
