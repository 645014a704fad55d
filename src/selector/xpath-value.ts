import { spend } from './effort.ts'
import type { XmlDocument, XmlNode } from './xml-document.ts'

/** A node-set holds each node once, in document order. */
export type XPathValue = string | number | boolean | readonly XmlNode[]

/** Where an expression is evaluated. */
export interface Context {
  readonly walk: Walk
  readonly node: XmlNode
  /** From 1. */
  readonly position: number
  readonly size: number
}

export type XPath = (context: Context) => XPathValue

/** Reads a document; every node looked at is paid for. */
export class Walk {
  readonly document: XmlDocument

  constructor(document: XmlDocument) {
    this.document = document
  }

  visit(nodes: number): void {
    spend(nodes)
  }

  /** XPath's string-value. */
  textOf(node: XmlNode): string {
    this.visit(1 + node.last - node.order)
    if (node.kind !== 'element' && node.kind !== 'root') return node.value
    let text = ''
    for (let i = node.order + 1; i <= node.last; i++) {
      const below = this.document.nodes[i]
      if (below?.kind === 'text') text += below.value
    }
    this.visit(text.length >> 6)
    return text
  }

  string(value: XPathValue): string {
    if (typeof value === 'number') return numberText(value)
    if (typeof value === 'boolean') return String(value)
    if (typeof value === 'string') {
      // Whoever asks for a text goes through it.
      this.visit(value.length >> 4)
      return value
    }
    return value[0] === undefined ? '' : this.textOf(value[0])
  }

  number(value: XPathValue): number {
    if (typeof value === 'number' || typeof value === 'boolean') return Number(value)
    const text = this.string(value)
    return NUMBER.test(text) ? Number(text) : Number.NaN
  }

  compare(operator: string, left: XPathValue, right: XPathValue): boolean {
    if (typeof left === 'object' && typeof right !== 'boolean')
      return left.some(node => this.compare(operator, this.textOf(node), right))
    if (typeof right === 'object' && typeof left !== 'boolean')
      return right.some(node => this.compare(operator, left, this.textOf(node)))
    if (operator === '=' || operator === '!=') return this.#same(left, right) === (operator === '=')
    const [a, b] = [this.number(plain(left)), this.number(plain(right))]
    if (operator === '<') return a < b
    if (operator === '<=') return a <= b
    return operator === '>' ? a > b : a >= b
  }

  #same(left: XPathValue, right: XPathValue): boolean {
    if (typeof left === 'boolean' || typeof right === 'boolean') return boolean(left) === boolean(right)
    if (typeof left === 'number' || typeof right === 'number') return this.number(left) === this.number(right)
    return left === right
  }
}

const NUMBER = /^[ \t\r\n]*-?(?:\d+(?:\.\d*)?|\.\d+)[ \t\r\n]*$/

/** Beside a boolean a node-set is a boolean. */
const plain = (value: XPathValue): XPathValue => (typeof value === 'object' ? boolean(value) : value)

export function boolean(value: XPathValue): boolean {
  if (typeof value === 'object') return value.length > 0
  return typeof value === 'number' ? value !== 0 && !Number.isNaN(value) : Boolean(value)
}

/** A number without an exponent. */
function numberText(value: number): string {
  const [digits = '', power] = String(value).split('e')
  if (power === undefined) return digits
  const [whole = '', fraction = ''] = digits.replace('-', '').split('.')
  const point = whole.length + Number(power)
  const all = whole + fraction
  const text = point <= 0 ? `0.${'0'.repeat(-point)}${all}` : all.padEnd(point, '0')
  return value < 0 ? `-${text}` : text
}
