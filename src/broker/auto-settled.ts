import type { MessageKey } from '../base/lsn.ts'
import type { Queue } from '../destination/destination.ts'
import { RecordFlag, RemovalReason, type Journal } from '../journal/journal.ts'
import { writeRemoved } from '../session/session.ts'
import { TurnList } from './turn-list.ts'

/** Keys kept room for from turn to turn. */
const keysMax = 1024

/** Auto-mode deliveries of a turn: they leave their queues many in a record, and nobody waits for that (stomp S-ACK-07). */
export class AutoSettled {
  readonly #persistent = new Runs(RecordFlag.none)
  readonly #volatile = new Runs(RecordFlag.volatile)

  get empty(): boolean {
    return this.#persistent.empty && this.#volatile.empty
  }

  add(queue: Queue, key: MessageKey, persistent: boolean): void {
    const runs = persistent ? this.#persistent : this.#volatile
    runs.add(queue, key)
  }

  /** Journals them; answers how many bytes that took. */
  write(journal: Journal): number {
    if (this.empty) return 0
    const from = journal.end
    this.#persistent.write(journal)
    this.#volatile.write(journal)
    return journal.end - from
  }
}

/** Keys in the order in which they came. Queues are dispatched one after the other: those of one queue are a run. */
class Runs {
  readonly #flags: number
  readonly #queues = new TurnList<Queue>()
  #last: Queue | null = null
  #keys: MessageKey[] = []
  #size = 0
  /** Where the run of each queue ends. */
  readonly #ends: number[] = []

  constructor(flags: number) {
    this.#flags = flags
  }

  get empty(): boolean {
    return this.#size === 0
  }

  add(queue: Queue, key: MessageKey): void {
    if (queue !== this.#last) this.#queues.add(queue)
    this.#last = queue
    this.#keys[this.#size++] = key
    this.#ends[this.#queues.size - 1] = this.#size
  }

  /** A record for each run, and none is left. */
  write(journal: Journal): void {
    for (let i = 0, from = 0; i < this.#queues.size; i++) {
      const end = this.#ends[i]!
      writeRemoved(journal, this.#queues.take(i), this.#keys, this.#flags, RemovalReason.acknowledged, from, end)
      from = end
    }
    this.#queues.end()
    this.#last = null
    this.#size = 0
    if (this.#keys.length > keysMax) this.#keys = []
  }
}
