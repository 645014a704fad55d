import { mkdir, open, stat, type FileHandle } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'
import { TandemError, messageOf } from '../base/errors.ts'
import { READ_ONLY } from './io-error.ts'

export interface LockOptions {
  /** Reject JOURNAL_LOCKED at once instead of waiting. */
  readonly failIfLocked: boolean
  /** Milliseconds between attempts. */
  readonly retryInterval: number
  /** Called once, when another process holds the lock and the wait begins. */
  readonly onWaiting?: () => void
  readonly signal?: AbortSignal
}

export interface DirectoryLock {
  /** Gives the directory free. The kernel does it too, whichever way the process ends. */
  release(): Promise<void>
}

type TryLock = (descriptor: number) => boolean

/**
 * Takes the operating system's lock on the file `lock` in the directory, which ActiveMQ's KahaDB locks too: so neither
 * two brokers nor a broker and an ActiveMQ ever share a directory. Waits for it as a shared-storage passive does.
 * Rejects JOURNAL_LOCKED (`failIfLocked`), JOURNAL_LOCK_UNAVAILABLE, JOURNAL_IO, or the signal's reason.
 */
export async function acquireLock(directory: string, options: LockOptions): Promise<DirectoryLock> {
  const tryLock = loadTryLock()
  const path = `${directory}/lock`
  for (let attempt = 0; ; attempt++) {
    options.signal?.throwIfAborted()
    const handle = await attemptLock(directory, path, tryLock)
    if (handle !== undefined) return { release: () => handle.close() }
    if (options.failIfLocked)
      throw new TandemError('JOURNAL_LOCKED', `${directory} is in use by another broker`, {
        hint: 'Stop the other one, or give this one a data directory of its own (-Dactivemq.data=DIR).',
      })
    if (attempt === 0) options.onWaiting?.()
    await delay(options.retryInterval, undefined, options.signal === undefined ? {} : { signal: options.signal })
  }
}

function loadTryLock(): TryLock {
  const require = createRequire(import.meta.url)
  try {
    // The package brings no types; tryLock(fd) answers false when another descriptor holds the lock.
    return knownAddon(require) ?? (require('fs-native-extensions') as { readonly tryLock: TryLock }).tryLock
  } catch (cause) {
    throw unavailable(cause)
  }
}

/** The release of fs-native-extensions of whose addon it is known what `tryLock` takes and how it fails. */
const KNOWN = '1.5.1'

/**
 * `tryLock` of the package, by its addon alone: to find that, the package loads fifteen files, a twentieth of a start. Null
 * where the addon is not, and of another release: a lock that is not exclusive would guard nothing, and nobody would see.
 */
function knownAddon(require: NodeJS.Require): TryLock | null {
  try {
    const name = 'fs-native-extensions'
    if ((require(`${name}/package.json`) as { readonly version: string }).version !== KNOWN) return null
    const addon = require(`${name}/prebuilds/${process.platform}-${process.arch}/${name}.node`) as Addon
    return descriptor => {
      try {
        addon.tryLock(descriptor, 0, 0, true)
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false
        throw error
      }
    }
  } catch {
    return null
  }
}

interface Addon {
  /** Bytes; length 0: to the end. Throws EAGAIN when another descriptor holds it. */
  tryLock(descriptor: number, offset: number, length: number, exclusive: boolean): void
}

async function attemptLock(directory: string, path: string, tryLock: TryLock): Promise<FileHandle | undefined> {
  const handle = await openLock(directory, path)
  try {
    // A file that was deleted or replaced since it was opened guards nothing.
    if (locked(handle, tryLock) && (await isStillAt(handle, path))) return handle
  } catch (error) {
    await handle.close()
    throw error
  }
  await handle.close()
  return undefined
}

async function openLock(directory: string, path: string): Promise<FileHandle> {
  try {
    await mkdir(directory, { recursive: true })
    return await open(path, 'a+', 0o640)
  } catch (cause) {
    throw new TandemError('JOURNAL_IO', `the data directory ${directory} cannot be written: ${messageOf(cause)}`, {
      cause,
      hint:
        (cause as NodeJS.ErrnoException).code === 'EROFS'
          ? READ_ONLY
          : 'Let the user of this process write there (chown), or name another directory with -Dactivemq.data=DIR.',
    })
  }
}

function locked(handle: FileHandle, tryLock: TryLock): boolean {
  try {
    return tryLock(handle.fd)
  } catch (cause) {
    throw unavailable(cause)
  }
}

async function isStillAt(handle: FileHandle, path: string): Promise<boolean> {
  const [mine, there] = await Promise.all([handle.stat(), stat(path).catch(() => undefined)])
  return there !== undefined && mine.ino === there.ino && mine.dev === there.dev
}

const unavailable = (cause: unknown): TandemError =>
  new TandemError('JOURNAL_LOCK_UNAVAILABLE', `the data directory cannot be locked here: ${messageOf(cause)}`, {
    cause,
    hint: 'Set useLock="false" on the persistence adapter, and make sure that no second broker uses the directory.',
  })
