/** What clients did and saw, in the order in which they did and saw it. Names are unique over the whole history. */
export type Event =
  | {
      readonly type: 'sent'
      readonly message: string
      readonly producer: string
      readonly queue: string
      readonly transaction: string | null
    }
  /** The RECEIPT of a SEND outside of transactions. */
  | { readonly type: 'receipted'; readonly message: string }
  | {
      readonly type: 'delivered'
      readonly message: string
      readonly queue: string
      readonly subscription: string
      /** The broker settles at dispatch: what it sent and a crash swallowed on the way is gone, rightly. */
      readonly auto: boolean
      /** The MESSAGE says so. */
      readonly redelivered: boolean
    }
  | {
      readonly type: 'acked'
      readonly ack: string
      readonly messages: readonly string[]
      readonly transaction: string | null
    }
  /** The RECEIPT of an ACK outside of transactions. */
  | { readonly type: 'ack-receipted'; readonly ack: string }
  | { readonly type: 'committing' | 'committed' | 'aborted'; readonly transaction: string }

interface Delivery {
  readonly time: number
  readonly subscription: string
  readonly auto: boolean
  readonly redelivered: boolean
}

interface Message {
  readonly name: string
  readonly producer: string
  readonly queue: string
  readonly transaction: Transaction | null
  /** When it took effect for the order of its producer: its SEND, or the COMMIT of its transaction. */
  order: number
  receipted: boolean
  readonly deliveries: Delivery[]
  readonly acks: Ack[]
}

interface Ack {
  readonly messages: readonly Message[]
  readonly transaction: Transaction | null
  receiptedAt: number
}

interface Transaction {
  readonly name: string
  readonly sends: Message[]
  readonly acks: Ack[]
  /** COMMIT was sent; Infinity: never, so nothing of it may ever show. */
  committingAt: number
  committedAt: number
}

/**
 * What a broken promise is called (replication.md 5.3). lost: C1. phantom: C2, and an uncommitted message. torn: C3, C8.
 * resurrected: C4. reordered: C5. doubled: two copies on one subscription. uncounted: C10, redelivered once and then not.
 */
export type FaultKind = 'lost' | 'phantom' | 'torn' | 'resurrected' | 'reordered' | 'doubled' | 'uncounted'

export interface Fault {
  readonly kind: FaultKind
  readonly text: string
}

export type Counts = Readonly<Record<FaultKind, number>> & {
  /** Messages that came more than once, rightly: delivered, and not known to be acknowledged, when a broker died. */
  readonly duplicated: number
}

export interface Verdict {
  readonly faults: readonly Fault[]
  readonly counts: Counts
}

export interface HistoryOptions {
  /** Queues that never had two subscriptions at a time: there the order holds over all deliveries. */
  readonly soleConsumer?: ReadonlySet<string>
}

/**
 * Judges a history whose end is a complete drain: every queue was emptied, with receipted ACKs, before it closed.
 * Answers one sentence for each broken promise; none when all hold.
 */
export function checkHistory(events: readonly Event[], options: HistoryOptions = {}): string[] {
  return judgeHistory(events, options).faults.map(({ text }) => text)
}

/** As checkHistory, by kind. */
export function judgeHistory(events: readonly Event[], options: HistoryOptions = {}): Verdict {
  return new Judgement(options).run(events)
}

