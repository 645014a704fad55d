import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'

/** ms between two lines about a recovery that takes long. */
const tellEveryMs = 2000

/** How far a recovery is: told every two seconds, with the time that is left at the pace so far (management D-04, C-14). */
export class RecoveryProgress {
  readonly #log: Log
  readonly #clock: Clock
  readonly #tell: (text: string) => void
  readonly #began: number
  #told: number
  /** For whoever asks meanwhile. */
  text = 'Reading the journal.'

  /** `tell` hears the same sentences, for a supervisor that would lose its patience. */
  constructor(log: Log, clock: Clock, tell: (text: string) => void = () => {}) {
    this.#log = log
    this.#clock = clock
    this.#tell = tell
    this.#began = clock.monotonic()
    this.#told = this.#began
  }

  /** So many bytes of the journal were read, of so many. */
  readonly report = (done: number, total: number): void => {
    const now = this.#clock.monotonic()
    if (now - this.#told < tellEveryMs) return
    this.#told = now
    const share = Math.min(1, total === 0 ? 1 : done / total)
    const left = share === 0 ? '' : `, about ${duration(((now - this.#began) * (1 - share)) / share)} left`
    this.text = `recovering: ${Math.floor(share * 100)} % of ${size(total)} of journal read${left}`
    this.#log.info(this.text, { code: 'STORE_RECOVERING', ms: Math.round(now - this.#began) })
    this.#tell(this.text)
  }
}

/** `830 ms`, `12 s`, `4 min`, `2 h`: one number that a person can hold. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}

/** `512 B`, `34 kB`, `1.2 GB`: powers of 1000, as disks are sold. */
export function size(bytes: number): string {
  let value = bytes
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (value < 1000) return `${value < 10 && unit !== 'B' ? value.toFixed(1) : Math.round(value)} ${unit}`
    value /= 1000
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} TB`
}
