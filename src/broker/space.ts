import { destinationUri } from '../base/destination.ts'
import { Topic, type Queue } from '../destination/destination.ts'
import { Wait, type Session } from '../session/session.ts'

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
  /** Live messages, and the bytes of their records. */
  readonly liveMessages: number
  readonly liveBytes: number
}

/**
 * A message counts with its body, its properties and 1024 bytes (semantics L-07). Its record holds at least 128 bytes
 * besides body and properties: identity, times, lengths.
 */
const perMessageBytes = 1024 - 128

/** Producer flow control: who must wait for space, and who waits (semantics F-01 … F-11, stomp S-RCP-03). */
export class Space {
  /** Bytes that topic subscriptions keep waiting. */
  pendingBytes = 0
  readonly #limits: SpaceLimits
  readonly #waiting = new Set<Session>()

  constructor(limits: SpaceLimits) {
    this.#limits = limits
  }

  /** False: there is space. Text: the SEND is refused with it. Tested before adding: the last one may overshoot. */
  fullFor(to: Queue | Topic, persistent: boolean, sender: string, inUse: SpaceInUse): false | Wait | string {
    const { memoryLimit, storeLimit, inMemory } = this.#limits
    if (to instanceof Topic) {
      if (this.pendingBytes < memoryLimit || !to.policy.producerFlowControl) return false
      return this.#fails(to)
        ? `Usage Manager memory limit (${memoryLimit}) reached. Rejecting send for producer (${sender}) to prevent flooding ${destinationUri(to.at)}.`
        : Wait.send
    }
    const flowControl = to.policy.producerFlowControl
    if (inMemory && flowControl && cost(inUse.liveMessages, inUse.liveBytes) >= memoryLimit) return this.#memoryFull(to)
    const { blockingMemoryLimit } = to.policy
    const messages = to.stored?.messages
    if (blockingMemoryLimit > 0 && messages !== undefined && cost(messages.live, messages.bytes) >= blockingMemoryLimit)
      return this.#memoryFull(to)
    if (inMemory) return false
    if (!persistent || storeLimit === 0 || inUse.storeBytes < storeLimit) return false
    return this.#fails(to)
      ? `Persistent store is Full, 100% of ${storeLimit}. Stopping producer (${sender}) to prevent flooding ${destinationUri(to.at)}.`
      : Wait.connection
  }

  #memoryFull(to: Queue): Wait | string {
    return this.#fails(to)
      ? `Usage Manager Memory Limit reached on ${destinationUri(to.at)}. See http://activemq.apache.org/producer-flow-control.html for more info`
      : Wait.send
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

const cost = (messages: number, bytes: number): number => messages * perMessageBytes + bytes
