import { fileURLToPath } from 'node:url'
import { account, sectionOf, type Account } from './rows.ts'

/** `npm run rows`: the specification, section by section. Exit code 1 when a row is unaccounted for or a claim names none. */
function report({ rows, tested, differing, unknown, unaccounted }: Account): string[] {
  const inTests = new Set(tested.map(({ id }) => id))
  const inTable = new Set(differing.map(({ id }) => id))
  const open = new Set(unaccounted.map(({ id }) => id))
  const lines: string[] = [`${'section'.padEnd(8)}${['rows', 'tested', 'differ', 'open'].map(pad).join('')}`]
  const count = (label: string, ids: readonly string[]): void => {
    const counts = [ids.length, ...[inTests, inTable, open].map(set => ids.filter(id => set.has(id)).length)]
    lines.push(`${label.padEnd(8)}${counts.map(pad).join('')}`)
  }
  const ids = rows.map(({ id }) => id)
  for (const section of new Set(ids.map(sectionOf))) {
    const own = ids.filter(id => sectionOf(id) === section)
    count(section, own)
  }
  count('all', ids)
  if (unaccounted.length > 0) lines.push('', 'unaccounted:', ...unaccounted.map(({ id, text }) => `${id}  ${text}`))
  if (unknown.length > 0) lines.push('', 'no such row:', ...unknown.map(({ id, where }) => `${id}  ${where}`))
  return lines
}

const pad = (cell: string | number): string => `${cell}`.padStart(8)

const found = account(fileURLToPath(new URL('../../../', import.meta.url)))
if (found === null) console.log('the specification (../shared/spec) is not here: nothing to compare with')
else console.log(report(found).join('\n'))
process.exitCode = found !== null && (found.unknown.length > 0 || found.unaccounted.length > 0) ? 1 : 0
