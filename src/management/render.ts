import { BeanError, Table } from './bean.ts'
import type { JsonValue } from './json.ts'
import type { ObjectName } from './object-name.ts'

/** How much of a value is shown (management JP-03); 0 is all of it. */
export interface Limits {
  /** Levels of lists and maps; below them a value is shown as text. */
  readonly maxDepth: number
  /** Members of one list or map. */
  readonly maxCollectionSize: number
  /** Values of any kind in one answer. */
  readonly maxObjects: number
}

/** Turns the values of beans into JSON as Jolokia does (management JR-13, JR-14). One per answer: it counts. */
export class Renderer {
  readonly #limits: Limits
  #objects = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** `depth` counts the levels around the value that the answer has already. */
  render(value: unknown, depth = 0): JsonValue {
    if (value === null || value === undefined) return null
    const { maxDepth, maxObjects, maxCollectionSize } = this.#limits
    if (maxDepth > 0 && depth >= maxDepth) return textOf(value)
    if (maxObjects > 0 && ++this.#objects > maxObjects) return '[Object limit exceeded]'
    const most = maxCollectionSize > 0 ? maxCollectionSize : Infinity
    if (typeof value !== 'object') return scalar(value)
    if (value instanceof Date) return instant(value)
    if (Array.isArray(value)) return value.slice(0, most).map(member => this.render(member, depth + 1))
    if (value instanceof Table) return this.#table(value, most, depth)
    if (isObjectName(value)) return new Map([['objectName', value.canonical]])
    const members = new Map<string, JsonValue>()
    for (const [key, member] of entriesOf(value)) {
      if (members.size >= most) break
      members.set(key, this.render(member, depth + 1))
    }
    return members
  }

  /** A level of maps for each index column; the row itself is a map too. */
  #table({ index, rows }: Table, most: number, depth: number): JsonValue {
    const root = new Map<string, JsonValue>()
    for (const row of rows.slice(0, most)) {
      let level = root
      for (const [i, column] of index.entries()) {
        const key = textOf(row[column])
        if (i === index.length - 1) {
          level.set(key, this.render(row, depth + 1 + i))
          continue
        }
        const inner = level.get(key)
        const next = inner instanceof Map ? (inner as Map<string, JsonValue>) : new Map<string, JsonValue>()
        level.set(key, next)
        level = next
      }
    }
    return root
  }
}

/** What lies inside a value (management JR-07). A null part stands for every member. Throws AttributeNotFoundException. */
export function inside(value: unknown, path: readonly (string | null)[]): unknown {
  const [part, ...rest] = path
  if (part === undefined) return value
  if (typeof value !== 'object' || value === null || value instanceof Date) throw noMember(part)
  if (value instanceof Table) return inside(nested(value), path)
  if (part === null) {
    // Members that have no such inner value are left out, as Jolokia does.
    const found = new Map<string, unknown>()
    for (const [key, member] of membersOf(value))
      try {
        found.set(key, inside(member, rest))
      } catch (thrown) {
        if (!(thrown instanceof BeanError)) throw thrown
      }
    if (found.size === 0) throw noMember('*')
    return Array.isArray(value) ? [...found.values()] : found
  }
  for (const [key, member] of membersOf(value)) if (key === part) return inside(member, rest)
  throw noMember(part)
}

const noMember = (part: string | null): BeanError =>
  new BeanError('javax.management.AttributeNotFoundException', `Map key '${part ?? '*'}' is unknown`, 404)

function* membersOf(value: object): Iterable<readonly [string, unknown]> {
  if (Array.isArray(value)) for (const [i, member] of value.entries()) yield [String(i), member]
  else if (isObjectName(value)) yield ['objectName', value.canonical]
  else yield* entriesOf(value)
}

const entriesOf = (value: object): Iterable<readonly [string, unknown]> =>
  value instanceof Map ? (value as Map<string, unknown>) : Object.entries(value)

function nested({ index, rows }: Table): Map<string, unknown> {
  const [column = '', ...more] = index
  const groups = new Map<string, Readonly<Record<string, unknown>>[]>()
  for (const row of rows) {
    const key = textOf(row[column])
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return new Map([...groups].map(([key, group]) => [key, more.length === 0 ? group[0] : new Table(more, group)]))
}

export const isObjectName = (value: object): value is ObjectName =>
  'canonical' in value && 'keys' in value && 'domain' in value && value.keys instanceof Map

/** Seconds, as Jolokia 1.x writes a Date. */
const instant = (value: Date): string => value.toISOString().replace(/\.\d+Z$/, 'Z')

const scalar = (value: unknown): JsonValue =>
  typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? value : String(value)

/** As Java's toString, where that says something. */
function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Date) return instant(value)
  if (isObjectName(value)) return value.text
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`
  if (value instanceof Table) return textOf(nested(value))
  return `{${[...entriesOf(value)].map(([key, member]) => `${key}=${textOf(member)}`).join(', ')}}`
}
