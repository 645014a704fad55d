import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf } from '../base/errors.ts'

export interface LogFileOptions {
  readonly path: string
  /** Bytes after which the file is put aside as PATH.1, and what was PATH.1 as PATH.2, and so on. */
  readonly bytesMax: number
  /** Files that are kept beside the one that is written. */
  readonly kept: number
  /** Where lines go that the file does not take, and the sentence that it does not. */
  readonly otherwise: (lines: string) => void
}

/**
 * A log file of bounded size, for those without a journal of the system (management D-02). Lines are handed to the system
 * at once, so a killed process loses none. A file that cannot be written never stops a broker: its lines go elsewhere.
 */
export class LogFile {
  readonly #options: LogFileOptions
  #descriptor: number | null = null
  #bytes = 0
  #failed = false

  /** Throws when the file cannot be opened: at the start somebody is there to read that. */
  constructor(options: LogFileOptions) {
    this.#options = options
    mkdirSync(dirname(options.path), { recursive: true })
    this.#open()
  }

  write(lines: string): void {
    try {
      if (this.#descriptor === null) this.#open()
      const block = Buffer.from(lines)
      if (this.#bytes > 0 && this.#bytes + block.length > this.#options.bytesMax) this.#roll()
      for (let at = 0; at < block.length;) at += writeSync(this.#descriptor ?? -1, block, at)
      this.#bytes += block.length
      this.#failed = false
    } catch (error) {
      this.close()
      const { path, otherwise } = this.#options
      if (!this.#failed) otherwise(`the log file ${path} cannot be written: ${messageOf(error)}; its lines go here\n`)
      this.#failed = true
      otherwise(lines)
    }
  }

  /** Opens the path anew, as a program that moves log files away expects after SIGHUP. */
  reopen(): void {
    this.close()
  }

  close(): void {
    if (this.#descriptor === null) return
    const descriptor = this.#descriptor
    this.#descriptor = null
    closeSync(descriptor)
  }

  #open(): void {
    this.#descriptor = openSync(this.#options.path, 'a', 0o640)
    this.#bytes = fstatSync(this.#descriptor).size
  }

  #roll(): void {
    const { path, kept } = this.#options
    this.close()
    rmSync(`${path}.${kept}`, { force: true })
    for (let number = kept - 1; number >= 0; number--) {
      const from = number === 0 ? path : `${path}.${number}`
      if (statSync(from, { throwIfNoEntry: false }) === undefined) continue
      if (kept === 0) rmSync(from)
      else renameSync(from, `${path}.${number + 1}`)
    }
    if (kept === 0) rmSync(path, { force: true })
    this.#open()
  }
}
