import { setTimeout as sleep } from 'node:timers/promises'
import { AdminError, type NodeClient } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import type { Terminal } from './cli.ts'
import { verifyByLink } from './pair-verify-link.ts'

interface Segment {
  readonly base: number
  readonly bytes: number
}

interface Journal {
  readonly committed: number
  readonly segments: readonly Segment[]
}

/** Bytes that both have: [from, to), in a segment of each. */
interface Range {
  readonly from: number
  readonly to: number
  readonly bases: readonly [number, number]
}

interface Result {
  readonly equal: boolean
  /** Bytes that were compared, and the position of the first that differs. */
  readonly compared: number
  readonly from: number | null
  readonly to: number | null
  readonly differsAt: number | null
  /** Bytes that one of them freed in the meantime. */
  readonly freed: number
}

/** Bytes of one request: what the interface gives out at once. */
const CHUNK = 1 << 20

/**
 * Compares the journals of two running nodes, as far as both hold them and both committed them. 0 equal, 1 not. One node
 * without its twin: what of them cannot be read from this machine, the two compare themselves.
 */
export async function verifyNodes(
  terminal: Terminal,
  [a, second]: readonly [NodeClient, ...NodeClient[]],
  json: boolean,
): Promise<number> {
  const b = second ?? a.twin(await a.pair())
  if (b === null) return verifyByLink(terminal, a, 'it names no twin that can be asked from here', json)
  let journals: readonly [Journal, Journal]
  try {
    journals = await Promise.all([journal(a), journal(b)])
  } catch (error) {
    const away = error instanceof AdminError && (error.kind === 'refused' || error.kind === 'unreachable')
    if (second !== undefined || !away) throw error
    return verifyByLink(terminal, a, error.message, json)
  }
  const result = await compare([a, b], journals)
  await Promise.all([a, b].map(node => tell(terminal, node, result)))
  if (json) terminal.out(`${JSON.stringify({ nodes: [a.url, b.url], ...result })}\n`)
  else terminal.out(describe(a.url, b.url, result))
  return result.equal && result.compared > 0 ? 0 : 1
}

/** So that both show it (management P-04). That one cannot be told changes nothing of what was found. */
async function tell(terminal: Terminal, node: NodeClient, { equal, compared, to, differsAt }: Result): Promise<void> {
  const position = equal ? to : differsAt
  if (position === null || (equal && compared === 0)) return
  try {
    await node.verified({ ok: equal, position, compared })
  } catch (error) {
    // An older version knows no such thing.
    if (error instanceof AdminError && error.kind === 'unknown') return
    terminal.err(`INFO: ${node.url} does not show this comparison: ${messageOf(error)}\n`)
  }
}

async function journal(client: NodeClient): Promise<Journal> {
  const body = await client.getJson('/api/pair/segments')
  if (!isJournal(body)) throw new AdminError('failed', `${client.url} answers, but not as a TandemMQ node`)
  return body
}

const isJournal = (value: unknown): value is Journal =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<Journal>).committed === 'number' &&
  Array.isArray((value as Partial<Journal>).segments)

/** What both hold below what both committed, in pieces of at most CHUNK bytes, ascending. */
export function commonRanges(a: Journal, b: Journal): readonly Range[] {
  const committed = Math.min(a.committed, b.committed)
  const ranges: Range[] = []
  for (const one of a.segments)
    for (const other of b.segments) {
      const start = Math.max(one.base, other.base)
      const end = Math.min(one.base + one.bytes, other.base + other.bytes, committed)
      for (let from = start; from < end; from += CHUNK)
        ranges.push({ from, to: Math.min(end, from + CHUNK), bases: [one.base, other.base] })
    }
  return ranges
}

async function compare(
  nodes: readonly [NodeClient, NodeClient],
  journals: readonly [Journal, Journal],
): Promise<Result> {
  let [compared, freed] = [0, 0]
  const ranges = commonRanges(...journals)
  const bounds = { from: ranges[0]?.from ?? null, to: ranges.at(-1)?.to ?? null }
  for (const { from, to, bases } of ranges) {
    const [one, other] = await Promise.all([bytes(nodes[0], bases[0], from, to), bytes(nodes[1], bases[1], from, to)])
    if (one === null || other === null) {
      freed += to - from
      continue
    }
    if (!one.equals(other)) {
      const at = one.findIndex((byte, i) => byte !== other[i])
      const differsAt = from + (at < 0 ? Math.min(one.length, other.length) : at)
      return { equal: false, compared: compared + differsAt - from, ...bounds, differsAt, freed }
    }
    compared += to - from
  }
  return { equal: true, compared, ...bounds, differsAt: null, freed }
}

/** Null: the node freed them since it named them. */
async function bytes(client: NodeClient, base: number, from: number, to: number): Promise<Buffer | null> {
  for (let tries = 0; ; tries++) {
    try {
      const block = await client.get(`/api/pair/segment/${base}?from=${from}&to=${to}`)
      if (block.length !== to - from)
        throw new AdminError('failed', `${client.url} gave ${block.length} bytes for ${from} to ${to}`)
      return block
    } catch (error) {
      if (!(error instanceof AdminError)) throw error
      if (error.code === 'no-such-bytes') return null
      if (error.code !== 'busy' || tries === 50) throw error
      await sleep(100)
    }
  }
}

function describe(a: string, b: string, { equal, compared, from, to, differsAt, freed }: Result): string {
  const span = `${compared} bytes compared, positions ${from ?? '-'} to ${to ?? '-'}`
  const less = freed === 0 ? '' : `; ${freed} bytes were freed meanwhile and not compared`
  if (!equal)
    return `${a} and ${b} differ from position ${differsAt ?? '?'} on (${span})\n  keep both data directories and look at the logs: the same position must hold the same bytes\n`
  if (compared === 0) return `${a} and ${b}: nothing to compare: they hold no common committed bytes\n`
  return `${a} and ${b} are equal: ${span}${less}\n`
}
