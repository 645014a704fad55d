import type { Words } from './reference.ts'
import type { AttributeWord, Judgement, Verdict } from './words.ts'

/** The README's compatibility table, in Markdown: every element, what is in force of it, and why the rest is not. */
export function compatibilityTable(words: Words): string {
  const { vocabulary } = words
  const elements = vocabulary.elementNames.flatMap(name => {
    const word = vocabulary.word(name)
    return word === null ? [] : [{ name, word }]
  })
  const served = elements.filter(({ word }) => word.verdict === 'HONOUR' && word.alias === undefined)
  const others = elements.filter(({ word }) => word.verdict !== 'HONOUR' && word.alias === undefined)
  const aliases = elements.filter(({ word }) => word.alias !== undefined)
  return [
    summary(words),
    '',
    '<details>',
    '<summary>Every element and attribute</summary>',
    '',
    '| element | in force | not served (W), or stops the start (R), unless it says what is so anyway | without effect |',
    '| --- | --- | --- | --- |',
    ...served.map(({ name, word }) => servedRow(name, Object.entries(word.attributes))),
    ...aliases.map(({ name, word }) => `| \`${name}\` | is \`${word.alias ?? ''}\` | | |`),
    '',
    '| element | class | why |',
    '| --- | --- | --- |',
    ...groups(others.map(({ name, word }) => [name, word] as const)).map(
      ({ names, verdict, reason }) => `| ${code(names)} | ${verdict} | ${cell(reason)} |`,
    ),
    '',
    '| in a connector’s `uri` | class | why |',
    '| --- | --- | --- |',
    ...uriRows(words),
    '',
    '</details>',
  ].join('\n')
}

function summary({ vocabulary, transports }: Words): string {
  const count: Record<Verdict, number> = { HONOUR: 0, ACCEPT: 0, WARN: 0, REFUSE: 0 }
  for (const name of vocabulary.elementNames) {
    const word = vocabulary.word(name)
    for (const one of [word, ...Object.values(word?.attributes ?? {})]) if (one !== null) count[one.verdict] += 1
  }
  const total = Object.values(count).reduce((sum, one) => sum + one, 0)
  const { schemes, options } = transports
  return [
    `ActiveMQ 4.0 to 6.3 knows ${vocabulary.elementNames.length} elements; with their attributes that is ${total} words:`,
    `${count.HONOUR} in force (HONOUR), ${count.ACCEPT} without effect here (ACCEPT), ${count.WARN} not served and said so (WARN),`,
    `${count.REFUSE} that stop the start (REFUSE); besides ${Object.keys(schemes).length} schemes and ${Object.keys(options).length} options of a connector.`,
    '`tandemmq explain WORD` tells each one: type, default, versions, class, reason.',
  ].join('\n')
}

function servedRow(name: string, attributes: readonly (readonly [string, AttributeWord])[]): string {
  const own = attributes.filter(([, { alias }]) => alias === undefined)
  const others = attributes.filter(([, { alias }]) => alias !== undefined)
  const force = own.filter(([, { verdict }]) => verdict === 'HONOUR').map(([attribute]) => attribute)
  const names = others.map(([attribute, { alias }]) => `\`${attribute}\` (is \`${alias ?? ''}\`)`)
  const rest = groups(own.filter(([, { verdict }]) => verdict === 'WARN' || verdict === 'REFUSE'))
  const lost = rest.map(one => `${one.verdict.slice(0, 1)} ${code(one.names)}: ${cell(one.reason)}`)
  const accepted = own.filter(([, { verdict }]) => verdict === 'ACCEPT').length
  const inForce = [...(force.length === 0 ? [] : [code(force)]), ...names].join(', ')
  return `| \`${name}\` | ${inForce} | ${lost.join('; ')} | ${accepted === 0 ? '' : accepted} |`
}

interface Group {
  readonly names: string[]
  readonly verdict: Verdict
  readonly reason: string
}

/** Words of one class with one reason, together; the classes that cost most first. */
function groups(words: readonly (readonly [string, Judgement])[]): readonly Group[] {
  const found = new Map<string, Group>()
  for (const [name, { verdict, reason = '' }] of words) {
    const key = `${verdict} ${reason}`
    const group = found.get(key)
    if (group === undefined) found.set(key, { names: [name], verdict, reason })
    else group.names.push(name)
  }
  const rank: readonly Verdict[] = ['REFUSE', 'WARN', 'ACCEPT', 'HONOUR']
  return [...found.values()].toSorted((a, b) => rank.indexOf(a.verdict) - rank.indexOf(b.verdict))
}

function uriRows({ transports }: Words): readonly string[] {
  const rows = (entries: readonly (readonly [string, Judgement])[]): readonly string[] =>
    groups(entries).map(({ names, verdict, reason }) => `| ${code(names)} | ${verdict} | ${cell(reason)} |`)
  return [...rows(Object.entries(transports.schemes)), ...rows(Object.entries(transports.options))]
}

const code = (names: readonly string[]): string => names.map(name => `\`${name}\``).join(', ')
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

const BEGIN = '<!-- words: made by .ci/tables.mjs from schemas/ -->'
const END = '<!-- /words -->'

/** The README with the table between its markers as it should be; null when the markers are missing. */
export function withTable(readme: string, words: Words): string | null {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)]
  if (begin < 0 || end < begin) return null
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${compatibilityTable(words)}\n\n${readme.slice(end)}`
}
