/** What an answer is made of: JSON, with whole numbers of any size, and objects that keep the order of their keys. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | ReadonlyMap<string, JsonValue>

/** As compact text: shell scripts cut it apart (management F-03). What is no number for JSON is null. */
export function jsonText(value: JsonValue): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null'
  if (value === null || typeof value !== 'object') return String(value)
  if (isList(value)) return `[${value.map(jsonText).join(',')}]`
  const members: string[] = []
  for (const [key, member] of value) members.push(`${JSON.stringify(key)}:${jsonText(member)}`)
  return `{${members.join(',')}}`
}

const isList = (value: readonly JsonValue[] | ReadonlyMap<string, JsonValue>): value is readonly JsonValue[] =>
  Array.isArray(value)

/** A value as `JSON.parse` gave it. */
export const fromParsed = (value: unknown): JsonValue => {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return value.map(fromParsed)
  if (typeof value === 'object') return new Map(Object.entries(value).map(([key, member]) => [key, fromParsed(member)]))
  return value as string | number | boolean
}

/** Levels of lists and objects in one another, at most; deeper is refused before anything walks it. */
const DEPTH_MAX = 64

/** Null: it is no JSON, or too deep to be a request. */
export function parseJson(text: string): { readonly value: unknown } | null {
  try {
    const value: unknown = JSON.parse(text)
    return shallow(value, DEPTH_MAX) ? { value } : null
  } catch {
    return null
  }
}

function shallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every(member => shallow(member, levels - 1))
}
