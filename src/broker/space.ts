import { destinationUri } from '../base/destination.ts'
import type { Queue, Topic } from '../destination/destination.ts'
import type { Session } from '../session/session.ts'

export interface SpaceLimits {
  readonly memoryLimit: number
  /** 0: none is enforced. */
  readonly storeLimit: number
  /** Messages live in memory: the memory limit is then the store's (semantics CU-04). */
  readonly inMemory: boolean
  readonly sendFailIfNoSpace: boolean
}

/** What is in use now, bytes. */
export interface SpaceInUse {
  /** Journal files. */
  readonly storeBytes: number
  /** Records of live messages. */
  readonly liveBytes: number
}

/** Producer flow control: who must wait for space, and who waits (semantics F-01 … F-11, stomp S-RCP-03). */
export class Space {
  /** Bytes that topic subscriptions keep waiting. */
  pendingBytes = 0
  readonly #limits: SpaceLimits
  readonly #waiting = new Set<Session>()

  constructor(limits: SpaceLimits) {
    this.#limits = limits
  }

  /** False: there is space. True: the sender waits. Text: it is refused with it. */
  fullFor(to: Queue | Topic, isQueue: boolean, persistent: boolean, inUse: SpaceInUse): boolean | string {
    const { memoryLimit, storeLimit, inMemory } = this.#limits
    if (!isQueue) {
      if (this.pendingBytes < memoryLimit || !to.policy.producerFlowControl) return false
      return this.#fails(to)
        ? `Usage Manager memory limit (${memoryLimit}) reached. Rejecting send for producer to prevent flooding ${destinationUri(to.at)}.`
        : true
    }
    if (inMemory) return inUse.liveBytes >= memoryLimit && to.policy.producerFlowControl ? this.#memoryFull(to) : false
    const { blockingMemoryLimit } = to.policy
    if (blockingMemoryLimit > 0 && ((to as Queue).stored?.messages.bytes ?? 0) >= blockingMemoryLimit)
      return this.#memoryFull(to)
    if (!persistent || storeLimit === 0 || inUse.storeBytes < storeLimit) return false
    return this.#fails(to)
      ? `Persistent store is Full, 100% of ${storeLimit}. Stopping producer to prevent flooding ${destinationUri(to.at)}.`
      : true
  }

  #memoryFull(to: Queue | Topic): boolean | string {
    return this.#fails(to)
      ? `Usage Manager Memory Limit reached on ${destinationUri(to.at)}. See http://activemq.apache.org/producer-flow-control.html for more info`
      : true
  }

  #fails(to: Queue | Topic): boolean {
    return to.policy.sendFailIfNoSpace ?? this.#limits.sendFailIfNoSpace
  }

  wait(session: Session): void {
    this.#waiting.add(session)
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Something was freed: whoever waits may try again. */
  retry(): void {
    for (const session of this.#waiting) if (!session.resume()) this.#waiting.delete(session)
  }

  forget(session: Session): void {
    this.#waiting.delete(session)
  }
}
