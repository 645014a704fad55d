import type { ExecutionContext } from 'ava'
import { drain, fill, until } from '../contract/consuming.ts'
import { tlsFile } from '../contract/tls.ts'
import type { World } from '../contract/world.ts'
import { run, type Language } from './languages.ts'
import type { Event, Plan, Step } from './plan.ts'

export type Version = Plan['version']

/** One conversation of a foreign client with the broker. */
export interface Talk {
  readonly t: ExecutionContext
  readonly world: World
  readonly language: Language
  readonly version: Version
}

/** The client does these steps; afterwards its connection has ended and everything it said is done. */
export async function talk(
  { world, language, version }: Talk,
  steps: readonly Step[],
  more: Partial<Plan> = {},
): Promise<Event[]> {
  const plan: Plan = {
    version,
    host: '127.0.0.1',
    ports: [world.port('stomp')],
    heartBeat: 0,
    connect: {},
    steps,
    ...more,
  }
  const events = await run(language, plan)
  // `until` has a connection of its own.
  await until(world, 'the client has gone', () => world.running.broker.sessions.size === 1)
  const witness = await world.connect({}, 'stomp')
  await witness.quiet() // what the client said last is committed
  witness.destroy()
  return events
}

const bodiesOf = (events: readonly Event[]): string[] =>
  events.filter(({ event }) => event === 'message').map(({ body = '' }) => body)
const errorsOf = (events: readonly Event[]): string[] =>
  events.filter(({ event }) => event === 'error').map(({ message = '' }) => message)
const left = async (world: World, queue: string): Promise<string[]> =>
  (await drain(world, queue)).map(({ body }) => body.toString())

let queues = 0
const fresh = (): string => `clients.q${++queues}`

/** Sends every kind of text, gets its receipt and the message back. */
export async function exchanges(talking: Talk, more: Partial<Plan> = {}): Promise<void> {
  const { t, version } = talking
  const destination = `/queue/${fresh()}`
  const body = 'grüße 🚀 : \\ "x"'
  const events = await talk(
    talking,
    [
      { do: 'subscribe', destination, id: 's1', ack: 'auto' },
      { do: 'send', destination, body, receipt: true, headers: { persistent: 'true', colour: 'blue' } },
      { do: 'take', count: 1 },
      { do: 'send', destination: '/topic/nobody', body: '', receipt: true },
    ],
    more,
  )
  t.is(events[0]?.version, version)
  t.deepEqual(bodiesOf(events), [body])
  const headers = events.find(({ event }) => event === 'message')?.headers
  t.is(headers?.['colour'], 'blue')
  t.is(headers?.['persistent'], 'true')
  t.is(events.filter(({ event }) => event === 'receipt').length, 2)
  t.deepEqual(errorsOf(events), [])
}

/** In client mode one ACK settles all before it; in client-individual mode exactly its own. */
export async function acknowledges(talking: Talk): Promise<void> {
  const { t, world } = talking
  for (const [ack, rest] of [
    ['client', ['m4', 'm5']],
    ['client-individual', ['m1', 'm2', 'm4', 'm5']],
    ['auto', []],
  ] as const) {
    const queue = fresh()
    await fill(world, `/queue/${queue}`, 5)
    const events = await talk(talking, [
      { do: 'subscribe', destination: `/queue/${queue}`, id: 's1', ack },
      { do: 'take', count: 5 },
      ...(ack === 'auto' ? [] : [{ do: 'ack', message: 2 } as const]),
    ])
    t.deepEqual(bodiesOf(events), ['m1', 'm2', 'm3', 'm4', 'm5'])
    t.deepEqual(errorsOf(events), [])
    t.deepEqual(await left(world, queue), [...rest], ack)
  }
}

