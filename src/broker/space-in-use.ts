import type { Broker } from './broker.ts'
import type { SpaceInUse } from './space.ts'

/** What a broker uses now. Read at every SEND: no object per message. */
export class BrokerSpace implements SpaceInUse {
  readonly #broker: Broker

  constructor(broker: Broker) {
    this.#broker = broker
  }

  get storeBytes(): number {
    return this.#broker.journal.totalBytes
  }

  get liveBytes(): number {
    return this.#broker.state.liveness.bytes
  }

  get liveMessages(): number {
    return this.#broker.state.liveness.live
  }
}
