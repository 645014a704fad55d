import type { Element } from '../../src/xml/xml.ts'
import { parseTree } from '../../src/xml/xml.ts'
import { loadTools } from '../../src/config/load.ts'
import { Findings } from '../../src/base/findings.ts'
import { formatPosition, type Position } from '../../src/base/errors.ts'
import type { ObjectNode, Reading } from '../../src/config/config.ts'

/** What a reading of a file took no notice of: the promise "no silent drop" counted out. */
export async function unconsumed(file: string, text: string, reading: Reading): Promise<readonly string[]> {
  const { xml2js } = await loadTools()
  const tree = parseTree(xml2js, text, file, new Findings())
  if (tree === null) return []
  const told = new Set(reading.findings.map(({ at }) => formatPosition(at)))
  const whole = new Set(reading.findings.filter(({ code }) => AS_A_WHOLE.has(code)).map(({ at }) => formatPosition(at)))
  const taken = new Set<string>()
  const objects = new Set<string>()
  for (const node of [reading.broker, ...reading.others]) if (node !== null) gather(node, taken, objects)
  for (const place of objects) taken.add(place)
  for (const place of reading.context?.used ?? []) taken.add(formatPosition(place))
  const dropped: string[] = []
  visit(tree.root, { told, whole, taken, objects, dropped }, true)
  return dropped
}

/** Codes that speak of an element with all that is in it. */
const AS_A_WHOLE: ReadonlySet<string> = new Set([
  'CONFIG_NOT_SERVED',
  'CONFIG_NO_EFFECT',
  'CONFIG_JAVA_BEAN',
  'CONFIG_PROTECTION',
  'CONFIG_OVERRIDDEN',
  'CONFIG_MISPLACED',
  'CONFIG_UNKNOWN_ELEMENT',
  'CONFIG_SEVERAL_BROKERS',
  'CONFIG_REPEATED',
])

interface Ledger {
  readonly whole: ReadonlySet<string>
  readonly told: ReadonlySet<string>
  readonly taken: ReadonlySet<string>
  readonly objects: ReadonlySet<string>
  readonly dropped: string[]
}

function gather(node: ObjectNode, taken: Set<string>, objects: Set<string>): void {
  if (objects.has(formatPosition(node.at))) return
  objects.add(formatPosition(node.at))
  const add = (at: Position): void => void taken.add(formatPosition(at))
  for (const { at } of node.values.values()) add(at)
  for (const { at } of node.failed.values()) add(at)
  for (const items of node.slots.values())
    for (const item of items)
      if (item.kind === 'object') gather(item.object, taken, objects)
      else add(item.kind === 'bean' ? item.at : item.value.at)
}

/** Names that are about XML or the bean itself and never about what the broker does. */
const ABOUT_THE_BEAN =
  /^(?:id|name|class|init-method|destroy-method|lazy-init|scope|singleton|depends-on|autowire|abstract|parent|default-[\w-]+)$/

/** `carries`: the element is only a frame, such as `<beans>`, or a place whose content counts by itself. */
function visit(element: Element, ledger: Ledger, frame: boolean): void {
  const key = formatPosition(element.at)
  const { told, whole, taken, objects, dropped } = ledger
  // Named as a whole: a bean that cannot be run, an import, a store of another kind; what is inside goes with it.
  if (!frame && whole.has(key)) return
  if (element.local === 'import' && element.attributes.some(({ at }) => told.has(formatPosition(at)))) return
  // A bean that is no object of the model was taken whole: what fills placeholders, what is inside what was named.
  if (!frame && /^(?:bean|property-placeholder)$/.test(element.local) && taken.has(key) && !objects.has(key)) return
  if (!frame && !told.has(key) && !taken.has(key)) {
    dropped.push(`<${element.qname}> at ${element.at.line}:${element.at.column}`)
    return
  }
  for (const { qname, uri, local, at } of element.attributes) {
    const place = formatPosition(at)
    if (taken.has(place) || told.has(place) || told.has(key) || /^(?:ref|idref)$/.test(element.local)) continue
    if (uri.startsWith('http://www.w3.org/') || /^xmlns|^xsi:|^xml:/.test(qname)) continue
    if (ABOUT_THE_BEAN.test(local) || (frame && local === 'profile')) continue
    dropped.push(`${qname} of <${element.qname}> at ${at.line}:${at.column}`)
  }
  for (const { text, at } of element.runs ?? [])
    if (!told.has(formatPosition(at)) && !taken.has(key))
      dropped.push(`"${text.slice(0, 20)}" at ${at.line}:${at.column}`)
  for (const child of element.children) visit(child, ledger, frame && ['beans', 'blueprint'].includes(child.local))
}
