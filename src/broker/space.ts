import { destinationUri, isTemporaryKind } from '../base/destination.ts'
import type { Log } from '../base/log.ts'
import { Topic, type Queue } from '../destination/destination.ts'
import { Shortage, Wait, type Session, type SpacePort } from '../session/session.ts'

export interface SpaceLimits {
  readonly memoryLimit: number
  /** 0: none is enforced. */
  readonly storeLimit: number
  readonly tempLimit: number
  /** Messages live in memory: the memory limit is then the store's (semantics CU-04). */
  readonly inMemory: boolean
  readonly sendFailIfNoSpace: boolean
  /** ms; 0 not set. */
  readonly sendFailIfNoSpaceAfterTimeout: number
}

/** What is in use now, bytes. */
export interface SpaceInUse {
  /** Wall clock, ms. */
  readonly now: number
  /** Messages in memory: of topics, and of queues that keep theirs there. */
  readonly memoryBytes: number
  /** Messages of topics are on their way to the disk. */
  readonly spilling: boolean
  /** Of one queue: what its messages count for. */
  queueBytes(queue: Queue): number
  /** Journal files. */
  readonly storeBytes: number
  /** What outlives no restart and memory has no room for: on disk, in the journal or in files of its own (semantics L-03). */
  readonly tempBytes: number
}

const SEE = 'See http://activemq.apache.org/producer-flow-control.html for more info'

/** What waits for space of connections that are over takes at most so much: 64 MiB. */
const leftBytesMax = 64 * 1024 * 1024
/** What such a connection takes itself, about. */
const sessionBytes = 16 * 1024

/** Producer flow control: who must wait for space, and who waits (semantics F-01 … F-13, stomp S-RCP-03). */
export class Space implements SpacePort {
  limits: SpaceLimits
  readonly inUse: SpaceInUse
  readonly #log: Log
  /** No retry for now: a hand-over is under way. */
  readonly #quiet: () => boolean
  readonly #waiting = new Set<Session>()
  /** Bytes of journal from which on somebody was last told that the store is full. */
  #fullFrom = Infinity
  readonly #warned = new WeakMap<Queue | Topic, number>()

  constructor(limits: SpaceLimits, inUse: SpaceInUse, log: Log, quiet: () => boolean) {
    this.limits = limits
    this.inUse = inUse
    this.#log = log
    this.#quiet = quiet
  }

  /** False: there is space. Tested before adding: the last one may overshoot (semantics L-07). */
  fullFor(to: Queue | Topic, persistent: boolean, sender: string): false | Shortage {
    return to instanceof Topic ? this.#topic(to, sender) : this.#queue(to, persistent, sender)
  }

  #topic(to: Topic, sender: string): false | Shortage {
    const { memoryLimit, tempLimit } = this.limits
    const inUse = this.inUse
    const own = to.policy.memoryLimit
    const full = inUse.memoryBytes >= memoryLimit
    // Memory is only full when the disk takes no more, or not fast enough.
    if (full && tempLimit > 0 && inUse.tempBytes >= tempLimit) return this.#tempFull(to, sender)
    if (!to.policy.producerFlowControl || (!full && (own === 0 || to.keptBytes < own))) return false
    const limit = own > 0 && own < memoryLimit ? own : memoryLimit
    // What is on its way to the disk is memory in a moment: nobody is refused for that.
    const spilling = inUse.spilling
    const flooding = `to prevent flooding ${destinationUri(to.at)}.`
    if (this.#fails(to) && !spilling)
      return Shortage.refused(
        `Usage Manager memory limit (${limit}) reached. Rejecting send for producer (${sender}) ${flooding} ${SEE}`,
        true,
      )
    const late = `Usage Manager Memory Usage limit reached. Stopping producer (${sender}) ${flooding} ${SEE}`
    // Whoever wants a receipt waits for it as long as it takes (semantics F-05).
    return spilling ? new Shortage(Wait.send, late, Infinity, false) : this.#wait(to, Wait.send, late, false)
  }

