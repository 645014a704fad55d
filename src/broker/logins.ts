import type { Identity, LoginPort, ReplicationPort, Session } from '../session/session.ts'
import type { BrokerOptions } from './options.ts'
import { isTwinLogin, twinLogin } from './twin-login.ts'

/** Who comes in: the pair's own login is judged by the pair, all others by whoever knows the users. */
export class Logins implements LoginPort {
  readonly #owner: { readonly replication: ReplicationPort | null }
  readonly #options: Pick<BrokerOptions, 'authenticate' | 'loginWait'>

  constructor(
    owner: { readonly replication: ReplicationPort | null },
    options: Pick<BrokerOptions, 'authenticate' | 'loginWait'>,
  ) {
    this.#owner = owner
    this.#options = options
  }

  /** The pair's own login never waits: nobody can guess its secret, and strangers must not keep the twin away. */
  waitOf(session: Session, login: string | undefined, passcode: string | undefined): number {
    return isTwinLogin(this.#owner.replication, login) ? 0 : this.#options.loginWait(session, login, passcode)
  }

  judge(session: Session, login: string | undefined, passcode: string | undefined): Identity | string {
    const twin = twinLogin(this.#owner.replication, login, passcode)
    return twin ?? this.#options.authenticate(session, login, passcode)
  }
}
