import type { MessageKey } from '../base/lsn.ts'
import type { Queue } from '../destination/destination.ts'
import { RecordFlag } from '../journal/journal.ts'
import { writeRedelivered } from '../session/session.ts'
import type { Broker } from './broker.ts'

/** Deliveries come back: counted in the journal, and when that is committed they wait again, first (R-01 … R-03). */
export function giveBackTo(broker: Broker, queue: Queue, keys: readonly MessageKey[], persistent: boolean): void {
  // During a hand-over nobody is served, and for who leads next these deliveries never were.
  if (broker.quiesced) return broker.operations.soon(() => broker.giveBack(queue, keys, persistent))
  writeRedelivered(broker.journal, queue, keys, persistent ? RecordFlag.none : RecordFlag.volatile)
  // Only then is an older batch put before what came back earlier (semantics R-06).
  const inOrder = queue.policy.strictOrderDispatch && queue.consumers.size === 0
  queue.returning++
  broker.afterCommit(() => {
    queue.returning--
    queue.giveBack(keys, inOrder)
    broker.markDirty(queue)
  })
}
