import { dirname, join, resolve } from 'node:path'
import { TandemError, messageOf } from '../base/errors.ts'
import type { Credentials, SecurityHost } from './identity.ts'
import type { RealmKind } from './jaas.ts'
import { fromJavaRegex } from './java-regex.ts'
import type { ModuleEntry } from './login-config.ts'
import type { Known } from './standing.ts'
import { type PropertiesFileOptions, watchedFile } from './properties-file.ts'
import { sameSecret } from './secret.ts'

/** `ignored`: the module says neither yes nor no. The failure's text is ActiveMQ's. */
export type Outcome =
  | { readonly user: string; readonly groups: readonly string[]; readonly guest?: true }
  | { readonly failure: string }
  | 'ignored'
export interface LoginModule {
  login(credentials: Credentials): Outcome
  /** What it knows of each user now: a secret, or what a certificate must say, then the groups. */
  known(): Known
}

export interface ModuleContext {
  readonly kind: RealmKind
  /** Path of the login configuration: files are relative to its folder unless `baseDir` says otherwise. */
  readonly loginConfig: string
  /** The reading options of every file in this realm (SE-07). */
  readonly files: Map<string, PropertiesFileOptions>
  readonly host: SecurityHost
}

const JAAS = 'org.apache.activemq.jaas'
const FILE_OPTIONS = ['debug', 'reload', 'baseDir', 'decrypt', 'algorithm']

/** Builds one module of a realm; throws AUTH_MODULE_UNSUPPORTED for every class but the three served here. */
export function createLoginModule(entry: ModuleEntry, context: ModuleContext): LoginModule {
  switch (entry.className) {
    case `${JAAS}.PropertiesLoginModule`:
      demand('password', entry, context)
      return propertiesLoginModule(entry, context)
    case `${JAAS}.GuestLoginModule`:
      demand('password', entry, context)
      return guestLoginModule(entry, context)
    case `${JAAS}.TextFileCertificateLoginModule`:
      demand('certificate', entry, context)
      return textFileCertificateLoginModule(entry, context)
    default:
      throw new TandemError('AUTH_MODULE_UNSUPPORTED', `the login module ${entry.className} is not served`, {
        position: entry.at,
        hint: 'Served: PropertiesLoginModule, GuestLoginModule, TextFileCertificateLoginModule of org.apache.activemq.jaas.',
      })
  }
}

/** SE-05, SE-06, SE-07. */
function propertiesLoginModule(entry: ModuleEntry, context: ModuleContext): LoginModule {
  knowOptions(entry, context, [`${JAAS}.properties.user`, `${JAAS}.properties.group`, ...FILE_OPTIONS])
  const users = fileOption(entry, context, `${JAAS}.properties.user`, properties => properties)
  const groups = fileOption(entry, context, `${JAAS}.properties.group`, groupsByUser)
  const known = (): Known => {
    const [passwords, memberships] = [users(), groups()]
    return new Map(Array.from(passwords, ([name, password]) => [name, [password, ...(memberships.get(name) ?? [])]]))
  }
  const judge = ({ login, passcode }: Credentials): Outcome => {
    // Both files are looked at before anything is judged, and both costs are the same for an unknown user.
    const [passwords, memberships] = [users(), groups()]
    const right = sameSecret(passwords.get(login ?? ''), passcode ?? '')
    if (login === undefined) return { failure: 'user name is null' }
    if (!right) return { failure: 'Password does not match' }
    return { user: login, groups: memberships.get(login) ?? [] }
  }
  return { login: judge, known }
}

/** SE-08. `credentialsInvalidate` is off unless set: a guest is then let in with any wrong password. */
function guestLoginModule(entry: ModuleEntry, context: ModuleContext): LoginModule {
  knowOptions(entry, context, [`${JAAS}.guest.user`, `${JAAS}.guest.group`, 'credentialsInvalidate', 'debug'])
  const user = entry.options.get(`${JAAS}.guest.user`) ?? 'guest'
  const groups = [entry.options.get(`${JAAS}.guest.group`) ?? 'guests']
  const onlyWithoutPassword = isTrue(entry, 'credentialsInvalidate')
  return {
    login: ({ passcode }) =>
      onlyWithoutPassword && passcode !== undefined ? 'ignored' : { user, groups, guest: true },
    // Who a guest is stands in the options, which belong to the realm's shape.
    known: () => new Map(),
  }
}

