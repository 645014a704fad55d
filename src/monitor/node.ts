import type {
  ConnectionFacts,
  BrokerFacts,
  DestinationFacts,
  Facts,
  Page,
  PairBeanFacts,
  PairFacts,
  SegmentFacts,
  SubscriptionFacts,
  Syncs,
  TrafficFacts,
} from './facts.ts'
import { rowsOf, type DestinationRow, type Reading } from './rows.ts'
import { RowTable } from './row-table.ts'
import { sampled } from './sparkline.ts'

export type Series = readonly (number | null)[]

/** Whether it answers; `at` values are ms since 1970 by this machine's clock. */
export type Reach =
  | { readonly kind: 'asked' }
  | { readonly kind: 'answers' }
  | { readonly kind: 'gone'; readonly reason: string; readonly since: number; readonly retryAt: number }
  /** It wants a login; what needs none is still shown. */
  | { readonly kind: 'locked'; readonly reason: string }

/** One node as the dashboard knows it. What it said last stays when it stops answering (management UD-04). */
export interface NodeModel {
  readonly url: string
  readonly reach: Reach
  /** ms since 1970 of its last answer; null: never. */
  readonly answeredAt: number | null
  /** ms that the last answer took. */
  readonly tookMs: number | null
  readonly pair: PairFacts | null
  /** It has no pair: an ActiveMQ. */
  readonly pairless: boolean
  readonly broker: BrokerFacts | null
  readonly health: string | null
  readonly queues: Rows
  readonly topics: Rows
  readonly subscriptions: readonly SubscriptionFacts[]
  readonly durables: readonly SubscriptionFacts[]
  readonly connections: readonly ConnectionFacts[]
  readonly segments: readonly SegmentFacts[]
  readonly detail: Readonly<Record<string, unknown>> | null
  /** Per second. */
  readonly inRate: number | null
  readonly outRate: number | null
  readonly inBytes: number | null
  readonly outBytes: number | null
  /** Bytes that its journal grows by. */
  readonly journalRate: number | null
  readonly traffic: TrafficFacts | null
  readonly syncs: Syncs | null
  readonly lagMs: number | null
  readonly fsyncP99Ms: number | null
  readonly series: Readonly<Record<'in' | 'out' | 'lag' | 'fsync' | 'journal', Series>>
  /** The greatest lag of each of the last 60 minutes, the newest last. */
  readonly lagMaxima: readonly { readonly minute: number; readonly ms: number }[]
  /** ms by which its clock is ahead of ours. */
  readonly skewMs: number
  /** ms since 1970 at which it was seen to lead after it had followed; null: not seen. */
  readonly promotedAt: number | null
  /** It followed when it was last seen to do one of the two. */
  readonly followed: boolean
  /** ms since 1970 since when all its answers have said that it leads; null: the last did not. */
  readonly leadsSince: number | null
}

export interface Rows {
  readonly rows: RowTable<DestinationRow>
  readonly total: number
  /** There are so many that the broker chooses which are told. */
  readonly chosen: boolean
  /** ms since 1970 of this reading. */
  readonly at: number | null
}

const NO_ROWS: Rows = { rows: new RowTable([]), total: 0, chosen: false, at: null }

export const newNode = (url: string): NodeModel => ({
  url,
  reach: { kind: 'asked' },
  answeredAt: null,
  tookMs: null,
  pair: null,
  pairless: false,
  broker: null,
  health: null,
  queues: NO_ROWS,
  topics: NO_ROWS,
  subscriptions: [],
  durables: [],
  connections: [],
  segments: [],
  detail: null,
  inRate: null,
  outRate: null,
  inBytes: null,
  outBytes: null,
  journalRate: null,
  traffic: null,
  syncs: null,
  lagMs: null,
  fsyncP99Ms: null,
  series: { in: [], out: [], lag: [], fsync: [], journal: [] },
  lagMaxima: [],
  skewMs: 0,
  promotedAt: null,
  followed: false,
  leadsSince: null,
})

