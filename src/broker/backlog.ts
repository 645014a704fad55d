import type { MessageKey } from '../base/lsn.ts'
import { BacklogCursor, emptyDelivery, nextSerial, type Delivery, type Queue } from '../destination/destination.ts'
import { RECORD_HEADER, RecordType, readLsn, type Journal } from '../journal/journal.ts'
import type { Broker } from './broker.ts'
import type { Pace } from './pace.ts'

/** Messages that are read or removed in one go, between two turns of the broker. */
const readMax = 256
const takenMax = 4096

/**
 * Works off what is in a queue now, in slices. A slice begins where everything of the one before is committed, and passes
 * over what somebody else has removed meanwhile, committed or not.
 */
export class Backlog {
  readonly #broker: Broker
  readonly #pace: Pace
  readonly #queue: Queue

  constructor(broker: Broker, pace: Pace, queue: Queue) {
    this.#broker = broker
    this.#pace = pace
    this.#queue = queue
  }

  /** Calls `act` for each message, with its bytes, until it has answered true so often. Answers how often it has. */
  async each(most: number, act: (message: Delivery) => boolean): Promise<number> {
    await this.#pace.committed()
    const cursor = new BacklogCursor(this.#queue, this.#broker.journal.end)
    let acted = 0
    let more = true
    while (more && acted < most) {
      const slice = this.#slice(cursor, most - acted, act)
      acted += slice.acted
      more = !slice.over
      cursor.rest()
      if (slice.missing !== null) await this.#broker.journal.fetch(slice.missing.at, slice.missing.bytes)
      await this.#pace.committed()
      this.#queue.release(slice.keys)
    }
    return acted
  }

  #slice(cursor: BacklogCursor, most: number, act: (message: Delivery) => boolean): Slice {
    const { journal } = this.#broker
    const gone = this.#leaving()
    const keys: MessageKey[] = []
    const message = emptyDelivery()
    for (let read = 0; read < readMax && keys.length < most; read++) {
      // A page was missing: it stands where it stood.
      if (!this.#again && !cursor.next()) return { acted: keys.length, keys, over: true, missing: null }
      this.#again = false
      if (!cursor.isThere || gone.has(cursor.key)) continue
      const { position: at, bytes, key } = cursor
      if (!journal.peek(at, bytes, message)) {
        this.#again = true
        return { acted: keys.length, keys, over: false, missing: { at, bytes } }
      }
      message.queue = this.#queue
      message.key = key
      message.length = bytes
      message.persistent = cursor.persistent
      message.redelivered = cursor.redelivered
      message.serial = nextSerial()
      if (act(message)) keys.push(key)
    }
    return { acted: keys.length, keys, over: false, missing: null }
  }
  #again = false

  /** Takes out so many messages, whatever they are: `remove` journals each batch of keys. Answers how many. */
  async take(most: number, remove: (keys: readonly MessageKey[], persistent: boolean) => void): Promise<number> {
    await this.#pace.committed()
    const cursor = new BacklogCursor(this.#queue, this.#broker.journal.end)
    let taken = 0
    for (let over = false; !over && taken < most;) {
      const gone = this.#leaving()
      const keys: MessageKey[] = []
      let persistent = false
      while (keys.length < Math.min(takenMax, most - taken)) {
        over = !cursor.next()
        if (over) break
        if (gone.has(cursor.key) || !this.#queue.claim(cursor.key)) continue
        keys.push(cursor.key)
        persistent ||= cursor.persistent
      }
      if (keys.length > 0) remove(keys, persistent)
      taken += keys.length
      cursor.rest()
      this.#broker.schedule()
      await this.#pace.committed()
      this.#queue.release(keys)
    }
    return taken
  }

  /** What leaves the queue by records that are appended and not committed: an ACK, for instance. */
  #leaving(): Set<MessageKey> {
    const { journal, state } = this.#broker
    const keys = new Set<MessageKey>()
    scanTail(journal, state.applied, (view, offset) => addRemoved(view, offset, this.#queue.id, keys))
    return keys
  }
}

interface Slice {
  readonly acted: number
  readonly keys: readonly MessageKey[]
  readonly over: boolean
  /** A page that must be read first. */
  readonly missing: { readonly at: BacklogCursor['position']; readonly bytes: number } | null
}

const scanTail = (
  journal: Journal,
  from: BacklogCursor['position'],
  visit: (view: DataView, offset: number) => void,
): void => journal.scan(from, journal.end, (_block, view, offset) => visit(view, offset))

function addRemoved(view: DataView, offset: number, queue: number, into: Set<MessageKey>): void {
  const end = offset + view.getUint32(offset + 4, true)
  const type = view.getUint8(offset + 8)
  if (type === RecordType.group) {
    for (let at = offset + RECORD_HEADER; at < end; at += view.getUint32(at + 4, true))
      addRemoved(view, at, queue, into)
  } else if (type === RecordType.messageRemoved && view.getUint32(offset + 16, true) === queue) {
    for (let at = offset + 24; at < end; at += 8) into.add(readLsn(view, at) as MessageKey)
  }
}
