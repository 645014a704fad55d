import { TandemError, messageOf } from '../base/errors.ts'
import type { Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import type { Files, JournalFile } from '../journal/journal.ts'
import { foldWhole } from './copy-verify.ts'

const NAME = /^tandemmq-([0-9a-f]{16})\.(journal|snapshot)$/

/**
 * Rejects JOURNAL_CUT when a store that ends at `at` would not be whole: what lies behind may have been the end of messages
 * before it, and their segments are deleted. Reads what a start would read, and changes nothing.
 */
export async function checkCut(files: Files, directory: string, at: Lsn, log: Log): Promise<void> {
  if (at === 0) return
  try {
    await foldWhole(new AsIfCut(files, at), directory, at, log)
  } catch (cause) {
    if (!(cause instanceof TandemError) || cause.code === 'JOURNAL_IO') throw cause
    throw new TandemError('JOURNAL_CUT', `the journal cannot be cut at ${at}: ${messageOf(cause)}`, { cause })
  }
}

/** A journal's files as they would be after a cut. Nothing is written, whatever is asked. */
class AsIfCut implements Files {
  readonly #files: Files
  readonly #at: Lsn

  constructor(files: Files, at: Lsn) {
    this.#files = files
    this.#at = at
  }

  async list(directory: string): Promise<string[]> {
    return (await this.#files.list(directory)).filter(name => {
      const base = baseOf(name)
      return base !== null && (name.endsWith('.snapshot') ? base <= this.#at : base < this.#at)
    })
  }

  async open(path: string): Promise<JournalFile> {
    const file = await this.#files.open(path)
    const base = path.endsWith('.journal') ? baseOf(path.slice(path.lastIndexOf('/') + 1)) : null
    const limit = base === null ? Infinity : this.#at - base
    const nothing = (): Promise<void> => Promise.resolve()
    return {
      size: async () => Math.min(limit, await file.size()),
      read: (block, from, to, position) => file.read(block, from, Math.min(to, from + limit - position), position),
      close: () => file.close(),
      write: nothing,
      sync: nothing,
      truncate: nothing,
    }
  }

  rename = (): Promise<void> => Promise.resolve()
  remove = (): Promise<void> => Promise.resolve()
  syncDirectory = (): Promise<void> => Promise.resolve()
}

/** Of a segment, where it begins; of a snapshot, where it was taken. */
function baseOf(name: string): number | null {
  const hex = NAME.exec(name)?.[1]
  return hex === undefined ? null : Number.parseInt(hex, 16)
}
