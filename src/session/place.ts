import type { Lsn } from '../base/lsn.ts'
import type { Delivery, Queue, Route, Topic, Variant } from '../destination/destination.ts'
import { RECORD_HEADER, Trait, readLsn } from '../journal/journal.ts'
import type { Core } from './core.ts'
import type { Transaction } from './on-transaction.ts'
import { RecordBuffer, writeJournaled } from './record-target.ts'
import { writeVariant } from './variant.ts'

/** Records of the broker's own that are to be journaled with the copies, all or none. */
export interface Together {
  readonly records: RecordBuffer
  /** Something in them must survive a crash. */
  readonly durable: boolean
}

/** Queues of one record: it counts all but the first in 16 bits. */
const queuesMax = 65_536

/** A variant, and who of its destinations takes this message, or as many of them as one record names. */
interface Chosen {
  readonly variant: Variant
  readonly queues: readonly Queue[]
  readonly topics: readonly Topic[]
}

/**
 * Puts one message where its route says: into queues and durable subscriptions, all copies in one atomic record, and
 * then to who subscribes to its topics. Inside a transaction both wait for COMMIT (semantics C-03).
 * `message` is a whole message record; its destination does not count.
 */
export function place(
  core: Core,
  route: Route,
  message: Delivery,
  transaction: Transaction | null,
  together: Together | null = null,
): void {
  const chosen = choose(core, route, message)
  const stored = chosen.filter(({ queues }) => queues.length > 0)
  if (transaction !== null) {
    for (const { variant, queues } of stored)
      if (writeVariant(transaction.records, message, variant, queues).durable) transaction.durable = true
  } else if (stored.length === 1 && together === null) {
    const { variant, queues } = stored[0]!
    arrived(core, message, queues, writeVariant(core.journal, message, variant, queues).at)
  } else if (stored.length > 0 || together !== null) {
    placeGroup(core, stored, message, together)
  }
  const waits = stored.length > 0 || together !== null
  for (const one of chosen) publish(core, one, message, transaction, waits)
}

function choose(core: Core, route: Route, message: Delivery): Chosen[] {
  const taken = new Set<Queue>()
  const expired = isExpired(core, message)
  return route.variants.flatMap(variant => {
    const queues: Queue[] = []
    for (const { queue, when, dropsWhenFull } of variant.stored) {
      // What is expired when it is published ends at the topic, once, however many would have collected it (E-05).
      if (expired && queue.durable !== null && variant.live.length > 0) continue
      if (taken.has(queue) || (when !== null && !when.accepts(message))) continue
      if (dropsWhenFull && core.space.fullFor(queue, message.persistent, '') !== false) continue
      // Copies have one identity, and a queue takes it once (semantics AU-01).
      taken.add(queue)
      queues.push(queue)
    }
    const topics = variant.live.filter(({ when }) => when === null || when.accepts(message)).map(({ topic }) => topic)
    if (queues.length <= queuesMax) return [{ variant, queues, topics }]
    const chosen = [{ variant, queues: queues.slice(0, queuesMax), topics }]
    for (let from = queuesMax; from < queues.length; from += queuesMax)
      chosen.push({ variant, queues: queues.slice(from, from + queuesMax), topics: [] })
    return chosen
  })
}

/** Several records as one, all or none. */
function placeGroup(core: Core, stored: readonly Chosen[], message: Delivery, together: Together | null): void {
  if (stored.length > 1 && stored.length * message.length > core.uncommitted.copiesMax)
    return placeSingly(core, stored, message, together)
  const records = new RecordBuffer(512, () => core.epoch)
  const placed: { readonly queues: readonly Queue[]; readonly at: number }[] = []
  let durable = together?.durable ?? false
  for (const { variant, queues } of stored) {
    const written = writeVariant(records, message, variant, queues)
    durable ||= written.durable
    placed.push({ queues, at: written.at })
  }
  const parts = [records, ...(together === null ? [] : [together.records])]
  const group = writeJournaled(core.journal, parts, durable)
  for (const { queues, at } of placed) arrived(core, message, queues, (group + RECORD_HEADER + at) as Lsn)
}

/**
 * What one record cannot hold. Only the broker's own copies are so large, a SEND is refused; a crash in between leaves some
 * of them and what they are copies of: nothing is lost.
 */
function placeSingly(core: Core, stored: readonly Chosen[], message: Delivery, together: Together | null): void {
  for (const { variant, queues } of stored)
    arrived(core, message, queues, writeVariant(core.journal, message, variant, queues).at)
  if (together !== null) writeJournaled(core.journal, [together.records], together.durable)
}

/** What was expired when it arrived goes at once where the expired go (semantics E-02). */
function arrived(core: Core, message: Delivery, queues: readonly Queue[], key: Lsn): void {
  if (isExpired(core, message)) for (const queue of queues) core.expiredOnArrival(queue, key)
}

function isExpired({ now }: Core, { view, offset }: Delivery): boolean {
  const expires = readLsn(view, offset + 32)
  return expires !== 0 && expires <= now
}

function publish(
  core: Core,
  { variant, queues, topics }: Chosen,
  message: Delivery,
  transaction: Transaction | null,
  waits: boolean,
): void {
  const { publishing } = core
  const collected = queues.some(({ durable }) => durable !== null)
  let copy: Buffer | null = null
  /** One for all of them, however many there are. */
  const record = (): Buffer => (copy ??= recordOf(message, variant))
  const asItIs = variant.original === null && (message.view.getUint8(message.offset + 21) & Trait.shownAs) === 0
  for (const topic of topics) {
    if (transaction !== null) transaction.publishes(topic, record(), collected)
    else if (waits || topic.committing > 0) publishing.later(topic, record(), collected)
    else if (asItIs && message.offset === 0) publishing.now(topic, message.block, message.view, message.length, true)
    else publishing.record(topic, record())
  }
}

function recordOf(message: Delivery, variant: Variant): Buffer {
  const copy = new RecordBuffer(message.length + 256)
  const { length } = writeVariant(copy, message, variant, [])
  return copy.block.subarray(0, length)
}
