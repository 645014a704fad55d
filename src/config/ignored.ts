import type { ObjectNode } from './node.ts'
import { parseBoolean } from './values.ts'

/** Is what stands in this slot without any effect because of another setting? Then nothing in it can stop a start. */
export function isIgnored(node: ObjectNode, slot: string): boolean {
  if (node.name !== 'broker' || (slot !== 'persistenceAdapter' && slot !== 'persistenceFactory')) return false
  const persistent = parseBoolean(node.values.get('persistent')?.text ?? 'true')
  // ActiveMQ: «persistent="false", ignoring configured persistenceAdapter» (config section 5).
  return 'value' in persistent && !persistent.value
}
