import type { Attribute, BeanServer } from './bean.ts'
import { encodeValue } from './bean-names.ts'
import { globMatches } from './pattern.ts'
import { labels, type MetricsText } from './prometheus.ts'
import { destinationsOf, type Reading } from './read-beans.ts'

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

/** The families of all queues, then of all topics, as jmx_exporter's shipped rules name them (management M-02, M-03). */
export function writeDestinations(
  into: MetricsText,
  beans: BeanServer,
  brokerName: string,
  options: DestinationMetricsOptions,
): void {
  for (const type of ['Queue', 'Topic'] as const) {
    const all = destinationsOf(beans, brokerName, type).filter(reading => isWanted(reading.text('Name'), options))
    const rows = all.slice(0, options.destinationsMax)
    const rest = all.slice(options.destinationsMax)
    const label = (name: string): string => labels(labelsOf(options.names, brokerName, type, name))
    const shown = rows.map(reading => ({
      reading,
      labelled: Buffer.from(`${label(encodeValue(reading.text('Name')))} `),
    }))
    if (all.length > 0)
      for (const [attribute, together] of SHOWN)
        writeFamily(into, nameOf(options.names, type, attribute), attribute, shown, {
          rest,
          together,
          label: label(OTHER),
        })
  }
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

function writeFamily(into: MetricsText, name: string, attribute: string, rows: readonly Row[], others: Rest): void {
  const found: Attribute<unknown> | undefined = (rows[0]?.reading ?? others.rest[0])?.bean.kind.attributes.get(
    attribute,
  )
  if (found === undefined) return
  if (!into.family(name, 'untyped', found.description)) return
  into.samples(name, rows, ({ reading }) => valueOf(found, reading))
  if (others.rest.length === 0) return
  const values = others.rest.map(reading => valueOf(found, reading))
  into.sample(
    name,
    others.label,
    others.together === 'sum' ? values.reduce((a, b) => a + b, 0) : values.reduce((a, b) => Math.max(a, b), 0),
  )
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
