import {
  DestinationKind,
  destinationUri,
  isPattern,
  isQueueKind,
  isTemporaryKind,
  type DestinationName,
} from '../base/destination.ts'
import {
  Selection,
  builtInPolicy,
  selectionOf,
  type DestinationPolicy,
  type Queue,
} from '../destination/destination.ts'
import { Header, Version, type Frame } from '../stomp/stomp.ts'
import { consumerAttributes } from './attributes.ts'
import { Refusal } from './core.ts'
import { parseDestinations, resolveName } from './names.ts'
import { asksToBrowse, browserPrefetch, notBrowsable } from './on-browse.ts'
import { isReplication, onReplication } from './on-replication.ts'
import type { Session } from './session.ts'
import { AckMode, Subscription, type SubscriptionOptions } from './subscription.ts'

/** Prefetch of a consumer that names none (stomp S-SUB-04). */
const QUEUE_PREFETCH = 1000
const TOPIC_PREFETCH = 32767
const DURABLE_PREFETCH = 100

/** SUBSCRIBE: checks, then a subscription that starts when everything before it, its RECEIPT included, is out (S-SUB-05). */
export function onSubscribe(session: Session, frame: Frame): void {
  const receipt = frame.get(Header.receipt)
  const id = frame.get(Header.id) ?? null
  if (id === null && session.version !== Version.v10) {
    return session.error('SUBSCRIBE received without a subscription id!', receipt)
  }
  const text = frame.get(Header.destination)
  if (text === undefined || text.trim() === '') {
    return session.error("Invalid empty or 'null' Destination header", receipt)
  }
  if (isReplication(text)) return onReplication(session, frame)
  const attributes = consumerAttributes(frame)
  const destinations = readDestinations(session, text)
  if (typeof destinations === 'string') return session.error(destinations, receipt)
  const browses = asksToBrowse(frame, attributes)
  const unsupported =
    (browses ? notBrowsable(session, frame, destinations) : null) ?? notServed(session, destinations, attributes)
  if (unsupported !== null) return session.error(unsupported, receipt)
  const denied = authorize(session, destinations)
  if (denied !== null) return session.securityError(denied, receipt)
  const { core } = session
  if (isOneTooMany(session, destinations)) {
    const limit = session.options.maximumConsumers
    return session.error(`Can't add consumer on connection ${session.id}: at maximum limit: ${limit}`, receipt)
  }
  for (const at of destinations) {
    if (!isCreated(session, at)) continue
    if (isTemporaryKind(at.kind)) return session.error(destinationUri(at), receipt)
    const full = core.lifetimes.refusal(at)
    if (full !== null) return session.error(full, receipt)
    core.create(at, null)
  }
  const selection = selectionFor(frame, attributes)
  if (selection !== null && !(selection instanceof Selection))
    return session.error(badSelector(destinations, attributes, selection.text), receipt)
  const durable = openDurable(session, destinations, attributes, selection)
  if (durable instanceof Refusal) return session.error(durable.message, receipt)
  const options = subscriptionOptions(session, frame, id, destinations, attributes, durable, selection)
  const subscription = new Subscription(session, options)
  session.allSubscriptions.add(subscription)
  if (id !== null) session.subscriptions.set(id, subscription)
  if (browses) core.browsing.attach(subscription)
  else core.attach(subscription)
  core.plugins?.events?.consumer(subscription, true)
  session.receipt(frame)
  session.afterCommit(() => {
    if (subscription.closed) return
    subscription.active = true
    core.awaken(subscription)
  })
}

const isAdvisory = ({ name }: DestinationName): boolean => name.startsWith('ActiveMQ.Advisory.')

/** Subscriptions to advisory topics are not counted (semantics K-02). */
function isOneTooMany({ options, allSubscriptions }: Session, destinations: readonly DestinationName[]): boolean {
  if (allSubscriptions.size < options.maximumConsumers || destinations.every(isAdvisory)) return false
  const counted = [...allSubscriptions].filter(one => !one.options.destinations.every(isAdvisory))
  return counted.length >= options.maximumConsumers
}

