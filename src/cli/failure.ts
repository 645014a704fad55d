import { AdminError } from '../admin/admin.ts'
import { messageOf } from '../base/errors.ts'
import { UsageError } from './arguments.ts'
import type { Terminal } from './cli.ts'
import { jsonText, visibleLines } from './visible.ts'
import { wrongCall } from './wrong-call.ts'

/**
 * Says what went wrong and what to do next, on stderr, or with `--json` as an object on stdout; answers the exit code
 * (management 5.5, TX). A wrong call is told how the verb is called.
 */
export function failure(terminal: Terminal, call: string, help: string, json: boolean, error: unknown): number {
  if (error instanceof UsageError) {
    wrongCall(terminal, call, help, error.message)
    return 2
  }
  const message = messageOf(error)
  const { kind, code, hint, exitCode } =
    error instanceof AdminError ? error : { kind: 'failed', code: null, hint: null, exitCode: 1 }
  if (json) terminal.out(`${jsonText({ done: false, what: message, kind, code, next: hint })}\n`)
  // A name that a client gave may stand in it.
  else terminal.err(visibleLines(`tandemmq ${call}: ${message}\n${hint === null ? '' : `  next: ${hint}\n`}`))
  return exitCode
}
