import type { Terminal } from './cli.ts'

/** A verb that was asked to stop: it finishes what is on its way, and says with which code it ends
 * (management TX-09). Asked twice, it ends at once. */
export class Interrupt {
  readonly #controller = new AbortController()
  #code = 130

  constructor({ onStop }: Terminal) {
    onStop(name => {
      // Whoever says it twice does not want to wait for a broker that may never answer.
      if (this.asked) process.exit(this.#code)
      this.#code = name === 'SIGTERM' ? 143 : 130
      this.#controller.abort()
    })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }
  get asked(): boolean {
    return this.signal.aborted
  }
  /** 130 after Ctrl-C, 143 after SIGTERM. */
  get code(): number {
    return this.#code
  }
}
