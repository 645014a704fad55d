import { hostname } from 'node:os'
import { Maintenance, writeForgotten, type Broker, type OpenedStore } from '../broker/broker.ts'
import { isTemporaryKind } from '../base/destination.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Lsn } from '../base/lsn.ts'
import type { BrokerConfig } from '../config/config.ts'
import { diskOf, fittingLimit } from './disk-limits.ts'
import type { TempStore } from './temp-store.ts'
import { restoreDestinations, saveDestinations } from './saved-destinations.ts'
import { renewPolicies, withPolicies, type KeptSetting } from './policies.ts'
import type { Address, Connectors } from './connectors.ts'

/** As clients elsewhere reach them: a connector on every address by the name of this machine. */
export const connectorUrls = (addresses: readonly Address[]): { scheme: string; uri: string }[] =>
  addresses.map(({ scheme, host, port }) => {
    const name = host === '0.0.0.0' || host === '::' ? hostname() : host.includes(':') ? `[${host}]` : host
    return { scheme, uri: `${scheme}://${name}:${port}` }
  })

/** What an active has and a passive has not: a broker, its open connectors, and the work that comes round. */
export class Service {
  readonly broker: Broker
  #config: BrokerConfig
  readonly connectors: Connectors
  readonly #log: Log
  readonly #temp: TempStore | null
  readonly #maintenance: Maintenance
  #timers: NodeJS.Timeout[] = []
  /** Those whose periods the policies say; some, if it leads. */
  #policyTimers: NodeJS.Timeout[] = []
  /** It is quiet because it ends, with everything committed: a last snapshot may be taken. */
  drained = false

  constructor(
    config: BrokerConfig,
    connectors: Connectors,
    broker: Broker,
    { journal, files, directory }: OpenedStore,
    snapshotAt: Lsn,
    temp: TempStore | null,
    log: Log,
  ) {
    this.#config = config
    this.connectors = connectors
    this.broker = broker
    this.#log = log
    this.#temp = temp
    const settled = (): boolean => (!broker.quiesced || this.drained) && broker.hold === null
    const inMemory = config.store.kind === 'memory'
    const diskFree = (): number => (inMemory ? null : diskOf(directory))?.free ?? Infinity
    const options = { files, directory, inMemory, settled, log, diskFree }
    this.#maintenance = new Maintenance(broker, journal, options, snapshotAt)
  }

