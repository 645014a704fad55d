import type { Delivery, Kept, TopicMemory } from '../destination/destination.ts'
import { Block, Spilled, type BlockSource } from './spilled.ts'

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
  write(bytes: Buffer): Promise<TempPlace>
  /** Fills `into`, which is as long as what lies there. */
  read(place: TempPlace, into: Buffer): Promise<void>
  free(place: TempPlace): void
}

/** What a backlog needs of its broker. */
export interface BacklogPort extends BlockSource {
  /** Null: everything stays in memory (semantics CU-03, CU-04). */
  readonly temp: TempPort | null
  readonly memory: TopicMemory
  /** Bytes in memory above which the newer part of a backlog goes to disk. */
  readonly spillAbove: number
  /** tempUsage is not used up; else what waits stays in memory until that is full too. */
  hasRoom(): boolean
  /** The first message can be read again, after `first` answered null. */
  arrived(): void
  /** Memory came back, or the disk did not take a block. */
  freed(): void
  failed(error: unknown, lost: number): void
}

/** Messages in memory, oldest first. */
class Loaded {
  kept: Kept[]
  head = 0
  /** The block that came from the disk: what follows in it is taken out one by one. */
  readonly #block: Block | null
  readonly #rest: Iterator<Kept> | null

  constructor(kept: Kept[], block: Block | null = null, rest: Iterator<Kept> | null = null) {
    this.kept = kept
    this.#block = block
    this.#rest = rest
    block?.hold()
    if (rest !== null) this.next()
  }

  /** All in `kept` was taken: is there more? */
  next(): boolean {
    const more = this.#rest?.next()
    if (more === undefined || more.done === true) {
      this.#block?.release()
      return false
    }
    more.value.hold()
    this.kept = [more.value]
    this.head = 0
    return true
  }

  close(): void {
    for (let i = this.head; i < this.kept.length; i++) this.kept[i]!.release()
    this.#block?.release()
  }

  get size(): number {
    return this.kept.length - this.head
  }
}

/**
 * What waits for one topic subscription, in publish order. The oldest part is in memory; when memory is short the rest
 * goes to disk in blocks, and comes back one by one (semantics T-03).
 *
 *   first, shift ◄─ loaded │ spilled │ spilled │ … │ block that fills ◄─ push
 */
export class Backlog {
  size = 0
  readonly #port: BacklogPort
  readonly #discard: (kept: Kept) => void
  #segments: (Loaded | Spilled)[] = []

  /** `discard` takes what was evicted; it is lent for the call. */
  constructor(port: BacklogPort, discard: (kept: Kept) => void) {
    this.#port = port
    this.#discard = discard
  }

  /** Keeps a message that is borrowed; `own` gives one that stays. */
  push(message: Delivery, own: () => Kept): void {
    this.size++
    if (this.#segments.length > 0 && this.#short) return this.#fill(message)
    const kept = own()
    kept.hold()
    const last = this.#segments.at(-1)
    if (last instanceof Loaded) last.kept.push(kept)
    else this.#segments.push(new Loaded([kept]))
  }

  get #short(): boolean {
    const port = this.#port
    return port.temp !== null && port.memory.bytes >= port.spillAbove && port.hasRoom()
  }

  /** Into the block that fills; a full one goes to disk. */
  #fill(message: Delivery): void {
    const last = this.#segments.at(-1)
    if (last instanceof Spilled && last.takes(message)) return last.append(message)
    if (last instanceof Spilled && last.fills) this.#write(last)
    const next = new Spilled(new Block(this.#port, message.length + 2))
    next.append(message)
    this.#segments.push(next)
  }

  #write(segment: Spilled): void {
    const temp = this.#port.temp!
    const block = segment.block!
    segment.fills = false
    block.hold()
    temp.write(block.written).then(
      place => {
        block.release()
        if (segment.dropped || segment.block === null) temp.free(place)
        else segment.written(place)
        this.#port.freed()
      },
      (error: unknown) => {
        block.release()
        // It stays in memory, which then holds back the senders.
        if (!segment.dropped) this.#port.failed(error, 0)
      },
    )
  }

