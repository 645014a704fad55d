import type { MessageKey } from '../base/lsn.ts'
import { emptyDelivery, type Delivery } from '../destination/destination.ts'
import { headerOf } from '../session/session.ts'
import { Mark } from '../store/store.ts'
import type { DestinationView } from './destination-view.ts'

/** What is known of the newest message that a queue holds (management AD-07); nothing where its bytes are not in memory. */
export interface LastMessage {
  readonly id: string | null
  /** ms since 1970; 0: not known. */
  readonly brokerInTime: number
  readonly timestamp: number
}

const NOTHING: LastMessage = { id: null, brokerInTime: 0, timestamp: 0 }

export function lastMessage(view: DestinationView): LastMessage {
  const chunk = view.messages?.last ?? null
  if (chunk === null || chunk.live === 0) return NOTHING
  let slot = chunk.count - 1
  while (chunk.marks[slot] === Mark.removed) slot--
  const { broker, journal } = view.desk.host
  const key = chunk.keys[slot]! as MessageKey
  const brokerInTime = broker === null ? 0 : broker.dispatching.arrivedAt(key)
  const message: Delivery = emptyDelivery()
  if (!journal.peek(chunk.position(slot), chunk.sizes[slot]!, message)) return { ...NOTHING, brokerInTime }
  const timestamp = Number(headerOf(message, 'timestamp') ?? 0) || 0
  return { id: headerOf(message, 'message-id') ?? null, brokerInTime, timestamp }
}
