import { readFileSync, statSync } from 'node:fs'
import { TandemError, messageOf } from '../base/errors.ts'
import { failureOf } from './file.ts'
import type { SecurityHost } from './identity.ts'
import { decryptJasypt } from './jasypt.ts'
import { parseJavaProperties } from '../base/java-properties.ts'

/** How a login module reads its files (SE-05). */
export interface PropertiesFileOptions {
  /** Look at each login whether the file has changed. */
  readonly reload: boolean
  /** Decrypt values written as `ENC(…)`. */
  readonly decrypt: boolean
  readonly algorithm: string
}

/**
 * A view of a properties file, made anew when the file has changed.
 *
 * The first read happens at once and throws AUTH_FILE_…, DECRYPT_…: that stops the start. Later a file that has become
 * unreadable or wrong admits nobody (the view of an empty file) until it is repaired, and says so in the log; one that
 * is missing for the moment keeps its last content. Both are what ActiveMQ does.
 */
export function watchedFile<View>(
  path: string,
  options: PropertiesFileOptions,
  host: SecurityHost,
  view: (properties: ReadonlyMap<string, string>) => View,
): () => View {
  let seen = stamp(path)
  let current = view(read(path, options, host))
  if (!options.reload) return () => current
  return () => {
    let now: string
    try {
      now = stamp(path)
    } catch {
      return current
    }
    if (now === seen) return current
    seen = now
    try {
      current = view(read(path, options, host))
      host.log.info(`${path} has changed and was read again`, { code: 'SECURITY_FILE' })
    } catch (error) {
      current = view(new Map())
      host.log.error(`${path} has changed and cannot be used, so nobody in it can log in: ${messageOf(error)}`, {
        code: 'SECURITY_FILE',
      })
    }
    return current
  }
}

/** Identity of one state of a file. Any change counts, not only a newer time, so that a restored backup is seen too. */
function stamp(path: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true })
    return `${ino} ${size} ${mtimeNs}`
  } catch (error) {
    throw new TandemError('AUTH_FILE_UNREADABLE', `${path} cannot be read: ${failureOf(error)}`)
  }
}

function read(path: string, options: PropertiesFileOptions, host: SecurityHost): Map<string, string> {
  let text: string
  try {
    text = readFileSync(path, 'latin1')
  } catch (error) {
    throw new TandemError('AUTH_FILE_UNREADABLE', `${path} cannot be read: ${failureOf(error)}`)
  }
  let properties: Map<string, string>
  try {
    properties = parseJavaProperties(text)
  } catch (error) {
    throw new TandemError('AUTH_FILE_INVALID', `${path}: ${messageOf(error)}`)
  }
  for (const [key, value] of properties) {
    const encrypted = /^\s*ENC\(([^]*)\)\s*$/.exec(value)?.[1]
    if (encrypted !== undefined) properties.set(key, decrypted(path, key, encrypted, options, host))
  }
  return properties
}

/** An `ENC(…)` text must never serve as the password itself (config 1.5). */
function decrypted(
  path: string,
  key: string,
  encrypted: string,
  options: PropertiesFileOptions,
  host: SecurityHost,
): string {
  if (!options.decrypt) {
    throw new TandemError(
      'AUTH_FILE_INVALID',
      `${path}: "${key}" is encrypted, but its login module does not decrypt`,
      {
        hint: 'Add decrypt=true to the login module.',
      },
    )
  }
  const password = host.environment['ACTIVEMQ_ENCRYPTION_PASSWORD']
  if (password === undefined || password === '') {
    throw new TandemError('DECRYPT_FAILED', `${path}: "${key}" is encrypted, and there is no password to decrypt it`, {
      hint: 'Set the environment variable ACTIVEMQ_ENCRYPTION_PASSWORD.',
    })
  }
  try {
    return decryptJasypt(options.algorithm, password, encrypted)
  } catch (error) {
    if (!(error instanceof TandemError)) throw error
    const detail = error.hint === undefined ? {} : { hint: error.hint }
    throw new TandemError(error.code, `${path}: "${key}": ${error.message}`, detail)
  }
}
