import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomUUID } from 'node:crypto'
import { messageOf } from '../base/errors.ts'
import {
  Latencies,
  PRODUCER,
  Producer,
  SEQUENCE,
  parseBrokerUrl,
  stompDestination,
  uriOf,
  type BrokerUrl,
  type Login,
  type Outgoing,
} from '../client/client.ts'
import { UsageError, type Arguments } from './arguments.ts'
import { ACCESS_HELP, ACCESS_OPTIONS, exitCodeOf, loginOf, tellError } from './broker-access.ts'
import type { Terminal } from './cli.ts'
import { Interrupt } from './interrupt.ts'
import { isOn, readJmsArguments, wholeNumber, type JmsOptions } from './jms-arguments.ts'
import { Progress, grouped, paceJson, paceText, type Pace } from './progress.ts'
import { jsonText } from './visible.ts'
import { wrongCall } from './wrong-call.ts'

export const PRODUCER_HELP: string = `Usage: tandemmq producer [--brokerUrl URL] [--destination queue://NAME] [--messageCount 1000] [options]

Sends messages over STOMP, with the options and the lines of ActiveMQ's tool. Done (0) only when the broker has
confirmed every one of them; ends with the rate and with how long the confirmations took. Also called "pub".

  --brokerUrl URL   stomp://localhost:61613; also tcp://, ssl://, stomp+ssl://, failover:(stomp://a:61613,stomp://b:61613):
                    after a take-over it goes on, and what had no receipt is sent again and counted
  --destination     queue://TEST; also topic://NAME, /queue/NAME, several with commas between them
  --messageCount    1000, by each of --parallelThreads (1)
  --message TEXT, --payloadUrl FILE, --messageSize BYTES, --textMessageSize CHARACTERS
                    what to send; else "test message: 0" and so on. --messageSize makes bytes messages
  --persistent (true), --messagePriority (4), --msgTTL MS (0: never expires), --msgGroupID GROUP
  --header NAME=VALUE   a further header; may be repeated
  --disableMessageTimestamp   is understood; the broker stamps what comes over STOMP all the same
  --sleep MS (0)    between two messages; --rate N: so many a second
  --transactionBatchSize N (0: none)   commits every N messages, and what is left at the end
  --receipt         waits for each receipt before the next message is sent, as JMS does
  --verify          numbers the messages, for "consumer --verify"
  --json            one object at the end instead of lines; --quiet: only the last line
${ACCESS_HELP}
Exit code 0 all confirmed, 1 failed, 2 a wrong call, 3 not reachable, 4 login refused, 130 stopped.

Examples:
  tandemmq producer --destination queue://orders --messageCount 100
  tandemmq producer --brokerUrl "failover:(stomp://a:61613,stomp://b:61613)" --rate 500 --verify
`

const JMS: JmsOptions = {
  brokerUrl: 'value',
  destination: 'value',
  messageCount: 'value',
  persistent: 'switch',
  sleep: 'value',
  transactionBatchSize: 'value',
  parallelThreads: 'value',
  msgTTL: 'value',
  messageSize: 'value',
  textMessageSize: 'value',
  message: 'value',
  payloadUrl: 'value',
  msgGroupID: 'value',
  messagePriority: 'value',
  disableMessageTimestamp: 'switch',
  rate: 'value',
  header: 'value',
  receipt: 'flag',
  verify: 'flag',
  json: 'flag',
  quiet: 'flag',
}

/** Where TandemMQ listens. ActiveMQ's tool says tcp://localhost:61616, which is not STOMP. */
export const DEFAULT_BROKER = 'stomp://localhost:61613'
/** Messages on their way to the broker at a time, without `--receipt`. */
const WINDOW = 1000

interface Call {
  readonly url: BrokerUrl
  readonly login: Login
  readonly destination: string
  readonly count: number
  readonly threads: number
  readonly persistent: boolean
  readonly sleep: number
  readonly batch: number
  readonly rate: number | null
  readonly oneByOne: boolean
  readonly json: boolean
  readonly quiet: boolean
  message(thread: number): (n: number) => Outgoing
}

/** Verb `producer`. */
export async function produce(terminal: Terminal): Promise<number> {
  let call: Call
  try {
    call = await parse(terminal)
  } catch (error) {
    if (!(error instanceof UsageError)) return tellError('producer', error, terminal)
    wrongCall(terminal, 'producer', PRODUCER_HELP, error.message)
    return 2
  }
  return await run(terminal, call)
}

