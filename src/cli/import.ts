import { randomUUID } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { TandemError, messageOf } from '../base/errors.ts'
import {
  Ledger,
  askForScheduler,
  isOurs,
  makeSubscription,
  parseBrokerUrl,
  type Definition,
  type Dialling,
  type Outgoing,
  type StompConnection,
} from '../client/client.ts'
import { UsageError, readArguments, type Options } from './arguments.ts'
import { ACCESS_HELP, ACCESS_OPTIONS, loginOf, tellError } from './broker-access.ts'
import type { Terminal } from './cli.ts'
import { EXPORT_VERSION, type ExportHead, type ExportedMessage } from './export-format.ts'
import {
  asItWas,
  isEnd,
  isMessage,
  isSubscription,
  outgoing,
  wantsMessage,
  wantsScheduled,
  wantsSubscription,
  type LeftOut,
  type Wanted,
} from './import-lines.ts'
import { Interrupt } from './interrupt.ts'
import { wholeNumber } from './jms-arguments.ts'
import { Progress, grouped } from './progress.ts'
import { jsonText } from './visible.ts'
import { wrongCall } from './wrong-call.ts'

export const IMPORT_HELP: string = `Usage: tandemmq import FILE --to stomp://HOST:61613 [options]

Sends what "tandemmq export" has written to a broker, over STOMP, in transactions. Stopped or killed, call it again with the
same options: it goes on where it stopped, and sends nothing twice; the queue tandemmq.migration on the broker remembers how
far it came. A TandemMQ also gets durable subscriptions, which are made before anything is sent and find what they had
collected, and scheduled messages, which fire when they were due, and at once when that is past.

  FILE              as export has written it, .gz too
  --to URL          also ssl://, stomp+ssl:// and failover:(stomp://a:61613,stomp://b:61613)
  --queues A,B, --subscriptions CLIENT:NAME,…   only these, by name, with * and ?
  --scheduled       only scheduled messages, or those too
  --batch N         200: messages of a transaction
  --again           sends everything once more, although this export was imported there already
  --json            one object at the end; --quiet: no lines on the way
${ACCESS_HELP}
Exit code 0 all sent, 1 failed, 2 a wrong call, 3 not reachable, 4 login refused, 7 some could not be sent, 130 or 143 stopped.

Example: tandemmq import messages.jsonl.gz --to stomp://localhost:61613
`

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const OPTIONS: Options = {
  ...ACCESS_OPTIONS,
  to: text,
  queues: text,
  subscriptions: text,
  scheduled: flag,
  batch: text,
  again: flag,
  json: flag,
  quiet: flag,
}
/** Bytes of bodies from which on a batch is full. */
const BATCH_BYTES = 8 << 20
/** The line that says that everything was sent. */
const ALL = 'all'

interface Call {
  readonly file: string
  readonly named: string
  readonly to: Dialling
  readonly wanted: Wanted
  readonly batch: number
  readonly again: boolean
  readonly json: boolean
  readonly quiet: boolean
}

/** Verb `import` (management TC-05). */
export async function importFile(terminal: Terminal): Promise<number> {
  const stop = new Interrupt(terminal)
  try {
    return await new Importing(terminal, await parse(terminal, stop.signal), stop).run()
  } catch (error) {
    if (error instanceof UsageError) {
      wrongCall(terminal, 'import', IMPORT_HELP, error.message)
      return 2
    }
    if (stop.asked) return stop.code
    return tellError('import', error, terminal)
  }
}

async function parse(terminal: Terminal, signal: AbortSignal): Promise<Call> {
  const given = readArguments(terminal.args, OPTIONS)
  const { values, flags, rest } = given
  const [named, ...more] = rest
  if (named === undefined || more.length > 0) throw new UsageError('name one file')
  const file = resolve(terminal.cwd, named)
  if (!existsSync(file)) throw new UsageError(`${named} does not exist`)
  const to = values.get('to')
  if (to === undefined) throw new UsageError('name the broker: --to stomp://HOST:61613')
  const retry = (error: TandemError): void => terminal.err(`tandemmq import: ${error.message}; trying again\n`)
  return {
    file,
    named,
    to: { url: parseBrokerUrl(to), login: await loginOf(given, terminal), signal, onRetry: retry },
    wanted: {
      queues: listOf(values.get('queues')),
      subscriptions: listOf(values.get('subscriptions')),
      scheduled: flags.has('scheduled'),
    },
    batch: wholeNumber(given, 'batch', 200, 1),
    again: flags.has('again'),
    json: flags.has('json'),
    quiet: flags.has('quiet'),
  }
}

