import { TandemError } from '../base/errors.ts'
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
  type Inventory,
  type MovedQueue,
  type StompConnection,
} from '../client/client.ts'
import { UsageError } from './arguments.ts'
import { tellError } from './broker-access.ts'
import type { Terminal } from './cli.ts'
import { Interrupt } from './interrupt.ts'
import { globMatches, isGlob } from './glob.ts'
import { MIGRATE_HELP, parseMigrate, type MigrateCall } from './migrate-call.ts'
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
} from './migrate-held.ts'
import { Progress, grouped } from './progress.ts'
import { jsonText, visible } from './visible.ts'
import { wrongCall } from './wrong-call.ts'

export { MIGRATE_HELP }

/** Verb `migrate`. */
export async function migrate(terminal: Terminal): Promise<number> {
  const stop = new Interrupt(terminal)
  try {
    return await new Run(terminal, await parseMigrate(terminal, stop.signal), stop).run()
  } catch (error) {
    if (error instanceof UsageError) {
      wrongCall(terminal, 'migrate', MIGRATE_HELP, error.message)
      return 2
    }
    if (stop.asked) {
      terminal.err('tandemmq migrate: stopped; call it again to go on\n')
      return stop.code
    }
    return tellError('migrate', error, terminal)
  }
}

class Run {
  readonly #terminal: Terminal
  readonly #call: MigrateCall
  readonly #stop: Interrupt
  readonly #started = performance.now()
  #feed: Feed | null = null
  /** What a TandemMQ has beside queues; null: the old broker is none, or does not tell. */
  #inventory: Inventory | null = null
  readonly #held: MovedHeld[] = []
  /** Some of that was not looked at before the signal. */
  #unfinished = false
  #current: MovedQueue | null = null

  constructor(terminal: Terminal, call: MigrateCall, stop: Interrupt) {
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
    let begun = false
    try {
      await migration.begin()
      begun = true
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
      if (begun)
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
