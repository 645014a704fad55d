import type { MessageKey } from '../base/lsn.ts'
import type { Queue } from '../destination/destination.ts'
import { RecordFlag, type Journal } from '../journal/journal.ts'
import { writeRemoved } from '../session/session.ts'

/** Auto-mode deliveries of a turn: they leave their queues many in a record, and nobody waits for that (stomp S-ACK-07). */
export class AutoSettled {
  readonly #persistent = new Map<Queue, MessageKey[]>()
  readonly #volatile = new Map<Queue, MessageKey[]>()

  get empty(): boolean {
    return this.#persistent.size === 0 && this.#volatile.size === 0
  }

  add(queue: Queue, key: MessageKey, persistent: boolean): void {
    const settled = persistent ? this.#persistent : this.#volatile
    const keys = settled.get(queue)
    if (keys === undefined) settled.set(queue, [key])
    else keys.push(key)
  }

  /** Journals them; answers how many bytes that took. */
  write(journal: Journal): number {
    if (this.empty) return 0
    const from = journal.end
    for (const [queue, keys] of this.#persistent) writeRemoved(journal, queue, keys, RecordFlag.none)
    for (const [queue, keys] of this.#volatile) writeRemoved(journal, queue, keys, RecordFlag.volatile)
    this.#persistent.clear()
    this.#volatile.clear()
    return journal.end - from
  }
}
