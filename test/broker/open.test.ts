import test from 'ava'
import { epoch, lsn, type Lsn } from '../../src/base/lsn.ts'
import { silentLog } from '../../src/base/log.ts'
import { Maintenance, openStore, recoverStore, type OpenedStore, type StoreOptions } from '../../src/broker/broker.ts'
import { readNewestSnapshot, writeSnapshot, type JournalEvents, type Peeked } from '../../src/journal/journal.ts'
import { EpochReason, FrozenState, thawState } from '../../src/store/store.ts'
import { FaultyFiles } from '../journal/faulty-files.ts'
import { randomFrom } from '../journal/random.ts'
import { VirtualClock } from '../journal/virtual-clock.ts'
import { History } from '../store/history.ts'

const DIRECTORY = '/data'

const optionsFor = (files: FaultyFiles, uid: number): StoreOptions => ({
  kind: 'journal',
  directory: DIRECTORY,
  files,
  segmentBytes: 8000,
  sync: 'always',
  syncIntervalMs: 1000,
  cacheBytes: 0,
  readCacheBytes: 0,
  archiveDirectory: null,
  deleteAll: false,
  log: silentLog,
  clock: new VirtualClock(),
  epochUid: Buffer.alloc(16, uid),
})

/** A store that applies what commits, as the broker and the passive do. */
async function applying(
  open: (events: JournalEvents) => Promise<OpenedStore>,
): Promise<OpenedStore & { follow(bytes: Buffer): Promise<void> }> {
  const ignored = { writeFailed: () => 'stop' as const, writeResumed: () => undefined, failed: () => undefined }
  const store: OpenedStore = await open({
    ...ignored,
    committed: upTo => {
      const { state, journal } = store
      journal.scan(state.applied, upTo, (block, view, offset, at) => state.apply(block, view, offset, at))
    },
  })
  return {
    ...store,
    follow: async bytes => {
      const { journal } = store
      for (let at = journal.received as number; at < bytes.length; at += 1000) {
        journal.receive(bytes, at, Math.min(bytes.length, at + 1000))
        await journal.sync()
      }
    },
  }
}

/** Appends a random history: real payloads, so that a state comes of it. */
async function appendHistory({ journal }: OpenedStore, random: () => number, steps: number): Promise<void> {
  const history = new History(random)
  history.end = journal.end
  history.steps.length = 0
  while (history.steps.length < steps) {
    history.end = journal.end
    const count = history.steps.length
    history.step()
    for (const { bytes } of history.steps.slice(count)) {
      if ((bytes[8] as number) <= 2) continue
      journal.reserve(bytes.length)
      bytes.copy(journal.block, journal.at + 16, 16)
      journal.seal(bytes[8] as 5, bytes[9] as number, bytes.length)
    }
    if (random() < 0.1) await journal.sync()
  }
  await journal.sync()
}

async function allBytes({ journal }: OpenedStore): Promise<Buffer> {
  const bytes = Buffer.alloc(journal.end)
  if ((await journal.readRange(lsn(0), journal.end, bytes)) < bytes.length) throw new Error('not all of it is there')
  return bytes
}

test('I10: active and follower have the same digest at the same position, also after restarts and from a snapshot', async t => {
  for (let seed = 1; seed <= 5; seed++) {
    const files = new FaultyFiles()
    const active = await applying(events => openStore(optionsFor(new FaultyFiles(), 1), events))
    await appendHistory(active, randomFrom(seed), 400)
    t.true(active.state.messages > 0)
    const bytes = await allBytes(active)
    const first = await applying(events => recoverStore(optionsFor(files, 0), events))
    t.is(first.lastEpoch, 0)
    await first.follow(bytes.subarray(0, Math.floor(bytes.length / 2)))
    t.not(first.state.digest(), active.state.digest())
    const frozen = new FrozenState(first.state)
    await first.journal.sync()
    await writeSnapshot(files, DIRECTORY, frozen.at, frozen.chunks())
    await first.journal.close()
    const second = await applying(events => recoverStore(optionsFor(files, 0), events))
    t.is(second.recovered.fromSnapshot, frozen.at)
    await second.follow(bytes)
    t.is(second.state.applied, active.state.applied)
    t.is(second.state.digest(), active.state.digest())
    t.deepEqual(second.journal.epochs, active.journal.epochs)
    await second.journal.close()
  }
})

