import type { DestinationName } from '../base/destination.ts'
import type { Log } from '../base/log.ts'
import type { BeanHost } from '../beans/beans.ts'
import type { Broker } from '../broker/broker.ts'
import type { BrokerConfig } from '../config/config.ts'
import { policyFor, type DestinationPolicy, type PolicyEntry } from '../destination/destination.ts'
import type { Journal } from '../journal/journal.ts'
import type { PairStatus } from '../pair/pair.ts'
import { isRefusal } from '../security/security.ts'
import type { DurableState } from '../store/store.ts'
import { policiesOf, type Security } from './create-broker.ts'
import type { ManagedNode } from './management.ts'
import type { ServerOptions } from './server.ts'
import type { Service } from './service.ts'

/** The node, as its beans need it. */
export class Showing implements BeanHost {
  readonly config: BrokerConfig
  readonly version: string
  readonly log: Log
  readonly startedAt: number = Date.now()
  readonly #security: Security
  readonly #node: ManagedNode
  readonly #policies: readonly PolicyEntry[]
  readonly #defaultPolicy: PolicyEntry | null

  constructor(config: BrokerConfig, { log, version }: ServerOptions, security: Security, node: ManagedNode) {
    this.config = config
    this.version = version ?? ''
    this.log = log
    this.#security = security
    this.#node = node
    const { policies, defaultPolicy } = policiesOf(config)
    this.#policies = policies
    this.#defaultPolicy = defaultPolicy
  }

  get broker(): Broker | null {
    return this.#node.service?.broker ?? null
  }

  get listeners(): Service['listeners'] {
    return this.#node.service?.listeners ?? []
  }

  get serving(): boolean {
    return this.#node.serving
  }

  get journal(): Journal {
    return this.#node.store.opened.journal
  }

  get state(): DurableState {
    return this.#node.store.opened.state
  }

  get pair(): PairStatus {
    return this.#node.pair
  }

  now(): number {
    return Date.now()
  }

  policyOf(at: DestinationName): DestinationPolicy {
    return policyFor(this.#policies, this.#defaultPolicy, at)
  }

  refusalOfSender(login: string, passcode: string, at: DestinationName): string | null {
    const { authenticator, authorizer } = this.#security
    const identity = authenticator.authenticate({ login, passcode, certificateDn: undefined, tls: false })
    if (isRefusal(identity)) return identity.message
    return authorizer.may(identity, 'write', at) ? null : authorizer.refusal(identity, 'write', at)
  }

  stop(): void {
    // Whoever asked for it is answered before.
    setImmediate(() => void this.#node.stop())
  }
}
