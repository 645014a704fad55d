import { Refusal } from './core.ts'

/** What a transaction, and a message in it, takes besides its bytes. */
export const overheadBytes: number = 1024
/** What an acknowledgement in it takes. */
export const enlistedBytes: number = 64

/** What all open transactions hold, and why they may hold no more: it is in memory, and one record at the end. */
export class Uncommitted {
  /** About, and never less. */
  bytes = 0
  /** Bytes of one transaction; far below `recordBytesMax`. */
  transactionMax: number = 256 << 20
  /** Bytes of all that are open. */
  allMax: number = 512 << 20
  /** Bytes of all copies of one SEND: together they are one record too. */
  copiesMax: number = 512 << 20

  /** May a transaction that holds so many bytes take so many more? */
  refusal(held: number, more: number): Refusal | null {
    const { transactionMax, allMax } = this
    if (held + more > transactionMax)
      return new Refusal(`A transaction holds at most ${mib(transactionMax)}, commit in smaller parts`, false)
    if (this.bytes + more <= allMax) return null
    return new Refusal(`Open transactions hold at most ${mib(allMax)} together, commit or abort some`, false)
  }

  refusalOfCopies(bytes: number): Refusal | null {
    if (bytes <= this.copiesMax) return null
    return new Refusal(
      `The copies of one message take at most ${mib(this.copiesMax)}, send it to fewer destinations at once`,
      false,
    )
  }
}

const mib = (bytes: number): string => `${bytes >> 20} MiB`
