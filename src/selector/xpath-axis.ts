import type { XmlNode } from './xml-document.ts'
import type { Walk } from './xpath-value.ts'

export type Axis =
  | 'child'
  | 'descendant'
  | 'descendant-or-self'
  | 'parent'
  | 'ancestor'
  | 'ancestor-or-self'
  | 'following-sibling'
  | 'preceding-sibling'
  | 'following'
  | 'preceding'
  | 'attribute'
  | 'self'

const AXES: ReadonlySet<string> = new Set<Axis>([
  'child',
  'descendant',
  'descendant-or-self',
  'parent',
  'ancestor',
  'ancestor-or-self',
  'following-sibling',
  'preceding-sibling',
  'following',
  'preceding',
  'attribute',
  'self',
])

export const isAxis = (name: string): name is Axis => AXES.has(name)

/** The nodes of an axis, nearest first: that is what positions count along. */
export function along(axis: Axis, node: XmlNode, walk: Walk): readonly XmlNode[] {
  const nodes = nodesOf(axis, node, walk)
  walk.visit(1 + nodes.length)
  return nodes
}

function nodesOf(axis: Axis, node: XmlNode, walk: Walk): readonly XmlNode[] {
  switch (axis) {
    case 'child':
      return node.children
    case 'attribute':
      return node.attributes
    case 'self':
      return [node]
    case 'parent':
      return node.parent === null ? [] : [node.parent]
    case 'descendant':
      return between(walk, node.order + 1, node.last)
    case 'descendant-or-self':
      return [node, ...between(walk, node.order + 1, node.last)]
    case 'ancestor':
      return ancestors(node.parent)
    case 'ancestor-or-self':
      return ancestors(node)
    case 'following-sibling':
    case 'preceding-sibling':
      return siblings(node, axis === 'following-sibling', walk)
    case 'following':
      return between(walk, node.last + 1, walk.document.nodes.length - 1)
    case 'preceding': {
      const above = new Set(ancestors(node))
      return between(walk, 0, node.order - 1)
        .filter(before => !above.has(before))
        .toReversed()
    }
    default:
      return axis satisfies never
  }
}

/** What lies between two places in document order, without attributes. */
function between(walk: Walk, from: number, to: number): readonly XmlNode[] {
  walk.visit(to - from + 1)
  return walk.document.nodes.slice(from, to + 1).filter(node => node.kind !== 'attribute')
}

function ancestors(node: XmlNode | null): readonly XmlNode[] {
  const found: XmlNode[] = []
  for (let at = node; at !== null; at = at.parent) found.push(at)
  return found
}

function siblings(node: XmlNode, after: boolean, walk: Walk): readonly XmlNode[] {
  if (node.parent === null || node.kind === 'attribute') return []
  const all = node.parent.children
  walk.visit(all.length)
  const place = all.indexOf(node)
  return after ? all.slice(place + 1) : all.slice(0, place).toReversed()
}
