import type { EventCode } from '../base/event-codes.ts'
import { lsn } from '../base/lsn.ts'
import type { Lsn } from '../base/lsn.ts'
import type { LinkId, PairEffect, PairEvent } from './events.ts'
import type { Hello, PairFrame, RefusalCode } from './frames.ts'
import type { History } from './history.ts'
import type { EpochEntry, PairMeta, PairRecord, PairSettings, PairState, PeerIdentity, Policy } from './model.ts'
import type { Rules } from './rules.ts'
import { Timers } from './timers.ts'

/** The newest protocol of replication that is spoken, and the oldest: 2 brought the comparison of both copies. */
export const PROTO = 2
export const PROTO_MIN = 1
export const FORMAT = 1

/** What a node is for now. One at a time; it hears everything that the node itself did not settle. */
export interface Role {
  handle(event: PairEvent): void
  /** A timer of this role is due. */
  due(timer: string): void
  /** This process did nothing for so many ms (it was stopped, or the machine slept), for which nobody was heard. */
  stoodStill?(ms: number): void
  /** Another role follows: give up what is this one's own. */
  leave(): void
  readonly role: 'active' | 'passive'
  readonly state: PairState
  /** What the person at the dashboard reads. */
  readonly detail: string
  /** How far the twin is, when it is attached here. */
  readonly peerPosition: Lsn | null
  readonly lagMs: number
  /** How long the twin took to answer, when this node asks it. */
  readonly rttMs?: number | null
  /** How long ago the twin said something in the session that goes on; null: there is none. */
  readonly heardMs?: number | null
}

/** Questions to the shell that have one answer each, in order. */
export type Question = 'began' | 'compared' | 'cut' | 'probed' | 'witness'
type Answer<Q extends Question> = Extract<PairEvent, { type: Q }>

/** What every role shares: what is remembered, where the journal stands, questions under way, links, the way out. */
export class PairNode {
  readonly settings: PairSettings
  readonly random: () => string
  readonly rules: Rules
  readonly timers: Timers = new Timers()
  readonly incarnation: string
  /** Never goes back, whatever the clock does. */
  now = 0
  /** The clock as it was told last: for people. */
  wall = 0
  meta!: PairMeta
  role!: Role
  end: Lsn = lsn(0)
  durable: Lsn = lsn(0)
  committed: Lsn = lsn(0)
  limit: Lsn = lsn(0)
  retainedFrom: Lsn = lsn(0)
  /** The journal is kept for the twin from here on. */
  kept: Lsn = lsn(Infinity)
  epochs: readonly EpochEntry[] = []
  /** The chain crc at `end` as the shell said it last, with the end it is for. */
  chain: { readonly at: Lsn; readonly crc: number } = { at: lsn(0), crc: 0 }
  /** The newest witness record seen; undefined: none was read yet; null: there is none. */
  record: PairRecord | null | undefined = undefined
  /** Since when the disk here has taken nothing; null: it does. */
  stalledAt: number | null = null
  /** This store led: its tail may hold work that was acknowledged here alone. */
  led = false
  lastFailover: { readonly at: number; readonly from: string; readonly why: string } | null = null
  /** Changes of role since the start. */
  failovers = 0
  #out: PairEffect[] = []
  readonly #links = new Set<LinkId>()
  #saves = 0
  readonly #saved = new Map<number, { role: Role; run: () => void }[]>()
  #lastSaved = 0
  readonly #asked = new Map<Question, { role: Role; at: Lsn | null; then: ((answer: never) => void) | null }[]>()
  readonly #nonces: string[] = []

  constructor(settings: PairSettings, random: () => string, rules: Rules) {
    this.settings = settings
    this.random = random
    this.rules = rules
    this.incarnation = random()
  }

  /** The role changes, or is about to. */
  failedOver(why: string): void {
    this.lastFailover = { at: this.wall, from: this.peer?.brokerName ?? '', why }
    this.failovers++
  }

  // the way out

  emit(effect: PairEffect): void {
    this.#out.push(effect)
  }

  take(): PairEffect[] {
    const out = this.#out
    this.#out = []
    return out
  }

  log(level: 'info' | 'warn' | 'error', text: string, code: EventCode = 'PAIR_EVENT'): void {
    this.emit({ type: 'log', level, text, code })
  }

