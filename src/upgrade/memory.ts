import type { Edit, Element } from '../xml/xml.ts'
import { named, rawValue, removeAttribute, renameAttribute, renameElement, wrap } from './edits.ts'
import { plain, plainAttributes, type ObjectPart } from './parts.ts'
import { renameSlot } from './pair-names.ts'
import { remark, type Change, type Outcome, type Rule, type Sheet } from './sheet.ts'

/**
 * ActiveMQ 4.x's memory limit in the words of 5.0 and newer (config 6); all of a file's or none:
 *
 *   <memoryManager><usageManager limit="1"/></memoryManager>
 *   <systemUsage><systemUsage><memoryUsage><memoryUsage limit="1"/></memoryUsage></systemUsage></systemUsage>
 */
export const memory: Rule = function* (sheet) {
  const managers = sheet.parts.objects.filter(({ name }) => name === 'usageManager')
  const brokers = sheet.parts.objects.filter(part => sheet.parts.gives(part, 'memoryManager'))
  const [first = brokers[0]] = managers
  if (first === undefined) return
  const why = obstacle(managers, brokers, sheet)
  if (why !== null) {
    const hint =
      'write <systemUsage><systemUsage><memoryUsage><memoryUsage limit="…"/></memoryUsage></systemUsage></systemUsage>'
    yield remark('UPGRADE_DECISION', first.element.span.start, `the memory limit of ActiveMQ 4.x stays: ${why}`, hint)
    return
  }
  yield* convert(managers, brokers, sheet, first.element)
}

function obstacle(managers: readonly ObjectPart[], brokers: readonly ObjectPart[], sheet: Sheet): string | null {
  if (managers.length === 0) return 'what it refers to is not in this file'
  if (brokers.some(part => sheet.parts.gives(part, 'systemUsage'))) return 'there is a <systemUsage> as well'
  for (const manager of managers) {
    if (sheet.parts.gives(manager, 'parent')) return 'its <usageManager> has a parent'
    if (/^\s*(?:true|1)\s*$/i.test(plain(manager.element, 'sendFailIfNoSpace')?.value ?? ''))
      return '"sendFailIfNoSpace" of <usageManager> would come into force'
    if (manager.element.children.length > 0) return 'its <usageManager> holds elements'
  }
  return null
}

function* convert(
  managers: readonly ObjectPart[],
  brokers: readonly ObjectPart[],
  sheet: Sheet,
  at: Element,
): Generator<Outcome> {
  const edits: Edit[] = managers.flatMap(({ element }) => manager(element, sheet))
  for (const part of brokers) {
    const attribute = plain(part.element, 'memoryManager')
    if (attribute !== undefined) edits.push(renameAttribute(attribute, 'systemUsage'))
    for (const slot of sheet.parts.slotsOf(part))
      if (slot.key === 'memoryManager') edits.push(...renameSlot(slot, 'systemUsage'))
  }
  const change: Change = {
    kind: 'change',
    rule: 'memory',
    offset: at.span.start,
    message: '<usageManager> becomes <systemUsage> with a <memoryUsage>, and "memoryManager" becomes "systemUsage"',
    reason: 'ActiveMQ 5.0 and newer no longer know the others',
    edits,
  }
  yield change
}

/** The id names the whole, so it goes to the new outer object, with the namespaces that were declared. */
function manager(element: Element, { text }: Sheet): readonly Edit[] {
  const outer = named(element, 'systemUsage')
  const slot = named(element, 'memoryUsage')
  const id = plain(element, 'id')
  const declared = element.attributes.filter(({ qname }) => qname.startsWith('xmlns'))
  const moved = [...declared, ...(id === undefined ? [] : [id])]
  const dropped = plainAttributes(element).filter(({ local }) => local === 'sendFailIfNoSpace')
  const start = `<${outer}${moved.map(one => ` ${one.qname}=${quotedRaw(text, one)}`).join('')}><${slot}>`
  return [
    ...wrap(text, element, element, start, `</${slot}></${outer}>`),
    ...renameElement(element, 'memoryUsage'),
    ...[...dropped, ...moved].map(one => removeAttribute(text, one)),
  ]
}

const quotedRaw = (text: string, one: Element['attributes'][number]): string => {
  const quote = text[one.span.valueEnd] ?? '"'
  return `${quote}${rawValue(text, one)}${quote}`
}
