import { messageOf } from '../base/errors.ts'
import { emptyDelivery, type Delivery } from '../destination/destination.ts'
import { Trait } from '../journal/journal.ts'
import type { Job } from '../store/store.ts'
import type { Broker } from './broker.ts'

/** The message of a job; null: its bytes are not in memory, or it is gone. The bytes are borrowed. */
export function peekJob({ state, journal }: Broker, { destination, key }: Job): Delivery | null {
  const messages = state.destination(destination)?.messages
  if (messages === undefined || !messages.find(key)) return null
  const into = emptyDelivery()
  const chunk = messages.foundChunk!
  const [at, bytes] = [chunk.position(messages.foundSlot), chunk.sizes[messages.foundSlot]!]
  if (!journal.peek(at, bytes, into)) return null
  const persistent = (into.view.getUint8(into.offset + 21) & Trait.persistent) !== 0
  return { ...into, key, persistent, length: bytes }
}

/** Brings the bytes of a job into memory. Answers whether it is worth another look: false when they cannot be read. */
export async function fetchJob({ state, journal, log }: Broker, { destination, key }: Job): Promise<boolean> {
  const messages = state.destination(destination)?.messages
  if (messages === undefined || !messages.find(key)) return true
  const at = messages.foundChunk!.position(messages.foundSlot)
  try {
    await journal.fetch(at, messages.foundChunk!.sizes[messages.foundSlot]!)
    return true
  } catch (error) {
    // Relocation may have moved it while it was read.
    if (!messages.find(key) || messages.foundChunk!.position(messages.foundSlot) !== at) return true
    log.error(`a scheduled message cannot be read, it stays where it is: ${messageOf(error)}`, {
      code: 'MESSAGE_SKIPPED',
    })
    return false
  }
}

/** Visits the messages of jobs in order, at once as far as they are in memory, until `visit` answers false. */
export async function eachJob(
  broker: Broker,
  jobs: readonly Job[],
  visit: (job: Job, message: Delivery) => boolean,
): Promise<void> {
  for (const job of jobs) {
    if (broker.overloaded()) await new Promise<void>(resolve => broker.afterCommit(resolve))
    const message = peekJob(broker, job) ?? ((await fetchJob(broker, job)) ? peekJob(broker, job) : null)
    if (message !== null && !visit(job, message)) return
  }
}
