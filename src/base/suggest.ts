/**
 * The name that was probably meant: first the same letters in another case, then an edit distance of at most 2
 * (1 for names of up to four letters), else null. Ties go to the first candidate.
 */
export function suggest(wrong: string, candidates: Iterable<string>): string | null {
  const lower = wrong.toLowerCase()
  let best: string | null = null
  let least = wrong.length <= 4 ? 2 : 3
  for (const candidate of candidates) {
    const other = candidate.toLowerCase()
    if (other === lower) return candidate
    if (Math.abs(other.length - lower.length) >= least) continue
    const distance = editDistance(lower, other)
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}

/** `did you mean "x"?`, else the names that would be right here, the likest first and at most six, else null. */
export function suggestion(wrong: string, candidates: Iterable<string>): string | null {
  const all = [...candidates]
  const meant = suggest(wrong, all)
  if (meant !== null) return `did you mean "${meant}"?`
  if (all.length === 0 || wrong.length > COMPARED) return null
  const lower = wrong.toLowerCase()
  const near = all
    .map(name => ({ name, distance: editDistance(lower, name.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ name }) => name)
  return `allowed here: ${near.length <= SHOWN ? near.join(', ') : `${near.slice(0, SHOWN).join(', ')} …`}`
}

const SHOWN = 6
/** Names longer than this are like no other. */
const COMPARED = 100

/** Optimal string alignment: insert, delete, replace, or swap two neighbours. */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      }
      row.push(cost)
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
