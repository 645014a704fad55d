import { DestinationKind, isPattern, isTemporaryKind, type DestinationName } from '../base/destination.ts'
import { messageOf } from '../base/errors.ts'
import { Selection, parseCron, selectionOf, type Route } from '../destination/destination.ts'
import { Header, trimControl, type Frame } from '../stomp/stomp.ts'
import { Refusal, type DurableFacts } from './core.ts'
import type { BadSend } from './message.ts'
import { namesIn, parseDestinations, resolveName } from './names.ts'
import { mayNot, scheduleFor } from './on-schedule.ts'
import { notDurable } from './on-subscribe.ts'
import type { Transaction } from './on-transaction.ts'
import type { Session } from './session.ts'
import { variantLines } from './variant.ts'

const NAMESPACE = '/tandemmq/'

/**
 * Names by which `import` and `migrate` bring back what a SEND to a destination cannot; ours, and no destinations. Their
 * parts are percent-encoded.
 *
 *     /tandemmq/subscription               makes the durable subscription that its headers tell, unless it is there
 *     /tandemmq/backlog/CLIENT/NAME/TOPIC  a message of this topic for that durable subscription alone
 *     /tandemmq/scheduler                  RECEIPT, if there is a scheduler
 *     /tandemmq/inventory                  tells reply-to what there is to take elsewhere
 *     /tandemmq/release                    moves a subscription's backlog, or what is scheduled, into a queue for migrate
 *     /tandemmq/scheduled/NEXT/PERIOD/REMAINING/CRON/TARGETS  a scheduled message, with its job as the journal has it
 *
 * Whoever may send to the topic or the targets may send these; whoever may subscribe may make the subscription. Whoever may order
 * the scheduler about may release what is scheduled, and a subscription if he may subscribe too: nobody else may take it from the
 * queue it goes to (broker/rights.ts).
 */
export const isRestored = (destination: string): boolean => trimControl(destination).startsWith(NAMESPACE)

/** What a SEND does instead of being delivered. Its RECEIPT is its own business, an error is its caller's. */
export type Order = (session: Session, frame: Frame, transaction: Transaction | null) => Refusal | BadSend | null

/** What a SEND to such a name does: an order, or a message of a topic that goes where `find` says. */
export function restored(
  session: Session,
  text: string,
): { readonly order: Order } | { readonly topic: DestinationName; readonly find: () => Route | Refusal } | Refusal {
  const [kind, ...encoded] = trimControl(text).slice(NAMESPACE.length).split('/')
  const parts = decodedAll(encoded)
  switch (`${kind} ${parts?.length}`) {
    case 'subscription 0':
      return { order: makeSubscription }
    case 'scheduler 0':
      return { order: tellScheduler }
    case 'inventory 0':
      return { order: tellInventory }
    case 'release 0':
      return { order: release }
    case 'backlog 3':
      return backlog(session, parts!)
    case 'scheduled 5':
      return { order: (at, frame, transaction) => schedule(at, frame, transaction, parts!) }
    default:
      return new Refusal(`Not a name of tandemmq import: ${text}`, false)
  }
}

/** Null: a part is no percent-encoding. */
function decodedAll(parts: readonly string[]): readonly string[] | null {
  try {
    return parts.map(decodeURIComponent)
  } catch {
    return null
  }
}

const headerOf = (frame: Frame, name: string): string | null =>
  frame.find(name) < 0 ? null : frame.value(frame.find(name))

const topicsIn = (names: string): readonly DestinationName[] =>
  names.split(',').map(name => ({ kind: DestinationKind.topic, name }))

/** As SUBSCRIBE would; but a subscription that is there keeps what it has collected, whatever it is (compare semantics U-05). */
function makeSubscription(session: Session, frame: Frame): Refusal | null {
  const value = (name: string): string | null => headerOf(frame, name)
  const facts: DurableFacts = {
    clientId: value('client-id') ?? '',
    name: value('name') ?? '',
    topics: value('topics') ?? '',
    selector: value('selector'),
    exact: value('exact') === 'true',
    noLocal: value('no-local') === 'true',
  }
  const topics = topicsIn(facts.topics)
  if (facts.clientId === '' || facts.name === '' || topics.some(({ name }) => name === ''))
    return new Refusal('A durable subscription needs client-id, name and topics', false)
  const isSelector = facts.selector === null || selectionOf(facts.selector, !facts.exact) instanceof Selection
  const wrong = isSelector ? notDurable(topics) : facts.selector
  if (wrong !== null) return new Refusal(wrong, false)
  const refusal = makeTopics(session, topics) ?? session.core.durables.ensure(facts, session.identity)
  if (refusal === null) session.receipt(frame)
  return refusal
}

function makeTopics(session: Session, topics: readonly DestinationName[]): Refusal | null {
  const { core, identity } = session
  const denied = mayNotRead(session, topics)
  if (denied !== null) return denied
  for (const at of topics) {
    if (isPattern(at.name) || core.find(at.kind, at.name) !== null) continue
    const create = core.refusal(identity, 'admin', at)
    if (create !== null) return new Refusal(create, true)
    const full = core.lifetimes.refusal(at)
    if (full !== null) return new Refusal(full, false)
    core.create(at, null)
  }
  return null
}

