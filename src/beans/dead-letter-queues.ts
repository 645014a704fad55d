import { DestinationKind, isTemporaryKind, type DestinationName } from '../base/destination.ts'
import type { BrokerConfig } from '../config/config.ts'
import { builtInPolicy, type DeadLetterPolicy } from '../destination/destination.ts'

/** Where the policies send dead messages: also what is empty now, or got its messages before the last start. */
export class DeadLetterQueues {
  readonly #policies: readonly DeadLetterPolicy[]

  constructor({ policies, defaultPolicy }: BrokerConfig) {
    const configured = [...policies, defaultPolicy].flatMap(policy => policy?.deadLetter ?? [])
    this.#policies = [...configured, builtInPolicy.deadLetter]
  }

  includes(at: DestinationName): boolean {
    return !isTemporaryKind(at.kind) && this.#policies.some(policy => isTargetOf(policy, at))
  }
}

function isTargetOf(policy: DeadLetterPolicy, { kind, name }: DestinationName): boolean {
  const isQueue = kind === DestinationKind.queue
  if (policy.kind === 'discarding') return false
  if (policy.kind === 'shared') return name === policy.queueName && isQueue === (policy.queueKind === 'queue')
  const ofQueues =
    isQueue === policy.useQueueForQueueMessages && isBetween(name, policy.queuePrefix, policy.queueSuffix)
  return (
    ofQueues || (isQueue === policy.useQueueForTopicMessages && isBetween(name, policy.topicPrefix, policy.topicSuffix))
  )
}

/** Without a prefix and a suffix nothing tells it from any other. */
const isBetween = (name: string, prefix: string, suffix: string): boolean =>
  prefix.length + suffix.length > 0 &&
  name.length > prefix.length + suffix.length &&
  name.startsWith(prefix) &&
  name.endsWith(suffix)
