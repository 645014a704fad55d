import { beside, box, line, type Line, type Role } from './line.ts'
import type { PairFacts } from './facts.ts'
import { nameOf, roleOf, shortReason, type NodeModel, type Series } from './node.ts'
import { placesOf } from './nodes.ts'
import { age, bytes, clock, count, dayAndTime, delay, position, rate, stopwatch, type Units } from './numbers.ts'
import { shownNodes, type Model } from './model.ts'
import { gauge, SAMPLES_MAX, scaleOf, sparkline } from './sparkline.ts'
import { left, right } from './text.ts'

/** Of the last comparison. */
export const verdict = ({ ok, replaced }: NonNullable<PairFacts['verify']>): string =>
  ok ? 'ok' : replaced ? 'differed' : 'DIFFERS'

/** Lines of a panel, its frame included. */
const PANEL_LINES = 11
const DAY_MS = 86_400_000
/** ms that a node which took over is marked as such. */
const TAKEN_OVER_SHOWN_MS = 60_000

/** The active left, the passive right; a broker without a pair alone, over the whole width (management UL-02). */
export function panels(model: Model): readonly Line[] {
  const { width } = model.size
  const { active, passive, split } = placesOf(shownNodes(model))
  const [one, other] = [active, passive]
  if (one === null || other === null) {
    const only = one ?? other
    return only === null ? [] : panel(model, only, width, split)
  }
  const half = Math.floor(width / 2)
  return beside(panel(model, one, half, split), panel(model, other, width - half, split), half, width - half)
}

function panel(model: Model, node: NodeModel, width: number, split: boolean): readonly Line[] {
  const inner = width - 4
  const lines = bodyOf(model, node, inner)
  const grey =
    node.reach.kind === 'gone' ? lines.map(one => one.map(span => ({ ...span, role: 'dim' as Role }))) : lines
  return box(titleOf(model, node, split), markOf(node), grey, width, PANEL_LINES)
}

