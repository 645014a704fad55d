import type { Lsn } from '../base/lsn.ts'
import type { EpochEntry, PeerIdentity, Policy } from './model.ts'

/**
 * What the twins say to one another (replication.md 4.4). On the wire each is a STOMP 1.2 frame over an ordinary
 * connector: MESSAGE from the attached side (which owns the connector), SEND or ACK from the dialling side. `wire.ts`
 * turns them into bytes and back, and refuses what is malformed; the core judges session, epoch and order.
 *
 * Journal bytes do not pass through the core: it sees where a range lies, the shell moves the bytes.
 */
export interface Hello {
  readonly type: 'hello'
  readonly proto: readonly [min: number, max: number]
  readonly format: readonly [min: number, max: number]
  readonly pairId: string | null
  readonly identity: PeerIdentity
  /** Of the process: a second hello with the same one is a replay. */
  readonly incarnation: string
  /** What the sender is, or would be: an `active` that dials asks who leads (its twin may be active too). */
  readonly role: 'active' | 'passive'
  /** As PairMeta.paired (an ex-active that waits) and PairMeta.mayPromote. */
  readonly paired: boolean
  readonly end: Lsn
  readonly dur: Lsn
  /** The crc of the last record before `end`; 0 for an empty journal. */
  readonly chain: number
  readonly epochs: readonly EpochEntry[]
  readonly inSyncTo: Lsn
  readonly rev: number
  readonly nonce: string
  /** Of the settings that must be alike (limits, policies, authorization); differing ones are warned about. */
  readonly configDigest: string
  /** The wall clock of whoever says it, ms since 1970; an older version says none. */
  readonly clock?: number | undefined
}

export interface Welcome {
  readonly type: 'welcome'
  readonly proto: number
  readonly format: number
  /** Names this attachment; everything later carries it (rule 6, I13). */
  readonly session: string
  readonly epoch: number
  readonly pairId: string
  /** Only when the dialler had no pairId: it was authenticated by its login. */
  readonly secret: string | null
  readonly identity: PeerIdentity
  readonly policy: Policy
  /** tail: ship from `at`. cut: export and cut what lies behind `at`, then tail. base: copy first, then say hello again. */
  readonly plan: 'tail' | 'cut' | 'base'
  readonly at: Lsn
  /** The active's chain crc at `at`, which the passive compares with its own before it cuts or goes on. */
  readonly chainAt: number
  readonly epochs: readonly EpochEntry[]
  readonly commit: Lsn
  readonly windowBytes: number
  readonly beatMs: number
  readonly nonce: string
  readonly rev: number
}

/** Why an attachment is refused. The text is for the log on both sides. */
export type RefusalCode =
  | 'not-replicator'
  | 'pair-mismatch'
  | 'proto'
  | 'format'
  | 'diverged'
  | 'already-attached'
  | 'not-active'
  | 'same-store'
  | 'newer'
  | 'stale'
  | 'replayed'
  | 'malformed'
  | 'stopping'
  | 'unsupported'

export type PairFrame =
  | Hello
  | Welcome
  /** Instead of a welcome, or at any time: the connection closes behind it. `newer`: the dialler has the newer history and leads. */
  | { readonly type: 'refuse'; readonly code: RefusalCode; readonly text: string }
  /** The passive did what the plan said, and expects data from `at`. `needBase`: the plan is `base`, or the chains differ there: begin with a copy. */
  | {
      readonly type: 'ready'
      readonly session: string
      readonly epoch: number
      readonly at: Lsn
      readonly needBase: boolean
    }
  /** The bytes [lsn, lsn + bytes) follow in the body; `commit` is how far the passive may apply. */
  | {
      readonly type: 'data'
      readonly session: string
      readonly epoch: number
      readonly lsn: Lsn
      readonly bytes: number
      readonly commit: Lsn
    }
  /** Cumulative. `recv`: bytes taken over (it moves the window, so that a record may be larger than it); `dur`: by the commit rule safe on the passive's disk. `stall`: age of the oldest byte received and not durable, ms. */
  | {
      readonly type: 'ack'
      readonly session: string
      readonly epoch: number
      readonly recv: Lsn
      readonly dur: Lsn
      readonly beat: number
      readonly stall: number
      /** In an answer to a beat: bytes free on the disk of the store there. Absent: not known, or an older version. */
      readonly room?: number | undefined
    }
  | {
      readonly type: 'beat'
      readonly session: string
      readonly epoch: number
      readonly n: number
      readonly commit: Lsn
      readonly rev: number
    }
  | {
      readonly type: 'insync'
      readonly session: string
      readonly epoch: number
      readonly lsn: Lsn
      readonly policy: Policy
      readonly rev: number
    }
  | { readonly type: 'insync-ok'; readonly session: string; readonly epoch: number; readonly rev: number }
  /**
   * The active stopped at `lsn`, everything is on both disks: lead now. `stopping`: the sender ends and will not follow.
   * The passive that takes the lead says the same back before it closes.
   */
  | {
      readonly type: 'handover'
      readonly session: string
      readonly epoch: number
      readonly lsn: Lsn
      readonly rev: number
      readonly stopping: boolean
    }
  /** The sender ends in good order or its disk failed: nothing more is acknowledged by it. */
  | { readonly type: 'resign'; readonly session: string; readonly epoch: number; readonly reason: 'stopping' | 'disk' }
  /** Base copy, between the shells; the core only sees that the link lives. Body as each names it. */
  | CopyFrame

/** All that a link carries. */
export type LinkFrame = PairFrame | VerifyFrame

/** A comparison of both copies, between the shells: the core hears nothing of it. From protocol 2 on, in both directions. */
export type VerifyFrame =
  /** Asks for the SHA-256 of the bytes [from, to) there; of none (`from` = `to`): how far the other committed, with all of that in its files. */
  | { readonly type: 'verify-want'; readonly from: Lsn; readonly to: Lsn }
  /** `sum`: hex; null: it does not hold all of them, or did not commit them. */
  | {
      readonly type: 'verify-sum'
      readonly from: Lsn
      readonly to: Lsn
      readonly sum: string | null
      readonly committed: Lsn
    }
  /** What the asker found, for the other to show as well; fields as in PairVerified. */
  | { readonly type: 'verify-found'; readonly ok: boolean; readonly position: Lsn; readonly compared: number }

export type CopyFrame =
  | {
      readonly type: 'copy-manifest'
      readonly session: string
      readonly snapshot: { readonly lsn: Lsn; readonly bytes: number } | null
      readonly segments: readonly { readonly base: Lsn; readonly bytes: number; readonly sealed: boolean }[]
    }
  /** `crc` of the whole file that the passive already has (same base, same length): answered by `copy-same` or by chunks. */
  | {
      readonly type: 'copy-want'
      readonly session: string
      readonly what: 'snapshot' | 'segment'
      readonly base: Lsn
      readonly from: number
      readonly crc: number | null
    }
  | { readonly type: 'copy-same'; readonly session: string; readonly base: Lsn }
  /** `bytes` of the file from `offset` in the body, `crc` over them; `last`: the file ends here. */
  | {
      readonly type: 'copy-chunk'
      readonly session: string
      readonly what: 'snapshot' | 'segment'
      readonly base: Lsn
      readonly offset: number
      readonly bytes: number
      readonly crc: number
      readonly last: boolean
    }
  | { readonly type: 'copy-done'; readonly session: string }
  | { readonly type: 'copy-failed'; readonly session: string; readonly text: string }
