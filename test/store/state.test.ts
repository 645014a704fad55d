import test from 'ava'
import type { Lsn } from '../../src/base/lsn.ts'
import { DurableState, FrozenState, thawState } from '../../src/store/store.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { History, applyStep, difference, shown, shownModel } from './history.ts'

const bytesOf = (frozen: FrozenState): Buffer => Buffer.concat([...frozen.chunks()])

const RUNS = 12
const STEPS = 1500

test('the state agrees with a simple model after every record: order, counts, redeliveries, liveness', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  for (let run = 0; run < RUNS; run++) {
    const history = new History(randomFrom(seed + run))
    const state = new DurableState()
    for (const step of history.steps) applyStep(state, step)
    for (let i = 0; i < STEPS; i++) {
      applyStep(state, history.step())
      if (i % 50 === 0) t.is(difference(shown(state), shownModel(history)), null, `run ${run}, step ${i}`)
    }
    t.is(difference(shown(state), shownModel(history)), null, `run ${run}`)
  }
})

test('a snapshot at any point and the records behind it give the same state as all records', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  for (let run = 0; run < RUNS; run++) {
    const random = randomFrom(seed + run)
    const history = new History(random)
    while (history.steps.length < STEPS) history.step()
    const state = new DurableState()
    const cut = between(random, 0, STEPS)
    let thawed: DurableState | undefined
    for (const [i, step] of history.steps.entries()) {
      if (i === cut) {
        const frozen = new FrozenState(state)
        thawed = thawState(bytesOf(frozen), frozen.at)
        frozen.release()
        t.is(difference(shown(thawed), shown(state)), null, `run ${run}, cut ${cut}`)
        t.is(thawed.digest(), state.digest())
        t.is(thawed.nextDestinationId, state.nextDestinationId)
      }
      applyStep(state, step)
      if (thawed !== undefined) applyStep(thawed, step)
    }
    t.is(difference(shown(thawed!), shown(state)), null, `run ${run}, cut ${cut}`)
  }
})

test('a snapshot that is read while the state moves on is the state of its moment', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  for (let run = 0; run < RUNS; run++) {
    const random = randomFrom(seed + run)
    const history = new History(random)
    const state = new DurableState()
    for (const step of history.steps) applyStep(state, step)
    for (let i = 0; i < STEPS; i++) applyStep(state, history.step())
    for (let snapshot = 0; snapshot < 5; snapshot++) {
      const then = shown(state)
      const frozen = new FrozenState(state)
      const parts: Buffer[] = []
      for (const part of frozen.chunks()) {
        parts.push(Buffer.from(part))
        for (let n = between(random, 0, 60); n > 0; n--) applyStep(state, history.step())
      }
      frozen.release()
      t.is(
        difference(shown(thawState(Buffer.concat(parts), frozen.at)), then),
        null,
        `run ${run}, snapshot ${snapshot}`,
      )
    }
    t.is(difference(shown(state), shownModel(history)), null)
  }
})

test('a snapshot that was given up for a newer one does not spoil the newer', t => {
  const history = new History(randomFrom(7))
  const state = new DurableState()
  for (const step of history.steps) applyStep(state, step)
  for (let i = 0; i < 500; i++) applyStep(state, history.step())
  const older = new FrozenState(state)
  for (let i = 0; i < 100; i++) applyStep(state, history.step())
  const then = shown(state)
  const newer = new FrozenState(state)
  older.release()
  for (let i = 0; i < 500; i++) applyStep(state, history.step())
  t.is(difference(shown(thawState(bytesOf(newer), newer.at)), then), null)
})

test('a record of an unknown type, and a snapshot of an unknown format, are refused', t => {
  const state = new DurableState()
  const bytes = Buffer.alloc(16)
  bytes.writeUInt32LE(16, 4)
  bytes.writeUInt8(99, 8)
  t.throws(() => applyStep(state, { at: 0 as Lsn, bytes }), { code: 'STORE_UNKNOWN_RECORD' })
  t.throws(() => thawState(Buffer.alloc(24, 9), 0 as Lsn), { code: 'STORE_BAD_SNAPSHOT' })
})

test('I10: the digest changes when anything changes that a state says, and with nothing else', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const history = new History(randomFrom(seed))
  const state = new DurableState()
  for (const step of history.steps) applyStep(state, step)
  const said = (): string => JSON.stringify({ ...(shown(state) as object), liveness: null, epochs: state.epochs })
  let silent = 0
  for (let i = 0; i < 400; i++) {
    const { applied } = state
    const before = { digest: state.digest(), said: said(), next: state.nextDestinationId }
    applyStep(state, history.step())
    const behind = state.applied
    state.applied = applied
    const same = said() === before.said && state.nextDestinationId === before.next
    t.is(state.digest() === before.digest, same, `step ${i}`)
    if (same) silent++
    state.applied = behind
    t.not(state.digest(), before.digest)
  }
  t.true(silent > 0)
})

test('snapshots of the formats 1 and 2, without durable subscriptions and jobs, are read', t => {
  for (const format of [1, 2]) {
    const head = Buffer.alloc(24)
    for (const [i, value] of [format, 3, 9, 1, 1, 0].entries()) head.writeUInt32LE(value, i * 4)
    const destination = Buffer.alloc(14)
    destination.writeUInt32LE(5, 0)
    destination.writeUInt16LE(2, 6)
    destination.writeUInt32LE(1, 8)
    destination.write('qr', 12)
    const chunk = Buffer.alloc(8 + 14)
    chunk.writeUInt32LE(1, 0)
    chunk.writeDoubleLE(600, 8)
    chunk.writeUInt32LE(77, 16)
    const state = thawState(Buffer.concat([head, Buffer.alloc(8), destination, chunk]), 1000 as Lsn)
    t.is(state.nextDestinationId, 9)
    t.is(state.destination(5)?.name, 'qr')
    t.is(state.messages, 1)
    t.is(state.schedule.size, 0)
  }
})
