import type { Code } from './codes.ts'

/** A place in a configuration file; line and column count from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

export interface ErrorDetail {
  readonly cause?: unknown
  /** Where in the user's file, when there is such a place. */
  readonly position?: Position
  /** What to do next, as one sentence. */
  readonly hint?: string
}

/** The one error class: a stable code from the catalogue, a sentence, and where possible a place and a next step. */
export class TandemError extends Error {
  override readonly name = 'TandemError'
  readonly code: Code
  readonly position: Position | undefined
  readonly hint: string | undefined

  constructor(code: Code, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.code = code
    this.position = detail.position
    this.hint = detail.hint
  }
}

/** `file:line:column`, as editors and terminals understand it. */
export const formatPosition = (at: Position): string => `${at.file}:${at.line}:${at.column}`

/** The text of any thrown value, without its stack. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))
