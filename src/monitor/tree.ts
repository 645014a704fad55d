import type { DestinationRow } from './rows.ts'
import { STATES } from './rows.ts'
import type { Grow } from './sheet.ts'

/** The key of a branch, no bean's name. */
const branchKey = (prefix: string): string => `branch:${prefix}`

/** The prefix of a branch's key, such as `orders.`; null: it is no branch. */
export const branchOf = (key: string): string | null => (key.startsWith('branch:') ? key.slice('branch:'.length) : null)

/**
 * Destinations by the parts of their names, as wildcards see them: `orders.>` stands for all that begins so, with the
 * sums of their counts and the worst of their states. A branch with one leaf only is that leaf.
 */
export const growTree: Grow<DestinationRow> = (rows, folded, inOrder) => branch(rows, '', 0, folded, inOrder)

function branch(
  rows: readonly DestinationRow[],
  prefix: string,
  depth: number,
  folded: ReadonlySet<string>,
  inOrder: (rows: readonly DestinationRow[]) => readonly DestinationRow[],
): readonly DestinationRow[] {
  const leaves: DestinationRow[] = []
  const groups = new Map<string, DestinationRow[]>()
  for (const row of rows) {
    const dot = row.name.indexOf('.', prefix.length)
    if (dot < 0) {
      leaves.push({ ...row, depth })
      continue
    }
    const below = row.name.slice(0, dot + 1)
    const members = groups.get(below)
    if (members === undefined) groups.set(below, [row])
    else members.push(row)
  }
  const heads = new Map<string, readonly DestinationRow[]>()
  for (const [below, members] of groups) {
    const [only] = members
    if (members.length === 1 && only !== undefined) {
      leaves.push({ ...only, depth })
      continue
    }
    const head = sum(below, members, depth)
    heads.set(head.bean, members)
    leaves.push(head)
  }
  return inOrder(leaves).flatMap(row => {
    const members = heads.get(row.bean)
    if (members === undefined || folded.has(row.bean)) return [row]
    return [row, ...branch(members, branchOf(row.bean) ?? '', depth + 1, folded, inOrder)]
  })
}

function sum(prefix: string, members: readonly DestinationRow[], depth: number): DestinationRow {
  const [first] = members
  if (first === undefined) throw new Error('a branch without leaves')
  const total = { ...first }
  for (const row of members.slice(1)) {
    total.size += row.size
    total.inFlight += row.inFlight
    total.consumers += row.consumers
    total.producers += row.producers
    total.enqueued += row.enqueued
    total.dequeued += row.dequeued
    total.expired += row.expired
    total.memoryPercent = Math.max(total.memoryPercent, row.memoryPercent)
    total.inRate = plus(total.inRate, row.inRate)
    total.outRate = plus(total.outRate, row.outRate)
    if (STATES.indexOf(row.state) < STATES.indexOf(total.state)) total.state = row.state
  }
  return { ...total, bean: branchKey(prefix), name: `${prefix}>`, depth, members: members.length }
}

const plus = (a: number | null, b: number | null): number | null =>
  a === null && b === null ? null : (a ?? 0) + (b ?? 0)
