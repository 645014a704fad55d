import type { MessageKey } from '../base/lsn.ts'
import type { Queue } from '../destination/destination.ts'
import { RecordFlag, RecordType, RemovalReason, writeLsn } from '../journal/journal.ts'
import type { RecordTarget } from './record-target.ts'

/** Keys in one MESSAGE_REMOVED or REDELIVERED record; longer lists become several records. */
const keysMax = 8192

/** Journals that these messages, [start, end) of `keys`, leave their queue. */
export function writeRemoved(
  target: RecordTarget,
  queue: Pick<Queue, 'id'>,
  keys: readonly MessageKey[],
  flags: number,
  reason: number = RemovalReason.acknowledged,
  start = 0,
  end: number = keys.length,
): void {
  for (let from = start; from < end; from += keysMax) {
    const count = Math.min(keysMax, end - from)
    const length = 24 + count * 8
    target.reserve(length)
    const { view, at } = target
    view.setUint32(at + 16, queue.id, true)
    view.setUint32(at + 20, reason, true)
    for (let i = 0; i < count; i++) writeLsn(view, at + 24 + i * 8, keys[from + i]!)
    target.seal(RecordType.messageRemoved, flags, length)
  }
}

/** Journals one more redelivery of each of these messages. */
export function writeRedelivered(target: RecordTarget, queue: Queue, keys: readonly MessageKey[], flags: number): void {
  writeKeys(target, queue, keys, RecordType.redelivered, flags)
}

/** Journals that these messages were handed over, which outlives a restart (semantics R-08). */
export function writeDispatched(target: RecordTarget, queue: Queue, keys: readonly MessageKey[]): void {
  writeKeys(target, queue, keys, RecordType.dispatched, RecordFlag.none)
}

function writeKeys(
  target: RecordTarget,
  queue: Queue,
  keys: readonly MessageKey[],
  type: RecordType,
  flags: number,
): void {
  for (let from = 0; from < keys.length; from += keysMax) {
    const count = Math.min(keysMax, keys.length - from)
    const length = 20 + count * 8
    target.reserve(length)
    const { view, at } = target
    view.setUint32(at + 16, queue.id, true)
    for (let i = 0; i < count; i++) writeLsn(view, at + 20 + i * 8, keys[from + i]!)
    target.seal(type, flags, length)
  }
}
