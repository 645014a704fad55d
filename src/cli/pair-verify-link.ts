import { AdminError, type NodeClient } from '../admin/admin.ts'
import type { Terminal } from './cli.ts'

/** A comparison reads the whole journal of both: as long as a day may that take. */
const PATIENCE_MS = 86_400_000

const PAIR_BEANS = 'io.tandemmq:type=Pair,*'

/** What verify() of the bean answers. */
interface Comparison {
  readonly ok: boolean
  readonly differs: boolean
  readonly position: number
  readonly compared: number
  readonly unshared: number
  readonly text: string
}

/**
 * Has a node compare its copy with its twin's over their own link (management P-05), which needs no way from here to the twin.
 * `why`: what stands in the way of reading both from here. 0 equal, 1 not.
 */
export async function verifyByLink(terminal: Terminal, node: NodeClient, why: string, json: boolean): Promise<number> {
  terminal.err(`INFO: ${why}; the two are asked to compare over their own link\n`)
  const [bean] = await node.search(PAIR_BEANS)
  if (bean === undefined)
    throw new AdminError('unknown', `${node.url} shows no bean of a pair: its XML says useJmx="false"`)
  const found = await node.with({ timeoutMs: PATIENCE_MS }).exec(bean, 'verify()')
  if (!isComparison(found)) throw new AdminError('failed', `${node.url} answers, but not with a comparison`)
  const { ok, differs, position, compared, unshared, text } = found
  const shown = { nodes: [node.url], equal: !differs, compared, from: null, to: differs ? null : position }
  if (json) terminal.out(`${JSON.stringify({ ...shown, differsAt: differs ? position : null, freed: unshared })}\n`)
  else terminal.out(`${node.url} and its twin: ${text}\n`)
  return ok ? 0 : 1
}

const isComparison = (value: unknown): value is Comparison =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<Comparison>).ok === 'boolean' &&
  typeof (value as Partial<Comparison>).differs === 'boolean' &&
  typeof (value as Partial<Comparison>).text === 'string'
