import { stat } from 'node:fs/promises'
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'

export interface ConfigWatchOptions {
  readonly file: string
  /** ms between two looks, above 0. */
  readonly periodMs: number
  /** ms since 1970 at which the file began to be read: what was changed since then is in force nowhere. */
  readonly readAt: number
  readonly clock: Clock
  readonly log: Log
  /** Reads it again, and takes what can be taken. Never rejects. */
  readonly changed: () => Promise<void>
  /** When the file was changed last, ms since 1970; rejects where that cannot be seen. */
  readonly modifiedAt?: (file: string) => Promise<number>
}

/** A timer takes no longer wait: 24 days. */
const periodMsMax = 2 ** 31 - 1

/**
 * Has the configuration read again when its modification time has grown (semantics RC-01). A change is told once, whatever
 * comes of it: what cannot be used waits for the next one. Files that it imports are read again too, but not looked at.
 */
export class ConfigWatch {
  readonly #options: ConfigWatchOptions
  readonly #modifiedAt: (file: string) => Promise<number>
  readonly #periodMs: number
  /** What was changed until then has been read. */
  #seen = 0
  /** Its modification time cannot be seen, and that was told. */
  #lost = false
  #cancel: (() => void) | null = null
  #stopped = false

  constructor(options: ConfigWatchOptions) {
    this.#options = options
    this.#modifiedAt = options.modifiedAt ?? modifiedAt
    this.#periodMs = Math.min(options.periodMs, periodMsMax)
  }

  /** Looks from now on. */
  async start(): Promise<void> {
    const { file, readAt, log } = this.#options
    const at = await this.#look()
    this.#seen = Math.min(at ?? readAt, readAt)
    const last = new Date(this.#seen).toString()
    log.info(`${file} is read again when it has changed; it is looked at every ${this.#periodMs} ms`, {
      code: 'NODE_WATCHES',
      classic: `Monitoring for updates (every ${this.#periodMs}millis) : ${file}, lastUpdate: ${last}`,
    })
    this.#arm()
  }

  /** Whoever is about to read the file for another reason: what is in it now is no change any more. */
  async reading(): Promise<void> {
    const at = await this.#look()
    if (at !== null) this.#seen = Math.max(this.#seen, at)
  }

  /** Idempotent. */
  stop(): void {
    this.#stopped = true
    this.#cancel?.()
    this.#cancel = null
  }

  #arm(): void {
    if (this.#stopped) return
    this.#cancel = this.#options.clock.after(this.#periodMs, () => void this.#check())
  }

  async #check(): Promise<void> {
    const at = await this.#look()
    if (at !== null && at > this.#seen && !this.#stopped) {
      this.#seen = at
      this.#options.log.info(`${this.#options.file} has changed`, { code: 'NODE_WATCHES' })
      await this.#options.changed()
    }
    this.#arm()
  }

  /** Null: it cannot be seen, as while an editor puts another file in its place. */
  async #look(): Promise<number | null> {
    const { file, log } = this.#options
    try {
      const at = await this.#modifiedAt(file)
      this.#lost = false
      return at
    } catch (error) {
      const about = { code: 'NODE_WATCHES', hint: HINT } as const
      if (!this.#lost) log.warn(`whether ${file} has changed cannot be seen: ${messageOf(error)}`, about)
      this.#lost = true
      return null
    }
  }
}

const HINT = 'What was read last stays in force; the file is read when it is back, and has changed.'

const modifiedAt = async (file: string): Promise<number> => (await stat(file)).mtimeMs
