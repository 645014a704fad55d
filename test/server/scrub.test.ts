import test from 'ava'
import type { Log } from '../../src/base/log.ts'
import { Scrub } from '../../src/server/scrub.ts'
import { FaultyFiles } from '../journal/faulty-files.ts'
import { DIRECTORY, append, commit, opened, type Opened } from '../journal/open.ts'

const HOUR = 3_600_000
const NOON = Date.UTC(2026, 0, 2, 12)

interface Scene {
  readonly files: FaultyFiles
  readonly open: Opened
  readonly scrub: Scrub
  readonly store: { journalDirectory: string }
  /** What was logged, by level. */
  readonly said: string[]
}

/** A journal of several segments, being written, and its scrub. */
async function scene(): Promise<Scene> {
  const files = new FaultyFiles()
  const open = await opened(files, { segmentBytes: 4096 })
  for (let i = 0; i < 12; i++) await commit(open, Buffer.alloc(900, `${i}`))
  const said: string[] = []
  const say = (level: string) => (text: string) => void said.push(`${level} ${text}`)
  const log: Log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  const store = { journalDirectory: DIRECTORY, opened: { journal: open.journal } }
  const scrub = new Scrub(files, store, { restMs: HOUR, now: () => NOON, log })
  return { files, open, scrub, store, said }
}

const nameOf = (base: number): string => `${DIRECTORY}/tandemmq-${base.toString(16).padStart(16, '0')}.journal`

function flip(files: FaultyFiles, path: string, at: number): void {
  const bytes = Buffer.from(files.bytesOf(path))
  bytes[at]! ^= 1
  files.replace(path, bytes)
}

async function pass({ open, scrub }: Scene, from: number): Promise<void> {
  for (let i = 0; i <= open.journal.segments.length; i++) await scrub.step(from + i)
}

test('G11: whole segments are read again when the time between two passes is over, and that is said', async t => {
  const all = await scene()
  const { files, open, scrub, said } = all
  const sealed = open.journal.segments.length - 1
  t.true(sealed > 1)
  await pass(all, 0)
  t.deepEqual(said, [`info ${sealed} sealed segments of the journal were read, and verify`])
  const reads = files.counts.get('read')
  await scrub.step(HOUR / 2)
  t.is(files.counts.get('read'), reads, 'it rests')
  await pass(all, HOUR + 1000)
  t.is(said.length, 2)
})

test('G11: a bit that flips in a segment that no start would read is found, named by file and byte, and said once', async t => {
  const all = await scene()
  const { files, open, said } = all
  const damaged = open.journal.segments[1]!
  flip(files, nameOf(damaged.base), 2000)
  await pass(all, 0)
  const errors = said.filter(text => text.startsWith('error'))
  t.is(errors.length, 1)
  t.regex(
    errors[0]!,
    new RegExp(`${damaged.base.toString(16).padStart(16, '0')}\\.journal at byte \\d+: the record does not verify`),
  )
  await pass(all, HOUR + 1000)
  t.is(said.filter(text => text.startsWith('error')).length, 1)
})

test('G11: what was verified and when, and what is damaged now, can be asked for at any time', async t => {
  const all = await scene()
  const { files, open, scrub, store } = all
  const sealed = open.journal.segments.slice(0, -1)
  const bytes = sealed.reduce((sum, { base, end }) => sum + end - base, 0)
  t.deepEqual(scrub.view, { restMs: HOUR, segments: 0, bytes: 0, lastPassAt: null, damaged: [] })
  await scrub.step(0)
  t.like(scrub.view, { segments: 1, lastPassAt: null })
  await pass(all, 1)
  t.deepEqual(scrub.view, { restMs: HOUR, segments: sealed.length, bytes, lastPassAt: NOON, damaged: [] })

  const [first, second] = sealed
  for (const one of [first, second]) flip(files, nameOf(one!.base), 2000)
  await pass(all, HOUR + 1000)
  t.is(scrub.view.segments, 2 * sealed.length - 2)
  t.is(scrub.view.damaged.length, 2)
  t.regex(scrub.view.damaged[1]!, new RegExp(`^${nameOf(second!.base).slice(DIRECTORY.length + 1)} at byte \\d+: `))

  await open.journal.removeSegment(first!.base)
  t.is(scrub.view.damaged.length, 1, 'nothing is damaged that is gone')
  flip(files, nameOf(second!.base), 2000)
  await pass(all, 2 * HOUR + 2000)
  t.deepEqual(scrub.view.damaged, [], 'nor what verifies again')

  flip(files, nameOf(second!.base), 2000)
  await pass(all, 3 * HOUR + 3000)
  t.is(scrub.view.damaged.length, 1)
  store.journalDirectory = '/elsewhere'
  await scrub.step(3 * HOUR + 3500)
  t.deepEqual(scrub.view.damaged, [], 'a whole copy from the twin took its place')
})

