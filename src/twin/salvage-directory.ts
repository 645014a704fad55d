import { TandemError, messageOf } from '../base/errors.ts'
import type { Lsn } from '../base/lsn.ts'
import type { Files } from '../journal/journal.ts'
import type { EpochEntry } from '../pair/pair.ts'
import { readText, replaceText } from './whole-files.ts'

export const LISTING_NAME = 'listing.json'
const SALVAGE = /^salvage-/
const SEGMENT = /^tandemmq-[0-9a-f]{16}\.journal$/

/** Raw bytes of the journal in a file of their own. */
export interface TailPart {
  readonly file: string
  readonly from: Lsn
  readonly bytes: number
  /** CRC-32 of the file. */
  readonly crc: number
}

/** A message of an exported tail, as its listing shows it. */
export interface ListedMessage {
  readonly lsn: Lsn
  readonly kind: 'added' | 'relocated'
  /** `queue://orders`; `#7` when the journal no longer says which name destination 7 had. */
  readonly destination: string
  readonly messageId: string
  readonly bytes: number
  readonly bodyBytes: number
  readonly persistent: boolean
  /** The same tail removed it again: it is not to be sent anew. */
  readonly removed: boolean
}

/** What every `listing.json` says. `tail`: the end of a journal that was cut off; `journal`: a whole one that a base copy replaced. */
export interface Listing {
  readonly kind: 'tail' | 'journal'
  readonly from: Lsn
  readonly to: Lsn
  readonly why: string
  /** ISO 8601. */
  readonly exported: string
  /** It may hold work that was acknowledged to a client (I7); null: nobody knows. */
  readonly receipted: boolean | null
}

export interface TailListing extends Listing {
  readonly kind: 'tail'
  /** The crc that seeds the first record. */
  readonly chain: number
  readonly epochs: readonly EpochEntry[]
  readonly parts: readonly TailPart[]
  readonly destinations: Readonly<Record<string, string>>
  readonly counts: {
    readonly messages: number
    readonly persistent: number
    readonly removed: number
    /** Removals of messages that are older than the tail: they are back, unacknowledged. */
    readonly acknowledgements: number
  }
  /** Messages that are in the parts, but not listed here because they are too many. */
  readonly unlisted: number
  readonly messages: readonly ListedMessage[]
}

/** One salvage directory. `unfinished`: a crash interrupted its export, so nothing was cut for it; `unfinished-journal`: while it was moved. */
export interface Salvage {
  readonly name: string
  readonly kind: 'tail' | 'journal' | 'unfinished' | 'unfinished-journal'
  readonly listing: Listing | null
}

/** All salvage directories of a data directory, oldest first. */
export async function listSalvage(files: Files, directory: string): Promise<Salvage[]> {
  const found: Salvage[] = []
  for (const name of (await files.list(directory)).filter(each => SALVAGE.test(each)).sort()) {
    const names = await files.list(`${directory}/${name}`)
    if (names.includes(LISTING_NAME)) {
      const listing = await readListing(files, `${directory}/${name}`)
      found.push({ name, kind: listing.kind, listing })
    } else {
      const kind = names.some(each => SEGMENT.test(each)) ? 'unfinished-journal' : 'unfinished'
      if (names.length > 0) found.push({ name, kind, listing: null })
    }
  }
  return found
}

/** `salvage-20260131T235959Z`, with a number behind it when there is one of that second. */
export async function newSalvageName(files: Files, directory: string, now: number): Promise<string> {
  const stem = `salvage-${new Date(now).toISOString().replaceAll(/[-:]/g, '').replace(/\.\d+/, '')}`
  const taken = new Set(await files.list(directory))
  let name = stem
  for (let n = 2; taken.has(name); n++) name = `${stem}-${String(n).padStart(3, '0')}`
  return name
}

/** Writes `listing.json`, which makes a salvage directory complete, durably. Messages are written as they come. */
export async function writeListing(
  files: Files,
  salvage: string,
  listing: Omit<TailListing, 'messages'> | Listing,
  messages: Iterable<ListedMessage> = [],
): Promise<void> {
  await replaceText(files, salvage, LISTING_NAME, asText(listing, messages))
}

/** One message per line, so that a listing can be read by eye and written in pieces. */
function* asText(listing: object, messages: Iterable<ListedMessage>): Generator<string> {
  const head = JSON.stringify(listing, null, 2)
  yield `${head.slice(0, -2)},\n  "messages": [`
  let separator = '\n    '
  let pending = ''
  for (const message of messages) {
    pending += separator + JSON.stringify(message)
    separator = ',\n    '
    if (pending.length < 1 << 16) continue
    yield pending
    pending = ''
  }
  yield `${pending}\n  ]\n}\n`
}

/** Rejects TWIN_SALVAGE when it is not a listing. */
export async function readListing(files: Files, salvage: string): Promise<Listing | TailListing> {
  try {
    const listing = JSON.parse(await readText(files, `${salvage}/${LISTING_NAME}`)) as Partial<Listing> | null
    if (listing?.kind !== 'tail' && listing?.kind !== 'journal') throw new Error('it names no kind')
    return listing as Listing
  } catch (cause) {
    throw new TandemError('TWIN_SALVAGE', `${salvage}/${LISTING_NAME} is not a listing: ${messageOf(cause)}`, { cause })
  }
}
