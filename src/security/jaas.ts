import { TandemError } from '../base/errors.ts'
import type { Position } from '../base/errors.ts'
import type { Credentials, SecurityHost } from './identity.ts'
import { type ControlFlag, readLoginConfig } from './login-config.ts'
import { createLoginModule, type LoginModule } from './login-modules.ts'
import type { PropertiesFileOptions } from './properties-file.ts'

/** What a realm decides: the principals of all modules that succeeded, or why it failed. */
export type RealmAnswer =
  | { readonly user: string; readonly groups: readonly string[]; readonly guest?: true }
  | { readonly failure: string }
export interface Realm {
  judge(credentials: Credentials): RealmAnswer
  /** What its modules know of each user now; secrets among it. */
  known(): Iterable<readonly [string, readonly string[]]>
  /** Which modules are asked, and how: all that is not about single users. */
  readonly shape: string
}

/** What a realm is asked about; a module that judges the other thing could only ever fail and is refused. */
export type RealmKind = 'password' | 'certificate'

/**
 * Builds one entry of a login configuration, all its files read once. As in JAAS the entry `other` serves a realm that
 * has none of its own. Throws `TandemError` when the entry cannot be honoured to the letter.
 */
export function loadRealm(
  options: { readonly loginConfig: string; readonly realm: string; readonly at?: Position },
  kind: RealmKind,
  host: SecurityHost,
): Realm {
  const config = readLoginConfig(options.loginConfig, host)
  const entry = config.get(options.realm) ?? config.get('other')
  if (entry === undefined || entry.length === 0) {
    const names = [...config.keys()].join(', ')
    throw new TandemError('AUTH_REALM_MISSING', `${options.loginConfig} has no entry "${options.realm}"`, {
      hint: names === '' ? 'The file has no entries.' : `It has: ${names}.`,
      ...(options.at === undefined ? {} : { position: options.at }),
    })
  }
  // SE-07: when two modules use one file, the options of the first hold.
  const files = new Map<string, PropertiesFileOptions>()
  const modules = entry.map(module => ({
    flag: module.flag,
    login: createLoginModule(module, { kind, loginConfig: options.loginConfig, files, host }),
  }))
  return {
    judge: credentials => judge(modules, credentials),
    known: () => modules.flatMap(({ login }) => [...login.known()]),
    shape: JSON.stringify(entry.map(({ className, flag, options: given }) => [className, flag, ...given])),
  }
}

/**
 * JAAS's two phases in one: nothing is granted before the end of the list is reached or a sufficient module stops it.
 *
 *   required     must succeed; the rest is asked in any case
 *   requisite    must succeed, or it is over at once
 *   sufficient   success ends it, unless a required one failed before; failure is no harm
 *   optional     counts only when nothing else succeeded
 */
function judge(
  modules: readonly { readonly flag: ControlFlag; readonly login: LoginModule }[],
  credentials: Credentials,
): RealmAnswer {
  let user: string | undefined
  let proved = false
  const groups = new Set<string>()
  let requiredFailure: string | undefined
  let failure: string | undefined
  for (const { flag, login } of modules) {
    const outcome = login.login(credentials)
    if (outcome === 'ignored') continue
    if ('failure' in outcome) {
      if (flag === 'requisite') return { failure: requiredFailure ?? outcome.failure }
      if (flag === 'required') requiredFailure ??= outcome.failure
      else failure ??= outcome.failure
      continue
    }
    user ??= outcome.user
    proved ||= outcome.guest !== true
    for (const group of outcome.groups) groups.add(group)
    if (flag === 'sufficient' && requiredFailure === undefined) break
  }
  if (requiredFailure !== undefined) return { failure: requiredFailure }
  if (user === undefined) return { failure: failure ?? 'Login Failure: all modules ignored' }
  return { user, groups: [...groups], ...(!proved && { guest: true }) }
}
