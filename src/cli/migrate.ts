import { TandemError, messageOf } from '../base/errors.ts'
import {
  LEDGER,
  Migration,
  browse,
  canTransform,
  dial,
  inventoryOf,
  isMovable,
  isOurs,
  listQueues,
  parseBrokerUrl,
  type BrokerUrl,
  type Dialling,
  type Inventory,
  type Login,
  type MovedQueue,
  type StompConnection,
} from '../client/client.ts'
import { UsageError, readArguments, type Options } from './arguments.ts'
import { loginOf, tellError } from './broker-access.ts'
import type { Terminal } from './cli.ts'
import { Interrupt } from './interrupt.ts'
import { duration, wholeNumber } from './jms-arguments.ts'
import { globMatches, isGlob } from './glob.ts'
import { readFeed, type Feed } from './migrate-feed.ts'
import {
  SCHEDULED,
  lineOf,
  lookAtHeld,
  moveHeld,
  staysOf,
  strandedOf,
  type MovedHeld,
  type Stranded,
  type WantedHeld,
} from './migrate-held.ts'
import { Progress, grouped } from './progress.ts'
import { jsonText, visible } from './visible.ts'

export const MIGRATE_HELP: string = `Usage: tandemmq migrate --from stomp://OLD:61613 --to stomp://NEW:61613 (--all | --queues A,B …) [options]

Moves the messages of queues from one broker to another over STOMP, while both run: from ActiveMQ or TandemMQ to TandemMQ.
From a TandemMQ also durable subscriptions with what they have collected, and scheduled messages with their times: they
go by queues of the old broker that begin with tandemmq.released, where a run that is killed leaves them for the next one.
Each batch is sent to the new broker in one transaction, with an entry in the queue ${LEDGER} there that says which
messages it holds, and acknowledged on the old one after that. Stopped or killed, call it again: what the ledger lists is
acknowledged and not sent again, so nothing is lost and nothing is there twice. Let the consumers go to the new broker
before: one that is still at the old broker may take a message there that has just arrived here.

  --from, --to URL  also ssl://, stomp+ssl:// and failover:(stomp://a:61613,stomp://b:61613), as of a pair
  --queues A,B      these; with * and ? those that match
  --subscriptions CLIENT:NAME,…   these durable subscriptions, while their clients are not connected; with * and ?
  --scheduled       scheduled messages; the new broker needs schedulerSupport="true"
  --all             every queue, dead letters too; the broker names them by its advisories, or by --from-http. From a
                    TandemMQ every durable subscription and what is scheduled as well
  --from-http URL   the old broker's web console, http://OLD:8161: names and sizes, and which durable subscriptions stay
  --batch N         200: messages of a transaction; at most twice as many are in memory, fewer when the first is large
  --idle S          2: a queue without a new message for so long is looked at, whether it is empty
  --patience S      30: how long to wait for messages that the old broker has and does not hand over
  --without-groups  moves messages of a message group also from ActiveMQ, which shows the group to nobody over STOMP: they
                    are in none then. Without it they stay, and are counted
  --empty           moves texts without content too, which ActiveMQ makes of map and stream messages it cannot show
  --dry-run         looks at the queues, and moves nothing
  --json            one object at the end; --quiet: no line for each queue
  --from-user NAME, --from-password-file FILE, --to-user …, --to-password-file …, --from-http-user …,
  --from-http-password-file FILE; also --…-password, and TANDEMMQ_FROM_USER, TANDEMMQ_FROM_PASSWORD, TANDEMMQ_TO_…
  --from-ca FILE, --to-ca FILE   PEM certificates to trust; --…-cert, --…-key: who this is

Kept: body, persistence, priority, expiry, timestamp, correlation id, reply-to, type, group, every property (as text). A
message gets a new id. Not moved: messages in transactions; from ActiveMQ durable subscriptions and scheduled messages. By
hand: let a durable subscriber take all it has at the old broker before it goes to the new one, and subscribe there before
the producers go; let scheduled messages fire at the old broker, and call this again.

Exit code 0 all moved, 1 failed, 2 a wrong call, 3 not reachable, 4 login refused, 7 some messages stayed, 130 or 143
stopped.

Example: tandemmq migrate --from stomp://old:61613 --to stomp://new:61613 --queues orders,payments
`

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
/** The login options of one of the parties. */
const access = (prefix: string): Options =>
  Object.fromEntries(['user', 'password', 'password-file', 'ca', 'cert', 'key'].map(name => [`${prefix}${name}`, text]))

