import { destinationUri } from '../base/destination.ts'
import { messageOf } from '../base/errors.ts'
import type { Lsn } from '../base/lsn.ts'
import { BacklogCursor, emptyDelivery, nextSerial, type Delivery, type Queue } from '../destination/destination.ts'
import { encode } from '../stomp/stomp.ts'
import type { Subscription } from './subscription.ts'

/** How far a browser came in one go: there is more to do, it waits to be woken, or it has shown everything. */
export type Browsed = 'more' | 'waits' | 'done'

/**
 * A SUBSCRIBE that only looks (stomp S-BRW-01 … S-BRW-04, semantics B-01 … B-07): what is in its queues at that moment,
 * read from the journal page by page as fast as the client takes it, then the end marker, then nothing.
 */
export class Browser {
  readonly subscription: Subscription
  readonly #cursors: readonly BacklogCursor[]
  /** The queue it looks at now. */
  #at = 0
  readonly #delivery: Delivery = emptyDelivery()
  /** Messages of this queue that it has shown. */
  #shown = 0
  /** It stands at a message that it has not shown yet. */
  #pending = false
  #fetching = false
  #unreadable = -1
  #done = false

  constructor(subscription: Subscription, queues: readonly Queue[], end: Lsn) {
    this.subscription = subscription
    this.#cursors = queues.map(queue => new BacklogCursor(queue, end))
  }

  /** It waits for this queue to be resumed, or will. */
  looksAt(queue: Queue): boolean {
    return this.#cursors.some((cursor, at) => at >= this.#at && cursor.queue === queue)
  }

  /** Shows at most so many messages. `wake` is called when a page that was missing has been read. */
  run(most: number, wake: () => void): Browsed {
    const browsed = this.#run(most, wake)
    this.#cursors[this.#at]?.rest()
    return browsed
  }

  #run(most: number, wake: () => void): Browsed {
    const { subscription } = this
    if (this.#done || subscription.closed) return 'done'
    for (let steps = 0; steps < most; steps++) {
      // Semantics Q-15: a paused queue shows nothing either.
      if (this.#fetching || !subscription.ready() || this.#cursors[this.#at]?.queue.paused === true) return 'waits'
      if (this.#at >= this.#cursors.length) return this.#end()
      // A pattern may look at a hundred thousand queues, most of them empty: each that it leaves is a step too.
      if (this.#advance() && !this.#show(wake)) return 'waits'
    }
    return 'more'
  }

  /** Stands at a message to show; false: there is none left in this queue, and the next one has its turn. */
  #advance(): boolean {
    const cursor = this.#cursors[this.#at]!
    if (this.#pending && cursor.isThere) return true
    // Only what is shown counts: a message that the selector refuses costs ActiveMQ's browsers nothing either (B-05).
    this.#pending = this.#shown < cursor.queue.policy.maxBrowsePageSize && cursor.next()
    if (this.#pending) return true
    cursor.rest()
    this.#at++
    this.#shown = 0
    return false
  }

  /** Shows the message it stands at, if it is to be shown; false: its bytes are being read. */
  #show(wake: () => void): boolean {
    const { subscription } = this
    const { core } = subscription.session
    const cursor = this.#cursors[this.#at]!
    const { expires, position, bytes } = cursor
    if (expires !== 0 && expires <= core.now) this.#pending = false
    else if (core.journal.peek(position, bytes, this.#delivery)) {
      this.#pending = false
      const delivery = this.#fill(cursor)
      if (subscription.picky && !subscription.accepts(delivery)) return true
      this.#shown++
      subscription.deliver(delivery)
    } else {
      this.#fetch(position, bytes, wake)
      return false
    }
    return true
  }

  #fill(cursor: BacklogCursor): Delivery {
    const delivery = this.#delivery
    delivery.queue = cursor.queue
    delivery.key = cursor.key
    delivery.length = cursor.bytes
    delivery.persistent = cursor.persistent
    delivery.redelivered = cursor.redelivered
    delivery.serial = nextSerial()
    return delivery
  }

  #fetch(position: Lsn, bytes: number, wake: () => void): void {
    const { core } = this.subscription.session
    this.#fetching = true
    const over = (): void => {
      this.#fetching = false
      wake()
    }
    core.journal.fetch(position, bytes).then(over, (error: unknown) => {
      // Relocation may have moved it while it was read; what cannot be read twice is not shown.
      if (this.#unreadable === position) {
        core.log.error(messageOf(error), { code: 'MESSAGE_SKIPPED' })
        this.#pending = false
      }
      this.#unreadable = position
      over()
    })
  }

  /** The end marker (stomp S-BRW-02). */
  #end(): Browsed {
    this.#done = true
    const { session, options, prefix } = this.subscription
    const [first, ...others] = options.destinations
    const names = [first === undefined ? '' : session.printDestination(first), ...others.map(destinationUri)].join(',')
    const destination = encode(names, session.version)
    session.output.bytes(prefix)
    session.output.bytes(Buffer.from(`destination:${destination}\nmessage-id:0\nbrowser:end\n\n\0\n`, 'utf8'))
    session.sentFrame()
    return 'done'
  }
}
