import type { Lsn } from '../base/lsn.ts'
import type { CopyFrame, EpochEntry, Hello, PairFrame, PairLink, PairLinkEvents, PairMeta } from '../pair/pair.ts'
import type { ShippedJournal } from './shipper.ts'
import type { ComparePort } from './verify.ts'

/** One side of a base copy, while it runs. */
export interface CopyRun {
  frame(frame: CopyFrame, block: Buffer, from: number, to: number): void
  drained(): void
  /** The link ended or the core gave it up. */
  end(): void
}

/** What a store holds when it is opened, and after it was cut or copied. */
export interface StoreFacts {
  readonly end: Lsn
  readonly chain: number
  readonly epochs: readonly EpochEntry[]
  readonly retainedFrom: Lsn
}

/** The node: what the core's effects are done with. What takes time answers a promise; a rejection is a failed disk. */
export interface NodePort {
  /** The journal that is open now. */
  readonly journal: ShippedJournal & {
    readonly end: Lsn
    /** The oldest position from which on everything is there. */
    readonly retainedFrom: Lsn
    limitCommit(to: Lsn): void
    chainAt(at: Lsn): Promise<number | null>
    dropPartial(): void
    sync(): Promise<void>
    honourBarriers(on: boolean): void
    receive(block: Buffer, from: number, to: number): void
  }
  apply(to: Lsn): void
  /** Resolves when the EPOCH record is durable and applied. */
  begin(n: number, uid: string, reason: 'restart' | 'promotion'): Promise<{ epoch: EpochEntry; end: Lsn }>
  save(meta: PairMeta): Promise<void>
  retain(from: Lsn): void
  cut(at: Lsn, receipted: boolean): Promise<StoreFacts>
  /** A session begins: writes may be gathered. `settled`: both histories are the same as far as this one goes. */
  following(settled: boolean): void
  dial(uris: readonly string[], events: PairLinkEvents): { readonly link: Promise<PairLink>; cancel(): void }
  probe(uris: readonly string[]): Promise<'refused' | 'open' | 'silent'>
  copyTarget(
    link: PairLink,
    session: string,
    done: (facts: StoreFacts) => void,
    failed: (text: string) => void,
  ): CopyRun
  copySource(link: PairLink, session: string, failed: (text: string) => void): CopyRun
  open(): Promise<void>
  hold(): Promise<void>
  /** Ends serving, or following, and opens the store anew. */
  reopen(): Promise<{ readonly meta: PairMeta; readonly facts: StoreFacts }>
  /** Resolves when everything read from clients is journaled and flushed. */
  quiesce(): Promise<void>
  unquiesce(): void
  /** A twin introduced itself: for what is worth a warning and nothing more. */
  heard(hello: Hello): void
  /** The twin's frame as it leaves: who we are is filled in, by the link it leaves on. */
  signed(frame: PairFrame, link: PairLink): PairFrame
  /** For a comparison of both copies. */
  comparing(): ComparePort
  stopNode(failed: boolean, text: string): void
}
