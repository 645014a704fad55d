import { destinationMatches, destinationUri, isQueueKind, type DestinationName } from '../base/destination.ts'
import { entryFor, type PolicyEntry } from '../destination/destination.ts'

/** How many destinations there may be under an entry, and are (maxDestinations, semantics LD-05). */
export class DestinationLimits {
  readonly #entries: readonly PolicyEntry[]
  readonly #fallback: PolicyEntry | null
  readonly #counts = new Map<PolicyEntry, { queues: number; topics: number }>()

  constructor(entries: readonly PolicyEntry[], fallback: PolicyEntry | null) {
    this.#entries = entries
    this.#fallback = fallback
    for (const entry of [...entries, ...(fallback === null ? [] : [fallback])])
      if (limitOf(entry) >= 0) this.#counts.set(entry, { queues: 0, topics: 0 })
  }

  added(at: DestinationName): void {
    this.#count(at, 1)
  }

  removed(at: DestinationName): void {
    this.#count(at, -1)
  }

  /** Every entry whose pattern meets the name counts it, whichever of them governs it. */
  #count(at: DestinationName, change: number): void {
    if (this.#counts.size === 0 || isFree(at)) return
    for (const [{ destination }, counts] of this.#counts) {
      if (destination !== null && !(destination.kind === at.kind && destinationMatches(destination.name, at.name)))
        continue
      if (isQueueKind(at.kind)) counts.queues += change
      else counts.topics += change
    }
  }

  /** In the words of ActiveMQ, with its misspelling; null: it may be made. */
  refusal(at: DestinationName): string | null {
    if (this.#counts.size === 0 || isFree(at)) return null
    const entry = entryFor(this.#entries, at) ?? this.#fallback
    const counts = entry === null ? undefined : this.#counts.get(entry)
    if (entry === null || counts === undefined) return null
    const limit = limitOf(entry)
    if ((isQueueKind(at.kind) ? counts.queues : counts.topics) < limit) return null
    const which = entry.destination === null ? '' : ` for the policy ${destinationUri(entry.destination)}`
    return `The maxmimum number of destinations allowed (${limit})${which} has already been reached.`
  }
}

const limitOf = (entry: PolicyEntry): number => entry.maxDestinations ?? -1
const isFree = ({ name }: DestinationName): boolean => name.startsWith('ActiveMQ.Advisory.')
