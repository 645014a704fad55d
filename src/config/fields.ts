import type { Position } from '../base/errors.ts'
import type { Item, ObjectNode } from './node.ts'
import { parseBoolean, parseInteger, parseList, parseNumber, parseSize, type Parsed } from './values.ts'
import { attributeOf } from '../vocabulary/vocabulary.ts'

/** Where each field of the model came from, by JSON pointer, so that a schema error can name the very attribute. */
export type Places = Map<string, Position>

/**
 * Reads the typed settings of one object. A setting that was not given, or that was reported as wrong, takes the
 * vocabulary's default; `otherwise` serves where ActiveMQ's default is not a plain value.
 */
export class Fields {
  readonly #node: ObjectNode
  readonly #pointer: string
  readonly #places: Places

  constructor(node: ObjectNode, pointer: string, places: Places) {
    this.#node = node
    this.#pointer = pointer
    this.#places = places
    places.set(pointer, node.at)
  }

  /** Was it written at all, be it usable or not? */
  given(name: string): boolean {
    return this.#node.values.has(name) || this.#node.failed.has(name)
  }

  has(name: string): boolean {
    return this.#node.values.has(name)
  }

  at(name: string): Position {
    return this.#node.values.get(name)?.at ?? this.#node.at
  }

  /** The name the setting was written under; an alias is told as the user wrote it. */
  spelling(name: string): string {
    return this.#node.values.get(name)?.spelling ?? name
  }

  text(name: string, field: string = name): string | null {
    const value = this.#node.values.get(name)
    if (value !== undefined) this.#places.set(`${this.#pointer}/${field}`, value.at)
    return value?.text ?? attributeOf(this.#node.word, name)?.default ?? null
  }

  boolean(name: string, otherwise = false, field: string = name): boolean {
    return this.#parsed(name, field, parseBoolean, otherwise)
  }

  integer(name: string, otherwise = 0, field: string = name): number {
    return this.#parsed(name, field, text => parseInteger(text), otherwise)
  }

  number(name: string, otherwise = 0, field: string = name): number {
    return this.#parsed(name, field, parseNumber, otherwise)
  }

  size(name: string, otherwise = 0, field: string = name): number {
    return this.#parsed(name, field, text => parseSize(text), otherwise)
  }

  list(name: string): readonly string[] {
    return parseList(this.#node.values.get(name)?.text ?? '')
  }

  items(slot: string): readonly Item[] {
    return this.#node.slots.get(slot) ?? []
  }

  /** The ActiveMQ objects in a slot; Java beans there were judged already. */
  objects(slot: string): readonly ObjectNode[] {
    return this.items(slot).flatMap(item => (item.kind === 'object' ? [item.object] : []))
  }

  object(slot: string): ObjectNode | null {
    return this.objects(slot)[0] ?? null
  }

  #parsed<T>(name: string, field: string, parse: (text: string) => Parsed<T>, otherwise: T): T {
    const text = this.text(name, field)
    if (text === null) return otherwise
    const parsed = parse(text)
    return 'value' in parsed ? parsed.value : otherwise
  }
}
