import { call } from '../cli/terminal.ts'
import { Life, type Exit } from '../crash/broker-process.ts'

/** `tandemmq start …` within this process, for a node that is not killed: its start takes a tenth. */
export class Inside extends Life {
  readonly pid: number = process.pid
  readonly exited: Promise<Exit>
  running = true
  #stop: () => void = () => undefined

  constructor(args: readonly string[]) {
    super()
    const heard = (text: string): void => {
      this.stderr += text
      this.wake()
    }
    const ended = call([...args, '-Dtandemmq.pair.handoverOnStop=false'], '/', {
      env: { TANDEMMQ_LOG: 'pretty' },
      err: heard,
      onStop: stop => (this.#stop = stop),
    })
    this.exited = ended.then(({ code }) => {
      this.running = false
      this.wake()
      return { code, signal: null }
    })
  }

  stop(): void {
    this.#stop()
  }

  /** No process, no kill: an orderly stop, in which nothing is handed over. */
  async kill(): Promise<void> {
    this.#stop()
    await this.exited
  }
}
