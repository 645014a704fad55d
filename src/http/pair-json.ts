import { hostname } from 'node:os'
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
  readonly lastFailover: { readonly at: string; readonly reason: string } | null
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
}

export function pairJson(management: Management): PairJson {
  const { role, state, detail, policy, epoch, position, committed, inSync, peer, since, lastFailover } =
    management.pair()
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
          },
    since: new Date(since).toISOString(),
    detail,
    policy,
    connectors: management.connectors(),
    lastFailover:
      lastFailover === null ? null : { at: new Date(lastFailover.at).toISOString(), reason: lastFailover.why },
    node: hostname(),
    pid: process.pid,
    version: management.version,
    uptimeMs: Math.round(process.uptime() * 1000),
  }
}