test('rule 3: the table of epochs survives restarts, from the journal and from a snapshot; a snapshot of format 1 still opens', async t => {
  const files = new FaultyFiles()
  const uids: string[] = []
  for (let uid = 1; uid <= 4; uid++) {
    const store = await applying(events => openStore(optionsFor(files, uid), events))
    uids.push(Buffer.alloc(16, uid).toString('hex'))
    await store.journal.sync()
    t.deepEqual(
      store.state.epochs.map(one => one.uid),
      uids,
    )
    t.deepEqual(store.journal.epochs, store.state.epochs)
    if (uid === 3) {
      const frozen = new FrozenState(store.state)
      await writeSnapshot(files, DIRECTORY, frozen.at, frozen.chunks())
    }
    await store.journal.close()
  }
  const { state, journal, recovered, lastEpoch } = await applying(events => recoverStore(optionsFor(files, 9), events))
  t.not(recovered.fromSnapshot, null)
  t.is(lastEpoch, 4)
  t.deepEqual(
    journal.epochs.map(({ n, uid }) => [n, uid]),
    uids.map((uid, i) => [i + 1, uid]),
  )
  const promoted = journal.beginEpoch(epoch(5), Buffer.alloc(16, 5), 0, EpochReason.promotion)
  await journal.sync()
  t.deepEqual(state.epochs.at(-1), promoted)
  await journal.close()
})

test('a snapshot of format 1 opens, with the epochs known from there on', t => {
  const head = Buffer.alloc(24)
  head.writeUInt32LE(1, 0)
  head.writeUInt32LE(7, 4)
  head.writeUInt32LE(3, 8)
  const state = thawState(head, lsn(100))
  t.is(state.epoch, 7 as never)
  t.is(state.nextDestinationId, 3)
  t.deepEqual(state.epochs, [])
  head.writeUInt32LE(4, 0)
  t.throws(() => thawState(head, lsn(100)), { code: 'STORE_BAD_SNAPSHOT' })
})

test('I9, A6: a follower snapshots and removes what its own applied state no longer needs, keeps what is retained, and nothing while unsettled', async t => {
  const active = await applying(events => openStore(optionsFor(new FaultyFiles(), 1), events))
  await appendHistory(active, randomFrom(3), 1500)
  const bytes = await allBytes(active)
  const files = new FaultyFiles()
  const store = await applying(events => recoverStore(optionsFor(files, 0), events))
  await store.follow(bytes)
  const { journal, state } = store
  for (const { id } of active.state.destinations.values()) {
    active.journal.reserve(20)
    active.journal.view.setUint32(active.journal.at + 16, id, true)
    active.journal.seal(4, 0, 20)
  }
  await active.journal.sync()
  await store.follow(await allBytes(active))
  t.is(state.messages, 0)
  const before = journal.segments.length
  let settled = false
  const owner = {
    state,
    spaceWanted: true,
    space: { storeFull: false },
    spaceFreed: () => undefined,
    schedule: () => t.fail(),
  }
  const options = { files, directory: DIRECTORY, inMemory: false, log: silentLog, relocates: false }
  const maintenance = new Maintenance(owner, journal, { ...options, settled: () => settled }, lsn(0))
  await maintenance.run()
  t.is(journal.segments.length, before)
  t.is((await readNewestSnapshot(files, DIRECTORY, silentLog)).snapshot, undefined)
  settled = true
  const held = journal.segments[2]?.base as Lsn
  journal.retainFrom(held)
  await maintenance.run()
  t.is((await readNewestSnapshot(files, DIRECTORY, silentLog)).snapshot?.lsn, state.applied)
  t.is(journal.segments[0]?.base, held)
  t.is(journal.retainedFrom, held)
  journal.retainFrom(Infinity as Lsn)
  await maintenance.run()
  t.is(journal.segments.length, 1)
  await journal.close()
  const again = await applying(events => recoverStore(optionsFor(files, 0), events))
  t.is(again.state.digest(), active.state.digest())
  const into: Peeked = { block: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)), offset: 0 }
  t.is(active.journal.shipFrom(lsn(0), 10, into), 0)
})
