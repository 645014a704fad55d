import { CODES, type Code } from '../base/codes.ts'
import { EVENTS, type EventCode } from '../base/event-codes.ts'
import { suggest } from '../base/suggest.ts'
import type { OptionWord, SchemeWord, TransportData } from './transports.ts'
import { attributeOf, type AttributeWord, type ElementWord, type Vocabulary } from './words.ts'

/** Where an element may stand: in which slot of which element. */
export interface Place {
  readonly element: string
  readonly slot: string
}

/** What the reference knows about one word. */
export type Entry =
  | {
      readonly kind: 'element'
      readonly name: string
      readonly word: ElementWord
      /** Other names of it. */
      readonly aliases: readonly string[]
      readonly places: readonly Place[]
    }
  | {
      readonly kind: 'attribute'
      readonly element: string
      readonly name: string
      readonly word: AttributeWord
      /** The element's own word: an attribute without versions or a reason has those of its element. */
      readonly of: ElementWord
      readonly aliases: readonly string[]
      /** The elements that it takes; null: any. */
      readonly takes: readonly string[] | null
    }
  | { readonly kind: 'scheme'; readonly name: string; readonly word: SchemeWord }
  | { readonly kind: 'option'; readonly name: string; readonly word: OptionWord }
  | { readonly kind: 'code'; readonly name: Code | EventCode; readonly text: string }

export interface Words {
  readonly vocabulary: Vocabulary
  readonly transports: TransportData
}

/** No word of that name; `meant`: what was probably meant, as it can be asked for. */
export interface Unknown {
  readonly meant: string | null
}

/**
 * Everything called `term`: an element, `element@attribute`, an attribute of whatever elements have it, a URI's scheme
 * or option, or the code of a finding or of a line of the log.
 */
export function lookUp(term: string, words: Words): readonly Entry[] | Unknown {
  const [owner = '', attribute] = term.replace(/^<|>$/g, '').split('@')
  if (attribute !== undefined && owner !== '') return lookUpAttribute(owner, attribute, words)
  const name = attribute ?? owner
  const element = attribute === undefined ? elementEntry(name, words.vocabulary) : null
  if (element !== null) return [element]
  if (Object.hasOwn(CODES, name)) return [{ kind: 'code', name: name as Code, text: CODES[name as Code] }]
  if (Object.hasOwn(EVENTS, name)) return [{ kind: 'code', name: name as EventCode, text: EVENTS[name as EventCode] }]
  const found = [
    ...(attribute === undefined ? uriEntries(name.replace(/:(\/\/)?$/, ''), words.transports) : []),
    ...attributesCalled(name, words.vocabulary),
  ]
  return found.length > 0 ? found : { meant: suggest(name, allNames(words)) }
}

function lookUpAttribute(owner: string, name: string, { vocabulary }: Words): readonly Entry[] | Unknown {
  const element = vocabulary.element(owner)
  if (element === null) {
    const meant = suggest(owner, vocabulary.elementNames)
    return { meant: meant === null ? null : `${meant}@${name}` }
  }
  const entry = attributeEntry(element.name, element.word, name)
  if (entry !== null) return [entry]
  const meant = suggest(name, Object.keys(element.word.attributes))
  return { meant: meant === null ? null : `${element.name}@${meant}` }
}

export function elementEntry(name: string, vocabulary: Vocabulary): Entry | null {
  const word = vocabulary.word(name)
  if (word === null) return null
  const target = word.alias ?? name
  const aliases = vocabulary.elementNames.filter(other => vocabulary.word(other)?.alias === name)
  return { kind: 'element', name, word, aliases, places: placesOf(target, vocabulary) }
}

function attributeEntry(element: string, of: ElementWord, name: string): Entry | null {
  const word = attributeOf(of, name)
  if (word === undefined) return null
  const target = word.alias ?? name
  const aliases = Object.keys(of.attributes).filter(other => of.attributes[other]?.alias === name)
  return { kind: 'attribute', element, name, word, of, aliases, takes: of.slots[target] ?? null }
}

function uriEntries(name: string, { schemes, options }: TransportData): Entry[] {
  const scheme = Object.hasOwn(schemes, name) ? schemes[name] : undefined
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  return [
    ...(scheme === undefined ? [] : [{ kind: 'scheme', name, word: scheme } as const]),
    ...(option === undefined ? [] : [{ kind: 'option', name, word: option } as const]),
  ]
}

function attributesCalled(name: string, vocabulary: Vocabulary): Entry[] {
  return vocabulary.elementNames.flatMap(element => {
    const word = vocabulary.word(element)
    const entry = word === null || word.alias !== undefined ? null : attributeEntry(element, word, name)
    return entry === null ? [] : [entry]
  })
}

/** The slots that name the element; those that take any object are not listed. */
export function placesOf(name: string, vocabulary: Vocabulary): readonly Place[] {
  return vocabulary.elementNames.flatMap(element =>
    Object.entries(vocabulary.word(element)?.slots ?? {}).flatMap(([slot, names]) =>
      names.includes(name) ? [{ element, slot }] : [],
    ),
  )
}

/** Every name that can be asked for; elements first, so that they win a tie. */
export function allNames({ vocabulary, transports }: Words): readonly string[] {
  const attributes = new Set<string>()
  for (const name of vocabulary.elementNames)
    for (const attribute of Object.keys(vocabulary.word(name)?.attributes ?? {})) attributes.add(attribute)
  const { schemes, options } = transports
  return [
    ...vocabulary.elementNames,
    ...Object.keys(options),
    ...Object.keys(schemes),
    ...attributes,
    ...Object.keys(CODES),
    ...Object.keys(EVENTS),
  ]
}
