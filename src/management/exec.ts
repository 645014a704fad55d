import { BeanError, type Bean, type Operation } from './bean.ts'
import { convert } from './convert.ts'

/**
 * ActiveMQ gave `purge` a second form, `purge(long)`, and broke what calls it without a signature. Here the number of
 * arguments decides (management F-10).
 */
const BY_COUNT: ReadonlySet<string> = new Set(['purge'])

/** The operation that is meant by `name`, `name()` or `name(type,type)`. Throws a BeanError (management JE-07, JE-08). */
export function operationOf(bean: Bean, asked: string, given: number): Operation<unknown> {
  const open = asked.endsWith(')') ? asked.indexOf('(') : -1
  const name = open < 0 ? asked : asked.slice(0, open)
  const types = open < 0 ? undefined : asked.slice(open + 1, -1)
  const forms = bean.kind.operations.filter(operation => operation.name === name)
  const on = bean.name.canonical
  const [first] = forms
  if (first === undefined) throw illegal(`No operation ${name} found on MBean ${on}`)
  if (types !== undefined) {
    const wanted = types.trim() === '' ? [] : types.split(',').map(type => type.trim())
    const form = forms.find(
      ({ parameters }) => parameters.length === wanted.length && parameters.every((one, i) => one.type === wanted[i]),
    )
    if (form !== undefined) return form
    throw illegal(`No operation ${asked} on MBean ${on} exists. Known signatures: ${signatures(forms)}`)
  }
  if (forms.length === 1) return first
  const fitting = BY_COUNT.has(name) ? forms.find(({ parameters }) => parameters.length === given) : undefined
  if (fitting !== undefined) return fitting
  throw illegal(
    `Operation ${name} on MBean ${on} is overloaded. Signatures found: ${signatures(forms)}. Use a signature when specifying the operation.`,
  )
}

/** The form without arguments reads as a lone `)`: Jolokia's own slip, which clients have seen for ten years. */
const signatures = (forms: readonly Operation<unknown>[]): string =>
  forms
    .map(({ parameters }) => (parameters.length === 0 ? ')' : `(${parameters.map(one => one.type).join(',')})`))
    .join(',')

/** The arguments in the types of the parameters. Throws a BeanError (management JE-09, JE-10). */
export function argumentsOf(
  bean: Bean,
  asked: string,
  { parameters }: Operation<unknown>,
  given: readonly unknown[] | null,
): readonly unknown[] {
  const args = given ?? []
  if (args.length !== parameters.length)
    throw illegal(
      `Invalid number of operation arguments. Operation ${asked} on ${bean.name.canonical} requires ${parameters.length} parameters, not ${args.length} as given`,
    )
  return parameters.map(({ type }, i) => convert(type, args[i]))
}

const illegal = (message: string): BeanError => new BeanError('java.lang.IllegalArgumentException', message, 400)
