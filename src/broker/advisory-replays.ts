import { DestinationKind, isTemporaryKind } from '../base/destination.ts'
import type { Element } from '../transformation/transformation.ts'
import type { Subscription } from '../session/session.ts'
import type { Advisories } from './advisories.ts'
import { connectionInfo, producerInfo } from './advisory-bodies.ts'
import {
  ANONYMOUS_PRODUCER,
  CONNECTION,
  CONSUMER_PREFIX,
  LIFE,
  PRODUCER_PREFIX,
  TEMPORARY_LIFE,
  eventTopic,
  isAdvisoryTopic,
  lifeTopic,
  listedName,
} from './advisory-names.ts'
import type { Broker } from './broker.ts'

/** One advisory for a new subscriber alone. */
export interface Replay {
  readonly topic: string
  readonly body: Element
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/**
 * What exists, for a subscriber that names the topics of it: connections and destinations by their exact names, consumers
 * and producers by any name below theirs, as ActiveMQ 5.17 does; a pattern above them is told only what happens (AD-16).
 */
export function replaysOf(broker: Broker, advisories: Advisories, subscription: Subscription): Replay[] {
  const names = subscription.options.destinations.flatMap(({ kind, name }) =>
    kind === DestinationKind.topic ? [name] : [],
  )
  const all: Replay[] = []
  if (names.includes(CONNECTION)) all.push(...connections(broker))
  if (names.some(name => LIFE.includes(name))) {
    // Whoever asks for temporary ones alone is not told of the others.
    const temporaryOnly = names.every(name => TEMPORARY_LIFE.includes(name))
    all.push(...destinations(broker, advisories, temporaryOnly).filter(({ topic }) => names.includes(topic)))
  }
  if (names.some(name => name.startsWith(PRODUCER_PREFIX)) && advisories.tellsProducers) all.push(...producers(broker))
  if (names.some(name => name.startsWith(CONSUMER_PREFIX))) all.push(...consumers(broker, advisories))
  return all
}

const clients = ({ sessions }: Broker) =>
  [...sessions].filter(session => session.connected && session.identity.twin !== true)

const connections = (broker: Broker): Replay[] =>
  clients(broker).map(session => ({ topic: CONNECTION, body: connectionInfo(session), headers: [] }))

const producers = (broker: Broker): Replay[] =>
  clients(broker).map(session => ({
    topic: ANONYMOUS_PRODUCER,
    body: producerInfo(session),
    headers: [['producerCount', '0']],
  }))

const destinations = (broker: Broker, advisories: Advisories, temporaryOnly: boolean): Replay[] =>
  [...broker.registry.all()]
    .filter(({ at }) => !isAdvisoryTopic(at) && (isTemporaryKind(at.kind) || !temporaryOnly))
    .map(to => ({ topic: lifeTopic(to.at.kind), body: advisories.destinationInfo(to), headers: [] }))

function consumers(broker: Broker, advisories: Advisories): Replay[] {
  const all: Replay[] = []
  for (const session of clients(broker)) {
    for (const subscription of session.allSubscriptions) {
      if (subscription.options.destinations.some(isAdvisoryTopic)) continue
      const at = listedName(subscription.options.destinations)
      const body = advisories.consumerInfo(subscription, at)
      all.push({ topic: eventTopic('Consumer', at), body, headers: advisories.consumerHeaders(at) })
    }
  }
  return all
}
