import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { DirectoryLock } from '../journal/journal.ts'
import type { NodeStore } from './node-store.ts'
import type { Served } from './serve-http.ts'
import type { Service } from './service.ts'

interface Parts {
  readonly service: Service | null
  readonly store: NodeStore
  readonly http: Served | null
  readonly lock: DirectoryLock | null
  readonly log: Log
  /** Nothing is handled any more. */
  readonly endHost: () => void
}

/** Closes all that a node has, from the outside in. `well`: its disk works, so a snapshot is left for the next start. */
export async function closeNode(well: boolean, { service, store, http, lock, log, endHost }: Parts): Promise<void> {
  try {
    if (well && service !== null) await service.endWell()
    else if (well) await store.snapshot()
    else await service?.end()
  } catch (error) {
    log.warn(`stopping: ${messageOf(error)}`, { code: 'NODE_STOPPING' })
  }
  endHost()
  await http?.close()
  await store.close().catch((error: unknown) => log.debug(messageOf(error)))
  await lock?.release()
}
