import { TandemError, messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { BeanError } from './bean.ts'
import { jsonText, type JsonValue } from './json.ts'

/** What an error answer says (management 1.3). Never a stack trace (JE-13). */
export interface Failure {
  readonly className: string
  readonly message: string
  readonly status: number
}

/** Any thrown value as a Java client sees it. What nobody foresaw goes to the log only: it may hold anything. */
export function failureOf(thrown: unknown, log: Log): Failure {
  if (thrown instanceof BeanError) {
    const { className, message, status } = thrown
    return { className, message, status }
  }
  if (thrown instanceof TandemError) {
    const { message, hint } = thrown
    return {
      className: 'javax.jms.JMSException',
      message: hint === undefined ? message : `${message}; ${hint}`,
      status: 500,
    }
  }
  log.error(`management: ${messageOf(thrown)}`, { code: 'HTTP_FAILED' })
  return {
    className: 'java.lang.RuntimeException',
    message: 'the node could not answer; its log says why',
    status: 500,
  }
}

/** A refusal by policy or role; Jolokia wipes out the class that it had (management JE-02 to JE-04). */
export const forbidden = (message: string): BeanError => new BeanError('java.lang.Exception', message, 403)

/** `request, error_type, error, status`, without a timestamp (management J-12). */
export function failureText(request: JsonValue, { className, message, status }: Failure): string {
  const head = request === null ? '' : `"request":${jsonText(request)},`
  return `{${head}"error_type":${JSON.stringify(className)},"error":${JSON.stringify(`${className} : ${message}`)},"status":${status}}`
}

/** What stands for an attribute that could not be read, under `ignoreErrors` (management JP-01). */
export const failureValue = ({ className, message }: Failure): string => `ERROR: ${message} (class ${className})`
