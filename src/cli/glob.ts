/** Does a name match a pattern in which `*` is any text and `?` any character? Takes time in proportion to both. */
export function globMatches(pattern: string, name: string): boolean {
  let [p, n] = [0, 0]
  // Where the last star was, and how much of the name it has taken so far.
  let [star, taken] = [-1, 0]
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++
      taken = n
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p++
      n++
    } else if (star >= 0) {
      p = star + 1
      n = ++taken
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

export const isGlob = (text: string): boolean => /[*?]/.test(text)
