import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { silentLog } from '../../src/base/log.ts'
import { MemoryFiles, diskFiles, segmentName, type Files } from '../../src/journal/journal.ts'
import {
  CopyTarget,
  MetaFile,
  compareJournals,
  journalDirectory,
  listSalvage,
  settleDirectory,
} from '../../src/twin/twin.ts'
import { FaultyFiles } from '../journal/faulty-files.ts'
import { freshSeed, randomFrom } from '../journal/random.ts'
import { STORE_ID, copy } from './copying.ts'
import { Records, bytesOf, fold } from './records.ts'

/** An active with messages in several segments, of which some are consumed. */
async function active(files: Files = new MemoryFiles(), directory = '/a'): Promise<Records> {
  const records = await Records.at(files, directory)
  records.epoch(1)
  records.queue(1, 'orders')
  const keys = Array.from({ length: 40 }, (_, i) => records.message(1, `message ${i} ${'x'.repeat(100)}`))
  records.remove(1, ...keys.slice(3, 9))
  await records.commit()
  return records
}

/** A passive that led once, on its own, and so has another history. */
async function stale(files: Files, directory: string): Promise<void> {
  const records = await Records.at(files, directory, 7)
  records.epoch(7)
  records.queue(1, 'orders')
  for (let i = 0; i < 20; i++) records.message(1, `old ${i} ${'y'.repeat(100)}`)
  await records.commit()
  await records.journal.close()
}

