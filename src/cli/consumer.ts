import {
  Consumer,
  Latencies,
  SequenceCheck,
  parseBrokerUrl,
  stompDestination,
  uriOf,
  type AckMode,
  type BrokerUrl,
  type ConsumerOptions,
  type Login,
  type SequenceReport,
  type ServerFrame,
} from '../client/client.ts'
import { messageOf } from '../base/errors.ts'
import { UsageError } from './arguments.ts'
import { ACCESS_HELP, ACCESS_OPTIONS, loginOf, tellError } from './broker-access.ts'
import type { Terminal } from './cli.ts'
import { Interrupt } from './interrupt.ts'
import { duration, isOn, readJmsArguments, wholeNumber, type JmsOptions } from './jms-arguments.ts'
import { DEFAULT_BROKER } from './producer.ts'
import { Progress, grouped, paceJson, paceText, type Pace } from './progress.ts'
import { jsonText, visible, visibleLines } from './visible.ts'
import { wrongCall } from './wrong-call.ts'

export const CONSUMER_HELP: string = `Usage: tandemmq consumer [--brokerUrl URL] [--destination queue://NAME] [--messageCount 1000] [options]

Takes messages over STOMP and acknowledges each of them, with the options and the lines of ActiveMQ's tool. Ends with the
rate and with how old the messages were. Also called "sub".

  --brokerUrl URL   stomp://localhost:61613; also tcp://, ssl://, stomp+ssl://, failover:(stomp://a:61613,stomp://b:61613)
  --destination     queue://TEST; also topic://NAME, /queue/NAME, wildcards
  --messageCount    1000, by each of --parallelThreads (1); 0: as many as come before --timeout
  --timeout S       ends when no message came for so long, and exits with 8 if there were fewer than --messageCount;
                    without it, it waits for ever, and says so once on stderr. Also 500ms, 2m
  --ackMode         AUTO, CLIENT or DUPS_OK_ACKNOWLEDGE; --transacted: in transactions
  --batchSize N     10: messages acknowledged at once by CLIENT and --transacted; the last batch may be smaller
  --durable --clientId NAME   a durable subscription called "consumer-1", or --subscription NAME
  --selector TEXT   only what matches
  --prefetch N      messages that the broker hands out before they are acknowledged; default twice those of a batch
  --sleep MS (0)    after each message
  --bytesAsText     prints bytes messages too
  --verify          reports gaps, duplicates and disorder of what "producer --verify" has numbered; 1 when there are any
  --json            one object at the end instead of lines; --quiet: only the last lines
${ACCESS_HELP}
Exit code 0 all came and are acknowledged, 1 failed, 2 a wrong call, 3 not reachable, 4 login refused, 6 not all of the
acknowledgements are confirmed, 8 too few came, 130 stopped.

Examples:
  tandemmq consumer --destination queue://orders --messageCount 100 --timeout 10
  tandemmq consumer --brokerUrl "failover:(stomp://a:61613,stomp://b:61613)" --messageCount 0 --timeout 5s --verify
`

const JMS: JmsOptions = {
  brokerUrl: 'value',
  destination: 'value',
  messageCount: 'value',
  sleep: 'value',
  ackMode: 'value',
  batchSize: 'value',
  transacted: 'switch',
  durable: 'switch',
  clientId: 'value',
  subscription: 'value',
  selector: 'value',
  parallelThreads: 'value',
  bytesAsText: 'switch',
  timeout: 'value',
  prefetch: 'value',
  verify: 'flag',
  json: 'flag',
  quiet: 'flag',
}

/** Messages that AUTO acknowledges at once, when it does not sleep in between. */
const AUTO_BATCH = 100

interface Call {
  readonly url: BrokerUrl
  readonly login: Login
  readonly destination: string
  readonly count: number
  readonly threads: number
  readonly sleep: number
  readonly timeout: number
  readonly ackMode: string
  readonly mode: AckMode
  readonly batch: number
  readonly prefetch: number
  readonly durable: string | null
  readonly selector: string | null
  readonly bytesAsText: boolean
  readonly verify: boolean
  readonly json: boolean
  readonly quiet: boolean
}

