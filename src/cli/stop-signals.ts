import type { Log } from '../base/log.ts'
import type { RunningBroker } from '../server/server.ts'
import type { StopSignal, Terminal } from './cli.ts'
import type { Supervisor } from './systemd.ts'

/** ms within which a second signal is an echo of the first. */
const oneWishMs = 300

/** How a broker in the foreground ends by signals: the first one asks, the second one does not (management D-05). */
export class StopSignals {
  running: RunningBroker | null = null
  /** A stop before anything is served: nothing has changed, so the process just ends. */
  readonly beforeReady: Promise<'stopped'>
  readonly #asked = new AbortController()
  readonly #log: Log
  #again: (code: number) => void = () => {}
  #askedAt = 0

  constructor(terminal: Terminal, log: Log, supervisor: Supervisor) {
    this.#log = log
    this.beforeReady = new Promise(resolve => {
      terminal.onStop(signal => {
        if (this.#asked.signal.aborted) return this.#second(signal ?? 'SIGTERM')
        this.#askedAt = performance.now()
        const text = this.running === null ? 'stopping' : 'stopping: answering what was read from clients'
        log.info(text, { code: 'NODE_STOPPING' })
        supervisor.notify('STOPPING=1')
        this.#asked.abort()
        if (this.running === null) resolve('stopped')
        else void this.running.stop()
      })
    })
    this.beforeReady.catch(() => {})
  }

  /** Gives up waiting for the lock of the data directory. */
  get signal(): AbortSignal {
    return this.#asked.signal
  }

  #second(signal: StopSignal): void {
    // Ctrl-C reaches a whole group of processes, and whoever started this one may pass it on: that is one wish, not two.
    if (performance.now() - this.#askedAt < oneWishMs) return
    this.#log.warn(`${signal} again: ending at once; everything that was acknowledged is on the disk`, {
      code: 'NODE_STOPPING',
    })
    this.#again(signal === 'SIGINT' ? 130 : 143)
  }

  /** Resolves to an exit code when the broker is not waited for any more: a second signal, or a stop that takes too long. */
  forced(stopTimeoutMs: number): Promise<number> {
    return new Promise(resolve => {
      this.#again = resolve
      const begin = (): void => {
        setTimeout(() => {
          this.#log.error(`the stop took longer than ${stopTimeoutMs} ms: ending at once`, { code: 'NODE_STOPPING' })
          resolve(1)
        }, stopTimeoutMs).unref()
      }
      if (this.signal.aborted) begin()
      else this.signal.addEventListener('abort', begin, { once: true })
    })
  }
}
