import { createHash } from 'node:crypto'
import { TandemError, type Position } from '../base/errors.ts'
import { deobfuscate } from '../base/obfuscated.ts'
import type { SecurityHost } from './identity.ts'
import { loadRealm } from './jaas.ts'
import { decryptJasypt } from './jasypt.ts'
import { watchedFile } from './properties-file.ts'
import { sameSecret } from './secret.ts'
import { unixCrypt } from './unix-crypt.ts'

/** How jetty.xml lets people in: a realm of its own, or an entry of login.config (management W-05). */
export type WebLoginOptions =
  | { readonly kind: 'realm'; readonly file: string; readonly reload: boolean; readonly at?: Position }
  | { readonly kind: 'jaas'; readonly loginConfig: string; readonly realm: string; readonly at?: Position }

/** The roles of a user; null: there is none with this password. */
export type WebLogin = (user: string, password: string) => readonly string[] | null

/** Reads the realm. Throws a TandemError when it cannot be honoured to the letter. */
export function createWebLogin(options: WebLoginOptions, host: SecurityHost): WebLogin {
  if (options.kind === 'jaas') {
    const realm = loadRealm(options, 'password', host)
    return (login, passcode) => {
      const answer = realm.judge({ login, passcode, certificateDn: undefined, tls: false })
      // A guest proved no name, and no administrator ever meant the console for guests.
      return 'failure' in answer || answer.guest === true ? null : answer.groups
    }
  }
  const files = { reload: options.reload, decrypt: true, algorithm: 'PBEWithMD5AndDES' }
  const users = watchedFile(options.file, files, host, properties => usersOf(properties, options.file, host))
  return (name, password) => {
    const user = users().get(name)
    return judge(user, password) && user !== undefined ? user.roles : null
  }
}

interface User {
  /** What the password must be, or become by `by`. */
  readonly secret: string
  readonly by: (password: string) => string
  readonly roles: readonly string[]
}

/** An unknown user costs as much as a known one with a plain password. */
function judge(user: User | undefined, password: string): boolean {
  return sameSecret(user?.secret, user === undefined ? password : user.by(password))
}

/** `name: password[, role …]`; the password plain, or as `OBF:`, `MD5:`, `CRYPT:`, `ENC(…)` (management W-06). */
function usersOf(properties: ReadonlyMap<string, string>, file: string, host: SecurityHost): ReadonlyMap<string, User> {
  const users = new Map<string, User>()
  for (const [name, value] of properties) {
    const [first = '', ...rest] = value.split(',')
    const roles = rest.map(role => role.trim()).filter(role => role !== '')
    users.set(name, { ...secretOf(first.trim(), name, file, host), roles })
  }
  return users
}

const plain = (password: string): string => password
const md5 = (password: string): string => createHash('md5').update(password, 'latin1').digest('hex')

function secretOf(text: string, name: string, file: string, host: SecurityHost): Pick<User, 'secret' | 'by'> {
  if (text.startsWith('OBF:')) {
    const clear = deobfuscate(text.slice(4))
    if (clear === null) throw invalid(file, `the OBF: password of "${name}" cannot be read`)
    return { secret: clear, by: plain }
  }
  if (text.startsWith('MD5:')) {
    const digest = text.slice(4).toLowerCase()
    if (!/^[0-9a-f]{32}$/.test(digest)) throw invalid(file, `the MD5: password of "${name}" has not 32 digits`)
    return { secret: digest, by: md5 }
  }
  if (text.startsWith('CRYPT:')) {
    const crypt = text.slice(6)
    if (!/^[./0-9A-Za-z]{13}$/.test(crypt))
      throw invalid(file, `the CRYPT: password of "${name}" is not of crypt(3)'s first kind`)
    return { secret: crypt, by: password => unixCrypt(password, crypt) }
  }
  const encrypted = /^ENC\((.*)\)$/.exec(text)?.[1]
  if (encrypted === undefined) return { secret: text, by: plain }
  const key = host.environment['ACTIVEMQ_ENCRYPTION_PASSWORD']
  if (key === undefined || key === '')
    throw new TandemError('DECRYPT_FAILED', `${file}: the password of "${name}" is encrypted, without a key to it`, {
      hint: 'Set the environment variable ACTIVEMQ_ENCRYPTION_PASSWORD.',
    })
  return { secret: decryptJasypt('PBEWithMD5AndDES', key, encrypted), by: plain }
}

const invalid = (file: string, message: string): TandemError =>
  new TandemError('AUTH_FILE_INVALID', `${file}: ${message}`, {
    hint: 'Write it plain, or as OBF:, MD5: or CRYPT:; or start with -Dtandemmq.http=off.',
  })
