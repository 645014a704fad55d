import { formatPosition } from '../base/errors.ts'
import type { BrokerConfig } from '../config/config.ts'
import { acquireLock, type DirectoryLock } from '../journal/journal.ts'
import { refuseMisfits } from './disk-limits.ts'
import { refuseNetworkDisk } from './network-disk.ts'
import type { ServerOptions } from './server.ts'
import { clearTempDirectory } from './temp-store.ts'
import { refuseReadOnly } from './writable.ts'

/** The HTTP interface, as far as it depends on the data directory. */
export interface Door {
  open(): Promise<void>
  isOpen(): boolean
  close(): Promise<void>
}

/**
 * Takes the data directory, and opens HTTP: behind it, or at once while another broker has the directory, so that probes
 * see that this one lives (management D-06). Null: there is nothing to lock. Rejects JOURNAL_LOCKED, STORE_NETWORK_DISK,
 * JOURNAL_IO, CONFIG_LIMIT; HTTP is closed then.
 */
export async function occupy(config: BrokerConfig, options: ServerOptions, http: Door): Promise<DirectoryLock | null> {
  const opening: Promise<void>[] = []
  let lock: DirectoryLock | null = null
  try {
    if (options.files === undefined) refuseNetworkDisk(config, options.log)
    lock = await lockDirectory(config, options, () => void opening.push(http.open()))
    if (options.files === undefined && config.store.kind !== 'memory') await refuseReadOnly(config.store.directory)
    if (config.store.kind !== 'memory') await clearTempDirectory(config.tempDirectory)
    refuseMisfits(config)
    await Promise.all(opening)
  } catch (error) {
    await Promise.all(opening)
    await http.close()
    await lock?.release()
    throw error
  }
  if (http.isOpen()) return lock
  // Perhaps the port was the other broker's, too.
  await http.close()
  await http.open()
  return lock
}

async function lockDirectory(
  { store }: BrokerConfig,
  { log, signal }: ServerOptions,
  onWaiting: () => void,
): Promise<DirectoryLock | null> {
  if (store.kind === 'memory') return null
  if (!store.lock.use) {
    log.warn(`${formatPosition(store.at)}: useLock="false": nothing keeps a second broker out of ${store.directory}`, {
      code: 'STORE_UNLOCKED',
    })
    return null
  }
  return acquireLock(store.directory, {
    failIfLocked: store.lock.failIfLocked,
    retryInterval: store.lock.retryInterval,
    ...(signal !== undefined && { signal }),
    onWaiting() {
      log.info(
        `${store.directory} is in use by another broker: waiting as its passive, no connector is open; ` +
          `looking again every ${store.lock.retryInterval} ms`,
        {
          code: 'STORE_IN_USE',
          hint: 'If that is not meant, stop the other one, or give this one a directory of its own (-Dactivemq.data=DIR).',
        },
      )
      onWaiting()
    },
  })
}
