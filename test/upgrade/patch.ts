/** Applies a unified diff as `patch` does, without fuzz: each context and removed line must be there. Throws else. */
export function applyPatch(before: string, diff: string): string {
  const lines = split(before)
  const out: string[] = []
  let at = 0
  const rows = split(diff)
  for (let i = 2; i < rows.length; i++) {
    const row = rows[i] ?? ''
    const hunk = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@\n$/.exec(row)
    if (hunk !== null) {
      const start = Number(hunk[1]) - (hunk[2] === '0' ? 0 : 1)
      out.push(...lines.slice(at, start))
      at = start
      if (out.length !== Number(hunk[3]) - (hunk[4] === '0' ? 0 : 1)) throw new Error(`${row}: wrong place afterwards`)
      continue
    }
    const bare = (rows[i + 1] ?? '').startsWith('\\') ? row.slice(1, -1) : row.slice(1)
    if (row.startsWith('\\')) continue
    if (row.startsWith('+')) out.push(bare)
    else {
      if (lines[at] !== bare) throw new Error(`line ${at + 1} is not ${JSON.stringify(bare)}`)
      if (row.startsWith(' ')) out.push(bare)
      at++
    }
  }
  return [...out, ...lines.slice(at)].join('')
}

const split = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

interface Range {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** What is left of both texts without what the edits took out and put in: it must be the same. */
export function outside(before: string, after: string, edits: readonly Range[]): readonly [string, string] {
  let [old, now, grown, from] = ['', '', 0, 0]
  for (const { start, end, text } of edits) {
    old += before.slice(from, start)
    now += after.slice(from + grown, start + grown)
    grown += text.length - (end - start)
    from = end
  }
  return [old + before.slice(from), now + after.slice(from + grown)]
}
