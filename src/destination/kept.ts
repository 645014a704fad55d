import { MESSAGE_HEADER, Trait, readLsn } from '../journal/journal.ts'
import type { Topic } from './topic.ts'

/** Bytes of topic messages that are kept in memory, each counted once however many subscriptions wait for it. */
export class TopicMemory {
  bytes = 0
}

/** A copy of a published message, shared by everybody who keeps it; its topic's memory counts it while somebody does. */
export class Kept {
  readonly topic: Topic
  /** The record lies at `offset` of `block`; `view` is over the same bytes. */
  readonly block: Buffer
  readonly view: DataView
  readonly offset: number
  readonly length: number
  /** It was handed to the dead letter strategy: once, however many subscriptions discard it (semantics T-12). */
  buried = false
  /** Told when nobody keeps it any more: its bytes are lent. */
  readonly #forgotten: (() => void) | null
  #holders = 0
  #properties: Map<string, string | null> | null = null

  constructor(
    topic: Topic,
    block: Buffer,
    view: DataView = new DataView(block.buffer, block.byteOffset, block.length),
    offset = 0,
    length: number = block.length,
    forgotten: (() => void) | null = null,
  ) {
    this.topic = topic
    this.block = block
    this.view = view
    this.offset = offset
    this.length = length
    this.#forgotten = forgotten
  }

  /** The record alone. */
  get bytes(): Buffer {
    return this.block.subarray(this.offset, this.offset + this.length)
  }

  /** What it counts for: body, properties and a fixed share (semantics L-07). */
  get cost(): number {
    return this.length + this.topic.perMessageBytes
  }

  get priority(): number {
    return this.view.getUint8(this.offset + 20)
  }

  get persistent(): boolean {
    return (this.view.getUint8(this.offset + 21) & Trait.persistent) !== 0
  }

  /** ms since 1970, 0 never. */
  get expires(): number {
    return readLsn(this.view, this.offset + 32)
  }

  /** The value of a header line, as it is stored; null: there is none. Looked for once. */
  property(name: string): string | null {
    this.#properties ??= new Map<string, string | null>()
    const known = this.#properties.get(name)
    if (known !== undefined) return known
    const found = headerValue(this.bytes, name)
    this.#properties.set(name, found)
    return found
  }

  hold(): void {
    if (this.#holders++ === 0) this.topic.keep(this.cost)
  }

  release(): void {
    if (--this.#holders > 0) return
    this.topic.keep(-this.cost)
    this.#forgotten?.()
  }
}

/** The value of the first line of this name in a record's header block, as it is stored; null: there is none. */
export function headerValue(record: Buffer, name: string): string | null {
  const end = MESSAGE_HEADER + record.readUInt32LE(40)
  const wanted = Buffer.from(`${name}:`, 'utf8')
  for (let at = MESSAGE_HEADER; at < end;) {
    const next = record.indexOf(10, at)
    if (next < 0 || next >= end) return null
    if (record.compare(wanted, 0, wanted.length, at, Math.min(at + wanted.length, next)) === 0)
      return record.toString('utf8', at + wanted.length, next)
    at = next + 1
  }
  return null
}

/** The record with the lines of this name taken out of its header block, and `added` put at its end. */
export function rewritten(record: Buffer, without: string, added: string, traits: number): Buffer {
  const headerBytes = record.readUInt32LE(40)
  const end = MESSAGE_HEADER + headerBytes
  const lines = record
    .toString('utf8', MESSAGE_HEADER, end)
    .split('\n')
    .filter(line => line !== '' && !line.startsWith(`${without}:`))
  const headers = Buffer.from(`${lines.join('\n')}\n${added}`, 'utf8')
  const out = Buffer.concat([record.subarray(0, MESSAGE_HEADER), headers, record.subarray(end)])
  out.writeUInt32LE(out.length, 4)
  out.writeUInt32LE(headers.length, 40)
  out[21] = traits
  return out
}

/** Do they have the same id? It is the first line of each. */
export function isSameMessage(one: Kept, other: Kept): boolean {
  const [a, b] = [one.bytes.subarray(MESSAGE_HEADER), other.bytes.subarray(MESSAGE_HEADER)]
  return a.subarray(0, a.indexOf(10)).equals(b.subarray(0, b.indexOf(10)))
}
