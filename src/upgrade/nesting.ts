import { attributeOf } from '../vocabulary/vocabulary.ts'
import type { Element } from '../xml/xml.ts'
import { named, renameElement, wrap } from './edits.ts'
import { plain, plainAttributes, type ObjectPart, type SlotPart } from './parts.ts'
import { remark, type Change, type Outcome, type Rule, type Sheet } from './sheet.ts'

/** A slot or an object that was left out between two elements, where only one can be meant (config 1.4 rule 1, 6). */
export const nesting: Rule = function* (sheet) {
  for (const owner of sheet.parts.objects) yield* misplaced(owner, sheet)
  for (const slot of sheet.parts.slots) yield* withoutObject(slot, sheet)
}

/** `<policyMap><policyEntry/></policyMap>`: the objects that stand directly in another, by the slot they belong in. */
function* misplaced(owner: ObjectPart, sheet: Sheet): Generator<Outcome> {
  const runs = new Map<string, Element[]>()
  for (const child of owner.element.children) {
    const part = sheet.parts.of(child)
    const slot = part?.kind === 'object' ? slotFor(part.name, owner) : null
    if (slot !== null) runs.set(slot, [...(runs.get(slot) ?? []), child])
  }
  for (const [slot, run] of runs) {
    const [first] = run
    const last = run.at(-1)
    if (first === undefined || last === undefined) continue
    const children = owner.element.children
    const together = children.indexOf(last) - children.indexOf(first) === run.length - 1
    if (sheet.parts.gives(owner, slot) || !together) {
      const message = `<${first.local}> stands directly in <${owner.element.local}>, outside its <${slot}>`
      yield remark('UPGRADE_DECISION', first.span.start, message, `move it into <${slot}>`)
      continue
    }
    const name = named(owner.element, slot)
    yield {
      kind: 'change',
      rule: 'nesting',
      offset: first.span.start,
      message: `<${slot}> is put around ${run.length === 1 ? `<${first.local}>` : `${run.length} <${first.local}>`}`,
      reason: `<${first.local}> cannot stand directly in <${owner.element.local}>`,
      edits: wrap(sheet.text, first, last, `<${name}>`, `</${name}>`),
      uncovers: { start: first.span.start, end: last.span.end },
    }
  }
}

/** The list slot that is named after the object, else the only list slot that takes it. */
function slotFor(name: string, owner: ObjectPart): string | null {
  const taking = Object.entries(owner.word.slots).flatMap(([slot, names]) =>
    names.includes(name) && attributeOf(owner.word, slot)?.type.startsWith('list') ? [slot] : [],
  )
  const plural = [`${name}s`, name.replace(/y$/, 'ies')]
  const own = taking.find(slot => plural.includes(slot))
  if (own !== undefined) return own
  const [only, other] = taking.filter(slot => slot !== 'services')
  return other === undefined ? (only ?? null) : null
}

/** `<sslContext keyStore=…/>` and `<systemUsage><memoryUsage/></systemUsage>`: a slot taken for the object in it. */
function* withoutObject(slot: SlotPart, sheet: Sheet): Generator<Change> {
  if (slot.property) return
  const allowed = slot.parent.word.slots[slot.key] ?? []
  const name = allowed.includes(slot.key) ? slot.key : allowed.length === 1 ? allowed[0] : undefined
  const word = name === undefined ? undefined : sheet.vocabulary.element(name)?.word
  if (name === undefined || word === undefined) return
  const { element } = slot
  const given = plainAttributes(element)
  const properties =
    given.every(({ local }) => local === 'id' || attributeOf(word, local) !== undefined) &&
    element.children.every(({ local }) => attributeOf(word, local) !== undefined)
  const holdsObject = element.children.some(child => {
    const part = sheet.parts.of(child)
    return part?.kind === 'object' && allowed.includes(part.name)
  })
  if (!properties || holdsObject || (element.text.trim() !== '' && element.children.length === 0)) return
  if (given.length > 0 && plain(element, 'ref') === undefined) yield around(slot, name, sheet)
  else if (given.length === 0 && element.children.length > 0) yield inside(slot, name, sheet)
}

const told = (
  { element }: SlotPart,
  name: string,
): Pick<Change, 'kind' | 'rule' | 'offset' | 'reason' | 'uncovers'> => ({
  kind: 'change',
  rule: 'nesting',
  offset: element.span.start,
  reason: `<${element.local}> is a place for an object here: the settings belong to a <${name}> in it`,
  uncovers: element.span,
})

function around(slot: SlotPart, name: string, { text }: Sheet): Change {
  const { element } = slot
  const tag = named(slot.parent.element, slot.key)
  const inner = name === slot.key ? [] : renameElement(element, name)
  const message = `<${slot.key}> is put around <${name}>`
  return { ...told(slot, name), message, edits: [...wrap(text, element, element, `<${tag}>`, `</${tag}>`), ...inner] }
}

function inside(slot: SlotPart, name: string, { text }: Sheet): Change {
  const [first = slot.element] = slot.element.children
  const last = slot.element.children.at(-1) ?? slot.element
  const tag = named(slot.element, name)
  const message = `<${name}> is put into <${slot.key}>`
  return { ...told(slot, name), message, edits: wrap(text, first, last, `<${tag}>`, `</${tag}>`) }
}
