import { destinationUri, type DestinationName } from '../base/destination.ts'
import { PAIR_LOGIN, type Identity, type ReplicationPort } from '../session/session.ts'

/** Does somebody come as the pair itself? */
export const isTwinLogin = (replication: ReplicationPort | null, login: string | undefined): login is string =>
  replication !== null && login !== undefined && login.startsWith(PAIR_LOGIN)

/** The pair's own login: its identity, or the text of the refusal; null when it is somebody else's to judge. */
export function twinLogin(
  replication: ReplicationPort | null,
  login: string | undefined,
  passcode: string | undefined,
): Identity | string | null {
  if (replication === null || !isTwinLogin(replication, login)) return null
  // A wrong secret is not passed on: a broker without authentication would let it in under the pair's name.
  if (!replication.pairLogin(login, passcode ?? '')) return `User name [${login}] or password is invalid.`
  return { user: login, groups: [], anonymous: false, authenticated: true, twin: true }
}

export const twinRefusal = (identity: Identity, at: DestinationName): string =>
  `User ${identity.user ?? 'null'} is the pair's own login and is not authorized for: ${destinationUri(at)}`
