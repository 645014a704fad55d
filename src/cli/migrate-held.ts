import { releasedIn, releasedOf, type Held, type Inventory, type Migration, type MovedQueue } from '../client/client.ts'
import { globMatches } from './glob.ts'
import { grouped } from './progress.ts'
import { visible } from './visible.ts'

/** What beside queues is asked for, of a TandemMQ. */
export interface WantedHeld {
  readonly all: boolean
  /** As `client:name`, with patterns. */
  readonly subscriptions: readonly string[]
  readonly scheduled: boolean
}

/** What became of a durable subscription, or of what was scheduled. */
export interface MovedHeld extends MovedQueue {
  /** As a line names it. */
  readonly what: string
}

export const SCHEDULED = 'scheduled'

export const uriOf = ({ clientId, name }: Pick<Held, 'clientId' | 'name'>): string => `${clientId}:${name}`

/** The durable subscriptions that are asked for. */
export const wantedOf = ({ subscriptions }: Inventory, wanted: WantedHeld): readonly Held[] =>
  subscriptions.filter(held => wanted.all || wanted.subscriptions.some(pattern => globMatches(pattern, uriOf(held))))

/** Is what is scheduled to be moved? */
export const wantsJobs = (wanted: WantedHeld): boolean => wanted.all || wanted.scheduled

/** Lines for what would be moved. */
export function* lookAtHeld(inventory: Inventory, wanted: WantedHeld): Generator<string> {
  for (const held of wantedOf(inventory, wanted)) {
    const stays = held.active ? ', which stay while its client is connected' : ''
    yield `durable subscription ${visible(uriOf(held))}: ${grouped(held.waiting + releasedIn(inventory, held.queue))} messages${stays}`
  }
  const scheduled = inventory.scheduled + releasedIn(inventory, inventory.scheduledQueue)
  if (wanted.scheduled || (wanted.all && scheduled > 0)) yield `scheduled: ${grouped(scheduled)} messages`
}

/** Moves them one after the other; `done` is told of each. Answers whether it came to all of them before the signal. */
export async function moveHeld(
  migration: Migration,
  inventory: Inventory,
  wanted: WantedHeld,
  signal: AbortSignal,
  done: (moved: MovedHeld) => void,
): Promise<boolean> {
  for (const held of wantedOf(inventory, wanted)) {
    if (signal.aborted) return false
    done({ ...(await migration.moveSubscription(held, inventory)), what: `durable subscription ${uriOf(held)}` })
  }
  if (!wantsJobs(wanted)) return true
  if (signal.aborted) return false
  const moved = await migration.moveScheduled(inventory)
  // There need not be any.
  if (wanted.scheduled || moved.moved + moved.arrivedBefore + moved.left > 0) done({ ...moved, what: SCHEDULED })
  return true
}

/** What an earlier run has released, and none will drain. */
export interface Stranded {
  readonly queue: string
  readonly waiting: number
  /** Of the subscription that is gone, as `client:name`. */
  readonly subscription: string
  /** It was asked for by this call. */
  readonly wanted: boolean
}

/** What was released of durable subscriptions that are gone: nobody can say what they were. */
export function strandedOf(inventory: Inventory | null, wanted: WantedHeld): Stranded[] {
  if (inventory === null) return []
  const { released, scheduledQueue, subscriptions } = inventory
  const known = new Set([scheduledQueue, ...subscriptions.map(({ queue }) => queue)])
  return released
    .filter(({ queue }) => !known.has(queue))
    .map(({ queue, waiting }) => {
      const held = releasedOf(queue)
      const subscription = held === null ? queue : uriOf(held)
      const isWanted = wanted.all || wanted.subscriptions.some(pattern => globMatches(pattern, subscription))
      return { queue, waiting, subscription, wanted: isWanted }
    })
}

/** What is never moved from an ActiveMQ. */
const STAYS = 'durable subscriptions and scheduled messages are not moved (by hand: tandemmq help migrate)'

/** What the old broker has beside queues and this call does not move, as parts of the last line; `durables` of an ActiveMQ. */
export function staysOf(inventory: Inventory | null, wanted: WantedHeld, durables: readonly string[]): string[] {
  if (inventory === null) {
    if (durables.length === 0) return [STAYS]
    return [STAYS, `the old broker has ${durables.length} durable subscriptions: ${visible(durables.join(', '))}`]
  }
  const chosen = new Set(wantedOf(inventory, wanted))
  const left = inventory.subscriptions.filter(held => !chosen.has(held)).map(uriOf)
  const parts: string[] = []
  if (left.length > 0)
    parts.push(`${left.length} durable subscriptions stay (--subscriptions): ${visible(left.join(', '))}`)
  if (!wantsJobs(wanted)) {
    const before = releasedIn(inventory, inventory.scheduledQueue)
    if (inventory.scheduled > 0) parts.push(`${inventory.scheduled} scheduled messages stay (--scheduled)`)
    if (before > 0) parts.push(`${before} scheduled messages of an interrupted run do not fire (--scheduled)`)
  }
  for (const { queue, waiting, subscription } of strandedOf(inventory, wanted))
    parts.push(
      `${waiting} messages stay in the queue ${visible(queue)}, as the durable subscription ${visible(subscription)} is gone: make it again there and call this again, or purge the queue`,
    )
  return parts
}

/** What became of a queue, or of something beside them. */
export function lineOf(what: string, { moved, arrivedBefore, left, refused, problem }: MovedQueue): string {
  const parts = [`${visible(what)}: ${grouped(moved)} moved`]
  if (arrivedBefore > 0) parts.push(`${grouped(arrivedBefore)} had arrived before`)
  if (left > 0) parts.push(`${grouped(left)} left`)
  if (problem !== null) parts.push(visible(problem))
  for (const { id, answer } of refused.slice(0, 3)) parts.push(`${visible(id)} refused: ${visible(answer)}`)
  if (refused.length > 3) parts.push(`${refused.length} refused in all`)
  return parts.join('; ')
}
