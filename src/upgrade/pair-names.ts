import { attributeOf, type ElementWord } from '../vocabulary/vocabulary.ts'
import type { Edit } from '../xml/xml.ts'
import { rawValue, removeAttribute, renameAttribute, renameElement, setValue } from './edits.ts'
import { plain, plainAttributes, type ObjectPart, type SlotPart } from './parts.ts'
import { remark, type Change, type Outcome, type Rule, type Sheet } from './sheet.ts'
import { knows, knowsAttribute, nameOf, onlyDocumented } from './target.ts'

/** The two vocabularies of the pair, one into the other (config 4.1). Which names are a pair is said by the aliases. */
export const pairNames: Rule = function* (sheet) {
  for (const part of sheet.parts.objects) {
    yield* connector(part, sheet)
    if (part.name !== 'broker' && part.name !== 'brokerService') continue
    for (const one of plainAttributes(part.element)) {
      const right = other(part, one.local, sheet)
      if (right === null) continue
      const given = plain(part.element, right)
      if (given !== undefined && rawValue(sheet.text, given) === rawValue(sheet.text, one))
        yield change(one.span.start, one.local, right, [removeAttribute(sheet.text, one)], sheet)
      else if (sheet.parts.gives(part, right)) yield twice(one.span.start, one.local, right)
      else yield change(one.span.start, one.local, right, [renameAttribute(one, right)], sheet)
    }
    for (const slot of sheet.parts.slotsOf(part)) yield* inSlot(part, slot, sheet)
  }
}

function* inSlot(part: ObjectPart, slot: SlotPart, sheet: Sheet): Generator<Outcome> {
  const right = other(part, slot.key, sheet)
  if (right === null) return
  if (sheet.parts.gives(part, right)) yield twice(slot.element.span.start, slot.key, right)
  else yield change(slot.element.span.start, slot.key, right, renameSlot(slot, right), sheet)
}

/** A slot under another name, in the form it has. */
export function renameSlot({ element, property }: SlotPart, right: string): readonly Edit[] {
  const name = property ? plain(element, 'name') : undefined
  return name === undefined ? renameElement(element, right) : [setValue(name, right)]
}

function* connector({ element, name, word }: ObjectPart, sheet: Sheet): Generator<Change> {
  const aliases = sheet.vocabulary.elementNames.filter(
    alias => sheet.vocabulary.word(alias)?.alias === name && onlyDocumented(sheet.vocabulary.word(alias)),
  )
  if (aliases.length === 0) return
  const written = element.local === name ? 'master-slave' : 'active-passive'
  const right = wanted(written, knows(sheet.target, word), sheet)
  if (right === null || right === written) return
  const local = right === 'master-slave' ? name : (aliases[0] ?? name)
  yield change(element.span.start, `<${element.local}>`, `<${local}>`, renameElement(element, local), sheet)
}

/** What a name of the pair is to be called; null when it may stay. */
function other(part: ObjectPart, name: string, sheet: Sheet): string | null {
  const alias = attributeOf(part.word, name)?.alias
  const canonical = alias ?? name
  const documented = documentedName(part.word, canonical)
  if (documented === null) return null
  const written = alias === undefined ? 'master-slave' : 'active-passive'
  const known = knowsAttribute(sheet.target, part.word, canonical)
  const right = wanted(written, known, sheet)
  if (right === null || right === written) return null
  return right === 'master-slave' ? canonical : documented
}

const byWord = new WeakMap<ElementWord, ReadonlyMap<string, string>>()

function documentedName(word: ElementWord, canonical: string): string | null {
  let names = byWord.get(word)
  if (names === undefined) byWord.set(word, (names = documentedNames(word)))
  return names.get(canonical) ?? null
}

function documentedNames({ attributes }: ElementWord): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const [name, one] of Object.entries(attributes))
    if (one.alias !== undefined && onlyDocumented(one) && !names.has(one.alias)) names.set(one.alias, name)
  return names
}

/** No ActiveMQ reads the documentation's names; what the target does not know under any name is left (null). */
function wanted(written: Sheet['names'], known: boolean, { target, names }: Sheet): Sheet['names'] | null {
  if (target.kind === 'tandemmq') return names === 'keep' ? written : names
  if (known) return 'master-slave'
  return names === 'keep' ? null : names
}

const twice = (offset: number, name: string, right: string): Outcome =>
  remark('UPGRADE_DECISION', offset, `"${name}" and "${right}" are one setting, given twice`, 'keep one of them')

const quoted = (name: string): string => (name.startsWith('<') ? name : `"${name}"`)

const change = (offset: number, from: string, to: string, edits: readonly Edit[], { target }: Sheet): Change => ({
  kind: 'change',
  rule: 'pair-name',
  offset,
  message: `${quoted(from)} becomes ${quoted(to)}`,
  reason: target.kind === 'tandemmq' ? 'the other name of the same setting' : `the name that ${nameOf(target)} reads`,
  edits,
})