/** ms without a message after which it says that it waits. */
const WAITING_AFTER = 10_000

/** Verb `consumer`. `waitingAfter`: ms without a message after which it says that it goes on waiting. */
export async function consume(terminal: Terminal, waitingAfter: number = WAITING_AFTER): Promise<number> {
  let call: Call
  try {
    call = await parse(terminal)
  } catch (error) {
    if (!(error instanceof UsageError)) return tellError('consumer', error, terminal)
    wrongCall(terminal, 'consumer', CONSUMER_HELP, error.message)
    return 2
  }
  return await run(terminal, call, waitingAfter)
}

const ACK_MODES: Readonly<Record<string, AckMode>> = {
  AUTO: 'individual',
  AUTO_ACKNOWLEDGE: 'individual',
  CLIENT: 'cumulative',
  CLIENT_ACKNOWLEDGE: 'cumulative',
  DUPS_OK: 'cumulative',
  DUPS_OK_ACKNOWLEDGE: 'cumulative',
}

async function parse(terminal: Terminal): Promise<Call> {
  const given = readJmsArguments(terminal.args, JMS, ACCESS_OPTIONS)
  const { values, flags, rest } = given
  if (rest.length > 0) throw new UsageError(`${rest[0]}: name the queue with --destination`)
  const ackMode = (values.get('ackMode') ?? 'AUTO').toUpperCase()
  const named = Object.hasOwn(ACK_MODES, ackMode) ? ACK_MODES[ackMode] : undefined
  if (named === undefined) throw new UsageError(`--ackMode ${ackMode}: AUTO, CLIENT or DUPS_OK_ACKNOWLEDGE`)
  const mode: AckMode = isOn(given, 'transacted', false) ? 'transacted' : named
  const count = wholeNumber(given, 'messageCount', 1000)
  const threads = wholeNumber(given, 'parallelThreads', 1, 1)
  const sleep = wholeNumber(given, 'sleep', 0)
  const batch = mode === 'individual' ? (sleep > 0 ? 1 : AUTO_BATCH) : wholeNumber(given, 'batchSize', 10, 1)
  const clientId = values.get('clientId') ?? null
  const durable = isOn(given, 'durable', false)
  const destination = stompDestination(values.get('destination') ?? 'queue://TEST')
  if (durable && clientId === null)
    throw new UsageError('--durable needs --clientId: a durable subscription belongs to a client id')
  if (durable && !destination.startsWith('/topic/')) throw new UsageError('--durable is for topics')
  if (clientId !== null && threads > 1)
    throw new UsageError('--clientId is for one connection, and --parallelThreads makes several')
  return {
    url: parseBrokerUrl(values.get('brokerUrl') ?? DEFAULT_BROKER),
    login: { ...(await loginOf(given, terminal)), clientId },
    destination,
    count,
    threads,
    sleep,
    timeout: duration(given, 'timeout', Infinity),
    ackMode,
    mode,
    batch,
    // What is handed over and not taken comes back to the queue, marked as redelivered: no more than is useful.
    prefetch: wholeNumber(given, 'prefetch', Math.min(count === 0 ? Infinity : count, 2 * batch), 1),
    durable: durable ? (values.get('subscription') ?? 'consumer-1') : null,
    selector: values.get('selector') ?? null,
    bytesAsText: isOn(given, 'bytesAsText', false),
    verify: flags.has('verify'),
    json: flags.has('json'),
    quiet: flags.has('quiet'),
  }
}

