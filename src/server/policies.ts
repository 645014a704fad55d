import { destinationUri, type DestinationName } from '../base/destination.ts'
import type { Position } from '../base/errors.ts'
import type { Broker } from '../broker/broker.ts'
import type { BrokerConfig, PolicyConfig } from '../config/config.ts'
import { entryFor, type PolicySetting } from '../destination/destination.ts'
import { policiesOf } from './create-broker.ts'
import { listed } from './protection.ts'

type Policies = Pick<BrokerConfig, 'policies' | 'defaultPolicy' | 'plugins'>
type Redelivery = Extract<BrokerConfig['plugins'][number], { readonly kind: 'redelivery' }>
type Scope = Pick<PolicyConfig, 'destination' | 'tempQueue' | 'tempTopic'>

/** A setting that has changed in the file, and that destinations which exist keep as it was until a restart. */
export interface KeptSetting {
  /** As the XML has it. */
  readonly word: string
  /** Which policyEntry: `queue://ORDERS.>`, or the default entry. */
  readonly entry: string
  /** Where the entry stands: the one that governs them now, or did before. */
  readonly at: Position
  readonly destinations: number
  /** One of them. */
  readonly example: string
}

/** Words of the XML that are not called as the setting is. */
const WORDS: Readonly<Partial<Record<PolicySetting, string>>> = {
  queueInMemory: 'pendingQueuePolicy',
  messageGroups: 'messageGroupMapFactory',
  recovery: 'subscriptionRecoveryPolicy',
}

/** Puts the policies of `now` in force in a broker (semantics RC-01). Throws nothing. */
export function renewPolicies(broker: Broker, before: Policies, now: BrokerConfig): readonly KeptSetting[] {
  const { policies, defaultPolicy } = policiesOf(now)
  const kept = broker.registry.renew(policies, defaultPolicy)
  broker.plugins?.renew(redeliveriesOf(now))
  broker.slowConsumers.renew(broker.registry.entries)
  for (const queue of broker.registry.queues()) {
    if (queue.gathering) broker.gathering.look(queue)
    broker.markDirty(queue)
  }
  // Senders that wait may have room now.
  broker.sweep('waiting')
  const found = new Map<string, KeptSetting>()
  for (const { setting, at } of kept) {
    const entry = governing(now, at) ?? governing(before, at)
    if (entry === null) continue
    const one = { word: WORDS[setting] ?? setting, entry: scopeOf(entry), at: entry.at }
    const key = `${setting} ${one.entry} ${one.at.line}:${one.at.column}`
    const known = found.get(key)
    found.set(key, {
      ...one,
      destinations: (known?.destinations ?? 0) + 1,
      example: known?.example ?? destinationUri(at),
    })
  }
  return [...found.values()]
}

/** The configuration with what a reload takes of another one (semantics RC-01): policies, and those of each redeliveryPlugin that stays. */
export function withPolicies(config: BrokerConfig, { policies, defaultPolicy, plugins }: Policies): BrokerConfig {
  const fresh = [...redeliveriesOf({ plugins })]
  const stay = fresh.length === redeliveriesOf(config).length
  const renewed = config.plugins.map(one => (one.kind === 'redelivery' && stay ? (fresh.shift() ?? one) : one))
  return { ...config, policies, defaultPolicy, plugins: renewed }
}

const redeliveriesOf = ({ plugins }: Pick<Policies, 'plugins'>): readonly Redelivery[] =>
  plugins.filter(one => one.kind === 'redelivery')

const governing = ({ policies, defaultPolicy }: Policies, at: DestinationName): PolicyConfig | null =>
  entryFor(policies, at) ?? defaultPolicy

function scopeOf({ destination, tempQueue, tempTopic }: Scope): string {
  if (destination !== null) return destinationUri(destination)
  if (tempQueue || tempTopic) return tempQueue ? 'temporary queues' : 'temporary topics'
  return 'the default entry'
}

/** Which entries differ, as sentences for the log; none: they mean the same. */
export function policyChanges(before: Policies, now: Policies): string[] {
  const told = changesOf('policies', entriesOf(before), entriesOf(now))
  const [old, fresh] = [redeliveriesOf(before), redeliveriesOf(now)]
  if (old.length !== fresh.length) return told
  for (const [i, one] of fresh.entries()) {
    const other = old[i] ?? one
    told.push(...changesOf('redelivery policies', entriesOf(other), entriesOf(one)))
    for (const word of ['sendToDlqIfMaxRetriesExceeded', 'fallbackToDeadLetter'] as const)
      if (one[word] !== other[word]) told.push(`${word} of redeliveryPlugin is ${one[word]}`)
  }
  return told
}

const entriesOf = <T>({ policies, defaultPolicy }: { policies: readonly T[]; defaultPolicy: T | null }): readonly T[] =>
  defaultPolicy === null ? policies : [...policies, defaultPolicy]

function changesOf(subject: string, before: readonly Scope[], now: readonly Scope[]): string[] {
  const [old, fresh] = [byScope(before), byScope(now)]
  const told = [
    { what: 'changed', names: [...fresh.keys()].filter(name => old.has(name) && old.get(name) !== fresh.get(name)) },
    { what: 'added', names: [...fresh.keys()].filter(name => !old.has(name)) },
    { what: 'removed', names: [...old.keys()].filter(name => !fresh.has(name)) },
  ]
  return told.flatMap(({ what, names }) => (names.length === 0 ? [] : `${subject} ${what}: ${listed(names)}`))
}

/** What each entry says, without where it stands; several for one destination are told as one. */
function byScope(entries: readonly Scope[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const entry of entries) {
    const text = JSON.stringify(entry, (key, value: unknown) => (key === 'at' ? undefined : value))
    const scope = scopeOf(entry)
    found.set(scope, (found.get(scope) ?? '') + text)
  }
  return found
}
