import type { StompConnection } from './connection.ts'
import type { ServerFrame } from './frames.ts'

/** How messages are acknowledged: each one, the last one for all before it, or in transactions. */
export type AckMode = 'individual' | 'cumulative' | 'transacted'

/** Acknowledges messages in batches, with a receipt for each batch, and knows again what it could not see confirmed. */
export class Settling {
  readonly #mode: AckMode
  readonly #batch: number
  #connection: StompConnection | null = null
  #group: ServerFrame[] = []
  /** Taken before a connection was lost, without a confirmed acknowledgement: may come again. */
  readonly #again = new Set<string>()
  #transactions = 0

  constructor(mode: AckMode, batch: number) {
    this.#mode = mode
    this.#batch = batch
  }

  /** Messages taken and not yet acknowledged. */
  get size(): number {
    return this.#group.length
  }
  get full(): boolean {
    return this.#group.length >= this.#batch
  }

  /** Goes on over another connection. */
  begin(connection: StompConnection): void {
    for (const { headers } of this.#group) this.#again.add(headers.get('message-id') ?? '')
    this.#group = []
    this.#connection = connection
  }

  /** Was it taken before, over a connection that was lost? */
  cameAgain(message: ServerFrame): boolean {
    return this.#again.delete(message.headers.get('message-id') ?? '')
  }

  add(message: ServerFrame): void {
    this.#group.push(message)
  }

  /** Acknowledges what was added; answers how many, once the broker has confirmed it. Rejects as the receipt does. */
  async settle(): Promise<number> {
    const connection = this.#connection
    const group = this.#group
    const last = group.at(-1)
    if (connection === null || last === undefined) return 0
    if (this.#mode === 'cumulative') await connection.receipted('ACK', connection.naming(last))
    else if (this.#mode === 'transacted') await this.#commit(connection, group)
    else {
      for (const message of group.slice(0, -1)) connection.post('ACK', connection.naming(message))
      await connection.receipted('ACK', connection.naming(last))
    }
    this.#group = []
    return group.length
  }

  async #commit(connection: StompConnection, group: readonly ServerFrame[]): Promise<void> {
    const name: [string, string] = ['transaction', `a${this.#transactions++}`]
    connection.post('BEGIN', [name])
    for (const message of group) connection.post('ACK', [...connection.naming(message), name])
    await connection.receipted('COMMIT', [name])
  }
}
