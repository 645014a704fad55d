import type { Clock } from '../../src/base/clock.ts'
import { epoch, lsn, type Lsn } from '../../src/base/lsn.ts'
import { silentLog } from '../../src/base/log.ts'
import {
  openJournal,
  RECORD_HEADER,
  RecordFlag,
  RecordType,
  recover,
  type Files,
  type JournalEvents,
  type JournalOptions,
  type JournalWriter,
  type Recovered,
  type RecoveryOptions,
} from '../../src/journal/journal.ts'
import { DiskFull, type FaultyFiles } from './faulty-files.ts'
import { VirtualClock } from './virtual-clock.ts'

export const DIRECTORY = '/data'

/** A record as recovery or a scan shows it. */
export interface Seen {
  readonly at: number
  readonly type: number
  readonly payload: Buffer
}

/** All records but SEGMENT ones. */
export async function recovered(
  files: Files,
  directory: string = DIRECTORY,
  options: Partial<RecoveryOptions> = {},
): Promise<{ result: Recovered; seen: Seen[] }> {
  const seen: Seen[] = []
  const all = { directory, from: lsn(0), committed: lsn(0), log: silentLog, ...options }
  const result = await recover(files, all, (block, view, offset, at) => {
    const type = block[offset + 8] ?? 0
    if (type === RecordType.segment) return
    const end = offset + view.getUint32(offset + 4, true)
    seen.push({ at, type, payload: Buffer.from(block.subarray(offset + RECORD_HEADER, end)) })
  })
  return { result, seen }
}

/** A journal with an owner that writes down what it is told. */
export interface Opened {
  readonly journal: JournalWriter
  readonly clock: VirtualClock
  /** Each position that was announced, in order. */
  readonly commits: number[]
  readonly failures: Error[]
  readonly writeErrors: Error[]
  resumed: number
  /** What to answer to a write error. */
  onWriteError: (error: Error) => 'stop' | number
  /** Called with each position that is announced. */
  onCommit: (upTo: number) => void
  /** Resolves when everything below is committed; rejects when the journal fails. */
  until(upTo: Lsn): Promise<void>
  /** Resolves when the journal has failed. */
  failed(): Promise<Error>
}

export async function opened(
  files: Files,
  options: Partial<JournalOptions> = {},
  start?: Recovered,
  realClock?: Clock,
  more: Pick<JournalEvents, 'flushed' | 'durable'> = {},
): Promise<Opened> {
  const directory = options.directory ?? DIRECTORY
  const from = start ?? (await recovered(files, directory)).result
  const clock = new VirtualClock()
  const waiters: { upTo: number; resolve: () => void; reject: (error: Error) => void }[] = []
  const failureWaiters: ((error: Error) => void)[] = []
  const commits: number[] = []
  const failures: Error[] = []
  const writeErrors: Error[] = []
  const all: JournalOptions = {
    directory,
    segmentBytes: 1 << 20,
    sync: 'always',
    syncIntervalMs: 1000,
    cacheBytes: 0,
    readCacheBytes: 0,
    epoch: epoch(from.epoch + 1),
    epochUid: Buffer.alloc(16, from.epoch + 1),
    archiveDirectory: null,
    log: silentLog,
    ...options,
  }
  const events = {
    ...more,
    committed(upTo: number): void {
      commits.push(upTo)
      self.onCommit(upTo)
      for (const waiter of waiters.splice(0)) {
        if (waiter.upTo <= upTo) waiter.resolve()
        else waiters.push(waiter)
      }
    },
    writeFailed(error: Error): 'stop' | number {
      writeErrors.push(error)
      return self.onWriteError(error)
    },
    writeResumed(): void {
      self.resumed++
    },
    failed(error: Error): void {
      failures.push(error)
      for (const waiter of waiters.splice(0)) waiter.reject(error)
      for (const resolve of failureWaiters.splice(0)) resolve(error)
    },
  }
  const journal = openJournal(all, files, realClock ?? clock, events, from)
  const self: Opened = {
    journal,
    clock,
    commits,
    failures,
    writeErrors,
    resumed: 0,
    onWriteError: () => 'stop',
    onCommit: () => undefined,
    until: upTo =>
      new Promise<void>((resolve, reject) => {
        const [failure] = failures
        if (failure !== undefined) reject(failure)
        else if (journal.committed >= upTo) resolve()
        else waiters.push({ upTo, resolve, reject })
      }),
    failed: () =>
      new Promise<Error>(resolve => {
        const [failure] = failures
        if (failure === undefined) failureWaiters.push(resolve)
        else resolve(failure)
      }),
  }
  return self
}

/** Appends one record with this payload (or so many bytes of payload); answers its Lsn. */
export function append(
  journal: JournalWriter,
  payload: string | Buffer | number,
  flags: number = RecordFlag.none,
): Lsn {
  const bytes = typeof payload === 'number' ? Buffer.alloc(payload, 'x') : Buffer.from(payload)
  journal.reserve(RECORD_HEADER + bytes.length)
  bytes.copy(journal.block, journal.at + RECORD_HEADER)
  return journal.seal(RecordType.messageAdded, flags, RECORD_HEADER + bytes.length)
}

/** Appends, flushes and waits for the commit. */
export async function commit(open: Opened, ...payloads: (string | Buffer | number)[]): Promise<Lsn[]> {
  const at = payloads.map(payload => append(open.journal, payload))
  open.journal.flush()
  await open.until(open.journal.end)
  return at
}

export const texts = (seen: readonly Seen[]): string[] => seen.map(({ payload }) => payload.toString())

/** Commits a record on a disk that is full for its first write: the broker's answer is to try again in 10 ms. */
export async function commitOnFullDisk(open: Opened, files: FaultyFiles): Promise<void> {
  const errors = open.writeErrors.length
  open.onWriteError = () => {
    files.before = () => undefined
    return 10
  }
  files.before = operation => {
    if (operation === 'write') throw new DiskFull('ENOSPC: no space left on device, write')
  }
  append(open.journal, 'waits')
  const waits = open.until(open.journal.end)
  open.journal.flush()
  while (open.clock.waiting === 0) await new Promise(setImmediate)
  open.clock.advance(10)
  await waits
  if (open.writeErrors.length !== errors + 1) throw new Error(`${open.writeErrors.length - errors} writes failed`)
}
