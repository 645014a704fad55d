import type { Files, JournalFile } from '../../src/journal/files.ts'

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

type Change = { readonly position: number; readonly bytes: Buffer } | { readonly size: number }

/** A file's content as programs see it, and as the platter has it. */
class Inode {
  bytes: Buffer = Buffer.alloc(0)
  durable: Buffer = Buffer.alloc(0)
  unsynced: Change[] = []

  change(change: Change): void {
    this.bytes = apply(this.bytes, change)
    this.unsynced.push(change)
  }

  copy(): Inode {
    const copy = new Inode()
    copy.bytes = this.bytes
    copy.durable = this.durable
    copy.unsynced = [...this.unsynced]
    return copy
  }

  sync(): void {
    this.durable = this.bytes
    this.unsynced = []
  }

  /** What was written last is on the platter; what was written before it may still be lost. */
  syncLast(): void {
    const last = this.unsynced.pop()
    if (last !== undefined) this.durable = apply(this.durable, last)
  }
}

function apply(bytes: Buffer, change: Change): Buffer {
  const size = 'size' in change ? change.size : Math.max(bytes.length, change.position + change.bytes.length)
  const next = Buffer.alloc(size)
  bytes.copy(next, 0, 0, Math.min(size, bytes.length))
  if ('bytes' in change) change.bytes.copy(next, change.position)
  return next
}

export class DiskFull extends Error {
  readonly code = 'ENOSPC'
}

/** Files in memory with an error switch for each operation, which forget what was not synced when the power goes. */
export class FaultyFiles implements Files {
  before: Before = () => undefined
  /** Offer writes that are their own sync, as a disk with O_DSYNC does. */
  readonly durableWrites: boolean
  /** Durable writes for which the caller stood still. */
  inlineWrites = 0
  readonly counts: Map<Operation, number> = new Map<Operation, number>()
  #names = new Map<string, Inode>()
  #durableNames = new Map<string, Inode>()

  constructor(durableWrites = false) {
    this.durableWrites = durableWrites
  }

  /**
   * The power goes: what is left, as other files, so that programs of before can do no more harm. `prefix`: of each
   * file's unsynced writes the first ones survive, the last of these in part. `sectors`: any of their 512-byte sectors.
   */
  crash(random: () => number, loss: 'prefix' | 'sectors'): FaultyFiles {
    const left = new FaultyFiles(this.durableWrites)
    for (const [path, inode] of this.#durableNames) left.replace(path, survivors(inode, random, loss))
    return left
  }

  /** The same files under a process that was just started: everything written is there, synced or not. */
  kill(): FaultyFiles {
    const left = new FaultyFiles(this.durableWrites)
    for (const [path, inode] of this.#durableNames) left.#durableNames.set(path, inode.copy())
    for (const [path, inode] of this.#names) left.#names.set(path, left.#durableNames.get(path) ?? inode.copy())
    return left
  }

  /** The bytes of a file as programs see them. */
  bytesOf(path: string): Buffer {
    const inode = this.#names.get(path)
    if (inode === undefined) throw new Error(`no such file: ${path}`)
    return inode.bytes
  }

  /** Replaces a file's bytes, as damage at rest would: durably, and unseen. */
  replace(path: string, bytes: Buffer): void {
    const inode = this.#names.get(path) ?? new Inode()
    inode.bytes = bytes
    inode.sync()
    this.#names.set(path, inode)
    this.#durableNames.set(path, inode)
  }

  names(): string[] {
    return [...this.#names.keys()].sort()
  }

  async list(directory: string): Promise<string[]> {
    await this.#enter('list', directory)
    const prefix = `${directory}/`
    const below = [...this.#names.keys()].filter(path => path.startsWith(prefix))
    return [...new Set(below.map(path => path.slice(prefix.length).split('/')[0] as string))]
  }

  async open(path: string): Promise<JournalFile> {
    await this.#enter('open', path)
    const inode = this.#names.get(path) ?? new Inode()
    this.#names.set(path, inode)
    return this.#file(path, inode)
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#enter('rename', from)
    const inode = this.#names.get(from)
    if (inode === undefined) throw new Error(`no such file: ${from}`)
    this.#names.delete(from)
    this.#names.set(to, inode)
  }

  async remove(path: string): Promise<void> {
    await this.#enter('remove', path)
    if (!this.#names.delete(path)) throw new Error(`no such file: ${path}`)
  }

  async syncDirectory(directory: string): Promise<void> {
    await this.#enter('syncDirectory', directory)
    const inside = (path: string): boolean => path.slice(0, path.lastIndexOf('/')) === directory
    for (const path of this.#durableNames.keys()) if (inside(path)) this.#durableNames.delete(path)
    for (const [path, inode] of this.#names) if (inside(path)) this.#durableNames.set(path, inode)
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
      writeDurably: async (...range) => {
        await file.write(...range)
        await this.#enter('sync', path)
        inode.syncLast()
      },
      writeDurablySync: (block, from, to, position) => {
        this.#writeInline(path, inode, { position, bytes: Buffer.from(block.subarray(from, to)) })
        if (this.#entered('sync', path) instanceof Promise) throw new Error('what stands still cannot be held up')
        inode.syncLast()
        this.inlineWrites++
      },
    }
  }

  #writeInline(path: string, inode: Inode, { position, bytes }: { position: number; bytes: Buffer }): void {
    const written = this.#entered('write', path)
    if (written instanceof Promise) throw new Error('what stands still cannot be held up')
    if (typeof written !== 'number') return inode.change({ position, bytes })
    inode.change({ position, bytes: bytes.subarray(0, written) })
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
        inode.change({ position, bytes: bytes.subarray(0, written) })
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

function survivors(inode: Inode, random: () => number, loss: 'prefix' | 'sectors'): Buffer {
  let bytes: Buffer = inode.durable
  if (loss === 'prefix') {
    const kept = Math.floor(random() * (inode.unsynced.length + 1))
    for (const change of inode.unsynced.slice(0, kept)) bytes = apply(bytes, change)
    const torn = inode.unsynced[kept]
    if (torn === undefined || 'size' in torn) return bytes
    return apply(bytes, { position: torn.position, bytes: torn.bytes.subarray(0, random() * torn.bytes.length) })
  }
  // A sector that reached the platter holds all that was written to it until then, so of its changes the first ones.
  const bySector = new Map<number, { position: number; bytes: Buffer }[]>()
  for (const change of inode.unsynced) {
    if ('size' in change) {
      bytes = apply(bytes, change)
      continue
    }
    for (const part of sectorsOf(change.position, change.bytes)) {
      const sector = Math.floor(part.position / 512)
      bySector.set(sector, [...(bySector.get(sector) ?? []), part])
    }
  }
  for (const parts of bySector.values()) {
    const kept = Math.floor(random() * (parts.length + 1))
    for (const part of parts.slice(0, kept)) bytes = apply(bytes, part)
  }
  return bytes
}

function sectorsOf(position: number, bytes: Buffer): { position: number; bytes: Buffer }[] {
  const parts: { position: number; bytes: Buffer }[] = []
  for (let at = 0; at < bytes.length;) {
    const length = Math.min(512 - ((position + at) % 512), bytes.length - at)
    parts.push({ position: position + at, bytes: bytes.subarray(at, at + length) })
    at += length
  }
  return parts
}
