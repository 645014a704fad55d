import { DestinationKind } from '../base/destination.ts'
import type { AuthenticationOptions } from './authenticator.ts'
import type { AuthorizationOptions } from './authorizer.ts'
import type { Identity } from './identity.ts'
import { sameSecret } from './secret.ts'

export interface ReplicatorOptions {
  readonly authentication: AuthenticationOptions | null
  readonly authorization: AuthorizationOptions | null
  /** `-Dtandemmq.pair.replicators=user,…,group:name,…`; undefined or null when it is not set. */
  readonly replicators?: string | null | undefined
}

/** Who may have the journal. */
export interface ReplicatorRight {
  /** Why this identity may not, as it is told; null: it may. */
  refusal(identity: Identity): string | null
  /** What the operator must know at the start: doors that stand open because of what is configured. */
  readonly warnings: readonly string[]
}

const SETTING = '-Dtandemmq.pair.replicators=user,…,group:name,…'
type Rule = (identity: Identity) => boolean

/**
 * The right `replicator` (replication.md rule 10, G1): the named users and groups; when none are named, whoever has admin
 * on both `queue >` and `topic >` by an authorizationEntry for exactly that; without an authorization plugin whoever is
 * authenticated; without an authentication plugin anyone. Where authentication is configured nobody without a proved
 * name has it. A grant of read or write never counts, however wide.
 */
export function createReplicatorRight(options: ReplicatorOptions): ReplicatorRight {
  const { authorization, replicators } = options
  const proves = options.authentication !== null && options.authentication.kind !== 'none'
  const warnings: string[] = []
  const rule = ruleOf(replicators ?? null, authorization, proves, warnings)
  return {
    warnings,
    refusal(identity): string | null {
      const proved = !proves || (identity.authenticated && !identity.anonymous && identity.guest !== true)
      if (proved && rule(identity)) return null
      return `User ${identity.user ?? 'null'} is not authorized to replicate: it needs the right "replicator", which ${SETTING} gives`
    },
  }
}

function ruleOf(
  replicators: string | null,
  authorization: AuthorizationOptions | null,
  proves: boolean,
  warnings: string[],
): Rule {
  if (replicators !== null) {
    if (!proves) warnings.push(`without an authentication plugin anyone can take the name of a replicator (${SETTING})`)
    return named(replicators)
  }
  if (authorization !== null) {
    if (!proves) warnings.push('authorization without an authentication plugin: nobody holds the right "replicator"')
    return identity => identity.authenticated && administers(identity, authorization)
  }
  warnings.push(
    proves
      ? `without an authorization plugin every authenticated user may copy the whole journal; name those who may: ${SETTING}`
      : `without an authentication plugin anyone who reaches a connector may copy the whole journal; add one, or restrict who can connect`,
  )
  return () => true
}

function named(replicators: string): Rule {
  const names = replicators.split(',').flatMap(part => (part.trim() === '' ? [] : [part.trim()]))
  const groups = names.flatMap(name => (name.startsWith('group:') ? [name.slice('group:'.length).trim()] : []))
  const users = names.flatMap(name => (name.startsWith('group:') ? [] : [name.replace(/^user:/, '').trim()]))
  return ({ user, groups: held }) => (user !== null && users.includes(user)) || held.some(group => groups.includes(group))
}

/** Admin by an entry whose destination is `>` itself, for queues and for topics. */
function administers({ groups }: Identity, { entries }: AuthorizationOptions): boolean {
  const on = (kind: DestinationKind): boolean =>
    entries.some(
      ({ destination, admin }) =>
        destination.kind === kind &&
        destination.name.split(',').some(name => name.trim() === '>') &&
        groups.length > 0 &&
        admin.some(role => role === '*' || groups.includes(role)),
    )
  return on(DestinationKind.queue) && on(DestinationKind.topic)
}

/**
 * Is it the pair's own login, `tandemmq-pair/<pairId>` with the pair's secret? Null: this node is in no pair yet. The time
 * it takes tells nothing about the secret.
 */
export function isPairLogin(
  pair: { readonly pairId: string | null; readonly secret: string | null } | null,
  login: string,
  passcode: string,
): boolean {
  const known = pair?.pairId != null && pair.secret != null && pair.secret !== ''
  const right = sameSecret(known ? (pair.secret ?? undefined) : undefined, passcode)
  return right && known && login === `tandemmq-pair/${pair.pairId}`
}
