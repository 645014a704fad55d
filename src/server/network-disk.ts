import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { TandemError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { BrokerConfig } from '../config/config.ts'

/**
 * File systems whose locks and syncs depend on a network, by the number that Linux has for them (statfs(2)): a lock there
 * may be lost with the connection while both brokers believe to have it, which is how a shared store gets two masters.
 */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
  [0x564c, 'NCP'],
])

/** The network file system that holds, or would hold, a path; null: it is none, or the platform does not say. */
export function networkFileSystem(
  path: string,
  typeOf: (path: string) => number = place => statfsSync(place).type,
): string | null {
  if (process.platform !== 'linux') return null
  for (let place = path; ; place = dirname(place)) {
    try {
      return NETWORK.get(typeOf(place) >>> 0) ?? null
    } catch {
      if (place === dirname(place)) return null
    }
  }
}

/** Keeps a store off a network file system, unless -Dtandemmq.networkStore=true says that it is meant (management D-12). */
export function refuseNetworkDisk(
  { store, overrides }: Pick<BrokerConfig, 'store' | 'overrides'>,
  log: Log,
  kindOf: (path: string) => string | null = networkFileSystem,
): void {
  if (store.kind === 'memory') return
  const kind = kindOf(store.directory)
  if (kind === null) return
  const text = `the data directory ${store.directory} lies on a network file system (${kind}), where a lock or a sync may not hold`
  if (overrides['networkStore'] === 'true') return log.warn(text, { code: 'STORE_NETWORK_DISK', at: store.at })
  throw new TandemError('STORE_NETWORK_DISK', text, {
    position: store.at,
    hint: 'Use a local disk, and a pair for the second copy; or give -Dtandemmq.networkStore=true if you know it to be safe.',
  })
}
