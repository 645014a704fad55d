import type { DurableLsn, Lsn } from '../base/lsn.ts'

/** Where a journal stands. Every position is a record boundary; `none` stands for no such record. */
export interface Positions {
  /** The owner asked for everything below to be written. */
  flushed: Lsn
  /** Everything below was handed to the operating system. */
  written: Lsn
  /** Everything below survives a power cut (sync="always"), or was written (the other two). */
  safe: Lsn
  /** First record at or behind `safe` that must be safe before it counts, among those that are being written. */
  durableInFlight: Lsn
  /** The same, among those that wait for the next write. */
  durablePending: Lsn
  /** The twin's part in the minimum, a record boundary: Infinity alone, its position in a pair, the present commit while frozen. */
  limit: Lsn
}

/** Behind every position: there is no such record. */
export const none: Lsn = Infinity as Lsn

/** Everything below `end` is on disk, and nothing is behind it. */
export const positionsAt = (end: Lsn): Positions => ({
  flushed: end,
  written: end,
  safe: end,
  durableInFlight: none,
  durablePending: none,
  limit: none,
})

/**
 * This node's own part in the commit rule: everything safe, and the run of volatile records that follows directly.
 *
 *     safe ──► │ volatile volatile │ message (not yet safe) volatile …
 *              │                   └ the position ends here, so that order holds
 */
export function ownPosition(at: Positions): Lsn {
  const run = Math.min(at.durableInFlight, at.durablePending, at.flushed)
  return Math.max(at.safe, run) as Lsn
}

/**
 * The commit rule: min(own position, limit), so in a pair what both disks hold.
 * The only place that mints a DurableLsn (rules 2 and 6 and I3 of replication.md).
 */
export function commitPosition(at: Positions): DurableLsn {
  return Math.min(ownPosition(at), at.limit) as DurableLsn
}
