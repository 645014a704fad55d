import { TandemError } from '../base/errors.ts'
import { lsn as toLsn, type Lsn } from '../base/lsn.ts'
import type { SegmentInfo } from './appender.ts'
import { ChainReader, type Visit } from './chain.ts'
import type { Files, JournalFile } from './files.ts'
import { isBlank } from './preallocation.ts'
import { readSegmentHeader, listSegments, Segment, segmentName, segmentPath } from './segment.ts'
import { RecordType, SEGMENT_RECORD_BYTES } from './record.ts'
import { judgeDamage, lookBehind } from './tail-damage.ts'

export interface Damage {
  readonly file: string
  /** In bytes from the start of the file. */
  readonly offset: number
  readonly what: string
  /** `torn`: a start would cut it off. `corrupt`: a start would refuse. */
  readonly kind: 'torn' | 'corrupt'
}

export interface Verification {
  readonly segments: number
  readonly bytes: number
  readonly records: number
  /** Intact records by the name of their type. */
  readonly counts: ReadonlyMap<string, number>
  /** Positions between two segments that no file covers: spent segments that were removed, or missing ones. */
  readonly gaps: readonly { readonly from: Lsn; readonly to: Lsn }[]
  /** The first damage; undefined when every record verifies. */
  readonly damage: Damage | undefined
}

const NAMES = new Map<number, string>(Object.entries(RecordType).map(([name, type]) => [type, name]))

/** What a record is called: `messageAdded`. */
export const recordName = (type: number): string => NAMES.get(type) ?? `type ${type}`

/** What somebody does along with a verification. */
export interface Look {
  /** Each record that verifies. */
  record?: Visit
  /** Behind each segment: the next one is read when it resolves. */
  segment?(): Promise<void>
}

/**
 * Walks every record of every segment and changes nothing; for `tandemmq store check`. Unlike recovery it reads the
 * segments before the newest snapshot too. Run it on a directory that no broker is using.
 */
export async function verifyJournal(files: Files, directory: string, look: Look = {}): Promise<Verification> {
  const bases = await listSegments(files, directory)
  const reader = new ChainReader()
  const counts = new Map<string, number>()
  const gaps: { from: Lsn; to: Lsn }[] = []
  const total = { bytes: 0, records: 0 }
  let previous: SegmentResult | undefined
  let damage: Damage | undefined
  for (const base of bases) {
    if (previous !== undefined && base > previous.end) gaps.push({ from: previous.end, to: base })
    const adjacent = previous?.damage === undefined && base === previous?.end ? previous.chain : undefined
    const file = await files.open(segmentPath(directory, base))
    try {
      const count: Visit = (block, view, offset, at) => {
        const name = recordName(block[offset + 8] ?? 0)
        counts.set(name, (counts.get(name) ?? 0) + 1)
        total.records++
        look.record?.(block, view, offset, at)
      }
      const result = await verifySegment(reader, file, base, adjacent, bases.at(-1) === base, count)
      await look.segment?.()
      damage ??= result.damage
      total.bytes += result.size
      previous = result
    } finally {
      await file.close()
    }
  }
  return { segments: bases.length, ...total, counts, gaps, damage }
}

/** Pieces in which a segment is read beside a broker at work: 64 KiB, so that the event loop never works long on one. */
const PIECE_BYTES = 64 << 10

/**
 * One segment that is whole on disk, while a broker uses it. Nothing can be torn there, so nobody looks what lies behind the
 * first damage: that takes long, and all at once. Rejects when it cannot be read.
 */
export async function verifySealed(
  files: Files,
  directory: string,
  { base, end }: SegmentInfo,
): Promise<Damage | undefined> {
  const file = await files.open(segmentPath(directory, base))
  try {
    const size = await file.size()
    const header = Buffer.alloc(SEGMENT_RECORD_BYTES)
    await file.read(header, 0, header.length, 0)
    const said = readSegmentHeader(header, new DataView(header.buffer, header.byteOffset, header.length), 0)
    const place = { file: segmentName(base), kind: 'corrupt' } as const
    if (said?.base !== base) return { ...place, offset: 0, what: 'it does not begin with its SEGMENT record' }
    const reader = new ChainReader(undefined, PIECE_BYTES)
    const { offset } = await reader.follow(file, new Segment(base), size, said.seed, () => {})
    if (offset < size) return { ...place, offset, what: 'the record does not verify' }
    return base + size < end ? { ...place, offset, what: `the file ends ${end - base - size} bytes early` } : undefined
  } finally {
    await file.close()
  }
}

interface SegmentResult {
  readonly size: number
  readonly end: Lsn
  readonly chain: number
  readonly damage: Damage | undefined
}

async function verifySegment(
  reader: ChainReader,
  file: JournalFile,
  base: Lsn,
  adjacent: number | undefined,
  lastSegment: boolean,
  count: Visit,
): Promise<SegmentResult> {
  const size = await file.size()
  const header = Buffer.alloc(SEGMENT_RECORD_BYTES)
  await file.read(header, 0, header.length, 0)
  const said = readSegmentHeader(header, new DataView(header.buffer, header.byteOffset, header.length), 0)
  const seed = adjacent ?? said?.seed ?? 0
  const place = { file: segmentName(base), kind: 'corrupt' } as const
  const end = await reader.follow(file, new Segment(base), size, seed, count)
  let damage: Damage | undefined
  if (lastSegment && end.offset >= SEGMENT_RECORD_BYTES && (await isBlankFrom(file, end.offset, size)))
    return { size: end.offset, end: toLsn(base + end.offset), chain: end.chain, damage }
  if (end.offset < size || size === 0) damage = await describe(file, base, end.offset, size, end.chain, lastSegment)
  else if (said === undefined) damage = { ...place, offset: 0, what: 'it does not begin with a SEGMENT record' }
  else if (said.base !== base) damage = { ...place, offset: 0, what: 'its SEGMENT record names another position' }
  return { size, end: toLsn(base + size), chain: end.chain, damage }
}

/** Only zeros written ahead of the end follow (preallocation.ts). */
async function isBlankFrom(file: JournalFile, offset: number, size: number): Promise<boolean> {
  if (offset >= size) return false
  const rest = Buffer.allocUnsafeSlow(size - offset)
  return (await file.read(rest, 0, rest.length, offset)) === rest.length && isBlank(rest)
}

async function describe(
  file: JournalFile,
  base: Lsn,
  offset: number,
  size: number,
  chain: number,
  lastSegment: boolean,
): Promise<Damage> {
  const rest = Buffer.allocUnsafeSlow(size - offset)
  const got = await file.read(rest, 0, rest.length, offset)
  if (got < rest.length) throw new TandemError('JOURNAL_IO', `${segmentName(base)} became shorter while it was read`)
  const behind = lookBehind(rest, offset, chain)
  const torn = judgeDamage({ ...behind, lastSegment, belowCommitted: false, lenient: false }) === 'cut'
  const what = torn ? `an unfinished write of ${rest.length} bytes` : 'the record does not verify'
  return { file: segmentName(base), offset, what, kind: torn ? 'torn' : 'corrupt' }
}