  become(role: Role): void {
    this.role.leave()
    this.timers.clear()
    this.role = role
  }

  // what is remembered

  get policy(): Policy {
    return this.settings.policy
  }

  get history(): History {
    return { epochs: this.epochs, end: this.end, storeId: this.meta.storeId }
  }

  get epochNumber(): number {
    return this.epochs.at(-1)?.n ?? 0
  }

  /** Remembers durably; `then` runs when it is, unless the role has changed. */
  save(change: Partial<PairMeta>, then?: () => void): void {
    this.meta = { ...this.meta, ...change }
    const save = ++this.#saves
    this.emit({ type: 'save', save, meta: this.meta })
    if (then !== undefined) this.#afterSave(save, then)
  }

  /** When everything remembered so far is durable. */
  whenSaved(then: () => void): void {
    if (this.#lastSaved === this.#saves) then()
    else this.#afterSave(this.#saves, then)
  }

  #afterSave(save: number, run: () => void): void {
    const waiting = this.#saved.get(save) ?? []
    waiting.push({ role: this.role, run })
    this.#saved.set(save, waiting)
  }

  saved(save: number): void {
    this.#lastSaved = Math.max(this.#lastSaved, save)
    const waiting = this.#saved.get(save) ?? []
    this.#saved.delete(save)
    for (const { role, run } of waiting) if (role === this.role) run()
  }

  /** Notes the newest witness record (I12: false when the witness went back). */
  seen(record: PairRecord | null): boolean {
    if ((record?.rev ?? 0) < this.meta.rev) return false
    this.record = record
    if (record !== null && record.rev > this.meta.rev)
      this.save({ rev: record.rev, maxEpoch: Math.max(this.meta.maxEpoch, record.epoch) })
    return true
  }

  // the journal

  /** The only place that lets the journal commit (rule 2). */
  limitTo(to: Lsn): void {
    if (to !== this.limit) this.emit({ type: 'limit', to })
    this.limit = to
    this.advance()
  }

  freeze(): void {
    this.limitTo(this.committed)
  }

  advance(): void {
    this.committed = lsn(Math.max(this.committed, Math.min(this.durable, this.limit)))
  }

  /** A reopened journal starts anew, at what was found. */
  positions(found: { readonly end: Lsn; readonly chain: number; readonly epochs: readonly EpochEntry[] }): void {
    this.end = found.end
    this.durable = found.end
    this.committed = lsn(Math.min(this.committed, found.end))
    this.epochs = found.epochs
    this.chain = { at: found.end, crc: found.chain }
  }

  /** Keeps the journal for the twin from there on; Infinity: no more. */
  retain(from: Lsn): void {
    if (from !== this.kept) this.emit({ type: 'retain', from })
    this.kept = from
  }