/** The name to show: the broker's, before that is known the address. */
export const nameOf = (node: NodeModel): string =>
  node.pair?.brokerName ?? node.broker?.name ?? node.url.replace(/^\w+:\/\//, '')

/** What it was when it last said so. */
export const roleOf = (node: NodeModel): 'active' | 'passive' =>
  node.pair?.role ?? (node.broker?.slave === true ? 'passive' : 'active')

export const answers = (node: NodeModel): boolean => node.reach.kind === 'answers' || node.reach.kind === 'locked'

/** It answered a round of questions at `at` after `tookMs`. `locked`: it refused all but what needs no login. */
export function answered(node: NodeModel, facts: Facts, at: number, tookMs: number, locked: string | null): NodeModel {
  const pair = withBean(facts.pair === undefined ? node.pair : facts.pair, facts.pairBean)
  const broker = facts.broker ?? node.broker
  const replica = (pair?.role ?? (broker?.slave === true ? 'passive' : 'active')) === 'passive'
  const seconds = node.answeredAt === null ? 0 : (at - node.answeredAt) / 1000
  const traffic = facts.traffic ?? null
  const last = node.traffic
  // ActiveMQ counts no more than what destinations count.
  const [inRate, outRate] =
    traffic === null
      ? [pace(broker?.enqueued, node.broker?.enqueued, seconds), pace(broker?.dequeued, node.broker?.dequeued, seconds)]
      : [pace(traffic.received, last?.received, seconds), pace(traffic.delivered, last?.delivered, seconds)]
  const inBytes = pace(traffic?.bytesIn, last?.bytesIn, seconds)
  const outBytes = pace(traffic?.bytesOut, last?.bytesOut, seconds)
  const journalRate = pace(pair?.position, node.pair?.position, seconds)
  const lagMs = pair?.peer?.lagMs ?? null
  const fsyncP99Ms = facts.syncs === undefined ? null : syncP99(facts.syncs, node.syncs)
  const followed = pair?.role === 'passive' || node.followed
  // Who waits does not serve anybody, whatever it was before.
  const leads = pair?.role === 'active' && pair.state !== 'WAITING'
  const { series } = node
  return {
    ...node,
    reach: locked === null ? { kind: 'answers' } : { kind: 'locked', reason: locked },
    answeredAt: at,
    tookMs,
    pair,
    pairless: facts.pair === undefined ? node.pairless : facts.pair === null,
    broker,
    health: facts.health ?? node.health,
    queues: rowsAfter(node.queues, facts.queues, { at, replica, oldest: facts.oldest ?? null }),
    topics: rowsAfter(node.topics, facts.topics, { at, replica, oldest: null }),
    subscriptions: facts.subscriptions ?? node.subscriptions,
    durables: facts.durables ?? node.durables,
    connections: facts.connections ?? node.connections,
    segments: facts.segments ?? node.segments,
    detail: facts.detail ?? null,
    inRate,
    outRate,
    inBytes,
    outBytes,
    journalRate,
    traffic,
    syncs: facts.syncs ?? null,
    lagMs,
    fsyncP99Ms,
    series: {
      in: sampled(series.in, inRate),
      out: sampled(series.out, outRate),
      lag: sampled(series.lag, lagMs),
      fsync: sampled(series.fsync, fsyncP99Ms),
      journal: sampled(series.journal, journalRate),
    },
    lagMaxima: withLag(node.lagMaxima, at, lagMs),
    skewMs: facts.nodeSeconds === undefined ? node.skewMs : skew(facts.nodeSeconds, at),
    leadsSince: leads ? (node.leadsSince ?? at) : null,
    promotedAt: !leads ? null : followed ? at : node.promotedAt,
    followed: followed && !leads,
  }
}

function rowsAfter(last: Rows, page: Page<DestinationFacts> | undefined, reading: Reading): Rows {
  if (page === undefined) return last
  return {
    rows: rowsOf(page.rows, last.rows, last.at, reading),
    total: page.total,
    chosen: page.chosen,
    at: reading.at,
  }
}

/** What /api/pair left open, from the bean. */
function withBean(pair: PairFacts | null, bean: PairBeanFacts | undefined): PairFacts | null {
  if (pair === null || bean === undefined) return pair
  const { peer, lastFailover } = pair
  return {
    ...pair,
    peer: peer === null ? null : { ...peer, lagRecords: peer.lagRecords ?? bean.lagRecords },
    lastFailover: lastFailover === null ? null : { ...lastFailover, outageMs: lastFailover.outageMs ?? bean.outageMs },
  }
}

/** ms that 99 of 100 syncs since the last reading took at most, as exactly as the buckets tell; null: there was none. */
function syncP99({ bounds, buckets }: Syncs, last: Syncs | null): number | null {
  const fresh = buckets.map((count, i) => Math.max(0, count - (last?.buckets[i] ?? 0)))
  const total = fresh.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let seen = 0
  const at = fresh.findIndex(count => (seen += count) >= total * 0.99)
  return (bounds[at] ?? 0) * 1000
}

/** Per second; null without two readings, and after a restart that set the counter back. */
const pace = (now: number | null | undefined, before: number | null | undefined, seconds: number): number | null =>
  typeof now !== 'number' || typeof before !== 'number' || seconds <= 0 || now < before
    ? null
    : (now - before) / seconds

/** A node tells whole seconds: within that one there is no telling. */
function skew(nodeSeconds: number, at: number): number {
  const ahead = nodeSeconds * 1000 - at
  return ahead > 0 ? ahead : Math.min(0, ahead + 1000)
}

function withLag(maxima: NodeModel['lagMaxima'], at: number, ms: number | null): NodeModel['lagMaxima'] {
  if (ms === null) return maxima
  const minute = Math.floor(at / 60_000)
  const last = maxima.at(-1)
  if (last?.minute === minute) return last.ms >= ms ? maxima : [...maxima.slice(0, -1), { minute, ms }]
  return [...maxima.filter(one => one.minute > minute - 60), { minute, ms }]
}

/** s between two attempts to reach a node that does not answer (management UD-04). */
const BACK_OFF_S = [1, 2, 4, 8, 10]

/** ms until the next attempt after `failures` in a row, at least 1. */
export const retryAfterMs = (failures: number): number =>
  (BACK_OFF_S[Math.min(failures, BACK_OFF_S.length) - 1] ?? 10) * 1000

/** It did not answer, for `failures` times in a row. */
export function failed(node: NodeModel, reason: string, at: number, failures: number): NodeModel {
  const since = node.reach.kind === 'gone' ? node.reach.since : at
  return {
    ...node,
    reach: { kind: 'gone', reason, since, retryAt: at + retryAfterMs(failures) },
    inRate: null,
    outRate: null,
    inBytes: null,
    outBytes: null,
    journalRate: null,
    traffic: null,
    syncs: null,
    // What was counted before says nothing of the time until it answers again.
    broker: node.broker === null ? null : { ...node.broker, enqueued: null, dequeued: null },
    queues: { ...node.queues, at: null },
    topics: { ...node.topics, at: null },
  }
}

/** Of an error its code, which says enough on a crowded screen. */
export function shortReason(reason: string): string {
  if (/did not answer within/.test(reason)) return 'TIMEOUT'
  return /\b(E[A-Z]{4,})\b/.exec(reason)?.[1] ?? reason.slice(0, 30)
}
