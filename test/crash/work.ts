import type { Lsn, MessageKey } from '../../src/base/lsn.ts'
import {
  MESSAGE_HEADER,
  RECORD_HEADER,
  RecordFlag,
  RecordType,
  Trait,
  writeLsn,
  type JournalWriter,
} from '../../src/journal/journal.ts'
import { Mark, type DurableState } from '../../src/store/store.ts'
import { between } from '../journal/random.ts'

/** Queues that are used. */
const QUEUES = 3

/** Random records as a broker appends them: messages, acknowledgements, transactions. */
export class Work {
  readonly #journal: JournalWriter
  readonly #state: DurableState
  readonly #random: () => number
  /** Acknowledged, though perhaps not yet committed. */
  readonly #gone = new Set<string>()

  readonly #hoards: boolean

  /** `hoards`: many small messages that stay. */
  constructor(journal: JournalWriter, state: DurableState, random: () => number, hoards = false) {
    this.#hoards = hoards
    this.#journal = journal
    this.#state = state
    this.#random = random
    for (let id = 1; id <= QUEUES; id++) if (state.destination(id) === undefined) this.#queue(id)
  }

  step(): void {
    const random = this.#random
    const dice = random()
    if (this.#hoards) for (let n = between(random, 0, 4); n > 0; n--) this.#message()
    if (dice < 0.5) this.#message()
    else if (dice < 0.6) this.#group()
    else if (dice < 0.65) this.#redelivered()
    else this.#remove(random() < 0.5 ? between(random, 1, 30) : 1)
  }

  #queue(id: number): void {
    const journal = this.#journal
    const length = RECORD_HEADER + 7
    journal.reserve(length)
    journal.view.setUint32(journal.at + 16, id, true)
    journal.view.setUint8(journal.at + 20, 0)
    journal.block.write(`q${id}`, journal.at + 21)
    journal.seal(RecordType.destinationAdded, RecordFlag.none, length)
  }

  #message(): void {
    const random = this.#random
    const journal = this.#journal
    const persistent = random() < 0.75
    const bytes = this.#size()
    journal.reserve(bytes)
    this.#write(journal.at, bytes, persistent)
    journal.seal(RecordType.messageAdded, persistent ? RecordFlag.none : RecordFlag.volatile, bytes)
  }

  #size(): number {
    const random = this.#random
    const dice = random()
    if (this.#hoards && dice < 0.9) return MESSAGE_HEADER + 3 + between(random, 0, 30)
    const body =
      dice < 0.02 ? between(random, 4000, 20_000) : dice < 0.3 ? between(random, 400, 2000) : between(random, 0, 300)
    return MESSAGE_HEADER + 3 + body
  }

  #write(at: number, bytes: number, persistent: boolean): void {
    const { block, view } = this.#journal
    const random = this.#random
    block.fill(0, at, at + MESSAGE_HEADER)
    view.setUint32(at + 16, between(random, 1, QUEUES + 1), true)
    view.setUint8(at + 20, 4)
    view.setUint8(at + 21, persistent ? Trait.persistent : 0)
    view.setUint32(at + 44, bytes - MESSAGE_HEADER - 3, true)
    // Zeros among them, as in many a body.
    const letter = random() < 0.2 ? 0 : between(random, 1, 256)
    block.fill(letter, at + MESSAGE_HEADER, at + bytes)
    block.writeUInt16BE(between(random, 0, 65_536), at + MESSAGE_HEADER)
    block[at + MESSAGE_HEADER] = 0x0a
    block.writeUInt16BE(0x000a, at + bytes - 2)
  }

  /** Whole or not at all. */
  #group(): void {
    const random = this.#random
    const journal = this.#journal
    const sizes = Array.from({ length: between(random, 1, 5) }, () => this.#size())
    const keys = this.#some(between(random, 0, 3))
    const removal = keys.of === 0 ? 0 : 24 + keys.keys.length * 8
    const length = RECORD_HEADER + sizes.reduce((sum, size) => sum + size, 0) + removal
    journal.reserve(length)
    const { view } = journal
    let at = journal.at + RECORD_HEADER
    for (const size of sizes) {
      this.#write(at, size, true)
      this.#head(at, RecordType.messageAdded, size)
      at += size
    }
    if (removal > 0) {
      this.#keys(at, keys.of, keys.keys)
      this.#head(at, RecordType.messageRemoved, removal)
    }
    view.setUint32(journal.at, 0, true)
    journal.seal(RecordType.group, RecordFlag.none, length)
  }

  #head(at: number, type: number, length: number): void {
    const { view } = this.#journal
    view.setUint32(at, 0, true)
    view.setUint32(at + 4, length, true)
    view.setUint8(at + 8, type)
    view.setUint8(at + 9, 0)
    view.setUint16(at + 10, 0, true)
    view.setUint32(at + 12, 1, true)
  }

  #keys(at: number, of: number, keys: readonly MessageKey[]): void {
    const { view } = this.#journal
    view.setUint32(at + 16, of, true)
    view.setUint32(at + 20, 0, true)
    for (const [i, key] of keys.entries()) writeLsn(view, at + 24 + i * 8, key)
  }

  #remove(count: number): void {
    const { of, keys } = this.#some(count)
    if (of === 0) return
    const journal = this.#journal
    const length = 24 + keys.length * 8
    journal.reserve(length)
    this.#keys(journal.at, of, keys)
    journal.seal(RecordType.messageRemoved, RecordFlag.none, length)
  }

  #redelivered(): void {
    const journal = this.#journal
    const queue = this.#state.destination(between(this.#random, 1, QUEUES + 1))
    const first = queue?.messages.first
    if (queue === undefined || first === null || first === undefined || first.count === 0) return
    journal.reserve(28)
    journal.view.setUint32(journal.at + 16, queue.id, true)
    writeLsn(journal.view, journal.at + 20, first.keys[0]! as Lsn)
    journal.seal(RecordType.redelivered, RecordFlag.none, 28)
  }

  /** Committed messages of one queue, mostly the oldest; one in ten stays for long. `of` 0: there are none. */
  #some(count: number): { of: number; keys: MessageKey[] } {
    const id = between(this.#random, 1, QUEUES + 1)
    const keys: MessageKey[] = []
    const { messages } = this.#state.destination(id) ?? { messages: null }
    for (let chunk = messages?.first ?? null; chunk !== null; chunk = chunk.next) {
      for (let slot = 0; slot < chunk.count && keys.length < count; slot++) {
        const key = chunk.keys[slot]!
        const name = `${id}:${key}`
        if (chunk.marks[slot] === Mark.removed || this.#gone.has(name) || (key % 10 === 0 && this.#random() < 0.97))
          continue
        this.#gone.add(name)
        keys.push(key as MessageKey)
      }
    }
    return keys.length === 0 ? { of: 0, keys } : { of: id, keys }
  }
}