class Judgement {
  readonly #options: HistoryOptions
  readonly #messages = new Map<string, Message>()
  /** By queue and producer. */
  readonly #lines = new Map<string, Message[]>()
  readonly #transactions = new Map<string, Transaction>()
  readonly #acks = new Map<string, Ack>()
  readonly #faults: Fault[] = []

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  run(events: readonly Event[]): Verdict {
    for (const [time, event] of events.entries()) this.#read(event, time)
    for (const transaction of this.#transactions.values()) this.#checkWhole(transaction)
    for (const message of this.#messages.values()) {
      this.#checkKept(message)
      this.#checkSettled(message)
      this.#checkOnce(message)
      this.#checkCounted(message)
    }
    this.#checkOrder()
    return { faults: this.#faults, counts: this.#counts() }
  }

  #counts(): Counts {
    const counts = {
      lost: 0,
      phantom: 0,
      torn: 0,
      resurrected: 0,
      reordered: 0,
      doubled: 0,
      uncounted: 0,
      duplicated: 0,
    }
    for (const { kind } of this.#faults) counts[kind]++
    for (const { deliveries } of this.#messages.values()) if (deliveries.length > 1) counts.duplicated++
    return counts
  }

  #read(event: Event, time: number): void {
    switch (event.type) {
      case 'sent':
        return this.#sent(event, time)
      case 'receipted':
        this.#messages.get(event.message)!.receipted = true
        return
      case 'delivered':
        return this.#delivered(event, time)
      case 'acked': {
        const transaction = event.transaction === null ? null : this.#transaction(event.transaction)
        // What was never sent is a fault already, from its delivery.
        const messages = event.messages.map(name => this.#messages.get(name)).filter(found => found !== undefined)
        const ack: Ack = { messages, transaction, receiptedAt: Infinity }
        this.#acks.set(event.ack, ack)
        transaction?.acks.push(ack)
        for (const message of messages) message.acks.push(ack)
        return
      }
      case 'ack-receipted':
        this.#acks.get(event.ack)!.receiptedAt = time
        return
      case 'committing': {
        const transaction = this.#transaction(event.transaction)
        transaction.committingAt = time
        for (const [index, message] of transaction.sends.entries()) message.order = time + index / 1e6
        return
      }
      case 'committed':
        this.#transaction(event.transaction).committedAt = time
        return
      case 'aborted':
        return
      default:
        return event satisfies never
    }
  }

  #sent({ message, producer, queue, transaction }: Event & { type: 'sent' }, time: number): void {
    const within = transaction === null ? null : this.#transaction(transaction)
    const added: Message = {
      name: message,
      producer,
      queue,
      transaction: within,
      order: time,
      receipted: false,
      deliveries: [],
      acks: [],
    }
    this.#messages.set(message, added)
    const line = this.#lines.get(`${queue} ${producer}`)
    if (line === undefined) this.#lines.set(`${queue} ${producer}`, [added])
    else line.push(added)
    within?.sends.push(added)
  }

  #delivered(event: Event & { type: 'delivered' }, time: number): void {
    const message = this.#messages.get(event.message)
    if (message === undefined) return this.#fault('phantom', `${event.message} was delivered but never sent`)
    const { subscription, auto, redelivered, queue } = event
    if (queue !== message.queue)
      this.#fault('phantom', `${message.name} was sent to ${message.queue} and delivered from ${queue}`)
    if ((message.transaction?.committingAt ?? 0) > time) {
      this.#fault(
        'phantom',
        `${message.name} was delivered, but its transaction ${message.transaction!.name} was not committed`,
      )
    }
    message.deliveries.push({ time, subscription, auto, redelivered })
  }

