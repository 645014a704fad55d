import { fit, line, type Line, type Role } from './line.ts'
import { nameOf, roleOf, shortReason, type NodeModel } from './node.ts'
import { placesOf } from './nodes.ts'
import { age, bytes, clock, count, delay, rate, stopwatch } from './numbers.ts'
import { shownNodes, type Model } from './model.ts'
import { curve, SCALES, verdict } from './panels.ts'

/** The two nodes of a narrow screen, a line each, and their curves. */
export function narrowHead(model: Model): readonly Line[] {
  const { active, passive } = placesOf(shownNodes(model))
  const [first, second] = nodeLines(model)
  const serving = active ?? passive
  const half = Math.floor(model.size.width / 2)
  const curves =
    serving === null
      ? line('')
      : line(
          ' in ',
          ...curve(serving.series.in, SCALES.in, half - 5),
          '  lag ',
          ...curve(serving.series.lag, SCALES.lag, half - 6),
        )
  return [first ?? line(''), second ?? line(''), curves]
}

/** Two lines, one for each node; of a broker without a pair the second says so. */
export function nodeLines(model: Model): readonly Line[] {
  const { active, passive } = placesOf(shownNodes(model))
  const shown = [active, passive].filter(node => node !== null)
  const lines = shown.map(node => nodeLine(model, node))
  return lines.length > 1 ? lines : [...lines, line([` no other node is known`, 'dim'])]
}

function nodeLine(model: Model, node: NodeModel): Line {
  const name = nameOf(node)
  if (node.reach.kind === 'gone') {
    const retry = Math.max(0, Math.ceil((node.reach.retryAt - model.now) / 1000))
    const address = node.url.replace(/^\w+:\/\//, '')
    const seen = node.answeredAt === null ? '' : `  seen ${clock(node.answeredAt)} e${node.pair?.epoch ?? '-'}`
    return line(
      ' ',
      [`${name} UNREACHABLE ${shortReason(node.reach.reason)}`, 'crit'],
      ` ${address}  retry ${retry}s${seen}`,
    )
  }
  if (node.reach.kind === 'locked' && node.pair === null)
    return line(' ', [name, 'accent'], [` ${node.reach.reason}`, 'warn'])
  if (node.answeredAt === null) return line(' ', [name, 'accent'], [' asked', 'dim'])
  return roleOf(node) === 'passive' ? passiveLine(model, node) : activeLine(model, node)
}

const TAKEN_OVER_SHOWN_MS = 60_000

function activeLine(model: Model, node: NodeModel): Line {
  const { broker, pair } = node
  if (model.size.width < 80)
    return line(
      ' A ',
      [nameOf(node), 'accent'],
      ` ${pair?.state ?? 'active'} in ${rate(node.inRate, 'human')}/s out ${rate(node.outRate, 'human')}/s`,
    )
  const took = node.promotedAt === null ? null : model.now - node.promotedAt
  const news = took !== null && took < TAKEN_OVER_SHOWN_MS ? ` ◄ was passive ${stopwatch(took)} ago` : ''
  const uptime = news === '' ? `up ${age(pair?.uptimeMs ?? broker?.uptimeMs ?? null)}  ` : ''
  const use = news === '' ? `mem ${broker?.memoryPercent ?? '-'}% store ${broker?.storePercent ?? '-'}%  ` : ''
  const rates = `in ${rate(node.inRate, 'human')}/s out ${rate(node.outRate, 'human')}/s`
  const epoch = pair === null ? '' : `  e${pair.epoch}`
  return line(
    ' A ',
    [nameOf(node), 'accent'],
    [' ACTIVE', 'title'],
    epoch,
    [news, 'warn'],
    ` ${uptime}${use}${rates}  c${broker?.connections ?? '-'}`,
  )
}

function passiveLine(model: Model, node: NodeModel): Line {
  const { pair } = node
  const peer = pair?.peer ?? null
  const state = pair?.state ?? ''
  const role: Role = state === 'IN_SYNC' ? 'ok' : 'warn'
  if (model.size.width < 80)
    return line(' P ', [nameOf(node), 'accent'], ' ', [state, role], ` lag ${delay(node.lagMs)}`)
  const lagRecords = peer?.lagRecords ?? null
  const records = lagRecords === null ? '' : `${count(lagRecords, 'exact')} rec `
  const lag = peer === null ? '' : `  lag ${records}${bytes(peer.lagBytes)} ${delay(peer.lagMs)}`
  const verified = pair?.verify ?? null
  const verify = verified === null ? '' : `  verify ${verdict(verified)}`
  return line(
    ' P ',
    [nameOf(node), 'accent'],
    [' PASSIVE', 'title'],
    ` e${pair?.epoch ?? '-'} up ${age(pair?.uptimeMs ?? null)}  `,
    [state, role],
    `${lag}${verify}  ${pair?.policy ?? ''}`,
  )
}

/** All that fits into one line (management UL-01). */
export function oneLine(model: Model, alerts: number): Line {
  const { active, passive } = placesOf(shownNodes(model))
  const node = active ?? passive
  if (node === null) return line('no node')
  const role = node.reach.kind === 'gone' ? 'UNREACHABLE' : roleOf(node)
  const lag = node.lagMs === null ? '' : ` lag ${delay(node.lagMs)}`
  const text = `${nameOf(node).toUpperCase()} ${role} ${node.pair?.state ?? ''}${lag} alerts ${alerts}`
  return fit(line([text, alerts > 0 ? 'warn' : 'plain']), model.size.width)
}
