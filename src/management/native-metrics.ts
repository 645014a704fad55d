import { ownBean } from './bean-names.ts'
import type { MetricsSource } from './metrics.ts'
import type { DestinationMetricsOptions } from './destination-metrics.ts'
import { objectName } from './object-name.ts'
import { globMatches } from './pattern.ts'
import { labels, type MetricsText } from './prometheus.ts'
import { readingOf, type Reading, type Work } from './read-beans.ts'

/** TandemMQ's own families, in seconds, bytes and ratios (management M-07), with rests. `queues`: those that are wanted. */
export function* writeNative(
  into: MetricsText,
  source: MetricsSource,
  queues: readonly Reading[],
  options: DestinationMetricsOptions,
): Work<void> {
  const { beans, brokerName, version, serving } = source
  into.family('tandemmq_build_info', 'gauge', 'The version, as a label.')
  into.sample('tandemmq_build_info', labels({ version }), 1)
  into.one('tandemmq_up', 'gauge', 'Clients are let in.', Number(serving))
  const traffic = readingOf(beans, ownBean('Traffic', brokerName))
  if (traffic !== null) writeTraffic(into, traffic)
  yield
  yield* writeQueues(into, queues, traffic, options)
  yield
  const store = readingOf(beans, ownBean('Store', brokerName))
  if (store !== null) writeStore(into, store)
  writeProcess(into, source)
}

function writeTraffic(into: MetricsText, traffic: Reading): void {
  const count = (name: string, help: string, attribute: string): void =>
    into.one(`tandemmq_${name}_total`, 'counter', help, traffic.number(attribute))
  count('messages_received', 'SENDs that were taken.', 'MessagesReceived')
  count('messages_delivered', 'MESSAGEs that were sent.', 'MessagesDelivered')
  count('messages_acked', 'MESSAGEs that were settled.', 'MessagesAcknowledged')
  const bytes = 'tandemmq_message_bytes_total'
  into.family(bytes, 'counter', 'Bytes from and to clients.')
  into.sample(bytes, labels({ direction: 'in' }), traffic.number('BytesIn'))
  into.sample(bytes, labels({ direction: 'out' }), traffic.number('BytesOut'))
  into.one(
    'tandemmq_producer_blocked_seconds_total',
    'counter',
    'Time that SENDs waited for space.',
    traffic.number('BlockedMillis') / 1000,
  )
  const errors = 'tandemmq_frame_errors_total'
  into.family(errors, 'counter', 'Connections that were ended with an ERROR.')
  into.sample(errors, labels({ reason: 'protocol' }), traffic.number('ProtocolErrors'))
  into.sample(errors, labels({ reason: 'security' }), traffic.number('SecurityErrors'))
  const byInterface = (name: string, help: string, attribute: string): void => {
    into.family(name, 'counter', help)
    for (const [door, logins] of entries(traffic.value(attribute)))
      into.sample(name, labels({ interface: door }), logins)
  }
  byInterface('tandemmq_failed_logins_total', 'Logins that failed.', 'FailedLogins')
  byInterface('tandemmq_delayed_logins_total', 'Logins that waited, as somebody guesses passwords.', 'DelayedLogins')
  const ends = 'tandemmq_certificate_expiry_timestamp_seconds'
  into.family(ends, 'gauge', 'When the certificate that is shown there ends.')
  for (const [connector, ms] of entries(traffic.value('CertificateEnds')))
    into.sample(ends, labels({ connector }), ms / 1000)
  into.family('tandemmq_connections', 'gauge', 'Connections of clients, by the scheme of their connector.')
  for (const [transport, connections] of entries(traffic.value('Connections')))
    into.sample('tandemmq_connections', labels({ transport }), connections)
}

/** Depth and age of queues; of an unlimited number of them the first ones, by name. */
function* writeQueues(
  into: MetricsText,
  queues: readonly Reading[],
  traffic: Reading | null,
  { destination, destinationsMax }: DestinationMetricsOptions,
): Work<void> {
  const isWanted = (name: string): boolean => destination === null || globMatches(destination, name)
  into.family('tandemmq_queue_depth', 'gauge', 'Messages in the queue.')
  for (const queue of queues.slice(0, destinationsMax))
    into.sample('tandemmq_queue_depth', labels({ queue: queue.text('Name') }), queue.number('QueueSize'))
  yield
  const age = 'tandemmq_queue_oldest_message_age_seconds'
  into.family(age, 'gauge', 'Time since the oldest message of the queue came, as far as this broker saw it.')
  const ages = entries(traffic?.value('OldestMessages')).filter(([queue]) => isWanted(queue))
  for (const [queue, ms] of ages.slice(0, destinationsMax)) into.sample(age, labels({ queue }), ms / 1000)
}

