/** ms between two looks. */
const EVERY = 500

/** A line on stderr that is written over and over, where somebody sees it: on a terminal, unless `--quiet`. */
export class Progress {
  readonly #timer: NodeJS.Timeout | null
  #shown = false

  constructor(err: (text: string) => void, line: () => string, wanted: boolean) {
    this.#timer =
      wanted && process.stderr.isTTY
        ? setInterval(() => {
            this.#shown = true
            err(`\r\x1b[K${line()}`)
          }, EVERY)
        : null
    this.#timer?.unref()
    this.#err = err
  }
  readonly #err: (text: string) => void

  /** Takes the line away. */
  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    if (this.#shown) this.#err('\r\x1b[K')
    this.#shown = false
  }
}

/** `12 345 678`: digits by threes. */
export const grouped = (number: number): string => String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, ' ')

/** The last line of producer and consumer. Times in ms. */
export interface Pace {
  readonly messages: number
  readonly bytes: number
  readonly ms: number
  readonly p50: number | null
  readonly p99: number | null
}

export function paceText({ messages, bytes, ms, p50, p99 }: Pace): string {
  const seconds = Math.max(ms, 1) / 1000
  const times = p50 === null || p99 === null ? '' : `, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`
  const rates = `${(messages / seconds).toFixed(0)} msg/s, ${(bytes / seconds / 1e6).toFixed(2)} MB/s`
  return `${messages} messages in ${seconds.toFixed(3)} s: ${rates}${times}`
}

export function paceJson({ messages, bytes, ms, p50, p99 }: Pace): object {
  const seconds = Math.max(ms, 1) / 1000
  const round = (value: number): number => Math.round(value * 1000) / 1000
  return {
    bytes,
    seconds: round(seconds),
    messagesPerSecond: round(messages / seconds),
    megabytesPerSecond: round(bytes / seconds / 1e6),
    p50Ms: p50 === null ? null : round(p50),
    p99Ms: p99 === null ? null : round(p99),
  }
}
