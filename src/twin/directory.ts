import { lsn, type Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import { listSegments, segmentPath, type Files } from '../journal/journal.ts'
import { journalDirectory, type MetaFile, type StoredMeta } from './meta.ts'
import { LISTING_NAME, listSalvage, newSalvageName, writeListing } from './salvage-directory.ts'
import { using } from './whole-files.ts'

const COPY = /^copy-([0-9]{16})$/
/** Journal and snapshots, and what unfinished attempts left: never anything that is not ours. */
const OUR_FILE = /^tandemmq-[0-9a-f]{16}\.(journal|snapshot|cut)(\.new)?$/

const copyName = (n: number): string => `copy-${String(n).padStart(16, '0')}`
/** The age of a journal directory's name: `.` came first. */
const copyNumber = (name: string): number => Number(COPY.exec(name)?.[1] ?? 0)

/** The subdirectory in which the next base copy is staged: an interrupted copy finds what it already had there. */
export const stagingName = (meta: StoredMeta): string => copyName(copyNumber(meta.journal) + 1)

/**
 * Finishes what a crash behind the swap left undone: journals that the meta file names no longer become a
 * `salvage-<time>`, of which one is kept. At every start, before the journal is opened, and after a swap. Idempotent.
 * A staging directory (a higher number than the journal's) stays, for the copy to go on.
 */
export async function settleDirectory(
  files: Files,
  directory: string,
  meta: StoredMeta,
  now: number,
  log: Log,
): Promise<void> {
  const current = copyNumber(meta.journal)
  if (current === 0) return
  const names = await files.list(directory)
  const older = names.filter(name => COPY.test(name) && copyNumber(name) < current)
  for (const name of ['.', ...older.sort()]) await retire(files, directory, name, now, log)
  const moved = await unfinished(files, directory)
  if (moved !== undefined) await describeJournal(files, `${directory}/${moved}`, now)
  await keepOne(files, directory, log)
}

const unfinished = async (files: Files, directory: string): Promise<string | undefined> =>
  (await listSalvage(files, directory)).find(({ kind }) => kind === 'unfinished-journal')?.name

/** Moves a replaced journal into salvage; what is left of it, into the same directory, when a crash came between. */
async function retire(files: Files, directory: string, journal: string, now: number, log: Log): Promise<void> {
  const from = journalDirectory(directory, { journal })
  const names = (await files.list(from)).filter(name => journal !== '.' || OUR_FILE.test(name))
  if (names.length > 0) {
    const begun = await unfinished(files, directory)
    if (begun === undefined && (await listSegments(files, from)).length === 0) {
      for (const each of names) await files.remove(`${from}/${each}`)
    } else {
      const to = `${directory}/${begun ?? (await newSalvageName(files, directory, now))}`
      await files.list(to)
      // Segments first: they are what makes a half moved journal known as one.
      for (const each of names.sort(segmentsFirst)) await files.rename(`${from}/${each}`, `${to}/${each}`)
      await files.syncDirectory(to)
      await files.syncDirectory(from)
      await describeJournal(files, to, now)
      log.warn(`pair: the journal that a copy of the active's replaced is kept in ${to}`, { code: 'PAIR_SALVAGE' })
    }
  }
  if (journal !== '.') await files.removeDirectory?.(from)
}

const segmentsFirst = (a: string, b: string): number => Number(b.endsWith('.journal')) - Number(a.endsWith('.journal'))

async function describeJournal(files: Files, salvage: string, now: number): Promise<void> {
  const bases = await listSegments(files, salvage)
  const last = bases.at(-1) ?? lsn(0)
  const size = bases.length === 0 ? 0 : await using(files, segmentPath(salvage, last), file => file.size())
  const listing = { kind: 'journal', from: bases[0] ?? lsn(0), to: (last + size) as Lsn } as const
  const why = "a copy of the active's journal took its place"
  await writeListing(files, salvage, { ...listing, why, exported: new Date(now).toISOString(), receipted: null })
}

/** Whole journals are large: the newest one is kept. Exported tails are not counted here and never removed. */
async function keepOne(files: Files, directory: string, log: Log): Promise<void> {
  const whole = (await listSalvage(files, directory)).filter(({ kind }) => kind === 'journal')
  for (const { name } of whole.slice(0, -1)) {
    await removeAll(files, `${directory}/${name}`)
    log.warn(`pair: ${directory}/${name} was removed: it held an earlier replaced journal, and one is kept`, {
      code: 'PAIR_SALVAGE',
    })
  }
}

/** Removes the files of a directory of ours, and the directory; the listing last, so that it is known until the end. */
export async function removeAll(files: Files, directory: string): Promise<void> {
  const names = await files.list(directory)
  names.sort((a, b) => Number(a === LISTING_NAME) - Number(b === LISTING_NAME))
  for (const name of names) await files.remove(`${directory}/${name}`)
  await files.removeDirectory?.(directory)
}

/**
 * Forgets everything (deleteAllMessagesOnStartup): all journals and copies, then what the store was. Salvage stays: it
 * was kept for a person. Ask `wipeRefusal` before. Interrupted, it is done again by the next start.
 */
export async function wipeStore(
  files: Files,
  directory: string,
  meta: MetaFile,
  newStoreId: () => string,
): Promise<void> {
  const { journal } = meta.meta
  const copies = (await files.list(directory)).filter(name => COPY.test(name))
  // What the meta file names goes last: until then everything else must not come back in its place.
  const others = ['.', ...copies].filter(name => name !== journal)
  for (const name of [...others, journal]) {
    const at = journalDirectory(directory, { journal: name })
    for (const each of await files.list(at)) if (OUR_FILE.test(each)) await files.remove(`${at}/${each}`)
    await files.syncDirectory(at)
  }
  await meta.forget(newStoreId())
  for (const name of copies) await removeAll(files, `${directory}/${name}`)
}
