import type { Attribute, BeanServer } from './bean.ts'
import { encodeValue } from './bean-names.ts'
import { globMatches } from './pattern.ts'
import { labels, type MetricsText } from './prometheus.ts'
import { readDestinations, type Reading, type Work } from './read-beans.ts'

/** How the metrics of destinations are named (management M-05). */
export type MetricsNames = 'snake' | 'flat' | 'jmx'

/** Which destinations are shown, and how (management M-09). */
export interface DestinationMetricsOptions {
  readonly names: MetricsNames
  /** Of each kind; what is beyond is summed up as one destination, `__other__`. */
  readonly destinationsMax: number
  /** A pattern with `*` and `?`; null: all. */
  readonly destination: string | null
  readonly withAdvisories: boolean
}

const OTHER = '__other__'

/** Attributes that are shown, and how those of many destinations become one: added, or the greatest. */
const SHOWN: readonly (readonly [attribute: string, together: 'sum' | 'max'])[] = [
  ['QueueSize', 'sum'],
  ['EnqueueCount', 'sum'],
  ['DequeueCount', 'sum'],
  ['DispatchCount', 'sum'],
  ['InFlightCount', 'sum'],
  ['ExpiredCount', 'sum'],
  ['ForwardCount', 'sum'],
  ['ConsumerCount', 'sum'],
  ['ProducerCount', 'sum'],
  ['MemoryPercentUsage', 'max'],
  ['MemoryUsageByteCount', 'sum'],
  ['MemoryLimit', 'max'],
  ['AverageEnqueueTime', 'max'],
  ['MinEnqueueTime', 'max'],
  ['MaxEnqueueTime', 'max'],
  ['AverageMessageSize', 'max'],
  ['MaxMessageSize', 'max'],
  ['MinMessageSize', 'max'],
  ['StoreMessageSize', 'sum'],
  ['BlockedSends', 'sum'],
  ['TotalBlockedTime', 'sum'],
  ['AverageBlockedTime', 'max'],
  ['CursorMemoryUsage', 'sum'],
  ['CursorPercentUsage', 'max'],
  ['Paused', 'max'],
  ['DLQ', 'max'],
]

interface Row {
  /** With the blank before the value. */
  readonly labelled: Uint8Array
  readonly reading: Reading
}

/**
 * The families of all queues, then of all topics, as jmx_exporter's shipped rules name them (management M-02, M-03), with a
 * rest behind each. Answers the queues that are wanted.
 */
export function* writeDestinations(
  into: MetricsText,
  beans: BeanServer,
  brokerName: string,
  options: DestinationMetricsOptions,
): Work<readonly Reading[]> {
  let queues: readonly Reading[] = []
  for (const type of ['Queue', 'Topic'] as const) {
    const found = yield* readDestinations(beans, brokerName, type)
    const all = found.filter(reading => isWanted(reading.text('Name'), options))
    yield
    if (type === 'Queue') queues = all
    const rows = all.slice(0, options.destinationsMax)
    const rest = all.slice(options.destinationsMax)
    const label = (name: string): string => labels(labelsOf(options.names, brokerName, type, name))
    const shown = rows.map(reading => ({
      reading,
      labelled: Buffer.from(`${label(encodeValue(reading.text('Name')))} `),
    }))
    if (all.length === 0) continue
    for (const [attribute, together] of SHOWN) {
      const others = { rest, together, label: label(OTHER) }
      yield* writeFamily(into, nameOf(options.names, type, attribute), attribute, shown, others)
    }
  }
  return queues
}

function isWanted(name: string, { destination, withAdvisories }: DestinationMetricsOptions): boolean {
  if (!withAdvisories && name.startsWith('ActiveMQ.Advisory.')) return false
  return destination === null || globMatches(destination, name)
}

interface Rest {
  readonly rest: readonly Reading[]
  readonly together: 'sum' | 'max'
  readonly label: string
}

/** Destinations whose values are read between two rests. */
const readAtOnce = 10_000

function* writeFamily(
  into: MetricsText,
  name: string,
  attribute: string,
  rows: readonly Row[],
  { rest, together, label }: Rest,
): Work<void> {
  const found: Attribute<unknown> | undefined = (rows[0]?.reading ?? rest[0])?.bean.kind.attributes.get(attribute)
  if (found === undefined) return
  if (!into.family(name, 'untyped', found.description)) return
  for (let from = 0; from < rows.length; from += readAtOnce) {
    into.samples(name, rows.slice(from, from + readAtOnce), ({ reading }) => valueOf(found, reading))
    yield
  }
  if (rest.length === 0) return
  let all = 0
  for (let from = 0; from < rest.length; from += readAtOnce) {
    for (const reading of rest.slice(from, from + readAtOnce)) {
      const value = valueOf(found, reading)
      all = together === 'sum' ? all + value : Math.max(all, value)
    }
    yield
  }
  into.sample(name, label, all)
}

/** Booleans are 0 and 1. */
const valueOf = (attribute: Attribute<unknown>, { bean }: Reading): number => Number(attribute.read(bean.target))

const snake = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()

function nameOf(names: MetricsNames, type: string, attribute: string): string {
  if (names === 'jmx') return `org_apache_activemq_Broker_${attribute}`
  return `activemq_${type.toLowerCase()}_${names === 'flat' ? attribute.toLowerCase() : snake(attribute)}`
}

function labelsOf(names: MetricsNames, brokerName: string, type: string, name: string): Record<string, string> {
  return names === 'jmx' ? { brokerName, destinationName: name, destinationType: type } : { destination: name }
}