  /** The policies of another configuration come into force; all else of it is passed over. Answers what stays until a restart. */
  renew(config: BrokerConfig): readonly KeptSetting[] {
    const before = this.#config
    this.#config = withPolicies(before, config)
    const kept = renewPolicies(this.broker, before, this.#config)
    if (this.#policyTimers.length > 0) this.#startPolicyTimers()
    return kept
  }

  /** Resolves when everything that was read from clients is committed and its answers have been written. */
  async answered(): Promise<void> {
    const { broker } = this
    if (broker.journal.committed < broker.journal.end) await new Promise<void>(done => broker.afterCommit(done))
    await new Promise(done => setImmediate(done))
  }

  /** The broker leads: what the configuration creates exists, and what comes round does. */
  activate(): void {
    const { broker } = this
    // A promoted node inherits temporary destinations whose connections ended with the other node (replication F4).
    for (const { id, kind } of broker.state.destinations.values())
      if (isTemporaryKind(kind)) writeForgotten(broker.journal, id)
    for (const at of this.#config.destinations) broker.create(at, null)
    broker.schedule()
    for (const plugin of this.#config.plugins)
      if (plugin.kind === 'destinations') restoreDestinations(broker, plugin.file, this.#log)
    broker.plugins?.events?.leads(true)
    broker.scheduler?.start()
    this.#startTimers()
  }

  #startTimers(): void {
    const { store } = this.#config
    const every = (ms: number, run: () => void): void => {
      if (ms > 0) this.#timers.push(setInterval(run, ms).unref())
    }
    const period = Math.min(
      store.checkpointInterval || store.cleanupInterval,
      store.cleanupInterval || store.checkpointInterval,
    )
    // In memory what is consumed is garbage that counts: it goes soon, whatever is configured for files.
    every(store.kind === 'memory' ? memoryCleanupMs : period, () => void this.#maintenance.run())
    const { period: purge, most } = this.#config.purge
    every(purge, () => this.broker.sweep('inactive', most))
    const { offlineTimeout, offlineSchedule } = this.#config.durables
    if (offlineTimeout >= 0) every(offlineSchedule, () => this.broker.sweep('durables'))
    this.#fitLimits()
    every(this.#config.usage.diskCheckPeriod, () => this.#fitLimits())
    this.#startPolicyTimers()
  }

  /** The expired; and slow consumers, and SENDs that wait for space no longer than they are told to, where somebody asked for it. */
  #startPolicyTimers(): void {
    for (const timer of this.#policyTimers.splice(0)) clearInterval(timer)
    const every = (ms: number, run: () => void): void => void this.#policyTimers.push(setInterval(run, ms).unref())
    const { usage, policies, defaultPolicy } = this.#config
    const periods = [...policies, defaultPolicy]
      .map(policy => policy?.expireMessagesPeriod ?? 30_000)
      .filter(ms => ms > 0)
    every(Math.min(30_000, ...periods), () => this.broker.sweep('expired'))
    const all = [...policies, ...(defaultPolicy === null ? [] : [defaultPolicy])]
    const checks = all.flatMap(({ slowConsumer }) => slowConsumer?.checkPeriod ?? [])
    if (checks.length > 0) every(Math.max(1, Math.min(...checks)), () => this.broker.sweep('slow'))
    const waits = [usage, ...all].flatMap(({ sendFailIfNoSpaceAfterTimeout: ms }) =>
      ms !== undefined && ms > 0 ? ms : [],
    )
    if (waits.length > 0) every(Math.max(1, Math.min(waitingLookMs, ...waits)), () => this.broker.sweep('waiting'))
  }

  /** What the disk has no room for is not promised (semantics L-02, L-08). */
  #fitLimits(): void {
    const { usage, store, tempDirectory } = this.#config
    if (store.kind === 'memory') return
    const { space, journal, backlogs } = this.broker
    const { storeLimit, tempLimit } = space.limits
    const regrowThreshold = usage.diskRegrowThreshold
    const ofStore = { limit: storeLimit, used: journal.totalBytes, percent: usage.storePercent, regrowThreshold }
    const ofTemp = { limit: tempLimit, used: backlogs.temp?.bytes ?? 0, percent: usage.tempPercent, regrowThreshold }
    const limits = {
      storeLimit: fittingLimit({ ...ofStore, disk: diskOf(store.directory) }),
      tempLimit: fittingLimit({ ...ofTemp, disk: diskOf(tempDirectory) }),
    }
    this.#tell('storeUsage', storeLimit, limits.storeLimit, usage.storeGiven)
    this.#tell('tempUsage', tempLimit, limits.tempLimit, usage.tempGiven)
    space.limits = { ...space.limits, ...limits }
    this.broker.spaceFreed()
  }

  #tell(what: string, before: number, after: number, given: boolean): void {
    if (before === after) return
    const line = `${what}: there is room for ${after} bytes; the limit was ${before}, and is that now`
    if (given && after < before) this.#log.warn(line, { code: 'STORE_LIMIT' })
    else this.#log.debug(line, { code: 'STORE_LIMIT' })
  }

  /** A snapshot as of now, for a base copy; null: there is nothing to fold yet. Answers where it was taken. */
  async snapshot(): Promise<Lsn | null> {
    await this.#maintenance.idle()
    await this.#maintenance.snapshot()
    const { snapshotAt } = this.#maintenance
    return snapshotAt === 0 ? null : snapshotAt
  }

  /** Serves nobody any more, at once; the journal stays as it is. */
  async end(): Promise<void> {
    this.#quieten()
    await this.connectors.closeAll()
    await this.#rest()
  }

  #quieten(): void {
    this.#save()
    for (const timer of [...this.#timers, ...this.#policyTimers]) clearInterval(timer)
    this.#timers = []
    this.#policyTimers = []
    this.broker.stop()
  }

  async #rest(): Promise<void> {
    await this.#temp?.close()
    await this.#maintenance.idle()
  }

  /** The destinations of a broker that led (destinationsPlugin). */
  #save(): void {
    if (this.#policyTimers.length === 0) return
    this.broker.plugins?.events?.leads(false)
    for (const plugin of this.#config.plugins)
      if (plugin.kind === 'destinations') saveDestinations(this.broker, plugin.file, this.#log)
  }

  /** As `end`, but clients get what was written for them, and a snapshot is left, so that the next start reads little. */
  async endWell(): Promise<void> {
    this.#quieten()
    await this.connectors.takeLeave()
    await this.connectors.closeAll()
    await this.#rest()
    await this.#maintenance.run()
    try {
      await this.#maintenance.snapshot()
    } catch (error) {
      // Without a snapshot the next start reads more of the journal; a journal that failed has said so.
      this.#log.warn(`stopping: ${messageOf(error)}`, { code: 'NODE_STOPPING' })
    }
  }
}

/** ms between two looks for SENDs that have waited for too long, at most. */
const waitingLookMs = 100
/** ms between two looks for spent segments in memory. */
const memoryCleanupMs = 200
