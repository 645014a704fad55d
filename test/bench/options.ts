import { parseArgs } from 'node:util'
import { BODY_BYTES_MIN } from './frames.ts'

/** What one load does. The names and defaults are those of the referee, stompload. */
export interface LoadOptions {
  readonly host: string
  readonly port: number
  readonly login: string
  readonly passcode: string
  readonly vhost: string
  readonly producers: number
  readonly consumers: number
  /** Destinations; producer and consumer i use number i % dests. */
  readonly dests: number
  /** Messages of each producer. */
  readonly messages: number
  /** Bytes of a body. */
  readonly size: number
  /** SENDs of one producer that may wait for their receipt. */
  readonly window: number
  /** Ask for a receipt on every K-th SEND; 0 never. */
  readonly receipt: number
  readonly ack: 'auto' | 'client' | 'client-individual'
  readonly ackBatch: number
  /** 0 leaves the broker's default. */
  readonly prefetch: number
  /** Messages per second of each producer; 0 as fast as the window allows. */
  readonly rate: number
  /** The first so many messages of each producer count in no latency: both ends are still warming up. */
  readonly unmeasured: number
  readonly persistent: boolean
  /** `/queue/` or `/topic/`. */
  readonly kind: string
  /** Start of each destination's name; fresh for each run. */
  readonly prefix: string
  /** Header lines of every SEND and SUBSCRIBE. */
  readonly headers: readonly string[]
  readonly subscribeHeaders: readonly string[]
  /** The load is given up after so many seconds. */
  readonly timeoutS: number
}

export const DEFAULTS: LoadOptions = {
  host: '127.0.0.1',
  port: 61613,
  login: '',
  passcode: '',
  vhost: 'localhost',
  producers: 1,
  consumers: 1,
  dests: 1,
  messages: 10_000,
  size: 1024,
  window: 1000,
  receipt: 1,
  ack: 'auto',
  ackBatch: 100,
  prefetch: 0,
  rate: 0,
  unmeasured: 0,
  persistent: true,
  kind: '/queue/',
  prefix: '',
  headers: [],
  subscribeHeaders: [],
  timeoutS: 120,
}

const FLAGS = {
  host: { type: 'string' },
  port: { type: 'string' },
  login: { type: 'string' },
  passcode: { type: 'string' },
  vhost: { type: 'string' },
  producers: { type: 'string' },
  consumers: { type: 'string' },
  dests: { type: 'string' },
  messages: { type: 'string' },
  size: { type: 'string' },
  window: { type: 'string' },
  receipt: { type: 'string' },
  ack: { type: 'string' },
  'ack-batch': { type: 'string' },
  prefetch: { type: 'string' },
  rate: { type: 'string' },
  unmeasured: { type: 'string' },
  'non-persistent': { type: 'boolean' },
  kind: { type: 'string' },
  prefix: { type: 'string' },
  header: { type: 'string', multiple: true },
  'subscribe-header': { type: 'string', multiple: true },
  timeout: { type: 'string' },
} as const

/** A whole number of at least `least`, or `otherwise` when nothing was said. Throws on anything else. */
export function wholeNumber(name: string, text: string | undefined, otherwise: number, least = 0): number {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`--${name} ${text}: expected a whole number of at least ${least}`)
  return value
}

/** The options on a command line; throws a sentence on a wrong one. */
export function parseLoadOptions(args: readonly string[]): LoadOptions {
  const { values } = parseArgs({ args: [...args], options: FLAGS })
  const number = (
    name:
      | 'port'
      | 'producers'
      | 'consumers'
      | 'dests'
      | 'messages'
      | 'size'
      | 'window'
      | 'receipt'
      | 'prefetch'
      | 'rate'
      | 'unmeasured',
    least = 0,
  ): number => wholeNumber(name, values[name], DEFAULTS[name], least)
  const ack = values.ack ?? DEFAULTS.ack
  if (ack !== 'auto' && ack !== 'client' && ack !== 'client-individual')
    throw new Error(`--ack ${ack}: expected auto, client or client-individual`)
  return {
    host: values.host ?? DEFAULTS.host,
    port: number('port', 1),
    login: values.login ?? DEFAULTS.login,
    passcode: values.passcode ?? DEFAULTS.passcode,
    vhost: values.vhost ?? DEFAULTS.vhost,
    producers: number('producers'),
    consumers: number('consumers'),
    dests: number('dests', 1),
    messages: number('messages', 1),
    size: number('size', BODY_BYTES_MIN),
    window: number('window', 1),
    receipt: number('receipt'),
    ack,
    ackBatch: wholeNumber('ack-batch', values['ack-batch'], DEFAULTS.ackBatch, 1),
    prefetch: number('prefetch'),
    rate: number('rate'),
    unmeasured: number('unmeasured'),
    persistent: !(values['non-persistent'] ?? false),
    kind: values.kind ?? DEFAULTS.kind,
    prefix: values.prefix ?? `load${process.pid}.`,
    headers: values.header ?? [],
    subscribeHeaders: values['subscribe-header'] ?? [],
    timeoutS: wholeNumber('timeout', values.timeout, DEFAULTS.timeoutS, 1),
  }
}

/** The command line that says these options, understood by our generator and by the referee alike. */
export function toArguments(options: Partial<LoadOptions>): string[] {
  const args: string[] = []
  for (const [key, value] of Object.entries(options)) {
    if (key === 'persistent') {
      if (value === false) args.push('--non-persistent')
    } else if (key === 'headers' || key === 'subscribeHeaders') {
      const name = key === 'headers' ? '--header' : '--subscribe-header'
      for (const line of value as readonly string[]) args.push(name, line)
    } else {
      const name = key === 'timeoutS' ? 'timeout' : key.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
      if (value !== '') args.push(`--${name}`, String(value))
    }
  }
  return args
}
