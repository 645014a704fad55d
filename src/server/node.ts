import { randomBytes } from 'node:crypto'
import { TandemError, messageOf } from '../base/errors.ts'
import type { DurableLsn, Lsn } from '../base/lsn.ts'
import type { Broker, Operations } from '../broker/broker.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { DirectoryLock, JournalEvents } from '../journal/journal.ts'
import type { BeanServer } from '../management/management.ts'
import { PairCore, type PairLink, type PairMeta, type PairStatus } from '../pair/pair.ts'
import { PairHost, type CopyRun, type NodePort, type StoreFacts } from '../twin/twin.ts'
import type { Security } from './create-broker.ts'
import { createService } from './create-service.ts'
import { systemClock } from './clock.ts'
import { closeNode } from './close.ts'
import { drain, quiesce } from './drain.ts'
import { answerWriteFailure, gaveUpOnSpace, saveWhenPossible } from './disk-watch.ts'
import { logError, whoIs } from './log.ts'
import { NodeManagement, type ManagedNode } from './management.ts'
import { serveHttp, type Served } from './serve-http.ts'
import { NodeStore } from './node-store.ts'
import { occupy } from './occupy.ts'
import { pairSettings } from './pair-settings.ts'
import { policyChanges, withPolicies } from './policies.ts'
import { Protection } from './protection.ts'
import { startRounds } from './rounds.ts'
import type { Reloaded, RunningBroker, ServerOptions } from './server.ts'
import type { Address } from './connectors.ts'
import type { Service } from './service.ts'
import { stateLines } from './state-dump.ts'
import { settled, type Settled } from './settled.ts'
import { Twin } from './twin-links.ts'

/** One node, alone or of a pair: does with broker, store and connectors what the pair's core decides. */
export class Node implements NodePort, JournalEvents, RunningBroker {
  #config: BrokerConfig
  readonly #options: ServerOptions
  readonly #protection: Protection
  #lock: DirectoryLock | null = null
  /** The data directory is ours. */
  #occupied = false
  readonly #store: NodeStore
  readonly #twin: Twin
  #started = false
  readonly #management: NodeManagement
  #host!: PairHost
  #service: Service | null = null
  #http: Served | null = null
  /** Connectors are open to everybody. */
  #open = false
  #stopRounds: () => void = () => {}
  #failure: Error | null = null
  #stopping: Promise<void> | null = null
  #told: (() => void) | null = null
  readonly #ready: Settled = settled()
  readonly #ended: Settled = settled()

