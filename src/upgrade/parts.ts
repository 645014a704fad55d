import { isSpring } from '../config/config.ts'
import { attributeOf, type AttributeWord, type ElementWord, type Vocabulary } from '../vocabulary/vocabulary.ts'
import type { Attribute, Element } from '../xml/xml.ts'

/** An ActiveMQ object: `<kahaDB …/>`. */
export interface ObjectPart {
  readonly kind: 'object'
  readonly element: Element
  readonly parent: Part | null
  /** The vocabulary's name, which an alias stands for. */
  readonly name: string
  readonly word: ElementWord
}

/** A property written as an element: `<persistenceAdapter>…</persistenceAdapter>`, `<property name="…">`. */
export interface SlotPart {
  readonly kind: 'slot'
  readonly element: Element
  readonly parent: ObjectPart
  /** As written; an alias counts as itself. */
  readonly key: string
  readonly word: AttributeWord
  /** Spring's form: the name stands in the attribute `name`. */
  readonly property: boolean
}

interface OtherPart {
  /** `unknown`: in ActiveMQ's namespace, and no word of it. */
  readonly kind: 'unknown' | 'spring' | 'foreign'
  readonly element: Element
  readonly parent: Part | null
}

/** What an element is, by its name, its namespace and where it stands (config 1.4). */
export type Part = ObjectPart | SlotPart | OtherPart

/** All elements of a tree with their parts, in the order of the file. */
export class Parts {
  readonly all: readonly Part[]
  readonly #byElement = new Map<Element, Part>()

  constructor(root: Element, vocabulary: Vocabulary) {
    const all: Part[] = []
    const visit = (element: Element, parent: Part | null): void => {
      const part = partOf(element, parent, vocabulary)
      all.push(part)
      this.#byElement.set(element, part)
      for (const child of element.children) visit(child, part)
    }
    visit(root, null)
    this.all = all
  }

  of(element: Element): Part | undefined {
    return this.#byElement.get(element)
  }

  get objects(): readonly ObjectPart[] {
    return this.all.flatMap(part => (part.kind === 'object' ? [part] : []))
  }

  get slots(): readonly SlotPart[] {
    return this.all.flatMap(part => (part.kind === 'slot' ? [part] : []))
  }

  /** The slot elements of an object. */
  slotsOf(owner: ObjectPart): readonly SlotPart[] {
    return owner.element.children.flatMap(child => {
      const part = this.of(child)
      return part?.kind === 'slot' ? [part] : []
    })
  }

  /** Is a property given at all, as an attribute or as an element? */
  gives(owner: ObjectPart, key: string): boolean {
    return plain(owner.element, key) !== undefined || this.slotsOf(owner).some(slot => slot.key === key)
  }
}

/** An attribute without a prefix. */
export const plain = (element: Element, local: string): Attribute | undefined =>
  element.attributes.find(candidate => candidate.uri === '' && candidate.local === local)

export const plainAttributes = (element: Element): readonly Attribute[] =>
  element.attributes.filter(({ uri, qname }) => uri === '' && !qname.startsWith('xmlns'))

function partOf(element: Element, parent: Part | null, vocabulary: Vocabulary): Part {
  const namespaces = vocabulary.data.namespaces
  const core = namespaces.includes(element.uri) || (element.uri === '' && parent?.kind !== 'foreign')
  if (parent?.kind === 'object') {
    const slot = slotOf(element, parent, namespaces)
    if (slot !== null) return slot
  }
  if (core) {
    const known = vocabulary.element(element.local)
    if (known !== null) return { kind: 'object', element, parent, ...known }
  }
  if (element.uri === '' && parent?.kind === 'foreign') return { kind: 'foreign', element, parent }
  if (isSpring(element, namespaces)) return { kind: 'spring', element, parent }
  return { kind: core ? 'unknown' : 'foreign', element, parent }
}

function slotOf(element: Element, parent: ObjectPart, namespaces: readonly string[]): SlotPart | null {
  const property = element.local === 'property' && isSpring(element, namespaces)
  const key = property ? (plain(element, 'name')?.value ?? '') : element.local
  const word = attributeOf(parent.word, key)
  return word === undefined ? null : { kind: 'slot', element, parent, key, word, property }
}