async function parse(terminal: Terminal): Promise<Call> {
  const given = readJmsArguments(terminal.args, JMS, ACCESS_OPTIONS)
  const { values, flags, rest } = given
  if (rest.length > 0) throw new UsageError(`${rest[0]}: name the queue with --destination`)
  const rate = values.get('rate')
  if (rate !== undefined && !(Number(rate) > 0)) throw new UsageError(`--rate ${rate}: messages per second`)
  const destination = stompDestination(values.get('destination') ?? 'queue://TEST')
  return {
    url: parseBrokerUrl(values.get('brokerUrl') ?? DEFAULT_BROKER),
    login: await loginOf(given, terminal),
    destination,
    count: wholeNumber(given, 'messageCount', 1000),
    threads: wholeNumber(given, 'parallelThreads', 1, 1),
    persistent: isOn(given, 'persistent', true),
    sleep: wholeNumber(given, 'sleep', 0),
    batch: wholeNumber(given, 'transactionBatchSize', 0),
    rate: rate === undefined ? null : Number(rate),
    oneByOne: flags.has('receipt'),
    json: flags.has('json'),
    quiet: flags.has('quiet'),
    message: messageMaker(given, terminal, destination),
  }
}

/** What is sent, by thread and number. */
function messageMaker(given: Arguments, terminal: Terminal, destination: string): Call['message'] {
  const { values, lists, flags } = given
  const count = wholeNumber(given, 'messageCount', 1000)
  const ttl = wholeNumber(given, 'msgTTL', 0)
  const persistent = isOn(given, 'persistent', true)
  isOn(given, 'disableMessageTimestamp', false)
  const priority = wholeNumber(given, 'messagePriority', 4)
  if (priority > 9) throw new UsageError(`--messagePriority ${priority}: 0 to 9`)
  const fixed: [string, string][] = [
    ['destination', destination],
    ['persistent', String(persistent)],
    ['priority', String(priority)],
  ]
  const group = values.get('msgGroupID')
  if (group !== undefined) fixed.push(['JMSXGroupID', group])
  for (const header of lists.get('header') ?? []) fixed.push(headerOf(header))
  const body = bodyMaker(given, terminal)
  return thread => {
    const producer = `${randomUUID()}/${thread}`
    return n => {
      const { bytes, text } = body(n)
      const headers = [...fixed]
      // Without it a message is one of text, whose end is a NUL.
      if (!text) headers.push(['content-length', String(bytes.length)])
      if (ttl > 0) headers.push(['expires', String(Date.now() + ttl)])
      if (flags.has('verify')) headers.push([PRODUCER, producer], [SEQUENCE, `${n + 1}/${count}`])
      return { headers, body: bytes }
    }
  }
}

function headerOf(text: string): [string, string] {
  const at = text.indexOf('=')
  const name = text.slice(0, Math.max(at, 0))
  if (at < 1 || /[\n\r\0:]/.test(name)) throw new UsageError(`--header ${text}: write NAME=VALUE`)
  return [name, text.slice(at + 1)]
}

interface Body {
  readonly bytes: Buffer
  readonly text: boolean
}

function bodyMaker(given: Arguments, { cwd }: Terminal): (n: number) => Body {
  const { values } = given
  const size = wholeNumber(given, 'messageSize', 0)
  const textSize = wholeNumber(given, 'textMessageSize', 0)
  const file = values.get('payloadUrl')
  const message = values.get('message')
  const always = (bytes: Buffer, text: boolean) => (): Body => ({ bytes, text })
  if (size > 0) return always(Buffer.alloc(size, '.'), false)
  if (textSize > 0) return always(Buffer.alloc(textSize, 'A'), true)
  if (file !== undefined) {
    const bytes = readPayload(file, cwd)
    return always(bytes, !bytes.includes(0))
  }
  if (message !== undefined) return always(Buffer.from(message), true)
  return n => ({ bytes: Buffer.from(`test message: ${n}`), text: true })
}

function readPayload(named: string, cwd: string): Buffer {
  if (/^https?:/i.test(named)) throw new UsageError(`--payloadUrl ${named}: fetch it first, and name the file`)
  try {
    return readFileSync(named.startsWith('file:') ? fileURLToPath(new URL(named)) : resolve(cwd, named))
  } catch (error) {
    throw new UsageError(`--payloadUrl ${named} cannot be read: ${messageOf(error)}`)
  }
}

