import { AdminError } from './error.ts'
import { isObject } from './json.ts'
import type { BeanAnswer, BeanRequest } from './requests.ts'

/** The answers to a bulk request, in its order (management J-03). A request that failed as a whole is an AdminError. */
export function readAnswers(url: string, requests: readonly BeanRequest[], body: unknown): readonly BeanAnswer[] {
  if (isObject(body) && typeof body['error'] === 'string') throw asError(failureOf(body), url)
  if (!Array.isArray(body) || body.length !== requests.length || !body.every(isObject))
    throw new AdminError('failed', `${url} answers, but not as Jolokia does`)
  return body.map(one => (one['status'] === 200 ? success(one) : failureOf(one)))
}

const success = (one: Readonly<Record<string, unknown>>): BeanAnswer => ({
  ok: true,
  value: one['value'],
  timestamp: Number(one['timestamp'] ?? 0),
})

type Failure = Extract<BeanAnswer, { readonly ok: false }>

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** `error` is `<error_type> : <message>` (management 1.3). */
function failureOf(one: Readonly<Record<string, unknown>>): Failure {
  const type = textOf(one['error_type'])
  const error = textOf(one['error'])
  const message = type !== '' && error.startsWith(`${type} : `) ? error.slice(type.length + 3) : error
  return { ok: false, status: Number(one['status'] ?? 0), type, message }
}

/** The value of an answer, or its failure as an AdminError. */
export function valueOf(answer: BeanAnswer, url: string): unknown {
  if (answer.ok) return answer.value
  throw asError(answer, url)
}

function asError({ status, type, message }: Failure, url: string): AdminError {
  const text = `${url}: ${message}`
  if (status === 403) return new AdminError('refused', text, { code: type, hint: ROLE })
  if (status === 404) return new AdminError('unknown', text, { code: type })
  // Its message is the selector, and nothing else.
  if (type === 'javax.jms.InvalidSelectorException')
    return new AdminError('failed', `${url}: this selector cannot be read: ${message}`, { code: type, hint: SELECTOR })
  if (type === 'java.lang.IllegalStateException' || IN_USE.test(message))
    return new AdminError('state', text, { code: type })
  return new AdminError('failed', text, { code: type })
}

/** As ActiveMQ says it of a durable subscription, and of a destination. */
const IN_USE = /\bin use$|^Destination still has an active subscription/
const SELECTOR = "texts stand between single quotes, as in customer = 'acme' AND total > 10"
const ROLE = 'it takes another role, or the policy of jolokia-access.xml forbids it'
