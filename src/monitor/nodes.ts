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
  const claims = [first, second].map(
    node => answers(node) && node.pair?.role === 'active' && node.pair.state !== 'WAITING',
  )
  const split = claims[0] === true && claims[1] === true
  const swapped = rank(second) > rank(first)
  return { active: swapped ? second : first, passive: swapped ? first : second, split }
}

/** Who stands left: an active that answers, then one that did when it last spoke, then a passive. */
const rank = (node: NodeModel): number => {
  const leads = node.answeredAt !== null && roleOf(node) === 'active'
  return (leads ? 2 : 0) + (answers(node) ? 1 : 0) + (leads && answers(node) && node.pair?.state !== 'WAITING' ? 1 : 0)
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
