import { between } from '../journal/random.ts'
import type { Event } from './history.ts'
import { Wire, type Frame } from './wire.ts'

/** Names over all lives of a broker, and what happened to them. */
export class Chronicle {
  readonly events: Event[] = []
  /** ERROR frames: the load makes none, so each is a fault. One instead of CONNECTED is none: the broker takes no clients yet. */
  readonly errors: string[] = []
  /** Told of every RECEIPT of a SEND outside of transactions, with when its connection was opened, in ms of performance.now(). */
  onReceipt: ((openedAt: number) => void) | null = null
  readonly random: () => number
  #names = 0

  constructor(random: () => number) {
    this.random = random
  }

  name(kind: string): string {
    return `${kind}${++this.#names}`
  }

  add(event: Event): void {
    this.events.push(event)
  }

  chance(share: number): boolean {
    return this.random() < share
  }
}

/** One connection of the load. Its receipts are promises; what never comes is never awaited twice. */
export abstract class Client {
  /** The broker said CONNECTED. */
  established = false
  readonly #openedAt: number = performance.now()
  protected readonly chronicle: Chronicle
  protected readonly wire: Wire
  readonly #receipts = new Map<string, () => void>()

  constructor(port: number, chronicle: Chronicle) {
    this.chronicle = chronicle
    this.wire = new Wire(port, frame => this.#frame(frame))
  }

  /** Resolves when the connection is gone and everything it brought was noted. */
  get closed(): Promise<void> {
    return this.wire.closed
  }

  destroy(): void {
    this.wire.destroy()
  }

  protected connected(): void {}
  protected message(_frame: Frame): void {}

  /** Calls `then` when the frame's RECEIPT comes. */
  protected ask(command: string, headers: Readonly<Record<string, string>>, body: string, then: () => void): void {
    const receipt = this.chronicle.name('r')
    this.#receipts.set(receipt, then)
    this.wire.send(command, { ...headers, receipt }, body)
  }

  protected post(queue: string, producer: string, transaction: string | null, then: (() => void) | null): void {
    const { chronicle } = this
    const message = chronicle.name('m')
    const body = `${message} ${'x'.repeat(between(chronicle.random, 0, 600))}`
    const headers = { destination: `/queue/${queue}`, persistent: 'true' }
    chronicle.add({ type: 'sent', message, producer, queue, transaction })
    if (transaction !== null) return this.wire.send('SEND', { ...headers, transaction }, body)
    this.ask('SEND', headers, body, () => {
      chronicle.add({ type: 'receipted', message })
      chronicle.onReceipt?.(this.#openedAt)
      then?.()
    })
  }

  /** COMMIT, mostly; else ABORT, or the transaction stays open. Answers whether there will be an answer. */
  protected finish(transaction: string, then: () => void): boolean {
    const { chronicle } = this
    const fate = chronicle.random()
    if (fate < 0.7) {
      chronicle.add({ type: 'committing', transaction })
      this.ask('COMMIT', { transaction }, '', () => {
        chronicle.add({ type: 'committed', transaction })
        then()
      })
    } else if (fate < 0.85) {
      chronicle.add({ type: 'aborted', transaction })
      this.ask('ABORT', { transaction }, '', then)
    }
    return fate < 0.85
  }

  #frame(frame: Frame): void {
    const { command, headers } = frame
    if (command === 'MESSAGE') this.message(frame)
    else if (command === 'CONNECTED') {
      this.established = true
      this.connected()
    } else if (command === 'RECEIPT') {
      const id = headers.get('receipt-id') ?? ''
      const then = this.#receipts.get(id)
      this.#receipts.delete(id)
      then?.()
    } else if (this.established) this.chronicle.errors.push(`${command} ${headers.get('message') ?? ''}`)
  }
}

/** Sends as long as the broker lives: single messages with receipts, and transactions over two queues. */
export class Producer extends Client {
  readonly #producer: string
  readonly #queues: readonly string[]
  readonly #transacted: readonly string[]

  /** `queues` get single messages; `transacted` (without automatic consumers) get transactions. */
  constructor(
    port: number,
    chronicle: Chronicle,
    producer: string,
    queues: readonly string[],
    transacted: readonly string[],
  ) {
    super(port, chronicle)
    this.#producer = producer
    this.#queues = queues
    this.#transacted = transacted
  }

  protected override connected(): void {
    for (let window = 0; window < 8; window++) this.#next()
  }

