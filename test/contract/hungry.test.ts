import test from 'ava'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { started } from './consuming.ts'
import { eventually } from './twins.ts'
import type { Client, World } from './world.ts'

const COLORS = ['red', 'green', 'blue', 'grey']
const ROUNDS = 40

/** A consumer with a window of its own, for one or two colours. */
class Consumer {
  readonly client: Client
  readonly window: number
  readonly wants: ReadonlySet<string>
  /** What it holds: the id for its ACK, by body. */
  readonly held = new Map<string, string>()

  constructor(client: Client, window: number, wants: ReadonlySet<string>) {
    this.client = client
    this.window = window
    this.wants = wants
  }

  subscribe(): void {
    this.client.send('SUBSCRIBE', {
      id: '1',
      destination: '/queue/a',
      ack: 'client-individual',
      'activemq.prefetchSize': String(this.window),
      selector: [...this.wants].map(color => `color = '${color}'`).join(' OR '),
    })
  }

  look(): void {
    for (let frame = this.client.arrived(); frame !== null; frame = this.client.arrived())
      if (frame.command === 'MESSAGE') this.held.set(frame.body.toString(), frame.headers.get('ack') ?? '')
  }

  acknowledge(body: string): void {
    this.client.send('ACK', { id: this.held.get(body) ?? '' })
    this.held.delete(body)
  }
}

/** Sends, takes, acknowledges and goes away at random, and knows what must be where. */
class Play {
  readonly #world: World
  readonly #random: () => number
  readonly #producer: Client
  readonly #waiting = new Map<string, string>()
  readonly #consumers: Consumer[] = []
  #sent = 0

  constructor(world: World, random: () => number, producer: Client) {
    this.#world = world
    this.#random = random
    this.#producer = producer
  }

  async step(): Promise<void> {
    const what = between(this.#random, 0, 20)
    const one = this.#any(this.#consumers)
    if (what < 10) await this.#send()
    else if (what < 15 && one !== undefined) this.#acknowledge(one)
    else if (what < 18 && this.#consumers.length < 5) await this.#join()
    else if (what >= 18 && one !== undefined) {
      one.client.destroy()
      this.#consumers.splice(this.#consumers.indexOf(one), 1)
    }
  }

  /** Who has room, and does not get what waits for him; null: nobody. */
  hungry(): string | null {
    for (const consumer of this.#consumers) consumer.look()
    const held = new Set(this.#consumers.flatMap(consumer => [...consumer.held.keys()]))
    for (const { wants, window, held: own } of this.#consumers)
      for (const [body, color] of this.#waiting)
        if (own.size < window && wants.has(color) && !held.has(body)) return `${body} for ${[...wants].join(' or ')}`
    return null
  }

  async #send(): Promise<void> {
    const color = this.#any(COLORS)!
    const body = `${color} ${++this.#sent}`
    await this.#producer.receipted('SEND', { destination: '/queue/a', persistent: 'true', color }, body)
    this.#waiting.set(body, color)
  }

  #acknowledge(consumer: Consumer): void {
    consumer.look()
    const body = this.#any([...consumer.held.keys()])
    if (body === undefined) return
    consumer.acknowledge(body)
    this.#waiting.delete(body)
  }

  async #join(): Promise<void> {
    const wants = new Set([this.#any(COLORS)!, this.#any(COLORS)!])
    const consumer = new Consumer(await this.#world.connect(), between(this.#random, 1, 4), wants)
    this.#consumers.push(consumer)
    consumer.subscribe()
  }

  #any<T>(list: readonly T[]): T | undefined {
    return list[between(this.#random, 0, list.length)]
  }
}

test('Q-03, R-01: whatever comes, goes and comes back, who has room gets what waits for him', async t => {
  const world = await started(t)
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const play = new Play(world, random, await world.connect())
  for (let round = 0; round < ROUNDS; round++) {
    for (let steps = between(random, 1, 15); steps > 0; steps--) await play.step()
    await eventually(`nobody is hungry in round ${round}`, () => play.hungry() === null)
  }
  t.is(play.hungry(), null)
})
