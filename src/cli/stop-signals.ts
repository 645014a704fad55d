import type { Log } from '../base/log.ts'
import type { RunningBroker } from '../server/server.ts'
import type { StopSignal, Terminal } from './cli.ts'
import { notifySystemd } from './systemd.ts'

/** How a broker in the foreground ends by signals: the first one asks, the second one does not (management D-05). */
export class StopSignals {
  running: RunningBroker | null = null
  /** A stop before anything is served: nothing has changed, so the process just ends. */
  readonly beforeReady: Promise<'stopped'>
  readonly #asked = new AbortController()
  readonly #log: Log
  #again: (code: number) => void = () => {}

  constructor(terminal: Terminal, log: Log) {
    this.#log = log
    this.beforeReady = new Promise(resolve => {
      terminal.onStop(signal => {
        if (this.#asked.signal.aborted) return this.#second(signal ?? 'SIGTERM')
        const text = this.running === null ? 'stopping' : 'stopping: answering what was read from clients'
        log.info(text, { code: 'NODE_STOPPING' })
        void notifySystemd(terminal.env, 'STOPPING=1')
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
