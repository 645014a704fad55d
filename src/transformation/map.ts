import { Unreadable, leaf, node, type Element } from './element.ts'
import { javaDouble } from './number.ts'

/** Bits of the whole numbers that a map may hold. */
const WHOLE: Readonly<Record<string, bigint>> = { byte: 8n, short: 16n, int: 32n, long: 64n }

/**
 * The map that a payload describes, every value in its canonical form (stomp S-TRF-02): keys are strings; values strings,
 * numbers, booleans, single characters, null, lists and maps. A key that comes twice keeps its last value. Throws
 * Unreadable.
 */
export function mapOf(root: Element): Element {
  if (root.name !== 'map') throw new Unreadable(`<map> is expected, not <${root.name}>`)
  return canonicalMap(root)
}

function canonicalMap({ name, children, text }: Element): Element {
  if (children.length === 0 && text.trim() !== '') throw new Unreadable(`<${name}> holds a text`)
  const entries = new Map<string, Element>()
  for (const entry of children) {
    const [key, value, ...others] = entry.children
    if (entry.name !== 'entry' || key === undefined || value === undefined || others.length > 0)
      throw new Unreadable('a map holds <entry> elements of a key and a value')
    if (key.name !== 'string' || key.children.length > 0) throw new Unreadable('the key of an entry is a string')
    const kept = canonicalValue(value)
    entries.delete(key.text)
    entries.set(key.text, node('entry', [leaf('string', key.text), kept]))
  }
  return node(name, [...entries.values()])
}

function canonicalValue(value: Element): Element {
  const { name, text, children } = value
  if (name === 'map') return canonicalMap(value)
  if (name === 'list') return node('list', children.map(canonicalValue))
  if (children.length > 0) throw new Unreadable(`<${name}> holds elements`)
  const bits = WHOLE[name]
  if (bits !== undefined) return bareLeaf(name, wholeNumber(name, text.trim(), bits))
  switch (name) {
    case 'string':
      return leaf('string', text)
    case 'double':
    case 'float':
      return bareLeaf(name, fraction(name, text.trim()))
    case 'boolean':
      return leaf('boolean', text.trim().toLowerCase() === 'true')
    case 'char':
      if (text.length !== 1) throw new Unreadable('<char> holds one character')
      return leaf('char', text)
    case 'null':
      return leaf('null', '')
    default:
      throw new Unreadable(`<${name}> is no type of a map's values`)
  }
}

const bareLeaf = (name: string, text: string): Element => ({ ...leaf(name, text), bare: JSON_NUMBER.test(text) })
const JSON_NUMBER = /^-?\d+(?:\.\d+)?(?:E-?\d+)?$/

/** As Java's Long.decode: decimal, 0x, # and 0 for octal. */
function wholeNumber(name: string, text: string, bits: bigint): string {
  const match = /^([+-]?)(0[xX]|#|0(?=[0-7]))?([0-9a-fA-F]{1,20})$/.exec(text)
  const [, sign = '', prefix = '', digits = ''] = match ?? []
  const octal = prefix === '0'
  const allowed = prefix === '' ? /^\d+$/ : octal ? /^[0-7]+$/ : /^[0-9a-fA-F]+$/
  if (!allowed.test(digits)) throw new Unreadable(`"${text.slice(0, 40)}" is no ${name}`)
  const value = BigInt(prefix === '' ? digits : `${octal ? '0o' : '0x'}${digits}`) * (sign === '-' ? -1n : 1n)
  if (BigInt.asIntN(Number(bits), value) !== value) throw new Unreadable(`"${text.slice(0, 40)}" is no ${name}`)
  return String(value)
}

function fraction(name: string, text: string): string {
  if (/^[+-]?(?:NaN|Infinity)$/.test(text)) return text.replace('+', '')
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/.test(text))
    throw new Unreadable(`"${text.slice(0, 40)}" is no ${name}`)
  return javaDouble(Number(text.replace(/[dDfF]$/, '')))
}