const OPTIONS: Options = {
  from: text,
  to: text,
  queues: text,
  subscriptions: text,
  scheduled: flag,
  'from-http': text,
  batch: text,
  idle: text,
  patience: text,
  all: flag,
  'without-groups': flag,
  empty: flag,
  'dry-run': flag,
  json: flag,
  quiet: flag,
  ...access('from-'),
  ...access('to-'),
  ...access('from-http-'),
}

interface Call {
  readonly from: Dialling
  readonly to: Dialling
  /** Names and patterns; null: all. */
  readonly wanted: readonly string[] | null
  readonly held: WantedHeld
  readonly http: string | null
  readonly httpLogin: Login
  readonly batch: number
  readonly idle: number
  readonly patience: number
  readonly withoutGroups: boolean
  readonly empty: boolean
  readonly dryRun: boolean
  readonly json: boolean
  readonly quiet: boolean
}

/** Verb `migrate`. */
export async function migrate(terminal: Terminal): Promise<number> {
  const stop = new Interrupt(terminal)
  try {
    return await new Run(terminal, await parse(terminal, stop.signal), stop).run()
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(`tandemmq migrate: ${error.message}\n\n${MIGRATE_HELP}`)
      return 2
    }
    if (stop.asked) {
      terminal.err('tandemmq migrate: stopped; call it again to go on\n')
      return stop.code
    }
    return tellError('migrate', error, terminal)
  }
}

async function parse(terminal: Terminal, signal: AbortSignal): Promise<Call> {
  const given = readArguments(terminal.args, OPTIONS)
  const { values, flags, rest } = given
  if (rest.length > 0) throw new UsageError(strayText(rest[0]!))
  const queues = values.get('queues')
  const listOf = (names: string | undefined): string[] => names?.split(',').map(name => name.trim()) ?? []
  const subscriptions = listOf(values.get('subscriptions'))
  const held = { all: flags.has('all'), subscriptions, scheduled: flags.has('scheduled') }
  const some = queues !== undefined || subscriptions.length > 0 || held.scheduled
  if (some === held.all) throw new UsageError('say which queues: --queues A,B or --all')
  const [from, to] = (['from', 'to'] as const).map(side => brokerOf(values.get(side), side))
  if (from!.addresses.some(a => to!.addresses.some(b => a.host === b.host && a.port === b.port)))
    throw new UsageError('--from and --to are the same broker')
  const retry = (error: TandemError): void => terminal.err(`tandemmq migrate: ${error.message}; trying again\n`)
  return {
    from: { url: from!, login: await loginOf(given, terminal, 'from-'), signal, onRetry: retry },
    to: { url: to!, login: await loginOf(given, terminal, 'to-'), signal, onRetry: retry },
    wanted: held.all ? null : listOf(queues).map(name => name.replace(/^(queue:\/\/|\/queue\/)/, '')),
    held,
    http: values.get('from-http') ?? null,
    httpLogin: await loginOf(given, terminal, 'from-http-'),
    batch: wholeNumber(given, 'batch', 200, 1),
    idle: Math.max(1, duration(given, 'idle', 2000)),
    patience: duration(given, 'patience', 30_000),
    withoutGroups: flags.has('without-groups'),
    empty: flags.has('empty'),
    dryRun: flags.has('dry-run'),
    json: flags.has('json'),
    quiet: flags.has('quiet'),
  }
}

/** Who gives a file wants another verb. */
const strayText = (word: string): string =>
  /\.(xml|json|ya?ml)$/i.test(word)
    ? `${word}: to rewrite a configuration: "tandemmq upgrade ${word}"`
    : `${word}: name queues with --queues`

function brokerOf(url: string | undefined, side: string): BrokerUrl {
  if (url === undefined)
    throw new UsageError(`name the ${side === 'from' ? 'old' : 'new'} broker: --${side} stomp://HOST:61613`)
  try {
    return parseBrokerUrl(url)
  } catch (error) {
    throw new UsageError(`--${side}: ${messageOf(error)}`)
  }
}

class Run {
  readonly #terminal: Terminal
  readonly #call: Call
  readonly #stop: Interrupt
  readonly #started = performance.now()
  #feed: Feed | null = null
  /** What a TandemMQ has beside queues; null: the old broker is none, or does not tell. */
  #inventory: Inventory | null = null
  readonly #held: MovedHeld[] = []
  /** Some of that was not looked at before the signal. */
  #unfinished = false
  #current: MovedQueue | null = null

