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
}

/** Behind every position: there is no such record. */
export const none: Lsn = Infinity as Lsn

/**
 * The commit rule of one node: everything safe, and the run of volatile records that follows directly.
 *
 *     safe ──► │ volatile volatile │ message (not yet safe) volatile …
 *              │                   └ commit ends here, so that order holds
 *
 * The only place that mints a DurableLsn (rules 2 and 6 of replication.md; a twin's position joins the minimum here).
 */
export function commitPosition(at: Positions): DurableLsn {
  const run = Math.min(at.durableInFlight, at.durablePending, at.flushed)
  return Math.max(at.safe, run) as DurableLsn
}
