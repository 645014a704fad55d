import type { ObjectName } from './object-name.ts'

/** Does a pattern's value, with `*` and `?`, accept this one? */
export function globMatches(pattern: string, value: string): boolean {
  if (pattern === '*' || pattern === value) return true
  if (!isGlob(pattern)) return false
  // The place to go back to when what follows the last star does not fit: linear in practice, quadratic at worst.
  let star = -1
  let from = 0
  let p = 0
  for (let v = 0; v < value.length;) {
    if (pattern[p] === '*') {
      star = p++
      from = v
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === value[v])) {
      p++
      v++
    } else if (star >= 0) {
      p = star + 1
      v = ++from
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

export const isGlob = (text: string): boolean => /[*?]/.test(text)

/** Does it name one bean at most? */
export function isConcrete({ domain, keys, open }: ObjectName): boolean {
  if (open || isGlob(domain)) return false
  for (const value of keys.values()) if (isGlob(value)) return false
  return true
}

/** Does the pattern accept the name (management ON-12)? Without a trailing `,*` the keys must be the same. */
export function nameMatches(pattern: ObjectName, { domain, keys }: ObjectName): boolean {
  if (pattern.open ? pattern.keys.size > keys.size : pattern.keys.size !== keys.size) return false
  for (const [key, wanted] of pattern.keys) {
    const value = keys.get(key)
    if (value === undefined || !globMatches(wanted, value)) return false
  }
  return globMatches(pattern.domain, domain)
}
