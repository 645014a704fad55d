import type { Lsn, MessageKey } from '../base/lsn.ts'

/** What dispatch knows of a message; volatile, never journaled. Zero is how every message starts after a recovery. */
export const Mark = { waiting: 0, dispatched: 1, removed: 2 } as const

/** In `redelivered`: the count in the low seven bits, and above them whether a restart remembers that it was handed over. */
const COUNT_MAX = 127
const REMEMBERED = 128

const CHUNK_MAX = 4096
const CHUNK_MIN = 32

/**
 * A run of messages in queue order: 14 bytes a message, in typed arrays.
 * `positions`, `expires` and `redelivered` exist only where a message of the chunk needs them.
 */
export class Chunk {
  readonly capacity: number
  readonly keys: Float64Array
  readonly sizes: Uint32Array
  /** Low four bits: priority. High four bits: traits of the record (persistent, text …). */
  readonly kinds: Uint8Array
  readonly marks: Uint8Array
  /** Where the record lies now; null while every message still lies at its key. */
  positions: Float64Array | null = null
  expires: Float64Array | null = null
  redelivered: Uint8Array | null = null
  count = 0
  live = 0
  next: Chunk | null = null
  /** The snapshot that is being written from this chunk's arrays; it gets a copy before they change. */
  frozen: FrozenChunk | null = null

  constructor(capacity: number) {
    this.capacity = capacity
    this.keys = new Float64Array(capacity)
    this.sizes = new Uint32Array(capacity)
    this.kinds = new Uint8Array(capacity)
    this.marks = new Uint8Array(capacity)
  }

  position(slot: number): Lsn {
    return (this.positions === null ? this.keys[slot]! : this.positions[slot]!) as Lsn
  }

  expiresAt(slot: number): number {
    return this.expires === null ? 0 : this.expires[slot]!
  }

  redeliveries(slot: number): number {
    return this.redelivered === null ? 0 : this.redelivered[slot]! & COUNT_MAX
  }

  /** It was handed over, and that outlives a restart (semantics R-08). */
  remembered(slot: number): boolean {
    return this.redelivered !== null && (this.redelivered[slot]! & REMEMBERED) !== 0
  }

  /** Call before changing what a snapshot reads: removed marks, positions, redelivery counts. */
  thaw(): void {
    if (this.frozen === null) return
    this.frozen.detach(this)
    this.frozen = null
  }
}

/** What a snapshot sees of a chunk: its first `count` messages as they were. Shares the arrays until they change. */
export class FrozenChunk {
  readonly count: number
  readonly keys: Float64Array
  sizes: Uint32Array
  readonly kinds: Uint8Array
  marks: Uint8Array
  positions: Float64Array | null
  readonly expires: Float64Array | null
  redelivered: Uint8Array | null

  constructor(chunk: Chunk) {
    this.count = chunk.count
    this.keys = chunk.keys
    this.sizes = chunk.sizes
    this.kinds = chunk.kinds
    this.marks = chunk.marks
    this.positions = chunk.positions
    this.expires = chunk.expires
    this.redelivered = chunk.redelivered
  }

  detach(chunk: Chunk): void {
    this.marks = chunk.marks.slice(0, this.count)
    this.sizes = chunk.sizes.slice(0, this.count)
    this.positions = chunk.positions?.slice(0, this.count) ?? null
    this.redelivered = chunk.redelivered?.slice(0, this.count) ?? null
  }
}

/**
 * The messages of one queue, in queue order, which is the order of their keys (replication I17).
 * Adding is always at the end; finding is a binary search, helped by a memory of the last hit, because
 * acknowledgements come nearly in order.
 */
export class MessageIndex {
  /** Live messages. */
  live = 0
  /** Bytes of their records. */
  bytes = 0
  first: Chunk | null = null
  last: Chunk | null = null
  /** Where the last `find` ended; valid after it answered true. */
  foundChunk: Chunk | null = null
  foundSlot = 0
  /** True once a message with an expiry was added: only then is a sweep worth its time. */
  hasExpiring = false
  /** In order: for the binary search. */
  #chunks: Chunk[] = []

  /** Adds behind everything else. `key` must exceed all earlier keys. */
  add(key: MessageKey, size: number, kind: number, expires: number): void {
    let chunk = this.last
    if (chunk === null || chunk.count === chunk.capacity) chunk = this.#grow()
    const slot = chunk.count++
    chunk.keys[slot] = key
    chunk.sizes[slot] = size
    chunk.kinds[slot] = kind
    chunk.marks[slot] = Mark.waiting
    if (chunk.positions !== null) chunk.positions[slot] = key
    if (expires !== 0) {
      chunk.expires ??= new Float64Array(chunk.capacity)
      chunk.expires[slot] = expires
      this.hasExpiring = true
    }
    chunk.live++
    this.live++
    this.bytes += size
  }

