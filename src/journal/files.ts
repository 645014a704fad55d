/**
 * The disk, as the journal sees it. `disk.ts` is the real one, `memory.ts` keeps bytes in memory (persistent="false"),
 * and tests have one with an error switch for each operation.
 */
export interface Files {
  /** Nothing is changed: what recovery cuts off of an unfinished write is passed over. An unfinished cut must be finished first. */
  readonly isReadOnly?: true
  /** Names in the directory, subdirectories among them, in no order. Creates the directory (and its parents) when absent. */
  list(directory: string): Promise<string[]>
  /** Opens for reading and writing; creates when absent, with `mode` (0o600 for what holds a secret) or 0o640. */
  open(path: string, mode?: number): Promise<JournalFile>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Removes an empty directory. Absent where directories are no more than parts of names. */
  removeDirectory?(directory: string): Promise<void>
  /** Makes names created, renamed or removed in the directory durable. */
  syncDirectory(directory: string): Promise<void>
}

export interface JournalFile {
  size(): Promise<number>
  /** Writes all of block[from, to) at `position`. */
  write(block: Buffer, from: number, to: number, position: number): Promise<void>
  /**
   * As `write`, and done only when the bytes are on disk: a write and a sync of them in one step (O_DSYNC). What was
   * written before by `write` is not covered. Absent where the platform has no such thing. After ENOSPC it may be tried
   * again; any other error is as final as one of `sync`. `done` is called once, with the error or null, and never from within.
   */
  writeDurably?(block: Buffer, from: number, to: number, position: number, done: (error: Error | null) => void): void
  /** As `writeDurably`, and the process stands still until the bytes are on disk; see inline-sync.ts. Throws what that rejects with. */
  writeDurablySync?(block: Buffer, from: number, to: number, position: number): void
  /** Reads up to `to - from` bytes into block from `position`; answers how many. */
  read(block: Buffer, from: number, to: number, position: number): Promise<number>
  /** fdatasync. */
  sync(): Promise<void>
  truncate(size: number): Promise<void>
  close(): Promise<void>
}

/** As `writeDurably` of a file that has it, for who can afford a promise. */
export const durableWrite = (
  file: JournalFile,
  ...range: readonly [block: Buffer, from: number, to: number, position: number]
): Promise<void> =>
  new Promise((resolve, reject) => file.writeDurably?.(...range, error => (error === null ? resolve() : reject(error))))
