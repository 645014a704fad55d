import { raisedOf } from './alerts.ts'
import { bottomLines, bottomPanels, logLine } from './bottom.ts'
import { laidOver, plain, stacked, type Frame, type Hit } from './frame.ts'
import { countWord, grid } from './grid.ts'
import { narrowHead, nodeLines, oneLine } from './heads.ts'
import { KEYS, TABS, type Tab } from './keys.ts'
import { layoutOf, type Layout } from './layout.ts'
import { ascii, box, ends, fit, line, lengthOf, type Line } from './line.ts'
import { shownNodes, type Model } from './model.ts'
import { nameOf } from './node.ts'
import { pairWord, placesOf } from './nodes.ts'
import { clock, stopwatch } from './numbers.ts'
import { overlayLines } from './overlay-view.ts'
import { panels } from './panels.ts'
import { sourceNote } from './present.ts'

export interface ViewOptions {
  /** The terminal has no Unicode. */
  readonly ascii: boolean
}

/** The screen of a model: as many lines as it is high, each as wide as it is. */
export function view(model: Model, options: ViewOptions = { ascii: false }): Frame {
  const { width, height } = model.size
  const { lines, hits } = screen(model, layoutOf(model))
  const filled = Array.from({ length: height }, (_, y) => fit(lines[y] ?? [], width))
  const overlay = model.overlays.at(-1)
  const shown = overlay === undefined ? filled : laidOver(filled, overlayLines(model, overlay), width)
  return { lines: options.ascii ? shown.map(ascii) : shown, hits: overlay === undefined ? hits : [] }
}

function screen(model: Model, layout: Layout): Frame {
  const { mode, banner, bottom } = layout
  const { width } = model.size
  if (mode === 'line') return plain([oneLine(model, raisedOf(model.alerts).length)])
  const top = plain([headLine(model, mode), ...(banner === null ? [] : [line([fitted(` ${banner}`, width), 'alarm'])])])
  const footer = plain([footerLine(model)])
  if (mode === 'tiny') {
    const alerts = bottomLines(model).slice(0, 1)
    return stacked([
      plain([...top.lines.slice(1), ...nodeLines(model)]),
      grid(model, width),
      padded(layout, model),
      plain(alerts),
      footer,
    ])
  }
  if (mode === 'narrow')
    return stacked([top, plain(narrowHead(model)), tableBox(model, layout), plain(bottomLines(model)), footer])
  return stacked([top, plain(panels(model)), tableBox(model, layout), plain(bottomPanels(model, bottom)), footer])
}

const fitted = (text: string, width: number): string => text.padEnd(width)

/** The lines that a short table leaves free. */
const padded = ({ rows }: Layout, model: Model): Frame =>
  plain(Array.from({ length: Math.max(0, rows - Math.max(1, Math.min(rows, model.sheet.length))) }, () => line('')))

function headLine(model: Model, mode: Layout['mode']): Line {
  const nodes = shownNodes(model)
  const { active, passive } = placesOf(nodes)
  const name =
    nodes.length === 0 ? '' : [active, passive].flatMap(node => (node === null ? [] : [nameOf(node)])).join(' + ')
  const word = pairWord(nodes)
  const good = ['PAIRED', 'ALONE', 'ActiveMQ'].includes(word)
  const frozen = model.frozen === null ? '' : ` FROZEN ${stopwatch(model.now - model.frozen.at)} `
  const { filter } = model.tables[model.tab]
  const start = line(' ', ['TandemMQ', 'title'], `  ${name}  `, [word, good ? 'ok' : 'crit'], '  ', [frozen, 'reverse'])
  const time = `${clock(model.now)}Z`
  if (mode !== 'wide')
    return ends(start, line(`${filter === '' ? '' : `/${filter}  `}${time}  ?help `), model.size.width)
  const rest = line(
    `   every ${pace(model)}   filter: ${filter === '' ? '-' : filter}${model.readOnly ? '   read-only' : ''}`,
  )
  return ends([...start, ...rest], line(`${time}   ? help   : command   q quit `), model.size.width)
}

/** `1s`, and when the nodes are slower than that, so that nobody takes old figures for new. */
function pace({ intervalMs, nodes }: Model): string {
  const slowest = Math.max(0, ...nodes.map(({ tookMs }) => tookMs ?? 0))
  const own = `${intervalMs / 1000}s`
  return slowest > intervalMs ? `${(intervalMs * 2) / 1000}s (slow)` : own
}

const TITLES: Readonly<Record<Tab, readonly [string, string]>> = {
  queues: ['queues', 'queues'],
  topics: ['topics', 'topics'],
  subscriptions: ['subscriptions', 'subs'],
  connections: ['connections', 'conns'],
  store: ['store', 'store'],
}

function tableBox(model: Model, { mode, rows }: Layout): Frame {
  const { width } = model.size
  const hits: Hit[] = []
  const head: Line[] = []
  let at = 3
  const add = (part: Line, tab: Tab | null): void => {
    if (tab !== null) hits.push({ y: 0, from: at, to: at + lengthOf(part), target: { kind: 'tab', tab } })
    head.push(part)
    at += lengthOf(part)
  }
  if (mode === 'wide') add(line([`${capital(TITLES[model.tab][0])} ${countWord(model)}`, 'title'], '   '), null)
  for (const [i, tab] of TABS.entries()) {
    const [long, brief] = TITLES[tab]
    const own = tab === model.tab
    const text = mode === 'wide' ? `[${i + 1}] ${long}` : own ? `[${i + 1}]${brief}` : `${i + 1} ${brief}`
    add(line([text, own ? 'reverse' : 'plain'], i === TABS.length - 1 ? '' : mode === 'wide' ? '  ' : ' '), tab)
  }
  const note = sourceNote(model)
  if (note !== null) add(line([`  ${note}`, 'warn']), null)
  const state = model.tables[model.tab]
  const sorted = model.sheet.heads.find(({ id }) => id === state.sort)?.title ?? ''
  const mark = line(mode === 'wide' ? `sort: ${sorted}${state.tree ? ' tree' : ''}` : `${countWord(model)} ${sorted}`)
  const { lines, hits: cells } = grid(model, width - 4)
  hits.push(...cells.map(hit => ({ ...hit, y: hit.y + 1, from: hit.from + 2, to: hit.to + 2 })))
  return { lines: box(head.flat(), mark, lines, width, rows + 3), hits }
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** ms that something which was just said stays in the last line. */
const SAID_MS = 10_000

/** The keys that belong on the screen, as many as fit; none that changes something when nothing may be changed. */
function footerLine(model: Model): Line {
  const last = model.log.at(-1)
  // A box may lie over the log: what was just done is said here.
  if (model.overlays.length > 0 && last !== undefined && model.now - last.at < SAID_MS)
    return [...line(' '), ...logLine(last)]
  const all = [...model.extras, ...KEYS.flatMap(group => group.keys)].flatMap(({ shown, footer, changes }) =>
    footer === null || (changes && model.readOnly)
      ? []
      : [{ key: shown.split(' ')[0] ?? '', word: footer[0], rank: footer[1] }],
  )
  // One blank before the first, two between them.
  let room = model.size.width + 1
  const chosen = new Set<string>()
  for (const { key, word } of [...all].sort((a, b) => a.rank - b.rank)) {
    room -= key.length + word.length + 3
    if (room < 0) break
    chosen.add(key)
  }
  const parts = all.filter(({ key }) => chosen.has(key)).map(({ key, word }) => [[key, 'accent'] as const, ` ${word}`])
  return line(...parts.flatMap((part, i) => [i === 0 ? ' ' : '  ', ...part]))
}
