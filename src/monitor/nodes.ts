import { answers, roleOf, type NodeModel } from './node.ts'

/** Where the nodes stand on the screen: the active left, whoever that is (management UL-02). */
export interface Places {
  readonly active: NodeModel | null
  readonly passive: NodeModel | null
  /** Both answer, and both say that they are the active. */
  readonly split: boolean
}

export function placesOf(nodes: readonly NodeModel[]): Places {
  const [first = null, second = null] = nodes
  if (first === null || second === null) {
    const alone = first ?? second
    // Of a pair that was never seen whole, an only node stands where it belongs.
    return alone !== null && answers(alone) && roleOf(alone) === 'passive'
      ? { active: null, passive: alone, split: false }
      : { active: alone, passive: null, split: false }
  }
  const swapped = rank(second) > rank(first)
  return { active: swapped ? second : first, passive: swapped ? first : second, split: isSplit(first, second) }
}

/**
 * Both lead: each has said so since the other did. What a node said before that may be the last word of one that died,
 * or that has handed over.
 */
function isSplit(a: NodeModel, b: NodeModel): boolean {
  if (!answers(a) || !answers(b) || a.leadsSince === null || b.leadsSince === null) return false
  return Math.min(a.answeredAt ?? 0, b.answeredAt ?? 0) >= Math.max(a.leadsSince, b.leadsSince)
}

/**
 * Who stands left: an active that answers, then one that did when it last spoke, then a passive. Of two that say that they
 * lead, the later epoch does.
 */
function rank(node: NodeModel): number {
  const leads = node.answeredAt !== null && roleOf(node) === 'active'
  const epoch = Math.min(node.pair?.epoch ?? 0, 1e9) / 1e9
  return (
    (leads ? 4 : 0) + (answers(node) ? 2 : 0) + (leads && answers(node) && node.leadsSince !== null ? 2 : 0) + epoch
  )
}

/** Whose destinations the table shows: the active's, and those of the passive while no active answers. */
export function sourceOf(nodes: readonly NodeModel[]): NodeModel | null {
  const { active, passive } = placesOf(nodes)
  return [active, passive].find(node => node !== null && answers(node)) ?? active ?? passive
}

/** The pair in one word, for the head line. */
export function pairWord(nodes: readonly NodeModel[]): string {
  const { active, split } = placesOf(nodes)
  if (split) return 'SPLIT'
  const up = nodes.filter(answers)
  if (up.length === 0) return nodes.some(node => node.answeredAt !== null) ? 'UNREACHABLE' : 'CONNECTING'
  if (active === null || !answers(active) || roleOf(active) !== 'active') return 'NO ACTIVE'
  return active.pair?.state ?? (active.pairless ? 'ActiveMQ' : '')
}
