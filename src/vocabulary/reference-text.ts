import { CODES } from '../base/codes.ts'
import type { Entry } from './reference.ts'
import type { AttributeWord, ElementWord, Judgement, Verdict } from './words.ts'

/** What each class means for whoever wrote the word. */
export const CLASS_MEANS: Readonly<Record<Verdict, string>> = {
  HONOUR: 'in force here',
  ACCEPT: 'valid, without effect here',
  WARN: 'not served; said at every start',
  REFUSE: 'stops the start',
}

/** One entry of the reference, as lines of plain text. */
export function entryText(entry: Entry): readonly string[] {
  switch (entry.kind) {
    case 'element':
      return elementText(entry)
    case 'attribute':
      return attributeText(entry)
    case 'scheme':
      return [`${entry.name}://  scheme of a transportConnector`, `  ${entry.word.doc}`, ...judgementText(entry.word)]
    case 'option':
      return optionText(entry)
    case 'code':
      return [
        `${entry.name}  code of a ${entry.name in CODES ? 'finding or error' : 'line of the log'}`,
        `  ${entry.text}`,
      ]
    default:
      return entry satisfies never
  }
}

function elementText({ name, word, aliases, places }: Entry & { readonly kind: 'element' }): readonly string[] {
  const attributes = Object.entries(word.attributes)
  return [
    `<${name}>  element`,
    `  ${word.doc}`,
    ...judgementText(word),
    row('versions', versionText(word)),
    ...(word.alias === undefined ? [] : [row('is', `another name of <${word.alias}>`)]),
    ...(aliases.length === 0 ? [] : [row('also', aliases.map(other => `<${other}>`).join(', '))]),
    row('stands in', placesText(places)),
    ...(word.class === undefined ? [] : [row('java', word.class)]),
    ...(attributes.length === 0 ? [] : ['', '  attributes and slots', ...attributeRows(attributes)]),
  ]
}

function placesText(places: readonly { readonly element: string; readonly slot: string }[]): string {
  if (places.length === 0) return 'no slot that names it: the top level, or a slot that takes any object'
  // <brokerService> is <broker> under another name.
  const shown = places.filter(({ element }) => element !== 'brokerService')
  return shown.map(({ element, slot }) => `<${element}><${slot}>`).join(', ')
}

function attributeRows(attributes: readonly (readonly [string, AttributeWord])[]): readonly string[] {
  const cells = attributes.map(([name, word]) => [name, typeText(word), word.verdict, tellOf(word)] as const)
  const width = (column: 0 | 1): number => Math.min(40, Math.max(...cells.map(cell => cell[column].length)))
  const [first, second] = [width(0), width(1)]
  return cells.map(([name, type, verdict, tell]) =>
    `    ${name.padEnd(first)}  ${type.padEnd(second)}  ${verdict.padEnd(6)}  ${tell}`.trimEnd(),
  )
}

const tellOf = (word: AttributeWord): string =>
  word.alias === undefined ? (word.effect ?? word.reason ?? '') : `is ${word.alias}`

/** `int = 1000`, `boolean = true (5.7: false)`. */
export function typeText({ type, default: value, defaultNote, default570 }: AttributeWord): string {
  const shown = value ?? defaultNote
  const before = default570 === undefined ? '' : ` (5.7: ${default570})`
  return `${type}${shown === undefined ? '' : ` = ${shown === '' ? '""' : shown}`}${before}`
}

function attributeText(entry: Entry & { readonly kind: 'attribute' }): readonly string[] {
  const { element, name, word, of, aliases, takes } = entry
  const reason = word.reason ?? (word.verdict === 'ACCEPT' && word.alias === undefined ? of.reason : undefined)
  return [
    `${element}@${name}  attribute of <${element}>`,
    ...(word.doc === undefined ? [] : [`  ${word.doc}`]),
    ...judgementText({ ...word, ...(reason === undefined ? {} : { reason }) }),
    ...(of.verdict === 'HONOUR' ? [] : [row('inside', `<${element}> is ${of.verdict}: ${of.reason ?? ''}`)]),
    row('type', typeText(word)),
    row('versions', versionText({ ...of, ...word })),
    ...(word.alias === undefined ? [] : [row('is', `another spelling of ${word.alias}`)]),
    ...(aliases.length === 0 ? [] : [row('also', aliases.join(', '))]),
    ...(takes === null ? [] : [row('takes', takes.map(one => `<${one}>`).join(', '))]),
    ...(word.beans === undefined ? [] : [row('beans', `an unknown Java bean in it: ${CLASS_MEANS[word.beans]}`)]),
    ...(word.secret === true ? [row('secret', 'its value is in no output')] : []),
    ...(word.deprecated === true ? [row('note', 'deprecated in ActiveMQ')] : []),
  ]
}

function optionText({ name, word }: Entry & { readonly kind: 'option' }): readonly string[] {
  const value = word.default === undefined ? '' : ` = ${word.default}`
  return [
    `${name}  option of a transportConnector's uri`,
    ...(word.doc === undefined ? [] : [`  ${word.doc}`]),
    ...judgementText(word),
    row('type', `${word.type}${value}`),
    ...(word.security === true
      ? [row('protects', 'enforced, or the start stops; a near misspelling stops it too')]
      : []),
  ]
}

function judgementText({ verdict, effect, reason, override }: Judgement): readonly string[] {
  return [
    row('class', `${verdict}: ${CLASS_MEANS[verdict]}`),
    ...(effect === undefined ? [] : [row('effect', effect)]),
    ...(reason === undefined ? [] : [row('reason', reason)]),
    ...(override === undefined ? [] : [row('override', `-D${override}`)]),
  ]
}

const row = (label: string, text: string): string => `  ${label.padEnd(9)} ${text}`

/** `5.3.0 to today`. */
export const versionText = ({ since, until }: Pick<ElementWord, 'since' | 'until'>): string =>
  since === 'documentation'
    ? "ActiveMQ's documentation only; no release reads it"
    : `ActiveMQ ${since ?? '4.1 or earlier'} to ${until ?? 'today'}`

/** The entry as `--json` prints it. */
export function entryJson(entry: Entry): object {
  switch (entry.kind) {
    case 'element': {
      const { attributes, slots, ...word } = entry.word
      const rows = Object.entries(attributes).map(([name, one]) => ({
        name,
        ...one,
        ...(slots[name] === undefined ? {} : { takes: slots[name] }),
      }))
      return {
        kind: 'element',
        name: entry.name,
        ...word,
        aliases: entry.aliases,
        places: entry.places,
        attributes: rows,
      }
    }
    case 'attribute': {
      const { kind, element, name, word, of, aliases, takes } = entry
      const { since = null, until = null } = { ...of, ...word }
      return { kind, element, name, ...word, since, until, aliases, takes, elementClass: of.verdict }
    }
    case 'scheme':
    case 'option':
      return { kind: entry.kind, name: entry.name, ...entry.word }
    case 'code':
      return entry
    default:
      return entry satisfies never
  }
}
