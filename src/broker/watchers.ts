import { DestinationKind, destinationMatches } from '../base/destination.ts'
import { copiesOf, patternsMeet, type VirtualRule } from '../destination/destination.ts'
import type { Subscription } from '../session/session.ts'
import { ADVISORY_PREFIX } from './advisory-names.ts'

const ALL = `${ADVISORY_PREFIX}>`
/** Topics whose answer is remembered; beyond it the memory starts anew. */
const knownMax = 10_000

/** Who gets advisories: subscribers to advisory topics, by name or pattern, and rules that forward them. */
export class Watchers {
  readonly #subscriptions = new Set<Subscription>()
  readonly #rules: readonly VirtualRule[]
  /** Does a topic have a watcher? Right until watchers come or go. */
  readonly #known = new Map<string, boolean>()
  /** There is one, for some topic. */
  any: boolean

  constructor(rules: readonly VirtualRule[]) {
    this.#rules = rules.filter(
      rule =>
        rule.kind === 'composite' && rule.from.kind === DestinationKind.topic && patternsMeet(rule.from.name, ALL),
    )
    this.any = this.#rules.length > 0
  }

  add(subscription: Subscription): void {
    const watches = subscription.options.destinations.some(
      ({ kind, name }) => kind === DestinationKind.topic && patternsMeet(name, ALL),
    )
    if (!watches) return
    this.#subscriptions.add(subscription)
    this.#changed()
  }

  remove(subscription: Subscription): void {
    if (this.#subscriptions.delete(subscription)) this.#changed()
  }

  #changed(): void {
    this.#known.clear()
    this.any = this.#subscriptions.size > 0 || this.#rules.length > 0
  }

  wants(topic: string): boolean {
    if (!this.any) return false
    let wanted = this.#known.get(topic)
    if (wanted === undefined) {
      wanted = this.#isWatched(topic)
      if (this.#known.size >= knownMax) this.#known.clear()
      this.#known.set(topic, wanted)
    }
    return wanted
  }

  #isWatched(topic: string): boolean {
    for (const subscription of this.#subscriptions) if (names(subscription, topic)) return true
    if (this.#rules.length === 0) return false
    const copies = copiesOf(this.#rules, { kind: DestinationKind.topic, name: topic })
    return copies.some(({ to }) => to.kind !== DestinationKind.topic || to.name !== topic)
  }
}

/** Is the subscription for this topic? */
export const names = ({ options }: Subscription, topic: string): boolean =>
  options.destinations.some(({ kind, name }) => kind === DestinationKind.topic && destinationMatches(name, topic))
