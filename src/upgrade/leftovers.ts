import { attributeOf, type Judgement } from '../vocabulary/vocabulary.ts'
import { plainAttributes, type ObjectPart, type Part } from './parts.ts'
import { remark, type Remark, type Rule, type Sheet } from './sheet.ts'
import { knows, knowsAttribute, lifetime, nameOf, type Dated } from './target.ts'

/** What stays although the target does not know it: said, and left to a person. */
export const leftovers: Rule = function* (sheet) {
  for (const part of sheet.parts.all) {
    if (part.kind === 'object') yield* inObject(part, sheet)
    else if (part.kind === 'spring') yield* bean(part, sheet)
    yield* own(part, sheet)
  }
}

function* inObject(part: ObjectPart, sheet: Sheet): Generator<Remark> {
  const { element, word } = part
  const written = sheet.vocabulary.word(element.local) ?? word
  const known = knows(sheet.target, word) && knows(sheet.target, written)
  if (!known && !served(word, sheet)) yield left(`<${element.local}>`, element.span.start, written, sheet)
  const given = [
    ...plainAttributes(element).map(one => ({ name: one.local, at: one.span.start })),
    ...sheet.parts.slotsOf(part).map(slot => ({ name: slot.key, at: slot.element.span.start })),
  ]
  for (const { name, at } of given) {
    const found = attributeOf(word, name)
    if (found === undefined || knowsAttribute(sheet.target, word, name) || served(found, sheet)) continue
    yield left(`"${name}" on <${element.local}>`, at, found, sheet)
  }
}

/** For TandemMQ a word that it serves, or that means nothing to it, may be as old as it likes. */
const served = ({ verdict }: Judgement, { target }: Sheet): boolean =>
  target.kind === 'tandemmq' && (verdict === 'HONOUR' || verdict === 'ACCEPT')

function left(what: string, offset: number, word: Judgement & Dated, { target }: Sheet): Remark {
  const message = `${what} has no place in ${nameOf(target)} (${lifetime(word)}); it is left as it is`
  const pair = /masterConnector|activeConnector/.test(what) ? NO_PAIR : null
  return remark('UPGRADE_NOT_IN_VERSION', offset, message, pair ?? hintOf(word))
}

const hintOf = ({ verdict, reason }: Judgement): string | null =>
  verdict === 'WARN' || verdict === 'REFUSE' ? (reason ?? null) : null

/** What became of the pair's connector: its names have no successor from 5.8 on (config 4.1). */
const NO_PAIR = 'ActiveMQ dropped the pair in 5.8: there it can only share one store, which is another set-up'

/** A bean of a class that went away with its element. */
function* bean({ element }: Part, sheet: Sheet): Generator<Remark> {
  const found = element.attributes.find(({ qname }) => qname === 'class')
  const name = found === undefined ? null : sheet.vocabulary.elementOfClass(found.value.trim())
  const word = name === null ? undefined : sheet.vocabulary.element(name)?.word
  if (found === undefined || word === undefined || knows(sheet.target, word) || served(word, sheet)) return
  yield left(`the class ${found.value.trim()}`, found.span.start, word, sheet)
}

const OWN = 'https://tandemmq.dev/'

/** This broker's own namespace is no ActiveMQ's. */
function* own({ element }: Part, { target }: Sheet): Generator<Remark> {
  if (target.kind === 'tandemmq') return
  const message = (what: string): string => `${what} is TandemMQ's own, which ${nameOf(target)} does not know`
  if (element.uri.startsWith(OWN))
    yield remark('UPGRADE_NOT_IN_VERSION', element.span.start, message(`<${element.qname}>`))
  for (const one of element.attributes)
    if (one.uri.startsWith(OWN)) yield remark('UPGRADE_NOT_IN_VERSION', one.span.start, message(`"${one.qname}"`))
}
