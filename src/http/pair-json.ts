import { hostname } from 'node:os'
import { ownBean } from '../management/management.ts'
import type { PairView } from '../base/pair-view.ts'
import type { Management } from './management.ts'

/**
 * The body of `GET /api/pair`. The first ten fields are fixed by architecture.md; the others may grow. What is unknown
 * is null and never absent (management P-04); positions are whole numbers below 2^53; times are ISO 8601.
 */
export interface PairJson {
  readonly brokerName: string
  readonly role: 'active' | 'passive'
  readonly state: string
  readonly epoch: number
  readonly position: number
  readonly committed: number
  readonly inSync: boolean
  readonly peer: PeerJson | null
  readonly since: string
  readonly detail: string
  readonly policy: string
  readonly connectors: readonly string[]
  readonly lastFailover: {
    readonly at: string
    readonly from: string
    readonly reason: string
    /** ms for which nobody led, as this node saw it. */
    readonly outageMs: number | null
  } | null
  /** Changes of role since this node started. */
  readonly failovers: number
  /** It would lead if it was asked to now, and why it would not. */
  readonly canPromote: boolean
  readonly canPromoteReason: string | null
  /** 0 to 1, while one of the two catches up; 1 in sync. */
  readonly syncProgress: number | null
  /** What the last comparison of the two found; null: this node was told of none since it started. */
  readonly verify: {
    readonly at: string
    readonly ok: boolean
    /** All that both held below was equal; where they differ, the first byte that does. */
    readonly position: number
    /** Bytes that were found equal. */
    readonly compared: number
    /** Since when what differed is gone, the passive having got everything from there on anew; null: nothing proves that. */
    readonly replacedAt: string | null
  } | null
  /** What lies sealed in the journal is read again and again; counts since this node started. */
  readonly scrub: {
    /** ms between two passes; null: none is made. */
    readonly restMs: number | null
    readonly segments: number
    readonly bytes: number
    /** When the last whole pass ended. */
    readonly lastPass: string | null
    /** Of each segment that does not verify now: file, byte, and what is wrong. */
    readonly damaged: readonly string[]
  }
  readonly node: string
  readonly pid: number
  readonly version: string
  readonly uptimeMs: number
}

export interface PeerJson {
  readonly brokerName: string
  readonly role: 'active' | 'passive'
  readonly http: string | null
  readonly connectors: readonly string[]
  readonly position: number | null
  readonly lagBytes: number
  readonly lagMs: number
  /** Records that the other has not yet. */
  readonly lagRecords: number | null
  /** ms from a beat to its answer, as the active measures it; null on a passive. */
  readonly rttMs: number | null
  /** ms since the other said something over the link that is open; null: none is. */
  readonly heardMs?: number | null
}

export function pairJson(management: Management): PairJson {
  const view = management.pair()
  const { role, state, detail, policy, epoch, position, committed, inSync, peer, since } = view
  const reason = management.unpromotable()
  return {
    brokerName: management.brokerName,
    role,
    state,
    epoch,
    position,
    committed,
    inSync,
    peer:
      peer === null
        ? null
        : {
            brokerName: peer.brokerName,
            role: peer.role,
            http: peer.http,
            connectors: peer.uris,
            position: peer.position,
            lagBytes: peer.lagBytes,
            lagMs: peer.lagMs,
            lagRecords: lagRecords(management),
            rttMs: peer.rttMs,
            ...(peer.heardMs !== undefined && { heardMs: peer.heardMs }),
          },
    since: new Date(since).toISOString(),
    detail,
    policy,
    connectors: management.connectors(),
    lastFailover: lastFailover(view),
    failovers: view.failovers,
    canPromote: reason === null,
    canPromoteReason: reason,
    syncProgress: syncProgress(view),
    verify: verified(management),
    scrub: scrubbed(management),
    node: hostname(),
    pid: process.pid,
    version: management.version,
    uptimeMs: Math.round(process.uptime() * 1000),
  }
}

function lastFailover({ lastFailover: last, outageMs }: PairView): PairJson['lastFailover'] {
  if (last === null) return null
  return { at: new Date(last.at).toISOString(), from: last.from, reason: last.why, outageMs }
}

function verified({ verified: found }: Management): PairJson['verify'] {
  if (found === null) return null
  const { at, replacedAt } = found
  return {
    ...found,
    at: new Date(at).toISOString(),
    replacedAt: replacedAt === null ? null : new Date(replacedAt).toISOString(),
  }
}

function scrubbed(management: Management): PairJson['scrub'] {
  const { lastPassAt, ...same } = management.scrub()
  return { ...same, lastPass: lastPassAt === null ? null : new Date(lastPassAt).toISOString() }
}

/** How much of what the active has the passive has, as far as it is known. */
function syncProgress({ inSync, position, peer }: PairView): number | null {
  if (inSync) return 1
  if (peer === null || peer.position === null || position === 0) return null
  return Math.min(1, peer.position / position)
}

function lagRecords({ beans, brokerName }: Management): number | null {
  const pair = beans.find(ownBean('Pair', brokerName))
  const value = pair?.kind.attributes.get('LagRecords')?.read(pair.target)
  return typeof value === 'number' ? value : null
}
