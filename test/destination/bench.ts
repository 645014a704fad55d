import type { MessageKey } from '../../src/base/lsn.ts'
import {
  Queue,
  builtInPolicy,
  emptyDelivery,
  type Consumer,
  type Delivery,
  type DestinationPolicy,
  type DispatchPort,
} from '../../src/destination/destination.ts'
import { MESSAGE_HEADER, Trait } from '../../src/journal/journal.ts'
import { MessageIndex } from '../../src/store/store.ts'

export interface Posted {
  readonly persistent?: boolean
  readonly expires?: number
  readonly priority?: number
  /** JMSXGroupID and JMSXGroupSeq. */
  readonly group?: string
  readonly sequence?: number
}

/** A queue with the world around it: messages are numbered from 1, their keys are ten times that. */
export class Bench implements DispatchPort {
  now = 1000
  readonly delivery: Delivery = emptyDelivery()
  /** When each message arrived. */
  arrived = 1000
  readonly queue: Queue
  readonly messages: MessageIndex = new MessageIndex()
  /** Messages whose bytes lie on disk only. */
  readonly onDisk: Set<number> = new Set<number>()
  readonly fetched: number[] = []
  readonly settled: number[] = []
  readonly expired: number[] = []
  readonly remembered: number[] = []
  readonly #records = new Map<number, Buffer>()
  #count = 0

  constructor(policy: Partial<DestinationPolicy> = {}) {
    const at = { kind: 0, name: 'q' } as const
    this.queue = new Queue(at, 1, { ...builtInPolicy, ...policy })
    this.queue.stored = { id: 1, ...at, subscription: null, messages: this.messages }
  }

  post(posted: Posted = {}): number {
    const number = ++this.#count
    const record = recordWith(posted)
    const traits =
      (posted.persistent === true ? Trait.persistent : 0) | (posted.group === undefined ? 0 : Trait.grouped)
    this.#records.set(number * 10, record)
    this.messages.add(keyOf(number), record.length, (posted.priority ?? 4) | (traits << 4), posted.expires ?? 0)
    return number
  }

  posts(count: number): void {
    for (let i = 0; i < count; i++) this.post()
  }

  arrivedAt(): number {
    return this.arrived
  }

  dispatch(): void {
    this.queue.dispatch(this)
  }

  /** What an acknowledgement does once it is committed. */
  remove(number: number): void {
    if (this.messages.find(keyOf(number))) this.messages.removeFound()
  }

  /** A consumer ends: what it holds comes back. */
  end(taker: Taker): void {
    this.queue.consumers.remove(taker)
    this.queue.groups.release(taker)
    this.queue.giveBack(taker.held.splice(0).map(keyOf))
  }

  // DispatchPort

  peek(at: number, _bytes: number, into: Delivery): boolean {
    if (this.onDisk.has(at / 10)) return false
    const record = this.#records.get(at)!
    into.block = record
    into.view = new DataView(record.buffer, record.byteOffset, record.length)
    into.offset = 0
    return true
  }

  fetch(queue: Queue, at: number): void {
    this.fetched.push(at / 10)
    queue.fetching = true
  }

  /** The page that was asked for is there. */
  fetchDone(): void {
    this.onDisk.delete(this.fetched.at(-1)!)
    this.queue.fetching = false
  }

  settle(_queue: Queue, key: MessageKey): void {
    this.settled.push(key / 10)
    this.remove(key / 10)
  }

  remember(_queue: Queue, key: MessageKey): void {
    this.remembered.push(key / 10)
  }

  /** Messages that may expire now. */
  expirable: number = Infinity

  mayExpire(): boolean {
    return this.expirable-- > 0
  }

  expire(_queue: Queue, key: MessageKey): void {
    this.expired.push(key / 10)
  }
}

export const keyOf = (number: number): MessageKey => (number * 10) as MessageKey

/** A record with no headers and no body, only the hidden lines of its group. */
function recordWith({ group, sequence }: Posted): Buffer {
  const lines = group === undefined ? '' : `JMSXGroupID:${group}\n`
  const hidden = sequence === undefined ? lines : `${lines}JMSXGroupSeq:${sequence}\n`
  const record = Buffer.concat([Buffer.alloc(MESSAGE_HEADER), Buffer.from(`\n\0\n${hidden}`)])
  record.writeUInt32LE(record.length, 4)
  return record
}

export interface Taking {
  readonly room?: number
  readonly priority?: number
  readonly exclusive?: boolean
  readonly auto?: boolean
  /** Which messages it accepts; makes it picky. */
  readonly accepts?: (number: number) => boolean
}

/** A consumer that takes as many messages as it has room for. */
export class Taker implements Consumer {
  readonly priority: number
  readonly exclusive: boolean
  readonly auto: boolean
  readonly picky: boolean
  room: number
  /** Delivered, in order. */
  readonly got: number[] = []
  /** Delivered and not acknowledged. */
  readonly held: number[] = []
  readonly #wanted: (number: number) => boolean

  constructor(taking: Taking = {}) {
    this.room = taking.room ?? Infinity
    this.priority = taking.priority ?? 0
    this.exclusive = taking.exclusive ?? false
    this.auto = taking.auto ?? false
    this.picky = taking.accepts !== undefined
    this.#wanted = taking.accepts ?? (() => true)
  }

  ready(): boolean {
    return this.room > 0
  }

  accepts({ key }: Delivery): boolean {
    return this.#wanted(key / 10)
  }

  deliver({ key }: Delivery): void {
    this.room--
    this.got.push(key / 10)
    if (!this.auto) this.held.push(key / 10)
  }
}

/** A taker that is a consumer of the bench's queue. */
export function joined(bench: Bench, taking: Taking = {}): Taker {
  const taker = new Taker(taking)
  bench.queue.consumers.add(taker)
  return taker
}
