import {
  DestinationKind,
  destinationMatches,
  isPattern,
  isQueueKind,
  type DestinationName,
} from '../base/destination.ts'
import { Queue, type Topic } from '../destination/destination.ts'
import type { Broker } from './broker.ts'

/**
 * The consumers of a destination as advisories count them: of a pattern those of every destination that it matches, of a
 * list none (semantics AD-03, as ActiveMQ 5.17 does). Durable subscriptions count whether somebody consumes them or not.
 */
export function consumerCount(broker: Broker, at: DestinationName): number {
  if (!isPattern(at.name)) {
    const to = broker.find(at.kind, at.name)
    return to === null ? 0 : consumersOf(broker, to)
  }
  let count = 0
  for (const to of broker.registry.named())
    if (isQueueKind(to.at.kind) === isQueueKind(at.kind) && destinationMatches(at.name, to.at.name))
      count += consumersOf(broker, to)
  return count
}

function consumersOf(broker: Broker, to: Queue | Topic): number {
  let count = to.consumers.size
  if (to instanceof Queue) return count + broker.browsing.countOf(to)
  if (to.at.kind === DestinationKind.topic)
    for (const durable of broker.durables.all()) if (durable.collectsFrom(to.at.name)) count++
  return count
}
