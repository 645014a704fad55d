import type { DestinationName } from '../base/destination.ts'
import type { Log } from '../base/log.ts'
import type { PolicyEntry } from '../destination/destination.ts'
import type { Action, Identity, Session } from '../session/session.ts'
import type { SpaceLimits } from './space.ts'

export interface BrokerOptions {
  readonly brokerName: string
  readonly serverName: string
  readonly stampUserId: boolean
  readonly pathSeparator: string | null
  readonly schedulerSupport: boolean
  readonly space: SpaceLimits
  readonly policies: readonly PolicyEntry[]
  readonly defaultPolicy: PolicyEntry | null
  /** `ID:<host>-<port>-<millis>-<n>`: the stem of connection ids. */
  readonly idStem: string
  readonly log: Log
  /** Wall clock, ms. */
  readonly now: () => number
  /** Runs soon, after the sockets that are ready have been read. */
  readonly defer: (run: () => void) => void
  readonly authenticate: (
    session: Session,
    login: string | undefined,
    passcode: string | undefined,
  ) => Identity | string
  readonly refusal: (identity: Identity, action: Action, at: DestinationName) => string | null
}
