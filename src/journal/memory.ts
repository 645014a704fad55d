import type { Files, JournalFile } from './files.ts'

const CHUNK_BYTES = 256 * 1024

/** A file in memory: chunks, so that growing copies nothing and a truncated or removed file gives its memory back. */
class MemoryFile implements JournalFile {
  readonly #chunks: Buffer[] = []
  #size = 0

  size(): Promise<number> {
    return Promise.resolve(this.#size)
  }

  write(block: Buffer, from: number, to: number, position: number): Promise<void> {
    for (let at = from; at < to;) {
      const place = position + at - from
      const offset = place % CHUNK_BYTES
      const length = Math.min(to - at, CHUNK_BYTES - offset)
      block.copy(this.#chunk(Math.floor(place / CHUNK_BYTES)), offset, at, at + length)
      at += length
    }
    this.#size = Math.max(this.#size, position + to - from)
    return Promise.resolve()
  }

  read(block: Buffer, from: number, to: number, position: number): Promise<number> {
    const length = Math.max(0, Math.min(to - from, this.#size - position))
    for (let done = 0; done < length;) {
      const offset = (position + done) % CHUNK_BYTES
      const part = Math.min(length - done, CHUNK_BYTES - offset)
      this.#chunk(Math.floor((position + done) / CHUNK_BYTES)).copy(block, from + done, offset, offset + part)
      done += part
    }
    return Promise.resolve(length)
  }

  sync(): Promise<void> {
    return Promise.resolve()
  }

  truncate(size: number): Promise<void> {
    if (size < this.#size) {
      this.#chunks.length = Math.ceil(size / CHUNK_BYTES)
      // What grows again behind the cut must read as zeros.
      if (size % CHUNK_BYTES > 0) this.#chunks.at(-1)?.fill(0, size % CHUNK_BYTES)
    }
    this.#size = size
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #chunk(index: number): Buffer {
    while (this.#chunks.length <= index) this.#chunks.push(Buffer.alloc(CHUNK_BYTES))
    return this.#chunks[index] as Buffer
  }
}

/** Files that live as long as this object: for persistent="false" and for tests. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, MemoryFile>()

  list(directory: string): Promise<string[]> {
    const prefix = `${directory}/`
    const below = [...this.#files.keys()].filter(path => path.startsWith(prefix))
    return Promise.resolve([...new Set(below.map(path => path.slice(prefix.length).split('/')[0] as string))])
  }

  open(path: string): Promise<JournalFile> {
    const file = this.#files.get(path) ?? new MemoryFile()
    this.#files.set(path, file)
    return Promise.resolve(file)
  }

  rename(from: string, to: string): Promise<void> {
    const file = this.#files.get(from)
    if (file === undefined) return Promise.reject(new Error(`no such file: ${from}`))
    this.#files.delete(from)
    this.#files.set(to, file)
    return Promise.resolve()
  }

  remove(path: string): Promise<void> {
    return this.#files.delete(path) ? Promise.resolve() : Promise.reject(new Error(`no such file: ${path}`))
  }

  syncDirectory(): Promise<void> {
    return Promise.resolve()
  }
}
