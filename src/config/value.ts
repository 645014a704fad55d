import type { Position } from '../base/errors.ts'
import type { Value, Workbench } from './node.ts'
import { plainExpressions } from './placeholders.ts'
import { templateTool } from '../xml/xml.ts'
import { problemOf } from './values.ts'
import type { AttributeWord } from '../vocabulary/vocabulary.ts'

export interface RawValue {
  readonly name: string
  readonly spelling: string
  readonly raw: string
  readonly at: Position
  readonly word: AttributeWord
}

/**
 * Fills placeholders and checks the type. Null when there is no usable value; a finding then says why. The text of a
 * secret never appears in one, and neither does what a placeholder stood for.
 */
export function readValue({ spelling, raw, at, word }: RawValue, bench: Workbench): Value | null {
  const { findings, placeholders } = bench
  const tool = templateTool(raw, word.secret === true)
  if (tool !== null) {
    const message = `the value of "${spelling}" looks like an unrendered ${tool} template`
    findings.refuse('CONFIG_TEMPLATE', at, message, 'render the file first')
    return null
  }
  const plain = plainExpressions(raw)
  if (plain.includes('#{')) {
    const message = `"${spelling}" holds a Spring expression #{…}, which is not evaluated`
    findings.refuse('CONFIG_EXPRESSION', at, message, 'write the value, or a placeholder ${name}')
    return null
  }
  const filled = placeholders.fill(plain)
  if (!('text' in filled)) {
    explainUnfilled(filled, spelling, at, bench)
    return null
  }
  if (filled.used && !placeholders.configured) {
    const message = `"${spelling}" holds a placeholder but no PropertyPlaceholderConfigurer is declared; it is filled all the same`
    findings.warn('CONFIG_PLACEHOLDER', at, message, 'ActiveMQ would have used the text literally')
  }
  if (word.secret === true && /^\s*ENC\([^]*\)\s*$/.test(filled.text)) {
    const message = `"${spelling}" is an encrypted text ENC(…) that nothing decrypts`
    findings.refuse('CONFIG_ENCRYPTED', at, message, 'read it with an EncryptablePropertyPlaceholderConfigurer')
    return null
  }
  const accepted = bench.vocabulary.accepts(word.type, filled.text)
  if (!accepted && !filled.used && UNFILLED.test(filled.text)) {
    const message = `"${filled.text}" in "${spelling}" looks like a name that a script should have replaced`
    findings.refuse('CONFIG_TEMPLATE', at, message, `"${spelling}" is of type ${typeName(word.type)}; write its value`)
    return null
  }
  if (!accepted) {
    const shown = filled.used || word.secret === true ? `what "${spelling}" stands for` : `"${filled.text}"`
    const problem = problemOf(word.type, filled.text)
    findings.error('CONFIG_VALUE', at, `${shown} ${problem}`, `"${spelling}" is of type ${typeName(word.type)}`)
    return null
  }
  return { text: filled.text, raw, origins: filled.origins, at, spelling }
}

/** Where a number or a truth value belongs: `env_maxSize`, `__MAX__`, `MAX_CONNECTIONS`. */
const UNFILLED = /^\s*(?:[A-Za-z]\w{0,80}_\w{1,80}|__\w{1,80}__|[A-Z][A-Z0-9]{2,80})\s*$/

type Unfilled = Exclude<ReturnType<Workbench['placeholders']['fill']>, { readonly text: string }>

function explainUnfilled(why: Unfilled, spelling: string, at: Position, bench: Workbench): void {
  const { findings, placeholders } = bench
  if ('circular' in why) {
    findings.error('CONFIG_PLACEHOLDER', at, `\${${why.circular}} in "${spelling}" is defined by itself`)
    return
  }
  if ('excess' in why) {
    findings.refuse('CONFIG_PLACEHOLDER', at, `"${spelling}" ${why.excess}`, 'write the value itself')
    return
  }
  if ('locked' in why) {
    const message = `\${${why.locked}} in "${spelling}" is encrypted and cannot be read: ${why.reason}`
    findings.refuse('CONFIG_ENCRYPTED', at, message)
    return
  }
  const missing = placeholders.files.filter(({ found }) => !found).map(({ path }) => path)
  const read = placeholders.files.filter(({ found }) => found).map(({ path }) => path)
  const where = [...read, 'system properties', 'the environment'].join(', ')
  const gone = missing.length === 0 ? '' : `; ${missing.join(', ')} does not exist`
  const message = `cannot resolve \${${why.missing}} in "${spelling}" (looked in ${where}${gone})`
  const hint = `set it with -D${why.missing}=…, or give a default: \${${why.missing}:…}`
  findings.refuse('CONFIG_PLACEHOLDER', at, message, hint)
}

/** That ActiveMQ takes less spellings of it is nothing to write by. */
const typeName = (type: string): string => type.replace(/-strict$/, '')
