import { Kept, type Topic, type TopicMemory } from '../destination/destination.ts'

/** Where a block of a backlog lies. */
export interface TempPlace {
  readonly file: number
  readonly at: number
  readonly length: number
}

/** Room on disk for what waits for slow topic subscribers; nothing in it outlives the broker (semantics T-03, L-03). */
export interface TempPort {
  /** Bytes of disk in use. */
  readonly bytes: number
  /** Bytes that are on their way to the disk and still in memory. */
  readonly writing: number
  write(block: Buffer): Promise<TempPlace>
  read(place: TempPlace): Promise<Buffer>
  free(place: TempPlace): void
}

/** What a backlog needs of its broker. */
export interface BacklogPort {
  /** Null: everything stays in memory (semantics CU-03, CU-04). */
  readonly temp: TempPort | null
  readonly memory: TopicMemory
  /** Bytes in memory above which the newer part of a backlog goes to disk. */
  readonly spillAbove: number
  /** The first message can be read again, after `first` answered null. */
  arrived(): void
  /** Memory came back, or the disk did not take a block. */
  freed(): void
  failed(error: unknown, lost: number): void
}

/** Bytes of messages that go to disk, and come back, together. */
const segmentBytes = 256 * 1024
/** The same while memory is short: many slow subscribers must not fill it with parts too small to spill. */
const shortSegmentBytes = 16 * 1024

/** Messages in memory, oldest first. */
class Loaded {
  kept: Kept[]
  head = 0
  bytes = 0

  constructor(kept: Kept[] = []) {
    this.kept = kept
    for (const one of kept) this.bytes += one.cost
  }

  get size(): number {
    return this.kept.length - this.head
  }
}

/** Messages on disk, or on their way there. */
class Spilled {
  /** Distinct topics, by the number that stands before each record. */
  readonly topics: Topic[] = []
  size: number
  readonly persistent: boolean
  /** The oldest so many were evicted while they lay there. */
  evicted = 0
  /** Still in memory: the write is not complete. */
  kept: Kept[] | null
  place: TempPlace | null = null
  reading = false
  /** Nobody wants it any more: its place is freed when it is written. */
  dropped = false

  constructor(kept: Kept[]) {
    this.kept = kept
    this.size = kept.length
    this.persistent = kept.some(one => one.persistent)
  }

  encode(): Buffer {
    const kept = this.kept!
    const block = Buffer.allocUnsafe(kept.reduce((sum, { bytes }) => sum + 2 + bytes.length, 0))
    let at = 0
    for (const { bytes, topic } of kept) {
      let index = this.topics.lastIndexOf(topic)
      if (index < 0) index = this.topics.push(topic) - 1
      at = block.writeUInt16LE(index, at)
      at += bytes.copy(block, at)
    }
    return block
  }

  decode(block: Buffer): Kept[] {
    const kept: Kept[] = []
    for (let at = 0; at < block.length;) {
      const topic = this.topics[block.readUInt16LE(at)]!
      const length = block.readUInt32LE(at + 6)
      kept.push(new Kept(block.subarray(at + 2, at + 2 + length), topic))
      at += 2 + length
    }
    return kept
  }
}

/**
 * What waits for one topic subscription, in publish order. The oldest part is in memory; when memory is short the rest
 * goes to disk in blocks, and comes back one by one (semantics T-03).
 *
 *   first, shift ◄─ loaded │ spilled │ spilled │ … │ loaded ◄─ push
 */
export class Backlog {
  size = 0
  readonly #port: BacklogPort
  readonly #discard: (kept: Kept) => void
  #segments: (Loaded | Spilled)[] = []

  /** `discard` takes what was evicted. */
  constructor(port: BacklogPort, discard: (kept: Kept) => void) {
    this.#port = port
    this.#discard = discard
  }

  push(kept: Kept): void {
    kept.hold()
    let last = this.#segments.at(-1)
    const max = this.#short ? shortSegmentBytes : segmentBytes
    if (!(last instanceof Loaded) || last.bytes >= max) {
      if (last instanceof Loaded && this.#short && this.#segments.length > 1) this.#spill(last)
      this.#segments.push((last = new Loaded()))
    }
    last.kept.push(kept)
    last.bytes += kept.cost
    this.size++
  }

  get #short(): boolean {
    return this.#port.temp !== null && this.#port.memory.bytes >= this.#port.spillAbove
  }

  /** The oldest; null when nothing waits, or when it is being read. */
  first(): Kept | null {
    const first = this.#segments[0]
    if (first instanceof Loaded) return first.kept[first.head] ?? null
    if (first !== undefined) this.#load(first)
    const loaded = this.#segments[0]
    return loaded instanceof Loaded ? (loaded.kept[loaded.head] ?? null) : null
  }

