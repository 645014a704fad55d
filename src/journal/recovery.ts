import { TandemError } from '../base/errors.ts'
import { lsn as toLsn, type Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import type { JournalEpoch, SegmentInfo } from './appender.ts'
import { ChainReader, type ChainEnd, type Visit } from './chain.ts'
import { finishCut } from './cut.ts'
import type { Files, JournalFile } from './files.ts'
import { ioError } from './io-error.ts'
import { RECORD_HEADER, RecordType, SEGMENT_RECORD_BYTES } from './record.ts'
import { listSegments, readSegmentHeader, Segment, segmentName, segmentPath, type SegmentHeader } from './segment.ts'
import { isBlank } from './preallocation.ts'
import { judgeDamage, lookBehind } from './tail-damage.ts'
import type { JournalStart } from './options.ts'

export interface RecoveryOptions {
  readonly directory: string
  /** Where the newest snapshot ends; 0 without one. Records from here on are visited. */
  readonly from: Lsn
  /** Known to have been committed (the highest snapshot position seen): the journal may not end before it. */
  readonly committed: Lsn
  /**
   * From here on a follower wrote batches whose parts were not synced in the active's order (`honourBarriers` off), so bad
   * records at or behind it are a torn tail whatever lies behind them. Null or absent: nowhere.
   */
  readonly lenientFrom?: Lsn | null
  /** The activations before `from`, as the snapshot knows them. */
  readonly epochs?: readonly JournalEpoch[]
  readonly log: Log
  /** Told as the journal is read: bytes so far, and bytes in all. */
  readonly onProgress?: (done: number, total: number) => void
}

/** Where the journal ends, and so where the writer goes on. */
export interface Recovered extends JournalStart {
  /** Epoch of the last record; 0 for an empty journal. */
  readonly epoch: number
  readonly epochUid: Buffer
  readonly epochs: readonly JournalEpoch[]
  /** Records visited. */
  readonly records: number
  /** Bytes of a torn tail that were cut off. */
  readonly truncatedBytes: number
}

/** A refusal: nothing was touched. `offset` counts from the start of the file. */
export function corrupt(base: Lsn, offset: number, what: string): TandemError {
  const place = `${segmentName(base)} at byte ${offset}`
  return new TandemError('JOURNAL_CORRUPT', `${place}: ${what}`, {
    hint: 'The files were left as they are. "tandemmq store salvage DIRECTORY --to FILE" reads what is still whole.',
  })
}

/**
 * Reads the journal from the segment that holds `from`, verifies the chain and calls `visit` for each record at or
 * behind `from`, in order. Cuts a torn tail, and syncs what is left: nothing is durable only because it could be read
 * (A7). An interrupted cut is finished first (A5). Rejects JOURNAL_CORRUPT without having changed anything, JOURNAL_IO when the disk fails.
 */
export async function recover(files: Files, options: RecoveryOptions, visit: Visit): Promise<Recovered> {
  try {
    await finishCut(files, options.directory, options.log)
    return await new Recovery(files, options, visit).run()
  } catch (cause) {
    if (cause instanceof TandemError) throw cause
    throw ioError(`the journal in ${options.directory} cannot be read`, cause)
  }
}

class Recovery {
  readonly #files: Files
  readonly #options: RecoveryOptions
  readonly #visit: Visit
  readonly #reader: ChainReader
  readonly #segments: SegmentInfo[] = []
  #end: Lsn
  #chain = 0
  #epoch = 0
  #epochUid: Buffer = Buffer.alloc(16)
  readonly #epochs: JournalEpoch[]
  #records = 0
  #truncatedBytes = 0
  #blank: { readonly base: Lsn; readonly offset: number } | undefined
  #cut: { readonly base: Lsn; readonly offset: number; readonly bytes: number } | undefined
  /** Bytes read, and bytes to read. */
  #read = 0
  #total = 0
  /** `from` was met as a record boundary. */
  #met = false

  constructor(files: Files, options: RecoveryOptions, visit: Visit) {
    this.#files = files
    this.#options = options
    this.#visit = visit
    this.#reader = new ChainReader(bytes => {
      this.#read += bytes
      options.onProgress?.(this.#read, this.#total)
    })
    this.#end = toLsn(0)
    this.#epochs = [...(options.epochs ?? [])]
  }

  async run(): Promise<Recovered> {
    const { directory, from } = this.#options
    const bases = await listSegments(this.#files, directory)
    let first = bases.findLastIndex(base => base <= from)
    if (first < 0 && bases.length > 0)
      throw corrupt(bases[0] as Lsn, 0, `the journal begins here, but ${from} is needed`)
    // A last segment without its first record cannot say what seeds it: the one before can.
    if (first > 0 && first === bases.length - 1 && !(await this.#begun(bases[first] as Lsn))) first--
    await this.#listSpent(bases, first)
    for (const base of bases.slice(Math.max(first, 0))) this.#total += await this.#open(base, file => file.size())
    for (let i = Math.max(first, 0); i < bases.length; i++) await this.#segment(bases, i, i === first)
    if (this.#end < this.#options.committed || (!this.#met && this.#end !== from)) throw this.#tooShort(bases)
    await this.#repair()
    return {
      segments: this.#segments,
      end: this.#end,
      chain: this.#chain,
      epoch: this.#epoch,
      epochUid: this.#epochUid,
      epochs: this.#epochs,
      records: this.#records,
      truncatedBytes: this.#truncatedBytes,
    }
  }

  #tooShort(bases: readonly Lsn[]): TandemError {
    const last = bases.at(-1)
    const wanted = Math.max(this.#options.committed, this.#options.from)
    if (last === undefined) {
      const text = `${this.#options.directory} holds a snapshot up to ${wanted}, but no journal`
      return new TandemError('JOURNAL_CORRUPT', text)
    }
    return corrupt(last, this.#end - last, `the journal ends here, but it was committed up to ${wanted}`)
  }

  /** Segments before the first one that is read: only their sizes matter. Gaps are those of removed segments. */
  async #listSpent(bases: readonly Lsn[], first: number): Promise<void> {
    for (const base of bases.slice(0, Math.max(first, 0))) {
      const size = await this.#open(base, file => file.size())
      this.#segments.push({ base, end: toLsn(base + size) })
    }
  }

  async #segment(bases: Lsn[], index: number, isFirst: boolean): Promise<void> {
    const base = bases[index] as Lsn
    if (!isFirst && base !== this.#end) {
      const text =
        base > this.#end ? 'the journal continues at a later position: a segment is missing' : 'segments overlap'
      throw corrupt(this.#segments.at(-1)?.base ?? base, this.#end - (this.#segments.at(-1)?.base ?? base), text)
    }
    await this.#open(base, async file => {
      const size = await file.size()
      const seed = isFirst ? await readSeed(file, base) : this.#chain
      const segment = new Segment(base)
      const end = await this.#reader.follow(file, segment, size, seed, (block, view, offset, at) => {
        this.#record(block, view, offset, at, segment, seed)
      })
      this.#chain = end.chain
      this.#end = toLsn(base + end.offset)
      if (end.offset < size || size === 0) await this.#damaged(file, base, size, end, index === bases.length - 1)
      else this.#segments.push({ base, end: this.#end })
    })
  }

  #record(block: Buffer, view: DataView, offset: number, at: Lsn, segment: Segment, seed: number): void {
    const type = block[offset + 8]
    if (at === segment.base) {
      const header = readSegmentHeader(block, view, offset)
      if (header === undefined) throw corrupt(at, 0, 'not a segment of this format')
      if (header.base !== at || header.seed !== seed)
        throw corrupt(at, 0, 'the segment belongs to another place or history')
      this.#epochUid = header.epochUid
    } else if (type === RecordType.epoch) {
      this.#epochUid = Buffer.from(block.subarray(offset + RECORD_HEADER, offset + RECORD_HEADER + 16))
    }
    this.#epoch = view.getUint32(offset + 12, true)
    const { from } = this.#options
    if (at < from) return
    if (type === RecordType.epoch) {
      this.#epochs.push({ n: this.#epoch, uid: this.#epochUid.toString('hex'), start: at })
    }
    if (!this.#met) {
      if (at !== from) throw corrupt(segment.base, from - segment.base, 'the snapshot ends inside a record')
      this.#met = true
    }
    this.#records++
    this.#visit(block, view, offset, at)
  }

  /** The chain ended before the file did. */
  async #damaged(file: JournalFile, base: Lsn, size: number, end: ChainEnd, lastSegment: boolean): Promise<void> {
    const { offset } = end
    const rest = Buffer.allocUnsafeSlow(size - offset)
    for (let at = 0; at < rest.length;) {
      const got = await file.read(rest, at, rest.length, offset + at)
      if (got === 0) throw new Error('the file became shorter while it was read')
      at += got
    }
    if (lastSegment && offset >= SEGMENT_RECORD_BYTES && isBlank(rest)) {
      // Zeros written ahead of the end: no write was interrupted.
      this.#blank = { base, offset }
      this.#segments.push({ base, end: this.#end })
      return
    }
    const behind = lookBehind(rest, offset, end.chain)
    const belowCommitted = base + offset < Math.max(this.#options.committed, this.#options.from)
    const lenient = base + offset >= (this.#options.lenientFrom ?? Infinity)
    if (judgeDamage({ ...behind, lastSegment, belowCommitted, lenient }) === 'refuse') {
      const found = behind.intactBehind
        ? `intact records follow at byte ${offset + behind.at}`
        : 'no intact record follows'
      throw corrupt(base, offset, `the record does not verify, and this is not the journal's end (${found})`)
    }
    this.#cut = { base, offset, bytes: rest.length }
    if (offset > 0) this.#segments.push({ base, end: this.#end })
    else if (this.#segments.length === 0 && base > 0)
      throw corrupt(base, 0, 'the journal begins here, with a bad record')
  }

  async #begun(base: Lsn): Promise<boolean> {
    return (await this.#open(base, readHeader)) !== undefined
  }

  /** The only part that changes anything: cuts the torn tail, and syncs the end of the journal. */
  async #repair(): Promise<void> {
    const cut = this.#cut
    const { directory, log } = this.#options
    if (cut !== undefined) {
      const { base, offset, bytes } = cut
      this.#truncatedBytes = bytes
      if (this.#files.isReadOnly) return
      if (offset === 0) await this.#files.remove(segmentPath(directory, base))
      else await this.#open(base, file => file.truncate(offset))
      log.warn(
        `journal: ${segmentName(base)}: cut ${bytes} bytes at byte ${offset}, a write that a crash left unfinished`,
        { code: 'STORE_TAIL_CUT' },
      )
    }
    const blank = this.#blank
    if (blank !== undefined) await this.#open(blank.base, file => file.truncate(blank.offset))
    const last = this.#segments.at(-1)
    if (last !== undefined) await this.#open(last.base, file => file.sync())
    await this.#files.syncDirectory(directory)
  }

  async #open<T>(base: Lsn, work: (file: JournalFile) => Promise<T>): Promise<T> {
    const file = await this.#files.open(segmentPath(this.#options.directory, base))
    try {
      return await work(file)
    } finally {
      await file.close()
    }
  }
}

/** The first segment that is read carries the seed of its own chain; the journal's very first one is seeded with 0. */
async function readSeed(file: JournalFile, base: Lsn): Promise<number> {
  return base === 0 ? 0 : ((await readHeader(file))?.seed ?? 0)
}

async function readHeader(file: JournalFile): Promise<SegmentHeader | undefined> {
  const header = Buffer.alloc(SEGMENT_RECORD_BYTES)
  const got = await file.read(header, 0, header.length, 0)
  if (got < header.length) return undefined
  return readSegmentHeader(header, new DataView(header.buffer, header.byteOffset, header.length), 0)
}
