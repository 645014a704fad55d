import { destinationUri, isTemporaryKind, type DestinationName } from '../base/destination.ts'
import {
  Queue,
  copiesOf,
  nextSerial,
  feedsFrom,
  patternsMeet,
  type Condition,
  type Copy,
  type Delivery,
  type LiveCopy,
  type Requirement,
  type Route,
  type StoredCopy,
  type Topic,
  type Variant,
  type VirtualRule,
} from '../destination/destination.ts'
import { Refusal, variantLines, type Identity, type RoutePort } from '../session/session.ts'
import type { Broker } from './broker.ts'
import { conditionOf } from './selection.ts'

/** A variant that is being put together. */
interface Draft {
  readonly original: readonly DestinationName[] | null
  readonly shown: DestinationName | null
  readonly stored: StoredCopy[]
  readonly live: LiveCopy[]
}

/**
 * What a SEND to some names amounts to: the configured rules, the queues that consumers of virtual topics have made, and
 * the durable subscriptions, as a Route (destination/route.ts).
 */
export class Routes implements RoutePort {
  epoch = 1
  readonly rules: readonly VirtualRule[]
  readonly #broker: Broker

  constructor(broker: Broker, rules: readonly VirtualRule[]) {
    this.#broker = broker
    this.rules = rules
  }

  /** Durable subscriptions or the queues of virtual topics are others now. */
  changed(): void {
    this.epoch++
  }

  /** A queue of this name came or goes. */
  queueChanged(name: string): void {
    if (this.feeds(name)) this.epoch++
  }

  feeds(queue: string): boolean {
    return feedsFrom(this.rules, queue)
  }

  find(identity: Identity | null, names: readonly DestinationName[]): Route | Refusal {
    const denied = this.#denied(identity, names)
    if (denied !== null) return denied
    const list = names.length > 1 ? names : null
    const drafts: Draft[] = []
    const places = new Set<Queue | Topic>()
    for (const name of names) {
      // The composite's own name is a destination, also when nothing stays there.
      const addressed = this.#existing(identity, name)
      if (addressed instanceof Refusal) return addressed
      for (const copy of copiesOf(this.rules, name)) {
        const refusal = this.#add(identity, copy, list, drafts, places)
        if (refusal !== null) return refusal
      }
    }
    return this.#route(drafts, places)
  }

