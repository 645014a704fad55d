import type { MessageKey } from '../base/lsn.ts'
import { readLsn, writeLsn } from '../journal/journal.ts'

/** When a message of a scheduler destination is due. */
export interface Job {
  readonly destination: number
  readonly key: MessageKey
  /** ms since 1970 of the next firing. */
  readonly next: number
  /** ms between firings; 0 none. */
  readonly period: number
  /** Firings left, -1 without end. */
  readonly remaining: number
  /** Empty: none. */
  readonly cron: string
}

/** Bytes of a JOB record before its cron text. */
const JOB_HEADER = 50

/** Length of the JOB record of a job. */
export const jobBytes = ({ cron }: Pick<Job, 'cron'>): number => JOB_HEADER + Buffer.byteLength(cron)

/** Writes a JOB record's payload; its record starts at `at` (journal/record.ts). A key of 0 means the message before it. */
export function writeJob(block: Buffer, view: DataView, at: number, job: Job): void {
  view.setUint32(at + 16, job.destination, true)
  writeLsn(view, at + 20, job.key)
  writeLsn(view, at + 28, job.next)
  writeLsn(view, at + 36, job.period)
  view.setInt32(at + 44, job.remaining, true)
  view.setUint16(at + 48, block.write(job.cron, at + JOB_HEADER, 'utf8'), true)
}

/** Reads the JOB record at `at`. */
export function readJob(block: Buffer, view: DataView, at: number): Job {
  return {
    destination: view.getUint32(at + 16, true),
    key: readLsn(view, at + 20),
    next: readLsn(view, at + 28),
    period: readLsn(view, at + 36),
    remaining: view.getInt32(at + 44, true),
    cron: block.toString('utf8', at + JOB_HEADER, at + JOB_HEADER + view.getUint16(at + 48, true)),
  }
}
