import type { MessageKey } from '../base/lsn.ts'
import { DeliveryState, type Queue } from '../destination/destination.ts'
import { Header, Version, type Frame } from '../stomp/stomp.ts'
import { parseDestinations, resolveName } from './names.ts'
import { consumerAttributes } from './attributes.ts'
import type { Session } from './session.ts'
import type { Subscription } from './subscription.ts'

/** UNSUBSCRIBE: by id, in 1.0 also by destination (S-UNS-01 … S-UNS-03). */
export function onUnsubscribe(session: Session, frame: Frame): void {
  const receipt = frame.get(Header.receipt)
  const id = frame.get(Header.id)
  const destination = frame.get(Header.destination)
  if (id === undefined && session.version !== Version.v10) {
    return session.error('UNSUBSCRIBE received without a subscription id!', receipt)
  }
  if (id === undefined && destination === undefined) {
    return session.error('Must specify the subscriptionId or the destination you are unsubscribing from', receipt)
  }
  const durable = consumerAttributes(frame).get('subscriptionName')
  if (durable !== undefined) return removeDurable(session, durable, receipt, frame)
  const subscription = id === undefined ? byDestination(session, destination!) : session.subscriptions.get(id)
  if (subscription === undefined) return session.error('No subscription matched.', receipt)
  endSubscription(subscription)
  session.receipt(frame)
}

/** No right is needed to delete one (semantics SA-12), and the pair's login has none at all. */
const TWIN_REMOVES_NOTHING = "The pair's own login is not authorized to remove durable subscriptions"

/** Deletes a durable subscription; in 1.0 the name is taken for the client id too (stomp S-UNS-05, S-DUR-06, S-DUR-08). */
function removeDurable(session: Session, name: string, receipt: string | undefined, frame: Frame): void {
  if (session.identity.twin === true) return session.securityError(TWIN_REMOVES_NOTHING, receipt)
  const clientId = session.version === Version.v10 ? name : session.clientId
  const refusal = session.core.durables.remove(clientId, name)
  if (refusal !== null) return session.error(refusal, receipt)
  session.core.plugins?.events?.unsubscribed(session, name)
  session.receipt(frame)
}

/** The oldest one with exactly this destination; a name without prefix is a queue, as in SUBSCRIBE. */
function byDestination(session: Session, text: string): Subscription | undefined {
  const wanted = parseDestinations(text)
  if (wanted === null) return undefined
  const uris = wanted.map(at => (at.alias ? null : session.printDestination(resolveName(session, at))) ?? text.trim())
  for (const subscription of session.allSubscriptions) {
    const { destinations } = subscription.options
    if (destinations.length !== uris.length) continue
    if (destinations.every((at, i) => session.printDestination(at) === uris[i])) return subscription
  }
  return undefined
}

/**
 * The subscription ends: no further MESSAGE, and what was delivered but not acknowledged goes back to its queue in the
 * order of delivery, flagged (S-UNS-04, R-01 … R-04). What an open transaction acknowledged stays with the transaction.
 */
export function endSubscription(subscription: Subscription): void {
  if (subscription.closed) return
  const { session, window } = subscription
  subscription.closed = true
  subscription.active = false
  session.allSubscriptions.delete(subscription)
  const { id } = subscription.options
  if (id !== null && session.subscriptions.get(id) === subscription) session.subscriptions.delete(id)
  session.core.detach(subscription)
  session.core.plugins?.events?.consumer(subscription, false)
  subscription.backlog.close()
  session.core.space.freed()
  const returned = new Map<Queue, { keys: MessageKey[]; persistent: boolean }>()
  for (let index = window.first; index < window.end; index++) {
    const state = window.state(index)
    const queue = window.queue(index)
    if (queue === null || state === DeliveryState.settled || state === DeliveryState.enlisted) continue
    const batch = returned.get(queue) ?? { keys: [], persistent: false }
    batch.keys.push(window.key(index))
    batch.persistent ||= window.persistent(index)
    returned.set(queue, batch)
    window.setState(index, DeliveryState.settled)
  }
  window.trim()
  for (const [queue, { keys, persistent }] of returned) session.core.giveBack(queue, keys, persistent)
}
