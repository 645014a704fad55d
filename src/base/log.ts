/** Where sentences for the operator go. Implementations decide on format and destination; no secret may reach it. */
export interface Log {
  debug(text: string): void
  info(text: string): void
  warn(text: string): void
  error(text: string): void
}

/** A log that keeps quiet, for tests and embedding. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
