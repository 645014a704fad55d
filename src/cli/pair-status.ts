import type { NodeClient, NodeReport } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import type { Terminal } from './cli.ts'
import type { Arguments } from './arguments.ts'
import { askedFormat, OBJECT_FORMATS, printedObjects } from './rows.ts'
import { spanText } from './status.ts'
import { visibleLines } from './visible.ts'

/** One node, as it was found. */
interface Found {
  /** Null: its twin names no address that can be reached from here. */
  readonly url: string | null
  readonly report: NodeReport | null
  readonly problem: string | null
}

/**
 * `tandemmq pair status`: the node and its twin; 0 when both are in sync, as both answer, or as one says that hears the other
 * over their link; 3 when none answers, else 6.
 */
export async function status(terminal: Terminal, clients: readonly NodeClient[], given: Arguments): Promise<number> {
  const wide = askedFormat(given, ['wide', ...OBJECT_FORMATS]) === 'wide'
  const nodes = await findBoth(clients)
  const { inSync, sentence } = judge(nodes)
  const told = nodes.map(node => describe(node, wide)).join('\n')
  if (wide) terminal.out(visibleLines(`${told}\n${sentence}\n`))
  else if (!(await printedObjects(terminal, given, nodes, { inSync, verdict: sentence, nodes })))
    terminal.out(visibleLines(`${told}\n${sentence}\n`))
  if (inSync) return 0
  return nodes.every(({ report }) => report === null) ? 3 : 6
}

/** ms: twins say something several times a second; whoever was silent for longer may be gone. */
const freshMsMax = 2000

async function findBoth(clients: readonly NodeClient[]): Promise<readonly Found[]> {
  const given = await Promise.all(clients.map(find))
  const [client] = clients
  const [first] = given
  if (given.length > 1 || first === undefined || client === undefined) return given
  if (first.report === null || first.report.peer === null) return given
  const twin = client.twin(first.report)
  if (twin !== null) return [first, await find(twin)]
  const why = 'its HTTP interface is off, or for its own machine only: -Dtandemmq.http=HOST:PORT there'
  return [
    first,
    { url: null, report: null, problem: `the twin cannot be asked from here (${first.report.peer.http ?? why})` },
  ]
}

async function find(client: NodeClient): Promise<Found> {
  const { url } = client
  try {
    return { url, report: await client.pair(), problem: null }
  } catch (error) {
    return { url, report: null, problem: messageOf(error) }
  }
}

/** In sync only when both say so: each alone may not know yet that the other is gone. */
function judge(nodes: readonly Found[]): { readonly inSync: boolean; readonly sentence: string } {
  const reports = nodes.flatMap(({ report }) => (report === null ? [] : [report]))
  const actives = reports.filter(({ role }) => role === 'active')
  const not = (sentence: string): { inSync: false; sentence: string } => ({ inSync: false, sentence })
  const [active] = actives
  if (reports.length === 0) return not('No node answers.')
  const [one, other] = reports
  const alone = other === undefined && nodes.some(({ url }) => url === null)
  const heardMs = one?.peer?.heardMs ?? Infinity
  if (one?.inSync === true && alone && heardMs <= freshMsMax)
    return {
      inSync: true,
      sentence:
        `The pair is in sync, as "${one.brokerName}" says, which heard from "${one.peer?.brokerName}" ${Math.round(heardMs)} ms ago: ` +
        'either node can be lost without losing a message.',
    }
  if (one?.inSync === true && alone)
    return not(`"${one.brokerName}", the ${one.role}, says that both are in sync; the other was not asked.`)
  if (actives.length > 1) return not('Both nodes are active: they have lost sight of one another. Look at their logs.')
  if (active === undefined && reports.length === 1)
    return not(`"${one?.brokerName}" serves no client; whether the other node leads cannot be seen from here.`)
  if (active === undefined) return not('No active: no client is served.')
  if (reports.every(({ inSync }) => inSync) && reports.length === 2) {
    return { inSync: true, sentence: 'The pair is in sync: either node can be lost without losing a message.' }
  }
  if (active.state === 'WAITING') return not(`No client is served: ${active.brokerName} waits. ${active.detail}`)
  if (active.state === 'ALONE') return not('Not in sync: no passive has attached.')
  return not(`Not in sync: ${active.brokerName} serves without a copy that is complete; do not stop it now.`)
}

function describe({ url, report, problem }: Found, wide: boolean): string {
  if (report === null) return `? ${url ?? 'the twin'}\n  ${problem ?? ''}\n`
  const { brokerName, role, state, detail, epoch, policy, position, committed, peer } = report
  const where = [`${role} "${brokerName}"`, url, report.pid === null ? `on ${report.node}` : `pid ${report.pid}`]
  const lines = [
    where.join(', '),
    `  state     ${state}: ${detail}`,
    `  since     ${report.since}, epoch ${epoch}, policy ${policy}`,
    `  journal   ${position} bytes, committed ${committed}`,
    `  clients   ${letIn(report)}`,
  ]
  if (wide) lines.push(`  process   ${processOf(report)}`)
  if (report.verify !== null && report.verify !== undefined) lines.push(`  compared  ${comparison(report.verify)}`)
  for (const damage of report.scrub?.damaged ?? []) lines.push(`  damage    ${damage}`)
  if (role === 'active' && peer !== null) lines.push(`  passive   "${peer.brokerName}", ${howFar(report, peer)}`)
  if (report.lastFailover !== null) lines.push(`  changed   ${report.lastFailover.at}: ${report.lastFailover.reason}`)
  return `${lines.join('\n')}\n`
}

function comparison({ at, ok, position, replacedAt = null }: NonNullable<NodeReport['verify']>): string {
  if (ok) return `${at}: equal up to position ${position}`
  const since =
    replacedAt === null ? '' : `; that is gone, the passive got it anew ${replacedAt}: pair verify compares again`
  return `${at}: different from position ${position} on${since}`
}

function letIn({ role, state, connectors }: NodeReport): string {
  const where = connectors.join(', ')
  if (state === 'STARTING') return 'closed'
  if (role === 'passive') return `closed; ${where} after a take-over`
  return state === 'WAITING' ? `refused for now at ${where}` : where
}

function processOf({ version, node, pid, uptimeMs }: NodeReport): string {
  const facts = [
    version === undefined ? 'an older version' : `version ${version}`,
    `on ${node}`,
    pid === null ? null : `pid ${pid}`,
    uptimeMs === undefined ? null : `up ${spanText(uptimeMs)}`,
  ]
  return facts.filter(fact => fact !== null).join(', ')
}

/** Nothing is known of a passive that is not attached: 0 bytes would say that it is level. */
function howFar({ state }: NodeReport, { lagBytes, lagMs }: NonNullable<NodeReport['peer']>): string {
  if (state === 'PAIRED' || state === 'SYNCING') return `${lagBytes} bytes and ${Math.round(lagMs)} ms behind`
  return 'not attached'
}
