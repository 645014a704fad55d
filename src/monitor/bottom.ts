import { raisedOf, type Alert } from './alerts.ts'
import { beside, box, fit, line, type Line, type Role } from './line.ts'
import type { LogEntry, Model } from './model.ts'
import { shownNodes } from './model.ts'
import { sourceOf } from './nodes.ts'
import { clock, count } from './numbers.ts'
import { columns } from './line.ts'
import { printable } from './text.ts'

const WORDS: Readonly<Record<LogEntry['level'], string>> = { crit: 'CRIT', warn: 'WARN', info: 'info' }
const ROLES: Readonly<Record<LogEntry['level'], Role>> = { crit: 'crit', warn: 'warn', info: 'plain' }

const minute = (at: number): string => clock(at).slice(0, 5)

/** `CRIT 11:58 orders.retry has 9,120 messages, no consumer`. */
export function alertLine({ condition, since, acknowledged, overSince }: Alert): Line {
  const { level, sentence } = condition
  const over = overSince === null || condition.releaseMs === Infinity ? '' : ' (over)'
  const word = WORDS[level]
  return acknowledged
    ? line([`${word} ${minute(since)} ${sentence}${over} (seen)`, 'dim'])
    : line([word, ROLES[level]], ` ${minute(since)} ${sentence}${over}`)
}

export const logLine = ({ at, level, text }: LogEntry, seconds = false): Line =>
  line([WORDS[level], level === 'info' ? 'dim' : ROLES[level]], ` ${seconds ? clock(at) : minute(at)} ${text}`)

/** Connections left, alerts and log right. */
export function bottomPanels(model: Model, height: number): readonly Line[] {
  const { width } = model.size
  const half = Math.floor(width / 2)
  const alerts = raisedOf(model.alerts)
  const open = alerts.filter(({ acknowledged }) => !acknowledged).length
  const lines = alerts.slice(0, height - 2).map(alertLine)
  const room = height - 2 - lines.length
  const told = room === 0 ? [] : otherThan(model.log, alerts).slice(-room)
  const both = [...lines, ...told.map(entry => logLine(entry))]
  const head = line([`Alerts ${open} / log`, open > 0 ? 'warn' : 'title'])
  return beside(
    connectionsBox(model, half, height),
    box(head, line(['a: alerts', 'dim']), both, width - half, height),
    half,
    width - half,
  )
}

/** What is in the log and not among the alerts. */
function otherThan(log: readonly LogEntry[], alerts: readonly Alert[]): readonly LogEntry[] {
  const shown = new Set(alerts.map(({ condition }) => condition.sentence))
  return log.filter(({ text }) => !shown.has(text))
}

function connectionsBox(model: Model, width: number, height: number): readonly Line[] {
  const source = sourceOf(shownNodes(model))
  const all = source?.connections ?? []
  const worst = [...all]
    .sort((a, b) => b.pending - a.pending || (a.clientId < b.clientId ? -1 : 1))
    .slice(0, height - 3)
  const inner = width - 4
  // Where there is little room an address says more than a user.
  const user = inner < 56 ? 0 : 10
  const client = Math.max(8, inner - user - 22 - 7 - 5)
  const row = (cells: readonly string[]): string =>
    columns([
      [cells[0] ?? '', client],
      ...(user === 0 ? [] : [[cells[1] ?? '', user - 1] as const]),
      [cells[2] ?? '', 21],
      [(cells[3] ?? '').padStart(6), 6],
      [(cells[4] ?? '').padStart(4), 4],
    ])
  const total = source?.broker?.connections ?? all.length
  return box(
    line([`Connections ${count(total, model.units)}`, 'title']),
    [],
    [
      line([row(['CLIENT', 'USER', 'REMOTE', 'PEND', 'TX']), 'title']),
      ...worst.map(({ clientId, user, remote, pending, transactions }) =>
        line(
          row([
            printable(clientId),
            printable(user ?? '-'),
            printable(remote),
            count(pending, 'human'),
            String(transactions),
          ]),
        ),
      ),
    ],
    width,
    height,
  )
}

/** The worst alert and what happened last, for a narrow screen. */
export function bottomLines(model: Model): readonly Line[] {
  const { width } = model.size
  const alerts = raisedOf(model.alerts).filter(({ acknowledged }) => !acknowledged)
  const [worst] = alerts
  const more = alerts.length > 1 ? `   (+${alerts.length - 1}, press a)` : ''
  const first: Line =
    worst === undefined
      ? line([' no alert', 'dim'])
      : [
          ...line(' ', [WORDS[worst.condition.level], ROLES[worst.condition.level]]),
          ...fit(
            line(` ${worst.condition.sentence}`),
            Math.min(width - 6 - more.length, worst.condition.sentence.length + 1),
          ),
          ...line([more, 'dim']),
        ]
  const last = otherThan(model.log, raisedOf(model.alerts)).at(-1)
  return [first, last === undefined ? line('') : [...line(' '), ...logLine(last)]]
}
