import { messageOf } from '../base/errors.ts'
import { LateBudget, TopicMemory, type Kept } from '../destination/destination.ts'
import type { BacklogPort, BacklogsPort, Subscription, TempPort } from '../session/session.ts'
import type { Broker } from './broker.ts'

/** What waits in memory, at most: what goes on beyond it the page cache of the system keeps better than a heap. */
const keptBytesMax = 24 * 1024 * 1024
/** Blocks kept for reuse: 4 MiB. */
const blocksMax = 64
/** The histories of all topics may take this share of the memory limit, and what they retain as much. */
const lateShare = 0.25

/** What topics keep: for slow subscribers, in memory and on disk, and for late ones. */
export class Backlogs implements BacklogsPort {
  readonly memory: TopicMemory = new TopicMemory()
  readonly history: LateBudget
  readonly retained: LateBudget
  readonly temp: TempPort | null
  readonly #broker: Broker
  readonly #memoryLimit: number
  readonly #blocks: Buffer[] = []

  constructor(broker: Broker, temp: TempPort | null, memoryLimit: number) {
    this.#broker = broker
    this.temp = temp
    this.#memoryLimit = memoryLimit
    const limit = Math.floor(memoryLimit * lateShare)
    const full = (what: string, so: string) => () =>
      broker.log.warn(`what topics ${what} has reached ${limit} bytes, a quarter of the memory limit: ${so}`, {
        code: 'HISTORY_FULL',
      })
    this.history = new LateBudget(limit, full('keep for late subscribers', 'the oldest goes'))
    this.retained = new LateBudget(limit, full('retain (ActiveMQ.Retain)', 'what comes is not retained'))
  }

  portFor(subscription: Subscription): BacklogPort {
    const broker = this.#broker
    const { spillAbove } = subscription.options
    return {
      temp: spillAbove === null ? null : this.temp,
      memory: this.memory,
      take: bytes => this.#blocks.pop() ?? Buffer.allocUnsafeSlow(bytes),
      give: block => void (this.#blocks.length < blocksMax && this.#blocks.push(block)),
      spillAbove: Math.min(keptBytesMax, (this.#memoryLimit / 100) * (spillAbove ?? 100)),
      hasRoom: () => (this.temp?.bytes ?? 0) < (broker.space.limits.tempLimit || Infinity),
      arrived: () => {
        if (!subscription.closed) broker.awaken(subscription)
      },
      freed: () => broker.relieved(),
      failed: (error, lost) => {
        const what = lost === 0 ? 'stay in memory' : `are lost: ${lost}`
        broker.log.error(`tmp_storage: ${messageOf(error)}; messages of the topic subscription ${what}`, {
          code: 'TEMP_STORE_FAILED',
        })
        broker.relieved()
      },
    }
  }

  /** Expired (no consumer), or discarded for a consumer that was too slow: to where the dead go (semantics E-05, T-12). */
  bury(kept: Kept, consumer: string | null): void {
    if (kept.buried) return
    kept.buried = true
    this.#broker.deadLetters.buryKept(kept, consumer)
  }
}
