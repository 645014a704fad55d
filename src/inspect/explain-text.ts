import { formatPosition, type Position } from '../base/errors.ts'
import type { Finding } from '../base/findings.ts'
import type { ExplainedItem, ExplainedObject, ExplainedSlot, ExplainedValue, Source } from './explain.ts'
import { readable, SEVERITIES, type Paint } from './report.ts'
import type { Bean, Surroundings } from './surroundings.ts'

/** How places and classes are written. */
export interface Style {
  readonly show: (path: string) => string
  readonly paint: Paint
  /** Columns of the terminal; null: it is no terminal, and lines are as long as they are. */
  readonly width: number | null
}

/** One line of the answer, before its columns are lined up. */
interface Row {
  readonly depth: number
  readonly what: string
  readonly from: string
  readonly verdict: string
  readonly effect: string
}

/** Columns that are never wider than this: one long URI should not push everything aside. */
const WHAT = 64
const FROM = 56

export function itemText(item: ExplainedItem, style: Style): string {
  return lines(itemRows(item, 0, '', style), style)
}

export function slotText(slot: ExplainedSlot, style: Style): string {
  return lines(slotRows(slot, 0, style), style)
}

export function valueText(value: ExplainedValue, style: Style): string {
  return lines(valueRows(value, 0, style), style)
}

function itemRows(item: ExplainedItem, depth: number, prefix: string, style: Style): readonly Row[] {
  switch (item.kind) {
    case 'object':
      return objectRows(item, depth, prefix, style)
    case 'again': {
      const what = `${prefix}${nameOf(item)}, as above`
      return [{ depth, what, from: place(item.at, style), verdict: '', effect: '' }]
    }
    case 'bean': {
      const { className, at, verdict, effect, findings } = item
      const row = { depth, what: `${prefix}bean ${className}`, from: place(at, style), verdict, effect: effect ?? '' }
      return [row, ...findingRows(findings, depth + 1)]
    }
    case 'text':
      return [
        {
          depth,
          what: `${prefix}${quoted(item.value)}`,
          from: sourceText(item.source, style),
          verdict: '',
          effect: '',
        },
      ]
    default:
      return item satisfies never
  }
}

function objectRows(object: ExplainedObject, depth: number, prefix: string, style: Style): readonly Row[] {
  const { at, verdict, effect, findings, values, slots } = object
  return [
    { depth, what: `${prefix}${nameOf(object)}`, from: place(at, style), verdict, effect: effect ?? '' },
    ...findingRows(findings, depth + 1),
    ...values.flatMap(value => valueRows(value, depth + 1, style)),
    ...slots.flatMap(slot => slotRows(slot, depth + 1, style)),
  ]
}

function slotRows({ name, verdict, effect, items }: ExplainedSlot, depth: number, style: Style): readonly Row[] {
  const head = { depth, what: name, from: '', verdict, effect: effect ?? '' }
  return [
    head,
    ...items.flatMap((item, i) =>
      itemRows(unlike(item, items[i - 1]), depth + 1, items.length > 1 ? `[${i}] ` : '', style),
    ),
  ]
}

/** In a list of the same the first one says what they are. */
function unlike(item: ExplainedItem, before: ExplainedItem | undefined): ExplainedItem {
  const same = item.kind === 'object' && before?.kind === 'object' && before.element === item.element
  return same ? { ...item, effect: null } : item
}

function valueRows(value: ExplainedValue, depth: number, style: Style): readonly Row[] {
  const { name, source, verdict, effect, findings, options = [] } = value
  const shown = shownValue(value)
  const what = `${name} = ${shown}`
  return [
    { depth, what, from: sourceText(source, style), verdict, effect: effect ?? '' },
    ...findingRows(findings, depth + 1),
    ...options.map(option => ({
      depth: depth + 1,
      what: `?${option.name} = ${quoted(option.value)}`,
      from: '',
      verdict: option.verdict ?? '',
      effect: option.effect ?? '',
    })),
  ]
}

function shownValue({ value, source }: ExplainedValue): string {
  if (value !== null) return quoted(value)
  return source.kind === 'default' ? readable(source.note ?? 'not set') : 'cannot be used'
}

const findingRows = (findings: readonly Finding[], depth: number): readonly Row[] =>
  findings.map(({ severity, code, message }) => ({
    depth,
    what: `! ${SEVERITIES[severity]} ${code}: ${readable(message)}`,
    from: '',
    verdict: '',
    effect: '',
  }))

const nameOf = ({ element, label }: { readonly element: string; readonly label: string | null }): string =>
  label === null ? element : `${element} ${quoted(label)}`

const quoted = (text: string): string => `"${readable(text)}"`

const place = (at: Position, { show }: Style): string => formatPosition({ ...at, file: show(at.file) })

