import { statSync } from 'node:fs'
import type { Lsn, MessageKey } from '../base/lsn.ts'
import { Version, decode } from '../stomp/stomp.ts'
import { segmentName } from '../journal/journal.ts'
import { Mark, storedUri, type OfflineStore, type StoredDestination } from '../store/store.ts'
import type { Terminal } from './cli.ts'
import type { NamedStore } from './data-directory.ts'
import { openOffline } from './offline-store.ts'
import { jsonText, visible } from './visible.ts'

/** The oldest message of a destination in a segment. */
interface Oldest {
  readonly key: MessageKey
  readonly position: Lsn
  readonly bytes: number
}

/** What of one destination lies in one segment. */
interface Share {
  readonly destination: StoredDestination
  messages: number
  bytes: number
  readonly oldest: Oldest
}

interface SegmentShown {
  readonly file: string
  readonly base: number
  readonly bytes: number
  readonly liveMessages: number
  readonly liveBytes: number
  /** Who keeps it, the most messages first. */
  readonly keptBy: readonly {
    readonly destination: string
    readonly messages: number
    readonly bytes: number
    readonly oldest: string
  }[]
}

/** Destinations shown for each segment. */
const KEEPERS_MAX = 5

/** `tandemmq store info`: what a start would find, and which messages keep which segment. */
export async function storeInfo(terminal: Terminal, named: NamedStore, json: boolean): Promise<number> {
  const { directory, journal, store, close } = await openOffline(named, terminal)
  try {
    const { state } = store
    const segments = await segmentsOf(journal, store)
    const destinations = [...state.destinations.values()].map(shown)
    const answer = {
      directory,
      journal,
      position: state.applied,
      epoch: state.epoch,
      epochs: state.epochs.length,
      snapshot: store.snapshot,
      tornBytes: store.torn,
      messages: state.messages,
      destinations,
      scheduledJobs: state.schedule.size,
      segments,
    }
    terminal.out(json ? `${jsonText(answer)}\n` : describe(answer))
    return 0
  } finally {
    await close()
  }
}

function shown(at: StoredDestination): {
  readonly destination: string
  readonly messages: number
  readonly bytes: number
  readonly topics?: string
  readonly selector?: string | null
} {
  const { messages, subscription } = at
  const counts = { destination: storedUri(at), messages: messages.live, bytes: messages.bytes }
  return subscription === null ? counts : { ...counts, topics: subscription.topics, selector: subscription.selector }
}

async function segmentsOf(journal: string, store: OfflineStore): Promise<readonly SegmentShown[]> {
  const { segments } = store.state.liveness
  const shares = segments.map(() => new Map<number, Share>())
  for (const at of store.state.destinations.values()) count(at, segments, shares)
  const answer: SegmentShown[] = []
  for (const [i, { base, live, bytes: liveBytes }] of segments.entries()) {
    const file = segmentName(base)
    const most = [...shares[i]!.values()].toSorted((a, b) => b.messages - a.messages).slice(0, KEEPERS_MAX)
    const keptBy: { destination: string; messages: number; bytes: number; oldest: string }[] = []
    for (const { destination, messages, bytes, oldest } of most)
      keptBy.push({ destination: storedUri(destination), messages, bytes, oldest: await idOf(store, oldest) })
    const { size } = statSync(`${journal}/${file}`, { throwIfNoEntry: false }) ?? { size: 0 }
    answer.push({ file, base, bytes: size, liveMessages: live, liveBytes, keptBy })
  }
  return answer
}

/** Adds each message of a destination to the segment in which its record lies. */
function count(
  at: StoredDestination,
  segments: readonly { readonly base: Lsn }[],
  shares: readonly Map<number, Share>[],
): void {
  let hint = 0
  for (let chunk = at.messages.first; chunk !== null; chunk = chunk.next) {
    for (let slot = 0; slot < chunk.count; slot++) {
      if (chunk.marks[slot] === Mark.removed) continue
      const position = chunk.position(slot)
      const within = (i: number): boolean =>
        segments[i]!.base <= position && (segments[i + 1]?.base ?? Infinity) > position
      if (!within(hint)) hint = segments.findLastIndex(({ base }) => base <= position)
      const bytes = chunk.sizes[slot]!
      const share = shares[hint]!.get(at.id)
      if (share === undefined) {
        const oldest = { key: chunk.keys[slot]! as MessageKey, position, bytes }
        shares[hint]!.set(at.id, { destination: at, messages: 1, bytes, oldest })
      } else {
        share.messages++
        share.bytes += bytes
      }
    }
  }
}

async function idOf(store: OfflineStore, { key, position, bytes }: Oldest): Promise<string> {
  const { headers } = await store.message(key, position, bytes, 0)
  return decode(/^message-id:(.*)$/m.exec(headers)?.[1] ?? '', Version.v12)
}

interface Answer {
  readonly directory: string
  readonly journal: string
  readonly position: number
  readonly epoch: number
  readonly snapshot: number | null
  readonly tornBytes: number
  readonly messages: number
  readonly scheduledJobs: number
  readonly destinations: readonly ReturnType<typeof shown>[]
  readonly segments: readonly SegmentShown[]
}

function describe({ directory, journal, ...of }: Answer): string {
  const lines = [
    `${directory}${journal === directory ? '' : `, journal in ${journal}`}`,
    `  position  ${of.position}, epoch ${of.epoch}, ${of.snapshot === null ? 'no snapshot' : `snapshot up to ${of.snapshot}`}`,
    `  messages  ${of.messages} in ${of.destinations.length} destinations, ${of.scheduledJobs} scheduled jobs`,
  ]
  if (of.tornBytes > 0)
    lines.push(`  torn      ${of.tornBytes} bytes of an unfinished last write, which a start cuts off`)
  for (const { destination, messages, bytes, topics } of of.destinations)
    lines.push(
      `${visible(destination)}: ${messages} messages, ${bytes} bytes${topics === undefined ? '' : `, from ${visible(topics)}`}`,
    )
  for (const { file, bytes, liveMessages, liveBytes, keptBy } of of.segments) {
    lines.push(`${file}: ${bytes} bytes, ${liveMessages} messages in it (${liveBytes} bytes)`)
    for (const kept of keptBy)
      lines.push(
        `  kept by ${visible(kept.destination)}: ${kept.messages} messages, ${kept.bytes} bytes, from ${visible(kept.oldest)} on`,
      )
  }
  return `${lines.join('\n')}\n`
}