/** It was selected, and copied from its topic, where it was collected. */
function backlog(
  session: Session,
  [clientId = '', name = '', topicName = '']: readonly string[],
): { readonly topic: DestinationName; readonly find: () => Route | Refusal } {
  const { core } = session
  const topic: DestinationName = { kind: DestinationKind.topic, name: topicName }
  const find = (): Route | Refusal => {
    if (topicName === '' || isPattern(topicName)) return new Refusal(`Not the name of a topic: ${topicName}`, false)
    const denied = mayNot(session, [topic])
    if (denied !== null) return denied
    const queue = core.durables.backlogOf(clientId, name, topicName)
    if (queue instanceof Refusal) return queue
    const variant = { ...variantLines(null, topic), stored: [{ queue, when: null, dropsWhenFull: false }], live: [] }
    return { plain: null, variants: [variant], places: [queue], epoch: core.routes.epoch }
  }
  return { topic, find }
}

const NO_SCHEDULER = 'No scheduler: schedulerSupport="true" on <broker> switches it on'

function tellScheduler(session: Session, frame: Frame): Refusal | null {
  if (session.core.scheduler === null) return new Refusal(NO_SCHEDULER, false)
  session.receipt(frame)
  return null
}

function schedule(
  session: Session,
  frame: Frame,
  transaction: Transaction | null,
  parts: readonly string[],
): Refusal | BadSend | null {
  if (session.core.scheduler === null) return new Refusal(NO_SCHEDULER, false)
  const [next = '', period = '', remaining = '', cron = '', targets = ''] = parts
  const names = namesIn(targets)
  const isJob = [next, period].every(text => /^\d{1,16}$/.test(text)) && isCount(remaining)
  if (!isJob || names.length === 0 || (cron !== '' && parseCron(cron) === null))
    return new Refusal(`Not a schedule: ${frame.get(Header.destination)}`, false)
  const repeat = Math.max(0, Number(remaining) - 1)
  const plan = { delay: 0, period: atMost(period), repeat, cron, next: atMost(next) }
  return scheduleFor(session, frame, transaction, names, plan)
}

/** As the journal holds it, in 32 bits with a sign. */
const isCount = (text: string): boolean => /^(-1|\d{1,10})$/.test(text) && Number(text) < 2 ** 31

const atMost = (text: string): number => Math.min(Number(text), Number.MAX_SAFE_INTEGER)

/** Destinations that a reply may go to: those of this connection, and where it could send itself. */
function tellInventory(session: Session, frame: Frame): Refusal | null {
  const named = frame.get(Header.replyTo)
  const replyTo = (named === undefined ? null : parseDestinations(named))?.map(one => resolveName(session, one)) ?? []
  if (replyTo.length === 0) return new Refusal('The inventory needs a reply-to', false)
  for (const at of replyTo) {
    const denied = isTemporaryKind(at.kind) ? null : mayNot(session, [at])
    if (denied !== null) return denied
  }
  session.core.operations.tellInventory(session.identity, replyTo)
  session.receipt(frame)
  return null
}

/** Ordering the scheduler about goes by this name (semantics SC-11). */
export const SCHEDULER_MANAGEMENT: DestinationName = {
  kind: DestinationKind.topic,
  name: 'ActiveMQ.Scheduler.Management',
}

/** The RECEIPT comes when it is done. */
function release(session: Session, frame: Frame): Refusal | null {
  const { durables, operations } = session.core
  const [clientId, name] = [headerOf(frame, 'client-id'), headerOf(frame, 'name')]
  const topics = clientId === null || name === null ? null : durables.topicsOf(clientId, name)
  const denied =
    (topics === null ? null : mayNotRead(session, topicsIn(topics))) ?? mayNot(session, [SCHEDULER_MANAGEMENT])
  if (denied !== null) return denied
  // Half a name would mean every job.
  if ((clientId === null) !== (name === null))
    return new Refusal('To release a durable subscription needs client-id and name', false)
  const done: Promise<Refusal | null | void> =
    clientId === null || name === null
      ? operations.releaseScheduled()
      : operations.releaseSubscription(clientId, name, session.identity)
  const receipt = frame.get(Header.receipt)
  const answer = (refusal: string | null): void => {
    if (session.ended) return
    if (refusal === null) session.receiptFor(receipt)
    else session.error(refusal, receipt)
  }
  void done.then(
    refusal => answer(refusal?.message ?? null),
    (error: unknown) => answer(messageOf(error)),
  )
  return null
}

function mayNotRead({ core, identity }: Session, topics: readonly DestinationName[]): Refusal | null {
  const denied =
    topics.length === 1 ? core.refusal(identity, 'read', topics[0]!) : core.refusalOfAll(identity, 'read', topics)
  return denied === null ? null : new Refusal(denied, true)
}
