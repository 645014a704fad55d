import type { ConnectionFacts, DestinationFacts, Facts, PairFacts } from '../../src/monitor/facts.ts'
import { newModel, type Message, type Model, type Settings, type Size, type Step } from '../../src/monitor/model.ts'
import { sheetFor } from '../../src/monitor/present.ts'
import { update } from '../../src/monitor/update.ts'
import { view } from '../../src/monitor/view.ts'
import { textOf } from '../../src/monitor/line.ts'

/** 12:04:31 of a day in 2026. */
export const NOW: number = Date.UTC(2026, 10, 22, 12, 4, 31)
export const ALPHA = 'http://10.0.0.11:8161'
export const BETA = 'http://10.0.0.12:8161'
const DAY = 86_400_000
const HOUR = 3_600_000

export function model(settings: Partial<Settings> = {}): Model {
  const sheet = sheetFor(null, 'queues')
  const size = { width: 120, height: 40 }
  const rest = { theme: 'dark', mouse: false, readOnly: false, bell: false, extras: [] } as const
  return newModel({ urls: [ALPHA], now: NOW, size, intervalMs: 1000, ...rest, ...settings }, sheet)
}

/** The model after messages. */
export const after = (start: Model, ...messages: readonly Message[]): Model =>
  messages.reduce((now, message) => update(now, message)[0], start)

/** The model after keys, and all that the last of them asks for. */
export function press(start: Model, ...keys: readonly string[]): Step {
  let step: Step = [start, []]
  for (const key of keys) step = update(step[0], { type: 'key', key })
  return step
}

/** The keys that type a text. */
export const letters = (text: string): readonly string[] => Array.from(text, one => (one === ' ' ? 'space' : one))

export const frame = (one: Model, size: Size = one.size, ascii = false): string =>
  `${view(after(one, { type: 'resize', size }), { ascii })
    .lines.map(textOf)
    .join('\n')}\n`

export const pair = (change: Partial<PairFacts> = {}): PairFacts => ({
  brokerName: 'alpha',
  role: 'active',
  state: 'PAIRED',
  detail: 'the passive holds everything',
  policy: 'witness',
  epoch: 7,
  position: 81_204_339_112,
  committed: 81_204_339_112,
  inSync: true,
  connectors: ['tcp://10.0.0.11:61613'],
  since: NOW - 12 * DAY - 4 * HOUR,
  node: 'alpha',
  pid: 2114,
  version: '1.4.0',
  uptimeMs: 12 * DAY + 4 * HOUR,
  peer: {
    brokerName: 'beta',
    role: 'passive',
    http: '10.0.0.12:8161',
    connectors: ['tcp://10.0.0.12:61613'],
    position: 81_204_339_112,
    lagRecords: 0,
    lagBytes: 0,
    lagMs: 0.9,
  },
  lastFailover: { at: Date.UTC(2026, 10, 10, 8, 2, 11), from: 'beta', reason: 'the active died', outageMs: 412 },
  canPromote: null,
  canPromoteReason: null,
  syncProgress: null,
  verify: null,
  damaged: [],
  ...change,
})

export const passivePair = (change: Partial<PairFacts> = {}): PairFacts =>
  pair({
    brokerName: 'beta',
    role: 'passive',
    state: 'IN_SYNC',
    connectors: ['tcp://10.0.0.12:61613'],
    pid: 1870,
    uptimeMs: 11 * DAY + 9 * HOUR,
    peer: {
      ...(pair().peer as NonNullable<PairFacts['peer']>),
      brokerName: 'alpha',
      role: 'active',
      http: '10.0.0.11:8161',
    },
    canPromote: true,
    verify: { at: NOW - 14 * 60_000, ok: true, replaced: false },
    ...change,
  })

export const queueBean = (name: string): string =>
  `org.apache.activemq:brokerName=shop,destinationName=${name},destinationType=Queue,type=Broker`

export const queue = (name: string, change: Partial<DestinationFacts> = {}): DestinationFacts => ({
  kind: 'queue',
  bean: queueBean(name),
  name,
  size: 0,
  inFlight: 0,
  consumers: 1,
  producers: 0,
  enqueued: 0,
  dequeued: 0,
  expired: 0,
  memoryPercent: 0,
  blockedSends: 0,
  dlq: false,
  paused: false,
  ...change,
})

interface Load {
  readonly name: string
  readonly size: number
  readonly inFlight?: number
  readonly consumers: number
  readonly producers?: number
  /** Messages a second. */
  readonly in: number
  readonly out: number
  readonly memoryPercent?: number
  readonly dlq?: boolean
  readonly paused?: boolean
}

