import type { Lsn } from '../base/lsn.ts'
import type { Peeked } from '../journal/journal.ts'
import type { PairLink } from '../pair/pair.ts'

/** The journal as shipping sees it. */
export interface ShippedJournal {
  readonly committed: Lsn
  /** How many bytes from `at` lie in one piece of memory, `max` at most; 0: none. */
  shipFrom(at: Lsn, max: number, into: Peeked): number
  /** Reads bytes that were written, up to `to`; answers how many. */
  readRange(from: Lsn, to: Lsn, into: Buffer): Promise<number>
}

/** Bytes in one `data` frame, at most: small enough that a beat is never far behind. */
const frameBytesMax = 256 * 1024
/** Bytes the socket may hold back before shipping waits (replication D4). */
const backlogBytesMax = 1024 * 1024

/** Sends the journal over one link, in order: from memory while it is there, else from the files. */
export class Shipper {
  readonly #journal: ShippedJournal
  readonly #link: PairLink
  readonly #session: string
  readonly #epoch: number
  readonly #failed: (error: unknown) => void
  readonly #peeked: Peeked
  #at: Lsn
  #to: Lsn
  #page: Buffer | null = null
  #reading = false
  #ended = false

  constructor(
    journal: ShippedJournal,
    link: PairLink,
    at: { readonly session: string; readonly epoch: number; readonly from: Lsn },
    failed: (error: unknown) => void,
  ) {
    this.#journal = journal
    this.#link = link
    this.#session = at.session
    this.#epoch = at.epoch
    this.#at = at.from
    this.#to = at.from
    this.#failed = failed
    const empty = Buffer.alloc(0)
    this.#peeked = { block: empty, view: new DataView(empty.buffer), offset: 0 }
  }

  /** Is this the attachment it ships for? */
  serves(session: string): boolean {
    return this.#session === session
  }

  shipTo(to: Lsn): void {
    if (to > this.#to) this.#to = to
    this.pump()
  }

  end(): void {
    this.#ended = true
  }

  /** Sends what the socket takes; called again when it is drained. */
  pump(): void {
    while (!this.#ended && !this.#reading && this.#at < this.#to && this.#link.queued < backlogBytesMax) {
      const max = Math.min(frameBytesMax, this.#to - this.#at)
      const bytes = this.#journal.shipFrom(this.#at, max, this.#peeked)
      if (bytes === 0) return this.#read(max)
      this.#send(this.#peeked.block, this.#peeked.offset, bytes)
    }
  }

  #read(max: number): void {
    this.#reading = true
    this.#page ??= Buffer.allocUnsafeSlow(frameBytesMax)
    const page = this.#page
    this.#journal.readRange(this.#at, (this.#at + max) as Lsn, page).then(
      bytes => {
        this.#reading = false
        if (this.#ended) return
        if (bytes === 0) return this.#failed(new Error(`position ${this.#at} is not in the journal any more`))
        this.#send(page, 0, bytes)
        this.pump()
      },
      (error: unknown) => {
        this.#reading = false
        if (!this.#ended) this.#failed(error)
      },
    )
  }

  #send(block: Buffer, offset: number, bytes: number): void {
    const commit = this.#journal.committed
    const frame = { type: 'data', session: this.#session, epoch: this.#epoch, lsn: this.#at, bytes, commit } as const
    this.#link.send(frame, block, offset, offset + bytes)
    this.#at = (this.#at + bytes) as Lsn
  }
}
