import { once } from 'node:events'
import { createWriteStream, renameSync, rmSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Terminal } from './cli.ts'

/** Lines to a file, which gets its name when it is whole, or to stdout. */
export class Sink {
  readonly #terminal: Terminal
  readonly #file: string | null
  readonly #out: Writable | null
  readonly #written: Promise<void> | null
  #failure: Error | null = null

  constructor(terminal: Terminal, file: string | null) {
    this.#terminal = terminal
    this.#file = file
    if (file === null) {
      this.#out = this.#written = null
      return
    }
    // What is in messages is nobody else's business: not even in a file that somebody else has made beforehand.
    rmSync(`${file}.part`, { force: true })
    const onDisk = createWriteStream(`${file}.part`, { flags: 'wx', mode: 0o600, flush: true })
    this.#written = finished(onDisk)
    this.#written.catch((error: Error) => (this.#failure = error))
    if (!file.endsWith('.gz')) this.#out = onDisk
    else {
      this.#out = createGzip()
      this.#out.pipe(onDisk)
    }
  }

  async line(value: object): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    // Some readers take these for the end of a line.
    const escaped = JSON.stringify(value).replace(/[\u2028\u2029]/g, one => (one === '\u2028' ? '\\u2028' : '\\u2029'))
    const line = `${escaped}\n`
    if (this.#out === null) {
      this.#terminal.out(line)
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain')
    } else if (!this.#out.write(line)) await Promise.race([once(this.#out, 'drain'), this.#written])
  }

  async end(): Promise<void> {
    this.#out?.end()
    await this.#written
    if (this.#file !== null) renameSync(`${this.#file}.part`, this.#file)
  }

  /** Nothing half is left behind. */
  giveUp(): void {
    this.#out?.destroy()
    if (this.#file !== null) rmSync(`${this.#file}.part`, { force: true })
  }
}
