import { readdirSync, statSync, statfsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { TandemError } from '../base/errors.ts'
import type { BrokerConfig } from '../config/config.ts'

/** One limit for files, and the disk they lie on; bytes. */
export interface DiskFacts {
  /** What the limit is now. */
  readonly limit: number
  /** What of it is in use. */
  readonly used: number
  /** Share of the disk that the limit was given as; 0: it was given in bytes. */
  readonly percent: number
  /** The disk, and what is free on it; null: not known. */
  readonly disk: { readonly size: number; readonly free: number } | null
  /** Bytes by which a lowered limit must be able to grow before it does; -1 it never grows. */
  readonly regrowThreshold: number
}

/** The limit as it should be (semantics L-02, L-08): never more than there is room for, and again as much as was asked for. */
export function fittingLimit({ limit, used, percent, disk, regrowThreshold }: DiskFacts): number {
  if (disk === null || limit === 0) return limit
  const room = disk.free + used
  if (limit > room) return room
  const wanted = Math.min(Math.floor((disk.size * percent) / 100), room)
  const grows = regrowThreshold >= 0 && percent > 0 && wanted > limit && wanted - limit >= regrowThreshold
  return grows ? wanted : limit
}

/** The file system that holds, or would hold, a path. */
export function diskOf(path: string): DiskFacts['disk'] {
  for (let place = path; ; place = dirname(place)) {
    try {
      const { blocks, bavail, bsize } = statfsSync(place)
      return { size: blocks * bsize, free: bavail * bsize }
    } catch {
      if (place === dirname(place)) return null
    }
  }
}

/** With adjustUsageLimits="false" a limit that the disk has no room for keeps the broker from starting (semantics L-02). */
export function refuseMisfits({ usage, store, tempDirectory }: BrokerConfig): void {
  if (usage.adjust || store.kind === 'memory') return
  const misfit = (what: string, limit: number, directory: string): void => {
    const disk = diskOf(directory)
    if (disk === null || limit <= disk.free + filesIn(directory)) return
    const text = `${what}: the limit is ${limit} bytes, and the disk of ${directory} has room for ${disk.free}`
    throw new TandemError('CONFIG_LIMIT', text, { hint: 'Lower the limit, or leave adjustUsageLimits at true.' })
  }
  misfit('storeUsage', usage.storeLimit, store.directory)
  misfit('tempUsage', usage.tempLimit, tempDirectory)
}

function filesIn(directory: string): number {
  try {
    return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
  } catch {
    return 0 // not there yet
  }
}
