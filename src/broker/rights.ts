import type { DestinationName } from '../base/destination.ts'
import { SCHEDULER_MANAGEMENT, type Identity } from '../session/session.ts'
import type { BrokerOptions } from './options.ts'
import { isReleased } from './releasing.ts'
import { twinRefusal } from './twin-login.ts'

type Rights = Pick<BrokerOptions, 'refusal' | 'refusalOfAll'>
type Action = Parameters<Rights['refusal']>[1]

/** Why this identity may not, or null. The twin may replicate and nothing else. */
export function refusalFor(rights: Rights, identity: Identity, action: Action, at: DestinationName): string | null {
  if (identity.twin === true) return twinRefusal(identity, at)
  return rights.refusal(identity, action, at) ?? (isReleased(at) ? guard(rights, identity) : null)
}

/** As that, for a list that is judged as one (semantics SA-08). */
export function refusalForAll(
  rights: Rights,
  identity: Identity,
  action: Action,
  names: readonly DestinationName[],
): string | null {
  const [first] = names
  if (identity.twin === true && first !== undefined) return twinRefusal(identity, first)
  return rights.refusalOfAll(identity, action, names) ?? (names.some(isReleased) ? guard(rights, identity) : null)
}

/**
 * What was released comes from topics, and goes where its headers say: a right on queues alone neither shows it nor forges it.
 * Whoever may order the scheduler about sees and removes every job anyway.
 */
const guard = (rights: Rights, identity: Identity): string | null =>
  rights.refusal(identity, 'write', SCHEDULER_MANAGEMENT)