  /** Finds a live message; then `foundChunk` and `foundSlot` say where. */
  find(key: MessageKey): boolean {
    const hint = this.foundChunk
    if (hint !== null) {
      const next = this.foundSlot + 1
      if (next < hint.count && hint.keys[next] === key) {
        this.foundSlot = next
        return hint.marks[next] !== Mark.removed
      }
    }
    const chunk = this.#chunkOf(key)
    if (chunk === null) return false
    const keys = chunk.keys
    let low = 0
    let high = chunk.count - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const at = keys[middle]!
      if (at === key) {
        this.foundChunk = chunk
        this.foundSlot = middle
        return chunk.marks[middle] !== Mark.removed
      }
      if (at < key) low = middle + 1
      else high = middle - 1
    }
    return false
  }

  /** Removes what `find` found. */
  removeFound(): void {
    const chunk = this.foundChunk!
    const slot = this.foundSlot
    chunk.thaw()
    chunk.marks[slot] = Mark.removed
    chunk.live--
    this.live--
    this.bytes -= chunk.sizes[slot]!
    if (chunk.live === 0) this.#drop(chunk)
  }

  /** Records that what `find` found now lies at `position`, in a record of `size` bytes. */
  relocateFound(position: Lsn, size: number): void {
    const chunk = this.foundChunk!
    chunk.thaw()
    this.bytes += size - chunk.sizes[this.foundSlot]!
    chunk.sizes[this.foundSlot] = size
    if (chunk.positions === null) {
      chunk.positions = new Float64Array(chunk.capacity)
      chunk.positions.set(chunk.keys)
    }
    chunk.positions[this.foundSlot] = position
  }

  /** Counts one redelivery of what `find` found. */
  redeliverFound(): void {
    const before = this.foundChunk!.redelivered?.[this.foundSlot] ?? 0
    if ((before & COUNT_MAX) < COUNT_MAX) this.restoreFound(before + 1)
  }

  /** A restart will know that what `find` found was handed over. */
  rememberFound(): void {
    this.restoreFound((this.foundChunk!.redelivered?.[this.foundSlot] ?? 0) | REMEMBERED)
  }

  /** Sets the redelivery byte of what `find` found: a snapshot's, for instance. */
  restoreFound(redelivered: number): void {
    const chunk = this.foundChunk!
    chunk.thaw()
    chunk.redelivered ??= new Uint8Array(chunk.capacity)
    chunk.redelivered[this.foundSlot] = redelivered
  }

  clear(): void {
    this.live = 0
    this.bytes = 0
    this.first = null
    this.last = null
    this.foundChunk = null
    this.hasExpiring = false
    this.#chunks = []
  }

  /** A node begins to lead: who was to be remembered as handed over has lost its consumer, and counts as redelivered. */
  beginEpoch(): void {
    for (let chunk = this.first; chunk !== null; chunk = chunk.next) {
      if (chunk.redelivered === null) continue
      chunk.thaw()
      const bytes = chunk.redelivered
      for (let slot = 0; slot < chunk.count; slot++) {
        const byte = bytes[slot]!
        if (byte & REMEMBERED && (byte & COUNT_MAX) === 0) bytes[slot] = byte | 1
      }
    }
  }

  /** The first chunk with a message behind `key`, or null. */
  chunkBehind(key: number): Chunk | null {
    const chunks = this.#chunks
    let low = 0
    let high = chunks.length
    while (low < high) {
      const middle = (low + high) >> 1
      const chunk = chunks[middle]!
      if (chunk.keys[chunk.count - 1]! > key) high = middle
      else low = middle + 1
    }
    return chunks[low] ?? null
  }

  /** The chunk that holds `key`, or would; null when it lies before, between or behind all of them. */
  #chunkOf(key: number): Chunk | null {
    const chunks = this.#chunks
    let low = 0
    let high = chunks.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const chunk = chunks[middle]!
      if (key < chunk.keys[0]!) high = middle - 1
      else if (key > chunk.keys[chunk.count - 1]!) low = middle + 1
      else return chunk
    }
    return null
  }

  /** A chunk as large as the queue is long: a short queue stays small however much flows through it. */
  #grow(): Chunk {
    const spent = this.last
    const chunk = new Chunk(Math.min(CHUNK_MAX, Math.max(CHUNK_MIN, this.live)))
    if (spent === null) this.first = chunk
    else spent.next = chunk
    this.last = chunk
    this.#chunks.push(chunk)
    if (spent !== null && spent.live === 0) this.#drop(spent)
    return chunk
  }

  /**
   * Forgets a spent chunk, wherever it is: one message that nobody takes must not keep everything that came after it.
   * Its `next` stays, so that a cursor that stands in it finds its way. The last chunk stays until there is another.
   */
  #drop(chunk: Chunk): void {
    if (chunk.next === null) return
    const chunks = this.#chunks
    let low = 0
    let high = chunks.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (chunks[middle]!.keys[0]! < chunk.keys[0]!) low = middle + 1
      else high = middle
    }
    if (low === 0) this.first = chunk.next
    else chunks[low - 1]!.next = chunk.next
    chunks.splice(low, 1)
  }
}
