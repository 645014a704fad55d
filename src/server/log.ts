import { formatPosition, messageOf, TandemError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'

/** Lines for stderr: time, level, sentence. */
export function textLog(write: (line: string) => void, debug: boolean): Log {
  const line = (level: string, text: string): void => write(`${new Date().toISOString()} ${level} ${text}\n`)
  return {
    debug: text => {
      if (debug) line('DEBUG', text)
    },
    info: text => line('INFO ', text),
    warn: text => line('WARN ', text),
    error: text => line('ERROR', text),
  }
}

/** An error for a person: code, place, sentence, next step. Never a stack. */
export function describeError(error: unknown): string {
  if (!(error instanceof TandemError)) return messageOf(error)
  const place = error.position === undefined ? '' : `${formatPosition(error.position)}: `
  const hint = error.hint === undefined ? '' : `\n  ${error.hint}`
  return `${place}${error.message} [${error.code}]${hint}`
}
