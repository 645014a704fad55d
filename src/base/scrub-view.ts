/** What reading the sealed segments of the journal has found since the node started. */
export interface ScrubView {
  /** ms from the end of a pass to the start of the next; null: none is made. */
  readonly restMs: number | null
  /** Segments that were read and verified, and their bytes; in each pass anew. */
  readonly segments: number
  readonly bytes: number
  /** ms since 1970 at which the last whole pass ended; null: none has. */
  readonly lastPassAt: number | null
  /** File, byte and what is wrong there, of each segment that is there now and does not verify; a text each. */
  readonly damaged: readonly string[]
}
