import { randomUUID } from 'node:crypto'
import { TandemError, messageOf } from '../base/errors.ts'
import type { StompConnection } from './connection.ts'
import { dialAlone } from './alone.ts'
import type { Dialling } from './dialling.ts'
import { isJavaObject, sentAgain } from './forwarding.ts'
import type { ServerFrame } from './frames.ts'
import { Inbox } from './inbox.ts'
import { Ledger, type Entry } from './ledger.ts'
import { arrived, idOf, isHopeless, refuse, untouched, type MovedQueue } from './moved-queue.ts'
import {
  releaseScheduled,
  releasedIn,
  releaseSubscription,
  scheduledAgain,
  collectedAgain,
  type Held,
  type Inventory,
} from './releasing.ts'
import { askForScheduler, isOurs, makeSubscription } from './restoring.ts'
import { browse, firstBodySize } from './browsing.ts'

export interface MigrationOptions {
  /** The old broker, which is emptied. */
  readonly from: Dialling
  /** The new one. */
  readonly to: Dialling
  /** Messages of a transaction. */
  readonly batch: number
  /** ms without a message after which a queue is looked at: is it empty? */
  readonly idle: number
  /** ms to wait for messages that the old broker has and does not hand over: another consumer may hold them. */
  readonly patience: number
  /** Asks the old broker to write maps as text; not every ActiveMQ can. */
  readonly transformed: boolean
  /** Moves messages of groups also from a broker that does not show the group: they come to be in none. */
  readonly withoutGroups: boolean
  /** Moves empty text messages also from a broker that shows map and stream messages like that. */
  readonly empty: boolean
  readonly signal: AbortSignal
  /** After each batch, and when something became known. */
  onProgress?(queue: MovedQueue): void
  onReconnect?(to: string): void
}

/** The headers of the SEND that makes a message again. */
type Again = (message: ServerFrame) => readonly (readonly [string, string])[]

/** How often a queue must be found empty, with a wait before each look: ActiveMQ shows a browser nothing of what others have acknowledged in an open transaction. */
const LOOKS = 2
/** TandemMQ shows the group of each message to who asks for it. */
const SHOWS_GROUPS = 'tandemmq.groups'
/** Bytes of messages that are handed over at a time, if all are as the first one; and messages at least. */
const PREFETCH_MIN = 4
const PREFETCH_BYTES = 32 << 20
/** Bytes of bodies from which on a batch is full. */
const BATCH_BYTES = 8 << 20
/** Times that the old broker may refuse acknowledgements without anything having moved in between. */
const STUMBLES_MAX = 5

/**
 * Moves queues from one broker to another while both run. What is guaranteed, whenever whichever of the three is killed:
 *
 *     received from the old · sent to the new with an entry in the ledger, in one transaction · COMMIT confirmed
 *     · acknowledged on the old, in one transaction · COMMIT confirmed · the entry goes with the next batch
 *
 * Nothing is lost: a message is acknowledged only after the new broker has confirmed it. Nothing is doubled: a message that the
 * old broker hands over again is listed in the ledger if and only if the new one has it, and is then acknowledged only. (Between
 * the two COMMITs both have it: a consumer that is still attached to the old broker can get it there if the migration dies just
 * then. So consumers go first.)
 */
export class Migration {
  readonly #options: MigrationOptions
  #source: StompConnection | null = null
  #ledger: Ledger | null = null
  #subscriptions = 0
  /** What a message of the queue in hand is sent as. */
  #again: Again = message => sentAgain(message, '')

  constructor(options: MigrationOptions) {
    this.#options = options
  }

  /** Connects to both. Rejects as dialling does, and when another migration is connected to the new broker. */
  async begin(): Promise<void> {
    await this.#openLedger()
    await this.#openSource()
  }

  /** The connection to the old broker. */
  get source(): StompConnection | null {
    return this.#source
  }

