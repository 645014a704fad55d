import { existsSync } from 'node:fs'
import { TandemError } from '../base/errors.ts'
import { silentLog } from '../base/log.ts'
import { acquireLock, readOnlyDisk, type DirectoryLock } from '../journal/journal.ts'
import { OfflineStore } from '../store/store.ts'
import type { Terminal } from './cli.ts'
import { dataDirectory, journalOf, type NamedStore } from './data-directory.ts'

/** A store that no broker uses while it is looked at. */
export interface OpenStore {
  readonly directory: string
  /** Where the journal lies: the same, or a directory in it. */
  readonly journal: string
  readonly store: OfflineStore
  close(): Promise<void>
}

/**
 * Opens the store that an argument names, a data directory or an activemq.xml, and changes nothing. While it is open no broker
 * can start on it. Rejects JOURNAL_LOCKED when one runs, WrongPlace, JOURNAL_CORRUPT, JOURNAL_IO.
 */
export async function openOffline(named: NamedStore, terminal: Terminal): Promise<OpenStore> {
  const directory = await dataDirectory(named, terminal)
  const lock = await lockOf(directory)
  try {
    const journal = await journalOf(directory)
    const store = await OfflineStore.read(readOnlyDisk, journal, silentLog)
    const close = async (): Promise<void> => {
      await store.close()
      await lock?.release()
    }
    return { directory, journal, store, close }
  } catch (error) {
    await lock?.release()
    throw error
  }
}

/** A directory without a lock file was copied here, or no broker ever ran in it: there is nobody to keep away. */
export async function lockOf(directory: string): Promise<DirectoryLock | null> {
  if (!existsSync(`${directory}/lock`)) return null
  try {
    return await acquireLock(directory, { failIfLocked: true, retryInterval: 0 })
  } catch (error) {
    if (!(error instanceof TandemError) || error.code !== 'JOURNAL_LOCKED') throw error
    const hint = 'Stop it first, or look at a copy of the directory.'
    throw new TandemError('JOURNAL_LOCKED', `${directory} is in use by a running broker`, { cause: error, hint })
  }
}
