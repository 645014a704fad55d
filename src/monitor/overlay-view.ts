import { raisedOf } from './alerts.ts'
import { alertLine, logLine } from './bottom.ts'
import { detailLines } from './detail-view.ts'
import { helpGroups } from './keys.ts'
import { box, fit, line, type Line } from './line.ts'
import type { Model, Overlay } from './model.ts'
import { age, clock } from './numbers.ts'
import { nodeNow, windowTop } from './present.ts'
import { left, printable, right, wrap } from './text.ts'

type Of<K extends Overlay['kind']> = Extract<Overlay, { readonly kind: K }>

/** What lies uppermost, as a box. It is never larger than the screen. */
export function overlayLines(model: Model, overlay: Overlay): readonly Line[] {
  switch (overlay.kind) {
    case 'help':
      return help(model, overlay)
    case 'sort':
    case 'columns':
      return menu(model, overlay)
    case 'input':
      return input(model, overlay)
    case 'confirm':
      return confirmation(model, overlay)
    case 'login':
      return login(model, overlay)
    case 'detail':
      return large(model, 'Detail   b messages   Esc back', detailLines(model, overlay.bean), overlay.top)
    case 'messages':
      return messages(model, overlay)
    case 'message':
      return message(model, overlay)
    case 'alerts':
      return alerts(model, overlay)
    case 'log':
      return log(model, overlay)
    default:
      return overlay satisfies never
  }
}

const widthFor = (model: Model, wanted: number): number => Math.min(wanted, model.size.width - 2)

function small(model: Model, title: string, lines: readonly Line[], wanted = 66): readonly Line[] {
  const width = widthFor(model, wanted)
  return box(line([title, 'title']), [], lines, width, Math.min(lines.length + 2, model.size.height))
}

/** Lines over all of the screen but its last line, from `top` on. */
function large(model: Model, title: string, lines: readonly Line[], top: number): readonly Line[] {
  const { width, height } = model.size
  const room = Math.max(1, height - 3)
  const from = Math.max(0, Math.min(top, lines.length - room))
  const mark = lines.length > room ? line(`${from + 1}-${Math.min(from + room, lines.length)} of ${lines.length}`) : []
  return box(line([title, 'title']), mark, lines.slice(from, from + room), width, Math.max(2, height - 1))
}

function help(model: Model, { filter, typing, top }: Of<'help'>): readonly Line[] {
  const lines: Line[] = [line(typing ? `find: ${filter}_` : filter === '' ? '/ finds a key' : `found for "${filter}"`)]
  for (const { title, keys } of helpGroups(model.extras, filter)) {
    lines.push(line([title, 'title']))
    for (const { shown, help: text, changes } of keys)
      lines.push(line([`  ${left(shown, 8)} `, 'accent'], [text, changes && model.readOnly ? 'dim' : 'plain']))
  }
  return large(model, 'Keys   / find   Esc back', lines, top)
}

function menu(model: Model, overlay: Of<'sort' | 'columns'>): readonly Line[] {
  const state = model.tables[model.tab]
  const lines = model.sheet.heads.map(({ id, title }, i) => {
    const chosen = overlay.kind === 'sort' ? id === state.sort : !state.hidden.has(id)
    const text = `${i === overlay.at ? '>' : ' '} [${chosen ? 'x' : ' '}] ${title}`
    return line([text, i === overlay.at ? 'reverse' : 'plain'])
  })
  const title = overlay.kind === 'sort' ? 'Sort by   Enter' : 'Columns   Space shows or hides   Esc'
  return small(model, title, lines, 44)
}

function input(model: Model, { purpose, text }: Of<'input'>): readonly Line[] {
  const shown = `${printable(text)}_`
  switch (purpose.kind) {
    case 'filter': {
      const found = `${model.sheet.matched} of ${model.sheet.total}`
      return small(model, 'Filter   Enter keeps it   Esc drops it', [
        line('/', shown),
        line([`${found}   text  a*b  !not  >1000  cons=0`, 'dim']),
      ])
    }
    case 'command':
      return small(model, 'Command   Tab completes   Esc', [
        line(':', shown),
        line(['filter TEXT  sort COLUMN  interval S  export csv|json  login', 'dim']),
      ])
    case 'move': {
      const what =
        purpose.message === null
          ? `${purpose.beans.length === 1 ? 'this queue' : `${purpose.beans.length} queues`}`
          : 'this message'
      return small(model, `Move ${what} to   Tab completes   Esc`, [line('to: ', shown)])
    }
    default:
      return purpose satisfies never
  }
}

