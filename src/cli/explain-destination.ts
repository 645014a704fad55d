import {
  destinationUri,
  DestinationKind,
  isQueueKind,
  patternCovers,
  type DestinationName,
} from '../base/destination.ts'
import type { Position } from '../base/errors.ts'
import type { BrokerConfig, PolicyConfig } from '../config/config.ts'
import {
  deadLetterTarget,
  entryApplies,
  entryFor,
  policyFor,
  type DestinationPolicy,
  type PolicyEntry,
} from '../destination/destination.ts'
import { accessTo, createAuthorizer, type AccessList, type Action, type Identity } from '../security/security.ts'
import { policiesOf } from '../server/server.ts'

/** What becomes of one destination: found by the code that the broker runs. */
export interface DestinationFacts {
  readonly destination: string
  readonly policy: {
    /** Null: the built-in defaults. */
    readonly entry: Entry | null
    readonly why: string
    /** Entries for it that do not govern it, each with the reason. Entries are never merged (config 2.4). */
    readonly others: readonly (Entry & { readonly why: string })[]
    readonly settings: readonly { readonly name: string; readonly value: string; readonly set: boolean }[]
  }
  readonly deadLetters: readonly { readonly what: string; readonly goes: string | null }[]
  readonly access: {
    readonly rule: string
    readonly entries: readonly (Entry & AccessList)[]
    readonly groups: AccessList | null
    /** Null: the configuration does not name them. */
    readonly users: readonly { readonly name: string; readonly may: readonly Action[] }[] | null
  }
}

export interface Entry {
  readonly for: string
  readonly at: Position
}

const KINDS: Readonly<Record<string, DestinationKind>> = {
  queue: DestinationKind.queue,
  topic: DestinationKind.topic,
  'temp-queue': DestinationKind.tempQueue,
  'temp-topic': DestinationKind.tempTopic,
}

/** Of `queue://orders`, `queue:orders` or `/queue/orders`. */
function destinationOf(path: string): DestinationName {
  const [, kind = '', name = path] = /^\/?((?:temp-)?(?:queue|topic))(?::(?:\/\/)?|\/)(.+)$/.exec(path) ?? []
  return { kind: KINDS[kind] ?? DestinationKind.queue, name }
}

export function destinationFacts(config: BrokerConfig, path: string): DestinationFacts {
  const at = destinationOf(path)
  const { policies, defaultPolicy } = policiesOf(config)
  const policy = policyFor(policies, defaultPolicy, at)
  return {
    destination: destinationUri(at),
    policy: policyFacts(config, at, policies, policy),
    deadLetters: DEATHS.map(({ what, persistent, expired }) => {
      const target = deadLetterTarget(policy.deadLetter, at, persistent, expired)
      return { what, goes: target === null ? null : destinationUri(target) }
    }),
    access: accessFacts(config, at),
  }
}

const DEATHS = [
  { what: 'persistent, not delivered', persistent: true, expired: false },
  { what: 'persistent, expired', persistent: true, expired: true },
  { what: 'not persistent, not delivered', persistent: false, expired: false },
  { what: 'not persistent, expired', persistent: false, expired: true },
]

const entryOf = (entry: PolicyConfig): Entry => ({ for: scopeOf(entry), at: entry.at })

function scopeOf({ destination, tempQueue, tempTopic }: PolicyConfig): string {
  if (destination !== null) return destinationUri(destination)
  return tempQueue ? 'temporary queues' : tempTopic ? 'temporary topics' : 'the default entry'
}

function policyFacts(
  config: BrokerConfig,
  at: DestinationName,
  policies: readonly PolicyEntry[],
  policy: DestinationPolicy,
): DestinationFacts['policy'] {
  const winner = entryFor(config.policies, at)
  const chosen = winner ?? config.defaultPolicy
  const losers = config.policies.filter(entry => entry !== winner && entryApplies(entry, at))
  const rest = winner !== null && config.defaultPolicy !== null ? [config.defaultPolicy] : []
  const given = winner === null ? policiesOf(config).defaultPolicy : policies[config.policies.indexOf(winner)]
  return {
    entry: chosen === null ? null : entryOf(chosen),
    why: reason(winner, losers, config.defaultPolicy, at),
    others: [
      ...losers.map(entry => ({ ...entryOf(entry), why: winner === null ? '' : against(entry, winner, at) })),
      ...rest.map(entry => ({ ...entryOf(entry), why: 'only for what no other entry is for' })),
    ],
    settings: settingsOf(at, policy, given ?? null),
  }
}

function reason(
  winner: PolicyConfig | null,
  losers: readonly PolicyConfig[],
  fallback: PolicyConfig | null,
  at: DestinationName,
): string {
  if (winner === null) return fallback === null ? 'no entry is for it' : 'no other entry is for it'
  if (winner.destination?.name === at.name) return 'it names this destination itself'
  return losers.length === 0 ? 'the only entry for it' : 'the narrowest of the entries for it'
}

function against(loser: PolicyConfig, winner: PolicyConfig, at: DestinationName): string {
  const wide = loser.destination?.name ?? ''
  const narrow = winner.destination?.name ?? ''
  if (narrow === at.name) return wide === narrow ? 'the same name once more' : `"${narrow}" is the destination itself`
  if (patternCovers(wide, narrow) && wide !== narrow) return `"${narrow}" is narrower`
  return `neither is the narrower one; "${narrow}" is the later name`
}

type Plain = Exclude<keyof DestinationPolicy, 'deadLetter' | 'eviction' | 'slowConsumer' | 'recovery' | 'messageGroups'>

