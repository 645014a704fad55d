import type { ExecutionContext, TestFn } from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { Queue } from '../../src/destination/destination.ts'
import { betweenLooks } from './looking.ts'
import { World, brokerXml, deadlineMs, type Client, type WireFrame, type XmlParts } from './world.ts'

export const versions = ['1.0', '1.1', '1.2'] as const
export type VersionText = (typeof versions)[number]

/** A test per protocol version. */
export function forVersions(
  test: TestFn,
  these: readonly VersionText[],
  title: string,
  body: (t: ExecutionContext, version: VersionText) => Promise<void>,
): void {
  for (const version of these) test(`${title} (STOMP ${version})`, t => body(t, version))
}

export async function started(t: ExecutionContext, parts: XmlParts = {}): Promise<World> {
  const world = await new World().start(brokerXml(parts))
  t.teardown(() => world.end())
  return world
}

export const connect = (world: World, version: VersionText): Promise<Client> =>
  world.connect({ 'accept-version': version })

/** Sends m1 … m<count>, persistent unless said otherwise; when it resolves they are stored. */
export async function fill(
  world: World,
  destination: string,
  count: number,
  headers: Readonly<Record<string, string>> = { persistent: 'true' },
): Promise<void> {
  const client = await world.connect()
  for (let i = 1; i < count; i++) client.send('SEND', { destination, ...headers }, `m${i}`)
  await client.receipted('SEND', { destination, ...headers }, `m${count}`)
  client.destroy()
}

export async function take(client: Client, count: number): Promise<WireFrame[]> {
  const frames: WireFrame[] = []
  for (let i = 0; i < count; i++) frames.push(await client.expect('MESSAGE'))
  return frames
}

export const bodies = (frames: readonly WireFrame[]): string[] => frames.map(({ body }) => body.toString())
export const flags = (frames: readonly WireFrame[]): boolean[] =>
  frames.map(({ headers }) => headers.get('redelivered') === 'true')
export const names = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `m${from + i}`)

/** The headers of an ACK or NACK of this message, in the words of the client's version. */
export function about(
  client: Client,
  message: WireFrame,
  headers: Record<string, string> = {},
): Record<string, string> {
  const { headers: given } = message
  if (client.version === '1.2') return { id: given.get('ack') ?? 'none', ...headers }
  const subscription = given.get('subscription')
  return {
    ...(subscription !== undefined && { subscription }),
    'message-id': given.get('message-id') ?? 'none',
    ...headers,
  }
}

/** What an error text says between the brackets about this message. */
export const named = (client: Client, message: WireFrame): string =>
  client.version === '1.2' ? 'null' : (message.headers.get('message-id') ?? '')

/** Sends a frame that must fail; answers the `message` of the ERROR. */
export async function refused(
  client: Client,
  command: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Promise<string | undefined> {
  client.send(command, { ...headers, receipt: 'refused' }, body)
  const error = await client.expect('ERROR')
  if (error.headers.get('receipt-id') !== 'refused') throw new Error(`no receipt-id: ${error.lines.join(' | ')}`)
  return error.headers.get('message')
}

export function queueOf(world: World, name: string): Queue {
  const found = world.running.broker.find(DestinationKind.queue, name)
  if (!(found instanceof Queue)) throw new Error(`no queue ${name}`)
  return found
}

/** Messages in the queue, delivered or not. */
export const depth = (world: World, name: string): number => queueOf(world, name).stored?.messages.live ?? 0

/** Takes everything that is in a queue by a new consumer, and proves that nothing more comes. */
export async function drain(world: World, name: string): Promise<WireFrame[]> {
  const count = depth(world, name)
  const client = await world.connect()
  client.send('SUBSCRIBE', { id: 'drain', destination: `/queue/${name}`, ack: 'auto' })
  const frames = await take(client, count)
  await client.quiet()
  client.destroy()
  return frames
}

/** The client's socket closes without a word, and the broker has noticed. */
export async function lost(world: World, client: Client): Promise<void> {
  const port = client.socket.localPort
  client.destroy()
  await until(world, 'the session has ended', () => {
    return ![...world.running.broker.sessions].some(({ link }) => link.remote.endsWith(`:${port}`))
  })
}

/** Turns of the broker, until something is so. */
export async function until(world: World, what: string, isSo: () => boolean): Promise<void> {
  const client = await world.connect()
  const late = Date.now() + deadlineMs
  for (let looks = 0; !isSo(); looks++) {
    if (Date.now() > late) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await client.quiet()
    await betweenLooks(looks)
  }
  client.destroy()
}

/** A subscriber of the topic `t` that takes one message at a time and has its first; what expires there is a dead letter. */
export async function behindOne(
  t: ExecutionContext,
): Promise<{ readonly world: World; readonly subscriber: Client; readonly sender: Client; readonly first: WireFrame }> {
  const strategy = '<deadLetterStrategy><sharedDeadLetterStrategy processNonPersistent="true"/></deadLetterStrategy>'
  const entry = `<policyEntry topic="&gt;">${strategy}</policyEntry>`
  const world = await started(t, {
    body: `<destinationPolicy><policyMap><policyEntries>${entry}</policyEntries></policyMap></destinationPolicy>`,
  })
  const subscriber = await world.connect()
  const slow = { id: '1', destination: '/topic/t', ack: 'client', 'activemq.prefetchSize': '1' }
  await subscriber.receipted('SUBSCRIBE', slow)
  const sender = await world.connect()
  await sender.receipted('SEND', { destination: '/topic/t' }, 'first')
  return { world, subscriber, sender, first: await subscriber.expect('MESSAGE') }
}