const listOf = (names: string | undefined): readonly string[] | null =>
  names?.split(',').map(name => name.trim()) ?? null

class Importing {
  readonly #terminal: Terminal
  readonly #call: Call
  readonly #stop: Interrupt
  #ledger: Ledger | null = null
  /** What the ledger calls this import: the same file with other names is another one. */
  #name = ''
  #lines: number[] = []
  #messages: Outgoing[] = []
  #bytes = 0
  readonly #counts = { sent: 0, before: 0, subscriptions: 0 }
  readonly #leftOut = new Map<LeftOut, number>()
  /** The file's durable subscriptions by `client:name`. */
  readonly #known = new Map<string, Definition>()

  constructor(terminal: Terminal, call: Call, stop: Interrupt) {
    this.#terminal = terminal
    this.#call = call
    this.#stop = stop
  }

  async run(): Promise<number> {
    const { json, quiet } = this.#call
    const progress = new Progress(this.#terminal.err, () => `${grouped(this.#counts.sent)} sent`, !json && !quiet)
    try {
      const whole = await this.#readAll()
      return this.#tell(whole)
    } finally {
      progress.end()
      this.#ledger?.connection.destroy()
    }
  }

  /** False when the signal ended it. */
  async #readAll(): Promise<boolean> {
    let [number, done, ended] = [0, 0, false]
    for await (const line of linesOf(this.#call.file)) {
      number++
      const value = this.#parse(line, number)
      if (number === 1) done = await this.#begin(value)
      else if (isEnd(value)) ended = true
      else if (isSubscription(value)) await this.#define(value.subscription, number, done)
      else if (isMessage(value)) await this.#take(value, number, done)
      if (this.#stop.asked) return false
    }
    if (!ended) throw this.#wrong(number, 'the file ends in the middle: the export was not whole')
    await this.#flush([...this.#lines.map(String), ALL])
    return true
  }

  #parse(line: string, number: number): object {
    try {
      const value: unknown = JSON.parse(line)
      if (typeof value === 'object' && value !== null) return value
    } catch {
      // Said below.
    }
    throw this.#wrong(number, 'no line of an export')
  }

  /** Connects, and asks the ledger how far an earlier call came; answers that line. */
  async #begin(head: object): Promise<number> {
    const { tandemmqExport: version, id } = head as Partial<ExportHead>
    if (version !== EXPORT_VERSION || typeof id !== 'string')
      throw this.#wrong(
        1,
        version === undefined || version === EXPORT_VERSION
          ? 'this is no export'
          : `an export of version ${version}, and this reads ${EXPORT_VERSION}`,
      )
    const { to, wanted, again } = this.#call
    this.#name = nameOf(id, wanted)
    this.#ledger = await Ledger.open(to, false, [])
    if (((head as Partial<ExportHead>).scheduled ?? 0) > 0 && wantsScheduled(wanted) && this.#ours)
      await this.#certain(askForScheduler, LEAVE_OUT_SCHEDULED)
    const entries = this.#ledger.entries(this.#name)
    if (again) {
      await this.#ledger.remove(entries)
      return 0
    }
    const ids = entries.flatMap(({ open }) => [...open.keys()])
    return ids.includes(ALL) ? Infinity : Math.max(0, ...ids.map(Number))
  }

  get #ours(): boolean {
    return isOurs(this.#ledger!.connection)
  }

  /** Makes a durable subscription. It is not made again for messages that were sent: its owner may have ended it meanwhile. */
  async #define(definition: Definition, number: number, done: number): Promise<void> {
    this.#known.set(`${definition.clientId}:${definition.name}`, definition)
    if (number <= done || !this.#ours || !wantsSubscription(this.#call.wanted, definition)) return
    await this.#certain(connection => makeSubscription(connection, definition), LEAVE_OUT_SUBSCRIPTION)
    this.#counts.subscriptions++
  }

  /** Asks the broker for something that may be asked twice, and goes on elsewhere when it is lost. */
  async #certain(ask: (connection: StompConnection) => Promise<void>, hint: string): Promise<void> {
    const { to } = this.#call
    for (;;) {
      try {
        return await ask(this.#ledger!.connection)
      } catch (error) {
        if (!(error instanceof TandemError)) throw error
        if (error.code !== 'CLIENT_LOST') throw new TandemError(error.code, messageOf(error), { cause: error, hint })
        if (to.url.redial.rounds === 0) throw error
        this.#ledger = await Ledger.open(to, true, [])
      }
    }
  }

