import type { Lsn, MessageKey } from '../base/lsn.ts'
import type { Consumer, Queue } from '../destination/destination.ts'
import type { Journal } from '../journal/journal.ts'
import { Subscription, writeDispatched, type Session } from '../session/session.ts'

/**
 * Messages of a turn whose being handed over outlives a restart (persistJMSRedelivered, semantics R-08). What their
 * sessions were given leaves when that is committed: a client never sees a message that could come to it again unflagged.
 */
export class Remembered {
  readonly #keys = new Map<Queue, MessageKey[]>()
  readonly #sessions = new Set<Session>()

  add(queue: Queue, key: MessageKey, consumer: Consumer): void {
    const keys = this.#keys.get(queue)
    if (keys === undefined) this.#keys.set(queue, [key])
    else keys.push(key)
    if (!(consumer instanceof Subscription)) return
    consumer.session.heldUntil = Infinity as Lsn
    this.#sessions.add(consumer.session)
  }

  write(journal: Journal): void {
    if (this.#keys.size === 0) return
    for (const [queue, keys] of this.#keys) writeDispatched(journal, queue, keys)
    for (const session of this.#sessions) session.heldUntil = journal.end
    this.#keys.clear()
    this.#sessions.clear()
  }
}
