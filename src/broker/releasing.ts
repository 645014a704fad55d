import { DestinationKind, type DestinationName } from '../base/destination.ts'
import type { Epoch } from '../base/lsn.ts'
import { emptyDelivery, type Delivery } from '../destination/destination.ts'
import { SHOWN_AS, TARGET, Trait, readLsn } from '../journal/journal.ts'
import { AS_IT_IS, RecordBuffer, hiddenOf, writeRewritten, type Identity, type Rewriting } from '../session/session.ts'
import type { Job } from '../store/store.ts'
import type { Broker } from './broker.ts'
import type { DurableSubscription } from './durables.ts'

/**
 * What is taken to another broker waits in queues of its own, where `migrate` finds it: whatever dies, a message is in one
 * place. Each says what it was in headers that begin like these.
 */
const RELEASED = 'tandemmq.released.'
const HEADER = 'tandemmq-'

/** Does a name lead to one of these queues, or to several? */
export const isReleased = ({ kind, name }: DestinationName): boolean =>
  kind === DestinationKind.queue && name.startsWith(RELEASED)

/** Where the scheduled messages go. */
export const JOBS: DestinationName = { kind: DestinationKind.queue, name: `${RELEASED}scheduled` }

/** Where the backlog of a durable subscription goes. No part of the name is a wildcard, or ends a name. */
export const releasedFrom = ({ facts }: DurableSubscription): DestinationName => ({
  kind: DestinationKind.queue,
  name: `${RELEASED}subscription.${[facts.clientId, facts.name].map(plain).join(':')}`,
})
const plain = (text: string): string => encodeURIComponent(text).replace(/[.*]/g, one => (one === '.' ? '%2E' : '%2A'))

/** A message of a durable subscription's backlog, with its topic. */
export function releasedMessage(message: Delivery, epoch: () => Epoch): Delivery {
  return rewritten(message, epoch, {
    adds: [[`${HEADER}topic`, hiddenOf(message, SHOWN_AS) ?? '']],
    dropsHidden: (name: string): boolean => name === SHOWN_AS,
    dropsTraits: Trait.shownAs,
  })
}

/** The message of a job, with its schedule. It does not expire before it has fired, and no restart ends it (semantics SC-08, SC-10). */
export function releasedJob(message: Delivery, { next, period, remaining, cron }: Job, epoch: () => Epoch): Delivery {
  const facts = {
    next,
    period,
    remaining,
    cron,
    to: hiddenOf(message, TARGET) ?? '',
    persistent: message.persistent,
    expires: readLsn(message.view, message.offset + 32),
  }
  return rewritten(message, epoch, {
    adds: Object.entries(facts).map(([name, value]) => [`${HEADER}${name}`, String(value)]),
    dropsHidden: (name: string): boolean => name === TARGET,
    expires: 0,
    persistent: true,
  })
}

function rewritten(message: Delivery, epoch: () => Epoch, change: Partial<Rewriting>): Delivery {
  const into = new RecordBuffer(message.length + 512, epoch)
  const persistent = change.persistent ?? message.persistent
  const { length } = writeRewritten(into, message, 0, persistent, { ...AS_IT_IS, ...change })
  return { ...emptyDelivery(), block: into.block, view: into.view, length, persistent }
}

/**
 * What this identity may take elsewhere: durable subscriptions that it may read, how many messages are scheduled, what is released
 * already; and how many queues there are, as advisories do not tell that there is none.
 */
export function inventory(broker: Broker, identity: Identity): object {
  const subscriptions: object[] = []
  for (const durable of broker.durables.all()) {
    const { facts, topics, queue, subscriber } = durable
    if (topics.some(name => broker.refusal(identity, 'read', { kind: DestinationKind.topic, name }) !== null)) continue
    const waiting = queue.stored?.messages.live ?? 0
    subscriptions.push({ ...facts, waiting, active: subscriber !== null, queue: releasedFrom(durable).name })
  }
  const released: object[] = []
  let queues = 0
  for (const { at, stored } of broker.registry.namedQueues()) {
    queues++
    const waiting = stored?.messages.live ?? 0
    if (waiting > 0 && isReleased(at) && broker.refusal(identity, 'read', at) === null)
      released.push({ queue: at.name, waiting })
  }
  return { scheduled: broker.state.schedule.size, scheduledQueue: JOBS.name, subscriptions, released, queues }
}
