import { createHash } from 'node:crypto'
import { messageOf } from '../base/errors.ts'
import { lsn, type Lsn } from '../base/lsn.ts'
import type { Compared, CopiesFound } from '../base/pair-view.ts'
import { segmentPath, type Files, type Journal } from '../journal/journal.ts'
import type { PairLink, VerifyFrame } from '../pair/pair.ts'
import { PIECE_BYTES, readFully, using } from './whole-files.ts'

/** The journal that is open now, as a comparison reads it. */
export interface HeldJournal {
  readonly files: Files
  /** Where it lies. */
  readonly directory: string
  readonly journal: Pick<Journal, 'segments' | 'committed'> & {
    /** Resolves when everything appended before the call is in the files. */
    sync(): Promise<void>
  }
}

/** What a comparison needs of its node. */
export interface ComparePort {
  /** Throws when no journal is open. */
  held(): HeldJournal
  /** The twin compared, and says what came of it. */
  found(found: CopiesFound): void
  /** Everything that the passive holds from this position on is not what it held before this session. */
  renewed(from: Lsn): void
}

type Sum = VerifyFrame & { readonly type: 'verify-sum' }

/** Bytes that one request may ask for. */
const wantBytesMax = 1 << 20

/**
 * Compares the copies of both nodes over their link (management P-05): each reads its own files, and sums of them travel.
 *
 *     asker ─ verify-want [from, to) ─► twin          for each piece that both committed; where the sums differ,
 *           ◄─ verify-sum sha-256 ────                halves of it, until the first byte is found
 *           ─ verify-found ──────────►
 */
export class Verifying {
  readonly #link: PairLink
  readonly #port: () => ComparePort
  #waiting: { readonly from: Lsn; readonly to: Lsn; readonly answered: (sum: Sum | null) => void } | null = null
  #comparing = false
  #ended = false
  /** The twin's requests are answered one after the other. */
  #answers: Promise<void> = Promise.resolve()

  constructor(link: PairLink, port: () => ComparePort) {
    this.#link = link
    this.#port = port
  }

  frame(frame: VerifyFrame): void {
    if (frame.type === 'verify-want') this.#answers = this.#answers.then(() => this.#answer(frame.from, frame.to))
    else if (frame.type === 'verify-found') {
      const { ok, position, compared } = frame
      this.#port().found({ ok, position, compared })
    } else if (frame.from === this.#waiting?.from && frame.to === this.#waiting.to) this.#settle(frame)
  }

  /** The link is gone. */
  end(): void {
    this.#ended = true
    this.#settle(null)
  }

  /** All that both hold and committed. Answers in a sentence why it cannot; never rejects. One at a time. */
  async compare(): Promise<Compared | string> {
    if (this.#comparing) return 'the two copies are being compared already; wait for that'
    this.#comparing = true
    try {
      const found = await this.#compare()
      const { ok, position, compared } = found
      this.#link.send({ type: 'verify-found', ok, position: lsn(position), compared })
      return found
    } catch (error) {
      return `the comparison was broken off: ${messageOf(error)}`
    } finally {
      this.#comparing = false
    }
  }

  async #compare(): Promise<Compared> {
    const { committed } = await this.#ask(lsn(0), lsn(0))
    const { journal } = this.#port().held()
    const to = Math.min(committed, journal.committed)
    await journal.sync()
    let [compared, unshared] = [0, 0]
    for (const { base, end } of journal.segments.slice()) {
      const last = Math.min(end, to)
      for (let at: number = base; at < last; at += PIECE_BYTES) {
        const upTo = Math.min(last, at + PIECE_BYTES)
        const equal = await this.#isEqual(lsn(at), lsn(upTo))
        if (equal === null) unshared += upTo - at
        else if (equal) compared += upTo - at
        else {
          const position = await this.#firstDifference(at, upTo)
          return { ok: false, position, compared: compared + position - at, unshared }
        }
      }
    }
    return { ok: true, position: to, compared, unshared }
  }

  /** Null: one of them does not hold all of it. */
  async #isEqual(from: Lsn, to: Lsn): Promise<boolean | null> {
    const [own, { sum }] = await Promise.all([sumOf(this.#port().held(), from, to), this.#ask(from, to)])
    return own === null || sum === null ? null : own === sum
  }

  /** In [from, to), which differs. */
  async #firstDifference(from: number, to: number): Promise<number> {
    let [low, high] = [from, to]
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      const equal = await this.#isEqual(lsn(low), lsn(middle))
      if (equal === null) break // freed meanwhile: it is behind `low`
      if (equal) low = middle
      else high = middle
    }
    return low
  }

  async #ask(from: Lsn, to: Lsn): Promise<Sum> {
    const sum = await new Promise<Sum | null>(answered => {
      this.#waiting = { from, to, answered }
      if (this.#ended) this.#settle(null)
      else this.#link.send({ type: 'verify-want', from, to })
    })
    if (sum === null) throw new Error('the connection of the two ended')
    return sum
  }

  #settle(sum: Sum | null): void {
    const waiting = this.#waiting
    this.#waiting = null
    waiting?.answered(sum)
  }

  async #answer(from: Lsn, to: Lsn): Promise<void> {
    if (this.#ended) return
    let committed = lsn(0)
    let sum: string | null = null
    try {
      const held = this.#port().held()
      committed = lsn(held.journal.committed)
      if (from === to) await held.journal.sync()
      else sum = await sumOf(held, from, to)
    } catch {
      // It has no journal now, or cannot read it, of which others make a noise: this answers for nothing.
    }
    this.#link.send({ type: 'verify-sum', from, to, sum, committed })
  }
}

/** SHA-256 of [from, to), hex; null: not all of that is in one segment and committed. */
async function sumOf({ files, directory, journal }: HeldJournal, from: Lsn, to: Lsn): Promise<string | null> {
  const isThere = (): boolean => journal.segments.some(({ base, end }) => base <= from && to <= end)
  const segment = journal.segments.find(({ base, end }) => base <= from && to <= end)
  if (segment === undefined || to > journal.committed || to <= from || to - from > wantBytesMax) return null
  const block = Buffer.allocUnsafeSlow(to - from)
  try {
    await using(files, segmentPath(directory, segment.base), file =>
      readFully(file, block, block.length, from - segment.base),
    )
  } catch (error) {
    // Freed while it was read.
    if (!isThere()) return null
    throw error
  }
  return createHash('sha256').update(block).digest('hex')
}
