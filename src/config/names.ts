import type { Position } from '../base/errors.ts'
import type { Findings } from '../base/findings.ts'
import { attribute } from './beans.ts'
import type { Attribute, Element } from '../xml/xml.ts'

/** ids and names share one space in a file; a second use is an error in ActiveMQ as well (config 1.4 rule 4). */
export class Names {
  readonly #findings: Findings
  readonly #taken = new Map<string, Position>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  register(element: Element): void {
    const places = new Map<string, Attribute>()
    for (const local of ['id', 'name']) {
      const given = attribute(element, local)
      if (given !== undefined && !places.has(given.value)) places.set(given.value, given)
    }
    for (const [name, { at }] of places) if (name !== '' && !/[$#]\{|\{\{/.test(name)) this.#take(name, at)
  }

  #take(name: string, at: Position): void {
    const key = `${at.file}\n${name}`
    const first = this.#taken.get(key)
    if (first === undefined) this.#taken.set(key, at)
    else if (first !== at) {
      const message = `the name "${name}" is used twice: here and at line ${first.line}, column ${first.column}`
      this.#findings.error('CONFIG_DUPLICATE_NAME', at, message, 'give each object a name of its own')
    }
  }
}