  #queue(to: Queue, persistent: boolean, sender: string): false | Shortage {
    const { memoryLimit, storeLimit, tempLimit, inMemory } = this.limits
    const inUse = this.inUse
    const { policy } = to
    const inHeap = inMemory || (policy.queueInMemory && to.durable === null) || isTemporaryKind(to.at.kind)
    if (policy.producerFlowControl && inHeap) {
      const own = policy.memoryLimit
      if ((own > 0 && inUse.queueBytes(to) >= own) || inUse.memoryBytes >= memoryLimit)
        return this.#memoryFull(to, sender)
    }
    if (inMemory) return false
    if (!persistent) return tempLimit > 0 && inUse.tempBytes >= tempLimit ? this.#tempFull(to, sender) : false
    const mark = policy.storeUsageHighWaterMark
    if (storeLimit === 0 || inUse.storeBytes < (storeLimit / 100) * mark) return false
    this.#fullFrom = (storeLimit / 100) * mark
    return this.#connectionWaits(to, `Persistent store is Full, ${mark}% of ${storeLimit}.`, sender)
  }

  #memoryFull(to: Queue, sender: string): Shortage {
    const at = destinationUri(to.at)
    if (this.#fails(to)) return Shortage.refused(`Usage Manager Memory Limit reached on ${at}. ${SEE}`, true)
    const late = `Usage Manager Memory Limit Wait Timeout. Stopping producer (${sender}) to prevent flooding ${at}. ${SEE}`
    return this.#wait(to, Wait.send, late, true)
  }

  #tempFull(to: Queue | Topic, sender: string): Shortage {
    const { tempLimit } = this.limits
    const percent = Math.floor((this.inUse.tempBytes * 100) / tempLimit)
    return this.#connectionWaits(to, `Temp Store is Full (${percent}% of ${tempLimit}).`, sender)
  }

  /** A full disk holds up the whole connection, receipt or not (semantics F-09, F-11). */
  #connectionWaits(to: Queue | Topic, what: string, sender: string): Shortage {
    const text = `${what} Stopping producer (${sender}) to prevent flooding ${destinationUri(to.at)}. ${SEE}`
    return this.#fails(to) ? Shortage.refused(text, false) : this.#wait(to, Wait.connection, text, true)
  }

  #wait(to: Queue | Topic, wait: Wait, late: string, receipted: boolean): Shortage {
    this.#warn(to, late)
    const after = to.policy.sendFailIfNoSpaceAfterTimeout ?? this.limits.sendFailIfNoSpaceAfterTimeout
    return new Shortage(wait, late, after > 0 ? after : Infinity, receipted)
  }

  /** Tells that senders wait, once in blockedProducerWarningInterval for each destination (semantics F-13). */
  #warn(to: Queue | Topic, text: string): void {
    const interval = to.policy.blockedProducerWarningInterval
    const { now } = this.inUse
    if (interval <= 0 || now - (this.#warned.get(to) ?? -Infinity) < interval) return
    this.#warned.set(to, now)
    this.#log.warn(`${destinationUri(to.at)} has no space: its senders wait. ${text}`, {
      code: 'CLIENT_WAITS',
      destination: destinationUri(to.at),
    })
  }

  #fails(to: Queue | Topic): boolean {
    return to.policy.sendFailIfNoSpace ?? this.limits.sendFailIfNoSpace
  }

  wait(session: Session): void {
    this.#waiting.add(session)
  }

  /** Somebody was told so, and it has not become smaller since. */
  get storeFull(): boolean {
    return this.inUse.storeBytes >= this.#fullFrom
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Something was freed, or time has passed: whoever waits may try again. */
  freed(): void {
    if (this.#waiting.size === 0 || this.#quiet()) return
    for (const session of this.#waiting) if (!session.resume()) this.#waiting.delete(session)
  }

  /**
   * The connection is over. What it sent and what waits is taken when there is space (semantics F-02), but senders that come
   * and go must not fill the memory: beyond `leftBytesMax` of them all, what this one leaves is dropped. Nobody was told
   * that it was taken.
   */
  left(session: Session): void {
    const { parked, link } = session
    let bytes = 0
    if (parked.count > 0) for (const one of this.#waiting) if (one.ended) bytes += one.parked.bytes + sessionBytes
    if (bytes > leftBytesMax) {
      this.#log.warn(
        `${link.remote}: its connection ended while ${parked.count} of its messages waited for space, and such messages ` +
          `take ${leftBytesMax} bytes already: they are dropped`,
        { code: 'CLIENT_SENDS_DROPPED', remote: link.remote },
      )
      parked.clear(this.inUse.now)
    }
    if (parked.count === 0) this.#waiting.delete(session)
  }
}
