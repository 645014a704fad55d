import { hiddenEnd, hiddenStart } from '../journal/journal.ts'
import type { Consumer, ConsumerRanks, Delivery } from './consumer.ts'
import type { GroupPolicy } from './policy.ts'

/** Who owns which message group: all its messages go to one consumer while that consumer lives (stomp S-SND-16). */
export class MessageGroups {
  readonly #policy: GroupPolicy
  /** By group, or by bucket (semantics G-08). Made with the first group: most queues have none. */
  #owners: Map<string, Consumer> | null = null
  /** How many each of them owns. */
  #owned: Map<Consumer, number> | null = null

  constructor(policy: GroupPolicy) {
    this.#policy = policy
  }

  /** The consumer for a grouped message: its owner, or a new owner; null when that one cannot take it now. */
  choose(consumers: ConsumerRanks<Consumer>, delivery: Delivery): Consumer | null {
    const group = hiddenValue(delivery, 'JMSXGroupID')
    if (group === null) return consumers.choose(delivery)
    const key = this.#policy.kind === 'bucket' ? String(bucketOf(group, this.#policy.size)) : group
    const sequence = Number(hiddenValue(delivery, 'JMSXGroupSeq') ?? 0)
    const owner = sequence === 1 ? undefined : this.#owners?.get(key)
    let chosen: Consumer | null
    // Those who own the fewest come first (semantics G-02).
    if (owner === undefined) chosen = consumers.choose(delivery)
    else chosen = consumers.mayServe(owner, delivery) ? owner : null
    if (chosen === null) return null
    this.#forget(key)
    if (sequence >= 0) this.#assign(key, chosen)
    return chosen
  }

  /** How many it owns. */
  ownedBy(consumer: Consumer): number {
    return this.#owned?.get(consumer) ?? 0
  }

  #assign(key: string, owner: Consumer): void {
    this.#owners ??= new Map<string, Consumer>()
    this.#owned ??= new Map<Consumer, number>()
    this.#owners.set(key, owner)
    this.#owned.set(owner, (this.#owned.get(owner) ?? 0) + 1)
    // Beyond its size the least recently used group is forgotten.
    const { kind, size } = this.#policy
    if (kind === 'cached' && this.#owners.size > size) this.#forget(this.#owners.keys().next().value!)
  }

  #forget(key: string): void {
    const owner = this.#owners?.get(key)
    if (owner === undefined) return
    this.#owners!.delete(key)
    const left = this.#owned!.get(owner)! - 1
    if (left > 0) this.#owned!.set(owner, left)
    else this.#owned!.delete(owner)
  }

  /** Who owns what now; in the key the group, or the number of its bucket. */
  *owners(): Generator<readonly [key: string, owner: Consumer]> {
    if (this.#owners !== null) yield* this.#owners
  }

  /** An administrator takes a group from its owner; the next message of it finds another one. */
  abandon(key: string): void {
    this.#forget(key)
  }

  /** Ownership ends with the subscription (semantics G-05). */
  release(consumer: Consumer): void {
    if (this.#owners === null || !this.#owned!.delete(consumer)) return
    for (const [group, owner] of this.#owners) if (owner === consumer) this.#owners.delete(group)
  }
}

/** As Java hashes a text, so that the same groups share a bucket as in ActiveMQ. */
function bucketOf(encoded: string, buckets: number): number {
  const group = encoded.replace(/\\([ncr\\])/g, (_, letter: string) => ESCAPED[letter]!)
  let hash = 0
  for (let i = 0; i < group.length; i++) hash = (Math.imul(hash, 31) + group.charCodeAt(i)) | 0
  return Math.abs(hash % buckets)
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', c: ':', r: '\r', '\\': '\\' }

/** The value of a hidden line of the message, or null. */
export function hiddenValue(delivery: Delivery, name: string): string | null {
  const { block, view, offset } = delivery
  const wanted = `${name}:`
  for (const line of block.toString('utf8', hiddenStart(view, offset), hiddenEnd(view, offset)).split('\n')) {
    if (line.startsWith(wanted)) return line.slice(wanted.length)
  }
  return null
}
