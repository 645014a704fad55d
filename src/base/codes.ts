/** Every code TandemMQ reports. The compiler holds the union and the catalogue together. */
export type Code =
  // configuration
  | 'CONFIG_NOT_FOUND'
  // journal
  | 'JOURNAL_CORRUPT'
  | 'JOURNAL_FAILED'
  | 'JOURNAL_IO'
  | 'JOURNAL_LOCKED'
  | 'JOURNAL_LOCK_UNAVAILABLE'

/**
 * The error catalogue: what each code means and what to do next, for `explain` and for whoever reads a log.
 * A test walks it against the sources: no code without a place that reports it.
 */
export const CODES: Readonly<Record<Code, string>> = {
  CONFIG_NOT_FOUND: 'The configuration file does not exist or cannot be read. Check the path after xbean:file:.',
  // journal
  JOURNAL_CORRUPT:
    'The journal is damaged before its end, so cutting it there could lose acknowledged messages. Nothing was changed. Copy the data directory, then run "tandemmq store check" to see the damage; restore the named file from a backup or the twin.',
  JOURNAL_FAILED:
    'The journal has stopped: a write or fsync failed, or it was closed. Nothing is acknowledged any more. Check the disk and its log, then restart: everything that was acknowledged is read back.',
  JOURNAL_IO:
    'A file of the data directory could not be read or written. Check the disk, the permissions and the free space.',
  JOURNAL_LOCKED: 'Another broker holds the data directory. Stop it, or give this broker a data directory of its own.',
  JOURNAL_LOCK_UNAVAILABLE:
    'The data directory cannot be locked on this platform or file system. Set useLock="false" on the persistence adapter, and make sure that no second broker uses the directory.',
}