  constructor(config: BrokerConfig, options: ServerOptions, security: Security) {
    this.#config = config
    this.#options = options
    this.#protection = new Protection(config, options, security)
    this.#store = new NodeStore(config, options.log, this, options.files, options.onProgress)
    options.identify?.(() => whoIs(config.brokerName, this.#started ? this.#host.status() : null))
    this.#twin = new Twin(config, options, security, this.#store, () => this.#service?.connectors ?? null)
    this.#management = new NodeManagement(config, options, security, this)
  }

  /** Resolves when it serves, or is a passive, or waits for its twin with its connectors held. */
  async start(): Promise<this> {
    const { log } = this.#options
    const close = async (): Promise<void> => this.#http?.close()
    const open = async (): Promise<void> => {
      this.#http = await serveHttp(this.#config, this.#protection.security, this.#options, this.#management)
      this.#twin.http = this.#http.address
    }
    this.#lock = await occupy(this.#config, this.#options, { open, close, isOpen: () => this.http !== null })
    this.#occupied = true
    await this.#store.start().catch(async (error: unknown) => {
      await close()
      await this.#lock?.release()
      throw error
    })
    const core = new PairCore(pairSettings(this.#config), () => randomBytes(16).toString('hex'))
    this.#host = new PairHost(core, this, systemClock, log)
    this.#twin.serve(this.#host, this.#management)
    this.#started = true
    const follows = (): boolean => this.#service === null && this.#failure === null
    this.#stopRounds = startRounds(this.#store, follows, this.#protection)
    try {
      this.#host.post({ type: 'boot', meta: this.#store.meta, ...this.#store.facts })
      if (this.#host.status().role === 'passive') this.#ready.resolve()
      await this.#ready.promise
    } catch (error) {
      await this.#close(false)
      throw error
    }
    return this
  }

  // RunningBroker

  get broker(): Broker {
    if (this.#service === null) throw new TandemError('PAIR_PASSIVE', 'this node is a passive: it has no broker now')
    return this.#service.broker
  }

  get operations(): Operations {
    return this.broker.operations
  }

  get beans(): BeanServer {
    return this.#management.beans
  }

  get addresses(): readonly Address[] {
    return this.#service?.connectors.addresses ?? []
  }

  get http(): string | null {
    return this.#twin.http
  }

  get stopped(): Promise<void> {
    return this.#ended.promise
  }

  get failure(): Error | null {
    return this.#failure
  }

  get serving(): boolean {
    return this.#open && this.#stopping === null
  }

  get connectorUris(): readonly string[] {
    return this.#twin.uris
  }

  get starting(): string | null {
    if (this.#started) return null
    return this.#occupied ? this.#store.progress : 'Another broker has the data directory; waiting for it.'
  }

  get isStopping(): boolean {
    return this.#stopping !== null
  }

  get brokerName(): string {
    return this.#config.brokerName
  }

  get recovered(): RunningBroker['recovered'] {
    return this.#store.recovered
  }

  get pair(): PairStatus {
    const status = this.#host.status()
    if (status.role === 'passive' || this.#open || status.state === 'HALTED') return status
    return status.state === 'WAITING' ? status : { ...status, state: 'WAITING', detail: 'Opening its connectors.' }
  }

  post(event: Parameters<PairHost['post']>[0]): void {
    this.#host.post(event)
  }

  get store(): NodeStore {
    return this.#store
  }

  get service(): Service | null {
    return this.#service
  }

  stop(): Promise<void> {
    this.#stopping ??= new Promise<void>(resolve => {
      this.#told = resolve
      const { stopTimeoutMs = stopMsMax } = this.#options
      const giveUp = setTimeout(() => this.stopNode(false, 'stopped without its twin'), stopTimeoutMs / 2).unref()
      this.#ended.promise.catch(() => {}).finally(() => clearTimeout(giveUp))
      void this.#drain(stopTimeoutMs / 4)
    })
    return this.#stopping
  }

  /** Clients first; then the core decides how it ends. */
  async #drain(ms: number): Promise<void> {
    const { handoverOnStop: handover } = this.#config.pair
    const handsOver = (): boolean => handover && this.#host.status().state === 'PAIRED'
    if (this.#service !== null && this.#open && this.#failure === null)
      await drain(this.#service, { quiesce: () => this.quiesce(), ended: this.#ended.promise, handsOver, ms })
    this.#host.post({ type: 'stop', handover })
  }

  reload(config: BrokerConfig): Reloaded {
    const done = this.#protection.renew(config, this.#twin, this.#service)
    this.#http?.renew()
    const changes = [...done.changes, ...policyChanges(this.#config, config)]
    this.#config = withPolicies(this.#config, config)
    this.#management.renew(this.#config)
    return { ...done, changes, kept: this.#service?.renew(this.#config) ?? [] }
  }

  state(): readonly string[] {
    return stateLines({ pair: this.pair, store: this.#store, broker: this.#service?.broker ?? null })
  }

  // JournalEvents

  committed(upTo: DurableLsn): void {
    if (this.#service !== null) this.#service.broker.committed(upTo)
    else this.#store.follower.advance(upTo)
  }

  flushed(end: Lsn): void {
    if (this.#service !== null) this.#host.post({ type: 'appended', end })
  }

  durable(upTo: Lsn): void {
    this.#store.durable(upTo)
    this.#host.links.durable(upTo)
    this.#host.post({ type: 'durable', upTo })
  }

  writeFailed(error: Error): 'stop' | number {
    const { ioExceptionHandler } = this.#config
    const answer = answerWriteFailure(ioExceptionHandler, error, this.#stopping !== null, this.#options.log)
    if (answer === 'stop') return answer
    if (this.#started) this.#host.post({ type: 'writesStalled' })
    if (ioExceptionHandler.stopStartConnectors) void this.#service?.connectors.suspend()
    return answer
  }

  writeResumed(): void {
    this.#options.log.info('the journal is written again', { code: 'STORE_RESUMED' })
    if (this.#started) this.#host.post({ type: 'writesResumed' })
    if (!this.#config.ioExceptionHandler.stopStartConnectors) return
    this.#service?.connectors.openAll().catch((error: unknown) => logError(this.#options.log, error))
  }

  failed(error: Error): void {
    if (this.#store.closing && this.#stopping === null && gaveUpOnSpace(error)) return
    this.#options.log.error(
      `the journal has failed: ${error.message}. Nothing is acknowledged any more; the broker stops.`,
      { code: 'JOURNAL_FAILED' },
    )
    this.#failure ??= new TandemError('JOURNAL_FAILED', error.message, { cause: error })
    this.#service?.broker.stop()
    // The core tells the twin and marks the store; when that takes too long, the end comes all the same.
    setTimeout(() => this.stopNode(true, error.message), resignMsMax)
    // Before the connections are closed, as the twin's is one of them.
    this.#host.post({ type: 'diskFailed' })
    void this.#service?.connectors.closeAll()
  }

  // NodePort

  get journal(): NodePort['journal'] {
    return this.#store.opened.journal
  }

  apply(to: Lsn): void {
    if (this.#service === null) this.#store.opened.journal.limitCommit(to)
  }

  begin(n: number, uid: string, reason: 'restart' | 'promotion'): ReturnType<NodePort['begin']> {
    return this.#store.begin(n, uid, reason)
  }

  async save(meta: PairMeta): Promise<void> {
    await this.#store.syncBefore(meta)
    await saveWhenPossible(() => this.#store.save(meta), this)
  }

  retain(from: Lsn): void {
    this.#twin.retain('pair', from)
  }

  cut(at: Lsn, receipted: boolean): Promise<StoreFacts> {
    return this.#store.cut(at, receipted)
  }

  following(settled: boolean): void {
    this.#store.settled = settled
    if (!settled) this.#store.opened.journal.honourBarriers(false)
  }

  readonly dial: NodePort['dial'] = (...call) => this.#twin.dial(...call)
  readonly comparing: NodePort['comparing'] = () => this.#twin.comparing()
  readonly compare: ManagedNode['compare'] = () => this.#host.links.compare()
  readonly probe: NodePort['probe'] = uris => this.#twin.probe(uris)
  readonly copyTarget: NodePort['copyTarget'] = (...run) => this.#twin.copyTarget(...run)
  readonly heard: NodePort['heard'] = hello => this.#twin.heard(hello)
  readonly signed: NodePort['signed'] = (frame, link) => this.#twin.signed(frame, link)

  copySource(link: PairLink, session: string, failed: (text: string) => void): CopyRun {
    return this.#twin.copySource(link, session, this.#service, failed)
  }

  async hold(): Promise<void> {
    const service = this.#serve()
    const why = 'is not active yet: it waits for its twin'
    service.broker.hold = `Broker: ${this.#config.brokerName} ${why}`
    await this.#listening(service)
    this.#ready.resolve()
  }

  async open(): Promise<void> {
    const service = this.#serve()
    service.broker.hold = null
    service.activate()
    await this.#listening(service)
    // It may follow by now, with its ports closed.
    if (this.#service === service) this.#open = true
    if (this.#open) service.connectors.tellOpen()
    this.#ready.resolve()
  }

  #serve(): Service {
    if (this.#service !== null) return this.#service
    this.#service = createService({
      config: this.#config,
      connectors: this.#protection.connectors,
      security: this.#protection.security,
      opened: this.#store.opened,
      twin: this.#twin,
      log: this.#options.log,
      hasTwin: () => this.#store.hasTwin,
    })
    return this.#service
  }

  /** A port that cannot be had ends the node, as it would at a start. */
  async #listening(service: Service): Promise<void> {
    try {
      await service.connectors.openAll()
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error))
      // No disk failed: nothing of this may make the store suspect.
      this.#host.end()
      this.stopNode(true, messageOf(error))
      throw error
    }
  }

  async reopen(): Promise<{ readonly meta: PairMeta; readonly facts: StoreFacts }> {
    const service = this.#service
    this.#service = null
    this.#open = false
    await service?.end()
    await this.#store.close()
    this.#twin.retain('pair', Infinity as Lsn)
    await this.#store.open()
    return { meta: this.#store.meta, facts: this.#store.facts }
  }

  async quiesce(): Promise<void> {
    await quiesce(() => this.#service)
    this.#store.opened.journal.flush()
  }

  unquiesce(): void {
    this.#service?.broker.resume()
  }

  // The end

  /** The core's last effect, or the end of our patience with it. */
  stopNode(failed: boolean, text: string): void {
    if (this.#closing) return
    this.#closing = true
    if (failed) this.#failure ??= new TandemError('PAIR_STOPPED', text)
    this.#stopping ??= Promise.resolve()
    void this.#close(this.#failure === null).finally(() => {
      if (this.#failure === null) {
        this.#ready.reject(new TandemError('PAIR_STOPPED', text))
        this.#ended.resolve()
      } else {
        this.#ready.reject(this.#failure)
        this.#ended.reject(this.#failure)
      }
      this.#told?.()
    })
  }
  #closing = false

  #close(well: boolean): Promise<void> {
    this.#stopRounds()
    const { log } = this.#options
    const parts = { service: this.#service, store: this.#store, http: this.#http, lock: this.#lock, log }
    return closeNode(well, { ...parts, endHost: () => this.#host.end() })
  }
}

/** ms that a stop takes at most: half of it for clients and a hand-over, the rest for the disk. */
const stopMsMax = 30_000
/** ms for telling the twin that the disk failed. */
const resignMsMax = 1000
