import { MAP, SHOWN_AS, TARGET } from '../journal/journal.ts'
import { Version, decode } from '../stomp/stomp.ts'
import {
  StoredKind,
  storedUri,
  type Doubt,
  type DurableState,
  type Job,
  type StoredDestination,
  type StoredMessage,
} from '../store/store.ts'
import { RELEASED_JOBS, releasedOf, type Definition } from '../client/client.ts'

/**
 * What `export` writes and `import` reads: lines of JSON.
 *
 *     {"tandemmqExport":1,"id":"…","exported":"2026-01-31T…","position":1234,"scheduled":1}
 *     {"subscription":{"clientId":"c","name":"s","topics":"news","selector":null,"exact":false,"noLocal":false}}
 *     {"destination":"queue://orders","persistent":true,"priority":4,"text":true,"headers":{…},"body":"…"}
 *     {"destination":"queue://scans","persistent":true,"priority":4,"text":false,"headers":{…},"bodyBase64":"…"}
 *     {"destination":"subscription://c:s","clientId":"c","shownAs":"/topic/news",…}
 *     {"destination":"scheduler://JMS","schedule":{"next":1769817600000,"period":0,"remaining":1,"cron":"","to":"/queue/orders"},…}
 *     {"end":true,"messages":4}
 *
 * Durable subscriptions come first: what cannot be made at the target is known before anything was sent. What is scheduled
 * comes last, as what is due fires at once; what an interrupted migrate has released is older than what was collected since, and
 * comes before. Older files have subscriptions in between, without `exact` and `noLocal`, and neither
 * `clientId` nor `to`.
 * `store salvage` writes the same, with `"doubtful":"consumed"` or `"content"` in a message that a damage behind it may have
 * removed, or that no checksum proves. `headers` are those of the MESSAGE frame with values as they were meant, and the message group. A file without its last line
 * is not whole.
 */
export const EXPORT_VERSION = 1

export interface ExportHead {
  readonly tandemmqExport: number
  /** Of this export, and no other. */
  readonly id: string
  readonly exported: string
  readonly position: number
  /** Scheduled messages in it; absent: unknown. */
  readonly scheduled?: number
}

export interface ExportedSubscription {
  readonly subscription: Definition
}

/** Times in ms, `next` since 1970. */
export type ExportedSchedule = Pick<Job, 'next' | 'period' | 'remaining' | 'cron'> & {
  /** Where it goes: `/queue/a,/topic/b`. Older files do not tell. */
  readonly to?: string
}

export interface ExportedMessage {
  /** `queue://orders`, or `subscription://client:name`. */
  readonly destination: string
  /** Of the durable subscription. */
  readonly clientId?: string
  /** Of what a durable subscription has collected: the topic. */
  readonly shownAs?: string
  readonly persistent: boolean
  readonly priority: number
  readonly text: boolean
  readonly redelivered?: number
  /** Of a scheduled message. */
  readonly schedule?: ExportedSchedule
  /** Of a damaged store: why it is perhaps none to be sent (store-salvage.ts). */
  readonly doubtful?: Doubt
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly bodyBase64?: string
}

export interface ExportEnd {
  readonly end: true
  readonly messages: number
}

/** Header lines in STOMP 1.2 encoding, by name. */
export function headersOf(lines: string): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of lines.split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) headers[line.slice(0, colon)] = decode(line.slice(colon + 1), Version.v12)
  }
  return headers
}

/** A text as `body`, bytes as `bodyBase64`. */
export function bodyOf(body: Buffer, text: boolean): { readonly body: string } | { readonly bodyBase64: string } {
  // A text that is no valid UTF-8 would come back as another one.
  const decoded = body.toString()
  return text && Buffer.from(decoded).equals(body) ? { body: decoded } : { bodyBase64: body.toString('base64') }
}

/** The destinations of a store in the order of an export, which begins with `definitionsOf` them. */
export const exportOrder = ({ destinations }: DurableState): readonly StoredDestination[] =>
  [...destinations.values()].toSorted((a, b) => rankOf(a) - rankOf(b))
const SCHEDULER = StoredKind.scheduler

function rankOf({ kind, name }: StoredDestination): number {
  if (kind === SCHEDULER) return 2
  return kind === StoredKind.queue && releasedOf(name) !== null ? 0 : 1
}

/** Their durable subscriptions as lines of the export. */
export const definitionsOf = (destinations: readonly StoredDestination[]): readonly ExportedSubscription[] =>
  destinations.flatMap(({ subscription }) => {
    if (subscription === null) return []
    const { clientId, name, topics, selector, exact, noLocal } = subscription
    return [{ subscription: { clientId, name, topics, selector, exact, noLocal } }]
  })

/** How many scheduled messages are in them. */
export const scheduledIn = (destinations: readonly StoredDestination[]): number =>
  destinations
    .filter(({ kind, name }) => kind === SCHEDULER || (kind === StoredKind.queue && name === RELEASED_JOBS))
    .reduce((sum, { messages }) => sum + messages.live, 0)

/** A stored message as a line of the export. */
export function exported(at: StoredDestination, message: StoredMessage, job: Job | null): ExportedMessage {
  const { persistent, priority, text, redelivered } = message
  const hidden = headersOf(message.hidden)
  const headers = headersOf(message.headers)
  for (const name of ['JMSXGroupID', 'JMSXGroupSeq']) if (hidden[name] !== undefined) headers[name] = hidden[name]
  const shownAs = hidden[SHOWN_AS]
  return {
    destination: storedUri(at),
    ...(at.subscription !== null && { clientId: at.subscription.clientId }),
    ...(shownAs !== undefined && { shownAs }),
    persistent,
    priority,
    text,
    ...(redelivered > 0 && { redelivered }),
    ...(job !== null && { schedule: scheduleOf(job, hidden[TARGET]) }),
    headers,
    ...bodyOf(mapPayload(hidden[MAP]) ?? message.body, text),
  }
}

const scheduleOf = ({ next, period, remaining, cron }: Job, to: string | undefined): ExportedSchedule => ({
  next,
  period,
  remaining,
  cron,
  ...(to !== undefined && { to }),
})

/** A map is exported as it was sent: its hidden line is `xml:` or `json:` and that (journal/record.ts). */
const mapPayload = (map: string | undefined): Buffer | null =>
  map === undefined || map === 'body' ? null : Buffer.from(map.slice(map.indexOf(':') + 1))
