import type { Position } from '../base/errors.ts'
import { isSpring, textOf } from './beans.ts'
import { Hints } from './hints.ts'
import { isConfigurer } from './configurers.ts'
import { judgeBean } from './bean-verdict.ts'
import { isEncryptor } from './decryption.ts'
import { isIgnored } from './ignored.ts'
import { Names } from './names.ts'
import { beanName, isCollection, knownBean, propertyValue, referenceOf } from './spring.ts'
import { reportStrays } from './strays.ts'
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

/** Spring's own children of a bean, besides properties. */
const SPRING_CHILDREN = new Set(['constructor-arg', 'description', 'meta', 'qualifier', 'lookup-method'])

/**
 * The generic walker: it knows XBean's rules and nothing about brokers. Which names exist, what type a value has and
 * what happens to it is all in `schemas/activemq.json`.
 */
export class Objects {
  readonly #bench: Workbench
  readonly #done = new Map<Element, Item>()
  /** Objects whose content is being read: a reference to one of them leads back to where it stands. */
  readonly #open = new Set<Element>()
  #followed = 0
  readonly #names: Names
  readonly #hints: Hints
  /** Where each slot was given last. */
  readonly #slotsAt = new Map<ObjectNode, Map<string, Position>>()

  constructor(bench: Workbench) {
    this.#bench = bench
    this.#names = new Names(bench.findings)
    this.#hints = new Hints(bench.findings)
  }

  /** Was this element read, by itself or through a reference? */
  knows(element: Element): boolean {
    return this.#done.has(element)
  }

