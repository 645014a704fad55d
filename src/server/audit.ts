import { join } from 'node:path'
import type { Log } from '../base/log.ts'
import type { Deed } from '../management/management.ts'
import { LogFile } from './log-file.ts'

/** As ActiveMQ's log4j rolls its files. */
const BYTES_MAX = 1 << 20
const KEPT = 5

/**
 * The record of who asked for what over HTTP (management D-01): what changes something is a line of the log; every
 * operation is also a line of `audit.log` in the data directory with `-Dorg.apache.activemq.audit=true|entry|exit|all`.
 */
export class Audit {
  readonly #log: Log
  readonly #file: LogFile | null

  constructor(log: Log, setting: string | undefined, dataDirectory: string) {
    this.#log = log
    const wanted = ['true', 'entry', 'exit', 'all'].includes(setting?.toLowerCase() ?? '')
    const path = join(dataDirectory, 'audit.log')
    const otherwise = (lines: string): void => log.warn(lines.trimEnd(), { code: 'MANAGEMENT_CALL' })
    this.#file = wanted ? new LogFile({ path, bytesMax: BYTES_MAX, kept: KEPT, otherwise }) : null
  }

  record({ caller, what, on, parameters, reads }: Deed): void {
    const { user, from } = caller
    const requested = `${user ?? 'anonymous'} requested ${what} [${parameters.join(', ')}] on ${on} from ${from}`
    // The name of a bean is that of a destination, which may hold a newline.
    const sentence = requested.replace(/[\p{Cc}\u2028\u2029]/gu, '?')
    if (!reads) this.#log.info(sentence, { code: 'MANAGEMENT_CALL', ...(user !== null && { user }) })
    this.#file?.write(`${new Date().toISOString()} | INFO | ${sentence} at ${new Date().toString()}\n`)
  }

  close(): void {
    this.#file?.close()
  }
}