  constructor(terminal: Terminal, call: Call, stop: Interrupt) {
    this.#terminal = terminal
    this.#call = call
    this.#stop = stop
  }

  async run(): Promise<number> {
    const { http, httpLogin } = this.#call
    if (http !== null) this.#feed = await readFeed(http, httpLogin)
    await this.#askForInventory()
    const queues = await this.#queues()
    if (this.#call.dryRun) return await this.#look(queues)
    return this.#tell(queues, await this.#moveAll(queues))
  }

  /** Who may not ask for it is told that nothing but queues is moved, unless he wants more by name. */
  async #askForInventory(): Promise<void> {
    const { subscriptions, scheduled } = this.#call.held
    const probe = await this.#ask()
    try {
      if (isOurs(probe)) this.#inventory = await inventoryOf(probe)
      else if (scheduled || subscriptions.length > 0)
        throw new TandemError('CLIENT_ERROR', 'only a TandemMQ hands over durable subscriptions and scheduled messages')
    } catch (error) {
      const isRefusal = error instanceof TandemError && error.code === 'CLIENT_ERROR'
      if (!isRefusal || scheduled || subscriptions.length > 0) throw error
    } finally {
      probe.destroy()
    }
  }

  /** A connection to the old broker for one question. */
  #ask(): Promise<StompConnection> {
    return dial(this.#call.from, false)
  }

  async #queues(): Promise<readonly string[]> {
    const { wanted } = this.#call
    if (wanted !== null && !wanted.some(isGlob)) {
      const wrong = wanted.find(name => !isMovable(name))
      if (wrong !== undefined) throw new UsageError(`--queues: "${wrong}" is no queue that can be moved`)
      return [...new Set(wanted)]
    }
    const all =
      this.#feed === null ? await listQueues(await this.#ask()) : [...this.#feed.queues.keys()].filter(isMovable)
    if (all === null && this.#inventory?.queues === 0) return []
    if (all === null)
      throw new TandemError('CLIENT_ERROR', 'the old broker names no queue: it has none, or does not tell', {
        hint: 'Name them with --queues, or give its web console with --from-http http://HOST:8161; without queues: --subscriptions "*" --scheduled.',
      })
    if (wanted === null) return all
    const named = wanted.flatMap(name => (isGlob(name) ? all.filter(each => globMatches(name, each)) : [name]))
    if (named.length === 0) throw new UsageError(`no queue matches ${wanted.join(',')}`)
    return [...new Set(named)]
  }

  /** What would be moved. */
  async #look(queues: readonly string[]): Promise<number> {
    const { json, withoutGroups } = this.#call
    const connection = await this.#ask()
    const shown: object[] = []
    for (const queue of queues) {
      const seen = await browse(connection, queue, null)
      const messages = this.#feed?.queues.get(queue) ?? seen
      const inGroups =
        isOurs(connection) || withoutGroups ? 0 : await browse(connection, queue, 'JMSXGroupID IS NOT NULL')
      shown.push({ queue, messages, inGroups })
      // ActiveMQ shows a browser no more than a page.
      const more = this.#feed === null && !isOurs(connection) && seen >= 400 ? ' or more' : ''
      const groups = inGroups === 0 ? '' : `, ${inGroups} of them in message groups: they would stay (--without-groups)`
      if (!json) this.#terminal.out(`${visible(queue)}: ${grouped(messages)}${more} messages${groups}\n`)
    }
    await connection.close()
    if (json) {
      const { subscriptions, scheduled } = this.#inventory ?? { subscriptions: null, scheduled: null }
      const durableSubscriptions = this.#feed?.durables ?? null
      const beside = { durableSubscriptions, subscriptions, scheduled, stranded: this.#stranded }
      this.#terminal.out(`${jsonText({ dryRun: true, queues: shown, ...beside })}\n`)
    } else {
      if (this.#inventory !== null)
        for (const line of lookAtHeld(this.#inventory, this.#call.held)) this.#terminal.out(`${line}\n`)
      this.#terminal.out(`${queues.length} queues looked at, nothing moved${this.#stays()}\n`)
    }
    return 0
  }

  async #moveAll(queues: readonly string[]): Promise<readonly MovedQueue[]> {
    const { from, to, batch, idle, patience, withoutGroups, empty, json, quiet } = this.#call
    const probe = await this.#ask()
    const transformed = isOurs(probe) || (await canTransform(probe))
    probe.destroy()
    const { signal } = this.#stop
    const options = { from, to, batch, idle, patience, transformed, withoutGroups, empty, signal }
    const migration = new Migration({
      ...options,
      onProgress: queue => (this.#current = queue),
      onReconnect: where => this.#terminal.err(`tandemmq migrate: connected again, to ${where}\n`),
    })
    const done: MovedQueue[] = []
    const progress = new Progress(this.#terminal.err, () => this.#progress(done.length, queues.length), !json && !quiet)
    const line = (what: string, result: MovedQueue): void => {
      progress.end()
      if (!json && !quiet) this.#terminal.out(`${lineOf(what, result)}\n`)
    }
    try {
      await migration.begin()
      for (const queue of queues) {
        if (signal.aborted) break
        const result = await migration.drain(queue)
        done.push(result)
        line(result.queue, result)
      }
      await this.#moveHeld(migration, line)
      this.#tellKept(await migration.end())
    } catch (error) {
      migration.destroy()
      const text = done.map(({ queue }) => queue).join(', ')
      this.#terminal.err(
        `tandemmq migrate: not finished${text === '' ? '' : `; done: ${visible(text)}`}; call it again to go on\n`,
      )
      throw error
    } finally {
      progress.end()
    }
    return done
  }

  async #moveHeld(migration: Migration, line: (what: string, result: MovedQueue) => void): Promise<void> {
    const { held } = this.#call
    if (this.#inventory === null) return
    this.#unfinished = !(await moveHeld(migration, this.#inventory, held, this.#stop.signal, moved => {
      this.#held.push(moved)
      line(moved.what, moved)
    }))
  }

