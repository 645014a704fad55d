import { randomUUID } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { TandemError, messageOf } from '../base/errors.ts'
import { Ledger, isForwarded, parseBrokerUrl, type Dialling, type Outgoing } from '../client/client.ts'
import { UsageError, readArguments, type Options } from './arguments.ts'
import { ACCESS_HELP, ACCESS_OPTIONS, loginOf, tellError } from './broker-access.ts'
import type { Terminal } from './cli.ts'
import { EXPORT_VERSION, type ExportEnd, type ExportHead, type ExportedMessage } from './export-format.ts'
import { globMatches } from './glob.ts'
import { Interrupt } from './interrupt.ts'
import { wholeNumber } from './jms-arguments.ts'
import { Progress, grouped } from './progress.ts'
import { jsonText } from './visible.ts'

export const IMPORT_HELP: string = `Usage: tandemmq import FILE --to stomp://HOST:61613 [--queues A,B] [options]

Sends the messages of queues that "tandemmq export" has written to a broker, over STOMP, in transactions. Stopped or killed,
call it again: it goes on where it stopped, and sends nothing twice; the queue tandemmq.migration on the broker remembers how
far it came. What durable subscriptions held, and what was scheduled, is counted and not sent.

  FILE              as export has written it, .gz too
  --to URL          also ssl://, stomp+ssl:// and failover:(stomp://a:61613,stomp://b:61613)
  --queues A,B      only these, by name, with * and ?
  --batch N         200: messages of a transaction
  --again           sends everything once more, although this export was imported there already
  --json            one object at the end
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
  readonly wanted: readonly string[] | null
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
      terminal.err(`tandemmq import: ${error.message}\n\n${IMPORT_HELP}`)
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
    wanted:
      values
        .get('queues')
        ?.split(',')
        .map(name => name.trim()) ?? null,
    batch: wholeNumber(given, 'batch', 200, 1),
    again: flags.has('again'),
    json: flags.has('json'),
    quiet: flags.has('quiet'),
  }
}

class Importing {
  readonly #terminal: Terminal
  readonly #call: Call
  readonly #stop: Interrupt
  #ledger: Ledger | null = null
  /** What the ledger calls this import: the same file with other queues is another one. */
  #name = ''
  #lines: number[] = []
  #messages: Outgoing[] = []
  #bytes = 0
  readonly #counts = { sent: 0, before: 0, skipped: 0 }

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
        version === undefined
          ? 'this is no export'
          : `an export of version ${version}, and this reads ${EXPORT_VERSION}`,
      )
    const { to, wanted, again } = this.#call
    this.#name = `import ${id} ${wanted?.join(',') ?? ''}`
    this.#ledger = await Ledger.open(to, false, [])
    const entries = this.#ledger.entries(this.#name)
    if (again) {
      await this.#ledger.remove(entries)
      return 0
    }
    const ids = entries.flatMap(({ open }) => [...open.keys()])
    return ids.includes(ALL) ? Infinity : Math.max(0, ...ids.map(Number))
  }

  async #take(message: ExportedMessage, number: number, done: number): Promise<void> {
    const queue = /^queue:\/\/(.*)$/s.exec(message.destination)?.[1]
    if (queue === undefined || !isWanted(queue, this.#call.wanted)) {
      if (queue === undefined) this.#counts.skipped++
      return
    }
    if (number <= done) {
      this.#counts.before++
      return
    }
    const outgoing = sendOf(message, queue)
    this.#lines.push(number)
    this.#messages.push(outgoing)
    this.#bytes += outgoing.body.length
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
    const { sent, before, skipped } = this.#counts
    const { json, named } = this.#call
    if (json) this.#terminal.out(`${jsonText({ file: named, sent, sentBefore: before, skipped, stopped: !whole })}\n`)
    else {
      const parts = [`${sent} messages sent`]
      if (before > 0) parts.push(`${before} were sent before`)
      if (skipped > 0) parts.push(`${skipped} of durable subscriptions, topics or the scheduler were not sent`)
      this.#terminal.out(`${parts.join('; ')}\n`)
    }
    if (!whole) {
      this.#terminal.err('tandemmq import: stopped; call it again to go on\n')
      return this.#stop.code
    }
    return skipped > 0 ? 7 : 0
  }
}

const isWanted = (queue: string, wanted: readonly string[] | null): boolean =>
  wanted === null || wanted.some(pattern => globMatches(pattern, queue))

const isEnd = (value: object): value is ExportEnd => (value as Partial<ExportEnd>).end === true

function isMessage(value: object): value is ExportedMessage {
  const { destination, headers } = value as Partial<ExportedMessage>
  return typeof destination === 'string' && typeof headers === 'object' && headers !== null
}

function sendOf(
  { persistent, priority, text: isText, headers, body, bodyBase64 }: ExportedMessage,
  queue: string,
): Outgoing {
  const bytes = bodyBase64 === undefined ? Buffer.from(body ?? '') : Buffer.from(bodyBase64, 'base64')
  const sent: [string, string][] = [
    ['destination', `/queue/${queue}`],
    ['persistent', String(persistent)],
    ['priority', String(priority)],
  ]
  // Without it a message is one of text, whose end is a NUL.
  if (!isText) sent.push(['content-length', String(bytes.length)])
  else if (bytes.includes(0)) sent.push(['content-length', String(bytes.length)], ['amq-msg-type', 'text'])
  for (const [name, value] of Object.entries(headers))
    if (isForwarded(name, String(value))) sent.push([name, String(value)])
  return { headers: sent, body: bytes }
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
