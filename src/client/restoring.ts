import type { StompConnection } from './connection.ts'
import type { Headers } from './frames.ts'

/** What makes a durable subscription the one it is. */
export interface Definition {
  readonly clientId: string
  readonly name: string
  /** Topic names or patterns, with commas between them. */
  readonly topics: string
  readonly selector: string | null
  /** The selector compares values without converting them. */
  readonly exact?: boolean
  readonly noLocal?: boolean
}

/** When a scheduled message is due, and where it goes then. Times in ms, `next` since 1970. */
export interface Schedule {
  readonly next: number
  readonly period: number
  /** Firings left, -1 without end. */
  readonly remaining: number
  /** Empty: none. */
  readonly cron: string
  /** `/queue/a,/topic/b` */
  readonly to: string
}

const named = (kind: string, parts: readonly (string | number)[]): string =>
  `/tandemmq/${[kind, ...parts.map(encodeURIComponent)].join('/')}`

/** The name to send to for the durable subscription alone (session/restored.ts). */
export const backlogOf = (clientId: string, name: string, topic: string): string =>
  named('backlog', [clientId, name, topic])

/** The name to send a scheduled message to. */
export const scheduledFor = ({ next, period, remaining, cron, to }: Schedule): string =>
  named('scheduled', [next, period, remaining, cron, to])

/** A TandemMQ, which takes durable subscriptions and scheduled messages as another one had them. */
export const isOurs = ({ server }: StompConnection): boolean => server.includes('TandemMQ')

/** Makes a durable subscription unless it is there. Rejects CLIENT_ERROR when another one has its name. */
export function makeSubscription(connection: StompConnection, definition: Definition): Promise<void> {
  const { clientId, name, topics, selector, exact, noLocal } = definition
  const headers: [string, string][] = [
    ['destination', '/tandemmq/subscription'],
    ['client-id', clientId],
    ['name', name],
    ['topics', topics],
    ['exact', String(exact ?? false)],
    ['no-local', String(noLocal ?? false)],
  ]
  if (selector !== null) headers.push(['selector', selector])
  return connection.receipted('SEND', headers)
}

/** Rejects CLIENT_ERROR when the broker takes no scheduled messages. */
export const askForScheduler = (connection: StompConnection): Promise<void> => connection.receipted('SEND', SCHEDULER)
const SCHEDULER: Headers = [['destination', '/tandemmq/scheduler']]

/** Headers of a schedule, which stay with a message that is still to be fired. */
export const isScheduleHeader = (name: string): boolean => /^AMQ_SCHEDULED_(DELAY|PERIOD|REPEAT|CRON)$/.test(name)
