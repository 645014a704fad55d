import test from 'ava'
import { lsn } from '../../src/base/lsn.ts'
import { commonEnd, isCopy, isNewer, nonsense, planAttach } from '../../src/pair/history.ts'
import type { History } from '../../src/pair/history.ts'
import { readControl, writeControl } from '../../src/pair/control.ts'
import type { EpochEntry, Hello } from '../../src/pair/pair.ts'
import { same } from '../same.ts'

const uid = (text: string): string => text.repeat(32).slice(0, 32)
const entry = (n: number, name: string, start: number): EpochEntry => ({ n, uid: uid(name), start: lsn(start) })
const one = entry(1, 'a', 0)
const history = (end: number, ...epochs: EpochEntry[]): History => ({ epochs, end: lsn(end), storeId: uid('0') })
const hello = (end: number, inSyncTo: number, ...epochs: EpochEntry[]): Hello => ({
  type: 'hello',
  proto: [1, 1],
  format: [1, 1],
  pairId: null,
  identity: { storeId: uid('1'), brokerName: 'p', uris: [], http: null },
  incarnation: uid('2'),
  role: 'passive',
  paired: false,
  end: lsn(end),
  dur: lsn(end),
  chain: 0,
  epochs,
  inSyncTo: lsn(inSyncTo),
  rev: 0,
  nonce: uid('3'),
  configDigest: '',
})
const plan = (active: History, passive: Hello, retained = 0, named = false): string => {
  const { plan: what, at } = planAttach(active, lsn(retained), passive, named)
  return `${what} ${at}`
}

test('A passive that only missed the end gets the tail', t => {
  t.is(plan(history(500, one), hello(300, 300, one)), 'tail 300')
  t.is(plan(history(500, one, entry(2, 'b', 300)), hello(300, 300, one)), 'tail 300')
  t.is(plan(history(500, one), hello(0, 0)), 'tail 0')
})

test('A1: what follows the restart of the active is cut where its new epoch starts', t => {
  t.is(plan(history(500, one, entry(2, 'b', 100)), hello(200, 100, one)), 'cut 100')
})

test('A2: two epochs of one number are two histories', t => {
  t.is(plan(history(500, one, entry(2, 'b', 100)), hello(400, 100, one, entry(2, 'c', 100))), 'cut 100')
  t.is(plan(history(500, one, entry(2, 'b', 100)), hello(400, 80, one, entry(2, 'c', 90))), 'cut 90')
})

test('A3: an epoch that one side never saw is no common ground, whichever side it is', t => {
  t.is(commonEnd(history(500, one, entry(2, 'b', 100), entry(3, 'd', 300)), history(200, one)), lsn(100))
  t.is(commonEnd(history(200, one), history(500, one, entry(2, 'b', 100), entry(3, 'd', 300))), lsn(100))
  t.is(commonEnd(history(200, one), history(200, entry(1, 'e', 0))), null)
})

test('A passive with nothing in common, or that lags behind what is kept, gets a base copy', t => {
  t.is(plan(history(500, one), hello(100, 0, entry(1, 'e', 0))), 'base 0')
  t.is(plan(history(500, one), hello(100, 100, one), 200), 'base 100')
  t.is(plan(history(500, one), hello(0, 0), 200), 'base 0')
})

test('I7, G2: what a passive acknowledged while in sync is not cut, unless the witness names the active', t => {
  const active = history(500, one, entry(2, 'b', 100))
  t.is(plan(active, hello(200, 150, one)), 'diverged 100')
  t.is(plan(active, hello(200, 150, one), 0, true), 'cut 100')
  t.is(plan(active, hello(200, 150, entry(1, 'e', 0))), 'diverged 0')
})

test('A passive that lost unsynced volatile records behind what it acknowledged still comes back', t => {
  t.is(plan(history(500, one), hello(120, 150, one)), 'tail 120')
})

test('The newer history leads, and both sides see it alike', t => {
  const pairs: [History, History][] = [
    [history(200, one, entry(2, 'b', 100)), history(900, one)],
    [history(200, one, entry(3, 'b', 100)), history(900, one, entry(2, 'c', 100))],
    [history(200, one, entry(2, 'b', 150)), history(900, one, entry(2, 'c', 100))],
    [history(200, one, entry(2, 'c', 100)), history(900, one, entry(2, 'b', 100))],
    [history(300, one), history(200, one)],
  ]
  for (const [newer, older] of pairs) {
    t.true(isNewer(newer, { ...older, storeId: uid('9') }))
    t.false(isNewer({ ...older, storeId: uid('9') }, newer))
  }
})

test('G2: a hello with positions that cannot be is refused', t => {
  t.is(nonsense(hello(300, 300, one, entry(2, 'b', 100))), null)
  t.truthy(nonsense(hello(-1, 0)))
  t.truthy(nonsense({ ...hello(100, 0, one), dur: lsn(200) }))
  t.truthy(nonsense(hello(100, 0, one, entry(2, 'b', 100))), 'an epoch behind the end')
  t.truthy(nonsense(hello(100, 0, entry(1, 'a', 50), entry(2, 'b', 20))), 'out of order')
  t.truthy(nonsense(hello(100, 0, one, entry(2, 'a', 20))), 'one uid twice')
  t.truthy(nonsense({ ...hello(100, 0, one), end: lsn(NaN) }))
})

test('Of two nodes on copies of one directory exactly one gives way: who began anew since, who does not lead, who has less', t => {
  const [began, other] = [entry(2, 'b', 300), entry(2, 'c', 400)]
  const said = (end: number, paired: boolean, ...epochs: EpochEntry[]): Hello => ({
    ...hello(end, 0, ...epochs),
    paired,
  })
  t.true(isCopy(history(400, one, began), said(900, false, one), false), 'the other has gone on all along')
  t.false(isCopy(history(900, one), said(400, false, one, began), false))
  t.true(isCopy(history(300, one), said(900, false, one), true), 'it waits, the other leads')
  t.false(isCopy(history(900, one), said(300, true, one), false))
  t.false(isCopy(history(300, one), said(300, true, one), true), 'both wait: nobody knows')
  t.true(isCopy(history(400, one, began), said(500, false, one, other), false), 'both began anew')
  t.false(isCopy(history(500, one, other), said(400, false, one, began), false))
})

test('Stores that have led a hundred thousand times still meet', t => {
  const led = (mark: string): EpochEntry[] =>
    Array.from({ length: 100_000 }, (_, i) => entry(i + 1, `${mark}${String(i).padStart(8, '0')}`, 2 ** 52 + i * 60))
  const [mine, theirs] = [led('a'), led('b')]
  const end = 2 ** 52 + 100_000 * 60
  const said = hello(end, 0, ...theirs)
  const heard = readControl('hello', writeControl(said))
  same(t, heard, said)
  t.is(nonsense(said), null)
  t.is(commonEnd(history(end, ...mine), history(end, ...theirs)), null)
  t.is(commonEnd(history(end, one, ...mine), history(end, one, ...theirs)), mine[0]!.start)
})
