import type { ExecutionContext } from 'ava'
import { DestinationKind, type DestinationName } from '../../src/base/destination.ts'
import { bodies, take } from '../contract/consuming.ts'
import type { Client, World, XmlParts } from '../contract/world.ts'

/** How the broker of `before` ended: killed and started again, or its disk failed and its twin took over. */
export type Way = 'restart' | 'failover'

/** A feature of the broker: what clients did with it before its end, and what they find after it. */
export interface Feature {
  /** As the list in features.ts names it. */
  readonly name: string
  /** Rows of the specification. */
  readonly rows: string
  readonly xml?: XmlParts
  /** Leaves the broker in the middle of things; clients stay connected. */
  before(world: World, t: ExecutionContext): Promise<void>
  /** `world` is the same broker again, or its twin. What by design does not survive is asserted as gone. */
  after(world: World, t: ExecutionContext, way: Way): Promise<void>
}

export type Headers = Readonly<Record<string, string>>

export const INDIVIDUAL: Headers = { ack: 'client-individual' }
/** Acknowledged one by one, and no second message before that. */
export const ONE: Headers = { ...INDIVIDUAL, 'activemq.prefetchSize': '1' }
export const VOLATILE: Headers = { persistent: 'false' }

/** Sends persistent messages unless told otherwise; each is receipted. */
export async function send(
  world: World,
  destination: string,
  texts: readonly string[],
  headers: Headers = {},
): Promise<void> {
  const client = await world.connect()
  for (const text of texts) await client.receipted('SEND', { destination, persistent: 'true', ...headers }, text)
  client.destroy()
}

/** A new connection with one subscription, `1`. */
export async function subscribe(
  world: World,
  destination: string,
  headers: Headers = {},
  connect: Headers = {},
): Promise<Client> {
  const client = await world.connect(connect)
  await client.receipted('SUBSCRIBE', { id: '1', destination, ...headers })
  return client
}

/** The bodies of so many messages, after which no more come. */
export async function all(client: Client, count: number): Promise<string[]> {
  const texts = bodies(await take(client, count))
  await client.quiet()
  return texts
}

/** What a new consumer of a destination gets: these, and no more. */
export async function holds(
  world: World,
  t: ExecutionContext,
  destination: string,
  texts: readonly string[],
  headers: Headers = {},
): Promise<void> {
  const client = await subscribe(world, destination, headers)
  t.deepEqual(await all(client, texts.length), [...texts], destination)
  client.destroy()
}

/** Takes the next message and refuses it. */
export async function refuse(client: Client): Promise<void> {
  const [message] = await take(client, 1)
  await client.receipted('NACK', { id: message!.headers.get('ack')! })
}

/** Acknowledges the next message; answers its body. */
export async function settle(client: Client): Promise<string> {
  const [message] = await take(client, 1)
  await client.receipted('ACK', { id: message!.headers.get('ack')! })
  return message!.body.toString()
}

export const queue = (name: string): DestinationName => ({ kind: DestinationKind.queue, name })

export const exists = (world: World, name: string, kind: DestinationKind = DestinationKind.queue): boolean =>
  world.running.broker.find(kind, name) !== null

export const policies = (entries: string): string =>
  `<destinationPolicy><policyMap><policyEntries>${entries}</policyEntries></policyMap></destinationPolicy>`

export const interceptors = (content: string): string =>
  `<destinationInterceptors><virtualDestinationInterceptor><virtualDestinations>${content}</virtualDestinations></virtualDestinationInterceptor></destinationInterceptors>`
