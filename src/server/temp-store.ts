import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { TempPlace, TempPort } from '../broker/broker.ts'

/** Bytes of one file; a file is deleted when nothing in it is wanted any more. */
const fileBytesMax = 32 * 1024 * 1024
/** Our own files; whatever else lies in the directory is not touched. */
const OURS = /^topic-backlog-\d+\.tmp$/

interface TempFile {
  readonly path: string
  readonly handle: Promise<FileHandle>
  bytes: number
  /** Blocks in it that are wanted. */
  live: number
}

/**
 * Files for what waits for slow topic subscribers (semantics T-03, LC-07). They are made when the first block comes, and
 * nothing in them outlives the broker: what an earlier one left is deleted before.
 */
export class TempStore implements TempPort {
  writing = 0
  readonly #directory: string
  readonly #log: Log
  readonly #files = new Map<number, TempFile>()
  #current = 0
  #ready: Promise<unknown> | null = null
  #closed = false
  #bytes = 0

  constructor(directory: string, log: Log) {
    this.#directory = directory
    this.#log = log
  }

  get bytes(): number {
    return this.#bytes
  }

  async write(block: Buffer): Promise<TempPlace> {
    if (this.#closed) throw new Error('the broker stops')
    let file = this.#files.get(this.#current)
    if (file === undefined || file.bytes + block.length > fileBytesMax) file = this.#startFile()
    const number = this.#current
    const place = { file: number, at: file.bytes, length: block.length }
    file.bytes += block.length
    file.live++
    this.#bytes += block.length
    this.writing += block.length
    try {
      const handle = await this.#opened(number, file)
      for (let done = 0; done < block.length;)
        done += (await handle.write(block, done, block.length - done, place.at + done)).bytesWritten
      return place
    } catch (error) {
      this.free(place)
      throw error
    } finally {
      this.writing -= block.length
    }
  }

  /** A file that cannot be opened is forgotten: the next block tries another. */
  async #opened(number: number, file: TempFile): Promise<FileHandle> {
    try {
      return await file.handle
    } catch (error) {
      if (this.#files.delete(number)) this.#bytes -= file.bytes
      this.#ready = null
      throw error
    }
  }

  async read(place: TempPlace, block: Buffer): Promise<void> {
    const file = this.#files.get(place.file)
    if (file === undefined) throw new Error(`file ${place.file} is gone`)
    const handle = await file.handle
    for (let done = 0; done < block.length;) {
      const { bytesRead } = await handle.read(block, done, block.length - done, place.at + done)
      if (bytesRead === 0) throw new Error(`${file.path} ends too early`)
      done += bytesRead
    }
  }

  free({ file: number }: TempPlace): void {
    const file = this.#files.get(number)
    if (file === undefined) return
    file.live--
    if (file.live > 0 || (number === this.#current && file.bytes < fileBytesMax / 2)) return
    this.#files.delete(number)
    this.#bytes -= file.bytes
    void this.#remove(file)
  }

  async close(): Promise<void> {
    this.#closed = true
    const files = [...this.#files.values()]
    this.#files.clear()
    await Promise.all(files.map(file => this.#remove(file)))
  }

  #startFile(): TempFile {
    // An earlier file that nothing is wanted of any more is only deleted now: it was the current one.
    const spent = this.#files.get(this.#current)
    if (spent?.live === 0) {
      this.#files.delete(this.#current)
      this.#bytes -= spent.bytes
      void this.#remove(spent)
    }
    this.#ready ??= this.#prepare()
    const path = join(this.#directory, `topic-backlog-${++this.#current}.tmp`)
    const handle = this.#ready.then(() => open(path, 'w+', 0o600))
    handle.catch(() => {}) // whoever writes to it is told
    const file = { path, handle, bytes: 0, live: 0 }
    this.#files.set(this.#current, file)
    return file
  }

  async #prepare(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
  }

  async #remove({ path, handle }: TempFile): Promise<void> {
    try {
      await (await handle).close()
      await rm(path, { force: true })
    } catch (error) {
      this.#log.debug(`${path}: ${messageOf(error)}`)
    }
  }
}

/** Deletes what an earlier broker left behind. */
export async function clearTempDirectory(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  await Promise.all(names.filter(name => OURS.test(name)).map(name => rm(join(directory, name), { force: true })))
}
