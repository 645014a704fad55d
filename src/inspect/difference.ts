import type { Reading } from '../config/config.ts'
import type { Verdict, Vocabulary } from '../vocabulary/vocabulary.ts'
import { withModel } from './difference-model.ts'
import {
  Things,
  type Difference,
  type Effect,
  type Given,
  type Side,
  type Slot,
  type Thing,
} from './difference-thing.ts'

export type { Difference, Effect, Side } from './difference-thing.ts'

/** Lists in which the order says something: plugins are asked one after the other. */
const ORDERED = new Set(['plugins'])

/**
 * What differs in meaning between two configurations that were read, in the order of the first. The way something is
 * written is no difference: order and prefixes, comments, aliases, written defaults, attribute or element, placeholders
 * that stand for the same, format, and where the file lies. Named objects are found by their names, not by their places.
 * Not compared are the beans that fill placeholders (what they say shows where it is used) and files that are not read.
 */
export function differencesOf(a: Reading, b: Reading, vocabulary: Vocabulary): readonly Difference[] {
  return atOnce(compared(a, b, vocabulary))
}

/** As `differencesOf`, with a rest behind each object: for a broker that is running. */
export function* compared(a: Reading, b: Reading, vocabulary: Vocabulary): Work<readonly Difference[]> {
  const comparison = new Comparison()
  const [left, right] = [new Things(a, vocabulary), new Things(b, vocabulary)]
  if (a.broker !== null && b.broker !== null)
    yield* comparison.things(left.object(a.broker), right.object(b.broker), 'broker', 'HONOUR')
  const beside = (things: Things): Slot => ({ things: things.others(), verdict: 'ACCEPT', list: true })
  yield* comparison.lists(beside(left), beside(right), '', 'ACCEPT', false)
  yield
  return withModel(a, b, comparison.found)
}

type Work<T> = Generator<undefined, T, undefined>

function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done === true) return value
  }
}

class Comparison {
  readonly found: Difference[] = []
  /** Pairs being compared: an object may be referred to from within itself. */
  readonly #inside: Thing['at'][] = []

  #values(a: Thing, b: Thing, path: string, verdict: Verdict): void {
    const [left, right] = [a.values(), b.values()]
    for (const name of new Set([...left.keys(), ...right.keys()])) {
      const [one, other] = [left.get(name) ?? null, right.get(name) ?? null]
      const given = one ?? other
      if (given === null || same(one, other)) continue
      this.found.push({
        path: name === '' ? path : `${path}/${/^[\w.-]+$/.test(name) ? `@${name}` : name}`,
        kind: 'value',
        a: sideOf(one),
        b: sideOf(other),
        otherwise: a.defaultOf(name),
        effect: effectOf(weaker(verdict, given.verdict)),
      })
    }
  }

  *things(a: Thing, b: Thing, path: string, around: Verdict): Work<void> {
    if (this.#inside.includes(a.at)) return
    this.#inside.push(a.at)
    const verdict = weaker(around, a.verdict)
    this.#values(a, b, path, verdict)
    const [left, right] = [a.slots(), b.slots()]
    for (const name of new Set([...left.keys(), ...right.keys()])) {
      const [one, other] = [left.get(name), right.get(name)]
      const slot = one ?? other
      if (slot === undefined) continue
      const inner = name === '' ? path : `${path}/${name}`
      yield* this.lists(one, other, inner, weaker(verdict, slot.verdict), ORDERED.has(name))
    }
    this.#inside.pop()
    yield
  }

  *lists(a: Slot | undefined, b: Slot | undefined, path: string, around: Verdict, ordered: boolean): Work<void> {
    const single = a?.list === false && b?.list === false
    const [left, right] = [keyed(a?.things ?? [], single), keyed(b?.things ?? [], single)]
    const lone = loneOf(left, right)
    const at = (name: string): string => (path === '' ? name : `${path}/${name}`)
    for (const [name, thing] of left) {
      const twin = right.get(name) ?? (lone?.a === thing ? lone.b : undefined)
      if (twin === undefined) this.#object(thing, null, at(name), around)
      else yield* this.things(thing, twin, at(name), around)
      if (twin !== undefined && twin === lone?.b) this.#renamed(thing, twin, at(name), around)
    }
    for (const [name, thing] of right)
      if (!left.has(name) && lone?.b !== thing) this.#object(null, thing, at(name), around)
    if (ordered) this.#order(left, right, path)
  }

  #object(a: Thing | null, b: Thing | null, path: string, around: Verdict): void {
    const thing = a ?? b
    if (thing === null) return
    const side = (one: Thing | null): Side | null => (one === null ? null : { text: startTag(one), at: one.at })
    const effect = effectOf(weaker(around, thing.verdict))
    this.found.push({ path, kind: 'object', a: side(a), b: side(b), otherwise: null, effect })
  }

  /** What an object applies to is no value of it; an id is only a name within the file. */
  #renamed(a: Thing, b: Thing, path: string, around: Verdict): void {
    const told = this.found.at(-1)?.path.startsWith(`${path}/@`) === true
    const names = [a, b].map(({ identity }) => (identity === null || identity.startsWith('@id=') ? null : identity))
    if (told || names[0] === names[1]) return
    const side = (one: Thing, text: string | null | undefined): Side => ({ text: text ?? 'without a name', at: one.at })
    const sides = { a: side(a, names[0]), b: side(b, names[1]) }
    this.found.push({ path, kind: 'value', ...sides, otherwise: null, effect: effectOf(weaker(around, a.verdict)) })
  }

  #order(a: ReadonlyMap<string, Thing>, b: ReadonlyMap<string, Thing>, path: string): void {
    const [left, right] = [[...a.keys()].filter(name => b.has(name)), [...b.keys()].filter(name => a.has(name))]
    const index = left.findIndex((name, place) => right[place] !== name)
    const [one, other] = [a.get(left[index] ?? ''), b.get(right[index] ?? '')]
    if (one === undefined || other === undefined) return
    const sides = { a: { text: left.join(', '), at: one.at }, b: { text: right.join(', '), at: other.at } }
    this.found.push({ path, kind: 'order', ...sides, otherwise: null, effect: 'not-served' })
  }
}