const LOADS: readonly Load[] = [
  {
    name: 'orders.in',
    size: 48_211,
    inFlight: 1000,
    consumers: 4,
    producers: 12,
    in: 1240,
    out: 930,
    memoryPercent: 37,
  },
  { name: 'orders.retry', size: 9120, consumers: 0, producers: 1, in: 3, out: 0, memoryPercent: 6 },
  { name: 'ActiveMQ.DLQ', size: 312, consumers: 0, in: 0.1, out: 0, dlq: true },
  { name: 'billing.events', size: 20, inFlight: 18, consumers: 6, producers: 3, in: 840, out: 841 },
  { name: 'mail.out', size: 3, inFlight: 3, consumers: 2, producers: 2, in: 12, out: 12 },
  { name: 'fraud.check', size: 2, inFlight: 2, consumers: 4, producers: 4, in: 410, out: 410 },
  { name: 'audit.archive', size: 0, consumers: 1, producers: 1, in: 220, out: 220, paused: true },
  { name: 'stock.update', size: 0, consumers: 8, producers: 4, in: 5120, out: 5120 },
  { name: 'web.session', size: 0, consumers: 9, producers: 9, in: 1130, out: 1130 },
  { name: 'sms.out', size: 0, consumers: 1, producers: 1, in: 4, out: 4 },
  { name: 'report.daily', size: 0, consumers: 0, in: 0, out: 0 },
  { name: 'price.tick', size: 0, consumers: 12, producers: 1, in: 2040, out: 2040 },
  { name: 'geo.lookup', size: 0, consumers: 2, producers: 5, in: 77, out: 77 },
]

/** The queues after so many seconds of traffic. */
export const queuesAt = (seconds: number): readonly DestinationFacts[] =>
  LOADS.map(({ name, in: gained, out, ...rest }) => {
    const enqueued = Math.floor(1_000_000 + gained * seconds)
    return queue(name, { ...rest, enqueued, dequeued: Math.floor(900_000 + out * seconds) })
  })

const CLIENTS: readonly Partial<ConnectionFacts>[] = [
  { clientId: 'order-svc-7', user: 'orders', remote: '10.0.3.41:51822', pending: 1000, transactions: 1 },
  { clientId: 'billing-2', user: 'bill', remote: '10.0.3.50:40110', pending: 18 },
  { clientId: 'ID:web-3-1', user: 'web', remote: '10.0.3.61:60512' },
]

export const connections: readonly ConnectionFacts[] = CLIENTS.map((client, i) => ({
  bean: `connection ${i}`,
  connector: 'stomp',
  clientId: '',
  user: null,
  remote: '',
  pending: 0,
  transactions: 0,
  slow: false,
  blocked: false,
  connectedAt: NOW - HOUR,
  ...client,
}))

/** Of 100 syncs a second most take 2.5 ms, some of every fourth second 5. */
function syncsAt(seconds: number): NonNullable<Facts['syncs']> {
  const slow = Math.floor(seconds / 4) * 4
  return { bounds: [0.001, 0.0025, 0.005, 0.01], buckets: [0, seconds * 100 - slow, slow, 0] }
}

/** What the active and the passive say after so many seconds of traffic. */
export function factsAt(seconds: number, change: Partial<Facts> = {}): Facts {
  const queues = queuesAt(seconds)
  // Up and down, as traffic is.
  const wave = (at: number): number => 12_400 * at + 12_000 * Math.sin(at / 4)
  return {
    pair: pair({
      position: 81_204_339_112 + Math.floor(9_800_000 * seconds),
      committed: 81_204_339_112 + Math.floor(9_800_000 * seconds),
    }),
    broker: {
      bean: 'org.apache.activemq:brokerName=shop,type=Broker',
      name: 'alpha',
      version: '5.19.0',
      uptimeMs: 12 * DAY,
      slave: false,
      memoryPercent: 41,
      storePercent: 14,
      tempPercent: 0,
      connections: 143,
      enqueued: Math.floor(9_000_000 + wave(seconds)),
      dequeued: Math.floor(8_900_000 + wave(seconds) * 0.99),
      queues: 214,
      topics: 8,
      connectors: {},
    },
    health: 'Good',
    queues: { rows: queues, total: queues.length, chosen: false },
    connections,
    syncs: syncsAt(seconds),
    traffic: {
      received: Math.floor(9_000_000 + wave(seconds)),
      delivered: Math.floor(8_900_000 + wave(seconds) * 0.99),
      bytesIn: Math.floor(790 * wave(seconds)),
      bytesOut: Math.floor(782 * wave(seconds)),
    },
    oldest: { 'orders.in': 41_000, 'orders.retry': 7_440_000, 'ActiveMQ.DLQ': 259_200_000, 'mail.out': 200 },
    nodeSeconds: Math.floor((NOW - 60_000) / 1000 + seconds),
    ...change,
  }
}

export const passiveFactsAt = (seconds: number): Facts => {
  const { broker, queues, health } = factsAt(seconds)
  const slave = { ...(broker as NonNullable<Facts['broker']>), name: 'beta', slave: true, connections: 0 }
  const position = 81_204_339_112 + Math.floor(9_800_000 * seconds)
  return {
    pair: passivePair({ position, committed: position }),
    broker: slave,
    ...(queues === undefined ? {} : { queues }),
    ...(health === undefined ? {} : { health }),
    nodeSeconds: Math.floor((NOW - 60_000) / 1000 + seconds),
  }
}

export const answer = (url: string, now: number, facts: Facts, twin: string | null = null): Message => ({
  type: 'answered',
  url,
  facts,
  now,
  tookMs: 12,
  locked: null,
  twin,
})

/** A pair that has been watched for a minute, with traffic. */
export function watched(settings: Partial<Settings> = {}): Model {
  const messages: Message[] = []
  for (let second = 0; second <= 60; second++) {
    const now = NOW - 60_000 + second * 1000
    messages.push(answer(ALPHA, now, factsAt(second), BETA), answer(BETA, now, passiveFactsAt(second)))
  }
  return after(model(settings), ...messages)
}
