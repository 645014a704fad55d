import type { Position } from '../base/errors.ts'
import type { AttributeWord } from '../vocabulary/vocabulary.ts'
import type { Release } from './target-rules.ts'
import { compareVersions } from './versions.ts'

export interface Written {
  readonly name: string
  readonly word: AttributeWord
  readonly text: string
  readonly at: Position
  readonly element: string
}

/** Which types the schema itself checks, and how it calls them; the others are strings to it (config 1.4 rule 8). */
const SCHEMA_TYPES: Readonly<Record<string, string>> = {
  boolean: 'xs:boolean',
  int: 'xs:integer',
  long: 'xs:long',
  number: 'xs:float',
}

/** What the release makes of a value that TandemMQ takes (config 1.4 rule 8, 1.5, 2.2). No value is ever shown. */
export function judgeValue({ name, word, text, at, element }: Written, target: Release): void {
  const { release, checked, configured, findings } = target
  const reject = (message: string, hint: string): void =>
    findings.error('TARGET_REJECTED', at, `ActiveMQ ${release}: "${name}" of <${element}> ${message}`, hint)
  if (text.startsWith('#')) return
  const type = SCHEMA_TYPES[word.type]
  if (text.includes('${')) {
    if (checked && type !== undefined) {
      const message = `is ${type}, which may hold no placeholder: the schema is checked first (cvc-datatype-valid.1.2.1)`
      reject(message, 'write the value itself, or name the file with ?validate=false (5.4.2 and later)')
    } else if (configured && /\$\{[^{}]*:/.test(text) && compareVersions(release, '5.4.0') < 0) {
      reject('has a placeholder with a default, which came with 5.4.0: it cannot be resolved', 'write ${name} alone')
    }
    return
  }
  const plain = text.trim()
  if (word.type === 'boolean' && checked && !/^(?:true|false|1|0)$/.test(plain) && /^(?:true|false)$/i.test(plain))
    reject(
      'is xs:boolean: only true, false, 1 and 0 in lower case (cvc-datatype-valid.1.2.1)',
      `write ${plain.toLowerCase()}`,
    )
  if (word.type !== 'boolean-strict' || /^(?:true|false)$/i.test(text)) return
  if (/^(?:true|false)$/i.test(plain)) reject('has blanks around its value, which are not taken off', 'remove them')
  else if (plain === '1' || plain === '0') reject('is only true or false', `write ${plain === '1'}`)
}