async function run(terminal: Terminal, call: Call): Promise<number> {
  const { url, login, destination, count, threads, persistent, sleep, quiet, json } = call
  const info = (text: string): void => {
    if (!quiet && !json) terminal.out(` INFO | ${text}\n`)
  }
  const stop = new Interrupt(terminal)
  info(`Connecting to URL: ${url.text} as user: ${login.login ?? 'null'}`)
  info(`Producing messages to ${uriOf(destination)}`)
  info(`Using ${persistent ? 'persistent' : 'non-persistent'} messages`)
  info(`Sleeping between sends ${sleep} ms`)
  info(`Running ${threads} parallel threads`)
  const all = Array.from({ length: threads }, (_, i) => one(terminal, call, i + 1, info, stop.signal))
  const started = performance.now()
  const progress = new Progress(terminal.err, () => progressText(all, count * threads, started), !quiet && !json)
  const ends = await Promise.allSettled(all.map(({ run: start }) => start()))
  progress.end()
  const ms = performance.now() - started
  for (const [i] of all.entries()) {
    info(`producer-${i + 1} Produced: ${all[i]!.producer.produced.sent} messages`)
    info(`producer-${i + 1} Elapsed time in second : ${Math.floor(ms / 1000)} s`)
    info(`producer-${i + 1} Elapsed time in milli second : ${Math.round(ms)} milli seconds`)
  }
  const failed = ends.flatMap(end => (end.status === 'rejected' ? [end.reason as unknown] : []))
  return summarize(terminal, call, all, ms, failed, stop)
}

interface Running {
  readonly producer: Producer
  run(): Promise<void>
}

function one(
  terminal: Terminal,
  call: Call,
  thread: number,
  info: (text: string) => void,
  signal: AbortSignal,
): Running {
  const { url, login, count, batch, sleep, rate, oneByOne } = call
  const producer = new Producer({
    url,
    login,
    signal,
    count,
    batch,
    message: call.message(thread),
    window: oneByOne ? 1 : WINDOW,
    pause: sleep,
    rate,
    onRetry: error => terminal.err(`tandemmq producer: ${error.message}; trying again\n`),
    onReconnect: to => terminal.err(`tandemmq producer: connected again, to ${to}\n`),
    onCommit: number => info(`producer-${thread} Committing transaction: ${number}`),
  })
  return {
    producer,
    run: () => {
      info(`producer-${thread} Started to calculate elapsed time ...`)
      return producer.run()
    },
  }
}

const total = (all: readonly Running[], of: 'sent' | 'bytes' | 'resent' | 'reconnects'): number =>
  all.reduce((sum, { producer }) => sum + producer.produced[of], 0)

function progressText(all: readonly Running[], wanted: number, started: number): string {
  const sent = total(all, 'sent')
  const rate = sent / Math.max(0.001, (performance.now() - started) / 1000)
  return `${grouped(sent)} of ${grouped(wanted)} confirmed (${Math.floor((100 * sent) / Math.max(1, wanted))} %), ${grouped(rate)} msg/s`
}

function summarize(
  terminal: Terminal,
  { json, url, destination, count, threads }: Call,
  all: readonly Running[],
  ms: number,
  failed: readonly unknown[],
  stop: Interrupt,
): number {
  const times = new Latencies()
  for (const { producer } of all) times.include(producer.produced.latencies)
  const sent = total(all, 'sent')
  const [p50, p99] = [times.percentile(0.5), times.percentile(0.99)]
  const pace: Pace = { messages: sent, bytes: total(all, 'bytes'), ms, p50, p99 }
  const resent = total(all, 'resent')
  const requested = count * threads
  if (json) {
    const answer = { destination: uriOf(destination), broker: url.text, threads, requested, sent, resent }
    const rest = { reconnects: total(all, 'reconnects'), error: failed.length === 0 ? null : messageOf(failed[0]) }
    terminal.out(`${jsonText({ ...answer, ...paceJson(pace), ...rest })}\n`)
  } else {
    terminal.out(` INFO | producer: ${paceText(pace)}\n`)
    if (resent > 0)
      terminal.out(` WARN | producer: ${resent} were sent again after a lost connection, and may be there twice\n`)
  }
  const [error] = failed
  // A stop breaks off what is being dialled, too.
  if (stop.asked) {
    if (sent < requested) terminal.err(`tandemmq producer: stopped after ${sent} of ${requested} messages\n`)
    return sent < requested ? stop.code : 0
  }
  if (error === undefined) return 0
  const told = tellError('producer', error, terminal)
  terminal.err(`tandemmq producer: ${requested - sent} of ${requested} messages are not confirmed\n`)
  return sent > 0 && exitCodeOf(error) === 3 ? 1 : told
}
