import { constants, copyFile, mkdir, open, readdir, rename, unlink, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Files, JournalFile } from './files.ts'

/** Node asks for the position as a safe integer; bytes move in pieces when the system takes fewer than offered. */
class DiskFile implements JournalFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  async write(block: Buffer, from: number, to: number, position: number): Promise<void> {
    for (let at = from; at < to;) {
      const { bytesWritten } = await this.#handle.write(block, at, to - at, position + at - from)
      if (bytesWritten === 0) throw new Error(`the system wrote 0 of ${to - at} bytes`)
      at += bytesWritten
    }
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

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** The real disk. */
export const diskFiles: Files = {
  async list(directory) {
    const created = await mkdir(directory, { recursive: true })
    if (created !== undefined) await syncParents(created, directory)
    return readdir(directory)
  },
  async open(path) {
    return new DiskFile(await open(path, constants.O_RDWR | constants.O_CREAT, 0o640))
  },
  async rename(from, to) {
    try {
      await rename(from, to)
    } catch (error) {
      // An archive on another file system: copied whole and synced before the original goes.
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
      await copyFile(from, to)
      await syncPath(to)
      await unlink(from)
    }
  },
  remove: unlink,
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
