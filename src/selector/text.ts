import { doubleText } from './java-number.ts'
import type { Element, Kind, Value } from './node.ts'

/** `toString` of a value that is there, as Java writes it. */
export function javaText(kind: Kind, value: Value): string {
  if (kind === 'double') return doubleText(Number(value))
  return typeof value === 'object' ? `[${value.map(elementText).join(', ')}]` : String(value)
}

const elementText = (element: Element): string =>
  element.value === null ? 'null' : javaText(element.kind, element.value)
