/** The pair's own status, as far as it is shown; PairStatus of the core is one. Times in ms since 1970. */
export interface PairView {
  readonly role: 'active' | 'passive'
  readonly state: string
  readonly detail: string
  readonly policy: string
  readonly epoch: number
  readonly position: number
  readonly committed: number
  readonly inSync: boolean
  readonly peer: {
    readonly brokerName: string
    readonly uris: readonly string[]
    readonly http: string | null
    readonly role: 'active' | 'passive'
    readonly position: number | null
    readonly lagBytes: number
    readonly lagMs: number
    /** ms from the last beat to its answer; null where none was sent or answered. */
    readonly rttMs: number | null
    /** ms since the other said something over the link that is open; null: none is; absent: not told. */
    readonly heardMs?: number | null
  } | null
  readonly since: number
  readonly lastFailover: { readonly at: number; readonly from: string; readonly why: string } | null
  readonly failovers: number
  readonly outageMs: number | null
}

/** What the last comparison of both copies found. Whoever compares reads both nodes, and tells each what came of it. */
export interface PairVerified {
  /** ms since 1970 at which this node was told. */
  readonly at: number
  readonly ok: boolean
  /** All that both held below was equal; where they differ, the first byte that does. */
  readonly position: number
  /** Bytes that were found equal. */
  readonly compared: number
  /** ms since 1970 at which the passive had given up all that differed, and got it anew; null: nothing proves that it has. */
  readonly replacedAt: number | null
}

/** What a comparison found, for whoever notes it. */
export type CopiesFound = Omit<PairVerified, 'at' | 'replacedAt'>

/** What a comparison that a node made itself found. */
export interface Compared extends CopiesFound {
  /** Bytes that only one of the two holds: the other has freed them. */
  readonly unshared: number
}
