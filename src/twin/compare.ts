import { lsn, type Lsn } from '../base/lsn.ts'
import { silentLog } from '../base/log.ts'
import {
  ChainReader,
  RECORD_HEADER,
  RecordType,
  Segment,
  listSegments,
  readNewestSnapshot,
  segmentName,
  segmentPath,
  verifyJournal,
  type Damage,
  type Files,
} from '../journal/journal.ts'
import type { EpochEntry } from '../pair/pair.ts'
import { epochEntry } from './copy-verify.ts'
import { PIECE_BYTES, readFully, using } from './whole-files.ts'

/** What one side has where the two differ. */
export interface DifferenceSide {
  readonly file: string
  /** Of the first differing byte, from the start of the file. */
  readonly offset: number
  /** The record that holds it; null when no record can be made out there. */
  readonly record: { readonly lsn: Lsn; readonly type: string; readonly epoch: number } | null
}

/** The first byte that differs. */
export interface Difference {
  readonly lsn: Lsn
  readonly a: DifferenceSide
  readonly b: DifferenceSide
}

export interface PositionRange {
  readonly from: Lsn
  readonly to: Lsn
}

export interface JournalSide {
  readonly directory: string
  readonly segments: number
  /** Behind its last whole record. */
  readonly end: Lsn
  /** `torn`: an unfinished last write, which was not compared. `corrupt`: the directory is damaged. */
  readonly damage: Damage | null
  /** Of the EPOCH records that are still there. */
  readonly epochs: readonly EpochEntry[]
  /** What the other one does not have. */
  readonly only: readonly PositionRange[]
}

export interface Comparison {
  /** Every byte that both hold is the same, and neither is damaged. */
  readonly same: boolean
  /** Bytes that both hold and that were found equal. */
  readonly compared: number
  readonly difference: Difference | null
  /** The newest epoch that both tables hold with the same uid and start; null: none. */
  readonly commonEpoch: EpochEntry | null
  readonly a: JournalSide
  readonly b: JournalSide
}

interface Held extends JournalSide {
  readonly ranges: readonly (PositionRange & { readonly base: Lsn })[]
}

/**
 * Compares two journal directories byte by byte wherever both hold the same positions (I6, `pair verify`). Changes
 * nothing. Run it while no broker writes to either.
 */
export async function compareJournals(files: Files, directoryA: string, directoryB: string): Promise<Comparison> {
  const a = await look(files, directoryA)
  const b = await look(files, directoryB)
  let compared = 0
  let difference: Difference | null = null
  for (const common of intersection(a.ranges, b.ranges)) {
    const equal = await equalBytes(files, a, b, common)
    compared += equal
    if (equal === common.to - common.from) continue
    const at = lsn(common.from + equal)
    difference = { lsn: at, a: await sideAt(files, a, at), b: await sideAt(files, b, at) }
    break
  }
  const damaged = [a, b].some(({ damage }) => damage?.kind === 'corrupt')
  const same = difference === null && !damaged
  const commonEpoch = a.epochs.findLast(one => b.epochs.some(two => two.uid === one.uid && two.start === one.start))
  return {
    same,
    compared,
    difference,
    commonEpoch: commonEpoch ?? null,
    a: shown(a, subtract(a.ranges, b.ranges)),
    b: shown(b, subtract(b.ranges, a.ranges)),
  }
}

const shown = (side: Held, only: readonly PositionRange[]): JournalSide => {
  const { directory, segments, end, damage, epochs } = side
  return { directory, segments, end, damage, epochs, only }
}

async function look(files: Files, directory: string): Promise<Held> {
  const damage = await damageOf(files, directory)
  const ranges: { base: Lsn; from: Lsn; to: Lsn }[] = []
  const epochs: EpochEntry[] = []
  for (const base of await listSegments(files, directory)) {
    await using(files, segmentPath(directory, base), async file => {
      const size = await file.size()
      const end = await walk(file, base, size, (block, view, offset, at) => {
        if (block[offset + 8] === RecordType.epoch) epochs.push(epochEntry(block, view, offset, at))
      })
      // Behind the records: zeros written ahead, or what a crash left unfinished; damage is told, and compared.
      const damaged = damage?.kind === 'corrupt' && damage.file === segmentName(base)
      const bytes = damaged ? size : end
      if (bytes > 0) ranges.push({ base, from: base, to: lsn(base + bytes) })
    })
  }
  const end = ranges.at(-1)?.to ?? lsn(0)
  return { directory, segments: ranges.length, end, damage, epochs, only: [], ranges }
}

