import type { Terminal } from './cli.ts'

/** A verb that was asked to stop: it finishes what is on its way, and says with which code it ends (management TX-09). */
export class Interrupt {
  readonly #controller = new AbortController()
  #code = 130

  constructor({ onStop }: Terminal) {
    onStop(name => {
      if (!this.asked) this.#code = name === 'SIGTERM' ? 143 : 130
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
