import type { Files, JournalFile } from '../../src/journal/files.ts'
import { Inode, Names, type Loss } from './platter.ts'

export type Operation =
  | 'list'
  | 'open'
  | 'rename'
  | 'remove'
  | 'syncDirectory'
  | 'size'
  | 'write'
  | 'read'
  | 'sync'
  | 'truncate'
  | 'close'

/**
 * Called before each operation. Throw to make it fail, await to hold it up; a number makes a write stop after that many
 * bytes with ENOSPC.
 */
export type Before = (operation: Operation, path: string) => void | number | Promise<void | number>

export class DiskFull extends Error {
  readonly code = 'ENOSPC'
}

/** Files in memory with an error switch for each operation, which forget what was not synced when the power goes. */
export class FaultyFiles implements Files {
  before: Before = () => undefined
  /** Offer writes that are their own sync, as a disk with O_DSYNC does. */
  readonly durableWrites: boolean
  /** A full disk takes whole sectors, as a file system does. */
  takesSectors = false
  /** Durable writes for which the caller stood still. */
  inlineWrites = 0
  readonly counts: Map<Operation, number> = new Map<Operation, number>()
  #names = new Names()

  constructor(durableWrites = false) {
    this.durableWrites = durableWrites
  }

  /**
   * The power goes: what is left, as other files, so that programs of before can do no more harm. `prefix`: of each
   * file's unsynced writes the first ones survive, the last of these in part. `sectors`: any of their sectors, and any
   * length that the file had. What was created, renamed or removed in a directory and not synced there took place or did
   * not, each by itself. When `random` is always 0, nothing survives that was not synced.
   */
  crash(random: () => number, loss: Loss): FaultyFiles {
    const left = new FaultyFiles(this.durableWrites)
    const survivors = new Map<Inode, Buffer>()
    for (const [path, inode] of this.#names.survivors(random)) {
      const bytes = survivors.get(inode) ?? inode.survivor(random, loss)
      survivors.set(inode, bytes)
      left.replace(path, bytes)
    }
    return left
  }

  /** The same files under a process that was just started: everything written is there, synced or not. */
  kill(): FaultyFiles {
    const left = new FaultyFiles(this.durableWrites)
    left.#names = this.#names.copy()
    return left
  }

  /** The bytes of a file as programs see them. */
  bytesOf(path: string): Buffer {
    const inode = this.#names.now.get(path)
    if (inode === undefined) throw new Error(`no such file: ${path}`)
    return inode.bytes
  }

  /** Replaces a file's bytes, as damage at rest would: durably, and unseen. */
  replace(path: string, bytes: Buffer): void {
    const inode = this.#names.now.get(path) ?? new Inode()
    inode.bytes = bytes
    inode.sync()
    this.#names.now.set(path, inode)
    this.#names.durable.set(path, inode)
  }

  names(): string[] {
    return [...this.#names.now.keys()].sort()
  }

  async list(directory: string): Promise<string[]> {
    await this.#enter('list', directory)
    const prefix = `${directory}/`
    const below = [...this.#names.now.keys()].filter(path => path.startsWith(prefix))
    return [...new Set(below.map(path => path.slice(prefix.length).split('/')[0] as string))]
  }

  async open(path: string): Promise<JournalFile> {
    await this.#enter('open', path)
    let inode = this.#names.now.get(path)
    if (inode === undefined) {
      inode = new Inode()
      this.#names.change([path, inode])
    }
    return this.#file(path, inode)
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#enter('rename', from)
    const inode = this.#names.now.get(from)
    if (inode === undefined) throw new Error(`no such file: ${from}`)
    this.#names.change([from, null], [to, inode])
  }

  async remove(path: string): Promise<void> {
    await this.#enter('remove', path)
    if (!this.#names.now.has(path)) throw new Error(`no such file: ${path}`)
    this.#names.change([path, null])
  }

  async syncDirectory(directory: string): Promise<void> {
    await this.#enter('syncDirectory', directory)
    this.#names.sync(directory)
  }

  async #enter(operation: Operation, path: string): Promise<void | number> {
    return this.#entered(operation, path)
  }

  #entered(operation: Operation, path: string): void | number | Promise<void | number> {
    this.counts.set(operation, (this.counts.get(operation) ?? 0) + 1)
    return this.before(operation, path)
  }

  #file(path: string, inode: Inode): JournalFile {
    const file = this.#plainFile(path, inode)
    if (!this.durableWrites) return file
    return {
      ...file,
      writeDurably: (block, from, to, position, done) => {
        const written = async (): Promise<void> => {
          await file.write(block, from, to, position)
          await this.#enter('sync', path)
          inode.syncLast()
        }
        // outside of the promise: what `done` throws is not the disk's
        written().then(
          () => setImmediate(done, null),
          (error: Error) => setImmediate(done, error),
        )
      },
      writeDurablySync: (block, from, to, position) => {
        this.#writeInline(path, inode, { position, bytes: Buffer.from(block.subarray(from, to)) })
        if (this.#entered('sync', path) instanceof Promise) throw new Error('what stands still cannot be held up')
        inode.syncLast()
        this.inlineWrites++
      },
    }
  }

  #taken(position: number, bytes: Buffer, written: number): Buffer {
    if (!this.takesSectors) return bytes.subarray(0, written)
    return bytes.subarray(0, Math.max(0, written - ((position + written) % 512)))
  }

  #writeInline(path: string, inode: Inode, { position, bytes }: { position: number; bytes: Buffer }): void {
    const written = this.#entered('write', path)
    if (written instanceof Promise) throw new Error('what stands still cannot be held up')
    if (typeof written !== 'number') return inode.change({ position, bytes })
    inode.change({ position, bytes: this.#taken(position, bytes, written) })
    throw new DiskFull('ENOSPC: no space left on device, write')
  }

  #plainFile(path: string, inode: Inode): JournalFile {
    return {
      size: async () => {
        await this.#enter('size', path)
        return inode.bytes.length
      },
      write: async (block, from, to, position) => {
        const bytes = Buffer.from(block.subarray(from, to))
        const written = await this.#enter('write', path)
        if (!bytes.equals(block.subarray(from, to))) throw new Error('the block was changed while it was being written')
        if (typeof written !== 'number') return inode.change({ position, bytes })
        inode.change({ position, bytes: this.#taken(position, bytes, written) })
        throw new DiskFull('ENOSPC: no space left on device, write')
      },
      read: async (block, from, to, position) => {
        await this.#enter('read', path)
        return inode.bytes.copy(block, from, position, position + to - from)
      },
      sync: async () => {
        await this.#enter('sync', path)
        inode.sync()
      },
      truncate: async size => {
        await this.#enter('truncate', path)
        inode.change({ size })
      },
      close: async () => {
        await this.#enter('close', path)
      },
    }
  }
}
