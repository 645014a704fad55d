import { editDistance } from '../base/suggest.ts'
import type { OptionWord } from '../vocabulary/vocabulary.ts'
import { rawText } from './edits.ts'
import { plain } from './parts.ts'
import type { Change, Outcome, Rule, Sheet } from './sheet.ts'
import { remark } from './sheet.ts'

/**
 * Options of a transportConnector's URI that every ActiveMQ ignored without a word, where only one can be meant: another
 * case, a prefix too many or too few, one letter off a name that protects; and sizes with a unit (config 3.3, 6).
 */
export const uriOptions: Rule = function* (sheet) {
  for (const { name, element } of sheet.parts.objects) {
    const uri = name === 'transportConnector' ? plain(element, 'uri') : undefined
    if (uri !== undefined) yield* inUri(uri.span.valueStart, uri.span.valueEnd, sheet)
  }
  for (const { key, element, parent, property } of sheet.parts.slots) {
    if (parent.name !== 'transportConnector' || key !== 'uri') continue
    const value = property ? plain(element, 'value') : undefined
    if (value !== undefined) yield* inUri(value.span.valueStart, value.span.valueEnd, sheet)
    else if (rawText(sheet.text, element) !== null) yield* inUri(element.span.open, element.span.close, sheet)
  }
}

interface Option {
  readonly name: string
  readonly value: string
  /** Where the name begins. */
  readonly start: number
}

function* inUri(start: number, end: number, sheet: Sheet): Generator<Outcome> {
  const raw = sheet.text.slice(start, end)
  const options = optionsOf(raw, start)
  const opened = isOpened(raw, sheet)
  for (const option of options) {
    const known = wordOf(option.name, sheet)
    if (known !== null) {
      yield* sizeOf(option, known)
      continue
    }
    const right = meant(option.name, opened, sheet)
    if (right === null) {
      if (opened && !ofClients(option.name, sheet)) yield unknown(option)
    } else if (options.some(({ name }) => sameSetting(name, right, sheet))) {
      const message = `option "${option.name}" is "${right}" misspelt, which the URI gives as well`
      yield remark('UPGRADE_DECISION', option.start, message, 'keep one of them')
    } else if (plausible(option.value, right, sheet)) yield renamed(option, right)
    else {
      const message = `option "${option.name}" is "${right}" misspelt, and its value is none of that option`
      yield remark('UPGRADE_DECISION', option.start, message, `write ${right}=… with a value that it takes`)
    }
  }
}

