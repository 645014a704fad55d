import { setTimeout as delay } from 'node:timers/promises'
import { Consumer, Producer, type Chronicle, type Client } from '../crash/clients.ts'

/** How long a broker may take to say CONNECTED before the next address is tried: a stopped process accepts and says nothing. */
const connectMs = 500
/** After every address was tried in vain. */
const againMs = 10

/**
 * `failover:(a,b)?randomize=false`: tries the addresses in turn until one takes it, and starts over whenever its
 * connection is gone. Every connection is a client of its own: what the last one left unanswered stays unknown, and is
 * not sent again.
 */
export class Failover {
  readonly #ports: readonly number[]
  readonly #make: (port: number) => Client
  readonly #ended: Promise<void>
  #client: Client | null = null
  #stopped = false

  constructor(ports: readonly number[], make: (port: number) => Client) {
    this.#ports = ports
    this.#make = make
    this.#ended = this.#run()
  }

  /** Drops the connection without a word; resolves when everything that it brought was noted. */
  stop(): Promise<void> {
    this.#stopped = true
    this.#client?.destroy()
    return this.#ended
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#stopped; turn++) {
      const client = this.#make(this.#ports[turn % this.#ports.length]!)
      this.#client = client
      const late = setTimeout(() => {
        if (!client.established) client.destroy()
      }, connectMs)
      await client.closed
      clearTimeout(late)
      if (client.established) turn = -1
      else if ((turn + 1) % this.#ports.length === 0) await delay(againMs)
    }
  }
}

/** By how it is consumed. Transactions send to `client` and `individual`. */
export const QUEUES = ['auto', 'client', 'individual', 'transacted'] as const
const TRANSACTED = ['client', 'individual']
/** Where one consumer at a time makes the order hold over all deliveries. */
export const SOLE: ReadonlySet<string> = new Set(['auto', 'client', 'transacted'])

/** Producers with receipts and transactions, consumers of every kind, all with the list of addresses. */
export function startLoad(ports: readonly number[], chronicle: Chronicle, producers = 3): Failover[] {
  const over = (make: (port: number) => Client): Failover => new Failover(ports, make)
  return [
    ...Array.from({ length: producers }, (_, index) =>
      over(port => new Producer(port, chronicle, `p${index}`, QUEUES, TRANSACTED)),
    ),
    over(port => new Consumer(port, chronicle, 'auto', 'auto')),
    over(port => new Consumer(port, chronicle, 'client', 'client')),
    over(port => new Consumer(port, chronicle, 'individual', 'client-individual')),
    over(port => new Consumer(port, chronicle, 'individual', 'client-individual')),
    over(port => new Consumer(port, chronicle, 'transacted', 'transacted', TRANSACTED)),
  ]
}