  readonly #next = (): void => {
    const { chronicle } = this
    if (!chronicle.chance(0.2)) {
      const queue = this.#queues[between(chronicle.random, 0, this.#queues.length)]!
      return this.post(queue, this.#producer, null, this.#next)
    }
    const transaction = chronicle.name('t')
    this.wire.send('BEGIN', { transaction })
    for (let i = between(chronicle.random, 2, 6); i > 0; i--) {
      this.post(this.#transacted[i % this.#transacted.length]!, this.#producer, transaction, null)
    }
    if (!this.finish(transaction, this.#next)) this.#next()
  }
}

export type Mode = 'auto' | 'client' | 'client-individual' | 'transacted'

/** One subscription, and what it does with what comes. */
export class Consumer extends Client {
  readonly #queue: string
  readonly #mode: Mode
  readonly #subscription: string
  readonly #transacted: readonly string[]
  /** Delivered, not acknowledged: message and ack id, oldest first. */
  #open: { readonly message: string; readonly id: string }[] = []

  constructor(port: number, chronicle: Chronicle, queue: string, mode: Mode, transacted: readonly string[] = []) {
    super(port, chronicle)
    this.#queue = queue
    this.#mode = mode
    this.#subscription = chronicle.name('s')
    this.#transacted = transacted
  }

  protected override connected(): void {
    const ack = this.#mode === 'transacted' ? 'client-individual' : this.#mode
    const headers = { id: '1', destination: `/queue/${this.#queue}`, ack, 'activemq.prefetchSize': '60' }
    this.wire.send('SUBSCRIBE', headers)
  }

  protected override message({ headers, body }: Frame): void {
    const { chronicle } = this
    const message = body.toString('latin1', 0, Math.max(0, body.indexOf(32)))
    chronicle.add({
      type: 'delivered',
      message,
      queue: (headers.get('destination') ?? '').replace('/queue/', ''),
      subscription: this.#subscription,
      auto: this.#mode === 'auto',
      redelivered: headers.get('redelivered') === 'true',
    })
    if (this.#mode === 'auto') return
    this.#open.push({ message, id: headers.get('ack') ?? '' })
    // Some stay open for a while, and those of the last moments for ever.
    if (this.#open.length < 30 && !chronicle.chance(0.3)) return
    if (this.#mode === 'transacted') this.#transact()
    else this.#acknowledge()
  }

  /** In client mode everything up to one delivery, else one from anywhere. */
  #acknowledge(): void {
    const { chronicle } = this
    const cumulative = this.#mode === 'client'
    const rounds = cumulative ? 1 : between(chronicle.random, 1, 6)
    for (let round = 0; round < rounds && this.#open.length > 0; round++) {
      const index = between(chronicle.random, 0, this.#open.length)
      const { id } = this.#open[index]!
      const settled = this.#open.splice(cumulative ? 0 : index, cumulative ? index + 1 : 1)
      const ack = chronicle.name('a')
      chronicle.add({ type: 'acked', ack, messages: settled.map(({ message }) => message), transaction: null })
      this.ask('ACK', { id }, '', () => chronicle.add({ type: 'ack-receipted', ack }))
    }
  }

  /** Consume and produce in one: what was taken is acknowledged together with what is sent. */
  #transact(): void {
    const { chronicle } = this
    const transaction = chronicle.name('t')
    this.wire.send('BEGIN', { transaction })
    const taken = this.#open.splice(0, between(chronicle.random, 1, this.#open.length + 1))
    for (const { message, id } of taken) {
      chronicle.add({ type: 'acked', ack: chronicle.name('a'), messages: [message], transaction })
      this.wire.send('ACK', { id, transaction })
      this.post(
        this.#transacted[between(chronicle.random, 0, this.#transacted.length)]!,
        this.#subscription,
        transaction,
        null,
      )
    }
    this.finish(transaction, () => {})
  }
}

/** Empties one queue: resolves when the message that it sent itself, behind everything else, has come and all ACKs are receipted. */
export class Drain extends Client {
  readonly #queue: string
  readonly #subscription: string
  readonly #mark: string
  #unreceipted = 0
  #marked = false
  readonly done: Promise<number>
  #resolve!: (messages: number) => void
  #messages = 0

  constructor(port: number, chronicle: Chronicle, queue: string) {
    super(port, chronicle)
    this.#queue = queue
    this.#subscription = chronicle.name('drain')
    this.#mark = chronicle.name('mark')
    this.done = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  protected override connected(): void {
    this.ask('SEND', { destination: `/queue/${this.#queue}`, persistent: 'true' }, `${this.#mark} `, () => {
      const headers = { id: '1', destination: `/queue/${this.#queue}`, ack: 'client-individual' }
      this.wire.send('SUBSCRIBE', { ...headers, 'activemq.prefetchSize': '1000' })
    })
  }

  protected override message({ headers, body }: Frame): void {
    const { chronicle } = this
    const message = body.toString('latin1', 0, Math.max(0, body.indexOf(32)))
    this.#unreceipted++
    const ack = chronicle.name('a')
    const ours = message === this.#mark
    if (!ours) {
      this.#messages++
      const queue = (headers.get('destination') ?? '').replace('/queue/', '')
      const redelivered = headers.get('redelivered') === 'true'
      chronicle.add({ type: 'delivered', message, queue, subscription: this.#subscription, auto: false, redelivered })
      chronicle.add({ type: 'acked', ack, messages: [message], transaction: null })
    }
    this.ask('ACK', { id: headers.get('ack') ?? '' }, '', () => {
      if (!ours) chronicle.add({ type: 'ack-receipted', ack })
      this.#unreceipted--
      this.#finishWhenDone()
    })
    this.#marked ||= ours
  }

  #finishWhenDone(): void {
    if (!this.#marked || this.#unreceipted > 0) return
    this.destroy()
    this.#resolve(this.#messages)
  }
}

/** Two producers, and a consumer of each kind, against the same broker. */
export const clientsOf = (port: number, chronicle: Chronicle): (Producer | Consumer)[] => [
  new Producer(port, chronicle, 'p1', ['auto', 'client', 'individual'], ['client', 'individual']),
  new Producer(port, chronicle, 'p2', ['auto', 'client', 'transacted'], ['client', 'individual']),
  new Consumer(port, chronicle, 'auto', 'auto'),
  new Consumer(port, chronicle, 'client', 'client'),
  new Consumer(port, chronicle, 'individual', 'client-individual'),
  new Consumer(port, chronicle, 'transacted', 'transacted', ['client', 'individual']),
]