async function run(terminal: Terminal, call: Call, waitingAfter: number): Promise<number> {
  const { url, login, destination, threads, count, sleep, quiet, json } = call
  const info = (text: string): void => {
    if (!quiet && !json) terminal.out(` INFO | ${text}\n`)
  }
  const stop = new Interrupt(terminal)
  info(`Connecting to URL: ${url.text} as user: ${login.login ?? 'null'}`)
  info(`Consuming ${uriOf(destination)}`)
  info(`Sleeping between receives ${sleep} ms`)
  info(`Running ${threads} parallel threads`)
  const check = new SequenceCheck()
  const patience = { waitingAfter, onWaiting: waitingNotice(terminal, call, waitingAfter) }
  const all = Array.from({ length: threads }, (_, i) => one(terminal, call, i + 1, check, info, stop.signal, patience))
  const progress = new Progress(terminal.err, () => `${grouped(sum(all, 'received'))} received`, !quiet && !json)
  const running = all.map(async (consumer, i) => {
    info(`consumer-${i + 1} wait until ${count} messages are consumed`)
    try {
      await consumer.run()
    } finally {
      info(`consumer-${i + 1} Consumed: ${consumer.consumed.received} messages`)
      info(`consumer-${i + 1} Consumer thread finished`)
    }
  })
  const ends = await Promise.allSettled(running)
  progress.end()
  const failed = ends.flatMap(end => (end.status === 'rejected' ? [end.reason as unknown] : []))
  return summarize(terminal, call, all, check, failed, stop)
}

function one(
  terminal: Terminal,
  call: Call,
  thread: number,
  check: SequenceCheck,
  info: (text: string) => void,
  signal: AbortSignal,
  patience: Pick<ConsumerOptions, 'waitingAfter' | 'onWaiting'>,
): Consumer {
  const { url, login, destination, count, timeout, mode, batch, prefetch, sleep, selector, durable, verify } = call
  let transactions = 0
  const consumer = new Consumer({
    ...patience,
    url,
    login,
    signal,
    destination,
    count,
    timeout,
    mode,
    batch,
    prefetch,
    pause: sleep,
    selector,
    durable,
    onRetry: error => terminal.err(`tandemmq consumer: ${error.message}; trying again\n`),
    onReconnect: to => terminal.err(`tandemmq consumer: connected again, to ${to}\n`),
    onMessage: message => {
      if (verify) check.add(message.headers)
      tell(message, `consumer-${thread}`, call, info)
    },
    onBatch: (size, received) => {
      if (mode === 'transacted') info(`consumer-${thread} Committing transaction: ${transactions++}`)
      else if (call.ackMode.startsWith('CLIENT'))
        info(`Acknowledging last ${size} messages; messages so far = ${received}`)
    },
  })
  return consumer
}

/** ActiveMQ's tool waits in silence; who called it does not know whether it hangs. Of several threads the first tells. */
function waitingNotice({ err }: Terminal, { destination, quiet }: Call, ms: number): () => void {
  let told = quiet
  return () => {
    if (!told)
      err(
        `tandemmq consumer: no message for ${ms / 1000} s at ${uriOf(destination)}; it goes on waiting: ` +
          'Ctrl-C ends it, and --timeout 10 would have\n',
      )
    told = true
  }
}

/** A text message by its text, any other by its id. */
function tell(
  message: ServerFrame,
  who: string,
  { bytesAsText, quiet, json }: Call,
  info: (text: string) => void,
): void {
  if (quiet || json) return
  const id = message.headers.get('message-id') ?? ''
  info(`${who} Received ${visibleLines(message.sized ? id : message.body.toString())}`)
  if (bytesAsText && message.sized) info(`BytesMessage as text string: ${visibleLines(message.body.toString())}`)
}

const sum = (
  all: readonly Consumer[],
  of: 'received' | 'acknowledged' | 'bytes' | 'redelivered' | 'repeated' | 'reconnects',
): number => all.reduce((total, { consumed }) => total + consumed[of], 0)