  #tellKept(entries: number): void {
    if (entries === 0) return
    const what = entries === 1 ? 'entry of an interrupted run stays' : 'entries of interrupted runs stay'
    this.#terminal.err(
      `${entries} ${what} in the queue ${LEDGER} of the new broker, and say what has arrived; purge it when the old broker is gone\n`,
    )
  }

  #progress(done: number, of: number): string {
    const now = this.#current
    const seconds = (performance.now() - this.#started) / 1000
    const size = now === null ? undefined : this.#feed?.queues.get(now.queue)
    const what =
      now === null
        ? 'connecting'
        : `${visible(now.queue)}: ${grouped(now.moved)}${size === undefined ? '' : ` of ${grouped(size)}`} moved`
    return `queue ${done + 1} of ${of}, ${what}, ${seconds.toFixed(0)} s`
  }

  get #stranded(): readonly Stranded[] {
    return strandedOf(this.#inventory, this.#call.held)
  }

  /** With what stays, a part of the last line. */
  #stays(): string {
    return ['', ...staysOf(this.#inventory, this.#call.held, this.#feed?.durables ?? [])].join('; ')
  }

  #tell(queues: readonly string[], done: readonly MovedQueue[]): number {
    const { json } = this.#call
    const all = [...done, ...this.#held]
    const moved = all.reduce((sum, one) => sum + one.moved, 0)
    const before = all.reduce((sum, one) => sum + one.arrivedBefore, 0)
    const left = all.filter(({ left: some, problem, refused }) => some > 0 || problem !== null || refused.length > 0)
    const stopped = this.#stop.asked
    const seconds = (performance.now() - this.#started) / 1000
    if (json) {
      const shown = done.map(one => ({ ...one, taken: undefined }))
      const counts = { moved, arrivedBefore: before, seconds: Math.round(seconds * 1000) / 1000, stopped }
      const held = this.#held.map(one => ({ ...one, taken: undefined }))
      const durableSubscriptions = this.#feed?.durables ?? null
      const stranded = this.#stranded
      this.#terminal.out(`${jsonText({ ...counts, queues: shown, held, stranded, durableSubscriptions })}\n`)
    } else {
      const sources = [`${done.length} queues`]
      const subscriptions = this.#held.filter(({ what }) => what !== SCHEDULED).length
      if (subscriptions > 0) sources.push(`${subscriptions} durable subscriptions`)
      if (this.#held.length > subscriptions) sources.push('the scheduler')
      const earlier = before === 0 ? '' : ` (${before} more had arrived before and are acknowledged now)`
      this.#terminal.out(
        `${moved} messages of ${sources.join(', ')} moved in ${seconds.toFixed(1)} s${earlier}${this.#stays()}\n`,
      )
    }
    if (stopped && (this.#unfinished || done.length < queues.length || left.length > 0)) {
      this.#terminal.err('tandemmq migrate: stopped; call it again to go on\n')
      return this.#stop.code
    }
    return left.length > 0 || this.#stranded.some(({ wanted }) => wanted) ? 7 : 0
  }
}
