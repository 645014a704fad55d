import { isGlob, globMatches, nameMatches, type Bean, type ObjectName } from '../management/management.ts'

/** Beans of one form of name: the keys that it has, and those values that are always the same. */
export interface BeanSource {
  readonly domain: string
  /** Every key of its names; null: any value. */
  readonly keys: ReadonlyMap<string, string | null>
  /** Of a name whose keys are these; null: there is none. */
  find(name: ObjectName): Bean | null
  all(): Iterable<Bean>
}

/** Has the name the keys of these beans? */
export function isOf({ domain, keys }: BeanSource, name: ObjectName): boolean {
  if (name.domain !== domain || name.keys.size !== keys.size) return false
  for (const [key, wanted] of keys) {
    const value = name.keys.get(key)
    if (value === undefined || (wanted !== null && wanted !== value)) return false
  }
  return true
}

/** Could the pattern accept one of these beans? */
export function couldBeOf({ domain, keys }: BeanSource, pattern: ObjectName): boolean {
  if (!globMatches(pattern.domain, domain)) return false
  if (pattern.open ? pattern.keys.size > keys.size : pattern.keys.size !== keys.size) return false
  for (const [key, value] of pattern.keys) {
    const fixed = keys.get(key)
    if (fixed === undefined || (fixed !== null && !globMatches(value, fixed))) return false
  }
  return true
}

/** Beans that are looked at between two rests. */
const lookedAtMax = 500

/** The beans of a source that a pattern accepts; null: a place to rest. */
export function* matching(source: BeanSource, pattern: ObjectName): Generator<Bean | null> {
  if (!couldBeOf(source, pattern)) return
  const exact = asConcrete(source, pattern)
  if (exact !== null) {
    const bean = source.find(exact)
    if (bean !== null) yield bean
    return
  }
  let looked = 0
  for (const bean of source.all()) {
    if (nameMatches(pattern, bean.name)) yield bean
    if (++looked % lookedAtMax === 0) yield null
  }
}

/** The one name that the pattern can mean, when it says every key of these beans. */
function asConcrete({ domain, keys }: BeanSource, pattern: ObjectName): ObjectName | null {
  if (pattern.keys.size !== keys.size || isGlob(pattern.domain) || pattern.domain !== domain) return null
  for (const value of pattern.keys.values()) if (isGlob(value)) return null
  return pattern
}

/** Beans that are found by looking at each: there are not many, or their names are remembered. */
export function listSource(
  domain: string,
  keys: ReadonlyMap<string, string | null>,
  all: () => Iterable<Bean>,
): BeanSource {
  const find = (name: ObjectName): Bean | null => {
    for (const bean of all()) if (bean.name.canonical === name.canonical) return bean
    return null
  }
  return { domain, keys, find, all }
}
