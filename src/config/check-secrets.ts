import { attributeOf } from '../vocabulary/vocabulary.ts'
import type { Environment } from './environment.ts'
import type { Findings } from '../base/findings.ts'
import type { ObjectNode, Value } from './node.ts'

/** A password that stands in a file which every user of the machine may read: one finding for each file (config 6). */
export function checkSecrets(broker: ObjectNode, { sources }: Environment, findings: Findings): void {
  const told = new Set<string>()
  for (const { at, spelling } of literalSecrets(broker, new Set())) {
    if (told.has(at.file)) continue
    told.add(at.file)
    if (sources.readableByAll?.(at.file) !== true) continue
    const message = `"${spelling}" is written in clear text, and every user of this machine can read the file`
    findings.warn('CONFIG_OPEN', at, message, `chmod 600 ${at.file}`)
  }
}

function* literalSecrets(node: ObjectNode, seen: Set<ObjectNode>): Generator<Value> {
  if (seen.has(node)) return
  seen.add(node)
  for (const [name, value] of node.values)
    if (attributeOf(node.word, name)?.secret === true && value.origins.length === 0 && value.text !== '') yield value
  for (const items of node.slots.values())
    for (const item of items) if (item.kind === 'object') yield* literalSecrets(item.object, seen)
}