/** What a snapshot folded was committed: below it nothing is an unfinished write (case B of journal/tail-damage.ts). */
async function damageOf(files: Files, directory: string): Promise<Damage | null> {
  const { damage } = await verifyJournal(files, directory)
  if (damage?.kind !== 'torn') return damage ?? null
  const { committed } = await readNewestSnapshot(files, directory, silentLog)
  const base = (await listSegments(files, directory)).find(one => segmentName(one) === damage.file) ?? 0
  if (base + damage.offset >= committed) return damage
  return { ...damage, kind: 'corrupt', what: `the record does not verify, below ${committed}, which was committed` }
}

type Readable = Parameters<typeof readFully>[0]

/** Visits the records of a segment as far as they verify; answers the offset behind the last one. */
async function walk(
  file: Readable,
  base: Lsn,
  size: number,
  visit: Parameters<ChainReader['follow']>[4],
): Promise<number> {
  if (size < RECORD_HEADER * 2) return 0
  const head = Buffer.alloc(RECORD_HEADER * 2)
  await readFully(file, head, head.length, 0)
  // The seed in the SEGMENT record (see journal/record.ts); the journal's very first record is seeded with 0.
  const seed = base === 0 ? 0 : head.readUInt32LE(28)
  return (await new ChainReader().follow(file, new Segment(base), size, seed, visit)).offset
}

function intersection(a: Held['ranges'], b: Held['ranges']): PositionRange[] {
  const common: PositionRange[] = []
  for (const one of a)
    for (const two of b) {
      const from = lsn(Math.max(one.from, two.from))
      const to = lsn(Math.min(one.to, two.to))
      if (from < to) common.push({ from, to })
    }
  return common.sort((x, y) => x.from - y.from)
}

/** What of `a` no range of `b` covers, adjacent pieces joined. */
function subtract(a: Held['ranges'], b: Held['ranges']): PositionRange[] {
  const left: { from: Lsn; to: Lsn }[] = []
  const add = (from: Lsn, to: Lsn): void => {
    const last = left.at(-1)
    if (last?.to === from) last.to = to
    else if (from < to) left.push({ from, to })
  }
  for (const { from, to } of a) {
    let at = from
    for (const other of b) {
      if (other.to <= at || other.from >= to) continue
      add(at, lsn(Math.max(at, other.from)))
      at = other.to
    }
    if (at < to) add(at, to)
  }
  return left
}

const holder = ({ ranges }: Held, at: Lsn): Lsn => ranges.find(({ from, to }) => from <= at && at < to)!.base

/** How many bytes from the start of the range are the same on both sides. */
async function equalBytes(files: Files, a: Held, b: Held, { from, to }: PositionRange): Promise<number> {
  const baseA = holder(a, from)
  const baseB = holder(b, from)
  const pieceA = Buffer.allocUnsafeSlow(PIECE_BYTES)
  const pieceB = Buffer.allocUnsafeSlow(PIECE_BYTES)
  return using(files, segmentPath(a.directory, baseA), fileA =>
    using(files, segmentPath(b.directory, baseB), async fileB => {
      for (let at: number = from; at < to; at += PIECE_BYTES) {
        const length = Math.min(PIECE_BYTES, to - at)
        await readFully(fileA, pieceA, length, at - baseA)
        await readFully(fileB, pieceB, length, at - baseB)
        if (pieceA.compare(pieceB, 0, length, 0, length) === 0) continue
        let same = 0
        while (pieceA[same] === pieceB[same]) same++
        return at - from + same
      }
      return to - from
    }),
  )
}

const NAMES = new Map<number, string>(Object.entries(RecordType).map(([name, type]) => [type, name]))

/** The record at a position, found by lengths from the start of its segment: its own crc may be what differs. */
async function sideAt(files: Files, side: Held, at: Lsn): Promise<DifferenceSide> {
  const base = holder(side, at)
  const offset = at - base
  const file = segmentName(base)
  return using(files, segmentPath(side.directory, base), async handle => {
    const size = await handle.size()
    const head = Buffer.alloc(RECORD_HEADER)
    for (let start = 0; start + RECORD_HEADER <= size;) {
      await readFully(handle, head, RECORD_HEADER, start)
      const length = head.readUInt32LE(4)
      if (length < RECORD_HEADER) break
      if (start + length <= offset) {
        start += length
        continue
      }
      const type = NAMES.get(head[8] ?? 0) ?? `type ${head[8]}`
      return { file, offset, record: { lsn: lsn(base + start), type, epoch: head.readUInt32LE(12) } }
    }
    return { file, offset, record: null }
  })
}
