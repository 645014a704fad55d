import type { Code } from '../base/codes.ts'
import type { Position } from '../base/errors.ts'
import type { Findings } from '../base/findings.ts'
import type { Judgement } from '../vocabulary/vocabulary.ts'

interface Court {
  readonly findings: Findings
  readonly overrides: Readonly<Record<string, string>>
}

/** Says what a word's class means for the user. True when the word is in force (HONOUR). */
export function judge(
  word: Judgement,
  at: Position,
  what: string,
  { findings, overrides }: Court,
  warnCode: Code,
): boolean {
  const reason = word.reason ?? 'it is not served'
  switch (word.verdict) {
    case 'HONOUR':
      return true
    case 'ACCEPT':
      findings.add(
        'accept',
        'CONFIG_NO_EFFECT',
        at,
        `${what} has no effect here${word.reason ? `: ${word.reason}` : ''}`,
      )
      return false
    case 'WARN':
      findings.warn(warnCode, at, `${what}: ${reason}`)
      return false
    case 'REFUSE':
      return refuse(word, at, `${what}: ${reason}`, findings, overrides)
    default:
      return word.verdict satisfies never
  }
}

/** REFUSE stops the start, unless its override was given: then it is said at every start instead. */
function refuse(
  word: Judgement,
  at: Position,
  message: string,
  findings: Findings,
  overrides: Court['overrides'],
): boolean {
  const [name = '', value = ''] = (word.override ?? '').replace(/^tandemmq\./, '').split('=')
  if (word.override !== undefined && overrides[name] === value) {
    findings.warn('CONFIG_OVERRIDDEN', at, `${message}; started all the same because of -D${word.override}`)
    return false
  }
  const hint = word.override === undefined ? null : `to start all the same, give -D${word.override}`
  findings.refuse('CONFIG_PROTECTION', at, message, hint)
  return false
}