  /** Takes what `first` answered. */
  shift(): void {
    const first = this.#segments[0] as Loaded
    const kept = first.kept[first.head]!
    first.head++
    first.bytes -= kept.cost
    this.size--
    kept.release()
    if (first.head === first.kept.length) this.#segments.shift()
    else if (first.head > 64 && first.head * 2 > first.kept.length) {
      first.kept = first.kept.slice(first.head)
      first.head = 0
    }
  }

  /** Discards the oldest, wherever it lies. */
  evictOldest(): void {
    const [first] = this.#segments
    if (first === undefined) return
    if (first instanceof Loaded) {
      const kept = first.kept[first.head]!
      this.shift()
      return this.#discard(kept)
    }
    first.evicted++
    first.size--
    this.size--
    if (first.size > 0) return
    this.#segments.shift()
    // What must be a dead letter is read for that.
    if (first.persistent && first.kept === null) return this.#load(first)
    for (const kept of first.kept ?? []) this.#discard(kept)
    this.#drop(first)
  }

  /** Everything, oldest first; only of a backlog that is in memory. */
  all(): Kept[] {
    return this.#segments.flatMap(segment => (segment instanceof Loaded ? segment.kept.slice(segment.head) : []))
  }

  /** Takes these out, wherever they stand. */
  remove(going: readonly Kept[]): void {
    const gone = new Set(going)
    const left = this.all().filter(kept => !gone.has(kept))
    for (const kept of going) kept.release()
    this.size = left.length
    this.#segments = left.length > 0 ? [new Loaded(left)] : []
  }

  /** Takes the oldest in memory that has expired; null when there is none. */
  takeExpired(now: number): Kept | null {
    for (const segment of this.#segments) {
      if (!(segment instanceof Loaded)) continue
      for (let i = segment.head; i < segment.kept.length; i++) {
        const kept = segment.kept[i]!
        const { expires } = kept
        if (expires === 0 || expires > now) continue
        segment.kept.splice(i, 1)
        segment.bytes -= kept.cost
        this.size--
        kept.release()
        if (segment.size === 0) this.#segments = this.#segments.filter(one => one !== segment)
        return kept
      }
    }
    return null
  }

  /** Everything is forgotten. */
  close(): void {
    for (const segment of this.#segments) {
      if (segment instanceof Spilled) this.#drop(segment)
      else for (let i = segment.head; i < segment.kept.length; i++) segment.kept[i]!.release()
    }
    this.#segments = []
    this.size = 0
  }

  #drop(segment: Spilled): void {
    segment.dropped = true
    this.#release(segment)
    if (segment.place !== null) this.#port.temp?.free(segment.place)
    segment.place = null
  }

  #release(segment: Spilled): void {
    for (const kept of segment.kept ?? []) kept.release()
    segment.kept = null
  }

  #spill(loaded: Loaded): void {
    const temp = this.#port.temp!
    const segment = new Spilled(loaded.head === 0 ? loaded.kept : loaded.kept.slice(loaded.head))
    this.#segments[this.#segments.length - 1] = segment
    temp.write(segment.encode()).then(
      place => {
        if (segment.dropped) return temp.free(place)
        segment.place = place
        this.#release(segment)
        this.#port.freed()
      },
      (error: unknown) => {
        // It stays in memory, which then holds back the senders.
        if (!segment.dropped) this.#port.failed(error, 0)
      },
    )
  }

  /** Brings the first segment back: at once when it is still in memory. */
  #load(segment: Spilled): void {
    if (segment.kept !== null) {
      const { kept } = segment
      segment.kept = null
      segment.dropped = true
      return this.#loaded(segment, kept)
    }
    if (segment.reading || segment.place === null) return
    segment.reading = true
    // One behind the other: what was evicted dies in its order.
    this.#reads = this.#reads.then(() => this.#read(segment))
  }
  #reads: Promise<void> = Promise.resolve()

  async #read(segment: Spilled): Promise<void> {
    if (segment.place === null) return
    try {
      const block = await this.#port.temp!.read(segment.place)
      if (segment.dropped) return
      this.#drop(segment)
      const kept = segment.decode(block)
      for (const one of kept) one.hold()
      this.#loaded(segment, kept)
    } catch (error) {
      if (segment.dropped) return
      this.#drop(segment)
      this.size -= segment.size
      this.#segments = this.#segments.filter(one => one !== segment)
      this.#port.failed(error, segment.evicted + segment.size)
    }
    this.#port.arrived()
  }

  /** The first segment is in memory: what was evicted there goes, the rest is served. */
  #loaded(segment: Spilled, kept: Kept[]): void {
    const going = kept.slice(0, segment.evicted)
    const rest = kept.slice(segment.evicted)
    if (this.#segments[0] !== segment) for (const one of rest) one.release()
    else if (rest.length > 0) this.#segments[0] = new Loaded(rest)
    else this.#segments.shift()
    for (const one of going) {
      one.release()
      this.#discard(one)
    }
  }
}
