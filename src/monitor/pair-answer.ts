import type { FailoverFacts, PairFacts, PeerFacts } from './facts.ts'
import { countOf, isAttributes, numberOf, stringOf, textOrNull, timeOf } from './values.ts'

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter(one => typeof one === 'string') : []

/** The body of `GET /api/pair`; null: it is none. */
export function readPair(body: unknown): PairFacts | null {
  if (!isAttributes(body)) return null
  const { role, state, brokerName } = body
  if ((role !== 'active' && role !== 'passive') || typeof state !== 'string' || typeof brokerName !== 'string')
    return null
  return {
    brokerName,
    role,
    state,
    detail: stringOf(body['detail']),
    policy: stringOf(body['policy']),
    epoch: countOf(body['epoch']),
    position: countOf(body['position']),
    committed: countOf(body['committed']),
    inSync: body['inSync'] === true,
    connectors: strings(body['connectors']),
    since: timeOf(body['since']),
    node: stringOf(body['node']),
    pid: numberOf(body['pid']),
    version: stringOf(body['version']),
    uptimeMs: numberOf(body['uptimeMs']),
    peer: readPeer(body['peer']),
    lastFailover: readFailover(body['lastFailover']),
    canPromote: typeof body['canPromote'] === 'boolean' ? body['canPromote'] : null,
    canPromoteReason: textOrNull(body['canPromoteReason']),
    syncProgress: numberOf(body['syncProgress']),
    verify: readVerify(body['verify']),
    damaged: isAttributes(body['scrub']) ? strings(body['scrub']['damaged']) : [],
  }
}

function readPeer(value: unknown): PeerFacts | null {
  if (!isAttributes(value)) return null
  return {
    brokerName: stringOf(value['brokerName']),
    role: stringOf(value['role']),
    http: textOrNull(value['http']),
    connectors: strings(value['connectors']),
    position: numberOf(value['position']),
    lagRecords: numberOf(value['lagRecords']),
    lagBytes: numberOf(value['lagBytes']),
    lagMs: numberOf(value['lagMs']),
  }
}

function readFailover(value: unknown): FailoverFacts | null {
  if (!isAttributes(value)) return null
  return {
    at: timeOf(value['at']),
    from: textOrNull(value['from']),
    reason: stringOf(value['reason']),
    outageMs: numberOf(value['outageMs']),
  }
}

function readVerify(value: unknown): PairFacts['verify'] {
  const at = isAttributes(value) ? timeOf(value['at']) : null
  if (at === null || !isAttributes(value)) return null
  return { at, ok: value['ok'] === true, replaced: timeOf(value['replacedAt']) !== null }
}
