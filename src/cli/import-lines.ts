import {
  RELEASED_JOBS,
  backlogOf,
  isForwarded,
  isReleasedFact,
  isScheduleHeader,
  releasedFact,
  releasedOf,
  scheduledFor,
  type Definition,
  type Outgoing,
} from '../client/client.ts'
import type { ExportEnd, ExportedMessage, ExportedSubscription } from './export-format.ts'
import { globMatches } from './glob.ts'

/** What of an export is asked for. Each of the lists null and not scheduled: all of it. */
export interface Wanted {
  /** Names and patterns. */
  readonly queues: readonly string[] | null
  /** As `client:name`. */
  readonly subscriptions: readonly string[] | null
  readonly scheduled: boolean
}

export const wantsAll = ({ queues, subscriptions, scheduled }: Wanted): boolean =>
  queues === null && subscriptions === null && !scheduled

const matches = (name: string, patterns: readonly string[] | null): boolean =>
  patterns?.some(pattern => globMatches(pattern, name)) === true

export const wantsSubscription = (wanted: Wanted, { clientId, name }: Definition): boolean =>
  wantsAll(wanted) || matches(`${clientId}:${name}`, wanted.subscriptions)

export const wantsScheduled = (wanted: Wanted): boolean => wantsAll(wanted) || wanted.scheduled

/** Is this message asked for? */
export function wantsMessage(wanted: Wanted, { destination }: ExportedMessage): boolean {
  if (wantsAll(wanted)) return true
  const { scheme, name } = partsOf(destination)
  if (scheme === 'queue') return matches(name, wanted.queues)
  if (scheme === 'subscription') return matches(name, wanted.subscriptions)
  return scheme === 'scheduler' && wanted.scheduled
}

export const isEnd = (value: object): value is ExportEnd => (value as Partial<ExportEnd>).end === true

export function isMessage(value: object): value is ExportedMessage {
  const { destination, headers } = value as Partial<ExportedMessage>
  return typeof destination === 'string' && typeof headers === 'object' && headers !== null
}

export function isSubscription(value: object): value is ExportedSubscription {
  const { clientId, name, topics } = (value as Partial<ExportedSubscription>).subscription ?? {}
  return [clientId, name, topics].every(text => typeof text === 'string')
}

function partsOf(uri: string): { readonly scheme: string; readonly name: string } {
  const [, scheme = '', name = ''] = /^([\w-]+):\/\/(.*)$/s.exec(uri) ?? []
  return { scheme, name }
}

/**
 * A message that an interrupted `migrate` has released, as it was before: scheduled, or collected by a subscription that the file
 * knows. Any other as it is.
 */
export function asItWas(message: ExportedMessage, known: ReadonlyMap<string, Definition>): ExportedMessage {
  const { scheme, name } = partsOf(message.destination)
  if (scheme !== 'queue') return message
  const fact = (of: string): string => releasedFact(message.headers, of) ?? ''
  const headers = Object.fromEntries(Object.entries(message.headers).filter(([header]) => !isReleasedFact(header)))
  if (name === RELEASED_JOBS && fact('to') !== '') {
    const [next = 0, period = 0, remaining = 0] = ['next', 'period', 'remaining'].map(of => Number(fact(of)))
    return {
      ...message,
      destination: 'scheduler://JMS',
      persistent: fact('persistent') === 'true',
      schedule: { next, period, remaining, cron: fact('cron'), to: fact('to') },
      headers: { ...headers, expires: fact('expires') },
    }
  }
  const { clientId = '', name: subscription = '' } = releasedOf(name) ?? {}
  const uri = `${clientId}:${subscription}`
  if (!known.has(uri) || fact('topic') === '') return message
  return { ...message, destination: `subscription://${uri}`, clientId, shownAs: fact('topic'), headers }
}

/** Why a message is not sent, as a part of a sentence. */
export type LeftOut = string

const OTHERS: LeftOut = 'of topics and temporary destinations, which end with their broker'
const ONLY_OURS: LeftOut = 'of durable subscriptions or scheduled, which only a TandemMQ takes'
const NO_TARGET: LeftOut = 'scheduled, of an older export that does not tell where they go'
const NO_TOPIC: LeftOut = 'of durable subscriptions, of an older export that does not tell their topic'

/**
 * The SEND that makes the message again, or why there is none. `known` are the file's durable subscriptions by `client:name`;
 * `ours`: the target is a TandemMQ.
 */
export function outgoing(
  message: ExportedMessage,
  known: ReadonlyMap<string, Definition>,
  ours: boolean,
): Outgoing | LeftOut {
  const { scheme, name } = partsOf(message.destination)
  if (scheme === 'queue') return sendOf(message, `/queue/${name}`, false)
  if (scheme !== 'subscription' && scheme !== 'scheduler') return OTHERS
  if (!ours) return ONLY_OURS
  const { schedule, shownAs, clientId } = message
  if (scheme === 'scheduler') {
    if (schedule?.to === undefined) return NO_TARGET
    return sendOf(message, scheduledFor({ ...schedule, to: schedule.to }), true)
  }
  const definition = known.get(name)
  const topic = topicOf(shownAs) ?? onlyTopicOf(definition)
  if (topic === undefined) return NO_TOPIC
  const client = clientId ?? definition?.clientId ?? name.slice(0, name.indexOf(':'))
  return sendOf(message, backlogOf(client, name.slice(client.length + 1), topic), false)
}

const topicOf = (shown: string | undefined): string | undefined =>
  shown?.startsWith('/topic/') === true ? shown.slice('/topic/'.length) : undefined

const onlyTopicOf = (definition: Definition | undefined): string | undefined =>
  definition === undefined || /[,*>]/.test(definition.topics) ? undefined : definition.topics

function sendOf(
  { persistent, priority, text: isText, headers, body, bodyBase64 }: ExportedMessage,
  destination: string,
  withSchedule: boolean,
): Outgoing {
  const bytes = bodyBase64 === undefined ? Buffer.from(body ?? '') : Buffer.from(bodyBase64, 'base64')
  const sent: [string, string][] = [
    ['destination', destination],
    ['persistent', String(persistent)],
    ['priority', String(priority)],
  ]
  // Without it a message is one of text, whose end is a NUL.
  if (!isText) sent.push(['content-length', String(bytes.length)])
  else if (bytes.includes(0)) sent.push(['content-length', String(bytes.length)], ['amq-msg-type', 'text'])
  for (const [name, value] of Object.entries(headers))
    if (isForwarded(name, String(value)) || (withSchedule && isScheduleHeader(name))) sent.push([name, String(value)])
  return { headers: sent, body: bytes }
}