  /** The oldest; null when nothing waits, or when it is being read. */
  first(): Kept | null {
    const first = this.#segments[0]
    if (first instanceof Spilled) this.#load(first)
    const loaded = this.#segments[0]
    return loaded instanceof Loaded ? (loaded.kept[loaded.head] ?? null) : null
  }

  /** Takes what `first` answered. */
  shift(): void {
    const first = this.#segments[0] as Loaded
    const kept = first.kept[first.head]!
    first.head++
    this.size--
    kept.release()
    if (first.head === first.kept.length) {
      if (!first.next()) this.#segments.shift()
    } else if (first.head > 64 && first.head * 2 > first.kept.length) {
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
      kept.hold()
      this.shift()
      this.#discard(kept)
      return kept.release()
    }
    first.evicted++
    this.size--
    if (first.size > 0) return
    this.#segments.shift()
    // What must be a dead letter is read for that.
    if (first.persistent) this.#load(first)
    else this.#drop(first)
  }

  /** Everything, oldest first; only of a backlog that is in memory. */
  all(): Kept[] {
    return this.#segments.flatMap(segment => (segment instanceof Loaded ? segment.kept.slice(segment.head) : []))
  }

  /** Discards these, wherever they stand; only of a backlog that is in memory. */
  evict(going: readonly Kept[]): void {
    const gone = new Set(going)
    const left = this.all().filter(kept => !gone.has(kept))
    this.size = left.length
    this.#segments = left.length > 0 ? [new Loaded(left)] : []
    for (const kept of going) {
      this.#discard(kept)
      kept.release()
    }
  }

  /** Takes the oldest in memory that has expired; `bury` is lent it. */
  evictExpired(now: number, bury: (kept: Kept) => void): void {
    for (const segment of this.#segments) {
      if (!(segment instanceof Loaded)) continue
      for (let i = segment.head; i < segment.kept.length; i++) {
        const kept = segment.kept[i]!
        const { expires } = kept
        if (expires === 0 || expires > now) continue
        segment.kept.splice(i, 1)
        this.size--
        if (segment.size === 0 && !segment.next()) this.#segments = this.#segments.filter(one => one !== segment)
        bury(kept)
        return kept.release()
      }
    }
  }

  /** Everything is forgotten. */
  close(): void {
    for (const segment of this.#segments) {
      if (segment instanceof Spilled) this.#drop(segment)
      else segment.close()
    }
    this.#segments = []
    this.size = 0
  }

  #drop(segment: Spilled): void {
    const place = segment.drop()
    if (place !== null) this.#port.temp?.free(place)
  }

  /** Brings the first segment back: at once when it is still in memory. */
  #load(segment: Spilled): void {
    const { block } = segment
    if (block !== null) {
      block.hold()
      this.#drop(segment)
      this.#loaded(segment, block)
      return block.release()
    }
    if (segment.reading) return
    segment.reading = true
    // One behind the other: what was evicted dies in its order.
    this.#reads = this.#reads.then(() => this.#read(segment))
  }
  #reads: Promise<void> = Promise.resolve()

  async #read(segment: Spilled): Promise<void> {
    const { place } = segment
    if (place === null) return
    const block = new Block(this.#port, place.length)
    try {
      await this.#port.temp!.read(place, block.room(place.length))
      if (segment.dropped) return
      this.#drop(segment)
      this.#loaded(segment, block)
    } catch (error) {
      if (segment.dropped) return
      this.#drop(segment)
      this.size -= segment.size
      this.#segments = this.#segments.filter(one => one !== segment)
      this.#port.failed(error, segment.count)
    } finally {
      block.release()
    }
    this.#port.arrived()
  }

  /** It is in memory: what was evicted on disk goes, the rest is served. */
  #loaded(segment: Spilled, block: Block): void {
    if (this.#segments[0] === segment) {
      if (segment.size === 0) this.#segments.shift()
      else this.#segments[0] = new Loaded([], block, segment.decode(block, segment.evicted))
    }
    if (segment.evicted === 0) return
    let left = segment.evicted
    for (const kept of segment.decode(block, 0)) {
      kept.hold()
      if (left-- > 0) this.#discard(kept)
      kept.release()
      if (left <= 0) break
    }
  }
}
