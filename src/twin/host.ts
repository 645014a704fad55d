import { messageOf } from '../base/errors.ts'
import type { Clock } from '../base/clock.ts'
import type { Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import type {
  CopyFrame,
  EpochEntry,
  LinkId,
  PairEffect,
  PairEvent,
  PairFrame,
  PairLink,
  PairLinkEvents,
  PairMeta,
  PairStatus,
} from '../pair/pair.ts'
import { Shipper, type ShippedJournal } from './shipper.ts'

/** The core, as the host drives it. */
export interface Core {
  readonly deadline: number
  handle(event: PairEvent, now: number): PairEffect[]
  status(now: number): PairStatus
}

/** One side of a base copy, while it runs. */
export interface CopyRun {
  frame(frame: CopyFrame, block: Buffer, from: number, to: number): void
  drained(): void
  /** The link ended or the core gave it up. */
  end(): void
}

/** What a store holds when it is opened, and after it was cut or copied. */
export interface StoreFacts {
  readonly end: Lsn
  readonly chain: number
  readonly epochs: readonly EpochEntry[]
  readonly retainedFrom: Lsn
}

/** The node: what the core's effects are done with. What takes time answers a promise; a rejection is a failed disk. */
export interface NodePort {
  /** The journal that is open now. */
  readonly journal: ShippedJournal & {
    readonly end: Lsn
    limitCommit(to: Lsn): void
    chainAt(at: Lsn): Promise<number | null>
    dropPartial(): void
    sync(): Promise<void>
    receive(block: Buffer, from: number, to: number): void
    flush(): void
  }
  apply(to: Lsn): void
  /** Resolves when the EPOCH record is durable and applied. */
  begin(n: number, uid: string, reason: 'restart' | 'promotion'): Promise<{ epoch: EpochEntry; end: Lsn }>
  save(meta: PairMeta): Promise<void>
  retain(from: Lsn): void
  cut(at: Lsn, receipted: boolean): Promise<StoreFacts>
  /** Bodies of this session are to be synced as the active did (in sync), or may be gathered (catching up). */
  honourBarriers(on: boolean): void
  dial(uris: readonly string[], events: PairLinkEvents): { readonly link: Promise<PairLink>; cancel(): void }
  probe(uris: readonly string[]): Promise<'refused' | 'open' | 'silent'>
  copyTarget(
    link: PairLink,
    session: string,
    done: (facts: StoreFacts) => void,
    failed: (text: string) => void,
  ): CopyRun
  copySource(link: PairLink, session: string, failed: (text: string) => void): CopyRun
  open(): Promise<void>
  hold(): Promise<void>
  /** Ends serving, or following, and opens the store anew. */
  reopen(): Promise<{ readonly meta: PairMeta; readonly facts: StoreFacts }>
  /** Resolves when everything read from clients is journaled and flushed. */
  quiesce(): Promise<void>
  unquiesce(): void
  /** The twin's frame as it leaves: who we are is filled in, by the link it leaves on. */
  signed(frame: PairFrame, link: PairLink): PairFrame
  stopNode(failed: boolean, text: string): void
}

interface Linked {
  readonly id: LinkId
  readonly link: PairLink
  shipper: Shipper | null
  copy: CopyRun | null
}

/**
 * Runs the core: events in, one at a time and in order; effects out, in the order given. Nothing here decides.
 * What takes time answers later, as an event; an answer that belongs to a store or a link that is gone is dropped.
 */
export class PairHost {
  readonly #core: Core
  readonly #node: NodePort
  readonly #clock: Clock
  readonly #log: Log
  readonly #links = new Map<LinkId, Linked>()
  readonly #queue: PairEvent[] = []
  #handling = false
  #nextLink = 1
  #dialing: (() => void) | null = null
  #cancelTimer: (() => void) | null = null
  #timerAt = Infinity
  #saves: Promise<void> = Promise.resolve()
  /** Counts the stores opened: answers about an earlier one are dropped. */
  #store = 0
  #ended = false
  readonly #epochMs: number
  /** The body of the data frame that the core is judging. */
  #body: { readonly block: Buffer; readonly from: number; readonly to: number } | null = null

  constructor(core: Core, node: NodePort, clock: Clock, log: Log) {
    this.#core = core
    this.#node = node
    this.#clock = clock
    this.#log = log
    this.#epochMs = clock.now() - clock.monotonic()
  }

  status(): PairStatus {
    return this.#core.status(this.#now())
  }

  /** The wall clock at the start, and what passed since: it neither jumps nor stands still while the process is stopped. */
  #now(): number {
    return this.#epochMs + this.#clock.monotonic()
  }

  /** Hands an event to the core and does what it says. Events that arise meanwhile follow in order. */
  post(event: PairEvent): void {
    if (this.#ended) return
    this.#queue.push(event)
    if (this.#handling) return
    this.#handling = true
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#handle(next)
    } finally {
      this.#handling = false
    }
    this.#arm()
  }

  #handle(event: PairEvent): void {
    for (const effect of this.#core.handle(event, this.#now())) {
      if (this.#ended) return
      this.#perform(effect)
    }
  }

  /** Nothing is handled any more; every link is closed. */
  end(): void {
    this.#ended = true
    this.#cancelTimer?.()
    this.#dialing?.()
    for (const linked of this.#links.values()) this.#drop(linked, true)
    this.#links.clear()
  }

  #arm(): void {
    const { deadline } = this.#core
    if (this.#ended || deadline === this.#timerAt) return
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#timerAt = deadline
    if (deadline === Infinity) return
    const wait = Math.min(Math.max(0, deadline - this.#now()), timerMsMax)
    this.#cancelTimer = this.#clock.after(wait, () => {
      this.#cancelTimer = null
      // Timers run before sockets are read: when this process itself was late, a sign of life may wait in one.
      setImmediate(() => {
        this.#timerAt = Infinity
        this.post({ type: 'time' })
      })
    })
  }

  // Links

  /** A replicator attached to one of our connectors: the events of its link. */
  attached(link: PairLink): PairLinkEvents {
    const linked = this.#register(link)
    // The session is still handling the SUBSCRIBE that brought it here.
    queueMicrotask(() => this.post({ type: 'attached', link: linked.id, remote: link.remote }))
    return this.#eventsOf(() => linked)
  }

  #register(link: PairLink): Linked {
    const linked: Linked = { id: this.#nextLink++, link, shipper: null, copy: null }
    this.#links.set(linked.id, linked)
    return linked
  }

  #eventsOf(of: () => Linked | null): PairLinkEvents {
    return {
      frame: (frame, block, from, to) => {
        const linked = of()
        if (linked !== null && this.#links.has(linked.id)) this.#received(linked, frame, block, from, to)
      },
      drained: () => {
        of()?.shipper?.pump()
        of()?.copy?.drained()
      },
      closed: text => {
        const linked = of()
        if (linked === null || !this.#links.delete(linked.id)) return
        this.#log.debug(`replication: ${linked.link.remote}: ${text}`)
        this.#drop(linked, false)
        this.post({ type: 'closed', link: linked.id })
      },
    }
  }

  #received(linked: Linked, frame: PairFrame, block: Buffer, from: number, to: number): void {
    if (frame.type.startsWith('copy-')) {
      linked.copy?.frame(frame as CopyFrame, block, from, to)
      // The core sees that the link lives.
      return this.post({ type: 'frame', link: linked.id, frame })
    }
    if (frame.type !== 'data') return this.post({ type: 'frame', link: linked.id, frame })
    this.#body = { block, from, to }
    this.post({ type: 'frame', link: linked.id, frame })
    this.#body = null
  }

  #drop(linked: Linked, close: boolean): void {
    linked.shipper?.end()
    linked.shipper = null
    linked.copy?.end()
    linked.copy = null
    if (close) linked.link.close()
  }

  // Effects

  #perform(effect: PairEffect): void {
    const node = this.#node
    switch (effect.type) {
      case 'limit':
        return node.journal.limitCommit(effect.to)
      case 'apply':
        return node.apply(effect.to)
      case 'begin':
        return this.#later(node.begin(effect.n, effect.uid, effect.reason), began => ({ type: 'began', ...began }))
      case 'save':
        return this.#save(effect.save, effect.meta)
      case 'compare':
        return this.#later(node.journal.chainAt(effect.at), chain => ({ type: 'compared', at: effect.at, chain }))
      case 'cut':
        return this.#later(node.cut(effect.at, effect.receipted), facts => ({ type: 'cut', ...facts }), true)
      case 'trim':
        return node.journal.dropPartial()
      case 'retain':
        return node.retain(effect.from)
      case 'dial':
        return this.#dial(effect.uris)
      case 'undial':
        this.#dialing?.()
        this.#dialing = null
        return
      case 'probe':
        return this.#later(node.probe(effect.uris), answer => ({ type: 'probed', answer }))
      case 'send':
        return this.#send(effect.link, effect.frame)
      case 'ship':
        return this.#ship(effect)
      case 'take':
        return this.#take(effect.link)
      case 'copy':
        return this.#copy(effect.link, effect.session)
      case 'serveCopy':
        return this.#serveCopy(effect.link, effect.session)
      case 'close':
        return this.#close(effect.link)
      case 'open':
        return this.#later(node.open(), () => ({ type: 'opened' }))
      case 'hold':
        return this.#later(node.hold(), () => null)
      case 'reopen':
        return this.#reopen()
      case 'quiesce':
        return this.#later(node.quiesce(), () => ({ type: 'appended', end: node.journal.end }))
      case 'unquiesce':
        return node.unquiesce()
      case 'cas':
      case 'readWitness':
        throw new Error('no witness is configured')
      case 'log':
        return this.#log[effect.level](effect.text)
      case 'stop':
        return node.stopNode(effect.failed, effect.text)
      default:
        effect satisfies never
    }
  }

  /** Posts what the work ends in, unless the store it was about is gone; `next`: it is about a new store itself. */
  #later<T>(work: Promise<T>, event: (result: T) => PairEvent | null, next = false): void {
    const store = next ? ++this.#store : this.#store
    work.then(
      result => {
        const answer = event(result)
        if (store === this.#store && answer !== null) this.post(answer)
      },
      (error: unknown) => {
        if (store !== this.#store || this.#ended) return
        this.#log.error(messageOf(error))
        this.post({ type: 'diskFailed' })
      },
    )
  }

  /** One after the other: a later one must not be overtaken by an earlier one. */
  #save(save: number, meta: PairMeta): void {
    this.#saves = this.#saves.then(async () => {
      try {
        await this.#node.save(meta)
        this.post({ type: 'saved', save })
      } catch (error) {
        if (this.#ended) return
        this.#log.error(messageOf(error))
        this.post({ type: 'diskFailed' })
      }
    })
  }

  #dial(uris: readonly string[]): void {
    this.#dialing?.()
    let linked: Linked | null = null
    let cancelled = false
    const { link, cancel } = this.#node.dial(
      uris,
      this.#eventsOf(() => linked),
    )
    this.#dialing = () => {
      cancelled = true
      cancel()
    }
    link.then(
      opened => {
        if (cancelled || this.#ended) return opened.close()
        this.#dialing = null
        linked = this.#register(opened)
        this.post({ type: 'dialled', link: linked.id })
      },
      (failure: { readonly why?: 'refused' | 'unreachable' | 'rejected'; readonly text?: string }) => {
        if (cancelled || this.#ended) return
        this.#dialing = null
        this.post({ type: 'dialFailed', why: failure.why ?? 'unreachable', text: failure.text ?? messageOf(failure) })
      },
    )
  }

  #send(id: LinkId, frame: PairFrame): void {
    const linked = this.#links.get(id)
    if (linked === undefined) return
    if (frame.type === 'insync-ok') this.#node.honourBarriers(true)
    if (frame.type === 'hello') this.#node.honourBarriers(false)
    linked.link.send(this.#node.signed(frame, linked.link))
  }

  #ship({ link: id, session, epoch, from, to }: Extract<PairEffect, { type: 'ship' }>): void {
    const linked = this.#links.get(id)
    if (linked === undefined) return
    if (linked.shipper?.serves(session) !== true) {
      linked.shipper?.end()
      linked.shipper = new Shipper(this.#node.journal, linked.link, { session, epoch, from }, error => {
        this.#log.error(`replication: ${messageOf(error)}`)
        this.#close(id)
        this.post({ type: 'closed', link: id })
      })
    }
    linked.shipper.shipTo(to)
  }

  #take(id: LinkId): void {
    const body = this.#body
    if (body === null) return
    const { journal } = this.#node
    try {
      journal.receive(body.block, body.from, body.to)
    } catch (error) {
      return this.post({ type: 'badData', link: id, text: messageOf(error) })
    }
    this.post({ type: 'received', end: journal.end })
    journal.flush()
  }

  #copy(id: LinkId, session: string): void {
    const linked = this.#links.get(id)
    if (linked === undefined) return
    linked.copy?.end()
    linked.copy = this.#node.copyTarget(
      linked.link,
      session,
      facts => {
        linked.copy = null
        this.#store++
        this.post({ type: 'copied', ...facts })
      },
      text => {
        linked.copy = null
        this.post({ type: 'copyFailed', text })
      },
    )
  }

  #serveCopy(id: LinkId, session: string): void {
    const linked = this.#links.get(id)
    if (linked === undefined) return
    linked.copy?.end()
    linked.copy = this.#node.copySource(linked.link, session, text => {
      linked.copy = null
      this.#log.warn(`base copy for ${linked.link.remote}: ${text}`)
    })
  }

  #close(id: LinkId): void {
    const linked = this.#links.get(id)
    if (linked === undefined) return
    this.#links.delete(id)
    this.#drop(linked, true)
  }

  #reopen(): void {
    this.#later(this.#node.reopen(), ({ meta, facts }) => ({ type: 'boot', meta, ...facts }), true)
  }
}

/** The longest wait that a timer takes; an early `time` is harmless. */
const timerMsMax = 60_000