  /** The names as they were sent to: what they are forwarded to is not the sender's business (semantics C-07, SA-11). */
  #denied(identity: Identity | null, names: readonly DestinationName[]): Refusal | null {
    if (identity === null) return null
    const broker = this.#broker
    const refusal =
      names.length === 1 ? broker.refusal(identity, 'write', names[0]!) : broker.refusalOfAll(identity, 'write', names)
    return refusal === null ? null : new Refusal(refusal, true)
  }

  /** The destination, made when it is missing and the sender may (semantics SA-04, SA-05). */
  #existing(identity: Identity | null, at: DestinationName): Queue | Topic | Refusal {
    const broker = this.#broker
    const found = broker.find(at.kind, at.name)
    if (found !== null) return found
    if (isTemporaryKind(at.kind)) return new Refusal(destinationUri(at), false)
    // What the broker sends itself finds its destination made, whatever the limits (semantics D-12).
    if (identity === null) return broker.create(at, null)
    const denied = broker.refusal(identity, 'admin', at)
    if (denied !== null) return new Refusal(denied, true)
    const full = broker.registry.refusal(at)
    return full === null ? broker.create(at, null) : new Refusal(full, false)
  }

  #add(
    identity: Identity | null,
    copy: Copy,
    list: readonly DestinationName[] | null,
    drafts: Draft[],
    places: Set<Queue | Topic>,
  ): Refusal | null {
    if (copy.consumers !== null) {
      this.#addConsumers(copy, list, drafts, places)
      return null
    }
    const to = this.#existing(identity, copy.to)
    if (to instanceof Refusal) return to
    places.add(to)
    const original = copy.original === null ? list : [copy.original]
    const when = this.#condition(copy.when, copy.original ?? copy.to)
    if (to instanceof Queue) {
      draftFor(drafts, original, null).stored.push({ queue: to, when, dropsWhenFull: false })
      return null
    }
    const durables = this.#broker.durables.copiesFor(to.at, when)
    const draft = draftFor(drafts, original, durables.length > 0 ? to.at : null)
    for (const each of durables) {
      draft.stored.push(each)
      places.add(each.queue)
    }
    draft.live.push({ topic: to, when })
    return null
  }

  /** Every existing queue that meets prefix + topic + postfix (semantics V-03, V-05). */
  #addConsumers(
    { to, original, consumers, when }: Copy,
    list: readonly DestinationName[] | null,
    drafts: Draft[],
    places: Set<Queue | Topic>,
  ): void {
    const rule = consumers!
    const from = original!
    const draft = rule.setOriginalDestination ? draftFor(drafts, [from], null) : draftFor(drafts, list, from)
    const condition = this.#condition(when, from)
    const topic = this.#broker.find(from.kind, from.name) as Topic | null // a virtual topic is one
    for (const queue of this.#broker.registry.namedQueues()) {
      if (!patternsMeet(to.name, queue.at.name)) continue
      const wanted = rule.selectorAware ? both(condition, new Wanted(queue, topic)) : condition
      draft.stored.push({ queue, when: wanted, dropsWhenFull: rule.dropOnResourceLimit })
      places.add(queue)
    }
  }

  #route(drafts: readonly Draft[], places: ReadonlySet<Queue | Topic>): Route {
    const filled = drafts.filter(({ stored, live }) => stored.length + live.length > 0)
    const variants: Variant[] = filled.map(({ original, shown, stored, live }) => ({
      ...variantLines(original, shown),
      stored,
      live,
    }))
    return { plain: plainOf(variants), variants, places: [...places], epoch: this.epoch }
  }

  #condition(when: readonly Requirement[], at: DestinationName): Condition | null {
    let condition: Condition | null = null
    for (const requirement of when) condition = both(condition, conditionOf(requirement, at))
    return condition
  }
}

/** Queues share a variant with each other and with topics; of what durable subscriptions collect the topic is told. */
function draftFor(drafts: Draft[], original: readonly DestinationName[] | null, shown: DestinationName | null): Draft {
  const known = drafts.find(draft => sameList(draft.original, original) && sameName(draft.shown, shown))
  if (known !== undefined) return known
  const draft: Draft = { original, shown, stored: [], live: [] }
  drafts.push(draft)
  return draft
}

const sameName = (a: DestinationName | null, b: DestinationName | null): boolean =>
  a === b || (a !== null && b !== null && a.kind === b.kind && a.name === b.name)

const sameList = (a: readonly DestinationName[] | null, b: readonly DestinationName[] | null): boolean =>
  a === b || (a !== null && b !== null && a.length === b.length && a.every((name, i) => sameName(name, b[i] ?? null)))

/** The one queue or topic, when there is nothing to it. */
function plainOf(variants: readonly Variant[]): Queue | Topic | null {
  const [only, ...others] = variants
  if (only === undefined || others.length > 0 || only.original !== null || only.shown !== null) return null
  const { stored, live } = only
  if (stored.length + live.length !== 1) return null
  const copy = stored[0] ?? live[0]!
  if (copy.when !== null || stored[0]?.dropsWhenFull === true) return null
  return 'queue' in copy ? copy.queue : copy.topic
}

/** Some consumer of the queue would take the message (selectorAware, semantics V-06). */
class Wanted implements Condition {
  readonly #queue: Queue
  readonly #topic: Topic | null

  constructor(queue: Queue, topic: Topic | null) {
    this.#queue = queue
    this.#topic = topic
  }

  accepts(message: Delivery): boolean {
    // Consumers see where it was sent, and nothing that was read of it elsewhere.
    if (message.topic !== this.#topic) message.serial = nextSerial()
    message.topic = this.#topic
    for (const consumer of this.#queue.consumers) if (!consumer.picky || consumer.accepts(message)) return true
    return false
  }
}

/** Both must hold. */
export function both(a: Condition | null, b: Condition | null): Condition | null {
  if (a === null || b === null) return a ?? b
  return { accepts: message => a.accepts(message) && b.accepts(message) }
}
