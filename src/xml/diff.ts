import { applyEdits, type Edit } from './edit.ts'

/** Whole lines `[from, to)` of the text before, and what stands there afterwards. */
interface Block {
  readonly from: number
  readonly to: number
  readonly after: readonly string[]
}

const CONTEXT = 3

/**
 * The edits as a unified diff, as `patch` takes it; '' when there are none. A line keeps its own ending, so a file with
 * CRLF shows CR at the ends of its lines.
 */
export function unifiedDiff(before: string, edits: readonly Edit[], name: string): string {
  const lines = linesOf(before)
  const blocks = blocksOf(before, lines, edits)
  if (blocks.length === 0) return ''
  let out = `--- ${name}\n+++ ${name}\n`
  let grown = 0
  for (const hunk of gather(blocks)) {
    const from = Math.max(0, (hunk[0]?.from ?? 0) - CONTEXT)
    const to = Math.min(lines.length, (hunk.at(-1)?.to ?? 0) + CONTEXT)
    const { body, added, removed } = bodyOf(hunk, lines, from, to)
    const old = to - from
    const now = old + added - removed
    out += `@@ -${range(from, old)} +${range(from + grown, now)} @@\n${body}`
    grown += added - removed
  }
  return out
}

const range = (from: number, count: number): string => `${count === 0 ? from : from + 1},${count}`

const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** The lines that each edit touches; edits on the same line belong together. */
function blocksOf(before: string, lines: readonly string[], edits: readonly Edit[]): readonly Block[] {
  const starts: number[] = []
  let at = 0
  for (const line of lines) {
    starts.push(at)
    at += line.length
  }
  const lineAt = (offset: number): number =>
    Math.max(
      0,
      starts.findLastIndex(start => start <= offset),
    )
  const groups: { from: number; to: number; edits: Edit[] }[] = []
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    const from = lines.length === 0 ? 0 : lineAt(edit.start)
    const to = lines.length === 0 ? 0 : lineAt(edit.end) + 1
    const last = groups.at(-1)
    if (last !== undefined && from < last.to) {
      last.to = Math.max(last.to, to)
      last.edits.push(edit)
    } else groups.push({ from, to, edits: [edit] })
  }
  return groups.flatMap(group => {
    const start = starts[group.from] ?? 0
    const end = starts[group.to] ?? before.length
    const moved = group.edits.map(edit => ({ ...edit, start: edit.start - start, end: edit.end - start }))
    const after = linesOf(applyEdits(before.slice(start, end), moved))
    const block = trim(group.from, group.to, lines, after)
    return block.from === block.to && block.after.length === 0 ? [] : [block]
  })
}

/** Lines that are the same at both ends are context. */
function trim(from: number, to: number, lines: readonly string[], after: readonly string[]): Block {
  let head = 0
  while (head < to - from && head < after.length && lines[from + head] === after[head]) head++
  let tail = 0
  while (
    tail < to - from - head &&
    tail < after.length - head &&
    lines[to - 1 - tail] === after[after.length - 1 - tail]
  )
    tail++
  return { from: from + head, to: to - tail, after: after.slice(head, after.length - tail) }
}

/** Blocks whose contexts would touch are shown in one hunk. */
function gather(blocks: readonly Block[]): readonly Block[][] {
  const hunks: Block[][] = []
  for (const block of blocks) {
    const last = hunks.at(-1)?.at(-1)
    if (last !== undefined && block.from - last.to <= 2 * CONTEXT) hunks.at(-1)?.push(block)
    else hunks.push([block])
  }
  return hunks
}

function bodyOf(
  hunk: readonly Block[],
  lines: readonly string[],
  from: number,
  to: number,
): { readonly body: string; readonly added: number; readonly removed: number } {
  let body = ''
  let added = 0
  let removed = 0
  let at = from
  for (const block of hunk) {
    body += marked(' ', lines.slice(at, block.from))
    body += marked('-', lines.slice(block.from, block.to)) + marked('+', block.after)
    added += block.after.length
    removed += block.to - block.from
    at = block.to
  }
  return { body: body + marked(' ', lines.slice(at, to)), added, removed }
}

const marked = (mark: string, lines: readonly string[]): string =>
  lines
    .map(line => (line.endsWith('\n') ? `${mark}${line}` : `${mark}${line}\n\\ No newline at end of file\n`))
    .join('')
