import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'

/**
 * Replaces a file in one step, with the mode and owner it has, and keeps what it was beside it; answers the path of that
 * copy. A link is followed: the file it leads to is replaced. Throws when the file is not `before` any more, or when
 * anything cannot be written; the file is then as it was.
 */
export function replaceFile(path: string, before: Uint8Array, after: Uint8Array): string {
  const real = realpathSync(path)
  if (!readFileSync(real).equals(before)) throw new Error(`${real} was changed meanwhile`)
  const backup = keep(real, before)
  const draft = `${real}.${randomBytes(4).toString('hex')}.tmp`
  try {
    create(draft, after, real)
    renameSync(draft, real)
  } catch (error) {
    rmSync(draft, { force: true })
    rmSync(backup, { force: true })
    throw error
  }
  return backup
}

const BACKUPS_MAX = 1000

/** `.bak`, or `.bak.1` and so on: one that is there is never touched. */
function keep(real: string, bytes: Uint8Array): string {
  for (let i = 0; i < BACKUPS_MAX; i++) {
    const path = i === 0 ? `${real}.bak` : `${real}.bak.${i}`
    try {
      create(path, bytes, real)
      return path
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
  throw new Error(`${real} has ${BACKUPS_MAX} backups already`)
}

/** A new file, on disk before this returns, which nobody may read who may not read `like`. */
function create(path: string, bytes: Uint8Array, like: string): void {
  const { mode, uid, gid } = statSync(like)
  const file = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(file, bytes)
    fsyncSync(file)
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
  try {
    chownSync(path, uid, gid)
  } catch {
    // Only root can give a file away; it stays ours then.
  }
  chmodSync(path, mode & 0o7777)
}
