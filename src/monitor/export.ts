import type { Model } from './model.ts'
import { clock } from './numbers.ts'
import { printable } from './text.ts'

/** The table as it is filtered and sorted, all its rows and columns. */
export function csv(model: Model): string {
  const { sheet, now } = model
  const lines = [sheet.heads.map(({ title }) => title).join(',')]
  for (let at = 0; at < sheet.length; at++) {
    const cells = sheet.heads.map(({ id, right }) => {
      const { text } = sheet.cell(at, id, 'exact', now)
      return quoted(right ? text.replaceAll(',', '') : text)
    })
    lines.push(cells.join(','))
  }
  return `${lines.join('\n')}\n`
}

/** A name that begins as a formula does would be one in a spreadsheet. */
function quoted(text: string): string {
  const plain = printable(text)
  const safe = /^[=+@]/.test(plain) || /^-./.test(plain) ? `'${plain}` : plain
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** `tandemmq-queues-120431.csv`: each second another, since no file is written over. */
export const exportName = ({ tab, now }: Model, ending: string): string =>
  `tandemmq-${tab}-${clock(now).replaceAll(':', '')}.${ending}`
