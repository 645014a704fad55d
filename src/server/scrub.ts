import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Lsn } from '../base/lsn.ts'
import type { ScrubView } from '../base/scrub-view.ts'
import { verifySealed, type Files, type JournalWriter, type SegmentInfo } from '../journal/journal.ts'

/** ms between two segments: 8 MiB/s with segments of 32 MiB. */
export const scrubStepMs = 4000
/** What to do about damage, with a twin and without. */
const HINT =
  'With a twin: let it lead, move this data directory aside and start: this node gets a whole copy. Alone: stop the ' +
  'broker, and "tandemmq store salvage DIRECTORY --to FILE" exports what is still whole.'

export interface ScrubOptions {
  /** ms from the end of one pass to the start of the next (`-Dtandemmq.scrub`). */
  readonly restMs: number
  /** The wall clock, ms since 1970. */
  now(): number
  readonly log: Log
}

/** The store, as it is now: a base copy or a cut replaces it. */
export interface Scrubbed {
  readonly journalDirectory: string
  readonly opened: { readonly journal: Pick<JournalWriter, 'segments' | 'sync'> }
}

/**
 * Reads what lies on the disk before somebody needs it. A start verifies from the newest snapshot on and a delivery reads one
 * record, which is verified by the one before it: a bit that flips in an older segment would be found by neither (G11).
 * One sealed segment a step, the oldest first, over and over. Changes nothing.
 */
export class Scrub {
  readonly #files: Files
  readonly #store: Scrubbed
  readonly #options: ScrubOptions
  #directory = ''
  #next = 0
  #verified = 0
  #restsUntil = 0
  #busy = false
  #segments = 0
  #bytes = 0
  #lastPassAt: number | null = null
  /** What was wrong with a segment when it was read last. */
  readonly #damaged = new Map<Lsn, string>()

  /** `files` must not create what is asked for and absent: segments are removed at any time. */
  constructor(files: Files, store: Scrubbed, options: ScrubOptions) {
    this.#files = files
    this.#store = store
    this.#options = options
  }

  get view(): ScrubView {
    const damaged = [...this.#damaged].filter(([base]) => this.#isThere(base)).map(([, text]) => text)
    const [segments, bytes, lastPassAt] = [this.#segments, this.#bytes, this.#lastPassAt]
    return { restMs: this.#options.restMs, segments, bytes, lastPassAt, damaged }
  }

  /** Verifies the next segment; `now`: ms, monotonic. Never rejects. */
  async step(now: number): Promise<void> {
    if (this.#busy) return
    this.#follow()
    if (now < this.#restsUntil) return
    this.#busy = true
    try {
      const segment = this.#sealed().find(({ base }) => base >= this.#next)
      if (segment === undefined) return this.#rest(now)
      // It may be sealed in memory only, while the disk is slow or full; once this resolves it is whole on disk.
      await this.#store.opened.journal.sync()
      await this.#verify(segment)
      this.#next = segment.end
    } catch (error) {
      this.#options.log.debug(`scrub: ${messageOf(error)}`) // the journal has ended; others say why
    } finally {
      this.#busy = false
    }
  }

  /** A whole copy from the twin lies in another directory, and what was wrong with the old one is over. */
  #follow(): void {
    const { journalDirectory } = this.#store
    if (journalDirectory === this.#directory) return
    this.#directory = journalDirectory
    this.#damaged.clear()
    this.#next = 0
  }

  #sealed(): readonly SegmentInfo[] {
    return this.#store.opened.journal.segments.slice(0, -1)
  }

  #rest(now: number): void {
    const { log, restMs, now: wall } = this.#options
    if (this.#verified > 0)
      log.info(`${this.#verified} sealed segments of the journal were read, and verify`, { code: 'STORE_VERIFIED' })
    this.#next = 0
    this.#verified = 0
    this.#restsUntil = now + restMs
    this.#lastPassAt = wall()
    for (const base of this.#damaged.keys()) if (!this.#isThere(base)) this.#damaged.delete(base)
  }

  async #verify(segment: SegmentInfo): Promise<void> {
    const { base, end } = segment
    const { journal } = this.#store.opened
    const found = await this.#look(segment)
    if (found === null) {
      this.#verified++
      this.#segments++
      this.#bytes += end - base
      this.#damaged.delete(base)
    }
    // What was being cut off or removed just now is no damage: only what is still there, and still wrong, is.
    else if (this.#isThere(base) && (await this.#look(segment)) !== null && this.#isThere(base)) {
      // A cut or a copy closes the journal before it touches a file: then this rejects.
      await journal.sync()
      if (this.#isThere(base)) this.#tell(base, found)
    }
  }

  #isThere(base: Lsn): boolean {
    return this.#sealed().some(segment => segment.base === base)
  }

  /** What is wrong with a segment; null: nothing. */
  async #look(segment: SegmentInfo): Promise<string | null> {
    try {
      const damage = await verifySealed(this.#files, this.#store.journalDirectory, segment)
      return damage === undefined ? null : `${damage.file} at byte ${damage.offset}: ${damage.what}`
    } catch (error) {
      return `the segment at ${segment.base} cannot be read: ${messageOf(error)}`
    }
  }

  /** Once, as long as it is the same. */
  #tell(base: Lsn, text: string): void {
    if (this.#damaged.get(base) === text) return
    this.#damaged.set(base, text)
    this.#options.log.error(`${text}; messages in it may be damaged`, { code: 'JOURNAL_CORRUPT', hint: HINT })
  }
}

/** What a node tells that reads nothing: it was told so, or there is nothing on a disk. */
export const UNSCRUBBED: ScrubView = { restMs: null, segments: 0, bytes: 0, lastPassAt: null, damaged: [] }
