import type { Position } from '../base/errors.ts'
import { attribute, isSpring, textOf } from './beans.ts'
import { suggestion } from '../base/suggest.ts'
import type { Attribute, Element } from '../xml/xml.ts'
import { readValue } from './value.ts'
import { judge } from './verdicts.ts'
import { attributeOf, repeatsDefault, type AttributeWord, type ElementWord } from '../vocabulary/vocabulary.ts'
import type { Item, ObjectNode, Value, Workbench } from './node.ts'

/** Names that belong to Spring on every object element (config 1.4 rule 4). */
const SPRING_ATTRIBUTES = new Set(
  'id name class parent depends-on init-method destroy-method lazy-init scope singleton abstract autowire autowire-candidate dependency-check factory-method factory-bean primary'.split(
    ' ',
  ),
)

/**
 * The generic walker: it knows XBean's rules and nothing about brokers. Which names exist, what type a value has and
 * what happens to it is all in `schemas/activemq.json`.
 */
export class Objects {
  readonly #bench: Workbench
  readonly #done = new Map<Element, Item>()
  readonly #names = new Map<string, Position>()

  constructor(bench: Workbench) {
    this.#bench = bench
  }

  /** An element in an object's place. `quiet`: it belongs to something that is not served, only mistakes are told. */
  item(element: Element, quiet = false, expected?: readonly string[]): Item | null {
    const before = this.#done.get(element)
    if (before !== undefined) return before
    const { vocabulary } = this.#bench
    const core = vocabulary.data.namespaces.includes(element.uri) || element.uri === ''
    const known = core ? vocabulary.element(element.local) : null
    if (known !== null) return this.#object(element, known.name, known.word, quiet)
    if (isSpring(element, vocabulary.data.namespaces)) return this.#bean(element, quiet)
    if (core) {
      this.#bench.findings.error(
        'CONFIG_UNKNOWN_ELEMENT',
        element.at,
        `unknown element <${element.local}>`,
        suggestion(element.local, expected ?? vocabulary.elementNames),
      )
      return null
    }
    return { kind: 'bean', className: `<${element.local}> of ${element.uri}`, at: element.at }
  }

  #object(element: Element, name: string, word: ElementWord, quiet: boolean): Item {
    const { findings } = this.#bench
    const id = textOf(element, 'id')
    const settings = { values: new Map(), slots: new Map(), failed: new Map() }
    const node: ObjectNode = { name, at: element.at, id, word, element, ...settings }
    const item: Item = { kind: 'object', object: node }
    this.#done.set(element, item)
    this.#register(element)
    const hushed = quiet || !judge(word, element.at, `<${element.local}>`, this.#bench, 'CONFIG_NOT_SERVED')
    for (const one of element.attributes) if (one.uri === '') this.#attribute(node, one, element.local, hushed)
    for (const child of element.children) this.#child(node, child, hushed)
    const stray = element.text.trim()
    if (stray !== '') {
      // It may be the password of an element that takes one.
      const secret = Object.values(word.attributes).some(attribute => attribute.secret === true)
      const shown = secret ? '' : `: "${stray.slice(0, 30)}"`
      findings.error('CONFIG_MISPLACED', element.at, `text stands directly inside <${element.local}>${shown}`)
    }
    return item
  }

  /** ids and names share one space in a file; a second use is an error in ActiveMQ as well (config 1.4 rule 4). */
  #register(element: Element): void {
    for (const name of new Set([textOf(element, 'id'), textOf(element, 'name')])) {
      if (name === null || name.includes('${')) continue
      const place = attribute(element, 'name')?.at ?? element.at
      const first = this.#names.get(name)
      if (first === undefined) this.#names.set(name, place)
      else {
        const message = `the name "${name}" is used twice: here and at line ${first.line}, column ${first.column}`
        this.#bench.findings.error('CONFIG_DUPLICATE_NAME', place, message, 'give each object a name of its own')
      }
    }
  }

  #attribute(node: ObjectNode, { local, value, at }: Attribute, element: string, quiet: boolean): void {
    const word = attributeOf(node.word, local)
    if (word !== undefined) this.#property(node, local, word, value, at, quiet)
    else if (local === 'class' || !SPRING_ATTRIBUTES.has(local)) {
      const names = Object.keys(node.word.attributes)
      const message = `unknown attribute "${local}" on <${element}>`
      this.#bench.findings.error('CONFIG_UNKNOWN_ATTRIBUTE', at, message, suggestion(local, names))
    }
  }

  /** A property given as text: a value, a `#reference`, or `#null`. */
  #property(node: ObjectNode, name: string, word: AttributeWord, raw: string, at: Position, quiet: boolean): void {
    const key = word.alias ?? name
    const meaning = word.alias === undefined ? word : (attributeOf(node.word, word.alias) ?? word)
    if (raw.trim() === '#null') return
    if (raw.startsWith('#') && !raw.startsWith('##') && !raw.startsWith('#{')) {
      this.#judgeProperty(node, key, meaning, null, at, quiet)
      const target = this.#reference(raw.slice(1).trim(), at, quiet)
      if (target !== null) this.#put(node, key, meaning, [target], at, quiet)
      return
    }
    const value = readValue({ name: key, spelling: name, raw: raw.replace(/^##/, '#'), at, word: meaning }, this.#bench)
    if (value === null) {
      node.failed.set(key, { raw, at, spelling: name })
      return
    }
    this.#judgeProperty(node, key, meaning, value.text, at, quiet)
    const earlier = node.values.get(key)
    if (earlier !== undefined) this.#twice(earlier, value)
    node.values.set(key, value)
  }

  #twice(earlier: Value, later: Value): void {
    const place = `line ${earlier.at.line}, column ${earlier.at.column}`
    const { findings } = this.#bench
    if (earlier.spelling !== later.spelling && earlier.text !== later.text) {
      const message = `"${later.spelling}" and "${earlier.spelling}" (${place}) are one setting with two different values`
      findings.error('CONFIG_CONTRADICTION', later.at, message, 'keep one of them')
    } else if (earlier.spelling === later.spelling) {
      findings.warn(
        'CONFIG_REPEATED',
        later.at,
        `"${later.spelling}" is given twice, first at ${place}; this one counts`,
      )
    }
  }

  #judgeProperty(
    node: ObjectNode,
    name: string,
    word: AttributeWord,
    text: string | null,
    at: Position,
    quiet: boolean,
  ): void {
    if (quiet || (text !== null && repeatsDefault(word, text))) return
    const { since = node.word.since ?? '4.x', until } = word
    const versions = until === undefined ? '' : ` (ActiveMQ ${since} to ${until})`
    judge(word, at, `"${name}" on <${node.name}>${versions}`, this.#bench, 'CONFIG_NOT_SERVED')
  }

  #child(node: ObjectNode, child: Element, quiet: boolean): void {
    const { vocabulary, findings } = this.#bench
    if (isSpring(child, vocabulary.data.namespaces) && child.local === 'property') {
      const name = textOf(child, 'name') ?? ''
      const word = attributeOf(node.word, name)
      if (word === undefined) {
        const message = `unknown property "${name}" on <${node.name}>`
        findings.error(
          'CONFIG_UNKNOWN_ATTRIBUTE',
          child.at,
          message,
          suggestion(name, Object.keys(node.word.attributes)),
        )
      } else this.#slot(node, name, word, child, quiet)
      return
    }
    const word = attributeOf(node.word, child.local)
    if (word !== undefined) this.#slot(node, child.local, word, child, quiet)
    else if (child.local === 'constructor-arg' || child.local === 'description') {
      const message = `<${child.local}> in <${node.name}> has no effect here`
      findings.add(child.local === 'description' || quiet ? 'accept' : 'warn', 'CONFIG_NO_EFFECT', child.at, message)
    } else this.#misplaced(node, child)
  }

  #misplaced(node: ObjectNode, child: Element): void {
    const { vocabulary, findings } = this.#bench
    const slots = Object.entries(node.word.slots ?? {}).flatMap(([name, names]) =>
      names.includes(child.local) ? [name] : [],
    )
    const slot = slots.find(name => attributeOf(node.word, name)?.type.startsWith('list')) ?? slots[0]
    if (slot !== undefined) {
      const hint = `write <${slot}><${child.local} …/></${slot}>`
      findings.error('CONFIG_MISPLACED', child.at, `<${child.local}> cannot stand directly in <${node.name}>`, hint)
      return
    }
    const elsewhere = vocabulary.element(child.local) !== null
    const message = elsewhere
      ? `<${child.local}> cannot stand in <${node.name}>`
      : `unknown element <${child.local}> in <${node.name}>`
    const code = elsewhere ? 'CONFIG_MISPLACED' : 'CONFIG_UNKNOWN_ELEMENT'
    findings.error(code, child.at, message, suggestion(child.local, Object.keys(node.word.attributes)))
  }

  /** A property given as a child element: text, or the objects in it. */
  #slot(node: ObjectNode, name: string, word: AttributeWord, slot: Element, quiet: boolean): void {
    const { findings } = this.#bench
    const key = word.alias ?? name
    const given = slot.attributes.find(
      ({ uri, local }) => uri === '' && !['name', 'value', 'ref', 'id'].includes(local),
    )
    if (given !== undefined && slot.local !== 'property') {
      const inner = node.word.slots?.[name]?.[0] ?? name
      const message = `<${slot.local}> is a place for an object here and takes no attribute "${given.local}"`
      findings.error('CONFIG_MISPLACED', given.at, message, `write <${name}><${inner} ${given.local}="…"/></${name}>`)
      return
    }
    const direct = slot.local === 'property' ? (attribute(slot, 'value') ?? attribute(slot, 'ref')) : undefined
    const text = slot.text.trim()
    if (direct !== undefined) {
      const raw = direct.local === 'ref' ? `#${direct.value}` : direct.value
      this.#property(node, name, word, raw, direct.at, quiet)
    } else if (slot.children.length === 0 && text !== '') this.#property(node, name, word, text, slot.at, quiet)
    else {
      if (text !== '') findings.error('CONFIG_MISPLACED', slot.at, `text stands between the objects in <${slot.local}>`)
      if (slot.children.length > 0) this.#judgeProperty(node, key, word, null, slot.at, quiet)
      const hushed = quiet || word.verdict === 'WARN' || word.verdict === 'REFUSE'
      this.#put(node, key, word, this.#items(slot, hushed, node.word.slots?.[key]), slot.at, hushed)
    }
  }

  #items(slot: Element, quiet: boolean, expected?: readonly string[]): Item[] {
    const items: Item[] = []
    const core = this.#bench.vocabulary.data.namespaces
    for (const child of slot.children) {
      const spring = isSpring(child, core) && this.#bench.vocabulary.element(child.local) === null
      if (spring && ['list', 'set', 'array'].includes(child.local)) items.push(...this.#items(child, quiet, expected))
      else if (spring && child.local === 'null') continue
      else {
        const item = this.item(child, quiet, expected)
        if (item !== null) items.push(item)
      }
    }
    return items
  }

  #put(node: ObjectNode, key: string, word: AttributeWord, items: Item[], at: Position, quiet: boolean): void {
    const allowed = node.word.slots?.[key]
    const { findings } = this.#bench
    for (const item of items) {
      if (item.kind === 'bean' && !quiet) this.#judgeBean(item.className, item.at, key, word)
      if (item.kind === 'object' && allowed !== undefined && !allowed.includes(item.object.name)) {
        const message = `<${item.object.name}> cannot stand in the "${key}" of <${node.name}>`
        findings.error('CONFIG_MISPLACED', item.object.at, message, this.#nesting(key, allowed, item.object.name))
      }
    }
    const earlier = node.slots.get(key)
    if (earlier !== undefined) {
      const message = `"${key}" of <${node.name}> is given twice; this one counts, as in ActiveMQ`
      findings.warn('CONFIG_REPEATED', at, message, 'put everything into one')
    }
    node.slots.set(key, items)
  }

  /** A slot that was taken for the object in it: `<systemUsage><memoryUsage …/></systemUsage>`. */
  #nesting(slot: string, allowed: readonly string[], name: string): string | null {
    const [only] = allowed
    const word = only === undefined ? undefined : this.#bench.vocabulary.element(only)?.word
    if (allowed.length !== 1 || word === undefined || attributeOf(word, name) === undefined)
      return suggestion(name, allowed)
    return `write <${slot}><${only}><${name}><${name} …/></${name}></${only}></${slot}>`
  }

  #judgeBean(className: string, at: Position, slot: string, word: AttributeWord): void {
    const known = this.#bench.vocabulary.bean(className)
    const verdict = known ?? {
      verdict: word.beans ?? 'WARN',
      reason:
        word.beans === 'REFUSE'
          ? `the Java class ${className} cannot be run, and in "${slot}" it may protect something`
          : `the Java class ${className} cannot be run`,
    }
    judge(verdict, at, `the bean in "${slot}"`, this.#bench, 'CONFIG_JAVA_BEAN')
  }

  #reference(id: string, at: Position, quiet: boolean): Item | null {
    const target = this.#bench.context.named.get(id)
    if (target !== undefined) return this.item(target, quiet)
    const hint = suggestion(id, this.#bench.context.named.keys())
    this.#bench.findings.error('CONFIG_REFERENCE', at, `no bean has the id "${id}"`, hint)
    return null
  }

  /** A Spring bean: read as the ActiveMQ element of its class when there is one. */
  #bean(element: Element, quiet: boolean): Item | null {
    const { vocabulary } = this.#bench
    if (element.local === 'ref' || element.local === 'idref') {
      const id = textOf(element, 'bean') ?? textOf(element, 'local') ?? textOf(element, 'parent') ?? ''
      return this.#reference(id, element.at, quiet)
    }
    if (element.local === 'value') {
      const word: AttributeWord = { type: 'string', verdict: 'HONOUR' }
      const raw = element.text.trim()
      const value = readValue({ name: 'value', spelling: 'value', raw, at: element.at, word }, this.#bench)
      return value === null ? null : { kind: 'text', value }
    }
    const className = (textOf(element, 'class') ?? element.local).trim()
    const known = vocabulary.element(vocabulary.elementOfClass(className) ?? '')
    const bean: Item = { kind: 'bean', className, at: element.at }
    if (known === null || element.children.some(({ local }) => local === 'constructor-arg')) return bean
    const attributes = element.attributes.flatMap(one =>
      one.uri.endsWith('/schema/p') || one.local === 'id' ? [{ ...one, uri: '' }] : [],
    )
    return this.#object({ ...element, local: known.name, attributes }, known.name, known.word, quiet)
  }
}
