import type { Clock } from '../base/clock.ts'
import type { Line } from './log-format.ts'

/** Lines of one kind that are written within a window, at most; further ones are counted (management C-18). */
const linesMax = 10
/** ms of a window, from the first line of its kind. */
const windowMs = 60_000
/** Kinds that are told apart at once, at most: addresses are the clients' to choose. */
const kindsMax = 1000

interface Window {
  lines: number
  last: Line | null
  cancel: () => void
}

/** Which lines are written, and which are the same thing again. */
export class Folds {
  readonly #clock: Clock
  readonly #tell: (last: Line, times: number) => void
  readonly #windows = new Map<string, Window>()

  /** `tell`: a window ended in which lines were only counted. */
  constructor(clock: Clock, tell: (last: Line, times: number) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** A line without a code was asked for as it is (a logging plugin, a trace): it is never folded. */
  admits(line: Line): boolean {
    const { code } = line.about
    if (code === undefined) return true
    const kind = this.#kindOf(line)
    let window = this.#windows.get(kind)
    if (window === undefined) {
      window = { lines: 0, last: null, cancel: this.#clock.after(windowMs, () => this.#close(kind)) }
      this.#windows.set(kind, window)
    }
    if (++window.lines <= linesMax) return true
    window.last = line
    return false
  }

  end(): void {
    for (const kind of this.#windows.keys()) this.#close(kind)
  }

  #close(kind: string): void {
    const window = this.#windows.get(kind)
    if (window === undefined) return
    this.#windows.delete(kind)
    window.cancel()
    if (window.last !== null) this.#tell(window.last, window.lines - linesMax)
  }

  /** About a client: what happened and from which host, as every connection has a port of its own. Else: what is said. */
  #kindOf({ level, text, about: { code, remote, connector } }: Line): string {
    const host = remote?.replace(/:\d+$/, '')
    const kind = `${level} ${code} ${connector ?? ''} ${host ?? text}`
    return this.#windows.has(kind) || this.#windows.size < kindsMax ? kind : `${level} ${code}`
  }
}
