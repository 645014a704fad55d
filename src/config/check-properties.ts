import type { Position } from '../base/errors.ts'
import type { Findings } from '../base/findings.ts'
import { suggestion } from '../base/suggest.ts'
import { SHOWN_PROPERTIES } from './build-shown.ts'
import type { TransportData, Vocabulary } from '../vocabulary/vocabulary.ts'

/** What `-Dtandemmq.NAME=…` may be called; `pair.…` has names of its own (pair-settings), and so have the overrides. */
export const PROPERTY_NAMES: readonly string[] = [
  'http',
  'jolokia.policy',
  'jolokia.userExec',
  ...SHOWN_PROPERTIES,
  'stomp',
  'serverName',
  'ignoreForeignStore',
  'ignoreBeans',
  'log',
  'logLevel',
  'stopTimeout',
  'networkStore',
  'loginDelay',
  'scrub',
]

/**
 * A misspelt `-Dtandemmq.…` must not be taken for one that is in force: unknown names are errors, and so are values that
 * an override does not have.
 */
export function checkProperties(
  overrides: Readonly<Record<string, string>>,
  broker: Position,
  words: { readonly vocabulary: Vocabulary; readonly transports: TransportData },
  findings: Findings,
): void {
  const others = Object.entries(overrides).filter(
    ([name]) => !name.startsWith('pair.') && !PROPERTY_NAMES.includes(name),
  )
  // All words of the schemas: a start that needs them not is spared a tenth of its time.
  if (others.length === 0) return
  const known = overridesOf(words)
  for (const [name, value] of others) {
    const values = known.get(name)
    if (values?.has(value)) continue
    const message = `-Dtandemmq.${name}=${value}`
    if (values === undefined) {
      const hint = suggestion(name, [...PROPERTY_NAMES, ...known.keys(), 'pair.…'])
      findings.error('CONFIG_PROPERTY', broker, `-Dtandemmq.${name} is no setting`, hint)
    } else findings.error('CONFIG_PROPERTY', broker, `${message} is no override`, `write ${[...values].join(' or ')}`)
  }
}

/** Every `override` that a word of the schemas names, as name and values. */
function overridesOf({ vocabulary, transports }: Parameters<typeof checkProperties>[2]): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>()
  const elements = vocabulary.elementNames.flatMap(name => vocabulary.word(name) ?? [])
  const words = [
    ...elements.flatMap(word => [word, ...Object.values(word.attributes)]),
    ...Object.values(transports.schemes),
    ...Object.values(transports.options),
  ]
  for (const { override } of words) {
    if (override === undefined) continue
    const [name = '', value = ''] = override.replace(/^tandemmq\./, '').split('=')
    known.set(name, (known.get(name) ?? new Set()).add(value))
  }
  return known
}
