import { TandemError, messageOf } from '../base/errors.ts'
import type { MessageKey } from '../base/lsn.ts'
import { readOnlyDisk, verifyJournal } from '../journal/journal.ts'
import { Version, decode } from '../stomp/stomp.ts'
import { RecordReader, storedUri, type ShownRecord, type StoredDestination } from '../store/store.ts'
import type { Terminal } from './cli.ts'
import { dataDirectory, journalOf, type NamedStore } from './data-directory.ts'
import { drained } from './drained.ts'
import { bodyOf, headersOf } from './export-format.ts'
import { globMatches } from './glob.ts'
import { lockOf, openOffline } from './offline-store.ts'
import { jsonText } from './visible.ts'

/** What is still in the store, by `queue://name`. */
type Live = ReadonlyMap<string, StoredDestination>

/** Which records, and how much of them. */
export interface DumpOptions {
  readonly headers: boolean
  readonly bodies: boolean
  /** Types; null: all. */
  readonly types: readonly string[] | null
  /** A destination as `queue://orders`, or its name, with `*` and `?`; null: all. */
  readonly destination: string | null
  readonly id: string | null
  readonly from: number
  readonly to: number
}

/** `tandemmq store dump`: each record as a line of JSON, oldest first. 1 when the journal is damaged, and says where it ends. */
export async function storeDump(terminal: Terminal, named: NamedStore, options: DumpOptions): Promise<number> {
  const live = await liveOf(terminal, named)
  const directory = await dataDirectory(named, terminal)
  const lock = await lockOf(directory)
  try {
    const reader = new RecordReader()
    if (live !== null) reader.know(live.values())
    const { damage } = await verifyJournal(readOnlyDisk, await journalOf(directory), {
      record: (block, view, offset, at) => {
        for (const record of reader.read(block, view, offset, at))
          if (isWanted(record, options)) terminal.out(`${jsonText(lineOf(record, live, options))}\n`)
      },
      segment: drained,
    })
    if (damage === undefined) return 0
    terminal.err(`tandemmq store: ${damage.file} at byte ${damage.offset}: ${damage.what}\n`)
    return damage.kind === 'torn' ? 0 : 1
  } finally {
    await lock?.release()
  }
}

/** What is still in the store, and the names that were given before the journal's first record. A damaged journal is shown all the same. */
async function liveOf(terminal: Terminal, named: NamedStore): Promise<Live | null> {
  try {
    const { store, close } = await openOffline(named, terminal)
    await close()
    return new Map([...store.state.destinations.values()].map(at => [storedUri(at), at]))
  } catch (error) {
    if (!(error instanceof TandemError) || error.code === 'JOURNAL_LOCKED') throw error
    terminal.err(`tandemmq store: ${messageOf(error)}; the records before that are shown, without "live"\n`)
    return null
  }
}

function isWanted(record: ShownRecord, { types, destination, id, from, to }: DumpOptions): boolean {
  if (record.lsn < from || record.lsn >= to) return false
  if (types !== null && !types.includes(record.type)) return false
  if (destination !== null && !isAbout(record, destination)) return false
  return id === null || idOf(record) === id
}

function isAbout({ destination }: ShownRecord, wanted: string): boolean {
  if (typeof destination !== 'string') return false
  return destination
    .split(',')
    .some(uri => globMatches(wanted, uri) || globMatches(wanted, uri.slice(uri.indexOf('://') + 3)))
}

function idOf({ headers }: ShownRecord): string | null {
  const line = typeof headers === 'string' ? /^message-id:(.*)$/m.exec(headers)?.[1] : undefined
  return line === undefined ? null : decode(line, Version.v12)
}

/** The line of a record: of a message its id, and only what was asked for of the rest. */
function lineOf(record: ShownRecord, live: Live | null, options: DumpOptions): object {
  const { headers, body, ...rest } = record
  if (!Buffer.isBuffer(body)) return rest
  const shown: Record<string, unknown> = { ...rest, id: idOf(record) }
  if (live !== null) shown['live'] = isLive(record, live)
  if (options.headers) shown['headers'] = headersOf(String(headers))
  if (options.bodies) Object.assign(shown, bodyOf(body, record['text'] === true))
  return shown
}

/** Is it still in one of its destinations, by this record? */
function isLive({ key, lsn, destination }: ShownRecord, live: Live): boolean {
  return String(destination)
    .split(',')
    .some(uri => {
      const messages = live.get(uri)?.messages
      if (messages === undefined || !messages.find(Number(key) as MessageKey)) return false
      return messages.foundChunk!.position(messages.foundSlot) === lsn
    })
}
