import { dirname, resolve } from 'node:path'
import { TandemError, messageOf } from '../base/errors.ts'
import { lsn } from '../base/lsn.ts'
import { ioError, type Files } from '../journal/journal.ts'
import type { PairMeta, PeerIdentity } from '../pair/pair.ts'
import { holds, keepSpare, readText, replaceText } from './whole-files.ts'

export const META_NAME = 'tandemmq-store.json'
/**
 * The format of the whole data directory: this file, the journal's records and the snapshots. Raised with READABLE_BY
 * whenever an older version could not read what this one writes. A higher one is refused (management D-13).
 */
export const META_FORMAT = 1
/** The oldest TandemMQ that reads this format; it stands in the file for those who cannot. */
export const READABLE_BY = '0.1.0'
/** It holds the pair's secret. */
const META_MODE = 0o600
/** More than such a file has: what became of the twin is remembered on a full disk too. */
const SPARE_BYTES = 8192

/** What the meta file says: the pair's memory, and where the journal lies. */
export interface StoredMeta extends PairMeta {
  readonly format: number
  /** The oldest TandemMQ that reads this; absent from early stores. */
  readonly readableBy?: string
  /** The subdirectory of the data directory that holds journal and snapshots: `.` at first, `copy-…` after a base copy. */
  readonly journal: string
}

/** A store that was never part of a pair. `storeId`: 32 hex digits from a random source. */
export const newMeta = (storeId: string): StoredMeta => ({
  format: META_FORMAT,
  readableBy: READABLE_BY,
  journal: '.',
  storeId,
  pairId: null,
  secret: null,
  role: 'none',
  paired: false,
  mayPromote: false,
  suspect: false,
  policy: null,
  peer: null,
  inSyncTo: lsn(0),
  rev: 0,
  maxEpoch: 0,
})

/** The directory that holds the journal; null: a data directory without a meta file, where it is the data directory itself. */
export const journalDirectory = (directory: string, meta: Pick<StoredMeta, 'journal'> | null): string =>
  meta === null || meta.journal === '.' ? directory : `${directory}/${meta.journal}`

/** Why everything in this store may not be forgotten (deleteAllMessagesOnStartup); null: it may. Any paired store is kept: its twin may hold less. */
export function wipeRefusal(meta: StoredMeta | null): string | null {
  if (meta === null || meta.pairId === null) return null
  return (
    'deleteAllMessagesOnStartup would wipe a store that belongs to a pair, and may hold what its twin does not; ' +
    'remove the attribute, or stop both nodes and move the data directory away'
  )
}

/** Reads the meta file; null when there is none. Rejects TWIN_META_INVALID when it is not what this version can trust, STORE_NEWER, JOURNAL_IO. */
export async function readMeta(files: Files, directory: string): Promise<StoredMeta | null> {
  const path = `${directory}/${META_NAME}`
  const text = await readWhenThere(files, directory, path)
  if (text === null) return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid(path, messageOf(cause), cause)
  }
  refuseNewer(value, directory)
  const wrong = whatIsWrong(value)
  if (wrong !== null) throw invalid(path, wrong)
  return value as StoredMeta
}

async function readWhenThere(files: Files, directory: string, path: string): Promise<string | null> {
  try {
    return (await holds(files, directory, META_NAME)) ? await readText(files, path) : null
  } catch (cause) {
    throw ioError(`${path} cannot be read`, cause)
  }
}

/** Writes the meta file durably, as a whole; fields that this version does not know are kept when `meta` has them. */
export async function writeMeta(files: Files, directory: string, meta: StoredMeta): Promise<void> {
  try {
    await replaceText(files, directory, META_NAME, `${JSON.stringify(meta, null, 2)}\n`, META_MODE)
  } catch (cause) {
    throw ioError(`${directory}/${META_NAME} cannot be written`, cause)
  }
}

/**
 * A new store's directory may have been made a moment ago, with others above it, for the lock, the log or by hand: their
 * names go to disk too, or a power cut could take the whole store. As far up as this user may look.
 */
async function syncAbove(files: Files, directory: string): Promise<void> {
  let at = resolve(directory)
  while (at !== dirname(at)) {
    at = dirname(at)
    try {
      await files.syncDirectory(at)
    } catch (cause) {
      if (!['EACCES', 'EPERM'].includes((cause as NodeJS.ErrnoException).code ?? '')) unsynced(at, cause)
      return
    }
  }
}

function unsynced(directory: string, cause: unknown): never {
  throw ioError(`the directory ${directory} cannot be synced`, cause)
}

const invalid = (path: string, what: string, cause?: unknown): TandemError =>
  new TandemError('TWIN_META_INVALID', `${path}: ${what}`, {
    cause,
    hint: 'Nothing was changed. Restore the file from a backup; do not delete it, or the node forgets its twin.',
  })

