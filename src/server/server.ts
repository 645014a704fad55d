/**
 * The server makes a running broker out of a configuration, and ends it in good order.
 *
 *   config ─► options ─► lock ─► recovery ─► security ─► broker ─► destinations ─► listeners     stop: the other way round
 *
 * Read: server (order of start and stop) · options (which part of the configuration goes to which room) · log.
 * Promises: no port opens before recovery is complete and everything that protects is in force (semantics LC-01).
 * Refuses: to go on after the disk failed. Nothing is acknowledged any more, and `stopped` rejects with the reason.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { TandemError, formatPosition, messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { DurableLsn } from '../base/lsn.ts'
import { Broker, Maintenance, openStore, type OpenedStore } from '../broker/broker.ts'
import type { BrokerConfig } from '../config/config.ts'
import { acquireLock, type DirectoryLock, type Files, type JournalEvents } from '../journal/journal.ts'
import { createAuthenticator, createAuthorizer, isRefusal, type SecurityHost } from '../security/security.ts'
import { Listener } from '../transport/transport.ts'
import { idStem, listenerOptions, policyEntry, storeOptions } from './options.ts'

export { describeError, textLog } from './log.ts'

export interface ServerOptions {
  readonly log: Log
  /** `-D` properties and the environment, for what is read after the configuration (login.config, ENC values). */
  readonly properties: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Gives up waiting for the data directory's lock. */
  readonly signal?: AbortSignal
  /** The disk, unless a test brings its own. */
  readonly files?: Files
}

/** Where a connector listens. */
export interface Address {
  readonly name: string
  readonly scheme: string
  readonly host: string
  readonly port: number
}

export interface RunningBroker {
  readonly addresses: readonly Address[]
  /** Ends it; resolves when everything is closed. Whether all of it reached the disk, `stopped` says. Idempotent. */
  stop(): Promise<void>
  /** Resolves after `stop`, rejects when the disk failed: then, or before by itself. */
  readonly stopped: Promise<void>
  readonly broker: Broker
}

/** `ActiveMQ/…`: some client libraries choose their dialect by this (stomp S-CON-06). */
const SERVER_NAME = 'ActiveMQ/6.1.0 TandemMQ'

const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

/** Starts a broker. Rejects with a TandemError that says what is wrong, where, and what to do. */
export async function startServer(config: BrokerConfig, options: ServerOptions): Promise<RunningBroker> {
  const security = openSecurity(config, options)
  const lock = await lockDirectory(config, options)
  try {
    return await new Server(config, options, security, lock).start()
  } catch (error) {
    await lock?.release()
    throw error
  }
}

interface Security {
  readonly authenticator: ReturnType<typeof createAuthenticator>
  readonly authorizer: ReturnType<typeof createAuthorizer>
}

/** Everything that protects is read first: when it cannot be honoured, nothing else happens. */
function openSecurity(config: BrokerConfig, options: ServerOptions): Security {
  const host: SecurityHost = { properties: options.properties, environment: options.environment, log: options.log }
  return {
    authenticator: createAuthenticator(config.authentication, host),
    authorizer: createAuthorizer(config.authorization),
  }
}

async function lockDirectory(config: BrokerConfig, { log, signal }: ServerOptions): Promise<DirectoryLock | null> {
  const { store } = config
  if (store.kind === 'memory') return null
  if (!store.lock.use) {
    log.warn(`${formatPosition(store.at)}: useLock="false": nothing keeps a second broker out of ${store.directory}`)
    return null
  }
  return acquireLock(store.directory, {
    failIfLocked: store.lock.failIfLocked,
    retryInterval: store.lock.retryInterval,
    ...(signal !== undefined && { signal }),
    onWaiting: () =>
      log.info(
        `${store.directory} is in use by another broker: waiting as its passive, no connector is open; ` +
          `looking again every ${store.lock.retryInterval} ms`,
      ),
  })
}

class Server implements JournalEvents, RunningBroker {
  readonly #config: BrokerConfig
  readonly #options: ServerOptions
  readonly #security: Security
  readonly #lock: DirectoryLock | null
  #listeners: Listener[] = []
  #store!: OpenedStore
  #broker: Broker | undefined
  #maintenance!: Maintenance
  #timers: NodeJS.Timeout[] = []
  #stopping: Promise<void> | undefined
  readonly stopped: Promise<void>
  #ended!: { resolve: () => void; reject: (error: Error) => void }

