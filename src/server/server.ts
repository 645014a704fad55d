/**
 * The server makes a running node out of a configuration: an active that serves, or a passive that follows.
 *
 *   config ─► security ─► node ─► lock ─► HTTP (lives, is not ready) ─► store (meta file, journal, state)
 *                           │ pair's host: events ─► core ─► effects
 *                           ├─ leads: service = broker + listeners + what comes round
 *                           └─ follows: follower = the same records, applied when both nodes have them
 *
 * Read: server (start) · check (what a start would refuse, without one) · node (what the core's effects do here) · occupy
 * (the data directory, taken; network-disk, disk-limits) · node-store (what lies in it; recovery-progress, disk-speed) ·
 * service (create-service, create-broker, connectors), follower · protection and policies (who may come in and under which keys, what governs destinations, and a reload of both) ·
 * drain and close (an orderly end) · twin-links (who may attach, whom we dial, copies) · management, web, serve-http and
 * audit (for HTTP) · options and pair-settings (which part of the configuration goes where) · disk-watch · rounds (scrub) · log (log-format,
 * log-fold, log-file) · state-dump.
 * Promises: no connector opens before recovery is complete and everything that protects is in force (semantics LC-01).
 * Refuses: to go on after the disk failed. Nothing is acknowledged any more, and `stopped` rejects with the reason.
 */
import type { Log } from '../base/log.ts'
import type { Broker, Operations } from '../broker/broker.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { Files } from '../journal/journal.ts'
import type { BeanServer } from '../management/management.ts'
import { openSecurity } from './create-broker.ts'
import { Node } from './node.ts'
import type { Who } from './log.ts'
import type { RecoveredFacts } from './node-store.ts'
import type { PairStatus } from '../pair/pair.ts'
import type { Address } from './connectors.ts'
import type { KeptSetting } from './policies.ts'

export { checkPlace, checkStart, type Skipped } from './check.ts'
export { policiesOf } from './create-broker.ts'
export { duration, size } from './recovery-progress.ts'
export type { RecoveredFacts } from './node-store.ts'
export { LogFile } from './log-file.ts'
export { describeError, LEVELS, LOG_FORMATS, logError, NodeLog, type Level, type LogFormat, type Who } from './log.ts'
export { systemClock } from './clock.ts'
export type { Address } from './connectors.ts'
export type { KeptSetting } from './policies.ts'

export interface ServerOptions {
  readonly log: Log
  /** `-D` properties and the environment, for what is read after the configuration (login.config, ENC values). */
  readonly properties: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** For the HTTP interface. */
  readonly version?: string
  /** Gives up waiting for the data directory's lock. */
  readonly signal?: AbortSignal
  /** ms that a stop may take; 30 seconds without it. */
  readonly stopTimeoutMs?: number
  /** Hears how far a long recovery is. */
  readonly onProgress?: (text: string) => void
  /** Gets what says, at any time, whose lines these are (management C-13). */
  readonly identify?: (who: () => Who) => void
  /** The disk, unless a test brings its own. */
  readonly files?: Files
}

/** What a reload came to. */
export interface Reloaded {
  /** Sentences about what is different now; none: nothing is. */
  readonly changes: readonly string[]
  /** Connections that were ended, because what they may has changed. */
  readonly ended: number
  /** What destinations that exist keep until a restart. */
  readonly kept: readonly KeptSetting[]
}

export interface RunningBroker {
  /** Where it serves; none while it is a passive. A connector that an administrator stopped is not among them. */
  readonly addresses: readonly Address[]
  /** Clients are let in. */
  readonly serving: boolean
  readonly brokerName: string
  /** Of the pair; a broker without a twin is an active that is alone. */
  readonly pair: PairStatus
  /** `host:port` of the HTTP interface; null: there is none. */
  readonly http: string | null
  /** What the start found in the data directory; null until then. */
  readonly recovered: RecoveredFacts | null
  /**
   * Users, groups, access rules, certificates and destination policies as this configuration says, and as the files that it
   * names are now; all else of it is passed over. Throws AUTH_…, TLS_… or DECRYPT_…, and nothing has changed then.
   */
  reload(config: BrokerConfig): Reloaded
  /** What it is and holds right now, for a person: counts and limits, no message. */
  state(): readonly string[]
  /** Ends it: clients get the answers to what was read from them. Resolves when everything is closed. Whether all of it reached the disk, `stopped` says. Idempotent. */
  stop(): Promise<void>
  /** Resolves after `stop`, or when the pair's policy ends this node; rejects when the disk failed. */
  readonly stopped: Promise<void>
  /** Throws PAIR_PASSIVE while it is a passive. */
  readonly broker: Broker
  /** What an administrator does to destinations; throws as `broker` does. */
  readonly operations: Operations
  /** What it shows and does in the form of MBeans. */
  readonly beans: BeanServer
}

/** Starts a node, alone or of a pair. Rejects with a TandemError that says what is wrong, where, and what to do. */
export async function startServer(config: BrokerConfig, options: ServerOptions): Promise<RunningBroker> {
  return new Node(config, options, openSecurity(config, options)).start()
}
