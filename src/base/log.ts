import type { Code } from './codes.ts'
import type { EventCode } from './event-codes.ts'
import type { Position } from './errors.ts'

/** What a line is about, for whoever filters and counts lines. No secret and no body of a message belongs here. */
export interface About {
  /** Stable; `tandemmq explain CODE` says what it means. */
  readonly code?: Code | EventCode
  /** The client id that a connection gave. */
  readonly client?: string
  readonly user?: string
  /** `tcp://address:port` of the other end. */
  readonly remote?: string
  readonly connector?: string
  readonly destination?: string
  /** How long it took. */
  readonly ms?: number
  /** Where in the user's file. */
  readonly at?: Position
  /** The next step, as one sentence. */
  readonly hint?: string
  /** What ActiveMQ says at this point, for those who search its log (management D-01). */
  readonly classic?: string
}

/** Where sentences for the operator go. Implementations decide on format and destination; no secret may reach it. */
export interface Log {
  debug(text: string, about?: About): void
  info(text: string, about?: About): void
  warn(text: string, about?: About): void
  error(text: string, about?: About): void
}

/** A log that keeps quiet, for tests and embedding. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
