import type { DestinationName } from '../base/destination.ts'
import type { Histogram } from '../base/histogram.ts'
import type { Log } from '../base/log.ts'
import type { Compared, PairView } from '../base/pair-view.ts'
import type { ScrubView } from '../base/scrub-view.ts'
import type { BeanHost } from '../beans/beans.ts'
import type { Broker, OpenedStore } from '../broker/broker.ts'
import type { BrokerConfig } from '../config/config.ts'
import { policyFor, type DestinationPolicy } from '../destination/destination.ts'
import type { Journal } from '../journal/journal.ts'
import { BeanError } from '../management/management.ts'
import { isRefusal } from '../security/security.ts'
import type { DurableState } from '../store/store.ts'
import { policiesOf, type Security } from './create-broker.ts'
import { diskOf } from './disk-limits.ts'
import { SenderLogins } from './logins.ts'
import type { Outcome } from '../http/http.ts'
import type { ManagedNode } from './management.ts'
import type { ServerOptions } from './server.ts'
import type { Connectors } from './connectors.ts'

/** Who changes which node leads. */
interface Leading {
  pair(): PairView
  promote(force: boolean): Promise<Outcome>
  handover(): Promise<Outcome>
  verify(): Promise<Compared | string>
}

/** The node, as its beans need it. */
export class Showing implements BeanHost {
  config: BrokerConfig
  readonly version: string
  readonly log: Log
  readonly startedAt: number = Date.now()
  readonly #security: Security
  readonly #node: ManagedNode
  readonly #pair: Leading
  readonly #senders: SenderLogins
  #policies: ReturnType<typeof policiesOf>

  constructor(
    config: BrokerConfig,
    { log, version }: ServerOptions,
    security: Security,
    node: ManagedNode,
    pair: Leading,
  ) {
    this.config = config
    this.version = version ?? ''
    this.log = log
    this.#security = security
    this.#node = node
    this.#pair = pair
    this.#senders = new SenderLogins(security.guard, log)
    this.#policies = policiesOf(config)
  }

  /** A reload has put other policies in force. */
  renew(config: BrokerConfig): void {
    this.config = config
    this.#policies = policiesOf(config)
  }

  get broker(): Broker | null {
    return this.#node.service?.broker ?? null
  }

  get listeners(): Connectors['listeners'] {
    return this.#node.service?.connectors.listeners ?? []
  }

  get serving(): boolean {
    return this.#node.serving
  }

  get isOpen(): boolean {
    return this.#node.starting === null
  }

  get journal(): Journal {
    return this.#opened.journal
  }

  get state(): DurableState {
    return this.#opened.state
  }

  get syncSeconds(): Histogram {
    return this.#node.store.syncSeconds
  }

  get scrub(): ScrubView {
    return this.#node.store.scrubbed
  }

  get #opened(): OpenedStore {
    if (!this.isOpen) throw new BeanError('java.lang.IllegalStateException', 'Broker is not yet started.')
    return this.#node.store.opened
  }

  get pair(): PairView {
    return this.#pair.pair()
  }

  get failedLogins(): Readonly<Record<string, number>> {
    return this.#security.guard.failed
  }

  get delayedLogins(): Readonly<Record<string, number>> {
    return this.#security.guard.delayed
  }

  get certificates(): BeanHost['certificates'] {
    return this.#security.certificates
  }

  now(): number {
    return Date.now()
  }

  freeBytes(): number | null {
    return diskOf(this.config.store.directory)?.free ?? null
  }

  policyOf(at: DestinationName): DestinationPolicy {
    return policyFor(this.#policies.policies, this.#policies.defaultPolicy, at)
  }

  async refusalOfSender(login: string, passcode: string, at: DestinationName): Promise<string | null> {
    const identity = await this.#senders.judged(login, passcode, () => {
      const { authenticator } = this.#security
      const answer = authenticator.authenticate({ login, passcode, certificateDn: undefined, tls: false })
      return isRefusal(answer) ? answer.message : answer
    })
    if (typeof identity === 'string') return identity
    const { authorizer } = this.#security
    return authorizer.may(identity, 'write', at) ? null : authorizer.refusal(identity, 'write', at)
  }

  promote(): Promise<string | null> {
    return refusalIn(this.#pair.promote(false))
  }

  verify(): Promise<Compared | string> {
    return this.#pair.verify()
  }

  handover(): Promise<string | null> {
    return refusalIn(this.#pair.handover())
  }

  async startConnector(name: string): Promise<void> {
    await this.#node.service?.connectors.start(name)
  }

  async stopConnector(name: string): Promise<void> {
    await this.#node.service?.connectors.stop(name)
  }

  stop(): void {
    // Whoever asked for it is answered before.
    setImmediate(() => void this.#node.stop())
  }
}

async function refusalIn(outcome: Promise<Outcome>): Promise<string | null> {
  const settled = await outcome
  return settled.accepted ? null : settled.message
}