  /** An element in an object's place. `quiet`: it belongs to something that is not served, only mistakes are told. */
  item(element: Element, quiet = false, expected?: readonly string[]): Item | null {
    const before = this.#done.get(element)
    if (before !== undefined) return before
    const { vocabulary } = this.#bench
    const core = this.#isCore(element)
    const known = core ? vocabulary.element(element.local) : null
    if (known !== null) return this.#object(element, element, known.name, known.word, quiet)
    if (isSpring(element, vocabulary.data.namespaces)) return this.#bean(element, quiet)
    if (core) {
      this.#bench.findings.error(
        'CONFIG_UNKNOWN_ELEMENT',
        element.at,
        `unknown element <${element.local}>`,
        this.#hints.like(element.local, expected ?? vocabulary.elementNames),
      )
      return null
    }
    return this.#keep(element, { kind: 'bean', className: beanName(element), at: element.at })
  }

  /** A bean at the top level that the broker does not refer to (config 1.6); the ones that fill placeholders are used. */
  unused(element: Element): void {
    const { used, named } = this.#bench.context
    const alias = element.local === 'alias' && named.has(textOf(element, 'alias') ?? '')
    if (!alias) this.#names.register(element)
    if (alias || isConfigurer(element) || isEncryptor(element) || used.has(element.at)) {
      used.add(element.at)
      return
    }
    const message = `${beanName(element)} is not used by the broker`
    this.#bench.findings.add('accept', 'CONFIG_NO_EFFECT', element.at, message)
  }

  #isCore = ({ uri }: Element): boolean => uri === '' || this.#bench.vocabulary.data.namespaces.includes(uri)

  #keep(element: Element, item: Item): Item {
    this.#done.set(element, item)
    return item
  }

  /** `source` is the element as it stands in the file; `element` what it means, when that is a Spring bean's spelling. */
  #object(source: Element, element: Element, name: string, word: ElementWord, quiet: boolean): Item {
    const id = textOf(element, 'id')
    const settings = { values: new Map(), slots: new Map(), failed: new Map() }
    const node: ObjectNode = { name, at: element.at, id, word, element: source, ...settings }
    const item = this.#keep(source, { kind: 'object', object: node })
    this.#open.add(source)
    this.#names.register(source)
    const hushed =
      quiet || !judge(word, element.at, `<${element.local}>${versionsOf(word)}`, this.#bench, 'CONFIG_NOT_SERVED')
    for (const one of element.attributes) this.#attribute(node, one, element.local, hushed)
    for (const child of element.children) this.#child(node, child, hushed)
    const secret = Object.values(word.attributes).some(attribute => attribute.secret === true)
    reportStrays(element, `directly inside <${element.local}>`, this.#bench.findings, secret)
    this.#open.delete(source)
    return item
  }

  #attribute(node: ObjectNode, { local, value, at, uri, qname }: Attribute, element: string, quiet: boolean): void {
    const { findings } = this.#bench
    if (uri !== '') {
      // Declarations and schema locations say nothing about the broker; the rest belongs to tools unknown here.
      if (/^(?:xmlns|xsi|xml)(?::|$)/.test(qname) || uri.startsWith('http://www.w3.org/')) return
      findings.add('accept', 'CONFIG_NO_EFFECT', at, `the attribute ${qname} is of another namespace`)
      return
    }
    const word = attributeOf(node.word, local)
    if (word !== undefined) this.#property(node, local, word, value, at, quiet)
    else if (local === 'class' || !SPRING_ATTRIBUTES.has(local)) {
      const names = Object.keys(node.word.attributes)
      const message = `unknown attribute "${local}" on <${element}>`
      findings.error('CONFIG_UNKNOWN_ATTRIBUTE', at, message, this.#hints.like(local, names))
    }
  }

  /** A property given as text: a value, a `#reference`, or `#null`. */
  #property(node: ObjectNode, name: string, word: AttributeWord, raw: string, at: Position, quiet: boolean): void {
    const key = word.alias ?? name
    const meaning = word.alias === undefined ? word : (attributeOf(node.word, word.alias) ?? word)
    if (raw.trim() === '#null') {
      this.#bench.context.used.add(at)
      return
    }
    if (raw.startsWith('#') && !raw.startsWith('##') && !raw.startsWith('#{')) {
      this.#bench.context.used.add(at)
      this.#judgeProperty(node, key, meaning, null, at, quiet)
      const targets = this.#reference(raw.slice(1).trim(), at, quiet, node.word.slots?.[key])
      const hushed = quiet || meaning.verdict === 'WARN' || meaning.verdict === 'REFUSE'
      if (targets.length > 0) this.#put(node, key, meaning, targets, at, hushed)
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
    const versions = versionsOf({ since: node.word.since, ...word })
    judge(word, at, `"${name}" on <${node.name}>${versions}`, this.#bench, 'CONFIG_NOT_SERVED')
  }

  #child(node: ObjectNode, child: Element, quiet: boolean): void {
    const { vocabulary, findings } = this.#bench
    const spring = isSpring(child, vocabulary.data.namespaces)
    const word = attributeOf(node.word, child.local)
    if (spring && child.local === 'property') this.#springProperty(node, child, quiet)
    else if (spring && SPRING_CHILDREN.has(child.local) && word === undefined) {
      const severity = child.local === 'description' || quiet ? 'accept' : 'warn'
      findings.add(severity, 'CONFIG_NO_EFFECT', child.at, `<${child.local}> in <${node.name}> has no effect here`)
    } else if (this.#isCore(child) || isSpring(node.element, vocabulary.data.namespaces)) {
      if (child.uri === '' && node.element.uri !== '') {
        const message = `<${child.local}> is in no namespace, unlike the <${node.element.local}> around it`
        findings.error('CONFIG_NO_NAMESPACE', child.at, message, 'remove its xmlns="", or give it the same prefix')
      }
      if (word === undefined) this.#misplaced(node, child)
      else this.#slot(node, child.local, word, child, quiet)
    } else {
      const prefix = /^(.*:)/.exec(node.element.qname)?.[1] ?? ''
      const known = word !== undefined || vocabulary.element(child.local) !== null
      const message = `<${child.qname}> is of the namespace ${child.uri}, which has no place in <${node.name}>`
      findings.error('CONFIG_MISPLACED', child.at, message, known ? `write <${prefix}${child.local}>` : null)
    }
  }

  /** `<property name=…>`, in a bean or inside an ActiveMQ element (config 1.4 rule 2). */
  #springProperty(node: ObjectNode, child: Element, quiet: boolean): void {
    const name = textOf(child, 'name') ?? ''
    const word = attributeOf(node.word, name)
    if (word !== undefined) this.#slot(node, name, word, child, quiet)
    else {
      const message = `unknown property "${name}" on <${node.name}>`
      const hint = this.#hints.like(name, Object.keys(node.word.attributes))
      this.#bench.findings.error('CONFIG_UNKNOWN_ATTRIBUTE', child.at, message, hint)
    }
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
    findings.error(code, child.at, message, this.#hints.like(child.local, Object.keys(node.word.attributes)))
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
    const direct = slot.local === 'property' ? propertyValue(slot) : null
    const text = slot.text.trim()
    this.#bench.context.used.add(slot.at)
    if (direct !== null) this.#property(node, name, word, direct.raw, direct.at, quiet)
    else if (slot.children.length === 0 && text !== '') this.#property(node, name, word, text, slot.at, quiet)
    else {
      reportStrays(slot, `between the objects in <${slot.local}>`, findings)
      if (slot.children.length > 0) this.#judgeProperty(node, key, word, null, slot.at, quiet)
      const hushed = quiet || word.verdict === 'WARN' || word.verdict === 'REFUSE' || isIgnored(node, key)
      this.#put(node, key, word, this.#items(slot, hushed, node.word.slots?.[key]), slot.at, hushed)
    }
  }

  #items(slot: Element, quiet: boolean, expected?: readonly string[]): Item[] {
    const core = this.#bench.vocabulary.data.namespaces
    return slot.children.flatMap(child => {
      const meant = this.#bench.vocabulary.element(child.local) !== null && core.includes(child.uri)
      if (!meant && isSpring(child, core)) this.#bench.context.used.add(child.at)
      if (!meant && isCollection(child, core)) return this.#items(child, quiet, expected)
      if (!meant && isSpring(child, core) && (child.local === 'null' || child.local === 'description')) return []
      const target = !meant && isSpring(child, core) ? referenceOf(child) : null
      if (target !== null) return this.#reference(target, child.at, quiet, expected)
      const item = this.item(child, quiet, expected)
      return item === null ? [] : [item]
    })
  }

  #put(node: ObjectNode, key: string, word: AttributeWord, items: Item[], at: Position, quiet: boolean): void {
    const allowed = node.word.slots?.[key]
    const { findings } = this.#bench
    for (const item of items) {
      if (item.kind === 'bean') judgeBean(item.className, item.at, key, word, quiet, this.#bench)
      if (item.kind === 'object' && allowed !== undefined && !allowed.includes(item.object.name)) {
        const message = `<${item.object.name}> cannot stand in the "${key}" of <${node.name}>`
        findings.error('CONFIG_MISPLACED', item.object.at, message, this.#nesting(key, allowed, item.object.name))
      }
    }
    const first = this.#slotsAt.get(node)?.get(key)
    if (node.slots.has(key) && first !== undefined) {
      const message = `"${key}" of <${node.name}> is given twice, first at line ${first.line}; this one counts, as in ActiveMQ`
      findings.warn('CONFIG_REPEATED', at, message, 'put everything into one')
      const replaced = `this "${key}" is replaced by the one at line ${at.line}`
      findings.add('accept', 'CONFIG_REPEATED', first, replaced)
    }
    this.#slotsAt.set(node, (this.#slotsAt.get(node) ?? new Map<string, Position>()).set(key, at))
    node.slots.set(key, items)
  }

  /** A slot that was taken for the object in it: `<systemUsage><memoryUsage …/></systemUsage>`. */
  #nesting(slot: string, allowed: readonly string[], name: string): string | null {
    const [only] = allowed
    const word = only === undefined ? undefined : this.#bench.vocabulary.element(only)?.word
    if (allowed.length !== 1 || word === undefined || attributeOf(word, name) === undefined)
      return this.#hints.like(name, allowed)
    return `write <${slot}><${only}><${name}><${name} …/></${name}></${only}></${slot}>`
  }

  /** What a `#id` or `<ref>` stands for: one object, or the members of a list. */
  #reference(id: string, at: Position, quiet: boolean, expected?: readonly string[]): Item[] {
    const { context, findings, vocabulary } = this.#bench
    const target = context.named.get(id)
    if (target === undefined) {
      const hint = this.#hints.like(id, context.named.keys())
      findings.error('CONFIG_REFERENCE', at, `no bean has the id "${id}"`, hint)
      return []
    }
    if (++this.#followed > REFERENCES_MOST) {
      if (this.#followed === REFERENCES_MOST + 1)
        findings.error(
          'CONFIG_REFERENCE',
          at,
          `more than ${REFERENCES_MOST} references are followed`,
          'name each bean once',
        )
      return []
    }
    context.used.add(target.at)
    if (this.#open.has(target) && isCollection(target, vocabulary.data.namespaces)) {
      findings.error('CONFIG_REFERENCE', at, `the list "${id}" contains itself`, 'take one of the references out')
      return []
    }
    if (this.#open.has(target)) {
      findings.add('accept', 'CONFIG_NO_EFFECT', at, `"${id}" is an object around this place; nothing is added by that`)
      return []
    }
    if (isCollection(target, vocabulary.data.namespaces)) {
      this.#open.add(target)
      const items = this.#items(target, quiet, expected)
      this.#open.delete(target)
      return items
    }
    const item = this.item(target, quiet, expected)
    return item === null ? [] : [item]
  }

  /** A Spring bean: read as the ActiveMQ element of its class when there is one. */
  #bean(element: Element, quiet: boolean): Item | null {
    if (element.local === 'value') {
      const word: AttributeWord = { type: 'string', verdict: 'HONOUR' }
      const raw = element.text.trim()
      const value = readValue({ name: 'value', spelling: 'value', raw, at: element.at, word }, this.#bench)
      return value === null ? null : { kind: 'text', value }
    }
    const known = knownBean(element, this.#bench.vocabulary, id => this.#bench.context.named.get(id))
    if (known !== null) return this.#object(element, known.element, known.name, known.word, quiet)
    return this.#keep(element, { kind: 'bean', className: beanName(element), at: element.at })
  }
}

/** For what later versions no longer have: when they had it. */
const versionsOf = ({ since, until }: { readonly since?: string | undefined; readonly until?: string }): string =>
  until === undefined ? '' : ` (ActiveMQ ${since ?? '4.x'} to ${until})`

/** Lists of lists of references multiply; real files stay far below. */
const REFERENCES_MOST = 10_000
