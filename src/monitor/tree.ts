import type { DestinationRow } from './rows.ts'
import { STATES } from './rows.ts'
import type { Grow } from './sheet.ts'

/** The key of a branch, no bean's name. */
const branchKey = (prefix: string): string => `branch:${prefix}`

/** The prefix of a branch's key, such as `orders.`; null: it is no branch. */
export const branchOf = (key: string): string | null => (key.startsWith('branch:') ? key.slice('branch:'.length) : null)

/** How deep branches are told apart: a name may have thousands of parts. */
const DEPTH_MAX = 16

/**
 * Destinations by the parts of their names, as wildcards see them: `orders.>` stands for all that begins so, with the
 * sums of their counts and the worst of their states. A branch with one leaf only is that leaf.
 */
export const growTree: Grow<DestinationRow> = (rows, folded, inOrder) => {
  const shown: DestinationRow[] = []
  const depths: number[] = []
  const add = (some: readonly DestinationRow[], prefix: string, depth: number): void => {
    const { leaves, branches } = parted(some, prefix, depth < DEPTH_MAX)
    for (const row of inOrder(leaves)) {
      shown.push(row)
      depths.push(depth)
      const members = branches.get(row)
      if (members !== undefined && !folded.has(row.bean)) add(members, branchOf(row.bean) ?? '', depth + 1)
    }
  }
  add(rows, '', 0)
  return { rows: shown, depths }
}

interface Parted {
  /** Destinations, and heads of branches. */
  readonly leaves: readonly DestinationRow[]
  readonly branches: ReadonlyMap<DestinationRow, readonly DestinationRow[]>
}

/** What stands at one level below `prefix`. */
function parted(rows: readonly DestinationRow[], prefix: string, further: boolean): Parted {
  const leaves: DestinationRow[] = []
  const groups = new Map<string, DestinationRow[]>()
  for (const row of rows) {
    const dot = further ? row.name.indexOf('.', prefix.length) : -1
    const below = dot < 0 ? null : row.name.slice(0, dot + 1)
    const members = below === null ? undefined : groups.get(below)
    if (below === null) leaves.push(row)
    else if (members === undefined) groups.set(below, [row])
    else members.push(row)
  }
  const branches = new Map<DestinationRow, readonly DestinationRow[]>()
  for (const [below, members] of groups) {
    const head = members.length === 1 ? members[0] : sum(below, members)
    if (head === undefined) continue
    if (members.length > 1) branches.set(head, members)
    leaves.push(head)
  }
  return { leaves, branches }
}

function sum(prefix: string, members: readonly DestinationRow[]): DestinationRow {
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
  return { ...total, bean: branchKey(prefix), name: `${prefix}>`, members: members.length }
}

const plus = (a: number | null, b: number | null): number | null =>
  a === null && b === null ? null : (a ?? 0) + (b ?? 0)
