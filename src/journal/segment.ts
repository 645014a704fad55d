import { lsn as toLsn, type Lsn } from '../base/lsn.ts'
import type { SegmentInfo } from './appender.ts'
import type { Files } from './files.ts'
import {
  JOURNAL_FORMAT,
  readLsn,
  RECORD_HEADER,
  RecordType,
  SEGMENT_MAGIC,
  SEGMENT_RECORD_BYTES,
  writeLsn,
} from './record.ts'

/** One file of the journal; a record's position in the file is its Lsn minus `base`. */
export class Segment implements SegmentInfo {
  readonly base: Lsn
  end: Lsn

  constructor(base: Lsn, end: Lsn = base) {
    this.base = base
    this.end = end
  }
}

const NAME = /^tandemmq-([0-9a-f]{16})\.journal$/

/** `tandemmq-<base as 16 hex digits>.journal`: sorts like the base, and is no name that KahaDB or AMQ store use. */
export const segmentName = (base: Lsn): string => `tandemmq-${base.toString(16).padStart(16, '0')}.journal`
export const segmentPath = (directory: string, base: Lsn): string => `${directory}/${segmentName(base)}`

/** The bases of the directory's segments, ascending. Files of other names are none of ours. */
export async function listSegments(files: Files, directory: string): Promise<Lsn[]> {
  const bases: Lsn[] = []
  for (const name of await files.list(directory)) {
    const base = Number.parseInt(NAME.exec(name)?.[1] ?? '', 16)
    if (Number.isSafeInteger(base)) bases.push(toLsn(base))
  }
  return bases.sort((a, b) => a - b)
}

/** The segments of a journal, ascending, found by position. They need not be adjacent: spent ones are removed. */
export class Segments {
  readonly list: Segment[]
  #hit: Segment | undefined

  constructor(list: Segment[]) {
    this.list = list
  }

  find(at: Lsn): Segment | undefined {
    const hit = this.#hit
    if (hit !== undefined && at >= hit.base && at < hit.end) return hit
    let low = 0
    let high = this.list.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.list[middle] as Segment).base <= at) low = middle + 1
      else high = middle
    }
    const found = this.list[low - 1]
    if (found === undefined || at >= found.end) return undefined
    this.#hit = found
    return found
  }

  /** The base of the oldest segment from which on they are adjacent; `end` when there is none. */
  contiguousFrom(end: Lsn): Lsn {
    let from = this.list.at(-1)?.base ?? end
    for (let i = this.list.length - 2; i >= 0; i--) {
      const { base, end: behind } = this.list[i] as Segment
      if (behind !== from) break
      from = base
    }
    return from
  }

  remove(segment: Segment): void {
    if (this.#hit === segment) this.#hit = undefined
    this.list.splice(this.list.indexOf(segment), 1)
  }
}

/** What a SEGMENT record says (see record.ts). */
export interface SegmentHeader {
  readonly format: number
  readonly seed: number
  readonly base: Lsn
  readonly epochUid: Buffer
}

const AT = { magic: RECORD_HEADER, format: 24, zero: 26, seed: 28, base: 32, uid: 40 } as const

/** Writes the payload of a SEGMENT record whose header starts at `offset`. */
export function writeSegmentHeader(block: Buffer, view: DataView, offset: number, header: SegmentHeader): void {
  SEGMENT_MAGIC.copy(block, offset + AT.magic)
  view.setUint16(offset + AT.format, header.format, true)
  view.setUint16(offset + AT.zero, 0, true)
  view.setUint32(offset + AT.seed, header.seed, true)
  writeLsn(view, offset + AT.base, header.base)
  header.epochUid.copy(block, offset + AT.uid, 0, 16)
}

/** Reads the SEGMENT record at `offset`; undefined when it is not one that this version writes. */
export function readSegmentHeader(block: Buffer, view: DataView, offset: number): SegmentHeader | undefined {
  if (block.length - offset < SEGMENT_RECORD_BYTES) return undefined
  if (view.getUint32(offset + 4, true) !== SEGMENT_RECORD_BYTES || block[offset + 8] !== RecordType.segment) {
    return undefined
  }
  if (block.compare(SEGMENT_MAGIC, 0, 8, offset + AT.magic, offset + AT.magic + 8) !== 0) return undefined
  const format = view.getUint16(offset + AT.format, true)
  if (format !== JOURNAL_FORMAT) return undefined
  const uid = Buffer.from(block.subarray(offset + AT.uid, offset + AT.uid + 16))
  return { format, seed: view.getUint32(offset + AT.seed, true), base: readLsn(view, offset + AT.base), epochUid: uid }
}
