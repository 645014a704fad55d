import stompit from 'stompit'

/** The published client `stompit` with its own failover: it is told both addresses and nothing else. */
export class Foreign {
  /** Bodies in the order in which they came; the same one may come twice. */
  readonly received: string[] = []
  readonly #channel: stompit.Channel
  #waiting: (() => void)[] = []
  #closed = false

  constructor(ports: readonly number[]) {
    const servers = ports.map(port => ({ host: '127.0.0.1', port, connectHeaders: { host: '/' } }))
    const failover = new stompit.ConnectFailover(servers, {
      initialReconnectDelay: 10,
      maxReconnectDelay: 50,
      maxReconnects: -1,
      randomize: false,
    })
    // It goes on looking for a broker after its channel was closed, unless it is told to give each address up.
    failover.on('error', (error: Error, server: { blacklist(why: Error): void }) => {
      if (this.#closed) server.blacklist(error)
    })
    this.#channel = new stompit.Channel(failover)
  }

  /** Resolves when the receipt came, over however many connections. */
  send(queue: string, body: string): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#channel.send({ destination: `/queue/${queue}`, persistent: 'true' }, body, error =>
        error ? reject(error) : resolve(),
      ),
    )
  }

  /** Takes everything from a queue and acknowledges it, over however many connections. */
  consume(queue: string): void {
    this.#channel.subscribe({ destination: `/queue/${queue}`, ack: 'client-individual' }, (error, message) => {
      if (error) return
      message.readString('utf-8', (failed, body) => {
        if (failed) return
        this.#channel.ack(message)
        this.received.push(body ?? '')
        for (const wake of this.#waiting.splice(0)) wake()
      })
    })
  }

  /** Resolves when all of these were received. */
  async all(bodies: readonly string[]): Promise<void> {
    while (!bodies.every(body => this.received.includes(body))) {
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
  }

  close(): void {
    this.#closed = true
    this.#channel.close(new Error('the test is over'))
  }
}