/** A refused message is dead-lettered, and it alone. */
export async function refuses(talking: Talk): Promise<void> {
  const { t, world } = talking
  const queue = fresh()
  await fill(world, `/queue/${queue}`, 2)
  const events = await talk(talking, [
    { do: 'subscribe', destination: `/queue/${queue}`, id: 's1', ack: 'client-individual' },
    { do: 'take', count: 2 },
    { do: 'nack', message: 0 },
  ])
  t.deepEqual(errorsOf(events), [])
  t.deepEqual(await left(world, queue), ['m2'])
  t.deepEqual(await left(world, `DLQ.${queue}`), ['m1'])
}

/** COMMIT makes sends and acknowledgements happen, ABORT undoes them. */
export async function transacts(talking: Talk): Promise<void> {
  const { t, world } = talking
  const [from, to] = [fresh(), fresh()]
  await fill(world, `/queue/${from}`, 2)
  const send = (body: string, transaction: string): Step => ({
    do: 'send',
    destination: `/queue/${to}`,
    body,
    headers: { transaction, persistent: 'true' },
  })
  const events = await talk(talking, [
    { do: 'subscribe', destination: `/queue/${from}`, id: 's1', ack: 'client-individual' },
    { do: 'take', count: 2 },
    { do: 'begin', transaction: 'undone' },
    send('undone', 'undone'),
    { do: 'ack', message: 1, transaction: 'undone' },
    { do: 'abort', transaction: 'undone' },
    { do: 'begin', transaction: 'done' },
    send('one', 'done'),
    send('two', 'done'),
    { do: 'ack', message: 0, transaction: 'done' },
    { do: 'commit', transaction: 'done' },
    { do: 'begin', transaction: 'left open' },
    send('never', 'left open'),
  ])
  t.deepEqual(errorsOf(events), [])
  t.deepEqual(await left(world, to), ['one', 'two'])
  t.deepEqual(await left(world, from), ['m2'])
}

/** A durable subscription collects while its client is away. */
export async function remembers(talking: Talk): Promise<void> {
  const { t, world } = talking
  // In 1.0 the end of a durable subscription takes its name for the client id (S-DUR-08).
  const name = `durable-${fresh()}`
  const destination = `/topic/${name}`
  const me = { connect: { 'client-id': name } }
  const subscribe: Step = {
    do: 'subscribe',
    destination,
    id: 's1',
    ack: 'client-individual',
    headers: { 'activemq.subscriptionName': name },
  }
  const first = await talk(talking, [subscribe], me)
  t.deepEqual(errorsOf(first), [])
  await fill(world, destination, 3)
  const second = await talk(
    talking,
    [subscribe, { do: 'take', count: 3 }, { do: 'ack', message: 0 }, { do: 'ack', message: 1 }],
    me,
  )
  t.deepEqual(bodiesOf(second), ['m1', 'm2', 'm3'])
  const forget: Step = { do: 'unsubscribe', destination, id: 's1', headers: { 'activemq.subscriptionName': name } }
  const third = await talk(talking, [subscribe, { do: 'take', count: 1 }], me)
  t.deepEqual(bodiesOf(third), ['m3'])
  t.deepEqual(errorsOf(await talk(talking, [forget], me)), [])
}

/** With heart-beats agreed on, an idle connection lives, and is dropped by nobody. */
export async function beats(talking: Talk): Promise<void> {
  const { t } = talking
  const destination = `/queue/${fresh()}`
  const events = await talk(
    talking,
    [
      { do: 'subscribe', destination, id: 's1', ack: 'auto' },
      { do: 'idle', ms: 3000 },
      { do: 'send', destination, body: 'alive', receipt: true },
      { do: 'take', count: 1 },
    ],
    { heartBeat: 600 },
  )
  t.true(events.find(({ event }) => event === 'idle')?.open)
  t.deepEqual(bodiesOf(events), ['alive'])
  t.is(events.filter(({ event }) => event === 'connected').length, 1)
  t.deepEqual(errorsOf(events), [])
}

/** The same over TLS, with the test authority as the only trust. */
export async function encrypts(talking: Talk): Promise<void> {
  await exchanges(talking, { ports: [talking.world.port('tls')], ca: tlsFile('ca.pem') })
}
