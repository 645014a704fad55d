import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Compared, CopiesFound, PairVerified, PairView } from '../base/pair-view.ts'
import type { ScrubView } from '../base/scrub-view.ts'
import { NodeBeans } from '../beans/beans.ts'
import type { BrokerConfig } from '../config/config.ts'
import { segmentPath } from '../journal/journal.ts'
import type { BeanServer } from '../management/management.ts'
import type { Health, Management, Outcome, SegmentView } from '../http/http.ts'
import type { PairEvent, PairStatus } from '../pair/pair.ts'
import type { Security } from './create-broker.ts'
import type { NodeStore } from './node-store.ts'
import type { ServerOptions } from './server.ts'
import type { Service } from './service.ts'
import { Showing } from './showing.ts'

/** The node, as the HTTP interface needs it. */
export interface ManagedNode {
  /** How far the start is; null: it is over. */
  readonly starting: string | null
  readonly isStopping: boolean
  readonly pair: PairStatus
  readonly store: NodeStore
  readonly failure: Error | null
  readonly serving: boolean
  readonly connectorUris: readonly string[]
  /** Null: it does not lead. */
  readonly service: Service | null
  state(): readonly string[]
  stop(): Promise<void>
  post(event: PairEvent): void
  /** Both copies, over the link of the two; why not, as a sentence. Never rejects. */
  compare(): Promise<Compared | string>
}

/** Answers the HTTP interface for this node. */
export class NodeManagement implements Management {
  readonly brokerName: string
  readonly version: string
  readonly beans: BeanServer
  readonly shown: BrokerConfig['shown']
  verified: PairVerified | null = null
  readonly #log: Log
  readonly #node: ManagedNode
  readonly #showing: Showing
  readonly #began: number = Date.now()