function sourceText(source: Source, style: Style): string {
  if (source.kind === 'default') return 'default'
  const parts = [place(source.at, style)]
  if (source.as !== null) parts.push(`written as ${source.as}`)
  for (const { name, from } of source.placeholders) {
    const where = from === 'default' ? 'its default' : style.show(from)
    parts.push(`placeholder \${${name}}${where.startsWith('derived ') ? ',' : ' from'} ${where}`)
  }
  return parts.join(', ')
}

function lines(rows: readonly Row[], { paint, width }: Style): string {
  const columns = (pick: (row: Row) => string, most: number): number =>
    Math.min(most, Math.max(0, ...rows.map(row => (pick(row).startsWith('!') ? 0 : pick(row).length + 2 * row.depth))))
  const what = columns(row => row.what, WHAT)
  const from = Math.min(FROM, Math.max(0, ...rows.map(row => row.from.length)))
  const effect = Math.max(0, ...rows.map(row => row.effect.length))
  const narrow = width !== null && what + from + effect + 12 > width
  return rows.map(row => (narrow ? narrowLines(row, what, width, paint) : `${line(row, what, from, paint)}\n`)).join('')
}

function line({ depth, what, from, verdict, effect }: Row, whatWidth: number, fromWidth: number, paint: Paint): string {
  const first = `${'  '.repeat(depth)}${what}`
  if (what.startsWith('! ')) return paint.warning(first)
  const rest = `${verdict.padEnd(6)}  ${readable(effect)}`.trimEnd()
  if (from === '' && rest === '') return first
  const second = rest === '' ? from : from.padEnd(fromWidth)
  return `${first.padEnd(whatWidth)}  ${paint.faint(second)}${rest === '' ? '' : `  ${colourOf(verdict, paint)(rest)}`}`
}

/** A terminal would cut the columns to pieces: what it changes stands below, in lines of its own. */
function narrowLines(
  { depth, what, from, verdict, effect }: Row,
  whatWidth: number,
  width: number,
  paint: Paint,
): string {
  const first = `${'  '.repeat(depth)}${what}`
  if (what.startsWith('! ')) return `${paint.warning(first)}\n`
  const colour = colourOf(verdict, paint)
  const head = `${first.padEnd(Math.min(whatWidth, width >> 1))}  ${colour(verdict.padEnd(6))}  ${paint.faint(from)}`
  const indent = ' '.repeat(2 * depth + 4)
  const below = wrapped(readable(effect), Math.max(20, width - indent.length))
  return `${head.trimEnd()}\n${below.map(text => `${indent}${paint.faint(text)}\n`).join('')}`
}

const colourOf = (verdict: string, paint: Paint): ((text: string) => string) =>
  verdict === 'REFUSE' ? paint.error : verdict === 'WARN' ? paint.warning : text => text

/** The words of a text in lines of at most so many columns; a longer word is a line. */
function wrapped(text: string, width: number): readonly string[] {
  const out: string[] = []
  for (const word of text.split(' ').filter(part => part !== '')) {
    const last = out.at(-1)
    if (last === undefined || last.length + 1 + word.length > width) out.push(word)
    else out[out.length - 1] = `${last} ${word}`
  }
  return out
}

/** What stands around the broker: a section each, with a sentence when there is nothing. */
export function surroundingsText(all: Surroundings, style: Style): string {
  const { show } = style
  const beans = (list: readonly Bean[]): readonly string[] =>
    list.map(({ at, id, what }) => `${id === null ? '' : `${quoted(id)} `}${readable(what)}  ${place(at, style)}`)
  const imports = all.imports.map(({ resource, path, outcome, at }) => {
    const became = { read: 'read', unreadable: 'cannot be read', aside: 'not needed, not read', refused: 'refused' }[
      outcome
    ]
    return `import ${quoted(resource)}  ${place(at, style)}  ${became}${path === null ? '' : `: ${show(path)}`}`
  })
  const properties = all.properties.map(({ path, at, found, optional }) => {
    const missing = optional ? 'not there, which is allowed' : 'not found'
    return `properties ${show(path)}  ${place(at, style)}  ${found ? 'read' : missing}`
  })
  const none = 'none is declared: ActiveMQ would use ${…} as it is written'
  return [
    section('What it comes to', pairs(all.comesTo)),
    section(
      'Settings of TandemMQ (-Dtandemmq.…)',
      all.settings.map(({ name, value, sets }) => `${name} = ${quoted(value)}  ${sets}`),
    ),
    section('Imports and properties files', [...imports, ...properties]),
    section('Placeholders are filled by', all.configurers.length === 0 ? [none] : beans(all.configurers)),
    section('Beans that nothing of the broker refers to', beans(all.unused)),
  ].join('')
}

function pairs(list: Surroundings['comesTo']): readonly string[] {
  const width = Math.max(0, ...list.map(({ name }) => name.length))
  return list.map(({ name, value }) => `${name.padEnd(width)}  ${readable(value)}`)
}

const section = (title: string, content: readonly string[]): string =>
  content.length === 0 ? '' : `\n${title}\n${content.map(text => `  ${text}\n`).join('')}`