/** By name and identity (`single`: by name alone); several that are alike are numbered. */
function keyed(things: readonly Thing[], single: boolean): ReadonlyMap<string, Thing> {
  const all = new Map<string, Thing>()
  for (const thing of things) {
    const name = single || thing.identity === null ? thing.name : `${thing.name}[${thing.identity}]`
    let key = name
    for (let number = 2; all.has(key); number++) key = `${name}[${number}]`
    all.set(key, thing)
  }
  return all
}

const TAG_WIDTH = 160

/** What stands there and where it stands is enough to find it; the first settings are enough to know it. */
function startTag(thing: Thing): string {
  let tag = `<${thing.name}`
  for (const [name, given] of thing.values()) {
    const shown = given.shown()
    if (shown === null || name === '' || !/^@?[\w.-]+$/.test(name)) continue
    const next = ` ${name.replace('@', '')}="${shown}"`
    if (tag.length + next.length > TAG_WIDTH) return `${tag} …>`
    tag += next
  }
  return `${tag}>`
}

/** The only one on each side without a twin: one that was renamed, if they are of one kind and alike in all else. */
function loneOf(a: ReadonlyMap<string, Thing>, b: ReadonlyMap<string, Thing>): { a: Thing; b: Thing } | null {
  const [one, more] = [...a].flatMap(([name, thing]) => (b.has(name) ? [] : [thing]))
  const [other, another] = [...b].flatMap(([name, thing]) => (a.has(name) ? [] : [thing]))
  if (one === undefined || other === undefined || more !== undefined || another !== undefined) return null
  if (one.name !== other.name) return null
  const trial = new Comparison()
  atOnce(trial.things(one, other, '', 'HONOUR'))
  const named = trial.found.filter(({ path }) => path.startsWith('/@')).length
  return trial.found.length === named && named <= 1 ? { a: one, b: other } : null
}

function same(a: Given | null, b: Given | null): boolean {
  const [usual, usualToo] = [a, b].map(given => given === null || given.repeatsDefault)
  if (usual === true && usualToo === true) return true
  return a !== null && b !== null && (a.same === b.same || a.placed === b.placed)
}

const sideOf = (given: Given | null): Side | null => (given === null ? null : { text: given.shown(), at: given.at })

const WEIGHT: Readonly<Record<Verdict, number>> = { HONOUR: 3, REFUSE: 2, WARN: 1, ACCEPT: 0 }

/** Inside something that is not in force nothing is in force. */
const weaker = (a: Verdict, b: Verdict): Verdict => (WEIGHT[a] <= WEIGHT[b] ? a : b)

function effectOf(verdict: Verdict): Effect {
  switch (verdict) {
    case 'HONOUR':
      return 'behaviour'
    case 'REFUSE':
      return 'start'
    case 'WARN':
      return 'not-served'
    case 'ACCEPT':
      return 'none'
    default:
      return verdict satisfies never
  }
}
