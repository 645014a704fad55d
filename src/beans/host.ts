import type { CertificateEnd } from '../base/certificate-end.ts'
import type { DestinationName } from '../base/destination.ts'
import type { Histogram } from '../base/histogram.ts'
import type { Log } from '../base/log.ts'
import type { Compared, PairView } from '../base/pair-view.ts'
import type { ScrubView } from '../base/scrub-view.ts'
import type { Broker } from '../broker/broker.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { DestinationPolicy } from '../destination/destination.ts'
import type { Journal } from '../journal/journal.ts'
import type { Session } from '../session/session.ts'
import type { DurableState } from '../store/store.ts'

/** What the beans ask of the node that they show. All of it is of now: a take-over changes everything but the names. */
export interface BeanHost {
  readonly config: BrokerConfig
  readonly version: string
  readonly log: Log
  /** Null: this node is a passive, or is starting. */
  readonly broker: Broker | null
  /** Clients are let in. */
  readonly serving: boolean
  /** The store is open: recovery is over. Before, `journal` and `state` throw a BeanError. */
  readonly isOpen: boolean
  readonly journal: Journal
  readonly state: DurableState
  readonly pair: PairView
  /** How long syncs of the journal took, seconds. */
  readonly syncSeconds: Histogram
  readonly scrub: ScrubView
  /** Connectors that let clients in. */
  readonly listeners: readonly OpenConnector[]
  /** ms since 1970 at which this node began to start. */
  readonly startedAt: number
  /** Logins that failed, and that had to wait because somebody guesses passwords, by how they came (`stomp`, `http`). */
  readonly failedLogins: Readonly<Record<string, number>>
  readonly delayedLogins: Readonly<Record<string, number>>
  /** The certificates that this node shows. */
  readonly certificates: readonly CertificateEnd[]
  now(): number
  /** Free bytes of the disk that holds the store; null: not known. */
  freeBytes(): number | null
  /** For destinations that have no broker: those of a passive. */
  policyOf(at: DestinationName): DestinationPolicy
  /** May this login send there? The refusal, or null; late where somebody guesses passwords. */
  refusalOfSender(login: string, passcode: string, at: DestinationName): Promise<string | null>
  /** An administrator opens a connector that is stopped, or stops one. Rejects TRANSPORT_BIND. */
  startConnector(name: string): Promise<void>
  stopConnector(name: string): Promise<void>
  /** Ends the node, as a signal would; with a hand-over where that is configured. */
  stop(): void
  /** This node shall lead, or the passive shall; why not, or null. */
  promote(): Promise<string | null>
  /** Compares both copies of the pair; why it cannot, as a sentence. Never rejects. */
  verify(): Promise<Compared | string>
  handover(): Promise<string | null>
}

export interface OpenConnector {
  readonly options: { readonly name: string; readonly scheme: string }
  readonly address: { readonly address: string; readonly port: number }
  readonly connections: ReadonlySet<{ readonly session: Session }>
  /** Connections that were one too many. */
  readonly turnedAway: number
}
