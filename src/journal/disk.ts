import { closeSync, open as openFile, openSync, write, writeSync } from 'node:fs'
import { constants, copyFile, mkdir, open, readdir, rename, rmdir, unlink, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Files, JournalFile } from './files.ts'

/** Node asks for the position as a safe integer; bytes move in pieces when the system takes fewer than offered. */
class DiskFile implements JournalFile {
  readonly #path: string
  readonly #handle: FileHandle
  /** The same file, opened so that a write is also its sync; at first use. */
  #durable: number | undefined
  #opening: Promise<void> | undefined
  /** Durable writes under way: a descriptor that is closed under one may be another file by then. */
  #writing = 0
  #atRest: (() => void) | undefined
  readonly writeDurably?: NonNullable<JournalFile['writeDurably']>
  readonly writeDurablySync?: NonNullable<JournalFile['writeDurablySync']>

  constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
    if (typeof constants.O_DSYNC !== 'number') return
    this.writeDurably = (block, from, to, position, done) => this.#writeDurably(block, from, to, position, done)
    this.writeDurablySync = (block, from, to, position) => this.#writeDurablySync(block, from, to, position)
  }

  #writeDurably(block: Buffer, from: number, to: number, position: number, done: (error: Error | null) => void): void {
    if (this.#durable === undefined) {
      this.#opening ??= this.#openDurable()
      this.#opening.then(() => this.#writeDurably(block, from, to, position, done), done)
      return
    }
    this.#writing += 1
    write(this.#durable, block, from, to - from, position, (error, written) => {
      if (error !== null) done(error)
      else if (written === to - from) done(null)
      else if (written === 0) done(tookNothing(to - from))
      else this.#writeDurably(block, from + written, to, position + written, done)
      this.#writing -= 1
      if (this.#writing === 0) this.#atRest?.()
    })
  }

  /** Two writes may ask for it; a later one may find possible what one did not. */
  async #openDurable(): Promise<void> {
    const flags = constants.O_WRONLY | constants.O_DSYNC
    try {
      const fd = await new Promise<number>((resolve, reject) =>
        openFile(this.#path, flags, (error, opened) => (error === null ? resolve(opened) : reject(error))),
      )
      if (this.#durable === undefined) this.#durable = fd
      else closeSync(fd)
    } finally {
      this.#opening = undefined
    }
  }

  #writeDurablySync(block: Buffer, from: number, to: number, position: number): void {
    this.#durable ??= openSync(this.#path, constants.O_WRONLY | constants.O_DSYNC)
    for (let at = from; at < to;) {
      const bytesWritten = writeSync(this.#durable, block, at, to - at, position + at - from)
      if (bytesWritten === 0) throw tookNothing(to - at)
      at += bytesWritten
    }
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  write(block: Buffer, from: number, to: number, position: number): Promise<void> {
    return writeAll(this.#handle, block, from, to, position)
  }

  async read(block: Buffer, from: number, to: number, position: number): Promise<number> {
    return (await this.#handle.read(block, from, to - from, position)).bytesRead
  }

  sync(): Promise<void> {
    return this.#handle.datasync()
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size)
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined) // who asked for it was told
    if (this.#writing > 0) await new Promise<void>(resolve => (this.#atRest = resolve))
    if (this.#durable !== undefined) closeSync(this.#durable)
    this.#durable = undefined
    await this.#handle.close()
  }
}

async function writeAll(handle: FileHandle, block: Buffer, from: number, to: number, position: number): Promise<void> {
  for (let at = from; at < to;) {
    const { bytesWritten } = await handle.write(block, at, to - at, position + at - from)
    if (bytesWritten === 0) throw tookNothing(to - at)
    at += bytesWritten
  }
}

const tookNothing = (bytes: number): Error => new Error(`the system wrote 0 of ${bytes} bytes`)

/** The real disk. */
export const diskFiles: Files = {
  async list(directory) {
    const created = await mkdir(directory, { recursive: true })
    if (created !== undefined) await syncParents(created, directory)
    return readdir(directory)
  },
  async open(path, mode = 0o640) {
    return new DiskFile(path, await open(path, constants.O_RDWR | constants.O_CREAT, mode))
  },
  async rename(from, to) {
    try {
      await rename(from, to)
    } catch (error) {
      // An archive on another file system: copied whole and synced, its name too, before the original goes.
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
      await copyFile(from, to)
      await syncPath(to)
      await syncPath(dirname(to))
      await unlink(from)
    }
  },
  remove: unlink,
  removeDirectory: rmdir,
  syncDirectory: syncPath,
}

/** A new directory's name lives in its parent: without this a power cut could take the whole directory. */
async function syncParents(created: string, directory: string): Promise<void> {
  const top = dirname(resolve(created))
  for (let at = dirname(resolve(directory)); at.length >= top.length; at = dirname(at)) {
    await syncPath(at)
    if (at === dirname(at)) return
  }
}

async function syncPath(path: string): Promise<void> {
  // Windows has no fsync for directories, and makes their entries durable by itself.
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * The real disk for who only looks: nothing is created or changed, whatever is asked. What would have to be changed first
 * (an interrupted cut) throws.
 */
export const readOnlyDisk: Files = {
  isReadOnly: true,
  list: directory => readdir(directory),
  open: async path => new ReadOnlyFile(path, await open(path, constants.O_RDONLY)),
  rename: (_, to) => Promise.reject(unfinished(to)),
  remove: path => Promise.reject(unfinished(path)),
  syncDirectory: () => Promise.resolve(),
}

const unfinished = (path: string): Error =>
  new Error(`${path} is part of something that was interrupted; start the broker once, which finishes it`)

/** Recovery cuts a torn tail and syncs the rest; who only looks does neither. */
class ReadOnlyFile extends DiskFile {
  override write(): Promise<void> {
    return Promise.reject(new Error('this file is only read'))
  }
  override sync(): Promise<void> {
    return Promise.resolve()
  }
  override truncate(): Promise<void> {
    return Promise.resolve()
  }
}
