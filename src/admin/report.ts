import { isObject } from './json.ts'

/** What `GET /api/pair` says, as far as it is shown. Positions and lag in bytes, times ISO 8601. */
export interface NodeReport {
  readonly brokerName: string
  readonly role: 'active' | 'passive'
  readonly state: string
  readonly detail: string
  readonly policy: string
  readonly epoch: number
  readonly position: number
  readonly committed: number
  readonly inSync: boolean
  readonly connectors: readonly string[]
  readonly since: string
  readonly node: string
  readonly pid: number | null
  /** Absent from nodes before they told it. */
  readonly version?: string
  readonly uptimeMs?: number
  readonly peer: {
    readonly brokerName: string
    readonly role: string
    readonly http: string | null
    readonly connectors: readonly string[]
    readonly lagBytes: number
    readonly lagMs: number
    /** ms since the other said something over the link of the two; null: none is open; absent from nodes before they told it. */
    readonly heardMs?: number | null
  } | null
  /** Absent from nodes before they told it, as what follows. */
  readonly verify?: {
    readonly at: string
    readonly ok: boolean
    readonly position: number
    /** Absent in older versions. */
    readonly replacedAt?: string | null
  } | null
  readonly scrub?: { readonly damaged: readonly string[] }
  readonly lastFailover: { readonly at: string; readonly reason: string } | null
}

export function isReport(value: unknown): value is NodeReport {
  if (!isObject(value)) return false
  const texts = ['brokerName', 'role', 'state', 'detail', 'policy', 'since', 'node']
  const numbers = ['epoch', 'position', 'committed']
  const { peer } = value
  return (
    texts.every(name => typeof value[name] === 'string') &&
    numbers.every(name => typeof value[name] === 'number') &&
    Array.isArray(value['connectors']) &&
    (peer === null || (isObject(peer) && typeof peer['brokerName'] === 'string' && Array.isArray(peer['connectors'])))
  )
}