/**
 * Does SUBSCRIBE make this destination? A pattern makes none of its own name (VER-04), but for the queue that collects
 * from every virtual topic it matches (semantics V-05).
 */
function isCreated({ core }: Session, { kind, name }: DestinationName): boolean {
  if (isPattern(name) && (kind !== DestinationKind.queue || !core.routes.feeds(name))) return false
  return core.find(kind, name) === null
}

/** The durable subscription that the client asks for, null when it does not ask for one (stomp S-SUB-13, S-DUR-02). */
function openDurable(
  session: Session,
  destinations: readonly DestinationName[],
  attributes: ReadonlyMap<string, string>,
  selection: Selection | null,
): Queue | Refusal | null {
  const name = attributes.get('subscriptionName')
  if (name === undefined) return null
  return session.core.durables.open({
    clientId: session.clientId,
    name,
    topics: destinations.flatMap(({ kind, name: topic }) => (isQueueKind(kind) ? [] : [topic])).join(','),
    selector: selection?.selector.text ?? null,
    exact: attributes.has('selector'),
    noLocal: isYes(attributes.get('noLocal')),
  })
}

/**
 * The condition that SUBSCRIBE asks for. `activemq.selector` goes before `selector`, and compares without converting
 * (stomp S-SUB-14, S-SEL-02). A text that is no selector comes back as it was given.
 */
function selectionFor(frame: Frame, attributes: ReadonlyMap<string, string>): Selection | { text: string } | null {
  const exact = attributes.get('selector')
  const text = exact ?? frame.get(Header.selector)
  if (text === undefined) return null
  const selection = selectionOf(text, exact === undefined)
  return selection instanceof Selection ? selection : { text }
}

/** The selector's own text, but for a plain subscription to a topic (semantics S-18). */
const badSelector = (
  [first]: readonly DestinationName[],
  attributes: ReadonlyMap<string, string>,
  text: string,
): string =>
  isQueueKind(first!.kind) || attributes.has('subscriptionName') ? text : "Couldn't create TopicSubscription"

const isYes = (text: string | undefined): boolean => text?.toLowerCase() === 'true'

/** What a later version will serve is refused aloud: a consumer that got other messages than it asked for is worse. */
function notServed(
  session: Session,
  destinations: readonly DestinationName[],
  attributes: ReadonlyMap<string, string>,
): string | null {
  const { core } = session
  if (attributes.has('subscriptionName')) {
    const refusal = notDurable(destinations)
    if (refusal !== null) return refusal
  }
  for (const at of destinations) {
    // It ends under its consumer's feet; ActiveMQ refuses it too (semantics VER-03).
    if (at.kind === DestinationKind.tempQueue && core.ownerOf(at) !== session && core.find(at.kind, at.name) !== null)
      return 'Subscribing to a temporary queue created by another connection is not permitted'
  }
  return null
}

/** What cannot be subscribed to durably (semantics U-08); of a list the kind of the first counts (stomp S-DST-11). */
export function notDurable(destinations: readonly DestinationName[]): string | null {
  const first = destinations[0]!
  if (isQueueKind(first.kind)) return 'Invalid Subscription: cannot durably subscribe to a Queue destination!'
  for (const { kind, name } of destinations) {
    if (isTemporaryKind(kind)) return 'A durable subscription cannot be created for a temporary topic.'
    if (name.startsWith('ActiveMQ.Advisory.')) return 'Cannot create a durable subscription for an advisory Topic'
  }
  return null
}

function readDestinations(session: Session, text: string): DestinationName[] | string {
  const parsed = parseDestinations(text)
  if (parsed === null) return "Invalid empty or 'null' Destination header"
  return parsed.map(one => resolveName(session, one))
}

