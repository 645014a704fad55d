import type { Lsn, MessageKey } from '../base/lsn.ts'
import { emptyDelivery, nextSerial, type Delivery, type Queue } from '../destination/destination.ts'
import { Mark, type Chunk, type MessageIndex } from '../store/store.ts'
import type { Desk } from './desk.ts'

/** What holds messages: a queue, or the backlog of a durable subscription. */
export interface Holder {
  readonly desk: Desk
  readonly messages: MessageIndex | null
  /** Null on a passive. */
  readonly queue: Queue | null
}

/** What the index alone says of a message. */
export interface Indexed {
  readonly key: MessageKey
  readonly position: Lsn
  /** Of its record. */
  readonly bytes: number
  readonly priority: number
  readonly persistent: boolean
  readonly redelivered: number
  /** ms since 1970; 0 never. */
  readonly expires: number
  /** A consumer holds it, or it is on its way out. */
  readonly held: boolean
}

/** A message with its record: the bytes are borrowed until the next one is asked for. */
export interface Met extends Indexed {
  readonly delivery: Delivery
}

/** Messages that are looked at between two turns of the event loop. */
const sliceMax = 256

/**
 * Walks the messages of a queue in the order of arrival, from behind `after` on: a slice of the index at a time, and a page
 * of the journal at a time, however deep the queue is. Nothing is held meanwhile, and nothing changes. What comes and goes
 * during the walk is met or not. Works on a replica too.
 */
export async function* walk(view: Holder, after: number = -1): AsyncGenerator<Met> {
  const delivery = emptyDelivery()
  let key = after
  for (;;) {
    const { messages } = view
    const slice = messages === null ? [] : sliceOf(messages, key)
    if (slice.length === 0) return
    for (const one of slice) {
      key = one.key
      if (await lend(view, one.key, delivery)) yield { ...one, delivery }
    }
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** At most so many messages behind `key`. */
export function sliceOf(messages: MessageIndex, key: number, most: number = sliceMax): Indexed[] {
  const slice: Indexed[] = []
  for (let chunk = messages.chunkBehind(key); chunk !== null && slice.length < most; chunk = chunk.next)
    for (let slot = 0; slot < chunk.count && slice.length < most; slot++)
      if (chunk.keys[slot]! > key && chunk.marks[slot] !== Mark.removed) slice.push(indexed(chunk, slot))
  return slice
}

const PRIORITY_BITS = 15
const PERSISTENT = 16

function indexed(chunk: Chunk, slot: number): Indexed {
  const kind = chunk.kinds[slot]!
  return {
    key: chunk.keys[slot]! as MessageKey,
    position: chunk.position(slot),
    bytes: chunk.sizes[slot]!,
    priority: kind & PRIORITY_BITS,
    persistent: (kind & PERSISTENT) !== 0,
    redelivered: chunk.redeliveries(slot),
    expires: chunk.expiresAt(slot),
    held: chunk.marks[slot] === Mark.dispatched,
  }
}

/** Lends the bytes of the message with this key; false: it is gone, or cannot be read. */
export async function lend(view: Holder, key: MessageKey, into: Delivery): Promise<boolean> {
  const { journal } = view.desk.host
  // Relocation may move it while its page is read: then it is looked for once more.
  for (let tries = 0; tries < 3; tries++) {
    const { messages } = view
    if (messages === null || !messages.find(key)) return false
    const { position, bytes, persistent, redelivered } = indexed(messages.foundChunk!, messages.foundSlot)
    if (journal.peek(position, bytes, into)) {
      into.queue = view.queue
      into.key = key
      into.length = bytes
      into.persistent = persistent
      into.redelivered = redelivered
      into.serial = nextSerial()
      return true
    }
    await journal.fetch(position, bytes).catch(() => undefined)
  }
  return false
}