  constructor(config: BrokerConfig, options: ServerOptions, security: Security, lock: DirectoryLock | null) {
    this.#config = config
    this.#options = options
    this.#security = security
    this.#lock = lock
    this.stopped = new Promise<void>((resolve, reject) => {
      this.#ended = { resolve, reject }
    })
    this.stopped.catch(() => {}) // whoever does not wait for it must not end the process
  }

  get broker(): Broker {
    return this.#broker!
  }

  get addresses(): readonly Address[] {
    return this.#listeners.map(({ options: { name, scheme }, address }) => ({
      name,
      scheme,
      host: address.address,
      port: address.port,
    }))
  }

  async start(): Promise<this> {
    const config = this.#config
    const { log, files } = this.#options
    // Certificates and keys are read before recovery: a wrong password should not cost a minute.
    const connectors = config.connectors.map(connector => listenerOptions(config, connector, log))
    const began = performance.now()
    this.#store = await openStore(
      {
        ...storeOptions(config),
        log,
        clock: systemClock,
        epochUid: randomBytes(16),
        ...(files !== undefined && { files }),
      },
      this,
    )
    this.#tellRecovery(performance.now() - began)
    const broker = this.#createBroker(connectors[0]?.port ?? 0)
    await this.#firstCommit(broker)
    for (const at of config.destinations) broker.create(at, null)
    try {
      await this.#open(broker, connectors)
    } catch (error) {
      await this.#closeAll()
      throw error
    }
    this.#startTimers(broker)
    return this
  }

  #tellRecovery(ms: number): void {
    const { log } = this.#options
    const { recovered, state } = this.#store
    if (state.applied === 0) return
    log.info(
      `recovered ${state.messages} messages in ${state.destinations.size} queues in ${Math.round(ms)} ms ` +
        `(${recovered.fromSnapshot === null ? 'no snapshot' : 'snapshot'}, ${recovered.records} records read)`,
    )
    if (recovered.truncatedBytes > 0) {
      log.warn(`the journal ended in ${recovered.truncatedBytes} bytes of an unfinished write; they were cut off`)
    }
  }

  #createBroker(port: number): Broker {
    const config = this.#config
    const { authenticator, authorizer } = this.#security
    const { memoryLimit, storeLimit, sendFailIfNoSpace } = config.usage
    const inMemory = config.store.kind === 'memory'
    this.#broker = new Broker(
      {
        brokerName: config.brokerName,
        serverName: config.overrides['serverName'] ?? SERVER_NAME,
        stampUserId: config.populateJMSXUserID,
        pathSeparator: config.pathSeparator,
        schedulerSupport: config.schedulerSupport,
        space: { memoryLimit, storeLimit, sendFailIfNoSpace, inMemory },
        policies: config.policies.map(policy => policyEntry(policy, inMemory)),
        defaultPolicy: config.defaultPolicy === null ? null : policyEntry(config.defaultPolicy, inMemory),
        idStem: idStem(port, Date.now()),
        log: this.#options.log,
        now: () => Date.now(),
        defer: run => void setImmediate(run),
        authenticate: (session, login, passcode) => {
          const { tls, certificateDn } = session.options
          const answer = authenticator.authenticate({ login, passcode, certificateDn, tls })
          return isRefusal(answer) ? answer.message : answer
        },
        refusal: (identity, action, at) =>
          authorizer.may(identity, action, at) ? null : authorizer.refusal(identity, action, at),
      },
      this.#store.journal,
      this.#store.state,
    )
    return this.#broker
  }

  /** The new epoch is on disk before anything else happens in it. */
  async #firstCommit(broker: Broker): Promise<void> {
    const { journal } = this.#store
    await new Promise<void>(resolve => {
      this.#onCommit = resolve
      journal.flush()
    })
    this.#onCommit = null
    broker.schedule()
  }
  #onCommit: (() => void) | null = null

  async #open(broker: Broker, connectors: readonly Parameters<typeof openListener>[1][]): Promise<void> {
    for (const connector of connectors) this.#listeners.push(await openListener(broker, connector, this.#options.log))
  }

  #startTimers(broker: Broker): void {
    const { store } = this.#config
    const { journal, files, directory, recovered } = this.#store
    const options = { files, directory, inMemory: store.kind === 'memory', log: this.#options.log }
    this.#maintenance = new Maintenance(broker, journal, options, recovered.fromSnapshot ?? (0 as DurableLsn))
    const every = (ms: number, run: () => void): void => {
      if (ms > 0) this.#timers.push(setInterval(run, ms).unref())
    }
    const period = Math.min(
      store.checkpointInterval || store.cleanupInterval,
      store.cleanupInterval || store.checkpointInterval,
    )
    // In memory what is consumed is garbage that counts: it goes soon, whatever is configured for files.
    every(options.inMemory ? memoryCleanupMs : period, () => void this.#maintenance.run())
    const periods = [...this.#config.policies, this.#config.defaultPolicy]
      .map(policy => policy?.expireMessagesPeriod ?? 30_000)
      .filter(ms => ms > 0)
    every(Math.min(30_000, ...periods), () => broker.sweepExpired())
  }

  // JournalEvents

  committed(upTo: DurableLsn): void {
    this.#broker?.committed(upTo)
    this.#onCommit?.()
  }

  writeFailed(error: Error): 'stop' | number {
    const { log } = this.#options
    // What is not written now was never acknowledged: a stop does not wait for space.
    if (this.#stopping !== undefined) return 'stop'
    const handler = this.#config.ioExceptionHandler
    const noSpace = isNoSpace(error, handler.noSpaceMessage)
    if (!handler.ignoreAllErrors && !(noSpace && handler.ignoreNoSpaceErrors) && !handler.stopStartConnectors)
      return 'stop'
    log.error(
      `the journal cannot be written: ${error.message}; nothing is acknowledged, trying again in ${handler.resumeCheckSleepPeriod} ms`,
    )
    if (handler.stopStartConnectors) void this.#closeListeners()
    return handler.resumeCheckSleepPeriod
  }

  writeResumed(): void {
    this.#options.log.info('the journal is written again')
    if (!this.#config.ioExceptionHandler.stopStartConnectors || this.#listeners.length > 0) return
    const connectors = this.#config.connectors.map(one => listenerOptions(this.#config, one, this.#options.log))
    this.#open(this.broker, connectors).catch((error: unknown) => this.#options.log.error(messageOf(error)))
  }

  failed(error: Error): void {
    this.#options.log.error(
      `the journal has failed: ${error.message}. Nothing is acknowledged any more; the broker stops.`,
    )
    this.#failed = true
    this.#broker?.stop()
    void this.#closeAll().finally(() => {
      this.#ended.reject(new TandemError('JOURNAL_FAILED', error.message, { cause: error }))
    })
  }
  #failed = false

  // Stop

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.broker.stop()
    await this.#closeListeners()
    await this.#maintenance.run()
    try {
      await this.#store.journal.sync()
      await this.#maintenance.snapshot()
    } catch (error) {
      // Without a snapshot the next start reads more of the journal; a journal that failed has said so.
      this.#options.log.warn(`stopping: ${messageOf(error)}`)
    }
    await this.#closeAll()
    if (!this.#failed) this.#ended.resolve()
  }

  async #closeListeners(): Promise<void> {
    const listeners = this.#listeners
    this.#listeners = []
    await Promise.all(listeners.map(listener => listener.close()))
  }

  async #closeAll(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#closeListeners()
    await this.#store.journal.close().catch((error: unknown) => this.#options.log.debug(messageOf(error)))
    await this.#lock?.release()
  }
}

/** ms between two looks for spent segments in memory. */
const memoryCleanupMs = 200

const isNoSpace = (error: Error, text: string): boolean =>
  ('code' in error && error.code === 'ENOSPC') || (text !== '' && error.message.includes(text))

async function openListener(
  broker: Broker,
  options: ConstructorParameters<typeof Listener>[1],
  log: Log,
): Promise<Listener> {
  const listener = new Listener(broker, options, log)
  await listener.open()
  return listener
}