const SHOWN: readonly { readonly name: Plain; readonly queue: boolean; readonly topic: boolean }[] = [
  { name: 'producerFlowControl', queue: true, topic: true },
  { name: 'memoryLimit', queue: true, topic: true },
  { name: 'sendFailIfNoSpace', queue: true, topic: true },
  { name: 'sendFailIfNoSpaceAfterTimeout', queue: true, topic: true },
  { name: 'queuePrefetch', queue: true, topic: false },
  { name: 'topicPrefetch', queue: false, topic: true },
  { name: 'durableTopicPrefetch', queue: false, topic: true },
  { name: 'queueBrowserPrefetch', queue: true, topic: false },
  { name: 'usePrefetchExtension', queue: true, topic: true },
  { name: 'strictOrderDispatch', queue: true, topic: false },
  { name: 'prioritizedMessages', queue: true, topic: false },
  { name: 'useConsumerPriority', queue: true, topic: false },
  { name: 'allConsumersExclusiveByDefault', queue: true, topic: false },
  { name: 'consumersBeforeDispatchStarts', queue: true, topic: false },
  { name: 'timeBeforeDispatchStarts', queue: true, topic: false },
  { name: 'persistJMSRedelivered', queue: true, topic: false },
  { name: 'maxPageSize', queue: true, topic: false },
  { name: 'maxBrowsePageSize', queue: true, topic: false },
  { name: 'maxExpirePageSize', queue: true, topic: false },
  { name: 'gcInactiveDestinations', queue: true, topic: true },
  { name: 'inactiveTimeoutBeforeGC', queue: true, topic: true },
  { name: 'maxDestinations', queue: true, topic: true },
  { name: 'expireMessagesPeriod', queue: true, topic: false },
  { name: 'pendingMessageLimit', queue: false, topic: true },
  { name: 'pendingMessageRate', queue: false, topic: true },
  { name: 'alwaysRetroactive', queue: false, topic: true },
]

function settingsOf(
  { kind }: DestinationName,
  policy: DestinationPolicy,
  given: PolicyEntry | null,
): DestinationFacts['policy']['settings'] {
  const queue = isQueueKind(kind)
  return SHOWN.filter(shown => (queue ? shown.queue : shown.topic)).flatMap(({ name }) => {
    const value = policy[name]
    if (value === null) return []
    return [{ name, value: value === Infinity ? 'unlimited' : String(value), set: given?.[name] !== undefined }]
  })
}

const ACTIONS = ['read', 'write', 'admin'] as const

function accessFacts(config: BrokerConfig, at: DestinationName): DestinationFacts['access'] {
  const { authentication, authorization } = config
  const users = authentication?.kind === 'simple' ? usersOf(config, at) : null
  if (authorization === null) {
    const rule =
      authentication === null ? 'nothing is configured: everybody may' : 'no rules: whoever has logged in may'
    return { rule, entries: [], groups: null, users }
  }
  const { entries, groups } = accessTo(authorization, at)
  const all = authorization.defaultEntry === null ? 'all that match' : 'all that match and the default entry'
  const rule = groups === null ? 'no entry for temporary destinations: whoever has logged in may' : `${all}, together`
  const told = entries.map(({ destination, at: place, read, write, admin }) => {
    return { for: destinationUri(destination), at: place, read, write, admin }
  })
  return { rule, entries: told, groups, users }
}

/** Asked of the authorizer itself, so that nothing here can be of another opinion. */
function usersOf(
  { authentication, authorization }: BrokerConfig,
  at: DestinationName,
): DestinationFacts['access']['users'] {
  if (authentication?.kind !== 'simple') return null
  const authorizer = createAuthorizer(authorization)
  const may = (user: string, groups: readonly string[], anonymous: boolean): readonly Action[] => {
    const identity: Identity = { user, groups, anonymous, authenticated: true }
    return ACTIONS.filter(action => authorizer.may(identity, action, at))
  }
  const { users, anonymous } = authentication
  const named = users.map(({ name, groups }) => ({ name, may: may(name, groups, false) }))
  if (anonymous === null) return named
  return [...named, { name: `${anonymous.user} (without a login)`, may: may(anonymous.user, [anonymous.group], true) }]
}

/** The same for people. */
export function destinationText(facts: DestinationFacts, place: (at: Position) => string): string {
  const { policy, access, deadLetters } = facts
  const lines = [facts.destination, '', 'Policy']
  const chosen = policy.entry === null ? 'built-in defaults' : `${policy.entry.for}  ${place(policy.entry.at)}`
  lines.push(`  ${chosen}  governs it: ${policy.why}`)
  for (const { for: scope, at, why } of policy.others) lines.push(`  ${scope}  ${place(at)}  not used: ${why}`)
  for (const { name, value, set } of policy.settings)
    lines.push(`    ${name} = "${value}"  ${set ? 'set there' : 'default'}`)
  lines.push('', 'Dead letters')
  for (const { what, goes } of deadLetters) lines.push(`  ${what.padEnd(29)}  ${goes ?? 'dropped'}`)
  lines.push('', `Access: ${access.rule}`)
  for (const { for: scope, at, ...lists } of access.entries) lines.push(`  ${scope}  ${place(at)}  ${listsText(lists)}`)
  if (access.groups !== null) lines.push(`  together  ${listsText(access.groups)}`)
  if (access.users !== null) {
    for (const { name, may } of access.users)
      lines.push(`  user "${name}"  ${may.length === 0 ? 'may nothing' : `may ${may.join(', ')}`}`)
  }
  return `${lines.join('\n')}\n`
}

const listsText = (lists: AccessList): string =>
  ACTIONS.map(action => `${action}: ${lists[action].length === 0 ? 'nobody' : lists[action].join(',')}`).join('; ')
