import type { AttributeWord } from '../vocabulary/vocabulary.ts'
import { rawText, rawValue, setValue } from './edits.ts'
import { plainAttributes } from './parts.ts'
import type { Change, Rule } from './sheet.ts'
import { attributeOf } from '../vocabulary/vocabulary.ts'
import type { Edit } from '../xml/xml.ts'

/** Values in a grammar that ActiveMQ does not have, of which only one thing can be meant (config 2.1, 2.3, 6). */
export const values: Rule = function* (sheet) {
  for (const part of sheet.parts.objects)
    for (const one of plainAttributes(part.element)) {
      const word = attributeOf(part.word, one.local)
      const right = word === undefined ? null : plainValue(one.local, rawValue(sheet.text, one), word)
      if (right !== null) yield change(one.local, right, one.span.start, setValue(one, right))
    }
  for (const { key, element, word } of sheet.parts.slots) {
    const raw = rawText(sheet.text, element)
    const right = raw === null ? null : plainValue(key, raw, word)
    const edit = { start: element.span.open, end: element.span.close, text: right ?? '' }
    if (right !== null) yield change(key, right, element.span.start, edit)
  }
}

const change = (name: string, right: string, offset: number, edit: Edit): Change => ({
  kind: 'change',
  rule: 'value',
  offset,
  message: `the value of "${name}" becomes "${right}"`,
  reason: 'ActiveMQ does not read the other notation',
  edits: [edit],
})

const TIMES = /(?:time|timeout|period|interval|delay|duration|ttl|expiration|backoff)$/i
const PERCENT = /percent/i

function plainValue(name: string, raw: string, { type, secret }: AttributeWord): string | null {
  if (secret === true || /[$#&]/.test(raw)) return null
  const text = raw.trim()
  if (type === 'bytes' || type === 'bytes32') return plainSize(text)
  if (type !== 'int' && type !== 'long') return null
  if (PERCENT.test(name)) return /^(\d+)\s*%$/.exec(text)?.[1] ?? null
  return TIMES.test(name) ? plainTime(text) : null
}

const UNITS: readonly (readonly [string, number])[] = [
  ['gb', 1024 ** 3],
  ['mb', 1024 ** 2],
  ['kb', 1024],
]

/** `64MiB` is `64 mb`, `1.5gb` is `1536 mb`, `2 tb` is `2048 gb`; null when it is fine, or not to be understood. */
function plainSize(text: string): string | null {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt])(i?)b?$/i.exec(text)
  if (match === null) return null
  const [, number = '', unit = '', binary] = match
  if (!number.includes('.') && binary === '' && unit.toLowerCase() !== 't') return null
  const bytes = Number(number) * 1024 ** ('kmgt'.indexOf(unit.toLowerCase()) + 1)
  const [name, factor] = UNITS.find(([, size]) => bytes % size === 0) ?? []
  return name === undefined || factor === undefined || !Number.isSafeInteger(bytes) ? null : `${bytes / factor} ${name}`
}

/** `30s` is `30000`. `m` may be minutes or anything: it stays. */
function plainTime(text: string): string | null {
  const match = /^(\d+)\s*(ms|s|sec|min|h)$/i.exec(text)
  const factor = { ms: 1, s: 1000, sec: 1000, min: 60_000, h: 3_600_000 }[match?.[2]?.toLowerCase() ?? '']
  return factor === undefined ? null : String(Number(match?.[1]) * factor)
}
