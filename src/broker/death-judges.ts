import { DestinationKind, type DestinationName } from '../base/destination.ts'
import { entryFor } from '../destination/destination.ts'
import type { DiscardDeadLettersRule, PluginRule, RedeliveryPolicy, RedeliveryRule } from './plugin-rules.ts'

/** A message that is about to become a dead letter. */
export interface Death {
  /** Where it died. */
  readonly source: DestinationName
  readonly expired: boolean
  /** How often it was redelivered, by whatever way. */
  readonly redelivered: number
  /** ms that it waited before its last retry; 0 none. */
  readonly lastDelay: number
}

/** What becomes of it: a letter, as if there was no plugin; nothing; or another try, after so many ms. */
export type Verdict = 'letter' | 'drop' | { readonly retryAfter: number }

type Judge = (death: Death) => Verdict | null

/** A redelivery plugin, which a reload may replace. */
interface Place {
  rule: RedeliveryRule
}

/** The plugins that decide about deaths, each in its turn until one has an answer (semantics PL-10 … PL-12). */
export class DeathJudges {
  readonly #judges: readonly Judge[]
  readonly #redeliveries: readonly Place[]

  private constructor(judges: readonly Judge[], redeliveries: readonly Place[]) {
    this.#judges = judges
    this.#redeliveries = redeliveries
  }

  /** `rules` in the order in which they see a call. Null when none of them decides about deaths. */
  static of(rules: readonly PluginRule[], random: () => number): DeathJudges | null {
    const redeliveries: Place[] = []
    const judges = rules.flatMap((rule): Judge[] => {
      if (rule.kind !== 'redelivery') return rule.kind === 'discardDeadLetters' ? [discarding(rule)] : []
      const place = { rule }
      redeliveries.push(place)
      return [death => retried(place.rule, death, random)]
    })
    return judges.length === 0 ? null : new DeathJudges(judges, redeliveries)
  }

  /** Puts each redelivery plugin in the place of the one before, as many as there were, in the order in which they see a call. */
  renew(rules: readonly RedeliveryRule[]): void {
    for (const [i, place] of this.#redeliveries.entries()) place.rule = rules[i] ?? place.rule
  }

  judge(death: Death): Verdict {
    for (const judge of this.#judges) {
      const verdict = judge(death)
      if (verdict !== null) return verdict
    }
    return 'letter'
  }
}

function discarding(rule: DiscardDeadLettersRule): Judge {
  const only = rule.dropOnly.map(text => new RegExp(`^(?:${text})$`))
  return ({ source: { kind, name } }) => {
    const dropped =
      rule.dropAll ||
      (rule.dropTemporaryTopics && kind === DestinationKind.tempTopic) ||
      (rule.dropTemporaryQueues && kind === DestinationKind.tempQueue) ||
      only.some(expression => expression.test(name))
    return dropped ? 'drop' : null
  }
}

function retried(rule: RedeliveryRule, death: Death, random: () => number): Verdict | null {
  if (death.expired) return null
  const policy = entryFor(rule.policies, death.source) ?? rule.defaultPolicy
  if (policy === null) return rule.fallbackToDeadLetter ? null : 'drop'
  const { maximumRedeliveries, initialRedeliveryDelay } = policy
  if (maximumRedeliveries >= 0 && death.redelivered >= maximumRedeliveries)
    return rule.sendToDlqIfMaxRetriesExceeded ? null : 'drop'
  return {
    retryAfter: death.redelivered === 0 ? initialRedeliveryDelay : nextDelay(policy, death.lastDelay, random),
  }
}

/** ms until the next try, after one that was `last` ms late (semantics PL-10). */
export function nextDelay(policy: RedeliveryPolicy, last: number, random: () => number): number {
  const { redeliveryDelay, maximumRedeliveryDelay, backOffMultiplier, collisionAvoidance } = policy
  let delay = redeliveryDelay
  if (last > 0 && backOffMultiplier > 1) {
    delay = Math.floor(last * backOffMultiplier)
    if (maximumRedeliveryDelay !== -1 && delay > maximumRedeliveryDelay)
      delay = Math.max(maximumRedeliveryDelay, redeliveryDelay)
  }
  const shift = (random() < 0.5 ? -1 : 1) * collisionAvoidance * random()
  return Math.max(0, Math.floor(delay + delay * shift))
}
