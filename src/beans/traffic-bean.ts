import { DestinationKind } from '../base/destination.ts'
import { Type, beanClass, type AttributeRow, type BeanClass } from '../management/management.ts'
import type { MessageIndex } from '../store/store.ts'
import type { Desk } from './desk.ts'
import { sliceOf } from './message-walk.ts'

/** What went through this broker since it began to lead: of what is over, and of what lives. */
export interface Traffic {
  readonly received: number
  readonly delivered: number
  readonly acknowledged: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly blockedMs: number
  readonly protocolFailures: number
  readonly securityFailures: number
}

const NOTHING: Traffic = {
  received: 0,
  delivered: 0,
  acknowledged: 0,
  bytesIn: 0,
  bytesOut: 0,
  blockedMs: 0,
  protocolFailures: 0,
  securityFailures: 0,
}

export function trafficOf({ host: { broker } }: Desk): Traffic {
  if (broker === null) return NOTHING
  const { totals } = broker.connections
  let { sends, delivered, acknowledged, bytesIn, bytesOut, blocked } = totals
  for (const session of broker.sessions) {
    sends += session.sends
    bytesIn += session.traffic.bytesIn
    bytesOut += session.traffic.bytesOut
    blocked += session.parked.waited
    for (const subscription of session.allSubscriptions) {
      if (subscription.browser !== null) continue
      delivered += subscription.delivered
      acknowledged += subscription.delivered - subscription.inFlight
    }
  }
  const { protocolFailures, securityFailures } = totals
  return {
    received: sends,
    delivered,
    acknowledged,
    bytesIn,
    bytesOut,
    blockedMs: blocked,
    protocolFailures,
    securityFailures,
  }
}

/** Connections by the scheme of their connector. */
function connectionsByTransport({ host }: Desk): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { scheme } of host.config.connectors) counts[scheme] = 0
  for (const { options, connections } of host.listeners)
    for (const { session } of connections)
      if (session.connected && session.replication === null) counts[options.scheme] = (counts[options.scheme] ?? 0) + 1
  return counts
}

const certificateEnds = ({ host }: Desk): Record<string, number> =>
  Object.fromEntries(host.certificates.map(({ label, endsAt }) => [label, endsAt]))

/** ms since the oldest message of each queue came, as far as this broker saw it; queues without messages are left out. */
function oldestMessages(desk: Desk): ReadonlyMap<string, number> {
  const { broker } = desk.host
  // A Map: an object of a hundred thousand names takes ten times as long.
  const ages = new Map<string, number>()
  if (broker === null) return ages
  const now = desk.host.now()
  for (const view of desk.destinations(DestinationKind.queue)) {
    const oldest = view.messages === null ? undefined : firstOf(view.messages)
    if (oldest !== undefined) ages.set(view.at.name, Math.max(0, now - broker.dispatching.arrivedAt(oldest.key)))
  }
  return ages
}

const firstOf = (messages: MessageIndex): ReturnType<typeof sliceOf>[number] | undefined =>
  messages.live === 0 ? undefined : sliceOf(messages, -1, 1)[0]

/** What the metrics are made of besides ActiveMQ's beans (management M-07). */
export const TRAFFIC: BeanClass<Desk> = beanClass<Desk>({
  className: 'io.tandemmq.Traffic',
  description: 'What went through this node since it began to lead.',
  attributes: [
    ['MessagesReceived', Type.long, 'SENDs that were taken.', desk => trafficOf(desk).received],
    ['MessagesDelivered', Type.long, 'MESSAGEs that were sent.', desk => trafficOf(desk).delivered],
    ['MessagesAcknowledged', Type.long, 'MESSAGEs that were settled.', desk => trafficOf(desk).acknowledged],
    ['BytesIn', Type.long, 'Bytes from clients.', desk => trafficOf(desk).bytesIn],
    ['BytesOut', Type.long, 'Bytes to clients.', desk => trafficOf(desk).bytesOut],
    ['BlockedMillis', Type.long, 'ms that SENDs waited for space.', desk => trafficOf(desk).blockedMs],
    [
      'ProtocolErrors',
      Type.long,
      'Connections that were ended for what they sent.',
      desk => trafficOf(desk).protocolFailures,
    ],
    [
      'SecurityErrors',
      Type.long,
      'Connections that were ended for who they are.',
      desk => trafficOf(desk).securityFailures,
    ],
    ['FailedLogins', Type.map, 'Logins that failed since the start, by interface.', desk => desk.host.failedLogins],
    [
      'DelayedLogins',
      Type.map,
      'Logins that had to wait since the start, after several wrong ones from their address, by interface.',
      desk => desk.host.delayedLogins,
    ],
    [
      'CertificateEnds',
      Type.map,
      'When the certificate of each connector by TLS ends, ms since 1970.',
      certificateEnds,
    ],
    ['Connections', Type.map, 'Connections by the scheme of their connector.', connectionsByTransport],
    ['OldestMessages', Type.map, 'ms since the oldest message of each queue came.', oldestMessages],
  ] satisfies AttributeRow<Desk>[],
})
