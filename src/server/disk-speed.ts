import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Files, JournalFile } from '../journal/journal.ts'

/** ms that a sync may take, for all but one in a hundred (management D-12). */
const slowMs = 20
/** Syncs that are looked back on. */
const samples = 200
/** ms between two warnings about the same disk. */
const tellEveryMs = 3_600_000

/** How long syncs take. A disk that is slow is told of, as every receipt waits for it. */
export class SyncTimes {
  readonly #log: Log
  readonly #clock: Clock
  readonly #directory: string
  readonly #took = new Float64Array(samples)
  #count = 0
  #toldAt = -Infinity

  constructor(log: Log, clock: Clock, directory: string) {
    this.#log = log
    this.#clock = clock
    this.#directory = directory
  }

  add(ms: number): void {
    this.#took[this.#count++ % samples] = ms
    if (this.#count % samples === 0) this.#judge()
  }

  #judge(): void {
    const sorted = this.#took.toSorted()
    const p99 = sorted[Math.ceil(samples * 0.99) - 1] ?? 0
    if (p99 <= slowMs || this.#clock.monotonic() - this.#toldAt < tellEveryMs) return
    this.#toldAt = this.#clock.monotonic()
    const median = sorted[samples / 2] ?? 0
    const text =
      `the disk of ${this.#directory} is slow: of ${samples} syncs one in a hundred took ${Math.round(p99)} ms or longer, ` +
      `one in two ${median.toFixed(1)} ms; every receipt waits for that`
    const hint = 'Put the data directory on a disk of its own, or one with a write cache that survives a power cut.'
    this.#log.warn(text, { code: 'STORE_DISK_SLOW', ms: Math.round(p99), hint })
  }
}

/** The same files, with their syncs timed. */
export function timedFiles(files: Files, times: SyncTimes): Files {
  return {
    list: directory => files.list(directory),
    open: async (path, mode) => timedFile(await files.open(path, mode), times),
    rename: (from, to) => files.rename(from, to),
    remove: path => files.remove(path),
    syncDirectory: directory => files.syncDirectory(directory),
    ...(files.removeDirectory !== undefined && { removeDirectory: files.removeDirectory.bind(files) }),
  }
}

function timedFile(file: JournalFile, times: SyncTimes): JournalFile {
  const timed = async (work: Promise<void>): Promise<void> => {
    const began = performance.now()
    await work
    times.add(performance.now() - began)
  }
  const durably = file.writeDurably?.bind(file)
  const durablySync = file.writeDurablySync?.bind(file)
  const timedDurably: typeof durably = (block, from, to, position, done) => {
    const began = performance.now()
    durably?.(block, from, to, position, error => {
      if (error === null) times.add(performance.now() - began)
      done(error)
    })
  }
  const timedSync = (...range: Parameters<NonNullable<typeof durablySync>>): void => {
    const began = performance.now()
    durablySync?.(...range)
    times.add(performance.now() - began)
  }
  return {
    size: () => file.size(),
    write: (block, from, to, position) => file.write(block, from, to, position),
    read: (block, from, to, position) => file.read(block, from, to, position),
    sync: () => timed(file.sync()),
    truncate: size => file.truncate(size),
    close: () => file.close(),
    ...(durably !== undefined && { writeDurably: timedDurably }),
    ...(durablySync !== undefined && { writeDurablySync: timedSync }),
  }
}