  begin(n: number, uid: string, reason: 'restart' | 'promotion', then: (epoch: EpochEntry) => void): void {
    const { role } = this
    this.emit({ type: 'begin', n, uid, reason })
    this.#ask('began', null, ({ epoch, end }: Answer<'began'>) => {
      this.epochs = [...this.epochs, epoch]
      this.end = lsn(Math.max(this.end, end))
      this.durable = lsn(Math.max(this.durable, end))
      this.advance()
      if (this.role === role) then(epoch)
    })
  }

  compare(at: Lsn, then: (chain: number | null) => void): void {
    this.emit({ type: 'compare', at })
    this.#ask('compared', at, ({ chain }: Answer<'compared'>) => then(chain))
  }

  /** The chain crc at the end, which a hello needs. */
  measure(then: (chain: number) => void): void {
    if (this.chain.at === this.end) return then(this.chain.crc)
    this.compare(this.end, chain => {
      if (chain !== null) this.chain = { at: this.end, crc: chain }
      then(chain ?? 0)
    })
  }

  cut(at: Lsn, receipted: boolean, then: () => void): void {
    this.emit({ type: 'cut', at, receipted })
    this.#ask('cut', null, (found: Answer<'cut'>) => {
      this.positions(found)
      then()
    })
  }

  // questions

  probe(uris: readonly string[], then: (answer: 'refused' | 'open' | 'silent') => void): void {
    const asked = (this.#asked.get('probed')?.length ?? 0) > 0
    if (!asked) this.emit({ type: 'probe', uris })
    this.#ask('probed', null, ({ answer }: Answer<'probed'>) => then(answer), asked)
  }

  readWitness(then: (record: PairRecord | null | undefined) => void): void {
    const asked = (this.#asked.get('witness')?.length ?? 0) > 0
    if (!asked) this.emit({ type: 'readWitness' })
    this.#ask('witness', null, ({ record }: Answer<'witness'>) => then(record), asked)
  }

  #ask<Q extends Question>(question: Q, at: Lsn | null, then: (answer: Answer<Q>) => void, replace = false): void {
    const waiting = this.#asked.get(question) ?? []
    const entry = { role: this.role, at, then: then as (answer: never) => void }
    if (replace) waiting[waiting.length - 1] = entry
    else waiting.push(entry)
    this.#asked.set(question, waiting)
  }

  /** True: somebody had asked. An answer to a role that has gone is dropped. */
  answered(event: Answer<Question>): void {
    const waiting = this.#asked.get(event.type) ?? []
    let entry = waiting.shift()
    if (event.type === 'compared') while (entry !== undefined && entry.at !== event.at) entry = waiting.shift()
    if (entry === undefined) return
    if (entry.role === this.role || event.type === 'began') entry.then?.(event as never)
  }

  /** The store was reopened: questions about the old one get no answer any more. */
  forgetQuestions(): void {
    for (const question of ['began', 'compared', 'cut'] as const) this.#asked.delete(question)
  }

  // links

  linkOpened(link: LinkId): void {
    this.#links.add(link)
  }

  /** False: it was closed by us before, so nobody cares any more. */
  linkClosed(link: LinkId): boolean {
    return this.#links.delete(link)
  }

  isOpen(link: LinkId): boolean {
    return this.#links.has(link)
  }

  send(link: LinkId, frame: PairFrame): void {
    if (this.#links.has(link)) this.emit({ type: 'send', link, frame })
  }

  close(link: LinkId): void {
    if (this.#links.delete(link)) this.emit({ type: 'close', link })
  }

  closeAll(): void {
    for (const link of this.#links) this.emit({ type: 'close', link })
    this.#links.clear()
  }

  refuse(link: LinkId, code: RefusalCode, text: string, level: 'info' | 'warn' = 'warn'): void {
    this.log(level, `refused a replication connection (${code}): ${text}`, 'PAIR_REFUSED')
    this.send(link, { type: 'refuse', code, text })
    this.close(link)
  }

  /** The shell fills in where this node is found, as the connection shows it. */
  get identity(): PeerIdentity {
    return { storeId: this.meta.storeId, brokerName: this.settings.brokerName, uris: [], http: null }
  }

  hello(role: 'active' | 'passive', chain: number): Hello {
    const { meta } = this
    return {
      type: 'hello',
      proto: [PROTO_MIN, PROTO],
      format: [FORMAT, FORMAT],
      pairId: meta.pairId,
      identity: this.identity,
      incarnation: this.incarnation,
      role,
      paired: meta.paired,
      end: this.end,
      dur: lsn(Math.min(this.durable, this.end)),
      chain,
      epochs: this.epochs,
      inSyncTo: meta.inSyncTo,
      rev: meta.rev,
      nonce: this.random(),
      configDigest: '',
    }
  }

  /** Whether this hello was heard before. */
  isReplay({ incarnation, nonce }: Hello): boolean {
    const key = incarnation + nonce
    if (this.#nonces.includes(key)) return true
    this.#nonces.push(key)
    if (this.#nonces.length > 256) this.#nonces.shift()
    return false
  }

  get peer(): PeerIdentity | null {
    return this.meta.peer
  }

  /** Where the twin may be found: as the XML says, which is its owner's choice of way, then as it told us. */
  get peerUris(): readonly string[] {
    return [...new Set([...this.settings.activeUris, ...(this.meta.peer?.uris ?? [])])]
  }

  get peerName(): string {
    const { peer } = this.meta
    return peer === null ? this.settings.activeUris.join(', ') : `"${peer.brokerName}" (${peer.uris.join(', ')})`
  }
}
