import { destinationUri } from '../base/destination.ts'
import type { Lsn, MessageKey } from '../base/lsn.ts'
import { emptyDelivery } from '../destination/destination.ts'
import { headerOf } from '../session/session.ts'
import { Mark, StoredKind, type Chunk, type StoredDestination } from '../store/store.ts'
import type { Desk } from './desk.ts'
import { lend } from './message-walk.ts'

/** One file of the journal, and what keeps it (management C-01). Bytes. */
export interface SegmentRow {
  readonly base: number
  readonly bytes: number
  /** Nothing is appended to it any more. */
  readonly sealed: boolean
  readonly liveMessages: number
  readonly liveBytes: number
  /** Per cent of its bytes. */
  readonly livePercent: number
  /** The oldest message in it; null: nothing keeps it. */
  readonly oldestPin: Pin | null
}

export interface Pin {
  /** `queue://orders`, or whose subscription it is. */
  readonly destination: string
  readonly messageId: string | null
  /** ms since it was sent; null: it does not say when. */
  readonly ageMs: number | null
}

interface Found {
  readonly stored: StoredDestination
  readonly key: MessageKey
}

/** Every file, oldest first. Reads one message for each, and looks at an index only where a file begins. */
export async function segmentRows(desk: Desk): Promise<SegmentRow[]> {
  const { journal, state } = desk.host
  const { segments } = journal
  const bases = segments.map(({ base }) => base)
  const pins = oldestPins(state.destinations.values(), bases)
  const rows: SegmentRow[] = []
  for (const [i, { base, end }] of segments.entries()) {
    const life = state.liveness.segments.find(segment => segment.base === base)
    const pin = pins[i]
    const bytes = end - base
    const liveBytes = life?.bytes ?? 0
    rows.push({
      base,
      bytes,
      sealed: i < segments.length - 1,
      liveMessages: life?.live ?? 0,
      liveBytes,
      livePercent: bytes === 0 ? 0 : Math.floor((liveBytes * 100) / bytes),
      oldestPin: pin === undefined ? null : await pinOf(desk, pin),
    })
  }
  return rows
}

/** For each segment its message with the lowest key. */
function oldestPins(destinations: Iterable<StoredDestination>, bases: readonly Lsn[]): (Found | undefined)[] {
  const pins: (Found | undefined)[] = bases.map(() => undefined)
  for (const stored of destinations)
    for (let chunk = stored.messages.first; chunk !== null; chunk = chunk.next)
      if (chunk.live > 0) look(chunk, stored, bases, pins)
  return pins
}

function look(chunk: Chunk, stored: StoredDestination, bases: readonly Lsn[], pins: (Found | undefined)[]): void {
  for (let slot = 0; slot < chunk.count; slot++) {
    if (chunk.marks[slot] === Mark.removed) continue
    const segment = segmentOf(chunk.position(slot), bases)
    if (segment < 0) continue
    const key = chunk.keys[slot]! as MessageKey
    const known = pins[segment]
    if (known === undefined || key < known.key) pins[segment] = { stored, key }
    // Where nothing was moved, what follows in this file is younger: on to the next one.
    if (chunk.positions === null) slot = lastSlotBefore(chunk, slot, bases[segment + 1] ?? Infinity)
  }
}

/** The last slot from `from` on whose key is below `end`; keys ascend. */
function lastSlotBefore(chunk: Chunk, from: number, end: number): number {
  let low = from
  let high = chunk.count - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (chunk.keys[middle]! < end) low = middle
    else high = middle - 1
  }
  return low
}

/** The index of the segment that holds a position; -1: none that is there. */
function segmentOf(at: Lsn, bases: readonly Lsn[]): number {
  let low = -1
  let high = bases.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (bases[middle]! <= at) low = middle
    else high = middle - 1
  }
  return low
}

async function pinOf(desk: Desk, { stored, key }: Found): Promise<Pin> {
  const delivery = emptyDelivery()
  const read = await lend({ desk, messages: stored.messages, queue: null }, key, delivery)
  const sentAt = read ? Number(headerOf(delivery, 'timestamp')) : Number.NaN
  return {
    destination: nameOf(stored),
    messageId: read ? (headerOf(delivery, 'message-id') ?? null) : null,
    ageMs: sentAt > 0 ? Math.max(0, desk.host.now() - sentAt) : null,
  }
}

function nameOf({ kind, name, subscription }: StoredDestination): string {
  if (subscription !== null) return `durable subscription ${subscription.clientId}:${subscription.name}`
  if (kind === StoredKind.scheduler) return 'scheduled messages'
  return kind === StoredKind.subscription ? name : destinationUri({ kind, name })
}
