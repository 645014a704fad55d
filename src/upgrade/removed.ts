import { attributeOf, type AttributeWord } from '../vocabulary/vocabulary.ts'
import { removeAttribute, removeElement, renameAttribute, renameElement } from './edits.ts'
import { plainAttributes, type ObjectPart, type SlotPart } from './parts.ts'
import { renameSlot } from './pair-names.ts'
import type { Change, Rule, Sheet } from './sheet.ts'
import { knows, knowsAttribute, lifetime, nameOf, onlyDocumented } from './target.ts'

/** Attributes that only changed their name, by element. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  policyEntry: { advisdoryForFastProducers: 'advisoryForFastProducers' },
  replicatedLevelDB: { zkSessionTmeout: 'zkSessionTimeout' },
}

/** Settings that the target no longer has: under their new name, or away when they mean nothing to a broker here. */
export const removed: Rule = function* (sheet) {
  for (const part of sheet.parts.objects) {
    yield* oldName(part, sheet)
    for (const one of plainAttributes(part.element)) {
      const word = gone(part, one.local, sheet)
      const right = word === null ? null : successor(part, one.local, sheet)
      if (word === null) continue
      const at = one.span.start
      if (right !== null) yield renamed(part, one.local, right, at, [renameAttribute(one, right)], word)
      else if (word.verdict === 'ACCEPT')
        yield away(part, one.local, at, [removeAttribute(sheet.text, one)], word, sheet)
    }
    for (const slot of sheet.parts.slotsOf(part)) yield* inSlot(part, slot, sheet)
  }
}

/** An element under a name that only the first ActiveMQ had. */
function* oldName({ element, name }: ObjectPart, { vocabulary }: Sheet): Generator<Change> {
  const written = vocabulary.word(element.local)
  if (element.local === name || onlyDocumented(written)) return
  yield {
    kind: 'change',
    rule: 'renamed',
    offset: element.span.start,
    message: `<${element.local}> becomes <${name}>`,
    reason: 'the first is what ActiveMQ 4.0 called it',
    edits: renameElement(element, name),
  }
}

function* inSlot(part: ObjectPart, slot: SlotPart, sheet: Sheet): Generator<Change> {
  const word = gone(part, slot.key, sheet)
  if (word === null) return
  const { element } = slot
  const at = element.span.start
  const right = successor(part, slot.key, sheet)
  // A comment inside is somebody's: then it is for a person to remove the whole.
  const commented = sheet.text.slice(element.span.start, element.span.end).includes('<!--')
  if (right !== null) yield renamed(part, slot.key, right, at, renameSlot(slot, right), word)
  else if (word.verdict === 'ACCEPT' && !commented)
    yield away(part, slot.key, at, [removeElement(sheet.text, element)], word, sheet)
}

/** The word of a setting that the target had once; null for any other. */
function gone(part: ObjectPart, name: string, { target }: Sheet): AttributeWord | null {
  const word = attributeOf(part.word, name)
  if (word?.until === undefined || onlyDocumented(word)) return null
  const before = knows(target, word.since === undefined ? {} : { since: word.since })
  return before && !knows(target, word) ? word : null
}

function successor(part: ObjectPart, name: string, sheet: Sheet): string | null {
  const right = RENAMED[part.name]?.[name] ?? attributeOf(part.word, name)?.alias
  if (right === undefined || sheet.parts.gives(part, right)) return null
  return knowsAttribute(sheet.target, part.word, right) ? right : null
}

const renamed = (
  { element }: ObjectPart,
  name: string,
  right: string,
  offset: number,
  edits: Change['edits'],
  word: AttributeWord,
): Change => ({
  kind: 'change',
  rule: 'renamed',
  offset,
  message: `"${name}" on <${element.local}> becomes "${right}"`,
  reason: `the first is the name of ${lifetime(word)}`,
  edits,
})

const away = (
  { element }: ObjectPart,
  name: string,
  offset: number,
  edits: Change['edits'],
  word: AttributeWord,
  { target }: Sheet,
): Change => ({
  kind: 'change',
  rule: 'removed',
  offset,
  message: `"${name}" on <${element.local}> is removed`,
  reason: `${nameOf(target)} no longer has it (${lifetime(word)}), and it has no effect here`,
  edits,
})
