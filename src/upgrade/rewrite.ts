import { Findings } from '../base/findings.ts'
import { Draft, LineTable, overlaps, parseTree, type Edit, type Xml2js } from '../xml/xml.ts'
import type { Position } from '../base/errors.ts'
import type { TransportData, Vocabulary } from '../vocabulary/vocabulary.ts'
import { escapeAmpersands } from './ampersands.ts'
import { leftovers } from './leftovers.ts'
import { memory } from './memory.ts'
import { namespaces } from './namespaces.ts'
import { nesting } from './nesting.ts'
import { pairNames } from './pair-names.ts'
import { Parts } from './parts.ts'
import { removed } from './removed.ts'
import type { Change, Order, Remark, Rule, RuleName, Sheet } from './sheet.ts'
import { spelling } from './spelling.ts'
import { stores } from './stores.ts'
import { uriOptions } from './uri-options.ts'
import { values } from './values.ts'

/** What can be repaired: the file said something that nobody could read, or that was ignored. */
const REPAIRS: readonly Rule[] = [spelling, nesting, values, uriOptions]
/** What can be said in other words without meaning anything else. */
const REWORDS: readonly Rule[] = [pairNames, memory, stores, removed]
/** Namespaces come last and alone: each of their edits counts on the others, and elements that were put in are in. */
const NAMESPACES: readonly Rule[] = [namespaces]

/** More rounds than any real file needs: each puts one level of nesting right. */
const ROUNDS_MAX = 25

export interface Material extends Order {
  readonly xml2js: Xml2js
  readonly vocabulary: Vocabulary
  readonly transports: TransportData
}

/** One change as it is told: with its place in the file as it was. */
export interface Told {
  readonly rule: RuleName
  readonly at: Position
  readonly message: string
  readonly reason: string
  /** Offsets in the file as it was: what was not read before. */
  readonly uncovers: { readonly start: number; readonly end: number } | null
}

/** What no rule decides: `at` in the file as it was, `now` in the file as it is rewritten. */
export interface ToldRemark {
  readonly code: Remark['code']
  readonly at: Position
  readonly now: Position
  readonly message: string
  readonly hint: string | null
}

export interface Rewritten {
  readonly file: string
  readonly draft: Draft
  /** With its mistakes repaired and nothing reworded yet: from here on the meaning is the same. */
  readonly repaired: Draft
  readonly changes: readonly Told[]
  readonly remarks: readonly ToldRemark[]
  /** False when the file, even with its `&` repaired, is no XML that is read. */
  readonly readable: boolean
  /** A place in the rewritten file, in the file as it was. */
  placeBefore(now: Position): Position
}

/** Applies the rules until none has anything left to do. Pure: text in, edits out. */
export function rewrite(text: string, file: string, material: Material): Rewritten {
  const writer = new Writer(text, file, material)
  if (!writer.readable()) return writer.result(writer.draft.copy())
  writer.repeat(REPAIRS)
  const repaired = writer.draft.copy()
  writer.repeat(REWORDS)
  writer.repeat(NAMESPACES)
  return writer.result(repaired)
}

class Writer {
  readonly draft: Draft
  readonly #file: string
  readonly #material: Material
  readonly #changes: Told[] = []
  #readable = true

  constructor(text: string, file: string, material: Material) {
    this.draft = new Draft(text)
    this.#file = file
    this.#material = material
  }

  /** Escapes each raw `&` when the file is no XML, and XML with them escaped. */
  readable(): boolean {
    if (this.#sheet() !== null) return true
    const { text } = this.draft
    const changes = [...escapeAmpersands(text)]
    const trial = new Draft(text)
    trial.apply(changes.flatMap(({ edits }) => edits))
    this.#readable = changes.length > 0 && this.#sheet(trial.text) !== null
    if (this.#readable) this.#take(changes)
    return this.#readable
  }

  repeat(rules: readonly Rule[]): void {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const sheet = this.#sheet()
      if (sheet === null) throw new Error(`${this.#file}: a rewriting made it unreadable`)
      const changes = rules.flatMap(rule => [...rule(sheet)]).filter(outcome => outcome.kind === 'change')
      if (changes.length === 0) return
      this.#take(apart(changes))
    }
    throw new Error(`${this.#file}: the rewriting comes to no end`)
  }

  result(repaired: Draft): Rewritten {
    const { draft } = this
    const sheet = this.#readable ? this.#sheet() : null
    const rules = [...REPAIRS, ...REWORDS, ...NAMESPACES, leftovers]
    const outcomes = sheet === null ? [] : rules.flatMap(rule => [...rule(sheet)])
    const before = new LineTable(draft.original, this.#file)
    const after = new LineTable(draft.text, this.#file)
    const remarks = distinct(outcomes.filter(outcome => outcome.kind === 'remark'))
    return {
      file: this.#file,
      draft,
      repaired,
      changes: this.#changes,
      remarks: remarks.map(({ code, offset, message, hint }) => {
        const [at, now] = [before.at(draft.originalOffset(offset)), after.at(offset)]
        return { code, at, now, message, hint }
      }),
      readable: this.#readable,
      placeBefore: now => before.at(draft.originalOffset(after.offsetOf(now))),
    }
  }

  #take(changes: readonly Change[]): void {
    const { draft } = this
    const lines = new LineTable(draft.original, this.#file)
    for (const { rule, offset, message, reason, uncovers } of changes) {
      const at = lines.at(draft.originalOffset(offset))
      const range =
        uncovers === undefined
          ? null
          : { start: draft.originalOffset(uncovers.start), end: draft.originalOffset(uncovers.end) }
      this.#changes.push({ rule, at, message, reason, uncovers: range })
    }
    draft.apply(changes.flatMap(({ edits }) => edits))
  }

  #sheet(text: string = this.draft.text): Sheet | null {
    const { xml2js, vocabulary, transports, target, names } = this.#material
    const tree = parseTree(xml2js, text, this.#file, new Findings())
    if (tree === null) return null
    const { root, doctype } = tree
    return { text, root, doctype, parts: new Parts(root, vocabulary), vocabulary, transports, target, names }
  }
}

/** Of changes that touch one another the first; the others find their turn in the next round, if they are still due. */
function apart(changes: readonly Change[]): readonly Change[] {
  const taken: Edit[] = []
  const chosen: Change[] = []
  for (const change of changes) {
    if (change.edits.some(edit => taken.some(other => overlaps(edit, other)))) continue
    taken.push(...change.edits)
    chosen.push(change)
  }
  return chosen
}

/** One remark about one place: the first rule knows most about it. */
function distinct(remarks: readonly Remark[]): readonly Remark[] {
  const seen = new Set<number>()
  return remarks.filter(({ offset }) => !seen.has(offset) && seen.add(offset))
}
