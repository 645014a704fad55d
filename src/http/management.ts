import type { CopiesFound, PairVerified, PairView } from '../base/pair-view.ts'
import type { ScrubView } from '../base/scrub-view.ts'
import type { BeanServer } from '../management/management.ts'

/** What the HTTP interface asks of a node. The server implements it; nothing of it may block. */
export interface Management {
  readonly brokerName: string
  readonly version: string
  /** As `PairCore.status(now)` answers; a broker that was never part of a pair is an active that is ALONE. */
  pair(): PairView
  /** `tcp://host:port` of this node's own connectors: those a client uses while this node is the active. */
  connectors(): readonly string[]
  health(): Health
  scrub(): ScrubView
  /** The last comparison of both copies that this node was told of; null: none since it started. */
  readonly verified: PairVerified | null
  /** Both copies were compared, and this was found. */
  noteVerified(found: CopiesFound): void
  /** Why `promote` would be refused now, without force; null: it would not. */
  unpromotable(): string | null
  /** `tandemmq pair promote`: this node shall lead. Resolves when it was accepted or refused, not when it is done. */
  promote(force: boolean): Promise<Outcome>
  /** `tandemmq pair handover`: the passive shall lead, with nothing unreplicated at any instant. */
  handover(): Promise<Outcome>
  /** What it shows and does in the form of MBeans (management 1.5). */
  readonly beans: BeanServer
  /** How monitors are served. */
  readonly shown: MonitorSettings
  /** The files of the journal, ascending. */
  /** What the node is and holds right now, in lines for a person: counts and limits, names of queues, no message. */
  stateLines(): readonly string[]
  segments(): Promise<readonly SegmentView[]>
  /** The journal's bytes [from, to), all in the segment that starts at `base`; null when they are not there any more. */
  readSegment(base: number, from: number, to: number): Promise<Buffer | null>
}

/** What `-Dtandemmq.metrics…` and `-Dtandemmq.web…` say (management M-01, M-05, M-09, X-03). */
export interface MonitorSettings {
  readonly metricsAuth: 'login' | 'none'
  readonly metricsNames: 'snake' | 'flat' | 'jmx'
  readonly metricsDestinationsMax: number
  readonly trimTopicNames: boolean
  /** Messages may be sent and taken by HTTP (management R-04). */
  readonly rest: boolean
}

export interface Health {
  /** Connectors are open, and clients are let in. */
  readonly serving: boolean
  /** Why nothing is acknowledged any more: the disk failed, or the pair was halted. Null: all is well. */
  readonly failure: string | null
  /** Connectors that an administrator has stopped. */
  readonly stopped?: readonly string[]
  /** Those with autoStart="false" that nobody has started. */
  readonly unstarted?: readonly string[]
  /** All connectors are closed until the disk takes something again. */
  readonly suspended?: boolean
  /** It was asked to stop, and lets nobody in any more. */
  readonly stopping?: boolean
}

/** `code` is stable, for scripts; `message` says why, and what would help. */
export type Outcome =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly code: string; readonly message: string }

export interface SegmentView {
  readonly base: number
  readonly bytes: number
  /** Nothing is appended to it any more. */
  readonly sealed: boolean
}