function writeStore(into: MetricsText, store: Reading): void {
  into.one('tandemmq_journal_bytes', 'gauge', 'Bytes of the journal’s files.', store.number('TotalBytes'))
  into.one('tandemmq_journal_live_bytes', 'gauge', 'Bytes of them that are still needed.', store.number('LiveBytes'))
  writeScrub(into, store)
  const { bounds, buckets, count, sum } = store.value('SyncSeconds') as SyncSeconds
  const name = 'tandemmq_journal_fsync_seconds'
  into.family(name, 'histogram', 'How long the journal’s syncs took.')
  let below = 0
  for (const [i, bound] of bounds.entries()) {
    below += buckets[i] ?? 0
    into.sample(`${name}_bucket`, labels({ le: String(bound) }), below)
  }
  into.sample(`${name}_bucket`, labels({ le: '+Inf' }), count)
  into.sample(`${name}_sum`, '', sum)
  into.sample(`${name}_count`, '', count)
}

/** What reading the sealed files found; counters begin at the start of the node. */
function writeScrub(into: MetricsText, store: Reading): void {
  const segments = 'Sealed files of the journal that were read, and verify.'
  into.one('tandemmq_scrub_segments_total', 'counter', segments, store.number('VerifiedSegments'))
  into.one('tandemmq_scrub_bytes_total', 'counter', 'Bytes of them.', store.number('VerifiedBytes'))
  const damaged = store.value('Damaged')
  const count = Array.isArray(damaged) ? damaged.length : 0
  into.one('tandemmq_scrub_damaged_segments', 'gauge', 'Sealed files that do not verify now.', count)
  const at = store.value('LastPassTime')
  if (typeof at !== 'number') return
  into.one('tandemmq_scrub_last_pass_timestamp_seconds', 'gauge', 'When all had been read last.', at / 1000)
}

interface SyncSeconds {
  readonly bounds: readonly number[]
  readonly buckets: readonly number[]
  readonly count: number
  readonly sum: number
}

/** What every Node process tells, under the names that its dashboards know. */
function writeProcess(into: MetricsText, { beans, loopLagMs }: MetricsSource): void {
  const java = (type: string): Reading | null => readingOf(beans, objectName('java.lang', [['type', type]]))
  const system = java('OperatingSystem')
  const memory = java('Memory')
  const heap = new Map(entries(memory?.value('HeapMemoryUsage')))
  const rest = new Map(entries(memory?.value('NonHeapMemoryUsage')))
  const resident = (heap.get('committed') ?? 0) + (rest.get('used') ?? 0)
  const cpu = (system?.number('ProcessCpuTime') ?? 0) / 1e9
  into.one('process_cpu_seconds_total', 'counter', 'Processor time that the process used.', cpu)
  into.one('process_resident_memory_bytes', 'gauge', 'Memory that the process takes.', resident)
  into.one(
    'process_start_time_seconds',
    'gauge',
    'When the process began.',
    (java('Runtime')?.number('StartTime') ?? 0) / 1000,
  )
  into.one(
    'process_open_fds',
    'gauge',
    'Files and sockets that are open.',
    system?.number('OpenFileDescriptorCount') ?? -1,
  )
  into.one(
    'process_max_fds',
    'gauge',
    'Files and sockets that may be open.',
    system?.number('MaxFileDescriptorCount') ?? -1,
  )
  into.one('nodejs_heap_size_used_bytes', 'gauge', 'Memory of JavaScript objects.', heap.get('used') ?? 0)
  into.one('nodejs_heap_size_total_bytes', 'gauge', 'Memory for JavaScript objects.', heap.get('committed') ?? 0)
  into.one('nodejs_eventloop_lag_seconds', 'gauge', 'How late the event loop was lately.', loopLagMs / 1000)
}

const entries = (value: unknown): [string, number][] => {
  if (value instanceof Map) return [...(value as Map<string, number>)]
  return typeof value === 'object' && value !== null ? (Object.entries(value) as [string, number][]) : []
}