  #transaction(name: string): Transaction {
    let found = this.#transactions.get(name)
    if (found === undefined) {
      found = { name, sends: [], acks: [], committingAt: Infinity, committedAt: Infinity }
      this.#transactions.set(name, found)
    }
    return found
  }

  /** All or none of its sends and its acknowledgements, and all when the COMMIT was receipted. */
  #checkWhole(transaction: Transaction): void {
    const { name, committingAt, committedAt } = transaction
    if (committingAt === Infinity) return
    const done: string[] = committedAt < Infinity ? ['its COMMIT was receipted'] : []
    const undone: string[] = []
    for (const message of transaction.sends) {
      if (message.deliveries.length > 0) done.push(`${message.name} was delivered`)
      else undone.push(`${message.name} was not delivered`)
    }
    for (const ack of transaction.acks) {
      for (const message of ack.messages) {
        if (message.deliveries.some(({ time }) => time > committingAt)) undone.push(`${message.name} came back`)
        else if (message.acks.every(other => other === ack || !mayHaveSettled(other)))
          done.push(`${message.name} stayed acknowledged`)
      }
    }
    if (done.length > 0 && undone.length > 0) {
      this.#fault('torn', `transaction ${name} was done in part: ${done.join(', ')}; but ${undone.join(', ')}`)
    }
  }

  /** A message known to be stored leaves its queue by an acknowledgement only. */
  #checkKept(message: Message): void {
    const stored = message.receipted || message.deliveries.length > 0
    if (!stored || message.acks.some(mayHaveSettled) || message.deliveries.some(({ auto }) => auto)) return
    if (this.#swallowed(message)) return
    const seen = message.deliveries.length > 0 ? 'delivered, never acknowledged, and not there at the end' : 'lost'
    this.#fault(
      'lost',
      `${message.name} (${message.queue}, ${message.receipted ? 'receipted' : 'no receipt'}) was ${seen}`,
    )
  }

  /**
   * Sent to an automatic consumer when the broker died, and never read: then no one subscription saw messages of this
   * producer on both sides of it, because a connection delivers a prefix.
   */
  #swallowed(message: Message): boolean {
    if (message.deliveries.length > 0) return false
    const before = new Set<string>()
    const behind = new Set<string>()
    let automatic = false
    for (const other of this.#lines.get(`${message.queue} ${message.producer}`) ?? []) {
      for (const { subscription, auto, redelivered } of other.deliveries) {
        automatic ||= auto
        if (!redelivered) (other.order < message.order ? before : behind).add(subscription)
      }
    }
    return automatic && ![...before].some(subscription => behind.has(subscription))
  }

  #checkSettled(message: Message): void {
    for (const ack of message.acks) {
      const settledAt = ack.transaction === null ? ack.receiptedAt : ack.transaction.committedAt
      if (message.deliveries.some(({ time }) => time > settledAt)) {
        this.#fault('resurrected', `${message.name} came back after its acknowledgement was receipted`)
      }
    }
  }

  #checkOnce(message: Message): void {
    const subscriptions = new Set<string>()
    for (const { subscription } of message.deliveries) {
      if (subscriptions.has(subscription))
        this.#fault('doubled', `${message.name} was delivered twice to ${subscription}`)
      subscriptions.add(subscription)
    }
  }

  /** A redelivery is journaled before it is made: what was told once may not be forgotten by whoever leads next (C10). */
  #checkCounted(message: Message): void {
    const first = message.deliveries.findIndex(({ redelivered }) => redelivered)
    if (first < 0 || message.deliveries.slice(first).every(({ redelivered }) => redelivered)) return
    this.#fault('uncounted', `${message.name} was delivered as redelivered, and later as if it were new`)
  }

  #checkOrder(): void {
    const { soleConsumer = new Set<string>() } = this.#options
    const seen: { readonly message: Message; readonly delivery: Delivery; readonly first: boolean }[] = []
    for (const message of this.#messages.values()) {
      for (const [index, delivery] of message.deliveries.entries()) seen.push({ message, delivery, first: index === 0 })
    }
    seen.sort((a, b) => a.delivery.time - b.delivery.time)
    const latest = new Map<string, Message>()
    for (const { message, delivery, first } of seen) {
      const lines: string[] = []
      if (!delivery.redelivered) lines.push(delivery.subscription)
      if (first && soleConsumer.has(message.queue)) lines.push('any')
      for (const line of lines) {
        const key = `${message.producer} ${message.queue} ${line}`
        const before = latest.get(key)
        if (before === undefined || before.order < message.order) latest.set(key, message)
        else
          this.#fault(
            'reordered',
            `${message.name} was delivered behind ${before.name}, which ${message.producer} sent later`,
          )
      }
    }
  }

  #fault(kind: FaultKind, text: string): void {
    this.#faults.push({ kind, text })
  }
}

/** The ACK was sent, and outside of a transaction or in one whose COMMIT was sent. */
const mayHaveSettled = ({ transaction }: Ack): boolean => transaction === null || transaction.committingAt < Infinity
