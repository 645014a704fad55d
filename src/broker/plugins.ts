import { emptyDelivery, type Delivery } from '../destination/destination.ts'
import {
  AS_IT_IS,
  RecordBuffer,
  headerOf,
  writeRewritten,
  type BrokerEvents,
  type SendFields,
  type SendPlugin,
  type SessionPlugins,
} from '../session/session.ts'
import { DeathJudges } from './death-judges.ts'
import { EventFan } from './event-fan.ts'
import { EventLog, type EventLogOptions } from './event-log.ts'
import type { PluginRule, RedeliveryRule, TimeStampRule } from './plugin-rules.ts'

export interface PluginOptions extends EventLogOptions {
  readonly rules: readonly PluginRule[]
  /** Whoever else is told what happens. */
  readonly watchers: readonly BrokerEvents[]
  /** 0 … 1, for delays that shall not meet. */
  readonly random: () => number
}

/** What is configured in `<plugins>` and acts on messages: one small function for each place where it acts (semantics M-01). */
export class Plugins implements SessionPlugins {
  readonly send: SendPlugin | null
  readonly dispatch: ((delivery: Delivery) => Delivery) | null
  readonly events: BrokerEvents | null
  readonly messages: BrokerEvents | null
  /** What becomes of the dead; null: what the policy says. */
  readonly deaths: DeathJudges | null

  constructor(options: PluginOptions) {
    // The last listed sees a call first.
    const rules = [...options.rules].reverse()
    this.send = sendPlugin(rules)
    this.deaths = DeathJudges.of(rules, options.random)
    const logs = rules.flatMap(rule => (rule.kind === 'logging' ? [new EventLog(rule, options)] : []))
    this.events = EventFan.of([...logs, ...options.watchers])
    this.messages = EventFan.of(logs.filter(({ ofMessages }) => ofMessages))
    const headers = rules.flatMap(rule => (rule.kind === 'trace' ? [rule.header] : []))
    this.dispatch = headers.length === 0 ? null : delivery => traced(delivery, headers, options.brokerName)
  }

  /** Redelivery plugins of another configuration, as many as there were, in its order. */
  renew(redeliveries: readonly RedeliveryRule[]): void {
    this.deaths?.renew([...redeliveries].reverse())
  }
}

function sendPlugin(rules: readonly PluginRule[]): SendPlugin | null {
  const stamps = rules.filter(rule => rule.kind === 'timeStamp')
  // The first listed has the last word: it sees the message when the others have.
  const persistent = rules.filter(rule => rule.kind === 'forcePersistency').at(-1)?.persistent ?? null
  if (stamps.length === 0 && persistent === null) return null
  return {
    persistent,
    apply(fields, now) {
      for (const rule of stamps) stamp(rule, fields, now)
      fields.persistent = persistent ?? fields.persistent
    },
  }
}

/** The broker's clock instead of the sender's: the lifetime stays what it was, or what is configured (semantics PL-06). */
export function stamp(
  { zeroExpirationOverride, ttlCeiling, futureOnly }: TimeStampRule,
  fields: SendFields,
  now: number,
): void {
  const { expires, timestamp } = fields
  if (timestamp <= 0) return
  const asked = expires > 0 ? expires - timestamp : zeroExpirationOverride
  const lifetime = asked > 0 && ttlCeiling > 0 ? Math.min(asked, ttlCeiling) : asked
  if (futureOnly && now + lifetime <= expires) return
  if (lifetime > 0) fields.expires = now + lifetime
  fields.timestamp = now
}

/** The message with this broker's name behind those that stood there, once for each time it was delivered (semantics PL-13). */
function traced(delivery: Delivery, headers: readonly string[], brokerName: string): Delivery {
  const own = Array.from({ length: delivery.redelivered + 1 }, () => brokerName)
  const adds = headers.map(name => {
    const before = headerOf(delivery, name)
    return [name, [...(before === undefined ? [] : [before]), ...own].join(',')] as const
  })
  const into = new RecordBuffer(256)
  const { length } = writeRewritten(into, delivery, 0, false, { ...AS_IT_IS, adds })
  const { queue, topic, key, persistent, redelivered } = delivery
  return { ...emptyDelivery(), queue, topic, key, persistent, redelivered, block: into.block, view: into.view, length }
}
