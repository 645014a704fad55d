import type { Kind, Value } from './column.ts'

const CONDITION = /^([a-z%/ ]*?)(<=|>=|!=|<|>|=)(.*)$/i

type Test<T> = (row: T) => boolean

/**
 * What a filter lets through (management UK-02): words that must all hold. `text` is in the name, `a*b` is all of it,
 * `!word` is not, `>1000` is about the main column, `cons=0` about the one whose title begins so.
 */
export function filterOf<T>(text: string, kind: Kind<T>): Test<T> | null {
  const tests = text
    .split(' ')
    .filter(word => word !== '' && word !== '!')
    .map(word => testOf(word, kind))
  return tests.length === 0 ? null : row => tests.every(test => test(row))
}

function testOf<T>(word: string, kind: Kind<T>): Test<T> {
  if (word.startsWith('!')) {
    const test = testOf(word.slice(1), kind)
    return row => !test(row)
  }
  return conditionOf(word, kind) ?? wordOf(word.toLowerCase(), kind)
}

function conditionOf<T>(word: string, kind: Kind<T>): Test<T> | null {
  const [, name = '', operator = '', wanted = ''] = CONDITION.exec(word) ?? []
  if (operator === '' || wanted === '') return null
  const asked = name.toLowerCase()
  const column = kind.columns.find(({ id, title }) =>
    asked === '' ? id === kind.main : id === asked || title.toLowerCase().startsWith(asked),
  )
  if (column === undefined) return null
  const number = amount(wanted)
  return row => compares(column.value(row), operator, number, wanted.toLowerCase())
}

/** `1000`, `1k`, `2.5M`; null: no number. */
function amount(text: string): number | null {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([kmg]?)$/i.exec(text) ?? []
  if (digits === undefined) return null
  return Number(digits) * ({ k: 1e3, m: 1e6, g: 1e9 }[unit.toLowerCase()] ?? 1)
}

function compares(value: Value, operator: string, number: number | null, text: string): boolean {
  if (value === null) return operator === '!='
  if (typeof value === 'number') {
    if (number === null) return false
    switch (operator) {
      case '<':
        return value < number
      case '>':
        return value > number
      case '<=':
        return value <= number
      case '>=':
        return value >= number
      case '!=':
        return value !== number
      default:
        return value === number
    }
  }
  const holds = value.toLowerCase().startsWith(text)
  return operator === '!=' ? !holds : holds
}

function wordOf<T>(word: string, kind: Kind<T>): Test<T> {
  if (!word.includes('*')) return row => kind.words(row).toLowerCase().includes(word)
  const parts = word.split('*')
  return row => matches(kind.name(row).toLowerCase(), parts)
}

/** Whether the parts of a pattern stand in the text in their order, the first at its start and the last at its end. */
function matches(text: string, parts: readonly string[]): boolean {
  const [first = '', ...others] = parts
  const last = others.pop() ?? ''
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false
  let at = first.length
  for (const part of others) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= text.length - last.length
}