test('4.6: a base copy gives the passive a journal whose bytes and state are the active’s, on a real disk', async t => {
  const root = mkdtempSync(join(tmpdir(), 'tandemmq-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  const from = await active(diskFiles, join(root, 'a'))
  const directory = join(root, 'b')
  const { holds, failure, meta, retained } = await copy(from, diskFiles, directory)
  t.is(failure, null)
  t.is(holds?.end, from.journal.end)
  t.is(meta.meta.journal, 'copy-0000000000000001')
  const journal = journalDirectory(directory, (await MetaFile.open(diskFiles, directory, () => STORE_ID)).meta)
  const both = await compareJournals(diskFiles, from.directory, journal)
  t.true(both.same)
  t.is(both.compared, from.journal.end)
  t.is((await fold(diskFiles, journal)).state.messages, 34)
  t.is(statSync(join(directory, 'tandemmq-store.json')).mode & 0o777, 0o600)
  t.deepEqual(retained, [0, from.journal.end, Infinity], 'kept while it ran, then from where the tail begins')
  from.message(1, 'one more')
  await from.commit()
  t.is((await copy(from, diskFiles, directory)).holds?.end, from.journal.end)
  const metaFiles = ['tandemmq-store.json', 'tandemmq-store.json.new']
  const names = ['copy-0000000000000002', 'salvage-20260131T000000Z', ...metaFiles]
  t.deepEqual(readdirSync(directory).sort(), names, 'the replaced copy was moved, its directory is gone')
  await from.journal.close()
})

test('E1: what the active appends while a copy runs does not disturb it', async t => {
  const from = await active()
  const end = from.journal.end
  const files = new MemoryFiles()
  const { holds, meta } = await copy(from, files, '/b', {
    running: async () => {
      for (let i = 0; i < 60; i++) from.message(1, `later ${i}`)
      await from.commit()
    },
  })
  t.is(holds?.end, end)
  t.is((await fold(files, journalDirectory('/b', meta.meta))).end, end)
})

test('4.6: segments that the passive already has are not sent again', async t => {
  const from = await active()
  const files = new MemoryFiles()
  await copy(from, files, '/b')
  const sealed = from.journal.segments.length - 1
  for (let i = 0; i < 10; i++) from.message(1, `more ${i} ${'z'.repeat(100)}`)
  await from.commit()
  const { holds, active: link, meta } = await copy(from, files, '/b')
  t.is(holds?.end, from.journal.end)
  t.is(meta.meta.journal, 'copy-0000000000000002')
  const same = link.sent.filter(({ type }) => type === 'copy-same').length
  t.is(same, sealed, 'the sealed segments of the first copy')
  const names = await files.list('/b')
  t.false(names.includes('copy-0000000000000001'), 'the replaced copy went to salvage')
})

test('4.6: a copy that broke off goes on where it stopped', async t => {
  const from = await active()
  const files = new MemoryFiles()
  let chunks = 0
  const broken = await copy(from, files, '/b', { chunk: () => (++chunks > 3 ? 'cut' : undefined) })
  t.is(broken.holds, null)
  t.is(broken.meta.meta.journal, '.', 'nothing was swapped')
  const { holds, active: link } = await copy(from, files, '/b')
  t.is(holds?.end, from.journal.end)
  const shipped = link.sent.flatMap(frame =>
    frame.type === 'copy-chunk' && frame.what === 'segment' ? [frame.base] : [],
  )
  t.false(shipped.includes(0 as (typeof shipped)[number]), 'the first segment was there already')
})

test('4.6: half a segment that was staged is continued at its offset', async t => {
  const from = await active()
  const files = new MemoryFiles()
  const name = segmentName(from.journal.segments[0]!.base)
  const first = await bytesOf(from.files, `/a/${name}`)
  await MetaFile.open(files, '/b', () => STORE_ID)
  const half = await files.open(`/b/copy-0000000000000001/${name}`)
  await half.write(first, 0, 1000, 0)
  const { holds, active: link } = await copy(from, files, '/b')
  t.is(holds?.end, from.journal.end)
  const chunk = link.sent.find(frame => frame.type === 'copy-chunk' && frame.what === 'segment')
  t.like(chunk, { base: 0, offset: 1000 })
})

test('I6: a damaged chunk ends the copy, and what was here before stays', async t => {
  const from = await active()
  const files = new MemoryFiles()
  await stale(files, '/b')
  const before = (await fold(files, '/b')).end
  const { failure, meta, passive } = await copy(from, files, '/b', {
    chunk: (_, body) => {
      body[body.length >> 1]! ^= 1
      return body
    },
  })
  t.regex(failure ?? '', /damaged chunk/)
  t.is(passive.sent.at(-1)?.type, 'copy-failed')
  t.is(meta.meta.journal, '.')
  t.is((await fold(files, '/b')).end, before)
})

test('4.6: staged bytes of another history are found out, dropped, and the next attempt succeeds', async t => {
  const from = await active()
  const files = new MemoryFiles()
  await MetaFile.open(files, '/b', () => STORE_ID)
  const file = await files.open(`/b/copy-0000000000000001/${segmentName(from.journal.segments[0]!.base)}`)
  await file.write(Buffer.alloc(500, 1), 0, 500, 0)
  const first = await copy(from, files, '/b')
  t.regex(first.failure ?? '', /not whole/)
  t.is((await copy(from, files, '/b')).holds?.end, from.journal.end)
})

test('rule 9: the replaced journal is kept as one salvage directory, and the one before it goes', async t => {
  const from = await active()
  const files = new MemoryFiles()
  await stale(files, '/b')
  const old = await bytesOf(files, `/b/${segmentName(0 as never)}`)
  await copy(from, files, '/b')
  const [kept, ...more] = await listSalvage(files, '/b')
  t.deepEqual(more, [])
  t.is(kept?.kind, 'journal')
  t.deepEqual(await bytesOf(files, `/b/${kept!.name}/${segmentName(0 as never)}`), old)
  from.message(1, 'one more')
  await from.commit()
  await copy(from, files, '/b')
  t.is((await listSalvage(files, '/b')).length, 1)
})

test('D4: no more than half a MiB of a copy waits in the socket, so beats get through', async t => {
  const from = await Records.at(new MemoryFiles(), '/a')
  from.journal.reserve(3 << 20)
  from.journal.block.fill(0, from.journal.at + 16, from.journal.at + (2 << 20))
  from.journal.seal(5, 0, 2 << 20)
  await from.commit()
  const { holds, active: link } = await copy(from, new MemoryFiles(), '/b')
  t.is(holds?.end, from.journal.end)
  t.true(link.queuedMax <= 512 * 1024, `${link.queuedMax} bytes were queued`)
})

class PowerCut extends Error {}

test('E3, I9: whatever step a power cut hits, the old journal is whole or the new one complete, and a retry succeeds', async t => {
  const seed = freshSeed()
  t.log(`TANDEMMQ_SEED=${seed}`)
  const random = randomFrom(seed)
  const from = await active()
  let swapped = 0
  let steps = 0
  for (let step = 1; ; step++) {
    const files = new FaultyFiles()
    await stale(files, '/b')
    await MetaFile.open(files, '/b', () => STORE_ID)
    const before = (await fold(files, '/b')).end
    steps = 0
    files.before = () => {
      if (++steps >= step) throw new PowerCut('the power is gone')
    }
    const result = await copy(from, files, '/b').catch((error: unknown) => error)
    const over = steps < step
    const left = over ? files.kill() : files.crash(random, step % 2 === 0 ? 'sectors' : 'prefix')
    files.before = () => undefined
    const meta = await MetaFile.open(left, '/b', () => t.fail('the node forgot who it is') as never)
    await settleDirectory(left, '/b', meta.meta, 0, silentLog)
    const { end } = await fold(left, journalDirectory('/b', meta.meta))
    if (meta.meta.journal === '.') t.is(end, before, `step ${step}`)
    else {
      swapped++
      t.is(end, from.journal.end, `step ${step}`)
      const salvage = await listSalvage(left, '/b')
      t.deepEqual(
        salvage.map(({ kind }) => kind),
        ['journal'],
        `step ${step}`,
      )
      t.true((await left.list(`/b/${salvage[0]!.name}`)).includes(segmentName(0 as never)), `step ${step}`)
    }
    // A staged prefix that lost bytes is found out and dropped by the first retry.
    const retry = await copy(from, left, '/b')
    const holds = retry.holds ?? (await copy(from, left, '/b')).holds
    t.is(holds?.end, from.journal.end, `step ${step}: ${retry.failure}`)
    if (over) {
      t.false(result instanceof Error)
      break
    }
  }
  t.true(steps > 100 && swapped > 5, `${steps} steps, ${swapped} behind the swap`)
})

test('E1: a copy that was given up while it was verified takes nobody’s place', async t => {
  let looks = 0
  class Watched extends MemoryFiles {
    override list(directory: string): Promise<string[]> {
      // First what was staged before, then by the verification.
      if (directory.startsWith('/b/copy-') && ++looks === 2) target.end()
      return super.list(directory)
    }
  }
  const files = new Watched()
  const meta = await MetaFile.open(files, '/b', () => STORE_ID)
  let release = 0
  const link = {
    remote: 'x',
    localHost: 'x',
    queued: 0,
    send: () => {},
    pause: () => {},
    resume: () => {},
    close: () => {},
  }
  const target = new CopyTarget(link, 's', {
    files,
    directory: '/b',
    meta,
    log: silentLog,
    now: () => 0,
    release: () => Promise.resolve(void release++),
    done: () => t.fail(),
    failed: text => t.fail(text),
  })
  const none = Buffer.alloc(0)
  // Nothing is to be fetched, so it goes straight to the verification.
  target.frame({ type: 'copy-manifest', session: 's', snapshot: null, segments: [] }, none, 0, 0)
  await new Promise(resolve => setImmediate(resolve))
  await target.close()
  t.true(looks >= 2)
  t.is(release, 0)
  t.is(meta.meta.journal, '.')
})
