import { access, constants, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ioError } from '../journal/journal.ts'

const mayWrite = (path: string): Promise<void> => access(path, constants.W_OK | constants.X_OK)

/**
 * Files that are there may be open to writing where none can be made: the lock could be had, the start would go down in the
 * journal, and the next thing to do would fail the disk. Better to know before. Rejects JOURNAL_IO.
 */
export async function refuseReadOnly(
  directory: string,
  may: (path: string) => Promise<void> = mayWrite,
): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  const copies = names.filter(name => /^copy-\d+$/.test(name)).map(name => join(directory, name))
  for (const place of [directory, ...copies]) {
    try {
      await may(place)
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') continue
      throw ioError(`the data directory ${place} cannot be written`, cause)
    }
  }
}