  async #take(line: ExportedMessage, number: number, done: number): Promise<void> {
    const message = asItWas(line, this.#known)
    if (!wantsMessage(this.#call.wanted, message)) return
    const sent = outgoing(message, this.#known, this.#ours)
    if (typeof sent === 'string') {
      this.#leftOut.set(sent, (this.#leftOut.get(sent) ?? 0) + 1)
      return
    }
    if (number <= done) {
      this.#counts.before++
      return
    }
    this.#lines.push(number)
    this.#messages.push(sent)
    this.#bytes += sent.body.length
    if (this.#messages.length >= this.#call.batch || this.#bytes >= BATCH_BYTES)
      await this.#flush(this.#lines.map(String))
  }

  /** Sends the batch with an entry that says so, which replaces the one before; finds out what became of it when the broker was lost. */
  async #flush(ids: readonly string[]): Promise<void> {
    const isLast = ids.includes(ALL)
    if (this.#messages.length === 0 && !isLast) return
    if (isLast && this.#ledger!.entries(this.#name).some(({ open }) => open.has(ALL))) return
    const batch = randomUUID()
    const { to } = this.#call
    for (;;) {
      const ledger = this.#ledger!
      for (const entry of ledger.entries(this.#name)) entry.open.clear()
      try {
        await ledger.commit(batch, this.#name, isLast ? ids : [ids.at(-1)!], this.#messages)
        break
      } catch (error) {
        if (!(error instanceof TandemError)) throw error
        if (error.code !== 'CLIENT_LOST' || to.url.redial.rounds === 0) throw this.#refused(error)
        this.#ledger = await Ledger.open(to, true, [])
        if (this.#ledger.has(batch)) break
      }
    }
    this.#counts.sent += this.#messages.length
    this.#lines = []
    this.#messages = []
    this.#bytes = 0
  }

  #refused(error: TandemError): TandemError {
    if (error.code === 'CLIENT_LOST' || this.#lines.length === 0) return error
    const where = `${this.#call.named}, lines ${this.#lines[0]} to ${this.#lines.at(-1)}`
    return new TandemError(error.code, `${where}: ${messageOf(error)}`, { cause: error })
  }

  #wrong(line: number, what: string): TandemError {
    return new TandemError('CLIENT_ERROR', `${this.#call.named}:${line}: ${what}`)
  }

  #tell(whole: boolean): number {
    const { sent, before, subscriptions } = this.#counts
    const { json, named } = this.#call
    const skipped = [...this.#leftOut.values()].reduce((sum, count) => sum + count, 0)
    if (json) {
      const answer = { file: named, sent, sentBefore: before, subscriptions, skipped, stopped: !whole }
      this.#terminal.out(`${jsonText(answer)}\n`)
    } else {
      const parts = [`${sent} messages sent`]
      if (before > 0) parts.push(`${before} were sent before`)
      if (subscriptions > 0) parts.push(`${subscriptions} durable subscriptions are there`)
      for (const [why, count] of this.#leftOut) parts.push(`${count} were not sent: ${why}`)
      this.#terminal.out(`${parts.join('; ')}\n`)
    }
    if (!whole) {
      this.#terminal.err('tandemmq import: stopped; call it again to go on\n')
      return this.#stop.code
    }
    return skipped > 0 ? 7 : 0
  }
}

const LEAVE_OUT_SCHEDULED =
  'Nothing was sent. Switch the scheduler on, or say what is to be sent: --queues "*" --subscriptions "*".'
const LEAVE_OUT_SUBSCRIPTION =
  'Remove it there, or name those that are to be sent: --queues "*" --scheduled --subscriptions CLIENT:NAME.'

function nameOf(id: string, { queues, subscriptions, scheduled }: Wanted): string {
  const others = `${subscriptions === null ? '' : ` subscriptions ${subscriptions.join(',')}`}${scheduled ? ' scheduled' : ''}`
  return `import ${id} ${queues?.join(',') ?? ''}${others}`
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const bytes = createReadStream(file)
  const input: Readable = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes
  const lines = createInterface({ input, crlfDelay: Infinity })
  // Not every Node.js passes on what the input suffers.
  const failures: Error[] = []
  for (const stream of new Set<Readable>([bytes, input]))
    stream.on('error', (error: Error) => {
      failures.push(error)
      lines.close()
    })
  try {
    yield* lines
  } catch (error) {
    if (failures.length === 0) throw error
  }
  if (failures.length > 0) throw new TandemError('CLIENT_ERROR', `${file} cannot be read: ${messageOf(failures[0])}`)
}
