import { messageOf } from '../../src/base/errors.ts'
import { Client } from '../contract/world.ts'

const LOGIN = { 'accept-version': '1.2', login: 'witness', passcode: 'witness' }

async function enter(port: number): Promise<Client> {
  const client = await Client.dial(port)
  client.send('CONNECT', LOGIN)
  await client.expect('CONNECTED')
  client.version = '1.2'
  return client
}

/** A client that behaves: it exchanges messages all the time, and fails at the first thing that is not as it must be. */
export class Witness {
  rounds = 0
  slowestMs = 0
  readonly #sender: Client
  readonly #receiver: Client
  #over = false
  readonly done: Promise<void>

  private constructor(sender: Client, receiver: Client) {
    this.#sender = sender
    this.#receiver = receiver
    this.done = this.#exchange().catch((error: unknown) => {
      throw new Error(`the witness, in round ${this.rounds}: ${messageOf(error)}`, { cause: error })
    })
    this.done.catch(() => {}) // whoever waits for it gets it
  }

  static async at(port: number): Promise<Witness> {
    const [sender, receiver] = [await enter(port), await enter(port)]
    await receiver.receipted('SUBSCRIBE', { id: 'q', destination: '/queue/witness.echo', ack: 'client-individual' })
    await receiver.receipted('SUBSCRIBE', { id: 't', destination: '/topic/witness.tick' })
    return new Witness(sender, receiver)
  }

  async #exchange(): Promise<void> {
    while (!this.#over) {
      const began = performance.now()
      const body = `round ${++this.rounds}`
      await this.#sender.receipted('SEND', { destination: '/queue/witness.echo', persistent: 'true' }, body)
      const message = await this.#receiver.expect('MESSAGE')
      if (message.body.toString() !== body) throw new Error(`expected ${body}, got ${message.body.toString()}`)
      if (message.headers.has('redelivered')) throw new Error(`${body} came a second time`)
      await this.#receiver.receipted('ACK', { id: message.headers.get('ack') ?? '' })
      this.#sender.send('SEND', { destination: '/topic/witness.tick' }, body)
      const tick = await this.#receiver.expect('MESSAGE')
      if (tick.body.toString() !== body) throw new Error(`expected ${body} on the topic, got ${tick.body.toString()}`)
      this.slowestMs = Math.max(this.slowestMs, performance.now() - began)
    }
  }

  async end(): Promise<void> {
    this.#over = true
    await this.done
    this.#sender.destroy()
    this.#receiver.destroy()
  }
}