/** The names and values of a query as it is written in XML. */
function optionsOf(raw: string, offset: number): readonly Option[] {
  const query = raw.indexOf('?')
  if (query < 0 || /^\s*[a-z][\w+.-]*:(?:\/\/)?\(/i.test(raw)) return []
  const options: Option[] = []
  let start = query + 1
  for (const part of raw.slice(start).split(/(&amp;|&#38;|&#x26;)/i)) {
    const [, lead = '', name = '', value = ''] = /^(\s*)([\w.]+)(?:=([^]*))?$/.exec(part) ?? []
    if (name !== '') options.push({ name, value, start: offset + start + lead.length })
    start += part.length
  }
  return options
}

function wordOf(name: string, { transports }: Sheet): OptionWord | null {
  return Object.hasOwn(transports.options, name) ? (transports.options[name] ?? null) : null
}

const ofClients = (name: string, { transports }: Sheet): boolean =>
  transports.ignoredPrefixes.some(prefix => name.startsWith(prefix))

function unknown({ name, start }: Option): Outcome {
  const message = `option "${name}" is none that a connector has, and what is meant is not certain`
  return remark('UPGRADE_DECISION', start, message, 'correct or remove it: ActiveMQ ignores it')
}

const tail = (name: string): string => name.slice(name.lastIndexOf('.') + 1).toLowerCase()

/** Does this broker open it? A connector of another protocol has options that are not known here. */
function isOpened(raw: string, { transports }: Sheet): boolean {
  const scheme = /^\s*([a-z][\w+.-]*):/i.exec(raw)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(transports.schemes, scheme) && transports.schemes[scheme]?.verdict === 'HONOUR'
}

function meant(name: string, opened: boolean, sheet: Sheet): string | null {
  const { options, ignoredPrefixes } = sheet.transports
  const names = Object.keys(options).filter(other => opened || options[other]?.field !== undefined)
  const sameLetters = names.filter(other => other.toLowerCase() === name.toLowerCase())
  if (sameLetters.length > 0) return sameLetters.length === 1 ? (sameLetters[0] ?? null) : null
  // Options of clients are none of the connector's; only a misspelt one of its own with the same prefix is.
  const clients = ignoredPrefixes.find(prefix => name.startsWith(prefix)) ?? ''
  const own = names.filter(other => other.startsWith(clients))
  const sameTail = own.filter(other => tail(other) === tail(name))
  if (sameTail.length > 0) return prefixed(name, sameTail, sheet)
  const near = own.filter(other => options[other]?.security === true && editDistance(tail(other), tail(name)) === 1)
  return near.length > 0 ? prefixed(name, near, sheet) : null
}

/**
 * Of one setting's names, the one with the prefix that was written, or its end; else what ActiveMQ's own files write:
 * `wireFormat.` for a limit of the codec, none for the rest. Null when they are several settings.
 */
function prefixed(name: string, candidates: readonly string[], sheet: Sheet): string | null {
  const [first = ''] = candidates
  if (!candidates.every(other => sameSetting(other, first, sheet))) return null
  // Without effect here, but on the server and on a connection it is not the same to ActiveMQ.
  if (candidates.length > 1 && wordOf(first, sheet)?.field === undefined) return null
  const parts = name.split('.').slice(0, -1)
  const kept = parts
    .map((_, i) => `${parts.slice(i).join('.')}.`)
    .flatMap(prefix => candidates.filter(other => other.slice(0, other.lastIndexOf('.') + 1) === prefix))[0]
  const bare = candidates.find(other => !other.includes('.'))
  return kept ?? candidates.find(other => other.startsWith('wireFormat.')) ?? bare ?? candidates.at(-1) ?? null
}

/** Two names of one option: the same field, or the same word behind their prefixes. */
function sameSetting(a: string, b: string, sheet: Sheet): boolean {
  const [one, other] = [wordOf(a, sheet), wordOf(b, sheet)]
  if (one === null || other === null) return false
  return one.field === undefined ? tail(a) === tail(b) && other.field === undefined : one.field === other.field
}

/** Would the value be taken? It was ignored together with the name, and may be anything. */
function plausible(value: string, right: string, sheet: Sheet): boolean {
  const type = wordOf(right, sheet)?.type ?? 'string'
  if (value.includes('$')) return true
  if (type === 'boolean') return /^\s*(?:true|false)?\s*$/i.test(value)
  if (type === 'int' || type === 'long') return /^\s*-?\d+\s*(?:[kmg]b)?\s*$/i.test(value)
  return type !== 'pair' || /^\s*\d+\s*,\s*\d+\s*$/.test(value)
}

const renamed = ({ name, start }: Option, right: string): Change => ({
  kind: 'change',
  rule: 'uri-option',
  offset: start,
  message: `option "${name}" becomes "${right}"`,
  reason: 'ActiveMQ ignores an option that it does not know',
  edits: [{ start, end: start + name.length, text: right }],
})

/** `maxFrameSize=100 mb`: options are plain numbers (config 2.1). */
function* sizeOf({ name, value, start }: Option, { type }: OptionWord): Generator<Change> {
  const match = /^\s*(\d+)\s*([kmg])b\s*$/i.exec(value)
  if (match === null || (type !== 'int' && type !== 'long') || !/size|length/i.test(name)) return
  const bytes = Number(match[1]) * 1024 ** ('kmg'.indexOf(match[2]?.toLowerCase() ?? '') + 1)
  const from = start + name.length
  yield {
    kind: 'change',
    rule: 'value',
    offset: start,
    message: `option "${name}" becomes ${bytes}`,
    reason: 'options of a URI are plain numbers of bytes',
    edits: [{ start: from, end: from + 1 + value.length, text: `=${bytes}` }],
  }
}
