/**
 * The disk, as the journal sees it. `disk.ts` is the real one, `memory.ts` keeps bytes in memory (persistent="false"),
 * and tests have one with an error switch for each operation.
 */
export interface Files {
  /** File names in the directory, in no order. Creates the directory (and its parents) when absent. */
  list(directory: string): Promise<string[]>
  /** Opens for reading and writing; creates when absent. */
  open(path: string): Promise<JournalFile>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Makes names created, renamed or removed in the directory durable. */
  syncDirectory(directory: string): Promise<void>
}

export interface JournalFile {
  size(): Promise<number>
  /** Writes all of block[from, to) at `position`. */
  write(block: Buffer, from: number, to: number, position: number): Promise<void>
  /**
   * As `write`, and resolves only when the bytes are on disk: a write and a sync of them in one step (O_DSYNC). What was
   * written before by `write` is not covered. Absent where the platform has no such thing. After ENOSPC it may be tried
   * again; any other error is as final as one of `sync`.
   */
  writeDurably?(block: Buffer, from: number, to: number, position: number): Promise<void>
  /** Reads up to `to - from` bytes into block from `position`; answers how many. */
  read(block: Buffer, from: number, to: number, position: number): Promise<number>
  /** fdatasync. */
  sync(): Promise<void>
  truncate(size: number): Promise<void>
  close(): Promise<void>
}
