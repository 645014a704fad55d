import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { silentLog } from '../base/log.ts'
import { readOnlyDisk, type Hole } from '../journal/journal.ts'
import { SalvagedStore, storedUri, type StoredDestination } from '../store/store.ts'
import { UsageError, type Arguments } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { WrongPlace, dataDirectory, journalOf, type NamedStore } from './data-directory.ts'
import { EXPORT_VERSION, definitionsOf, exportOrder, exported, scheduledIn } from './export-format.ts'
import { Sink } from './export-sink.ts'
import { lockOf } from './offline-store.ts'
import { Progress, grouped } from './progress.ts'
import { jsonText, visible } from './visible.ts'

export interface SalvageOptions {
  readonly file: string
  /** As it was written. */
  readonly named: string
  /** Leaves the doubtful ones out. */
  readonly certain: boolean
  readonly json: boolean
}

/** What `store salvage` was told. Throws UsageError. */
export function salvageOptions({ cwd }: Terminal, { values, flags }: Arguments): SalvageOptions {
  const named = values.get('to')
  if (named === undefined || named === '-') throw new UsageError('say which file to write: --to FILE')
  const file = resolve(cwd, named)
  if (existsSync(file) && !flags.has('force')) throw new UsageError(`${named} exists; --force overwrites it`)
  return { file, named, certain: flags.has('certain'), json: flags.has('json') }
}

/** What became of the messages of one destination. */
interface Counts {
  readonly destination: string
  /** The journal's number of it, whose name is lost; else null. */
  readonly namelessId: number | null
  written: number
  /** Of those: a hole behind them may have removed them. */
  mayBeConsumed: number
  /** Of those: no checksum proves what they say. */
  notProven: number
  /** Doubtful ones that `--certain` left out. */
  leftOut: number
  /** They were there, and cannot be read. */
  gone: number
}

/**
 * `tandemmq store salvage`: what can still be read of a damaged store, as lines of JSON (management C-14, TC-15). 1 when it is
 * damaged, although the file was written.
 */
export async function storeSalvage(terminal: Terminal, named: NamedStore, options: SalvageOptions): Promise<number> {
  const directory = await dataDirectory(named, terminal)
  const lock = await lockOf(directory)
  const seen = { records: 0, messages: 0 }
  const line = (): string => `${grouped(seen.records)} records read, ${grouped(seen.messages)} messages salvaged`
  const progress = new Progress(terminal.err, line, !options.json)
  try {
    const journal = await journalOf(directory)
    const read = (): Promise<SalvagedStore | null> =>
      SalvagedStore.read(readOnlyDisk, journal, silentLog, () => seen.records++)
    const store = existsSync(journal) ? await read() : null
    if (store === null) throw new WrongPlace(`${journal} holds no journal`)
    try {
      const destinations = await write(store, new Sink(terminal, options.file), options.certain, seen)
      progress.end()
      return tell(terminal, journal, store, destinations, options)
    } finally {
      await store.close()
    }
  } finally {
    progress.end()
    await lock?.release()
  }
}

/** What a progress line counts up. */
interface Seen {
  messages: number
}

async function write(store: SalvagedStore, sink: Sink, certain: boolean, seen: Seen): Promise<readonly Counts[]> {
  try {
    const position = store.state.applied
    const exportedAt = new Date().toISOString()
    const head = { tandemmqExport: EXPORT_VERSION, id: randomUUID(), exported: exportedAt, position }
    const destinations = exportOrder(store.state)
    await sink.line({ ...head, scheduled: scheduledIn(destinations) })
    for (const line of definitionsOf(destinations)) await sink.line(line)
    const all: Counts[] = []
    for (const at of destinations) all.push(await writeOne(store, at, sink, certain, seen))
    await sink.line({ end: true, messages: all.reduce((sum, { written }) => sum + written, 0) })
    await sink.end()
    return all
  } catch (error) {
    sink.giveUp()
    throw error
  }
}

async function writeOne(
  store: SalvagedStore,
  at: StoredDestination,
  sink: Sink,
  certain: boolean,
  seen: Seen,
): Promise<Counts> {
  const destination = storedUri(at)
  const namelessId = store.nameless.has(at.id) ? at.id : null
  const counts = { destination, namelessId, written: 0, mayBeConsumed: 0, notProven: 0, leftOut: 0, gone: 0 }
  for await (const salvaged of store.messages(at)) {
    if (salvaged === null) {
      counts.gone++
      continue
    }
    const { message, doubt } = salvaged
    if (doubt !== null && certain) {
      counts.leftOut++
      continue
    }
    const line = exported(at, message, store.state.schedule.get(message.key) ?? null)
    await sink.line(doubt === null ? line : { ...line, doubtful: doubt })
    counts.written++
    seen.messages++
    if (doubt === 'consumed') counts.mayBeConsumed++
    else if (doubt === 'content') counts.notProven++
  }
  return counts
}

