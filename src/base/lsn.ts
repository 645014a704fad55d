declare const brand: unique symbol
type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/**
 * A position in the logical journal: the byte offset of a record, counted from the journal's first byte.
 * A branded number (below 2^53), because `bigint` is too slow for the hot path; 8 bytes, little-endian, on disk.
 */
export type Lsn = Brand<number, 'Lsn'>

/**
 * A position below which every record is safe on every disk that must hold it.
 * Only the commit rule (`journal/commit.ts`) mints one; a receipt can be written for nothing less.
 */
export type DurableLsn = Brand<Lsn, 'Durable'>

/** One activation of a broker. Every start and every take-over is a new epoch. */
export type Epoch = Brand<number, 'Epoch'>

/** The key of a message inside its queue: the Lsn at which it was first journaled. It survives relocation. */
export type MessageKey = Lsn

export const lsn = (offset: number): Lsn => offset as Lsn
export const epoch = (number: number): Epoch => number as Epoch