  constructor(config: BrokerConfig, options: ServerOptions, security: Security, node: ManagedNode) {
    this.brokerName = config.brokerName
    this.shown = config.shown
    this.version = options.version ?? ''
    this.#log = options.log
    this.#node = node
    this.#showing = new Showing(config, options, security, node, this)
    this.beans = new NodeBeans(this.#showing)
  }

  /** A reload has put other policies in force. */
  renew(config: BrokerConfig): void {
    this.#showing.renew(config)
  }

  pair(): PairView {
    const { starting } = this.#node
    return starting === null ? this.#node.pair : { ...STARTING, detail: starting, since: this.#began }
  }

  connectors(): readonly string[] {
    return this.#node.starting === null ? this.#node.connectorUris : []
  }

  health(): Health {
    const { failure, starting, isStopping: stopping, service } = this.#node
    if (starting !== null) return { serving: false, failure: null, stopping }
    const { pair } = this.#node
    const reason = failure !== null ? failure.message : pair.state === 'HALTED' ? pair.detail : null
    const { stopped = [], unstarted = [], listeners = [], suspended = false } = service?.connectors ?? {}
    const isOpen = !suspended && (stopped.length + unstarted.length === 0 || listeners.length !== 0)
    const serving = this.#node.serving && isOpen && reason === null
    return { serving, failure: reason, stopped, unstarted, suspended, stopping }
  }

  scrub(): ScrubView {
    return this.#node.store.scrubbed
  }

  noteVerified(found: CopiesFound): void {
    this.verified = { at: Date.now(), ...found, replacedAt: null }
    const { ok, position, compared } = found
    const code = 'PAIR_VERIFIED'
    if (ok) return this.#log.info(`both copies are equal: ${compared} bytes, up to position ${position}`, { code })
    this.#log.error(`the copies of the pair differ from position ${position} on`, { code, hint: DIFFERS })
  }

  /** The twin compared. */
  found(found: CopiesFound): void {
    this.noteVerified(found)
  }

  /** A difference that lies where the passive has given up what it held is none any more; whether there is another, nobody knows. */
  renewed(from: number): void {
    const { verified } = this
    if (verified === null || verified.ok || verified.replacedAt !== null || from > verified.position) return
    this.verified = { ...verified, replacedAt: Date.now() }
    const text = `what differed from position ${verified.position} on is gone: the passive gets everything from ${from} on anew`
    this.#log.info(text, { code: 'PAIR_VERIFIED', hint: 'When it is in sync, tandemmq pair verify compares again.' })
  }

  /** Compares both copies (management P-05). Answers in a sentence why it cannot. */
  async verify(): Promise<Compared | string> {
    if (this.#node.starting !== null) return this.#node.starting
    const { inSync, state, detail } = this.#node.pair
    if (!inSync) return `no two copies are in sync: ${state}: ${detail}`
    const found = await this.#node.compare()
    if (typeof found !== 'string' && (found.compared > 0 || !found.ok)) this.noteVerified(found)
    return found
  }

  unpromotable(): string | null {
    return this.#node.starting ?? unpromotable(this.#node.pair, false)?.message ?? null
  }

  promote(force: boolean): Promise<Outcome> {
    const why = unpromotable(this.#node.pair, force)
    return why === null ? this.#accept({ type: 'promote', force }) : refused(why.code, why.message)
  }

  handover(): Promise<Outcome> {
    const { role, state, peer } = this.#node.pair
    if (role !== 'active')
      return refused(
        'PAIR_NOT_ACTIVE',
        `this node is the passive; ask its active${peer === null ? '' : ` at ${peer.http ?? peer.uris.join(' or ')}`}`,
      )
    if (state !== 'PAIRED') return refused('PAIR_NOT_IN_SYNC', `no passive is in sync: the state is ${state}`)
    return this.#accept({ type: 'handover' })
  }

  #accept(event: PairEvent): Promise<Outcome> {
    this.#node.post(event)
    return Promise.resolve({ accepted: true })
  }

  stateLines(): readonly string[] {
    return this.#node.state()
  }

  segments(): Promise<readonly SegmentView[]> {
    const { segments } = this.#node.store.opened.journal
    const last = segments.length - 1
    return Promise.resolve(segments.map(({ base, end }, i) => ({ base, bytes: end - base, sealed: i < last })))
  }

  async readSegment(base: number, from: number, to: number): Promise<Buffer | null> {
    const { files, journalDirectory, opened } = this.#node.store
    const segment = opened.journal.segments.find(one => one.base === base)
    if (segment === undefined || from < base || to > segment.end) return null
    const block = Buffer.alloc(to - from)
    const file = await files.open(segmentPath(journalDirectory, segment.base))
    try {
      for (let at = 0; at < block.length;) {
        const got = await file.read(block, at, block.length, from - base + at)
        if (got === 0) return null
        at += got
      }
      return block
    } catch (error) {
      throw new Error(`the segment at ${base} cannot be read: ${messageOf(error)}`, { cause: error })
    } finally {
      await file.close()
    }
  }
}

const DIFFERS =
  'Keep both data directories. "tandemmq store check" of each, when it is stopped, says whether one is damaged: let the ' +
  'other lead, move the damaged one aside and start: it gets a whole copy.'

/** Before the store is open nothing is known of the pair. It is no active that anybody could use, so it is none. */
const STARTING = {
  role: 'passive',
  state: 'STARTING',
  policy: 'auto',
  epoch: 0,
  position: 0,
  committed: 0,
  inSync: false,
  peer: null,
  lastFailover: null,
  failovers: 0,
  outageMs: null,
} as const

/** Why this node shall not lead, or must be forced to. */
function unpromotable(
  { role, state, detail, peer }: PairStatus,
  force: boolean,
): { readonly code: string; readonly message: string } | null {
  if (role === 'active' && state !== 'WAITING')
    return { code: 'PAIR_ALREADY_ACTIVE', message: 'this node leads already' }
  if (role === 'passive' && !force && (state === 'IN_SYNC' || state === 'SYNCING'))
    return { code: 'PAIR_OTHER_ACTIVE', message: 'the other node answers as active; this node follows it' }
  if (state === 'CONNECTING' && peer === null && !force)
    return { code: 'PAIR_NEVER_MET', message: 'this node never met its active, and has nothing of what that one holds' }
  return state === 'HALTED' && !force ? { code: 'PAIR_HALTED', message: detail } : null
}

const refused = (code: string, message: string): Promise<Outcome> => Promise.resolve({ accepted: false, code, message })
