import type { BeanServer } from './bean.ts'
import { brokerBean, ownBean } from './bean-names.ts'
import { writeDestinations, type DestinationMetricsOptions } from './destination-metrics.ts'
import { writeNative } from './native-metrics.ts'
import { MetricsText, labels, type MetricsFormat } from './prometheus.ts'
import { atOnce, readingOf, type Reading, type Work } from './read-beans.ts'

/** What a scrape is made of. */
export interface MetricsSource {
  readonly beans: BeanServer
  readonly brokerName: string
  readonly version: string
  /** How late the event loop was lately, ms. */
  readonly loopLagMs: number
  /** Clients are let in. */
  readonly serving: boolean
}

export interface MetricsOptions extends DestinationMetricsOptions {
  readonly format: MetricsFormat
  /** Families by name; none: all (`?name[]=`). */
  readonly families: ReadonlySet<string>
}

/** `GET /metrics` (management M-01 … M-09). */
export const metricsText = (source: MetricsSource, options: MetricsOptions): Buffer =>
  atOnce(writeMetrics(source, options))

/** As `metricsText`, with rests: of a hundred thousand queues it is the work of seconds. */
export function* writeMetrics(source: MetricsSource, options: MetricsOptions): Work<Buffer> {
  const text = new MetricsText(options.format, options.families)
  const { beans, brokerName } = source
  const queues = yield* writeDestinations(text, beans, brokerName, options)
  const broker = readingOf(beans, brokerBean(brokerName))
  if (broker !== null) writeBroker(text, broker)
  yield
  yield* writeNative(text, source, queues, options)
  yield
  const pair = readingOf(beans, ownBean('Pair', brokerName))
  if (pair !== null) writePair(text, pair)
  return text.done()
}

/** As jmx_exporter's shipped rules name them; some are levels that are called totals (management M-02, M-06). */
function writeBroker(into: MetricsText, broker: Reading): void {
  const open = into.format === 'openmetrics'
  into.one('activemq_connections', 'gauge', 'Connections of clients.', broker.number('CurrentConnectionsCount'))
  into.one('activemq_enqueue_total', 'counter', 'Messages that came in.', broker.number('TotalEnqueueCount'))
  into.one('activemq_dequeue_total', 'counter', 'Messages that left.', broker.number('TotalDequeueCount'))
  const level = open ? 'untyped' : 'gauge'
  into.one('activemq_message_total', level, 'Messages that are held now.', broker.number('TotalMessageCount'))
  into.one('activemq_consumer_total', level, 'Subscriptions now.', broker.number('TotalConsumerCount'))
  into.one('activemq_producer_total', level, 'Connections that may send now.', broker.number('TotalProducerCount'))
  // In OpenMetrics a gauge of that name, without the ending, would be the same family.
  into.one(
    'activemq_connections_total',
    open ? 'untyped' : 'counter',
    'Connections of clients since the start.',
    broker.number('TotalConnectionsCount'),
  )
  for (const [name, attribute] of RATIOS)
    into.one(`activemq_${name}_usage_ratio`, 'gauge', 'Share of the limit in use.', broker.number(attribute) / 100)
}

const RATIOS = [
  ['memory', 'MemoryPercentUsage'],
  ['store', 'StorePercentUsage'],
  ['temp', 'TempPercentUsage'],
  ['jobschedulerstore', 'JobSchedulerStorePercentUsage'],
] as const

const STATES = {
  active: ['ALONE', 'PAIRED', 'SYNCING', 'SOLO', 'WAITING'],
  passive: ['STARTING', 'CONNECTING', 'SYNCING', 'IN_SYNC', 'DISCONNECTED', 'PROMOTING'],
} as const

/** Management M-08. */
function writePair(into: MetricsText, pair: Reading): void {
  const role = pair.text('Role')
  const state = pair.text('State')
  const peer = labels({ peer: pair.text('PeerBrokerName') })
  into.family('tandemmq_pair_role', 'gauge', 'The role of this node: 1 for the one that it has.')
  for (const one of ['active', 'passive'])
    into.sample('tandemmq_pair_role', labels({ role: one }), Number(one === role))
  into.family('tandemmq_pair_state', 'gauge', 'The state of this node: 1 for the one that it is in.')
  for (const one of new Set([...STATES.active, ...STATES.passive, 'HALTED', state]))
    into.sample('tandemmq_pair_state', labels({ state: one }), Number(one === state))
  into.one('tandemmq_pair_epoch', 'gauge', 'Activations of the pair so far.', pair.number('Epoch'))
  into.one('tandemmq_pair_connected', 'gauge', 'The two are in contact.', Number(pair.is('PeerConnected')))
  into.one('tandemmq_pair_in_sync', 'gauge', 'What is acknowledged is on both.', Number(pair.is('InSync')))
  const lag: readonly (readonly [string, string, number | null])[] = [
    ['tandemmq_pair_lag_records', 'Records that the other has not yet.', numberOrNull(pair, 'LagRecords')],
    ['tandemmq_pair_lag_bytes', 'Journal bytes that the other has not yet made durable.', pair.number('LagBytes')],
    ['tandemmq_pair_lag_seconds', 'Time by which the other is behind.', pair.number('LagMillis') / 1000],
  ]
  for (const [name, help, value] of lag) {
    if (value === null) continue
    into.family(name, 'gauge', help)
    into.sample(name, peer, value)
  }
  into.one('tandemmq_pair_failovers_total', 'counter', 'Changes of role since the start.', pair.number('FailoverCount'))
  const at = numberOrNull(pair, 'LastFailoverTime')
  if (at !== null)
    into.one('tandemmq_pair_last_failover_timestamp_seconds', 'gauge', 'When the role changed last.', at / 1000)
  const outage = numberOrNull(pair, 'LastFailoverOutageMillis')
  if (outage !== null)
    into.one('tandemmq_pair_failover_outage_seconds', 'gauge', 'Time for which nobody led then.', outage / 1000)
}

const numberOrNull = (of: Reading, attribute: string): number | null => {
  const value = of.value(attribute)
  return typeof value === 'number' ? value : null
}
