import { TandemError, messageOf } from '../base/errors.ts'
import { lsn as toLsn, type Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import { plausible, wellFormed } from './candidate.ts'
import { ChainReader } from './chain.ts'
import { checksum } from './checksum.ts'
import { finishCut } from './cut.ts'
import type { Files, JournalFile } from './files.ts'
import { isBlank } from './preallocation.ts'
import { RecordType, SEGMENT_RECORD_BYTES } from './record.ts'
import { findRuns, type Run } from './runs.ts'
import { Segment, listSegments, readSegmentHeader, segmentName, segmentPath } from './segment.ts'
import { judgeDamage, lookBehind } from './tail-damage.ts'

/** A part of the log that cannot be read. */
export interface Hole {
  /** Null: no file holds it. */
  readonly file: string | null
  /** In bytes from the start of the file, or when there is none, of the log. */
  readonly first: number
  /** The last byte of it. */
  readonly last: number
  /** As positions in the log: `to` is the first one behind it. */
  readonly from: Lsn
  readonly to: Lsn
  /** Id of the destination when it is exactly one message, which is gone: nothing else can have been in it. Else null. */
  readonly message: number | null
  /** Nothing is left behind it: the log may have gone on. */
  readonly isEnd: boolean
}

/** Called for each whole record, in order: valid during the call only. `proven`: see Run. */
export type MendVisit = (block: Buffer, view: DataView, offset: number, at: Lsn, proven: boolean) => void

export interface MendOptions {
  readonly directory: string
  /** The journal was committed up to here (the highest position of a snapshot). */
  readonly committed: Lsn
  readonly log: Log
  readonly record: MendVisit
  /** Called between the records that it lies between. What nobody needs any more (removed segments) is a hole too. */
  readonly hole: (hole: Hole) => void
}

export interface Mended {
  readonly segments: number
  readonly bytes: number
  readonly records: number
  /** Bytes of an unfinished last write, which a start cuts off: no damage. */
  readonly torn: number
}

/**
 * Reads every segment of a damaged journal, record by record, and goes on behind each damage at the next record that is whole.
 * Changes nothing. One segment is in memory when it is damaged. Rejects JOURNAL_IO; a segment that the disk refuses to read
 * is an error too, and no hole: copy what can be copied first.
 */
export async function mendJournal(files: Files, options: MendOptions): Promise<Mended> {
  try {
    await finishCut(files, options.directory, options.log)
    return await new Mending(files, options).run()
  } catch (cause) {
    if (cause instanceof TandemError) throw cause
    const text = `the journal in ${options.directory} cannot be read: ${messageOf(cause)}`
    const hint =
      'Copy the directory with a tool that goes on behind sectors which cannot be read (ddrescue), and use the copy.'
    throw new TandemError('JOURNAL_IO', text, { cause, hint })
  }
}

interface Known {
  readonly base: Lsn
  /** What its first record says, if that is whole and at home; else null. */
  readonly seed: number | null
}

class Mending {
  readonly #files: Files
  readonly #options: MendOptions
  readonly #reader = new ChainReader()
  /** Everything below was read, or is a hole. */
  #end: Lsn = toLsn(0)
  /** The crc of the record that ends at `#end`; null: not known. */
  #chain: number | null = 0
  #bytes = 0
  #records = 0
  #torn = 0

  constructor(files: Files, options: MendOptions) {
    this.#files = files
    this.#options = options
  }

  async run(): Promise<Mended> {
    const { directory, committed } = this.#options
    const known: Known[] = []
    for (const base of await listSegments(this.#files, directory)) known.push(await this.#look(base))
    for (const [i, segment] of known.entries()) {
      if (segment.base > this.#end) this.#missing(segment.base, false)
      await this.#segment(segment, known[i + 1] ?? null)
    }
    if (this.#end < committed) this.#missing(committed, true)
    return { segments: known.length, bytes: this.#bytes, records: this.#records, torn: this.#torn }
  }

  #look(base: Lsn): Promise<Known> {
    return this.#open(base, async file => {
      const header = Buffer.alloc(SEGMENT_RECORD_BYTES)
      const got = await file.read(header, 0, header.length, 0)
      const view = new DataView(header.buffer, header.byteOffset, header.length)
      const said = got < header.length ? undefined : readSegmentHeader(header, view, 0)
      const isWhole = said?.base === base && checksum(header, 4, header.length, said.seed) === view.getUint32(0, true)
      return { base, seed: isWhole ? said.seed : null }
    })
  }

  #missing(to: Lsn, isEnd: boolean): void {
    const from = this.#end
    this.#options.hole({ file: null, first: from, last: to - 1, from, to, message: null, isEnd })
    this.#end = to
    this.#chain = null
  }

  #segment({ base, seed: said }: Known, next: Known | null): Promise<void> {
    return this.#open(base, async file => {
      const size = await file.size()
      const limit = next === null ? size : Math.min(size, next.base - base)
      // What the segment says of itself also tells where the one before it ended.
      const seed = said ?? (base === this.#end ? this.#chain : null)
      this.#bytes += limit
      let [offset, chain] = [0, seed]
      if (seed !== null) {
        const end = await this.#reader.follow(file, new Segment(base), limit, seed, (block, view, at, position) => {
          this.#records++
          this.#options.record(block, view, at, position, true)
        })
        offset = end.offset
        chain = end.chain
      }
      this.#end = toLsn(base + offset)
      this.#chain = chain
      if (offset < limit) await this.#damaged(await readRest(file, offset, limit), offset, base, next)
    })
  }

  /** The chain ended before the segment did. */
  async #damaged(rest: Buffer, offset: number, base: Lsn, next: Known | null): Promise<void> {
    const last = next === null
    if (last && offset >= SEGMENT_RECORD_BYTES && isBlank(rest)) return
    const belowCommitted = this.#end < this.#options.committed
    if (last && this.#chain !== null) {
      const behind = lookBehind(rest, offset, this.#chain)
      if (judgeDamage({ ...behind, lastSegment: true, belowCommitted, lenient: false }) === 'cut') {
        this.#torn = rest.length
        return
      }
    }
    const after = next !== null && next.base === base + offset + rest.length ? next.seed : null
    const runs = findRuns(rest, { before: this.#chain, after, last })
    const view = new DataView(rest.buffer, rest.byteOffset, rest.length)
    let at = 0
    for (const run of runs) {
      if (run.at > at) this.#hole(rest, view, at, run.at, offset, base, false)
      this.#run(rest, view, run, toLsn(base + offset))
      at = run.end
    }
    // Zeros behind the last of what was written are no part of the journal.
    const end = last ? contentOf(rest) : rest.length
    const isMissing = at < end || at === 0
    if (isMissing) this.#hole(rest, view, at, end, offset, base, last)
    this.#end = toLsn(base + offset + (isMissing ? rest.length : at))
    this.#chain = after
  }

  #run(rest: Buffer, view: DataView, { at, end, proven }: Run, base: Lsn): void {
    for (let offset = at; offset < end; offset += view.getUint32(offset + 4, true)) {
      this.#records++
      this.#options.record(rest, view, offset, toLsn(base + offset), proven)
    }
  }

  #hole(rest: Buffer, view: DataView, at: number, end: number, offset: number, base: Lsn, isEnd: boolean): void {
    const [from, to] = [toLsn(base + offset + at), toLsn(base + offset + end)]
    const message = isEnd ? null : messageIn(rest, view, at, end)
    this.#options.hole({
      file: segmentName(base),
      first: offset + at,
      last: offset + end - 1,
      from,
      to,
      message,
      isEnd,
    })
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

/** Bytes up to the last that is not zero; all, when every one is. */
function contentOf(bytes: Buffer): number {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  return end === 0 ? bytes.length : end
}

/** Is the hole exactly one message, whose layout is whole? */
function messageIn(rest: Buffer, view: DataView, at: number, end: number): number | null {
  if (!plausible(view, at) || view.getUint32(at + 4, true) !== end - at) return null
  const type = view.getUint8(at + 8)
  const isMessage = type === RecordType.messageAdded || type === RecordType.relocated
  return isMessage && wellFormed(rest, view, at) ? view.getUint32(at + 16, true) : null
}

async function readRest(file: JournalFile, from: number, to: number): Promise<Buffer> {
  const rest = Buffer.allocUnsafeSlow(to - from)
  for (let at = 0; at < rest.length;) {
    const got = await file.read(rest, at, rest.length, from + at)
    if (got === 0) throw new Error('the file became shorter while it was read')
    at += got
  }
  return rest
}
