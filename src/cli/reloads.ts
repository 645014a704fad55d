import type { Reading } from '../config/config.ts'
import { systemClock, type RunningBroker } from '../server/server.ts'
import type { Terminal } from './cli.ts'
import { ConfigWatch } from './config-watch.ts'
import type { reload as Reload } from './reload.ts'
import type { StartLog } from './start-log.ts'
import type { Supervisor } from './systemd.ts'

export interface ReloadsOptions {
  /** Null: it is still starting. */
  readonly running: () => RunningBroker | null
  readonly started: Reading
  /** The same files, as they are now. */
  readonly read: () => Promise<Reading>
  readonly startLog: StartLog
  readonly terminal: Terminal
  readonly supervisor: Supervisor
}

/** What only a reload needs is loaded when the broker serves already. */
const reloading = (): Promise<{ reload: typeof Reload }> => import('./reload.ts')

/** SIGHUP and SIGUSR2, and a configuration that is watched. One reload after the other. */
export class Reloads {
  readonly #options: ReloadsOptions
  #last: Promise<void> = Promise.resolve()
  #watch: ConfigWatch | null = null

  constructor(options: ReloadsOptions) {
    this.#options = options
  }

  /** Before it runs there is nothing to reload and little to tell, and it does not die of them. */
  onSignals(): void {
    const { terminal, running, startLog } = this.#options
    const { log } = startLog
    terminal.onSignal?.('SIGHUP', () => {
      if (running() !== null) void this.#reload(', and send SIGHUP again')
      else log.info('SIGHUP: still starting, so everything is read as it is now', { code: 'NODE_STATE' })
    })
    terminal.onSignal?.('SIGUSR2', () => {
      for (const line of running()?.state() ?? ['it is still starting']) log.info(line, { code: 'NODE_STATE' })
    })
  }

  /** It serves. `readAt`: ms since 1970 at which the start began to read its files. */
  async ready(readAt: number): Promise<void> {
    void reloading().catch(() => undefined) // now, and from the same version, whatever is installed over it later
    const { started, startLog } = this.#options
    const { config, context } = started
    // The main file is read first; those that it imports ActiveMQ does not watch either.
    const [file] = context?.texts.keys() ?? []
    if (config === null || config.reloadCheckPeriod === 0 || file === undefined) return
    const changed = (): Promise<void> => this.#reload(': it is read again then')
    const watched = { file, periodMs: config.reloadCheckPeriod, readAt }
    this.#watch = new ConfigWatch({ ...watched, clock: systemClock, log: startLog.log, changed })
    await this.#watch.start()
  }

  /** Nobody looks at the file any more. */
  stop(): void {
    this.#watch?.stop()
  }

  #reload(again: string): Promise<void> {
    const { running, started, read, startLog, supervisor } = this.#options
    this.#last = this.#last.then(async () => {
      const broker = running()
      if (broker === null) return
      supervisor.notify('RELOADING=1')
      await this.#watch?.reading()
      const { reload } = await reloading()
      await reload({ started, read, running: broker, startLog, again })
      supervisor.notify('--ready')
    })
    return this.#last
  }
}
