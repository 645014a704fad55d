import type { DestinationFacts } from './facts.ts'
import { RowTable } from './row-table.ts'

/** What a destination's row says of it, worst first (management UL-05). */
export const STATES = [
  'no consumer',
  'slow cons.',
  'blocked',
  'DLQ',
  'growing',
  'paused',
  'draining',
  'idle',
  'ok',
  '-',
] as const
export type DestinationState = (typeof STATES)[number]

/** A destination with what only two readings tell. Rates per second; null until there are two. */
export interface DestinationRow extends DestinationFacts {
  readonly inRate: number | null
  readonly outRate: number | null
  /** Averages over 1, 5 and 15 minutes. */
  readonly inAverages: Averages
  readonly outAverages: Averages
  /** What `size` gains each second, averaged over 5 minutes. */
  readonly growth: number
  /** ms at which it was seen first, and at which something was last taken from it or it was last empty. */
  readonly firstAt: number
  readonly movedAt: number
  readonly blockedAt: number | null
  /** ms since its oldest message came; null: none, or not told. */
  readonly oldestMs: number | null
  readonly state: DestinationState
  /** Destinations that a row of a tree stands for; 0: it is one itself. */
  readonly members: number
}

export type Averages = readonly [number, number, number]

/** s that the averages look back. */
export const WINDOWS_S = [60, 300, 900] as const
/** ms after which unacknowledged messages of which none is taken are a slow consumer's. */
const SLOW_AFTER_MS = 30_000
/** ms that a destination must be watched before it can be said to grow. */
const GROWING_AFTER_MS = 300_000
const BLOCKED_SHOWN_MS = 10_000
const NONE: Averages = [0, 0, 0]

export interface Reading {
  /** ms of any steady clock. */
  readonly at: number
  /** A passive has no clients: that nobody consumes says nothing there. */
  readonly replica: boolean
  /** ms since the oldest message of each queue came, by name; null: not told. */
  readonly oldest: Readonly<Record<string, number>> | null
}

/** The rows of a new reading; `before` are those of the last one. */
export function rowsOf(
  facts: readonly DestinationFacts[],
  before: RowTable<DestinationRow>,
  beforeAt: number | null,
  reading: Reading,
): RowTable<DestinationRow> {
  const seconds = beforeAt === null ? 0 : (reading.at - beforeAt) / 1000
  const list = facts.map((one, i) => row(one, before.near(i, one.bean), seconds, reading))
  const same = list.length === before.list.length && list.every(({ bean }, i) => bean === before.list[i]?.bean)
  return new RowTable(list, same ? before : null)
}

function row(
  facts: DestinationFacts,
  last: DestinationRow | undefined,
  seconds: number,
  { at, replica, oldest }: Reading,
): DestinationRow {
  // Counters that fell are those of a broker that started again: one reading without rates (management UL-06).
  const comparable =
    last !== undefined && seconds > 0 && facts.enqueued >= last.enqueued && facts.dequeued >= last.dequeued
  const inRate = comparable ? (facts.enqueued - last.enqueued) / seconds : null
  const outRate = comparable ? (facts.dequeued - last.dequeued) / seconds : null
  const net = last === undefined || seconds <= 0 ? 0 : (facts.size - last.size) / seconds
  const moved = last === undefined || facts.size === 0 || facts.inFlight === 0 || facts.dequeued !== last.dequeued
  const blocked = last !== undefined && facts.blockedSends > last.blockedSends
  const growth = last === undefined ? 0 : towards(last.growth, net, seconds, WINDOWS_S[1])
  const firstAt = last?.firstAt ?? at
  const movedAt = moved ? at : last.movedAt
  const blockedAt = blocked ? at : (last?.blockedAt ?? null)
  // One literal and no spread: ten thousand of them are made at once.
  return {
    kind: facts.kind,
    // The same string as before, so that comparing the two is comparing addresses.
    bean: last?.bean ?? facts.bean,
    name: facts.name,
    size: facts.size,
    inFlight: facts.inFlight,
    consumers: facts.consumers,
    producers: facts.producers,
    enqueued: facts.enqueued,
    dequeued: facts.dequeued,
    expired: facts.expired,
    memoryPercent: facts.memoryPercent,
    blockedSends: facts.blockedSends,
    dlq: facts.dlq,
    paused: facts.paused,
    inRate,
    outRate,
    inAverages: averaged(last?.inAverages ?? NONE, inRate, seconds),
    outAverages: averaged(last?.outAverages ?? NONE, outRate, seconds),
    growth,
    firstAt,
    movedAt,
    blockedAt,
    oldestMs: oldest?.[facts.name] ?? null,
    state: stateOf(facts, { inRate, outRate, growth, firstAt, movedAt, blockedAt }, at, replica),
    members: 0,
  }
}

function averaged(last: Averages, rate: number | null, seconds: number): Averages {
  // Most of ten thousand are idle.
  if (rate === null || (rate === 0 && last === NONE)) return last
  const [one, five, fifteen] = WINDOWS_S
  return [
    towards(last[0], rate, seconds, one),
    towards(last[1], rate, seconds, five),
    towards(last[2], rate, seconds, fifteen),
  ]
}

/** An exponentially weighted average, as the load of a machine is shown. */
const towards = (last: number, value: number, seconds: number, window: number): number =>
  value + (last - value) * Math.exp(-seconds / window)

type Seen = Pick<DestinationRow, 'inRate' | 'outRate' | 'growth' | 'firstAt' | 'movedAt' | 'blockedAt'>

function stateOf(facts: DestinationFacts, seen: Seen, at: number, replica: boolean): DestinationState {
  const dead = facts.dlq || /^(?:ActiveMQ\.DLQ|DLQ\.)/.test(facts.name)
  if (replica) return dead ? 'DLQ' : facts.paused ? 'paused' : '-'
  const { size, consumers, inFlight } = facts
  if (facts.kind === 'topic') return seen.inRate === 0 && seen.outRate === 0 ? 'idle' : 'ok'
  if (size > 0 && consumers === 0 && !dead && !facts.paused) return 'no consumer'
  if (inFlight > 0 && consumers > 0 && at - seen.movedAt >= SLOW_AFTER_MS) return 'slow cons.'
  if (seen.blockedAt !== null && at - seen.blockedAt < BLOCKED_SHOWN_MS) return 'blocked'
  if (dead && size > 0) return 'DLQ'
  const gained = seen.growth * (GROWING_AFTER_MS / 1000)
  if (at - seen.firstAt >= GROWING_AFTER_MS && gained > Math.max(10, size / 100)) return 'growing'
  if (facts.paused) return 'paused'
  if (size > 0 && (seen.outRate ?? 0) > (seen.inRate ?? 0) * 1.1) return 'draining'
  return size === 0 && (seen.inRate ?? 0) === 0 && (seen.outRate ?? 0) === 0 ? 'idle' : 'ok'
}

/** s until it is empty at this pace; null: it is not getting there. */
export function emptyIn({ size, inRate, outRate }: DestinationRow): number | null {
  const pace = (outRate ?? 0) - (inRate ?? 0)
  return pace > 0 && size > 0 ? size / pace : null
}
