import type { Position } from '../base/errors.ts'
import type { Workbench } from './node.ts'
import { judge } from './verdicts.ts'
import type { AttributeWord } from '../vocabulary/vocabulary.ts'

/** Where a class may be one that protects nothing. In the other places nothing else can stand. */
const IGNORABLE = new Set(['plugins', 'destinationInterceptors', 'virtualDestinations', 'locker', 'deadLetterStrategy'])
const STORES = new Set(['persistenceAdapter', 'persistenceFactory'])

/** A Java class in a slot: it cannot be run, so what it may have done decides (config section 5). */
export function judgeBean(
  className: string,
  at: Position,
  slot: string,
  word: AttributeWord,
  quiet: boolean,
  bench: Workbench,
): void {
  const known = bench.vocabulary.bean(className)
  const verdict = known?.verdict ?? word.beans ?? 'WARN'
  const what = `the bean in "${slot}"`
  // What may protect is refused wherever it stands, also inside what is not served.
  if (quiet && (verdict !== 'REFUSE' || STORES.has(slot))) return
  if (known !== null) judge(known, at, what, bench, 'CONFIG_JAVA_BEAN')
  else if (STORES.has(slot)) {
    const reason = `the messages that the Java class ${className} keeps are not read`
    judge({ verdict, reason, override: 'tandemmq.store=journal' }, at, what, bench, 'CONFIG_JAVA_BEAN')
  } else if (verdict === 'REFUSE') refuse(className, at, slot, bench)
  else judge({ verdict, reason: cannotRun(className) }, at, what, bench, 'CONFIG_JAVA_BEAN')
}

function refuse(className: string, at: Position, slot: string, { findings, overrides }: Workbench): void {
  const ignorable = IGNORABLE.has(slot) && isClass(className)
  if (ignorable && ignoredBeans(overrides).includes(className)) {
    const message = `the bean in "${slot}": ${className} is not run; started all the same because of -Dtandemmq.ignoreBeans`
    findings.warn('CONFIG_OVERRIDDEN', at, message)
    return
  }
  const message = `the bean in "${slot}": ${cannotRun(className)}, and in "${slot}" it may protect something`
  const hint = ignorable ? `if it protects nothing, give -Dtandemmq.ignoreBeans=${className}` : null
  findings.refuse('CONFIG_PROTECTION', at, message, hint)
}

const isClass = (name: string): boolean => /^[\w.$]+$/.test(name)

const cannotRun = (name: string): string =>
  isClass(name) ? `the Java class ${name} cannot be run` : `${name} is Java, which is not run`

/** `-Dtandemmq.ignoreBeans=CLASS,CLASS`: whoever names them says that they protect nothing. */
const ignoredBeans = (overrides: Readonly<Record<string, string>>): readonly string[] =>
  (overrides['ignoreBeans'] ?? '').split(',').map(name => name.trim())