function summarize(
  terminal: Terminal,
  { json, url, destination, count, threads, verify }: Call,
  all: readonly Consumer[],
  check: SequenceCheck,
  failed: readonly unknown[],
  stop: Interrupt,
): number {
  const times = new Latencies()
  for (const { consumed } of all) times.include(consumed.latencies)
  const first = Math.min(...all.map(({ consumed }) => consumed.first ?? Infinity))
  const ms = Math.max(0, Math.max(...all.map(({ consumed }) => consumed.last)) - first)
  const received = sum(all, 'received')
  const [p50, p99] = [times.percentile(0.5), times.percentile(0.99)]
  const pace: Pace = { messages: received, bytes: sum(all, 'bytes'), ms, p50, p99 }
  const [acknowledged, repeated] = [sum(all, 'acknowledged'), sum(all, 'repeated')]
  const reports = verify ? check.report(failed.length === 0 && !stop.asked) : []
  const wrong = reports.filter(({ duplicates, missingCount, outOfOrder }) => duplicates + missingCount + outOfOrder > 0)
  if (json) {
    const counts = {
      requested: count * threads,
      received,
      acknowledged,
      redelivered: sum(all, 'redelivered'),
      repeated,
    }
    const rest = { reconnects: sum(all, 'reconnects'), error: failed.length === 0 ? null : messageOf(failed[0]) }
    const verified = verify ? { verify: { producers: reports, unnumbered: check.unnumbered } } : {}
    const answer = { destination: uriOf(destination), broker: url.text, threads, ...counts, ...paceJson(pace), ...rest }
    terminal.out(`${jsonText({ ...answer, ...verified })}\n`)
  } else {
    terminal.out(` INFO | consumer: ${paceText(pace)}\n`)
    if (repeated > 0)
      terminal.out(` WARN | consumer: ${repeated} came again after a lost connection, and are counted once\n`)
    for (const line of verify ? verdict(reports, check) : []) terminal.out(`${line}\n`)
  }
  return exitCode(terminal, {
    received,
    acknowledged,
    wanted: count * threads,
    failed,
    stop,
    wrong: wrong.length > 0 || (verify && check.unnumbered > 0),
  })
}

interface Outcome {
  readonly received: number
  readonly acknowledged: number
  readonly wanted: number
  readonly failed: readonly unknown[]
  readonly stop: Interrupt
  readonly wrong: boolean
}

function exitCode(terminal: Terminal, { received, acknowledged, wanted, failed, stop, wrong }: Outcome): number {
  const say = (text: string): void => terminal.err(`tandemmq consumer: ${text}\n`)
  const enough = received >= wanted && (wanted > 0 || !stop.asked)
  if (stop.asked && !enough) {
    say(`stopped after ${received} messages, of which ${acknowledged} are acknowledged`)
    return stop.code
  }
  const [error] = failed
  if (error !== undefined) return tellError('consumer', error, terminal)
  if (wanted > 0 && received < wanted) {
    say(`${received} of ${wanted} messages came in time`)
    return 8
  }
  if (acknowledged < received) {
    say(
      `${received - acknowledged} acknowledgements were not confirmed before a connection was lost: those messages may come again`,
    )
    return 6
  }
  return wrong ? 1 : 0
}

function verdict(reports: readonly SequenceReport[], { unnumbered }: SequenceCheck): string[] {
  const lines = reports.map(({ producer, received, duplicates, outOfOrder, missing, missingCount }) => {
    const ranges = missing.slice(0, 10).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`))
    const which = missingCount === 0 ? '' : `: ${ranges.join(', ')}${missing.length > 10 ? ' …' : ''}`
    const counts = `${missingCount} missing${which}; ${duplicates} duplicates, ${outOfOrder} out of order`
    const level = missingCount + duplicates + outOfOrder === 0 ? 'INFO' : 'WARN'
    return ` ${level} | verify: producer ${visible(producer)}: ${received} messages, ${counts}`
  })
  if (unnumbered > 0)
    lines.push(` WARN | verify: ${unnumbered} messages carry no number; send with "producer --verify"`)
  if (lines.length === 0) lines.push(' WARN | verify: no message came')
  return lines
}