/** A question. Default is no; Enter alone never says yes (management UA-01). */
function confirmation(model: Model, { confirm, typed }: Of<'confirm'>): readonly Line[] {
  const width = widthFor(model, 70) - 4
  const lines = confirm.lines.flatMap(text => wrap(printable(text), width)).map(text => line(text))
  const answer =
    confirm.word === null
      ? line(['y', 'accent'], ' does it', '   any other answer is no: ', ['n', 'accent'], ' or ', ['Esc', 'accent'])
      : line('type ', [confirm.word, 'accent'], ` and Enter to go on: ${typed}_   Esc cancels`)
  return small(model, confirm.title, [...lines, answer], 70)
}

function login(model: Model, { url, field, user, password }: Of<'login'>): readonly Line[] {
  const at = (name: 'user' | 'password', text: string): Line =>
    line([field === name ? '> ' : '  ', 'accent'], `${left(name, 9)} ${text}${field === name ? '_' : ''}`)
  return small(
    model,
    'Login',
    [
      line(`${url} asks for a name and a password.`),
      at('user', user),
      at('password', '*'.repeat(password.length)),
      line(['Enter goes on   Tab changes the line   Esc: only what needs no login', 'dim']),
    ],
    74,
  )
}

function messages(model: Model, { name, list, next, problem, at }: Of<'messages'>): readonly Line[] {
  const title = `Messages of ${name}   Enter open   R M D retry, move, delete   Esc`
  if (problem !== null)
    return large(
      model,
      title,
      wrap(printable(problem), model.size.width - 4).map(text => line([text, 'crit'])),
      0,
    )
  if (list === null) return large(model, title, [line(['asked for', 'dim'])], 0)
  if (list.length === 0) return large(model, title, [line(['no message', 'dim'])], 0)
  const { width, height } = model.size
  const room = height - 4
  const top = windowTop(0, at, room, list.length)
  const id = Math.min(48, Math.max(12, Math.floor(width / 2)))
  const now = nodeNow(model)
  const rows = list.slice(top, top + room).map((one, i) => {
    const cells = [
      right(age(one.at === null ? null : now - one.at), 7),
      right(String(one.priority ?? '-'), 4),
      one.persistent ? 'persist' : 'memory ',
      one.redelivered ? 'again' : '     ',
    ]
    const own = top + i === at
    const body = printable(one.body.slice(0, 200).replaceAll('\n', ' '))
    return fit(
      line([
        `${own ? '> ' : '  '}${left(printable(one.id), id)} ${cells.join(' ')} ${body}`,
        own ? 'reverse' : 'plain',
      ]),
      width - 4,
    )
  })
  const head = line([
    `  ${left('ID', id)} ${right('AGE', 7)} ${right('PRIO', 4)} MODE    ${' '.repeat(5)} BODY`,
    'title',
  ])
  return large(model, `${title}   ${at + 1}/${list.length}${next === null ? '' : '+'}`, [head, ...rows], 0)
}

function message(model: Model, { message: one, whole, top }: Of<'message'>): readonly Line[] {
  const width = model.size.width - 4
  const head = [
    ['id', one.id],
    ['sent', one.at === null ? '-' : `${clock(one.at)}Z, ${age(nodeNow(model) - one.at)} ago`],
    ...one.headers,
  ] as const
  const lines = [
    ...head.map(([name = '', value = '']) => line([`${printable(name)}: `, 'accent'], printable(value))),
    line(''),
    ...one.body
      .split('\n')
      .flatMap(text => wrap(printable(text), width))
      .map(text => line(text)),
  ]
  return large(model, `Message${whole ? '' : ', its beginning'}   y copies the body   Esc back`, lines, top)
}

function alerts(model: Model, { at }: Of<'alerts'>): readonly Line[] {
  const all = raisedOf(model.alerts)
  if (all.length === 0) return small(model, 'Alerts   Esc', [line(['there is none', 'ok'])])
  const lines = all.flatMap((alert, i) => [
    [...line([i === at ? '> ' : '  ', 'accent']), ...alertLine(alert)],
    line([`    next: ${alert.condition.next}`, 'dim']),
  ])
  return large(model, 'Alerts   a acknowledges   Esc back', lines, Math.max(0, at * 2 - 4))
}

function log(model: Model, { top }: Of<'log'>): readonly Line[] {
  const lines = [...model.log].reverse().map(entry => logLine(entry, true))
  return large(
    model,
    'Log, the newest first   Esc back',
    lines.length === 0 ? [line(['nothing yet', 'dim'])] : lines,
    top,
  )
}
