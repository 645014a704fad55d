import type { Lsn } from '../base/lsn.ts'

/** What a node does when it loses its twin (replication.md 4.3). The active announces its own; the passive obeys that one. */
export type Policy = 'auto' | 'manual' | 'stop-on-loss' | 'witness'

/** One activation in a node's history: records of an epoch are appended by its one owner only (I1). */
export interface EpochEntry {
  readonly n: number
  /** 32 hex digits: 128 random bits. Two histories are told apart by this, never by the number (A2). */
  readonly uid: string
  /** Where its EPOCH record starts. */
  readonly start: Lsn
}

/** Where a node can be found. */
export interface PeerIdentity {
  readonly storeId: string
  readonly brokerName: string
  /** Its transport connectors, as `tcp://host:port`: those a client would use. */
  readonly uris: readonly string[]
  /** `host:port` of its HTTP interface; null when that is off. */
  readonly http: string | null
}

/**
 * What a node must remember over a restart, besides its journal. Written durably as a whole (`save`), never in part.
 * It is no part of the journal, because it differs between the twins.
 */
export interface PairMeta {
  /** Made with the data directory: 32 hex digits. Membership goes by this, never by host or name (K10). */
  readonly storeId: string
  /** Made by the active when its first passive attaches; null: this store was never part of a pair. */
  readonly pairId: string | null
  /** What the twins prove themselves with to one another when no login is configured for it; never logged or shown. */
  readonly secret: string | null
  /** What it was when this was written; `none`: a new store. A promoted passive is `active`. */
  readonly role: 'none' | 'active' | 'passive'
  /** As an active: the twin is in the in-sync set, so it may have taken over since. */
  readonly paired: boolean
  /** As a passive: it was in sync and may take over. Only stop-on-loss trusts it over a restart. */
  readonly mayPromote: boolean
  /** A write or fsync error was seen: not to be trusted before it was verified (rule 7, I15). */
  readonly suspect: boolean
  /** As told by the active. */
  readonly policy: Policy | null
  readonly peer: PeerIdentity | null
  /** As a passive: everything below was acknowledged while in sync. It never cuts below this on a peer's word alone (I7, G2). */
  readonly inSyncTo: Lsn
  /** The newest witness record seen (I12); 0 without a witness. */
  readonly rev: number
  /** The highest epoch number seen anywhere. */
  readonly maxEpoch: number
}

/** The witness's one record (replication.md 4.1). Every change of it is one compare-and-swap on `rev`. */
export interface PairRecord {
  readonly rev: number
  readonly epoch: number
  readonly epochUid: string
  /** storeId of the active. */
  readonly owner: string
  /** storeIds that hold everything acknowledged. */
  readonly insync: readonly string[]
  readonly minLsn: Lsn
  readonly nonce: string
}

/** Settings of the core. Times in ms; all have the defaults of replication.md 4.4. */
export interface PairSettings {
  readonly brokerName: string
  /** This broker's own policy, from its XML; it counts when this node is the active. */
  readonly policy: Policy
  /** Not empty: on its very first start this node is the passive of whoever answers there. */
  readonly activeUris: readonly string[]
  /** Clients are refused until the first passive is in sync. */
  readonly waitForPassive: boolean
  readonly waitForPassiveTimeoutMs: number
  /** A passive that never met its active leads instead of waiting for ever. */
  readonly startAlone: boolean
  /** An ex-active that was paired leads although its twin cannot be asked. */
  readonly bootAlone: boolean
  readonly beatMs: number
  /** Silence on an open link after which it counts as lost, both sides. */
  readonly ackTimeoutMs: number
  readonly takeoverAfterMs: number
  readonly bootPeerWaitMs: number
  /** Between two attempts to reach the twin; grows to eight times that while nobody answers. */
  readonly retryMs: number
  /** Journal bytes shipped and not yet received, at most. */
  readonly windowBytes: number
  /** Detached passives find the tail they missed while no more than this was written since; else they get a base copy. */
  readonly retainedBytesMax: number
}

/** The `state` of /api/pair (architecture.md, "Interfaces that others depend on"). */
export type PairState =
  | 'ALONE'
  | 'PAIRED'
  | 'SYNCING'
  | 'SOLO'
  | 'WAITING' // active
  | 'CONNECTING'
  | 'IN_SYNC'
  | 'DISCONNECTED'
  | 'PROMOTING' // passive; SYNCING too
  | 'HALTED'

/** What the core knows of itself and its twin, for /api/pair, the log and the dashboard. */
export interface PairStatus {
  readonly role: 'active' | 'passive'
  readonly state: PairState
  /** One sentence for a person: why it is in this state, and what it waits for. */
  readonly detail: string
  readonly policy: Policy
  readonly epoch: number
  /** End of the journal here. */
  readonly position: Lsn
  readonly committed: Lsn
  readonly inSync: boolean
  readonly peer:
    | (PeerIdentity & {
        readonly role: 'active' | 'passive'
        readonly position: Lsn | null
        readonly lagBytes: number
        readonly lagMs: number
        /** ms from the last beat to its answer; null where none was sent or answered. */
        readonly rttMs: number | null
        /** ms since the twin said something in the session that goes on; null: there is none. */
        readonly heardMs: number | null
      })
    | null
  /** ms since 1970 of the last change of role or state. */
  readonly since: number
  /** The last change of role: when, from which node, why. Null: none since the start. */
  readonly lastFailover: { readonly at: number; readonly from: string; readonly why: string } | null
  /** Changes of role since the start. */
  readonly failovers: number
  /** ms from when this node missed its active until it led, the last time it took over; null: it did not. */
  readonly outageMs: number | null
}
