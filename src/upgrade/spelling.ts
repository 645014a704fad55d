import type { Attribute, Element } from '../xml/xml.ts'
import { attributeOf, type ElementWord } from '../vocabulary/vocabulary.ts'
import { renameAttribute, renameElement } from './edits.ts'
import { plainAttributes, type ObjectPart, type Part } from './parts.ts'
import { remark, type Outcome, type Rule, type Sheet } from './sheet.ts'

/**
 * Names that are wrong, and where only one can be meant: the same letters in another case (config 6). A name at an edit's
 * distance is a guess, and stays.
 */
export const spelling: Rule = function* (sheet) {
  for (const part of sheet.parts.all) {
    if (part.kind === 'object') for (const one of plainAttributes(part.element)) yield* attribute(part, one, sheet)
    else if (part.kind === 'unknown') yield* element(part.element, part.parent, sheet)
  }
}

function* attribute(part: ObjectPart, one: Attribute, sheet: Sheet): Generator<Outcome> {
  if (attributeOf(part.word, one.local) !== undefined) return
  const right = sameLetters(one.local, namesOf(part.word))
  if (right === undefined) return
  const on = `on <${part.element.local}>`
  const base = { kind: 'change', rule: 'spelling', offset: one.span.start, uncovers: part.element.span } as const
  if (sheet.parts.gives(part, right)) {
    const message = `"${one.local}" ${on} is "${right}" misspelt, which is given as well`
    yield remark('UPGRADE_DECISION', one.span.start, message, 'keep one of them')
  } else {
    const message = `"${one.local}" ${on} becomes "${right}"`
    yield { ...base, message, reason: 'no ActiveMQ knows the other spelling', edits: [renameAttribute(one, right)] }
  }
}

function* element(given: Element, parent: Part | null, { vocabulary }: Sheet): Generator<Outcome> {
  const elements = vocabulary.elementNames.filter(name => vocabulary.word(name)?.alias === undefined)
  const slots = parent?.kind === 'object' ? namesOf(parent.word) : []
  const right = sameLetters(given.local, slots) ?? sameLetters(given.local, elements)
  if (right === undefined) return
  yield {
    kind: 'change',
    rule: 'spelling',
    offset: given.span.start,
    message: `<${given.local}> becomes <${right}>`,
    reason: 'no ActiveMQ knows the other spelling',
    edits: renameElement(given, right),
    uncovers: given.span,
  }
}

const namesOf = (word: ElementWord): readonly string[] =>
  Object.entries(word.attributes).flatMap(([name, { alias }]) => (alias === undefined ? [name] : []))

/** The one name of the same letters; undefined when there is none, or more than one. */
function sameLetters(given: string, names: readonly string[]): string | undefined {
  const lower = given.toLowerCase()
  const found = names.filter(name => name.toLowerCase() === lower)
  return found.length === 1 ? found[0] : undefined
}
