import { accessTo, type AccessPolicy } from './access.ts'
import { BeanError, type Bean, type Caller, type Operation } from './bean.ts'
import { convert } from './convert.ts'
import { argumentsOf, operationOf } from './exec.ts'
import { forbidden } from './failure.ts'
import { jsonText } from './json.ts'
import type { ProcessingOptions } from './options.ts'
import { noAttribute } from './read.ts'
import { Renderer } from './render.ts'
import type { JolokiaRequest } from './request.ts'

/** What is about to be done, for whoever keeps the record (management D-01). */
export interface Deed {
  readonly caller: Caller
  /** `purge`, or an attribute that is written. */
  readonly what: string
  /** The bean's canonical name. */
  readonly on: string
  /** As texts; what may hold a message or a secret is `****`. */
  readonly parameters: readonly string[]
  /** It changes nothing. */
  readonly reads: boolean
}

export interface Changing {
  readonly options: ProcessingOptions
  readonly policy: AccessPolicy
  readonly caller: Caller
  /** Why this caller may only read; null: it may change something. */
  readonly onlyReads: string | null
  /** Why nothing may be changed now; null: it may. */
  readonly readOnly: string | null
  readonly record: (deed: Deed) => void
}

type WriteRequest = JolokiaRequest & { readonly type: 'write' }
type ExecRequest = JolokiaRequest & { readonly type: 'exec' }

/** The answer is the old value (management JR-08). */
export function writeAttribute(bean: Bean, { attribute, value }: WriteRequest, how: Changing): string {
  const on = bean.name.canonical
  const refusal = `Writing attribute ${attribute} forbidden for MBean ${on}`
  if (!accessTo(how.policy, 'write', bean.name)(attribute)) throw forbidden(refusal)
  if (how.onlyReads !== null) throw forbidden(`${refusal}: ${how.onlyReads}`)
  const slot = bean.kind.attributes.get(attribute)
  if (slot === undefined) throw noAttribute(`No such attribute: ${attribute}`)
  if (slot.write === undefined) throw noAttribute(`Read-only attribute: ${attribute}`)
  checkWritable(how)
  const fresh = convert(slot.type, value)
  const old = jsonText(new Renderer(how.options).render(slot.read(bean.target)))
  how.record({ caller: how.caller, what: attribute, on, parameters: [shownText(fresh)], reads: false })
  slot.write(bean.target, fresh)
  return old
}

/** The answer is what the operation returns; void is null (management JR-09). */
export async function execute(bean: Bean, { operation: asked, args }: ExecRequest, how: Changing): Promise<string> {
  const on = bean.name.canonical
  const refusal = `Operation ${asked} forbidden for MBean ${on}`
  if (!accessTo(how.policy, 'exec', bean.name)(asked)) throw forbidden(refusal)
  const operation = operationOf(bean, asked, args?.length ?? 0)
  if (how.onlyReads !== null) throw forbidden(`${refusal}: ${how.onlyReads}`)
  const converted = argumentsOf(bean, asked, operation, args)
  const reads = operation.reads === true
  if (!reads && operation.onPassive !== true) checkWritable(how)
  how.record({ caller: how.caller, what: operation.name, on, parameters: shownArguments(operation, converted), reads })
  const answer: unknown = await operation.call(bean.target, converted, how.caller)
  return jsonText(new Renderer(how.options).render(answer))
}

function checkWritable({ readOnly }: Changing): void {
  if (readOnly !== null) throw new BeanError('java.lang.IllegalStateException', readOnly)
}

/** Parameters by these names hold messages or secrets; one that is a map may hold either. */
const HIDDEN = /pass|secret|body|text|propert|header/i

const shownArguments = ({ parameters }: Operation<unknown>, args: readonly unknown[]): readonly string[] =>
  parameters.map(({ name, type }, i) => (HIDDEN.test(name) || type === 'java.util.Map' ? '****' : shownText(args[i])))

/** One line of reasonable length, whatever the value is. */
const shownText = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null')
  return text.slice(0, 100).replace(/\p{Cc}/gu, '?')
}
