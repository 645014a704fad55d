/** Does an authorization entry accept a destination name, or the pattern of a wildcard subscription? */
export type AccessPattern = (name: string) => boolean

/**
 * The entry for `pattern`, ready to be asked (SA-01, SA-07). A name is accepted level by level: `*` in the pattern accepts
 * any one level, `>` everything from there on, the level above included.
 *
 * A wildcard subscription is judged by its text. Its `*` is covered by whatever the entry has at that level, because each
 * concrete destination is judged again. Its `>` is covered only by a wildcard that ends the entry there: an entry that
 * names something below would otherwise open everything beside it.
 *
 *   entry       accepts                          does not accept
 *   a.>         a   a.b   a.b.c   a.>   *.b      b
 *   a.*         a.b   a.*   a.>                  a   a.b.c
 *   a.b         a.b   a.*   *.b                  a.>
 *
 * ActiveMQ 5.17 lets a few odd pairs more pass (`*.b` for the subscription `a.>`); those are refused here.
 */
export function accessPattern(pattern: string): AccessPattern {
  const levels = pattern.split('.')
  const rest = levels.indexOf('>')
  if (rest === 0) return () => true
  if (rest < 0 && !levels.includes('*')) {
    return name => name === pattern || ((name.includes('*') || name.endsWith('>')) && accepts(levels, name.split('.')))
  }
  // What stands behind `>` has no meaning, as in ActiveMQ.
  const wanted = rest < 0 ? levels : levels.slice(0, rest + 1)
  return name => accepts(wanted, name.split('.'))
}

function accepts(wanted: readonly string[], given: readonly string[]): boolean {
  const last = given.length - 1
  for (let i = 0; ; i++) {
    if (wanted[i] === '>') return true
    if (i > last || i >= wanted.length) return i > last && i >= wanted.length
    if (i === last && given[i] === '>') return endsInWildcard(wanted, i)
    if (given[i] !== '*' && wanted[i] !== '*' && wanted[i] !== given[i]) return false
  }
}

/** From level `at` on, is the entry `*` or `*.>`? */
const endsInWildcard = (wanted: readonly string[], at: number): boolean =>
  wanted[at] === '*' && (wanted.length === at + 1 || wanted[at + 1] === '>')