test('G11: what is cut off while it is read is no damage: the journal was closed before', async t => {
  const all = await scene()
  const { files, open, scrub, said } = all
  const { base } = open.journal.segments[1]!
  await scrub.step(0)
  let closed: Promise<void> | undefined
  files.before = operation => {
    // As a node does whose twin leads with another history, while the scrub reads.
    if (operation === 'read' && closed === undefined) {
      closed = open.journal.close()
      files.replace(nameOf(base), Buffer.from(files.bytesOf(nameOf(base)).subarray(0, 3000)))
    }
    return undefined
  }
  await scrub.step(1)
  t.truthy(closed)
  await closed
  t.deepEqual(
    said.filter(text => text.startsWith('error')),
    [],
  )
  t.deepEqual(scrub.view.damaged, [])
})

test('G11: a sealed segment that lost its last records is found, though what is left of it verifies', async t => {
  const all = await scene()
  const { files, open, said } = all
  const path = nameOf(open.journal.segments[1]!.base)
  const bytes = files.bytesOf(path)
  // Each record's length stands in its header: the last one goes.
  let last = 0
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4)) last = at
  files.replace(path, bytes.subarray(0, last))
  await pass(all, 0)
  t.regex(
    said.find(text => text.startsWith('error')) ?? '',
    new RegExp(`the file ends ${bytes.length - last} bytes early`),
  )
})

test('the segment that is being written is left alone', async t => {
  const all = await scene()
  const { files, open, said } = all
  flip(files, nameOf(open.journal.segments.at(-1)!.base), 300)
  await pass(all, 0)
  t.deepEqual(
    said.filter(text => text.startsWith('error')),
    [],
  )
})

test('a segment that the disk has not taken yet is waited for, and is no damage', async t => {
  const all = await scene()
  const { files, open, scrub, said } = all
  await commit(open, Buffer.alloc(900, 'p')) // the last segment is on disk in part
  for (let left = open.journal.segments.length - 1; left > 0; left--) await scrub.step(0)
  let release: () => void = () => {}
  const held = new Promise<void>(resolve => (release = resolve))
  files.before = operation => (operation === 'write' ? held : undefined)
  const before = open.journal.segments.length
  while (open.journal.segments.length === before) append(open.journal, Buffer.alloc(900, 'n'))
  open.journal.flush()
  const stepping = scrub.step(0)
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
  t.deepEqual(said, [], 'its records are in memory only')
  release()
  await stepping
  await pass(all, 0)
  t.deepEqual(said, [`info ${before} sealed segments of the journal were read, and verify`])
})

test('a segment that is removed while it is read is no damage', async t => {
  const all = await scene()
  const { files, open, said } = all
  const { base } = open.journal.segments[0]!
  files.before = async (operation, path) => {
    if (operation !== 'read' || path !== nameOf(base)) return
    files.before = () => undefined
    await open.journal.removeSegment(base)
    throw new Error('ENOENT')
  }
  await pass(all, 0)
  t.false(open.journal.segments.some(segment => segment.base === base))
  t.deepEqual(
    said.filter(text => text.startsWith('error')),
    [],
  )
})

test('a segment that cannot be read is told of, and the scrub goes on', async t => {
  const all = await scene()
  const { files, open, said } = all
  const [first] = open.journal.segments
  files.before = (operation, path) => {
    if (operation === 'read' && path === nameOf(first!.base)) throw new Error('EIO: i/o error')
  }
  await pass(all, 0)
  t.regex(said[0]!, /error the segment at 0 cannot be read: EIO/)
  t.regex(said[1]!, /info \d+ sealed segments/)
})
