import { hiddenEnd, hiddenStart } from '../journal/journal.ts'
import type { Consumer, ConsumerRanks, Delivery } from './consumer.ts'

/** Exact ownership of the most recently used groups is kept; beyond that the oldest is forgotten (semantics G-08). */
const groupsMax = 1024

/** Who owns which message group: all its messages go to one consumer while that consumer lives (stomp S-SND-16). */
export class MessageGroups {
  readonly #owners = new Map<string, Consumer>()

  /** The consumer for a grouped message: its owner, or a new owner; null when that one cannot take it now. */
  choose(consumers: ConsumerRanks<Consumer>, delivery: Delivery): Consumer | null {
    const group = hiddenValue(delivery, 'JMSXGroupID')
    if (group === null) return consumers.choose(delivery)
    const sequence = Number(hiddenValue(delivery, 'JMSXGroupSeq') ?? 0)
    const owner = sequence === 1 ? undefined : this.#owners.get(group)
    let chosen: Consumer | null
    if (owner === undefined) chosen = this.#fewest(consumers, delivery)
    else chosen = owner.ready() && (!owner.picky || owner.accepts(delivery)) ? owner : null
    if (chosen === null) return null
    this.#owners.delete(group)
    if (sequence >= 0) this.#owners.set(group, chosen)
    if (this.#owners.size > groupsMax) this.#owners.delete(this.#owners.keys().next().value!)
    return chosen
  }

  /** Ownership ends with the subscription (semantics G-05). */
  release(consumer: Consumer): void {
    for (const [group, owner] of this.#owners) if (owner === consumer) this.#owners.delete(group)
  }

  /** A new group prefers the consumer that owns the fewest, within the best priority that is ready (semantics G-02). */
  #fewest(consumers: ConsumerRanks<Consumer>, delivery: Delivery): Consumer | null {
    const turn = consumers.choose(delivery)
    if (turn === null) return null
    const owned = new Map<Consumer, number>()
    for (const owner of this.#owners.values()) owned.set(owner, (owned.get(owner) ?? 0) + 1)
    let best = turn
    for (const consumer of consumers) {
      if (consumer.priority !== turn.priority || !consumer.ready()) continue
      if (consumer.picky && !consumer.accepts(delivery)) continue
      if ((owned.get(consumer) ?? 0) < (owned.get(best) ?? 0)) best = consumer
    }
    return best
  }
}

/** The value of a hidden line of the message, or null. */
export function hiddenValue(delivery: Delivery, name: string): string | null {
  const { block, view, offset } = delivery
  const wanted = `${name}:`
  for (const line of block.toString('utf8', hiddenStart(view, offset), hiddenEnd(view, offset)).split('\n')) {
    if (line.startsWith(wanted)) return line.slice(wanted.length)
  }
  return null
}
