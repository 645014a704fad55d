import type { Reading } from '../config/config.ts'
import type { Difference, Side } from './difference-thing.ts'

/** An absolute path in JSON. */
const PATH = /"(?:\/|[A-Za-z]:[\\/])/
const DIRECTORIES = ['activemq.home', 'activemq.base', 'activemq.conf', 'activemq.data']

/**
 * The net below the comparison of the objects: whether both start, words that are said to have no effect and yet change
 * the model, and parts of it that differ although no object does, because something outside the broker says so
 * (jetty.xml, login.config). Where the two files lie in different places only what does not depend on that is looked at.
 */
export function withModel(a: Reading, b: Reading, found: readonly Difference[]): readonly Difference[] {
  const changed = parts(a, b)
  const telling = (one: Difference): boolean =>
    changed.some(part => samePlace(part.a, one.a) && samePlace(part.b, one.b) && one.kind === 'value')
  const told = found.map(one => (telling(one) ? { ...one, effect: 'behaviour' as const } : one))
  // What else changed in the model follows from a difference that was told, if there is one that can have consequences.
  const rest = told.some(({ effect }) => effect === 'behaviour') ? [] : changed
  return [...told, ...outcome(a, b), ...rest]
}

const samePlace = (part: Side | null, one: Side | null): boolean =>
  one === null || (part?.at.line === one.at.line && part.at.column === one.at.column && part.at.file === one.at.file)

function outcome(a: Reading, b: Reading): readonly Difference[] {
  if ((a.config === null) === (b.config === null)) return []
  const side = ({ config, findings, model }: Reading): Difference['a'] => {
    if (config !== null) return { text: 'starts', at: config.at }
    const stops = findings.filter(({ severity }) => severity === 'error' || severity === 'refuse')
    const first = stops[0]?.at ?? model?.at ?? { file: '', line: 1, column: 1 }
    return { text: `does not start: ${stops.map(({ code }) => code).join(', ')}`, at: first }
  }
  return [{ path: 'broker', kind: 'outcome', a: side(a), b: side(b), otherwise: null, effect: 'start' }]
}

function parts(a: Reading, b: Reading): readonly Difference[] {
  const [left, right] = [a.model, b.model]
  if (left === null || right === null) return []
  const together = DIRECTORIES.every(name => a.outer.system[name] === b.outer.system[name])
  const differences: Difference[] = []
  for (const part of Object.keys(left) as (keyof typeof left)[]) {
    if (part === 'at' || part === 'overrides') continue
    const [said, saidToo] = [canonical(left[part]), canonical(right[part])]
    if (said === saidToo || (!together && PATH.test(said + saidToo))) continue
    // What it is may be a secret; where it is from is not known. That it differs is all that can be said.
    const [one, other] = [a, b].map(({ places, model }) => places.get(`/${part}`) ?? model?.at ?? left.at)
    const text = 'differs, by what is outside the broker element'
    const sides = { a: { text, at: one ?? left.at }, b: { text, at: other ?? right.at } }
    differences.push({ path: `broker (${part})`, kind: 'outcome', ...sides, otherwise: null, effect: 'behaviour' })
  }
  return differences
}

/** Without places, and with the order taken out of lists: where order counts, the objects were compared in order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).toSorted().join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  const entries = Object.entries(value).filter(([name, inner]) => name !== 'at' && inner !== undefined)
  return `{${entries
    .map(([name, inner]) => `${name}:${canonical(inner)}`)
    .toSorted()
    .join(',')}}`
}