  /** Empties one queue. Rejects CLIENT_LOST when a broker is gone for good; a later run goes on from there. */
  async drain(queue: string, again: Again = message => sentAgain(message, `/queue/${queue}`)): Promise<MovedQueue> {
    const result = untouched(queue)
    this.#again = again
    for (let stumbles = 0; stumbles < STUMBLES_MAX;) {
      const before = result.moved + result.arrivedBefore
      const connection = await this.#openSource()
      try {
        await this.#session(connection, result)
        return result
      } catch (error) {
        if (error instanceof GivenUp) {
          result.problem = error.message
          result.left = await this.#left(connection, result).catch(() => 0)
          return result
        }
        const ended = connection.ended
        if (ended === null || error !== ended || ended.code === 'CLIENT_REFUSED') throw error
        // It may have refused an acknowledgement, as the message has expired meanwhile: what it still has comes again.
        stumbles = result.moved + result.arrivedBefore > before ? 0 : stumbles + 1
        if (ended.code === 'CLIENT_LOST' && this.#options.from.url.redial.rounds === 0) throw ended
        result.problem = ended.message
      }
    }
    return result
  }

  /**
   * Moves what a durable subscription of a TandemMQ has collected, by a queue there into which it is released; it is made at the new
   * broker before. The old one keeps it, empty, and it goes on collecting. Rejects as `drain`.
   */
  async moveSubscription(held: Held, inventory: Inventory): Promise<MovedQueue> {
    const refusal =
      (await this.#ask('to', to => makeSubscription(to, held))) ??
      (await this.#ask('from', from => releaseSubscription(from, held)))
    const left = held.waiting + releasedIn(inventory, held.queue)
    if (refusal !== null) return { ...untouched(held.queue), left, problem: refusal }
    return this.#drainReleased(held.queue, message => collectedAgain(message, held))
  }

  /** As that, what is scheduled. Without a scheduler at the new broker nothing is released. */
  async moveScheduled(inventory: Inventory): Promise<MovedQueue> {
    const { scheduled, scheduledQueue: queue } = inventory
    const left = scheduled + releasedIn(inventory, queue)
    if (left === 0) return untouched(queue)
    const refusal = (await this.#ask('to', askForScheduler)) ?? (await this.#ask('from', releaseScheduled))
    if (refusal !== null) return { ...untouched(queue), left, problem: refusal }
    return this.#drainReleased(queue, scheduledAgain)
  }

  /** Most subscriptions may be empty: nobody waits for what the release would have brought. */
  async #drainReleased(queue: string, again: Again): Promise<MovedQueue> {
    let isEmpty = false
    const refusal = await this.#ask('from', async from => {
      isEmpty = (await firstBodySize(from, queue)) === 0 && (await browse(from, queue, null)) === 0
    })
    if (refusal !== null || !isEmpty) return this.drain(queue, again)
    await this.#forget(queue)
    return untouched(queue)
  }

  /** Asks a broker for what may be asked twice; answers its refusal, or null. */
  async #ask(side: 'from' | 'to', ask: (connection: StompConnection) => Promise<void>): Promise<string | null> {
    for (;;) {
      if (side === 'to' && this.#ledger!.connection.ended !== null) await this.#openLedger()
      try {
        await ask(side === 'to' ? this.#ledger!.connection : await this.#openSource())
        return null
      } catch (error) {
        if (!(error instanceof TandemError)) throw error
        if (error.code === 'CLIENT_ERROR') return error.message
        if (error.code !== 'CLIENT_LOST' || this.#options[side].url.redial.rounds === 0) throw error
      }
    }
  }

  /** Ends both connections; answers how many entries stay in the ledger, as it is not certain that nothing of theirs comes again. */
  async end(): Promise<number> {
    await this.#source?.close()
    await this.#ledger?.removeSpent()
    const kept = [...(this.#ledger?.all ?? [])].filter(({ queue }) => !queue.startsWith('import ')).length
    await this.#ledger?.close()
    return kept
  }

  /** For a way out that needs no goodbye. */
  destroy(): void {
    this.#source?.destroy()
    this.#ledger?.connection.destroy()
  }

  /** One subscription, up to the end of the queue or the signal. */
  async #session(connection: StompConnection, result: MovedQueue): Promise<void> {
    const { patience, idle, signal, transformed, withoutGroups } = this.#options
    const id = `m${++this.#subscriptions}`
    const prefetch = await this.#prefetchOf(connection, result.queue)
    const headers: [string, string][] = [
      ['destination', `/queue/${result.queue}`],
      ['ack', 'client-individual'],
      ['activemq.prefetchSize', String(prefetch)],
      [SHOWS_GROUPS, 'true'],
    ]
    // No consumer over STOMP is shown a message's group. What would lose it stays where it is.
    // A TandemMQ shows it; its empty texts are empty texts, and a queue of which a browser is shown nothing is empty (LOOKS).
    if (!isOurs(connection) && !withoutGroups) headers.push(['selector', 'JMSXGroupID IS NULL'])
    if (transformed) headers.push(['transformation', 'jms-xml'])
    const inbox = new Inbox(connection)
    await connection.subscribe(id, headers, inbox.take)
    let [waited, empties] = [0, 0]
    while (!signal.aborted) {
      const messages = await this.#collect(connection, inbox)
      if (messages.length > 0) {
        await this.#move(connection, result, messages)
        // What was refused stays in hand, and nothing more is handed over.
        if (result.refused.length >= prefetch) throw new GivenUp(`refused: ${result.refused.at(-1)!.answer}`)
        result.problem = null
        this.#options.onProgress?.(result)
        waited = empties = 0
        continue
      }
      if (signal.aborted) break
      waited += idle
      result.left = await this.#left(connection, result)
      empties = result.left <= result.refused.length ? empties + 1 : 0
      if (empties >= LOOKS) {
        result.problem = null
        if (isOurs(connection)) await this.#forget(result.queue)
        break
      }
      if (empties > 0) continue
      const grouped = await browse(connection, result.queue, 'JMSXGroupID IS NOT NULL')
      result.problem = notHandedOver(result.left, withoutGroups ? 0 : grouped)
      // Who waits for nothing but those waits in vain.
      if (waited >= patience || (!withoutGroups && grouped + result.refused.length >= result.left)) break
    }
    if (signal.aborted) result.problem ??= 'stopped'
    await connection.unsubscribe(id)
  }

  /**
   * Two batches, or fewer when the first message is large: what is handed over has to fit into memory, as it is read before the
   * receipt that comes behind it.
   */
  async #prefetchOf(connection: StompConnection, queue: string): Promise<number> {
    const size = await firstBodySize(connection, queue)
    return Math.max(PREFETCH_MIN, Math.min(2 * this.#options.batch, Math.floor(PREFETCH_BYTES / Math.max(1, size))))
  }

  /** What there is, up to a batch; nothing when none came for a while. */
  async #collect(connection: StompConnection, inbox: Inbox): Promise<ServerFrame[]> {
    const { batch, idle, signal } = this.#options
    const messages: ServerFrame[] = []
    for (let bytes = 0; messages.length < batch && bytes < BATCH_BYTES;) {
      if (messages.length > 0 && inbox.size === 0) break
      const message = await inbox.next(idle, signal)
      if (connection.ended !== null) throw connection.ended
      if (message === null) break
      messages.push(message)
      bytes += message.body.length
    }
    return messages
  }

  async #move(connection: StompConnection, result: MovedQueue, messages: readonly ServerFrame[]): Promise<void> {
    const known = new Set(result.refused.map(({ id }) => id))
    const wanted = messages.filter(message => !known.has(idOf(message)))
    const { there, fresh } = arrived(wanted, this.#ledger!.entries(result.queue))
    const sent = await this.#send(result, fresh)
    await acknowledge(connection, [...there, ...sent])
    this.#settled(result.queue, [...there, ...sent])
    result.arrivedBefore += there.length
    result.moved += sent.length
    for (const { body } of sent) result.bytes += body.length
    if (isHopeless(result)) throw new GivenUp(`refused: ${result.refused.at(-1)!.answer}`)
  }

  /** Brings messages to the new broker; answers those that are there. The others are refused. */
  async #send(result: MovedQueue, messages: readonly ServerFrame[]): Promise<readonly ServerFrame[]> {
    const sendable: ServerFrame[] = []
    for (const message of messages) {
      const obstacle = this.#obstacle(message)
      if (obstacle === null) sendable.push(message)
      else refuse(result, message, obstacle)
    }
    if (sendable.length === 0 || isHopeless(result)) return []
    const batch = randomUUID()
    for (;;) {
      try {
        const outgoing = sendable.map(one => ({ headers: this.#again(one), body: one.body }))
        await this.#ledger!.commit(batch, result.queue, sendable.map(idOf), outgoing)
        result.taken = true
        return sendable
      } catch (error) {
        if (!(error instanceof TandemError)) throw error
        const lost = error.code === 'CLIENT_LOST'
        if (lost && this.#options.to.url.redial.rounds === 0) throw error
        this.#ledger!.connection.destroy()
        await this.#openLedger()
        if (this.#ledger!.has(batch)) return sendable
        if (lost) continue
        if (sendable.length > 1) return await this.#sendHalves(result, sendable)
        refuse(result, sendable[0]!, messageOf(error))
        return []
      }
    }
  }

  /** Why a message cannot be what it was, once it is sent by STOMP; null: it can. */
  #obstacle(message: ServerFrame): string | null {
    if (isJavaObject(message)) return 'a Java object, which only Java clients can read'
    const { headers, body, sized } = message
    const bare = body.length === 0 && !sized && !headers.has('transformation')
    if (!bare || this.#options.empty || isOurs(this.#source!)) return null
    return 'no text: it may be a map or a stream, which this broker shows to nobody over STOMP'
  }

  /** One of them is refused, and the broker does not say which. */
  async #sendHalves(result: MovedQueue, messages: readonly ServerFrame[]): Promise<readonly ServerFrame[]> {
    const middle = messages.length >> 1
    const first = await this.#send(result, messages.slice(0, middle))
    const second = await this.#send(result, messages.slice(middle))
    return [...first, ...second]
  }

  /** The old broker has confirmed these: it will not hand them over again. */
  #settled(queue: string, messages: readonly ServerFrame[]): void {
    const entries = this.#ledger!.entries(queue)
    for (const message of messages) {
      const id = idOf(message)
      const open = entries.find(entry => entry.open.has(id))?.open
      const count = open?.get(id) ?? 0
      if (count > 1) open?.set(id, count - 1)
      else open?.delete(id)
    }
  }

  /** The queue is empty: what its entries list has been acknowledged. */
  async #forget(queue: string): Promise<void> {
    try {
      await this.#ledger!.remove(this.#ledger!.entries(queue))
    } catch {
      // They lie there until a next run finds the queue empty; they harm nobody.
      this.#ledger!.connection.destroy()
      await this.#openLedger()
    }
  }

  /** Messages in the queue, those in anybody's hands included. */
  #left(connection: StompConnection, { queue }: MovedQueue): Promise<number> {
    return browse(connection, queue, null)
  }

  async #openSource(): Promise<StompConnection> {
    if (this.#source !== null && this.#source.ended === null) return this.#source
    const again = this.#source !== null
    const redials = again && this.#options.from.url.redial.rounds !== 0
    this.#source = await dialAlone(this.#options.from, redials, this.#ledger?.connection ?? null)
    if (again) this.#options.onReconnect?.(this.#source.address.text)
    return this.#source
  }

  async #openLedger(): Promise<void> {
    const { to } = this.#options
    const known: readonly Entry[] = this.#ledger === null ? [] : [...this.#ledger.all]
    const again = this.#ledger !== null
    for (;;) {
      try {
        this.#ledger = await Ledger.open(to, again && to.url.redial.rounds !== 0, known)
        if (again) this.#options.onReconnect?.(this.#ledger.connection.address.text)
        return
      } catch (error) {
        // Lost while it was read: with other addresses there is another try.
        if (!(error instanceof TandemError && error.code === 'CLIENT_LOST') || to.url.redial.rounds === 0) throw error
      }
    }
  }
}

/** A queue that cannot be emptied; the text says why. */
class GivenUp extends Error {}

function notHandedOver(left: number, grouped: number): string {
  if (grouped === 0) return `${left} messages are not handed over: another consumer may hold them`
  const which = grouped >= left ? 'they are' : `${grouped} of them are`
  return `${left} messages were left: ${which} in a message group, which this broker does not show`
}

/** In a transaction: every broker has written it down when it confirms that. */
async function acknowledge(connection: StompConnection, messages: readonly ServerFrame[]): Promise<void> {
  if (messages.length === 0) return
  const name: [string, string] = ['transaction', randomUUID()]
  connection.post('BEGIN', [name])
  for (const message of messages) connection.post('ACK', [...connection.naming(message), name])
  await connection.receipted('COMMIT', [name])
}
