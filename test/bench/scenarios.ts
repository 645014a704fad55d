import type { BrokerName } from './peers.ts'
import { MANY } from './many.ts'
import type { LoadOptions } from './options.ts'

/** How TandemMQ must compare with a peer: its figure divided by the peer's. */
export interface Target {
  readonly peer: BrokerName
  readonly ratio: number
  /** Whether the ratio is the least or the most allowed. */
  readonly bound: 'least' | 'most'
}

export interface Scenario {
  readonly id: string
  readonly title: string
  /** What is compared: messages per second until all is confirmed and delivered, or the 99th percentile of receipts. */
  readonly metric: 'perS' | 'receiptP99Ms'
  readonly load: Partial<LoadOptions> & { readonly producers: number; readonly consumers: number }
  /** Messages of one run, all producers together; without it, as many as take the run's time on that broker. */
  readonly messages?: number
  /** Messages before the first measured run; where a broker compiles what is hot, that takes seconds at a low rate. */
  readonly warmUp?: number
  readonly targets: readonly Target[]
}

const least = (activemq: number, rabbitmq: number): Target[] => [
  { peer: 'activemq', ratio: activemq, bound: 'least' },
  { peer: 'rabbitmq', ratio: rabbitmq, bound: 'least' },
]

/** Of the 99th percentile of receipts. */
const RECEIPTS: readonly Target[] = [
  { peer: 'activemq', ratio: 0.5, bound: 'most' },
  { peer: 'rabbitmq', ratio: 1, bound: 'most' },
]

/** Issue 2's table. The backlog comes last: what it leaves behind must not weigh on the others. */
export const SCENARIOS: readonly Scenario[] = [
  {
    id: '1p1c',
    title: '1 producer, 1 consumer',
    metric: 'perS',
    load: { producers: 1, consumers: 1 },
    targets: least(15, 2.5),
  },
  {
    id: '8p8c',
    title: '8 producers, 8 consumers, 8 queues',
    metric: 'perS',
    load: { producers: 8, consumers: 8, dests: 8 },
    targets: least(4, 3),
  },
  {
    id: 'topic',
    title: 'topic 1 -> 8, non-persistent, in',
    metric: 'perS',
    load: { producers: 1, consumers: 8, kind: '/topic/', persistent: false },
    targets: least(4, 4),
  },
  {
    id: 'rate',
    title: 'p99 receipt at 1,000 msg/s',
    metric: 'receiptP99Ms',
    load: { producers: 1, consumers: 1, rate: 1000, unmeasured: 3000 },
    messages: 7000,
    warmUp: 40_000,
    targets: RECEIPTS,
  },
  {
    id: 'stored',
    title: 'the same, nobody consuming',
    metric: 'receiptP99Ms',
    load: { producers: 1, consumers: 0, rate: 1000, unmeasured: 3000 },
    messages: 7000,
    warmUp: 3000,
    targets: RECEIPTS,
  },
  {
    id: '8p0c',
    title: '8 producers, backlog only',
    metric: 'perS',
    load: { producers: 8, consumers: 0, dests: 8 },
    targets: least(15, 4),
  },
]

/** The same work for each broker, freshly started, after which its peak memory and processor time are read. */
export const WORK_ID = 'work'
export const WORK: readonly { readonly scenario: string; readonly messages: number }[] = [
  { scenario: '1p1c', messages: 15_000 },
  { scenario: '8p8c', messages: 60_000 },
  { scenario: 'topic', messages: 10_000 },
  { scenario: '8p0c', messages: 16_000 },
]
export const MEMORY_TARGETS: readonly Target[] = [
  { peer: 'activemq', ratio: 0.35, bound: 'most' },
  { peer: 'rabbitmq', ratio: 0.8, bound: 'most' },
]
/** Start to listening, TandemMQ. */
export const START_MS_MAX = 500

export const SCENARIO_IDS: readonly string[] = [
  ...SCENARIOS.map(scenario => scenario.id),
  WORK_ID,
  ...MANY.map(scenario => scenario.id),
]
