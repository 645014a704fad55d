import { Mark } from './message-index.ts'
import { encodeSubscription } from './stored-subscription.ts'
import type { DurableState, StoredDestination } from './state.ts'

/** 64 bits of a row of numbers: two lanes, each a 32-bit multiplicative hash of every number's two halves. */
class Digest {
  #a = 0x811c9dc5
  #b = 0x9e3779b9

  add(value: number): void {
    this.#word(value >>> 0)
    this.#word(Math.floor(value / 0x1_0000_0000) >>> 0)
  }

  text(value: string): void {
    this.add(value.length)
    for (let i = 0; i < value.length; i++) this.#word(value.charCodeAt(i))
  }

  #word(word: number): void {
    this.#a = Math.imul(this.#a ^ word, 0x01000193)
    this.#a ^= this.#a >>> 15
    this.#b = Math.imul(this.#b + word, 0x85ebca6b)
    this.#b ^= this.#b >>> 13
  }

  get hex(): string {
    return [this.#a, this.#b].map(lane => (lane >>> 0).toString(16).padStart(8, '0')).join('')
  }
}

/** What a state says, in 16 hex digits, whatever it looks like in memory. What dispatch knows is no part of it. */
export function digestOf(state: DurableState): string {
  const digest = new Digest()
  for (const value of [state.applied, state.epoch, state.nextDestinationId, state.epochs.length]) digest.add(value)
  for (const { n, uid, start } of state.epochs) {
    digest.add(n)
    digest.add(start)
    digest.text(uid)
  }
  const byId = [...state.destinations.values()].sort((a, b) => a.id - b.id)
  for (const target of byId) addDestination(digest, target)
  const jobs = [...state.schedule.values()].sort((a, b) => a.key - b.key)
  for (const { destination, key, next, period, remaining, cron } of jobs) {
    for (const value of [destination, key, next, period, remaining]) digest.add(value)
    digest.text(cron)
  }
  return digest.hex
}

function addDestination(digest: Digest, { id, kind, name, subscription, messages }: StoredDestination): void {
  digest.add(id)
  digest.add(kind)
  digest.text(name)
  if (subscription !== null) digest.text(encodeSubscription(subscription).toString('latin1'))
  digest.add(messages.live)
  for (let chunk = messages.first; chunk !== null; chunk = chunk.next) {
    for (let slot = 0; slot < chunk.count; slot++) {
      if (chunk.marks[slot] === Mark.removed) continue
      digest.add(chunk.keys[slot]!)
      digest.add(chunk.sizes[slot]!)
      digest.add(chunk.kinds[slot]!)
      digest.add(chunk.position(slot))
      digest.add(chunk.expiresAt(slot))
      digest.add(chunk.redelivered?.[slot] ?? 0)
    }
  }
}
