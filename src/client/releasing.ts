import { setTimeout as sleep } from 'node:timers/promises'
import { TandemError } from '../base/errors.ts'
import type { StompConnection } from './connection.ts'
import { sentAgain } from './forwarding.ts'
import type { ServerFrame } from './frames.ts'
import { backlogOf, isScheduleHeader, scheduledFor, type Definition } from './restoring.ts'

/** A durable subscription of a TandemMQ, as its inventory tells. */
export interface Held extends Definition {
  /** Messages that it has collected. */
  readonly waiting: number
  /** Its client is connected: nothing is released. */
  readonly active: boolean
  /** Where its messages are released to. */
  readonly queue: string
}

/** What a TandemMQ holds beside queues (session/restored.ts). */
export interface Inventory {
  readonly scheduled: number
  readonly scheduledQueue: string
  readonly subscriptions: readonly Held[]
  /** Queues with what was released before: an interrupted run has left it, or it is of a subscription that is gone. */
  readonly released: readonly Released[]
  /** How many queues there are. */
  readonly queues: number
}

export interface Released {
  readonly queue: string
  readonly waiting: number
}

/** Messages that were released into this queue before. */
export const releasedIn = ({ released }: Inventory, queue: string): number =>
  released.find(one => one.queue === queue)?.waiting ?? 0

/** What begins the headers by which a released message says what it was. */
const PREFIX = 'tandemmq-'
const FACTS = ['topic', 'next', 'period', 'remaining', 'cron', 'to', 'persistent', 'expires'].map(name => PREFIX + name)

/** The queue into which a TandemMQ releases what is scheduled (broker/releasing.ts). */
export const RELEASED_JOBS = 'tandemmq.released.scheduled'

/** The durable subscription after which such a queue is named; null: after none. */
export function releasedOf(queue: string): Pick<Definition, 'clientId' | 'name'> | null {
  const [, ...parts] = /^tandemmq\.released\.subscription\.([^:]+):([^:]+)$/.exec(queue) ?? []
  try {
    const [clientId, name] = parts.map(decodeURIComponent)
    return clientId === undefined || name === undefined ? null : { clientId, name }
  } catch {
    return null
  }
}

/** What a released message says of itself in such a header; undefined: nothing, or it is none. */
export const releasedFact = (headers: Readonly<Record<string, string>>, fact: string): string | undefined =>
  headers[PREFIX + fact]

export const isReleasedFact = (header: string): boolean => FACTS.includes(header)

/** ms that a broker may need to tell it. */
const ANSWER_MS = 10_000

/** Asks a TandemMQ. Rejects CLIENT_ERROR when it refuses or does not tell, CLIENT_LOST. */
export async function inventoryOf(connection: StompConnection): Promise<Inventory> {
  let told: (message: ServerFrame) => void = () => {}
  const answer = new Promise<ServerFrame>(resolve => (told = resolve))
  const queue = '/temp-queue/inventory'
  await connection.subscribe('inventory', [['destination', queue]], told)
  await connection.receipted('SEND', [
    ['destination', '/tandemmq/inventory'],
    ['reply-to', queue],
  ])
  const lost = connection.over.then(error => Promise.reject(error))
  const message = await Promise.race([answer, lost, sleep(ANSWER_MS, null, { ref: false })])
  if (message === null) {
    const what = `the broker at ${connection.address.text} does not tell what it holds beside queues`
    throw new TandemError('CLIENT_ERROR', what)
  }
  await connection.unsubscribe('inventory')
  return JSON.parse(message.body.toString()) as Inventory
}

/** Moves into its queue what the subscription has collected; resolves when that is done. */
export const releaseSubscription = (connection: StompConnection, { clientId, name }: Definition): Promise<void> =>
  connection.receipted('SEND', [
    ['destination', '/tandemmq/release'],
    ['client-id', clientId],
    ['name', name],
  ])

/** As that, everything that is scheduled. */
export const releaseScheduled = (connection: StompConnection): Promise<void> =>
  connection.receipted('SEND', [['destination', '/tandemmq/release']])

/** The headers of the SEND that brings a released message back to its subscription. */
export function collectedAgain(message: ServerFrame, { clientId, name }: Definition): [string, string][] {
  const topic = (message.headers.get(`${PREFIX}topic`) ?? '').replace(/^\/topic\//, '')
  return sentAgain(without(message, {}), backlogOf(clientId, name, topic))
}

/** As that, a scheduled message. */
export function scheduledAgain(message: ServerFrame): [string, string][] {
  const of = (fact: string): string => message.headers.get(PREFIX + fact) ?? ''
  const [next = 0, period = 0, remaining = 0] = ['next', 'period', 'remaining'].map(fact => Number(of(fact)))
  const to = scheduledFor({ next, period, remaining, cron: of('cron'), to: of('to') })
  const was = without(message, { persistent: of('persistent'), expires: of('expires') })
  return [...sentAgain(was, to), ...[...message.headers].filter(([header]) => isScheduleHeader(header))]
}

function without(message: ServerFrame, instead: Readonly<Record<string, string>>): ServerFrame {
  const headers = new Map([...message.headers].filter(([name]) => !FACTS.includes(name)))
  for (const [name, value] of Object.entries(instead)) headers.set(name, value)
  return { ...message, headers }
}
