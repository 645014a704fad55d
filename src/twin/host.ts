import { TandemError, messageOf } from '../base/errors.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { PairEffect, PairEvent, PairMeta, PairStatus } from '../pair/pair.ts'
import { Links } from './links.ts'
import type { NodePort } from './node-port.ts'

/** The core, as the host drives it. */
export interface Core {
  readonly deadline: number
  handle(event: PairEvent, now: number): PairEffect[]
  status(now: number): PairStatus
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
  readonly links: Links
  readonly #queue: PairEvent[] = []
  #handling = false
  #cancelTimer: (() => void) | null = null
  #timerAt = Infinity
  #saves: Promise<void> = Promise.resolve()
  /** Counts the stores opened: answers about an earlier one are dropped. */
  #store = 0
  #ended = false
  #failed = false
  readonly #epochMs: number

  constructor(core: Core, node: NodePort, clock: Clock, log: Log) {
    this.#core = core
    this.#node = node
    this.#clock = clock
    this.#log = log
    this.links = new Links(node, log, event => this.post(event))
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
    this.links.end()
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
        node.journal.dropPartial()
        void node.journal.sync().catch(() => {}) // a failed disk says so itself
        return
      case 'retain':
        return node.retain(effect.from)
      case 'dial':
        return this.links.dial(effect.uris)
      case 'undial':
        return this.links.undial()
      case 'probe':
        return this.#later(node.probe(effect.uris), answer => ({ type: 'probed', answer }))
      case 'send':
        return this.links.send(effect.link, effect.frame)
      case 'ship':
        return this.links.ship(effect)
      case 'take':
        return this.links.take(effect.link)
      case 'copy':
        return this.links.copy(effect.link, effect.session, () => void this.#store++)
      case 'serveCopy':
        return this.links.serveCopy(effect.link, effect.session)
      case 'close':
        return this.links.close(effect.link)
      case 'open':
        return this.#later(node.open(), () => ({ type: 'opened' }))
      case 'hold':
        return this.#later(node.hold(), () => null)
      case 'reopen':
        return this.#reopen()
      case 'quiesce':
        return this.#later(node.quiesce(), () => ({ type: 'quiesced', end: node.journal.end }))
      case 'unquiesce':
        return node.unquiesce()
      case 'cas':
      case 'readWitness':
        throw new Error('no witness is configured')
      case 'log':
        return this.#log[effect.level](effect.text, { code: effect.code })
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
        // A port that cannot be had ends the node, which says so; the disk is sound.
        if (error instanceof TandemError && error.code === 'TRANSPORT_BIND') return
        this.#diskFailed(error)
      },
    )
  }

  /** Once: that it failed may be impossible to remember as well. */
  #diskFailed(error: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#log.error(messageOf(error), { code: 'JOURNAL_FAILED' })
    this.post({ type: 'diskFailed' })
  }

  /** One after the other: a later one must not be overtaken by an earlier one. */
  #save(save: number, meta: PairMeta): void {
    this.#saves = this.#saves.then(async () => {
      try {
        await this.#node.save(meta)
        this.post({ type: 'saved', save })
      } catch (error) {
        if (!this.#ended) this.#diskFailed(error)
      }
    })
  }

  #reopen(): void {
    this.#later(this.#node.reopen(), ({ meta, facts }) => ({ type: 'boot', meta, ...facts }), true)
  }
}

/** The longest wait that a timer takes; an early `time` is harmless. */
const timerMsMax = 60_000