function tell(
  terminal: Terminal,
  journal: string,
  store: SalvagedStore,
  destinations: readonly Counts[],
  { named, file, json }: SalvageOptions,
): number {
  const { holes, damagedSnapshots, snapshot, read } = store
  const sum = (field: 'written' | 'mayBeConsumed' | 'notProven' | 'leftOut' | 'gone'): number =>
    destinations.reduce((all, counts) => all + counts[field], 0)
  const totals = {
    written: sum('written'),
    mayBeConsumed: sum('mayBeConsumed'),
    notProven: sum('notProven'),
    leftOut: sum('leftOut'),
    gone: sum('gone'),
  }
  const isDamaged = holes.length > 0 || totals.gone > 0
  const isUnknown = holes.some(hole => hole.message === null && !isOlder(hole, store))
  const shownHoles = holes.map(hole => ({ ...hole, holds: heldBy(hole, store) }))
  if (json) {
    const answer = { journal, file, damaged: isDamaged, ...read, snapshot, damagedSnapshots, holes: shownHoles }
    terminal.out(`${jsonText({ ...answer, ...totals, destinations })}\n`)
    return isDamaged ? 1 : 0
  }
  const lines = [`${journal}: ${read.records} whole records in ${read.segments} segments, ${holes.length} holes`]
  for (const name of damagedSnapshots) lines.push(`${name}: a damaged snapshot, passed over`)
  for (const { holds, ...hole } of shownHoles) lines.push(`${placeOf(hole)}: ${holds}`)
  if (read.torn > 0) lines.push(`${read.torn} bytes of an unfinished last write, which a start cuts off: no damage`)
  lines.push(...describe(destinations), ...meaning(totals, isUnknown))
  lines.push(`${named}: ${totals.written} messages`)
  if (totals.written > 0)
    lines.push(
      `  next: keep a copy of the data directory, start the broker on an empty one, then "tandemmq import ${named} --to stomp://HOST:61613"`,
    )
  terminal.out(`${lines.join('\n')}\n`)
  return isDamaged ? 1 : 0
}

function placeOf({ file, first, last }: Hole): string {
  const bytes = last - first + 1
  if (file === null) return `no file holds the journal from ${first} to ${last} (${bytes} bytes)`
  return `${file}, bytes ${first} to ${last} (${bytes} bytes)`
}

/** The newest snapshot was taken behind it. */
const isOlder = ({ isEnd, to }: Hole, { snapshot }: SalvagedStore): boolean => to <= (snapshot ?? 0) && !isEnd

function heldBy(hole: Hole, store: SalvagedStore): string {
  const { message, isEnd } = hole
  const { state } = store
  if (isOlder(hole, store)) return 'older than the newest snapshot, which is whole: only what is counted below is lost'
  if (message !== null) {
    const at = state.destination(message)
    return `one message of ${at === undefined ? `destination ${message}` : visible(storedUri(at))}, which cannot be read`
  }
  if (isEnd) return "the journal's end is missing, and perhaps more behind it"
  return 'messages may have arrived and been consumed in it'
}

function* describe(destinations: readonly Counts[]): Generator<string> {
  for (const { destination, namelessId, written, leftOut, gone, ...doubtful } of destinations) {
    if (written + leftOut + gone === 0) continue
    const parts = [`${written} messages`]
    if (doubtful.mayBeConsumed > 0) parts.push(`${doubtful.mayBeConsumed} perhaps consumed before`)
    if (doubtful.notProven > 0) parts.push(`${doubtful.notProven} without a proof`)
    if (leftOut > 0) parts.push(`${leftOut} doubtful ones left out`)
    if (gone > 0) parts.push(`${gone} that were there cannot be read`)
    if (namelessId !== null) parts.push(`its name is lost: the journal calls it ${namelessId}`)
    yield `${visible(destination)}: ${parts.join(', ')}`
  }
}

/** What the numbers mean for whoever has to decide. */
function* meaning(
  { mayBeConsumed, notProven, leftOut, gone }: Omit<Counts, 'destination' | 'namelessId' | 'written'>,
  isUnknown: boolean,
): Generator<string> {
  if (isUnknown) yield 'messages whose arrival lies in a hole are gone, and nothing says how many they were'
  if (gone > 0) yield `${gone} messages were there for certain, and what they said is gone`
  if (mayBeConsumed > 0)
    yield `${mayBeConsumed} are marked "doubtful":"consumed": they are older than a hole, and may have been consumed in it; --certain leaves them out`
  if (notProven > 0)
    yield `${notProven} are marked "doubtful":"content": the checksum before them is lost, so look at them before you trust them`
  if (leftOut > 0)
    yield `${leftOut} doubtful ones were left out, as --certain asks; without it they are written and marked`
}
