import type { SecureContextOptions } from 'node:tls'
import type { Checksum, PairLink, PairLinkEvents } from '../pair/pair.ts'

export interface DialOptions {
  /** As ActiveMQ writes them: `tcp://host:port`, `failover:(a,b)?…`. Tried in order. */
  readonly uris: readonly string[]
  readonly login?: string | undefined
  readonly passcode?: string | undefined
  /** For `ssl` URIs; null: what the platform trusts, no certificate of our own. */
  readonly tls: SecureContextOptions | null
  /** For each URI: from the first packet to the accepted SUBSCRIBE. */
  readonly connectTimeoutMs: number
  /** CRC-32 of [from, to), continuing from `seed`: the journal's `checksum`. */
  readonly checksum: Checksum
  readonly signal?: AbortSignal | undefined
}

/**
 * refused: every address answered that nobody listens there (its process is dead). unreachable: no answer, or none in time.
 * rejected: somebody answered and will not have us, or the URI, the certificate or the login is wrong: retrying alone will not help.
 */
export type DialWhy = 'refused' | 'unreachable' | 'rejected'

/** `text` is for the log: which address said what. */
export class DialFailure extends Error {
  readonly why: DialWhy
  readonly text: string
  constructor(why: DialWhy, text: string) {
    super(text)
    this.name = 'DialFailure'
    this.why = why
    this.text = text
  }
}

/** A link to the first of the URIs that takes us in. Rejects with a DialFailure. `events` are called after it resolved. */
export function dial(options: DialOptions, events: PairLinkEvents): Promise<PairLink> {
  void events
  return Promise.reject(new DialFailure('unreachable', options.uris.join()))
}

/** refused: all of them refuse, so the process is dead. open: one is accepted. silent: anything else. TCP only. */
export type Probed = 'refused' | 'open' | 'silent'

/** Never rejects. No usable URI is `silent`: it proves nothing. */
export function probe(uris: readonly string[], timeoutMs: number): Promise<Probed> {
  void uris
  void timeoutMs
  return Promise.resolve('silent')
}
