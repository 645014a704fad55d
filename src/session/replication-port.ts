import type { PairLink, PairLinkEvents } from '../pair/pair.ts'
import type { Identity } from './core.ts'

/** What the pair is to the sessions: who may attach as the twin, and what becomes of its link (replication rule 10, G1). */
export interface ReplicationPort {
  /** Why this identity may not have the journal, as the client is told it; null: it holds the right `replicator`. */
  refusal(identity: Identity): string | null
  /** Is it the pair's own login, `tandemmq-pair/<pairId>` with the pair's secret? Takes the same time whatever is wrong. */
  pairLogin(login: string, passcode: string): boolean
  /**
   * A connection subscribed to the journal. It is `link` from now on; what comes in goes to the answered events, never
   * before this returns. Sending and closing are allowed at once. `subscription` is the id of its SUBSCRIBE.
   */
  attach(link: PairLink, identity: Identity, subscription: string): PairLinkEvents
}

/** Logins that begin so are the pair's own: they are never asked of an authentication plugin while a pair is served. */
export const PAIR_LOGIN = 'tandemmq-pair/'
