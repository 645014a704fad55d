import { suggestion } from '../base/suggest.ts'
import type { Item, ObjectNode } from '../config/config.ts'
import { attributeOf } from '../vocabulary/vocabulary.ts'
import { labelOf } from './explain.ts'

/** A place in the tree of objects. */
export type Selected =
  | { readonly kind: 'object'; readonly node: ObjectNode }
  | { readonly kind: 'slot'; readonly owner: ObjectNode; readonly name: string }
  | { readonly kind: 'item'; readonly item: Item }
  | { readonly kind: 'value'; readonly owner: ObjectNode; readonly name: string }

type Answer = Selected | { readonly problem: string }

/**
 * Follows a path from the broker: `broker.transportConnectors.stomp`, `plugins[0]`, `broker@persistent`,
 * `policyEntries[orders.>]`. A step is the name of a place, of the element in it, or of an object (its name, destination
 * or user); a place with a single object in it is passed through. A path may begin at any place below the broker.
 */
export function select(broker: ObjectNode, path: string): Answer {
  const steps = stepsOf(path)
  if (steps === null) return { problem: `"${path}" is no path: write broker.transportConnectors.stomp@uri` }
  const [first = ''] = steps
  const named = first === 'broker' || first === broker.element.local
  let here: Answer = { kind: 'object', node: broker }
  for (const [index, step] of (named ? steps.slice(1) : steps).entries()) {
    const next: Selected | null = take(here, step)
    if (next === null && index === 0 && !named && !step.startsWith('@')) {
      const found = below(broker, step)
      if (found !== null) {
        here = found
        continue
      }
    }
    if (next === null) return { problem: lost(here, step, index === 0) }
    here = next
  }
  return here
}

/** `a.b[c]@d` as `a`, `b`, `c`, `@d`; null when brackets do not close. What is in brackets may hold dots. */
function stepsOf(path: string): readonly string[] | null {
  const steps: string[] = []
  const part = /\.?([^.[\]@]+)|\[([^[\]]+)\]|(@[\w.:-]+)$/y
  while (part.lastIndex < path.length) {
    const match = part.exec(path)
    if (match === null) return null
    steps.push((match[1] ?? match[2] ?? match[3] ?? '').replace(/^["']|["']$/g, ''))
  }
  return steps
}

function take(here: Selected, step: string): Selected | null {
  if (here.kind === 'value') return null
  if (here.kind === 'item') return here.item.kind === 'object' ? inObject(here.item.object, step) : null
  if (here.kind === 'object') return inObject(here.node, step)
  const items = here.owner.slots.get(here.name) ?? []
  return among(items, step) ?? throughOnly(items, step)
}

/** A place, an attribute, or what stands in one of the places. */
function inObject(node: ObjectNode, step: string): Selected | null {
  const name = step.replace(/^@/, '')
  if (!step.startsWith('@') && node.slots.has(name)) return { kind: 'slot', owner: node, name }
  const word = attributeOf(node.word, name)
  if (word !== undefined) {
    const key = word.alias ?? name
    return node.slots.has(key) ? { kind: 'slot', owner: node, name: key } : { kind: 'value', owner: node, name: key }
  }
  for (const items of node.slots.values()) {
    const found = among(items, step)
    if (found !== null) return found
  }
  return null
}

/** By number, by element, by what it is called. */
function among(items: readonly Item[], step: string): Selected | null {
  if (/^\d+$/.test(step)) {
    const item = items[Number(step)]
    return item === undefined ? null : selected(item)
  }
  const called = items.find(item => item.kind === 'object' && namesOf(item.object).includes(step))
  if (called !== undefined) return selected(called)
  const alike = items.filter(item => item.kind === 'object' && item.object.element.local === step)
  return alike[0] === undefined ? null : selected(alike[0])
}

/** `destinationPolicy.policyEntries`: the one policyMap in between need not be named. */
function throughOnly(items: readonly Item[], step: string): Selected | null {
  const [only] = items
  return items.length === 1 && only?.kind === 'object' ? inObject(only.object, step) : null
}

const selected = (item: Item): Selected =>
  item.kind === 'object' ? { kind: 'object', node: item.object } : { kind: 'item', item }

const namesOf = (node: ObjectNode): readonly string[] => [
  ...(node.id === null ? [] : [node.id]),
  ...[labelOf(node)].flatMap(value => (value === null ? [] : [value.text])),
]

/** What may be suggested: what a placeholder stands for is not told to whoever only guesses. */
const toldOf = (node: ObjectNode): readonly string[] =>
  labelOf(node)?.origins.length === 0 ? namesOf(node) : node.id === null ? [] : [node.id]

/** The first place, element or name like that anywhere below, the nearest first. */
function below(broker: ObjectNode, step: string): Selected | null {
  const seen = new Set<ObjectNode>([broker])
  for (const node of seen) {
    const found = node === broker ? null : inObject(node, step)
    if (found !== null && (found.kind !== 'value' || node.values.has(found.name))) return found
    for (const item of [...node.slots.values()].flat()) if (item.kind === 'object') seen.add(item.object)
  }
  return null
}

function lost(here: Selected, step: string, first: boolean): string {
  const known = namesAt(here)
  const where = first ? 'in the broker' : `in ${nameOf(here)}`
  const hint = suggestion(step.replace(/^@/, ''), new Set(known))
  return `there is no "${step}" ${where}${hint === null ? '' : `; ${hint}`}`
}

function nameOf(here: Selected): string {
  switch (here.kind) {
    case 'object':
      return `<${here.node.element.local}>`
    case 'slot':
      return `"${here.name}"`
    case 'value':
      return `"${here.name}", which is a value`
    case 'item':
      return 'what stands there'
    default:
      return here satisfies never
  }
}

function namesAt(here: Selected): readonly string[] {
  if (here.kind === 'slot') {
    const items = here.owner.slots.get(here.name) ?? []
    const inside = items.length === 1 && items[0]?.kind === 'object' ? namesIn(items[0].object) : []
    return [
      ...items.flatMap((item, i) => (item.kind === 'object' ? [...toldOf(item.object), String(i)] : [])),
      ...inside,
    ]
  }
  return here.kind === 'object' ? namesIn(here.node) : []
}

/** Its places first: they are what a path is usually about. */
const namesIn = (node: ObjectNode): readonly string[] => [
  ...node.slots.keys(),
  ...[...node.slots.values()].flat().flatMap(item => (item.kind === 'object' ? toldOf(item.object) : [])),
  ...Object.keys(node.word.attributes),
]
