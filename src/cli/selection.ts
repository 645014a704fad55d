/**
 * The selector that ActiveMQ's `--msgsel A,B` means: all of the conditions, and `name='a*'` with * and ? as wildcards
 * (management CT-07).
 */
export function messageSelector(texts: readonly string[]): string {
  const conditions = texts.flatMap(splitConditions).map(condition => withWildcards(condition.trim()))
  return conditions.map(condition => `(${condition})`).join(' AND ')
}

/** At commas, but for those inside of quotes and brackets: `a IN (1,2)` is one condition. */
function splitConditions(text: string): readonly string[] {
  const parts: string[] = []
  let [from, depth, quoted] = [0, 0, false]
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === "'") quoted = !quoted
    else if (quoted) continue
    else if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(from, i))
      from = i + 1
    }
  }
  return [...parts, text.slice(from)].filter(part => part.trim() !== '')
}

function withWildcards(condition: string): string {
  const found = /^([A-Za-z_$][\w$.-]*)\s*(=|<>)\s*'((?:[^']|'')*[*?](?:[^']|'')*)'$/.exec(condition)
  if (found === null) return condition
  const [, name = '', operator = '', text = ''] = found
  const pattern = text
    .replace(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%')
    .replaceAll('?', '_')
  const escape = pattern.includes('\\') ? " ESCAPE '\\'" : ''
  return `${name} ${operator === '=' ? 'LIKE' : 'NOT LIKE'} '${pattern}'${escape}`
}
