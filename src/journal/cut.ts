import { TandemError } from '../base/errors.ts'
import { lsn as toLsn, type Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import { ChainReader } from './chain.ts'
import type { Files, JournalFile } from './files.ts'
import { SEGMENT_RECORD_BYTES } from './record.ts'
import { listSegments, readSegmentHeader, Segment, segmentPath } from './segment.ts'
import { listSnapshots, removeTemporaries, snapshotPath, verifiedSnapshot } from './snapshot.ts'

/** `tandemmq-<position as 16 hex digits>.cut`, empty: its name says it all, so it is there whole or not at all. */
const INTENT = /^tandemmq-([0-9a-f]{16})\.cut$/
const intentPath = (directory: string, at: Lsn): string =>
  `${directory}/tandemmq-${at.toString(16).padStart(16, '0')}.cut`

/**
 * Cuts a journal that nobody uses at `at`, a record boundary: what lies behind is gone, physically (A4). Export it before.
 *
 *     intent ─► snapshots beyond ─► segments behind, newest first ─► truncate, sync ─► directory ─► intent gone
 *
 * Every step can be repeated; after a crash recovery does (A5). Rejects JOURNAL_CUT, having changed nothing, when what
 * is left could not be recovered from, and whatever the disk says.
 */
export async function cutJournal(files: Files, directory: string, at: Lsn, log: Log): Promise<void> {
  await finishCut(files, directory, log)
  if (at > 0) await checkPossible(files, directory, at)
  const intent = await files.open(intentPath(directory, at))
  await intent.sync()
  await intent.close()
  await files.syncDirectory(directory)
  await carryOut(files, directory, at, log)
}

/** Finishes a cut that a crash interrupted; before anything else is read. */
export async function finishCut(files: Files, directory: string, log: Log): Promise<void> {
  for (const name of await files.list(directory)) {
    const at = Number.parseInt(INTENT.exec(name)?.[1] ?? '', 16)
    if (Number.isSafeInteger(at)) await carryOut(files, directory, toLsn(at), log)
  }
}

async function carryOut(files: Files, directory: string, at: Lsn, log: Log): Promise<void> {
  await removeTemporaries(files, directory)
  for (const beyond of await listSnapshots(files, directory)) {
    if (beyond > at) await files.remove(snapshotPath(directory, beyond))
  }
  await files.syncDirectory(directory)
  const bases = await listSegments(files, directory)
  for (const base of bases.toReversed()) if (base >= at) await files.remove(segmentPath(directory, base))
  const last = bases.findLast(base => base < at)
  if (last !== undefined) {
    await using(files, segmentPath(directory, last), async file => {
      if ((await file.size()) > at - last) await file.truncate(at - last)
      await file.sync()
    })
  }
  await files.syncDirectory(directory)
  await files.remove(intentPath(directory, at))
  await files.syncDirectory(directory)
  log.info(`journal: cut at ${at}`, { code: 'PAIR_SALVAGE' })
}

/** The records from the newest snapshot that stays, or from the beginning, up to `at` must be there, and one must end at `at`. */
async function checkPossible(files: Files, directory: string, at: Lsn): Promise<void> {
  const from = await stayingSnapshot(files, directory, at)
  const bases = await listSegments(files, directory)
  const needed = bases
    .slice(
      Math.max(
        0,
        bases.findLastIndex(base => base <= from),
      ),
    )
    .filter(base => base < at)
  let end = needed[0] ?? at
  if (needed.length === 0 || end > from) throw impossible(at, `nothing before ${end} is left, and ${from} is needed`)
  for (const base of needed) {
    if (base !== end) throw impossible(at, `a segment is missing at ${end}`)
    end = toLsn(base + (await using(files, segmentPath(directory, base), file => file.size())))
  }
  if (end < at) throw impossible(at, `the journal ends at ${end}`)
  const last = needed.at(-1) as Lsn
  const holds = await using(files, segmentPath(directory, last), file => endsRecord(file, last, at))
  if (!holds) throw impossible(at, 'no intact record ends there')
}

async function stayingSnapshot(files: Files, directory: string, at: Lsn): Promise<Lsn> {
  for (const position of await listSnapshots(files, directory)) {
    if (position > at) continue
    const intact = await verifiedSnapshot(files, snapshotPath(directory, position), position).catch(() => undefined)
    if (intact !== undefined) return position
  }
  return toLsn(0)
}

async function endsRecord(file: JournalFile, base: Lsn, at: Lsn): Promise<boolean> {
  const header = Buffer.alloc(SEGMENT_RECORD_BYTES)
  await file.read(header, 0, header.length, 0)
  const said = readSegmentHeader(header, new DataView(header.buffer, header.byteOffset, header.length), 0)
  if (said === undefined) return false
  const end = await new ChainReader().follow(file, new Segment(base), at - base, said.seed, () => undefined)
  return end.offset === at - base
}

const impossible = (at: Lsn, why: string): TandemError =>
  new TandemError('JOURNAL_CUT', `the journal cannot be cut at ${at}: ${why}`)

async function using<T>(files: Files, path: string, work: (file: JournalFile) => Promise<T>): Promise<T> {
  const file = await files.open(path)
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}
