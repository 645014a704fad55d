import { messageOf } from '../base/errors.ts'
import { lsn as toLsn, type Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import { checksum } from './checksum.ts'
import type { Files, JournalFile } from './files.ts'
import { ioError } from './io-error.ts'
import { readLsn, writeLsn } from './record.ts'
import { listSegments, segmentPath } from './segment.ts'

/**
 * A snapshot is what the fold of the journal up to an Lsn looks like, in bytes that only the store understands.
 *
 *     0         8        10   12       16       24       32
 *     ├ magic ──┼ format ┼ 0 ─┼ crc ───┼ lsn ───┼ bytes ─┤ content …        "TandemSn", little-endian
 *
 * `crc` covers the content, then the bytes [16, 32). The file gets its name only when it is complete and synced.
 */
const HEADER_BYTES = 32
const MAGIC = Buffer.from('TandemSn', 'latin1')
const FORMAT = 1
const NAME = /^tandemmq-([0-9a-f]{16})\.snapshot$/
const TEMPORARY = /^tandemmq-[0-9a-f]{16}\.snapshot\.new$/
const READ_BYTES = 1 << 20
/** The newest, and one more in case the newest cannot be read. */
const SNAPSHOTS_KEPT = 2

export interface Snapshot {
  /** The content is the fold of all records before this position. */
  readonly lsn: Lsn
  /** Bytes of content. */
  readonly bytes: number
  /** The content in pieces of up to 1 MiB, each a buffer of its own. Its crc was verified before. */
  chunks(): AsyncIterable<Buffer>
}

export interface NewestSnapshot {
  /** Undefined when the journal is to be read from its beginning. */
  readonly snapshot: Snapshot | undefined
  /** The highest position that any snapshot is named after, intact or not: the journal was committed up to here. */
  readonly committed: Lsn
}

/** `tandemmq-<position as 16 hex digits>.snapshot`. */
export const snapshotName = (at: Lsn): string => `tandemmq-${at.toString(16).padStart(16, '0')}.snapshot`
/** Where the snapshot up to `at` is kept. */
export const snapshotPath = (directory: string, at: Lsn): string => `${directory}/${snapshotName(at)}`

/**
 * Writes a snapshot and makes it durable, then removes all but the newest two and what earlier attempts left behind.
 * The journal must be synced up to `at` before (`JournalWriter.sync`): a snapshot never runs ahead of its journal.
 * Rejects JOURNAL_IO; the earlier snapshots are then untouched.
 */
export async function writeSnapshot(
  files: Files,
  directory: string,
  at: Lsn,
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<void> {
  const path = `${directory}/${snapshotName(at)}`
  const temporary = `${path}.new`
  try {
    await removeTemporaries(files, directory)
    const file = await files.open(temporary)
    try {
      await writeContent(file, at, chunks)
      await file.sync()
    } finally {
      await file.close()
    }
    await files.rename(temporary, path)
    await files.syncDirectory(directory)
    const older = (await listSnapshots(files, directory)).slice(SNAPSHOTS_KEPT)
    for (const spent of older) await files.remove(`${directory}/${snapshotName(spent)}`)
  } catch (cause) {
    await files.remove(temporary).catch(() => undefined)
    throw ioError(`snapshot ${path} cannot be written`, cause)
  }
}

/** The newest intact snapshot that the journal reaches up to; others are passed over with a line in the log. Rejects JOURNAL_IO. */
export async function readNewestSnapshot(files: Files, directory: string, log: Log): Promise<NewestSnapshot> {
  try {
    return await readNewest(files, directory, log)
  } catch (cause) {
    throw ioError(`the data directory ${directory} cannot be read`, cause)
  }
}

async function readNewest(files: Files, directory: string, log: Log): Promise<NewestSnapshot> {
  const journalEnd = await endOfFiles(files, directory)
  const newestFirst = await listSnapshots(files, directory)
  const committed = newestFirst[0] ?? toLsn(0)
  for (const at of newestFirst) {
    const path = `${directory}/${snapshotName(at)}`
    const snapshot = await verifiedSnapshot(files, path, at).catch((error: unknown) => messageOf(error))
    if (typeof snapshot === 'string') {
      log.warn(`journal: ${path} is passed over: ${snapshot}`, { code: 'STORE_BAD_SNAPSHOT' })
      continue
    }
    if (at <= journalEnd) return { snapshot, committed }
    log.warn(`journal: ${path} is passed over: it reaches to ${at}, the journal only to ${journalEnd}`, {
      code: 'STORE_BAD_SNAPSHOT',
    })
  }
  return { snapshot: undefined, committed }
}

/**
 * As `readNewestSnapshot`, for a journal that is damaged: also one that the journal no longer reaches up to, for it says what
 * was there. Those that are passed over are named.
 */
export async function newestIntactSnapshot(
  files: Files,
  directory: string,
): Promise<NewestSnapshot & { readonly damaged: readonly string[] }> {
  const newestFirst = await listSnapshots(files, directory)
  const committed = newestFirst[0] ?? toLsn(0)
  const damaged: string[] = []
  for (const at of newestFirst) {
    const snapshot = await verifiedSnapshot(files, snapshotPath(directory, at), at).catch(() => undefined)
    if (snapshot !== undefined) return { snapshot, committed, damaged }
    damaged.push(snapshotName(at))
  }
  return { snapshot: undefined, committed, damaged }
}

/** Positions of the snapshots by their names, newest first. */
export async function listSnapshots(files: Files, directory: string): Promise<Lsn[]> {
  const found: Lsn[] = []
  for (const name of await files.list(directory)) {
    const at = Number.parseInt(NAME.exec(name)?.[1] ?? '', 16)
    if (Number.isSafeInteger(at)) found.push(toLsn(at))
  }
  return found.sort((a, b) => b - a)
}

/** Removes what attempts to write a snapshot left behind. */
export async function removeTemporaries(files: Files, directory: string): Promise<void> {
  for (const name of await files.list(directory)) {
    if (TEMPORARY.test(name)) await files.remove(`${directory}/${name}`)
  }
}

async function endOfFiles(files: Files, directory: string): Promise<Lsn> {
  const last = (await listSegments(files, directory)).at(-1)
  if (last === undefined) return toLsn(0)
  return toLsn(last + (await using(files, segmentPath(directory, last), file => file.size())))
}

/** Smaller parts are gathered: a hundred thousand queues are two hundred thousand of them, and each write takes a thread. */
const GATHERED_BYTES = 256 * 1024

async function writeContent(
  file: JournalFile,
  at: Lsn,
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<void> {
  let bytes = 0
  let crc = 0
  const put = async (part: Buffer, length: number): Promise<void> => {
    if (length === 0) return
    await file.write(part, 0, length, HEADER_BYTES + bytes)
    crc = checksum(part, 0, length, crc)
    bytes += length
  }
  const gathered = Buffer.allocUnsafe(GATHERED_BYTES)
  let held = 0
  for await (const chunk of chunks) {
    if (held + chunk.length > GATHERED_BYTES) {
      await put(gathered, held)
      held = 0
    }
    if (chunk.length > GATHERED_BYTES) await put(chunk, chunk.length)
    else held += chunk.copy(gathered, held)
  }
  await put(gathered, held)
  const header = Buffer.alloc(HEADER_BYTES)
  const view = viewOf(header)
  MAGIC.copy(header)
  view.setUint16(8, FORMAT, true)
  writeLsn(view, 16, at)
  writeLsn(view, 24, bytes)
  view.setUint32(12, checksum(header, 16, HEADER_BYTES, crc), true)
  await file.write(header, 0, HEADER_BYTES, 0)
}

/** Reads the whole file once, to know that it is intact before anybody acts on it. Rejects an Error that says why not. */
export async function verifiedSnapshot(files: Files, path: string, at: Lsn): Promise<Snapshot> {
  return using(files, path, async file => {
    const header = Buffer.alloc(HEADER_BYTES)
    const got = await file.read(header, 0, HEADER_BYTES, 0)
    const view = viewOf(header)
    if (got < HEADER_BYTES || header.compare(MAGIC, 0, 8, 0, 8) !== 0) throw new Error('it is not a snapshot')
    const format = view.getUint16(8, true)
    if (format !== FORMAT) throw new Error(`its format is ${format}, expected ${FORMAT}`)
    const bytes = readLsn(view, 24)
    if (readLsn(view, 16) !== at) throw new Error('its name and its position differ')
    if ((await file.size()) !== HEADER_BYTES + bytes) throw new Error('its size is not what it says')
    let crc = 0
    for await (const chunk of content(file, bytes)) crc = checksum(chunk, 0, chunk.length, crc)
    if (checksum(header, 16, HEADER_BYTES, crc) !== view.getUint32(12, true)) throw new Error('its checksum is wrong')
    return { lsn: at, bytes, chunks: () => chunksOf(files, path, bytes) }
  })
}

async function* chunksOf(files: Files, path: string, bytes: number): AsyncGenerator<Buffer> {
  const file = await files.open(path)
  try {
    yield* content(file, bytes)
  } finally {
    await file.close()
  }
}

async function* content(file: JournalFile, bytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes;) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, bytes - at))
    const got = await file.read(chunk, 0, chunk.length, HEADER_BYTES + at)
    if (got === 0) throw new Error('it became shorter while it was read')
    at += got
    yield chunk.subarray(0, got)
  }
}

const viewOf = (buffer: Buffer): DataView => new DataView(buffer.buffer, buffer.byteOffset, buffer.length)

async function using<T>(files: Files, path: string, work: (file: JournalFile) => Promise<T>): Promise<T> {
  const file = await files.open(path)
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}
