import { messageOf } from '../base/errors.ts'
import type { Lsn } from '../base/lsn.ts'
import type { Queue } from '../destination/destination.ts'
import type { Broker } from './broker.ts'

/** Reads the bytes of a queue's next message into memory, and lets the queue go on. */
export function fetchFor(broker: Broker, queue: Queue, at: Lsn, bytes: number): void {
  queue.fetching = true
  broker.journal.fetch(at, bytes).then(
    () => {
      queue.fetching = false
      broker.dispatching.markMore(queue)
      broker.schedule()
    },
    (error: unknown) => {
      queue.fetching = false
      // Relocation may have moved the message while it was read; what cannot be read twice stays where it is.
      if (queue.unreadable !== at) broker.markDirty(queue)
      else
        broker.log.error(`${queue.at.name}: ${messageOf(error)}`, {
          code: 'MESSAGE_SKIPPED',
          destination: queue.at.name,
        })
      queue.unreadable = at
    },
  )
}
