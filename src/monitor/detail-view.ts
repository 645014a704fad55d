import { WINDOWS_S, type DestinationRow } from './rows.ts'
import { line, type Line } from './line.ts'
import { shownNodes, type Model } from './model.ts'
import { nameOf } from './node.ts'
import { sourceOf } from './nodes.ts'
import { count, many, rate } from './numbers.ts'
import { left, printable } from './text.ts'

/** All that is known of one row: how it does, who consumes it, and its settings as the broker tells them. */
export function detailLines(model: Model, bean: string): readonly Line[] {
  const source = sourceOf(shownNodes(model))
  if (source === null) return [line('no node answers')]
  const row = source.queues.rows.get(bean) ?? source.topics.rows.get(bean)
  const consumers =
    row === undefined ? [] : source.subscriptions.filter(one => one.destination === row.name && one.kind === row.kind)
  return [
    line([row?.name ?? bean, 'title'], `   on ${nameOf(source)}`),
    ...(row === undefined ? [] : destination(model, row, ((source.queues.at ?? row.firstAt) - row.firstAt) / 1000)),
    ...consumers.map(({ clientId, pending, dispatched, active }) =>
      line(
        `consumer ${left(printable(clientId), 30)} pending ${count(pending, 'exact')}  in flight ${count(dispatched, 'exact')}${active ? '' : '  offline'}`,
      ),
    ),
    line(''),
    line(['Attributes', 'title']),
    ...attributes(source.detail),
  ]
}

/** `seconds`: for how long it has been watched. */
function destination({ units }: Model, row: DestinationRow, seconds: number): readonly Line[] {
  // An average began at nothing: what it has not seen yet is no silence.
  const seen = (value: number, i: number): number => value / (1 - Math.exp(-Math.max(1, seconds) / (WINDOWS_S[i] ?? 1)))
  const three = (averages: DestinationRow['inAverages']): string =>
    averages.map((value, i) => rate(seen(value, i), units)).join('  ')
  return [
    line(
      `${row.kind}   state ${row.state}   ${many(row.size, 'message')}, ${count(row.inFlight, 'exact')} in flight, ${many(row.consumers, 'consumer')}`,
    ),
    line(
      `in  ${left(`${rate(row.inRate, units)}/s`, 10)} 1 m, 5 m, 15 m: ${three(row.inAverages)}   ${count(row.enqueued, 'exact')} in all`,
    ),
    line(
      `out ${left(`${rate(row.outRate, units)}/s`, 10)} 1 m, 5 m, 15 m: ${three(row.outAverages)}   ${count(row.dequeued, 'exact')} in all`,
    ),
  ]
}

function attributes(detail: Readonly<Record<string, unknown>> | null): readonly Line[] {
  if (detail === null) return [line(['asked for', 'dim'])]
  return Object.entries(detail)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => line(`${left(printable(name), 34)} `, [shown(value), 'accent']))
}

const VALUE_MAX = 300
const shown = (value: unknown): string =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? '-')).slice(0, VALUE_MAX)
