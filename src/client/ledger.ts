import { randomUUID } from 'node:crypto'
import { TandemError } from '../base/errors.ts'
import { dialAlone } from './alone.ts'
import type { StompConnection } from './connection.ts'
import type { Dialling } from './dialling.ts'
import type { ServerFrame } from './frames.ts'
import { Inbox } from './inbox.ts'
import type { Outgoing } from './producer.ts'

/** The queue on the new broker that says what has arrived there. */
export const LEDGER = 'tandemmq.migration'
const BATCH = 'tandemmq-migration-batch'
const QUEUE = 'tandemmq-migration-queue'
const FENCE = 'tandemmq-migration-fence'
/** ms that a broker may need to hand over what the ledger holds. */
const PATIENCE = 60_000
/** More entries than a ledger ever has: one, and one for each time that a migration was interrupted. */
const PREFETCH = '10000'

/** An entry of the ledger: these messages of this queue are at the new broker. */
export interface Entry {
  readonly batch: string
  readonly queue: string
  /** Their ids at the old broker that are not known to be acknowledged there; how often each. */
  readonly open: Map<string, number>
  message: ServerFrame
}

/**
 * What the new broker knows about what has arrived, kept by itself: each batch of messages is sent in one transaction with an
 * entry that lists their old ids, so either all of it is there or nothing. Whoever is killed afterwards reads the entry, and
 * acknowledges on the old broker what is listed, instead of sending it again.
 *
 *     BEGIN · ACK of spent entries · SEND … · SEND entry · COMMIT
 *
 * An entry is spent when the old broker has confirmed that its messages are acknowledged.
 */
export class Ledger {
  readonly connection: StompConnection
  readonly #inbox: Inbox
  readonly #signal: AbortSignal
  /** By batch, oldest first. */
  readonly #entries = new Map<string, Entry>()

  private constructor(connection: StompConnection, signal: AbortSignal) {
    this.connection = connection
    this.#signal = signal
    this.#inbox = new Inbox(connection)
  }

  /**
   * Connects, and reads everything that earlier migrations have left: `known` is what this one still remembers of it. Rejects
   * when another migration is connected, or somebody else consumes the ledger.
   */
  static async open(dialling: Dialling, again: boolean, known: Iterable<Entry>): Promise<Ledger> {
    const connection = await dialAlone(dialling, again)
    const ledger = new Ledger(connection, dialling.signal)
    try {
      await ledger.#read(known)
      return ledger
    } catch (error) {
      connection.destroy()
      throw error
    }
  }

  /** Entries about a queue. */
  entries(queue: string): readonly Entry[] {
    return [...this.#entries.values()].filter(entry => entry.queue === queue)
  }
  get all(): Iterable<Entry> {
    return this.#entries.values()
  }
  has(batch: string): boolean {
    return this.#entries.has(batch)
  }

  /** Sends messages and their entry; resolves when they are there for good. Rejects CLIENT_LOST when nobody knows. */
  async commit(batch: string, queue: string, ids: readonly string[], messages: readonly Outgoing[]): Promise<void> {
    const { connection } = this
    const spent = this.#spent()
    const name: [string, string] = ['transaction', batch]
    connection.post('BEGIN', [name])
    for (const { message } of spent) connection.post('ACK', [...connection.naming(message), name])
    for (const { headers, body } of messages) {
      connection.post('SEND', [...headers, name], body)
      await connection.writable()
    }
    const about: [string, string][] = [
      [BATCH, batch],
      [QUEUE, queue],
    ]
    connection.post('SEND', [...TO_LEDGER, ...about, name], Buffer.from(JSON.stringify(ids)))
    await connection.receipted('COMMIT', [name])
    for (const entry of spent) this.#entries.delete(entry.batch)
    await this.#until(message => message.headers.get(BATCH) === batch, NEVER)
  }

  /** Removes entries that are not needed any more. */
  async remove(entries: readonly Entry[]): Promise<void> {
    for (const { batch, message } of entries) {
      await this.connection.receipted('ACK', this.connection.naming(message))
      this.#entries.delete(batch)
    }
  }

  /** Removes the entries whose messages are all acknowledged on the old broker. */
  async removeSpent(): Promise<void> {
    await this.remove(this.#spent())
  }
  #spent(): readonly Entry[] {
    return [...this.#entries.values()].filter(({ open }) => open.size === 0)
  }

  async close(): Promise<void> {
    await this.connection.close()
  }

  /**
   * Everything in the ledger lies before a message that is sent now, and comes before it. (A look at the queue would not do:
   * the last transaction of who was killed may be there without being visible yet.)
   */
  async #read(known: Iterable<Entry>): Promise<void> {
    const headers = [
      ['destination', `/queue/${LEDGER}`],
      ['ack', 'client-individual'],
      ['activemq.prefetchSize', PREFETCH],
    ] as const
    await this.connection.subscribe('ledger', headers, this.#inbox.take)
    const fence = randomUUID()
    await this.connection.receipted('SEND', [...TO_LEDGER, [FENCE, fence]], Buffer.from('[]'))
    await this.#until(message => message.headers.get(FENCE) === fence, this.#signal)
    for (const { batch, open } of known) {
      const entry = this.#entries.get(batch)
      if (entry !== undefined) this.#entries.set(batch, { ...entry, open })
    }
  }

  /** Takes in what comes, up to and with the message that is meant. */
  async #until(isIt: (message: ServerFrame) => boolean, signal: AbortSignal): Promise<void> {
    for (;;) {
      const message = await this.#inbox.next(PATIENCE, signal)
      if (this.connection.ended !== null) throw this.connection.ended
      signal.throwIfAborted()
      if (message === null) {
        const what = `the entry just sent to the queue ${LEDGER} on ${this.connection.address.text} did not come back`
        throw new TandemError('CLIENT_ERROR', what, {
          hint: 'Somebody else consumes that queue: nobody may, as it says what has arrived.',
        })
      }
      const done = isIt(message)
      if (message.headers.has(FENCE)) await this.connection.receipted('ACK', this.connection.naming(message))
      else this.#add(message)
      if (done) return
    }
  }

  #add(message: ServerFrame): void {
    const batch = message.headers.get(BATCH)
    const queue = message.headers.get(QUEUE)
    const ids = idsOf(message)
    if (batch === undefined || queue === undefined || ids === null) {
      const what = `the queue ${LEDGER} on ${this.connection.address.text} holds something that is no entry of a migration`
      throw new TandemError('CLIENT_ERROR', what, { hint: 'Look at it with a browser, and move it elsewhere.' })
    }
    const open = new Map<string, number>()
    for (const id of ids) open.set(id, (open.get(id) ?? 0) + 1)
    this.#entries.set(batch, { batch, queue, open, message })
  }
}

const TO_LEDGER: readonly (readonly [string, string])[] = [
  ['destination', `/queue/${LEDGER}`],
  ['persistent', 'true'],
]
/** What has been committed is read to its end, whatever happens. */
const NEVER = new AbortController().signal

function idsOf({ body }: ServerFrame): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(body.toString())
    return Array.isArray(value) && value.every(each => typeof each === 'string') ? value : null
  } catch {
    return null
  }
}