/** `ACTIVE  alpha  PAIRED  10.0.0.11:8161`. */
function titleOf(model: Model, node: NodeModel, split: boolean): Line {
  const name = nameOf(node)
  const known = node.pair !== null || node.broker !== null
  const role = !known ? 'NODE' : node.pairless ? 'BROKER' : roleWord(node)
  const address = node.url.replace(/^\w+:\/\//, '')
  if (node.reach.kind === 'gone') {
    const retry = Math.max(0, Math.ceil((node.reach.retryAt - model.now) / 1000))
    return line([`${name}  UNREACHABLE (${shortReason(node.reach.reason)})  retry ${retry} s`, 'crit'])
  }
  const took = node.promotedAt === null ? null : model.now - node.promotedAt
  const news = took !== null && took < TAKEN_OVER_SHOWN_MS ? `◄ was passive ${stopwatch(took)} ago` : ''
  const state = node.pair?.state ?? ''
  const told: Parts = state === '' ? [] : [[state, roleFor(node)], '  ']
  const where: readonly [string, Role] = news === '' ? [address === name ? '' : address, 'plain'] : [news, 'warn']
  return line([role, split ? 'crit' : 'title'], '  ', [name, 'accent'], '  ', ...told, where)
}

/** One that waits leads nobody. */
const roleWord = (node: NodeModel): string => (node.pair?.state === 'WAITING' ? 'NODE' : roleOf(node).toUpperCase())

const BAD = ['HALTED', 'WAITING', 'DISCONNECTED']
const GOOD = ['PAIRED', 'IN_SYNC', 'ALONE']

function roleFor(node: NodeModel): Role {
  const state = node.pair?.state
  if (state === undefined || GOOD.includes(state)) return 'ok'
  return BAD.includes(state) ? 'crit' : 'warn'
}

/** One word at the corner of a panel. */
function markOf(node: NodeModel): Line {
  if (node.reach.kind === 'gone') return []
  if (node.reach.kind === 'asked') return line(['...', 'dim'])
  if (node.reach.kind === 'locked') return line(['LOGIN', 'warn'])
  const role = roleFor(node)
  return line(role === 'ok' ? ['OK', 'ok'] : role === 'crit' ? ['!', 'crit'] : ['WARN', 'warn'])
}

function bodyOf(model: Model, node: NodeModel, inner: number): readonly Line[] {
  const { units } = model
  const passive = roleOf(node) === 'passive'
  if (node.answeredAt === null) {
    const why = node.reach.kind === 'gone' ? node.reach.reason : 'it is asked for the first time'
    return [line(`nothing is known of it yet: ${why}`), line(node.url)]
  }
  if (node.reach.kind === 'locked' && node.pair === null)
    return [line([node.reach.reason, 'warn']), line(''), line(':login asks for name and password again')]
  return [
    line(firstOf(model, node)),
    line(...epochOf(node, model.now)),
    line(...positionsOf(node, passive)),
    line(...lagOf(node)),
    ...usageOf(node, passive, model, inner),
    ...ratesOf(node, passive, units, inner),
  ]
}

/** Of a node that does not answer how old all this is, of another one what it is. */
function firstOf({ now }: Model, node: NodeModel): string {
  if (node.reach.kind !== 'gone' || node.answeredAt === null) return portsOf(node)
  return `stale ${stopwatch(now - node.answeredAt)}   below is what was known at ${clock(node.answeredAt)}Z`
}

function portsOf(node: NodeModel): string {
  const ports =
    node.pair === null
      ? Object.entries(node.broker?.connectors ?? {}).map(([name, uri]) => `${name} ${portOf(uri)}`)
      : [`stomp ${node.pair.connectors.map(portOf).join(' ') || '-'}`]
  const closed = roleOf(node) === 'passive' ? 'stomp closed' : ports.join('  ')
  const web = /:(\d+)$/.exec(node.url)?.[1] ?? '-'
  const uptime = age(node.pair?.uptimeMs ?? node.broker?.uptimeMs ?? null, false)
  // The version that the broker bean tells is the one that ActiveMQ's clients look at.
  const version = node.pair?.version ?? node.broker?.version ?? ''
  const pid = node.pair?.pid ?? null
  return `${closed}  web ${web}   up ${uptime}   v${version}${pid === null ? '' : `   pid ${pid}`}`
}

const portOf = (uri: string): string => /:(\d+)(?:[/?]|$)/.exec(uri)?.[1] ?? '-'

type Parts = readonly (string | readonly [string, Role])[]

function epochOf({ pair, broker }: NodeModel, now: number): Parts {
  if (pair === null) return [`${broker?.name ?? ''}: no pair; an ActiveMQ broker, seen through Jolokia`]
  const { lastFailover, since, epoch, role } = pair
  const until = since === null ? '' : `${pair.state} since ${dayAndTime(since)}`
  const at = lastFailover?.at ?? null
  if (role === 'passive' || lastFailover === null || at === null) return [`epoch ${epoch}   ${until}`]
  const told = [
    lastFailover.from === null ? '' : `was ${lastFailover.from}`,
    lastFailover.outageMs === null ? '' : delay(lastFailover.outageMs),
  ]
  const how = told.filter(text => text !== '').join(', ') || lastFailover.reason
  return [`epoch ${epoch}   promoted ${now - at < DAY_MS ? clock(at) : dayAndTime(at)} (${how})`]
}

function positionsOf({ pair }: NodeModel, passive: boolean): Parts {
  if (pair === null) return ['']
  if (pair.syncProgress !== null && pair.state === 'SYNCING')
    return [`position ${position(pair.position)}   copying `, [`${Math.round(pair.syncProgress * 100)} %`, 'warn']]
  return [`position ${position(pair.position)}   ${passive ? 'applied  ' : 'committed'} ${position(pair.committed)}`]
}

function lagOf(node: NodeModel): Parts {
  const { pair } = node
  if (pair === null) return ['']
  if (pair.peer === null) return [['lag      no passive has attached', 'dim']]
  // Nothing is known of a passive that is not attached: 0 would say that it is level.
  if (!['PAIRED', 'SYNCING', 'IN_SYNC'].includes(pair.state)) return [['lag      not attached', 'warn']]
  const { lagRecords, lagBytes, lagMs } = pair.peer
  const records =
    lagRecords === null ? '' : `${right(count(lagRecords, 'exact'), 5)} record${lagRecords === 1 ? ' ' : 's'}`
  const most = Math.max(0, ...node.lagMaxima.map(({ ms }) => ms))
  const role: Role = (lagMs ?? 0) > 1000 ? 'warn' : 'plain'
  return ['lag ', [`${records}${right(bytes(lagBytes), 9)}${right(delay(lagMs), 9)}`, role], `   max 1h ${delay(most)}`]
}

/** `[####----] 41%`. */
const used = (percent: number | null, inner: number): string =>
  `${gauge(percent === null ? null : percent / 100, inner < 56 ? 10 : 12)} ${right(percent === null ? '-' : String(percent), 3)}%`

function usageOf(
  { broker, queues, pair }: NodeModel,
  passive: boolean,
  { now, units }: Model,
  inner: number,
): readonly Line[] {
  const blocked = queues.rows.list.filter(({ state }) => state === 'blocked').length
  const roleOfUse = (percent: number | null): Role => ((percent ?? 0) > 80 ? 'warn' : 'plain')
  const memory = broker?.memoryPercent ?? null
  const store = broker?.storePercent ?? null
  const temp = broker?.tempPercent ?? null
  if (passive) {
    const verified = pair?.verify ?? null
    const word = verified === null ? '' : `   verify ${verdict(verified)} ${age(now - verified.at)} ago`
    return [
      line('store  ', [used(store, inner), roleOfUse(store)], `   queues ${count(queues.total, units)}`),
      line(`policy ${pair?.policy ?? '-'}   ${pair === null ? '' : outlook(pair)}${word}`),
    ]
  }
  return [
    line('memory ', [used(memory, inner), roleOfUse(memory)], '  store ', [used(store, inner), roleOfUse(store)]),
    line(
      'temp   ',
      [used(temp, inner), roleOfUse(temp)],
      `  conns ${count(broker?.connections ?? null, units)}  blocked `,
      [String(blocked), blocked > 0 ? 'crit' : 'plain'],
    ),
  ]
}

/** Whether a passive would lead by itself, and why not. */
function outlook({ inSync, state, policy, canPromoteReason }: PairFacts): string {
  if (state === 'DISCONNECTED' && canPromoteReason !== null) return `cannot lead: ${canPromoteReason}`
  if (!inSync) return 'would not take over: not in sync'
  return policy === 'manual' ? 'waits to be promoted (F)' : 'takes over by itself'
}

function ratesOf(node: NodeModel, passive: boolean, units: Units, inner: number): readonly Line[] {
  const perSecond = (value: number | null): string => `${rate(value, units)}/s`
  const volume = (value: number | null): string => (value === null ? '' : `${bytes(value)}/s`)
  const row = (name: string, series: keyof NodeModel['series']): Line =>
    line(left(name, LABEL), ...curve(node.series[series], SCALES[series], inner - LABEL))
  const fsync = row(`fsync p99 ${right(delay(node.fsyncP99Ms), 10)}`, 'fsync')
  if (passive)
    return [
      row(`recv ${right(volume(node.journalRate) || '-', 15)}`, 'journal'),
      row(`lag  ${right(delay(node.lagMs), 15)}`, 'lag'),
      fsync,
    ]
  return [
    row(`in  ${right(perSecond(node.inRate), 8)}${right(volume(node.inBytes), 11)}`, 'in'),
    row(`out ${right(perSecond(node.outRate), 8)}${right(volume(node.outBytes), 11)}`, 'out'),
    node.pairless ? line('') : fsync,
  ]
}

/** Cells before a curve. */
const LABEL = 24

interface Scale {
  /** What a full block stands for at least. */
  readonly least: number
  text(top: number): string
}

export const SCALES: Readonly<Record<keyof NodeModel['series'], Scale>> = {
  in: { least: 1, text: top => rate(top, 'human') },
  out: { least: 1, text: top => rate(top, 'human') },
  lag: { least: 10, text: delay },
  fsync: { least: 10, text: delay },
  journal: { least: 1000, text: top => bytes(top).replace(' ', '') },
}

/** A sparkline of up to `width` cells, and at its end what its full blocks stand for (management UL-07). */
export function curve(series: Series, scale: Scale, width: number): Parts {
  const cells = Math.max(0, Math.min(SAMPLES_MAX, width - 7))
  const top = scaleOf(series, cells, scale.least)
  return [
    [sparkline(series, cells, top), 'accent'],
    [right(scale.text(top), 7), 'dim'],
  ]
}
