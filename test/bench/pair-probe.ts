import { Chronicle, Client } from '../crash/clients.ts'
import { Failover } from '../chaos/failover.ts'
import { Receipts } from '../chaos/receipts.ts'
import { randomFrom } from '../journal/random.ts'

/** Sends one message after the other, each when the last one's receipt came. */
class OneByOne extends Client {
  protected override connected(): void {
    this.#next()
  }

  readonly #next = (): void => this.post('probe', 'probe', null, this.#next)
}

/** Clients that always wait for one receipt: how long it stays away is the outage a user sees. */
export class Probe {
  readonly receipts: Receipts
  readonly #clients: readonly Failover[]

  constructor(ports: readonly number[], clients = 4) {
    const chronicle = new Chronicle(randomFrom(1))
    this.receipts = new Receipts(chronicle)
    // Nothing here is judged: a million events would only take memory.
    chronicle.add = () => {}
    this.#clients = Array.from({ length: clients }, () => new Failover(ports, port => new OneByOne(port, chronicle)))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map(client => client.stop()))
  }
}