/** SE-09. */
function textFileCertificateLoginModule(entry: ModuleEntry, context: ModuleContext): LoginModule {
  knowOptions(entry, context, [`${JAAS}.textfiledn.user`, `${JAAS}.textfiledn.group`, ...FILE_OPTIONS])
  const users = fileOption(entry, context, `${JAAS}.textfiledn.user`, usersByDn)
  const groups = fileOption(entry, context, `${JAAS}.textfiledn.group`, groupsByUser)
  const known = (): Known => {
    const [names, memberships] = [users(), groups()]
    const exact = Array.from(names.exact, ([dn, user]) => [user, dn] as const)
    const patterns = names.patterns.map(({ user, pattern }) => [user, String(pattern)] as const)
    return new Map([...exact, ...patterns].map(([user, told]) => [user, [told, ...(memberships.get(user) ?? [])]]))
  }
  const judge = ({ certificateDn: dn }: Credentials): Outcome => {
    if (dn === undefined) return { failure: 'Client certificates not found. Cannot authenticate.' }
    const [names, memberships] = [users(), groups()]
    const exact = names.exact.get(dn)
    const matching =
      exact === undefined ? names.patterns.filter(each => each.pattern.test(dn)).map(each => each.user) : [exact]
    if (matching.length > 1) {
      // ActiveMQ takes whichever its hash table yields first. Who someone is must not be left to that.
      context.host.log.error(`refused: certificate ${dn} matches the patterns of ${matching.join(', ')}`, {
        code: 'AUTH_FILE_INVALID',
      })
    }
    const [user] = matching
    if (user === undefined || matching.length > 1) return { failure: `No user for client certificate: ${dn}` }
    return { user, groups: memberships.get(user) ?? [] }
  }
  return { login: judge, known }
}

interface UsersByDn {
  readonly exact: ReadonlyMap<string, string>
  readonly patterns: readonly { readonly user: string; readonly pattern: RegExp }[]
}

/** `user=DN` or `user=/regex/`. Throws AUTH_FILE_INVALID when a DN belongs to two users or a pattern is not served. */
function usersByDn(properties: ReadonlyMap<string, string>): UsersByDn {
  const exact = new Map<string, string>()
  const patterns: { user: string; pattern: RegExp }[] = []
  for (const [user, dn] of properties) {
    if (dn.length > 2 && dn.startsWith('/') && dn.endsWith('/')) {
      try {
        patterns.push({ user, pattern: fromJavaRegex(dn.slice(1, -1)) })
      } catch (error) {
        throw new TandemError('AUTH_FILE_INVALID', `the pattern of user "${user}": ${messageOf(error)}`)
      }
      continue
    }
    const other = exact.get(dn)
    if (other !== undefined) {
      throw new TandemError('AUTH_FILE_INVALID', `"${other}" and "${user}" have the same certificate DN ${dn}`)
    }
    exact.set(dn, user)
  }
  return { exact, patterns }
}

/** `group=user,user`, split at commas and not trimmed: a blank belongs to the name (SE-06). */
function groupsByUser(properties: ReadonlyMap<string, string>): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const [group, members] of properties) {
    for (const member of members.split(',')) {
      if (member === '') continue
      const of = groups.get(member)
      if (of === undefined) groups.set(member, [group])
      else of.push(group)
    }
  }
  return groups
}

function fileOption<View>(
  entry: ModuleEntry,
  { loginConfig, files, host }: ModuleContext,
  name: string,
  view: (properties: ReadonlyMap<string, string>) => View,
): () => View {
  const given = entry.options.get(name)
  if (given === undefined) {
    throw new TandemError('AUTH_OPTION_INVALID', `${entry.className} needs the option ${name}`, { position: entry.at })
  }
  // As in Java, a name with a leading slash is looked for below baseDir too.
  const path = resolve(join(entry.options.get('baseDir') ?? dirname(loginConfig), given))
  const options = files.get(path) ?? {
    reload: isTrue(entry, 'reload'),
    decrypt: isTrue(entry, 'decrypt'),
    algorithm: entry.options.get('algorithm') ?? 'PBEWithMD5AndDES',
  }
  files.set(path, options)
  try {
    return watchedFile(path, options, host, view)
  } catch (error) {
    if (!(error instanceof TandemError)) throw error
    const message = error.message.includes(path) ? error.message : `${path}: ${error.message}`
    const hint = error.hint === undefined ? {} : { hint: error.hint }
    throw new TandemError(error.code, message, { position: entry.at, ...hint })
  }
}

const isTrue = (entry: ModuleEntry, option: string): boolean => entry.options.get(option)?.toLowerCase() === 'true'

function demand(kind: RealmKind, entry: ModuleEntry, context: ModuleContext): void {
  if (kind === context.kind) return
  throw new TandemError('AUTH_MODULE_UNSUPPORTED', `${entry.className} cannot judge a ${context.kind}`, {
    position: entry.at,
    hint:
      context.kind === 'certificate'
        ? 'A realm for certificates consists of TextFileCertificateLoginModule.'
        : 'Use jaasCertificateAuthenticationPlugin or jaasDualAuthenticationPlugin for certificates.',
  })
}

/** ActiveMQ passes over options it does not know. So do we, but not in silence. */
function knowOptions(entry: ModuleEntry, { host }: ModuleContext, known: readonly string[]): void {
  for (const name of entry.options.keys()) {
    if (known.includes(name)) continue
    host.log.warn(`${entry.at.file}:${entry.at.line}: ${entry.className} has no option "${name}"; it has no effect`, {
      code: 'AUTH_OPTION_INVALID',
    })
  }
}
