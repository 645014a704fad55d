import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Lsn } from '../base/lsn.ts'
import { verifySealed, type Files, type JournalWriter, type SegmentInfo } from '../journal/journal.ts'

/** ms between two segments: 8 MiB/s with segments of 32 MiB. */
export const scrubStepMs = 4000
/** ms from the end of one pass to the start of the next: a day. */
const restMs = 86_400_000
/** What to do about damage, with a twin and without. */
const HINT =
  'With a twin: let it lead, move this data directory aside and start: this node gets a whole copy. Alone: stop the ' +
  'broker, and "tandemmq store salvage DIRECTORY --to FILE" exports what is still whole.'

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
  readonly #log: Log
  #next = 0
  #verified = 0
  #restsUntil = 0
  #busy = false
  /** Said once each. */
  readonly #told = new Set<string>()

  /** `files` must not create what is asked for and absent: segments are removed at any time. */
  constructor(files: Files, store: Scrubbed, log: Log) {
    this.#files = files
    this.#store = store
    this.#log = log
  }

  /** Verifies the next segment; `now`: ms, monotonic. Never rejects. */
  async step(now: number): Promise<void> {
    if (this.#busy || now < this.#restsUntil) return
    this.#busy = true
    try {
      const segment = this.#sealed().find(({ base }) => base >= this.#next)
      if (segment === undefined) return this.#rest(now)
      // It may be sealed in memory only, while the disk is slow or full; once this resolves it is whole on disk.
      await this.#store.opened.journal.sync()
      await this.#verify(segment)
      this.#next = segment.end
    } catch (error) {
      this.#log.debug(`scrub: ${messageOf(error)}`) // the journal has ended; others say why
    } finally {
      this.#busy = false
    }
  }

  #sealed(): readonly SegmentInfo[] {
    return this.#store.opened.journal.segments.slice(0, -1)
  }

  #rest(now: number): void {
    if (this.#verified > 0)
      this.#log.info(`${this.#verified} sealed segments of the journal were read, and verify`, {
        code: 'STORE_VERIFIED',
      })
    this.#next = 0
    this.#verified = 0
    this.#restsUntil = now + restMs
  }

  async #verify(segment: SegmentInfo): Promise<void> {
    const { base } = segment
    const found = await this.#look(segment)
    if (found === null) this.#verified++
    // What was being cut off or removed just now is no damage: only what is still there, and still wrong, is.
    else if (this.#isThere(base) && (await this.#look(segment)) !== null && this.#isThere(base)) this.#tell(found)
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

  #tell(text: string): void {
    if (this.#told.has(text)) return
    this.#told.add(text)
    this.#log.error(`${text}; messages in it may be damaged`, { code: 'JOURNAL_CORRUPT', hint: HINT })
  }
}