/** Read, and for what does not exist yet, create (semantics SA-04, SA-05). */
function authorize(session: Session, destinations: readonly DestinationName[]): string | null {
  const { core } = session
  const [first] = destinations
  const denied =
    destinations.length === 1 && first !== undefined
      ? core.refusal(session.identity, 'read', first)
      : core.refusalOfAll(session.identity, 'read', destinations)
  if (denied !== null) return denied
  for (const at of destinations) {
    if (!isCreated(session, at)) continue
    const create = core.refusal(session.identity, 'admin', at)
    if (create !== null) return create
  }
  return null
}

function subscriptionOptions(
  session: Session,
  frame: Frame,
  id: string | null,
  destinations: readonly DestinationName[],
  attributes: ReadonlyMap<string, string>,
  durable: Queue | null,
  selection: Selection | null,
): SubscriptionOptions {
  const mode = frame.get(Header.ack)
  const first = destinations[0]!
  const policy = session.core.policyOf(first)
  const asked = integer(attributes.get('prefetchSize'))
  const prefetch = asksToBrowse(frame, attributes)
    ? browserPrefetch(asked, frame, QUEUE_PREFETCH, policy)
    : prefetchOf(asked, isQueueKind(first.kind), durable !== null, policy)
  return {
    id,
    destinations,
    durable,
    // What a durable subscription has collected was selected then (semantics U-12).
    selection: durable === null ? selection : null,
    ack: mode === 'client' ? AckMode.client : mode === 'client-individual' ? AckMode.individual : AckMode.auto,
    prefetch,
    priority: byte(attributes.get('priority')) ?? 0,
    exclusive: isYes(attributes.get('exclusive')),
    noLocal: isYes(attributes.get('noLocal')),
    transformation: frame.get(Header.transformation) ?? null,
    groups: isYes(headerNamed(frame, GROUPS)),
    eviction: policy.eviction,
    // Only the oldest can be discarded from disk.
    spillAbove:
      policy.subscriberInMemory || policy.eviction.kind !== 'oldest' ? null : policy.cursorMemoryHighWaterMark,
    retroactive: isYes(attributes.get('retroactive')),
    // Only with a policy entry, for topics (semantics AU-04).
    audits: policy !== builtInPolicy && policy.enableAudit,
    extends: policy.usePrefetchExtension,
    pendingLimit: pendingLimit(policy, prefetch, integer(attributes.get('maximumPendingMessageLimit')) ?? 0),
  }
}

/** Asks to be shown `JMSXGroupID` and `JMSXGroupSeq`: ours, so nobody else's client can send it. */
const GROUPS = 'tandemmq.groups'

function headerNamed(frame: Frame, name: string): string | undefined {
  const line = frame.find(name)
  return line < 0 ? undefined : frame.value(line)
}

/** The policy's value replaces the built-in default, also when the client spelled that default out (stomp S-SUB-04). */
function prefetchOf(asked: number | null, queue: boolean, durable: boolean, policy: DestinationPolicy): number {
  const builtIn = queue ? QUEUE_PREFETCH : durable ? DURABLE_PREFETCH : TOPIC_PREFETCH
  if (asked !== null && asked !== builtIn) return asked
  if (queue) return policy.queuePrefetch
  return durable ? policy.durableTopicPrefetch : policy.topicPrefetch
}

/** Semantics T-07 … T-09: a client can only tighten what the policy limits. */
function pendingLimit(policy: DestinationPolicy, prefetch: number, asked: number): number {
  const rate = policy.pendingMessageRate
  const limit = rate === null ? policy.pendingMessageLimit : Math.floor(rate * prefetch)
  if (limit < 0) return -1
  return asked > 0 ? Math.min(limit, asked) : limit
}

/** A Java int, or null: what is not one is ignored (stomp S-SUB-06, S-SUB-14). */
function integer(text: string | undefined): number | null {
  return text !== undefined && /^[+-]?\d{1,10}$/.test(text) && (Number(text) | 0) === Number(text) ? Number(text) : null
}

/** A Java byte, or null: likewise. */
function byte(text: string | undefined): number | null {
  const value = integer(text)
  return value !== null && value >= -128 && value <= 127 ? value : null
}
