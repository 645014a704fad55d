import { isTemporaryKind } from '../base/destination.ts'
import { builtInPolicy, perMessageBytes, type Queue } from '../destination/destination.ts'
import type { Broker } from './broker.ts'
import type { SpaceInUse, SpaceLimits } from './space.ts'

/** The share of the memory limit that non-persistent messages of queues would fill before they go to disk (CU-01). */
const memoryShare = 0.7

/** What a broker uses now. Read at every SEND: no object per message. */
export class BrokerSpace implements SpaceInUse {
  readonly #broker: Broker
  readonly #limits: SpaceLimits
  /** When queues were last looked through, and what those in memory hold. */
  #countedAt = -1
  #queuesInMemory = 0

  constructor(broker: Broker, limits: SpaceLimits) {
    this.#broker = broker
    this.#limits = limits
  }

  get now(): number {
    return this.#broker.now
  }

  get memoryBytes(): number {
    const { state, backlogs } = this.#broker
    const topics = backlogs.memory.bytes
    if (!this.#limits.inMemory) return topics + this.#ofQueuesInMemory()
    const { live, bytes } = state.liveness
    return topics + live * perMessageBytes(builtInPolicy) + bytes
  }

  get spilling(): boolean {
    return (this.#broker.backlogs.temp?.writing ?? 0) > 0
  }

  queueBytes({ stored, policy }: Queue): number {
    return stored === null ? 0 : stored.messages.live * perMessageBytes(policy) + stored.messages.bytes
  }

  get storeBytes(): number {
    return this.#broker.journal.totalBytes
  }

  get tempBytes(): number {
    const { state, backlogs } = this.#broker
    const volatile = state.liveness.volatileBytes - this.#limits.memoryLimit * memoryShare
    return Math.max(0, volatile) + (backlogs.temp?.bytes ?? 0)
  }

  /** Counted once for each tick of the clock: there may be many queues. */
  #ofQueuesInMemory(): number {
    const { now, registry } = this.#broker
    if (this.#countedAt === now && this.#queuesInMemory < this.#limits.memoryLimit / 2) return this.#queuesInMemory
    let sum = 0
    for (const queue of registry.queuesInMemory)
      if (queue.policy.queueInMemory || isTemporaryKind(queue.at.kind)) sum += this.queueBytes(queue)
    this.#countedAt = now
    this.#queuesInMemory = sum
    return sum
  }
}