/** What a newer version wrote is not judged by this one's rules. */
function refuseNewer(value: unknown, directory: string): void {
  if (!isObject(value) || typeof value['format'] !== 'number' || value['format'] <= META_FORMAT) return
  const { format, readableBy } = value
  const [needed, how] = isVersion(readableBy)
    ? [`TandemMQ ${String(readableBy)} or newer`, `npx tandemmq@${String(readableBy)} start …`]
    : ['a newer TandemMQ', 'npx tandemmq@latest start …']
  throw new TandemError(
    'STORE_NEWER',
    `the data directory ${directory} has format ${format}, and this version reads ${META_FORMAT}: it needs ${needed}`,
    { hint: `Start it with that version (${how}), or use the copy of the directory from before the upgrade.` },
  )
}

const isVersion = (value: unknown): boolean => typeof value === 'string' && /^\d{1,6}\.\d{1,6}\.\d{1,6}$/.test(value)
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isId = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)
const isPosition = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isText = (value: unknown): boolean => typeof value === 'string'
const orNull =
  (check: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === null || check(value)
const oneOf =
  (...allowed: readonly unknown[]) =>
  (value: unknown): boolean =>
    allowed.includes(value)

const CHECKS: Readonly<Record<keyof StoredMeta, (value: unknown) => boolean>> = {
  format: oneOf(META_FORMAT),
  readableBy: value => value === undefined || isVersion(value),
  // It becomes part of a path: nothing but our own names.
  journal: value => value === '.' || (typeof value === 'string' && /^copy-[0-9]{16}$/.test(value)),
  storeId: isId,
  pairId: orNull(isText),
  secret: orNull(isText),
  role: oneOf('none', 'active', 'passive'),
  paired: oneOf(true, false),
  mayPromote: oneOf(true, false),
  suspect: oneOf(true, false),
  policy: oneOf(null, 'auto', 'manual', 'stop-on-loss', 'witness'),
  peer: orNull(isPeer),
  inSyncTo: isPosition,
  rev: isPosition,
  maxEpoch: isPosition,
}

function isPeer(value: unknown): value is PeerIdentity {
  if (!isObject(value)) return false
  const { storeId, brokerName, uris, http } = value
  return isText(storeId) && isText(brokerName) && Array.isArray(uris) && uris.every(isText) && orNull(isText)(http)
}

/** Names the field, never its value: one of them is a secret. */
function whatIsWrong(value: unknown): string | null {
  if (!isObject(value)) return 'it is not a JSON object'
  for (const [name, check] of Object.entries(CHECKS)) if (!check(value[name])) return `"${name}" is missing or wrong`
  return null
}

/** The meta file of an open data directory: one owner, whose changes are written one after the other. */
export class MetaFile {
  #meta: StoredMeta
  #writing: Promise<void> = Promise.resolve()
  readonly #files: Files
  readonly #directory: string

  constructor(files: Files, directory: string, meta: StoredMeta) {
    this.#files = files
    this.#directory = directory
    this.#meta = meta
  }

  /**
   * Reads the meta file, or makes that of a new store. Rejects TWIN_META_INVALID for a damaged one, and for a data
   * directory that held a copy and has lost it.
   */
  static async open(files: Files, directory: string, newStoreId: () => string): Promise<MetaFile> {
    const found = await readMeta(files, directory)
    if (found !== null) {
      // Nothing is durable only because it could be read (A7): a process may have been killed between its rename and its sync.
      await files.syncDirectory(directory).catch((cause: unknown) => unsynced(directory, cause))
      return MetaFile.#of(files, directory, found)
    }
    const copy = (await files.list(directory)).find(name => /^copy-[0-9]{16}$/.test(name))
    if (copy !== undefined)
      throw invalid(`${directory}/${META_NAME}`, `it is missing, and ${copy} may hold the journal it named`)
    const meta = newMeta(newStoreId())
    await writeMeta(files, directory, meta)
    await syncAbove(files, directory)
    return MetaFile.#of(files, directory, meta)
  }

  static async #of(files: Files, directory: string, meta: StoredMeta): Promise<MetaFile> {
    const file = new MetaFile(files, directory, meta)
    await file.#spare()
    return file
  }

  /** What is durable. */
  get meta(): StoredMeta {
    return this.#meta
  }

  /** Remembers what the core wants to be remembered. Resolves when it is durable. */
  save(meta: PairMeta): Promise<void> {
    return this.#write(now => ({ ...now, ...meta, format: META_FORMAT, readableBy: READABLE_BY, journal: now.journal }))
  }

  /** Makes a subdirectory the journal's: the one step in which a base copy takes the place of what was there. */
  point(journal: string): Promise<void> {
    return this.#write(now => ({ ...now, journal }))
  }

  /** Becomes a store without history, under another name: what a twin knew of the old one counts for nothing (K10). */
  forget(storeId: string): Promise<void> {
    return this.#write(() => newMeta(storeId))
  }

  #spare(): Promise<void> {
    return keepSpare(this.#files, this.#directory, META_NAME, SPARE_BYTES, META_MODE)
  }

  #write(change: (now: StoredMeta) => StoredMeta): Promise<void> {
    const writing = this.#writing.then(async () => {
      const meta = change(this.#meta)
      await writeMeta(this.#files, this.#directory, meta)
      this.#meta = meta
      await this.#spare()
    })
    // A failed write is told to whoever asked for it; the next one may still try.
    this.#writing = writing.catch(() => undefined)
    return writing
  }
}
