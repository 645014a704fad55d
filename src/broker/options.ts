import type { DestinationName } from '../base/destination.ts'
import type { Log } from '../base/log.ts'
import type { PolicyEntry, VirtualRule } from '../destination/destination.ts'
import type { Action, Identity, Session, TempPort } from '../session/session.ts'
import type { AdvisoryOptions } from './advisories.ts'
import type { DurableOptions } from './durables.ts'
import type { ConnectorUrl } from './identification.ts'
import type { PluginOptions } from './plugins.ts'
import type { SchedulerOptions } from './scheduler.ts'
import type { SpaceLimits } from './space.ts'

export type { PluginOptions } from './plugins.ts'
export type { SpaceLimits } from './space.ts'

export interface BrokerOptions {
  readonly brokerName: string
  readonly serverName: string
  readonly stampUserId: boolean
  readonly pathSeparator: string | null
  /** Null: none acts on messages. */
  readonly plugins: PluginOptions | null
  /** Null: no schedulerSupport. */
  readonly scheduler: SchedulerOptions | null
  readonly space: SpaceLimits
  /** Where topic backlogs go when memory is short; null: nowhere. */
  readonly temp: TempPort | null
  /** Composites, virtual topics, mirrored queues. */
  readonly virtual: readonly VirtualRule[]
  readonly durables: DurableOptions
  readonly policies: readonly PolicyEntry[]
  readonly defaultPolicy: PolicyEntry | null
  readonly dataDirectory: string
  /** statisticsBrokerPlugin: requests to ActiveMQ.Statistics.* are answered. */
  readonly statistics: boolean
  /** Asked when it is told: a system may have chosen the ports. */
  readonly connectorUrls: () => readonly ConnectorUrl[]
  /** Null: advisorySupport is off. */
  readonly advisories: AdvisoryOptions | null
  /** `ID:<host>-<port>-<millis>-<n>`: the stem of connection ids. */
  readonly idStem: string
  readonly log: Log
  /** Wall clock, ms. */
  readonly now: () => number
  /** Runs soon, after the sockets that are ready have been read. */
  readonly defer: (run: () => void) => void
  /** Runs after so many ms, unless the process ends before. */
  readonly later: (ms: number, run: () => void) => void
  /** ms that this login must wait before `authenticate` may judge it; 0: none. */
  readonly loginWait: (session: Session, login: string | undefined, passcode: string | undefined) => number
  readonly authenticate: (
    session: Session,
    login: string | undefined,
    passcode: string | undefined,
  ) => Identity | string
  /** As `refusal`, for a list that is judged as one (semantics SA-08). */
  readonly refusalOfAll: (identity: Identity, action: Action, names: readonly DestinationName[]) => string | null
  readonly refusal: (identity: Identity, action: Action, at: DestinationName) => string | null
}
