import type { DestinationName } from '../base/destination.ts'
import type { MessageKey } from '../base/lsn.ts'
import { nextFiring, parseCron, type Cron, type Delivery, type Zone } from '../destination/destination.ts'
import { RECORD_HEADER, RecordFlag, RecordType, RemovalReason, TARGET, writeLsn } from '../journal/journal.ts'
import {
  AS_IT_IS,
  RecordBuffer,
  headerOf,
  headersOf,
  planOf,
  valueIn,
  writeJournaled,
  writeRemoved,
  writeRewritten,
  type ScheduleOrder,
  type SchedulePlan,
  type SchedulerPort,
} from '../session/session.ts'
import { StoredKind, jobBytes, writeJob, type Job, type MessageIndex } from '../store/store.ts'
import type { Broker } from './broker.ts'
import { DueHeap } from './due-heap.ts'
import { browsedMessage, firedMessage, targetsOf } from './fired-message.ts'
import { eachJob, fetchJob, peekJob } from './job-messages.ts'
import { releasedJob } from './releasing.ts'

export interface SchedulerOptions {
  /** maxSchedulerRepeatAllowed (semantics SC-07). */
  readonly maxRepeat: number
  /** Bytes of waiting messages; 0: no limit (semantics L-04). */
  readonly limit: number
  readonly zone: Zone
  /** `ID:<host>-<port>-<millis>-<n>`: where the identities of what is fired more than once begin. */
  readonly idStem: string
  /** Wall clock, ms. */
  readonly now: () => number
  /** Runs `run` in so many ms; answers what calls that off. */
  readonly after: (ms: number, run: () => void) => () => void
}

/** The name of the one scheduler, as ActiveMQ's store has it. */
const NAME = 'JMS'
const MANAGEMENT = 'activemq.scheduler.management'
/** A repeat without a period: again within a fraction of a second (semantics SC-03), ms. */
const leastPeriod = 100
/** ms until another try, while the broker is about to hand over or the disk is behind. */
const pause = 20
/** ms of sleep at most: the wall clock may be set forward meanwhile. */
const sleepMax = 60_000
/** Jobs that one turn fires, at most. */
const firedMax = 256
/** Cron entries kept parsed, and entries of the heap that may be out of date before it is swept. */
const staleMin = 1024

/**
 * Fires what was scheduled (semantics SC-01 … SC-12). A job is a message in the scheduler's destination and a JOB record
 * that says when it is due; firing it is one atomic record: the message goes where it was sent, and the job is removed or
 * due again. So a job is neither lost nor fired again by a restart or a failover. Only a broker that leads fires.
 */
export class Scheduler implements SchedulerPort {
  readonly #broker: Broker
  readonly #options: SchedulerOptions
  readonly #due = new DueHeap()
  readonly #crons = new Map<string, Cron>()
  /** Jobs whose firing or end is journaled and not committed yet. */
  readonly #pending = new Set<MessageKey>()
  #destination = 0
  #serves = false
  #reading = false
  #asleepUntil = Infinity
  #wake: (() => void) | null = null
  #ids = 0

  constructor(broker: Broker, options: SchedulerOptions) {
    this.#broker = broker
    this.#options = options
    for (const { id, kind } of broker.state.destinations.values())
      if (kind === StoredKind.scheduler) this.#destination = id
  }

  get maxRepeat(): number {
    return this.#options.maxRepeat
  }

  get full(): boolean {
    const { limit } = this.#options
    return limit > 0 && (this.messages?.bytes ?? 0) >= limit
  }

  /** The messages that wait; undefined before the first. */
  get messages(): MessageIndex | undefined {
    return this.#broker.state.destination(this.#destination)?.messages
  }

  manages(name: string): boolean {
    return name.toLowerCase().startsWith(MANAGEMENT)
  }

  /** The broker leads: from now on what is due fires, what was due meanwhile at once (semantics SC-10). */
  start(): void {
    if (this.#serves) return
    this.#serves = true
    for (const { key, next } of this.#broker.state.schedule.values()) this.#due.add(next, key)
    this.#sleep()
  }

  stop(): void {
    this.#serves = false
    this.#wake?.()
    this.#wake = null
  }

  // SchedulerPort

  write(
    into: RecordBuffer,
    message: Delivery,
    to: readonly DestinationName[],
    plan: SchedulePlan,
    now: number,
  ): number {
    const destination = this.#existing()
    writeRewritten(into, message, destination, true, { ...AS_IT_IS, addsHidden: [[TARGET, targetsOf(to)]] })
    const at = into.bytes
    const remaining = plan.cron === '' ? plan.repeat + 1 : -1
    this.#writeJob(into, 0 as MessageKey, plan.period, remaining, plan.cron, this.#first(plan, now))
    return at
  }

  renew({ view }: RecordBuffer, job: number, plan: SchedulePlan, now: number): void {
    writeLsn(view, job + 28, this.#first(plan, now))
  }

  order(order: ScheduleOrder): void {
    switch (order.action) {
      case 'BROWSE':
        if (order.replyTo.length > 0) this.#browse(order)
        return
      case 'REMOVE':
        if (order.jobId !== null) this.#removeById(order.jobId)
        return
      case 'REMOVEALL':
        return this.remove(this.#jobs(order.window).map(({ key }) => key))
      default:
        return
    }
  }

  // What the journal says

  /** A job is known, or has another time: its record is committed. */
  noticed(key: MessageKey): void {
    this.#pending.delete(key)
    const job = this.#broker.state.schedule.get(key)
    if (job === undefined || !this.#serves) return
    this.#due.add(job.next, key)
    const { schedule } = this.#broker.state
    if (this.#due.size > staleMin + 2 * schedule.size)
      this.#due.keep((time, one) => schedule.get(one as MessageKey)?.next === time)
    this.#sleep()
  }

  // Time

  /** The first time a schedule is due that is made now (semantics SC-03, SC-04). */
  #first({ delay, period, cron, next }: SchedulePlan, now: number): number {
    if (next !== undefined) return next
    if (cron === '') return now + (delay > 0 ? delay : period)
    return this.#nextOf(cron, now) ?? NEVER
  }

  #nextOf(text: string, now: number): number | null {
    let cron = this.#crons.get(text)
    if (cron === undefined) {
      const parsed = parseCron(text)
      if (parsed === null) return null
      cron = parsed
      if (this.#crons.size >= staleMin) this.#crons.clear()
      this.#crons.set(text, cron)
    }
    return nextFiring(cron, now, this.#options.zone)
  }

  /** Sleeps until the next job is due. */
  #sleep(): void {
    const { next } = this.#due
    if (!this.#serves || this.#reading || next >= this.#asleepUntil || next === Infinity) return
    this.#wake?.()
    this.#asleepUntil = next
    this.#wake = this.#options.after(Math.min(sleepMax, Math.max(0, next - this.#options.now())), () => this.#woken())
  }

  #fireDue(): void {
    const broker = this.#broker
    const now = this.#options.now()
    broker.now = now
    let left = firedMax
    while (this.#serves && this.#due.next <= now) {
      if (broker.quiesced || broker.overloaded()) return this.#later(pause)
      if (left-- === 0) return this.#later(0)
      const { next, key } = this.#due
      const job = broker.state.schedule.get(key as MessageKey)
      if (job?.next === next && !this.#pending.has(job.key) && !this.#fire(job, now)) return
      this.#due.shift()
    }
    this.#sleep()
  }

  #later(ms: number): void {
    this.#asleepUntil = 0
    this.#wake = this.#options.after(ms, () => this.#woken())
  }

  #woken(): void {
    this.#asleepUntil = Infinity
    this.#wake = null
    this.#fireDue()
  }

  // Firing

  /** Fires a job; false: its bytes are being read, and it goes on from there. */
  #fire(job: Job, now: number): boolean {
    const message = peekJob(this.#broker, job)
    if (message === null) return !this.#read(job)
    const headers = headersOf(message)
    const plan = planOf(name => valueIn(headers, name))
    const series = job.cron !== '' && plan.delay + plan.period + plan.repeat > 0
    const records = new RecordBuffer(128, () => this.#broker.epoch)
    const next = this.#nextTime(job, now)
    if (next === null) this.#writeRemoved(records, [job.key])
    else this.#writeJob(records, job.key, job.period, Math.max(-1, job.remaining - 1), job.cron, next)
    this.#waitFor(job.key)
    if (series) this.#startSeries(message, plan, records, now)
    else this.#deposit(message, plan, records, now)
    return true
  }

  /** When it is due again; null: it is done. A time that was missed is not made up for. */
  #nextTime(job: Job, now: number): number | null {
    if (job.cron !== '') return this.#nextOf(job.cron, now)
    if (job.remaining <= 1) return null
    const period = Math.max(leastPeriod, job.period)
    return job.next + period > now ? job.next + period : now + period
  }

  #deposit(message: Delivery, plan: SchedulePlan, records: RecordBuffer, now: number): void {
    const broker = this.#broker
    // What is fired more than once has another identity each time (semantics SC-06).
    const messageId = plan.repeat > 0 || plan.cron !== '' ? this.#newId() : null
    const { to, fired } = firedMessage(message, messageId, now, () => broker.epoch)
    broker.deposit(to, fired, { records, durable: true })
  }

  /** Each time of a cron entry begins a series of its own (semantics SC-04). */
  #startSeries(message: Delivery, { delay, period, repeat }: SchedulePlan, records: RecordBuffer, now: number): void {
    const copy = new RecordBuffer(message.length + 256, () => this.#broker.epoch)
    writeRewritten(copy, message, this.#existing(), true, { ...AS_IT_IS, messageId: this.#newId() })
    const first = now + (delay > 0 ? delay : period)
    this.#writeJob(copy, 0 as MessageKey, period, repeat + 1, '', first)
    writeJournaled(this.#broker.journal, [copy, records], true)
    this.#broker.schedule()
  }

  #newId(): string {
    return `${this.#options.idStem}:0:1:1:${++this.#ids}`
  }

  /** Reads the bytes of a job and goes on firing; false: it is gone. */
  #read(job: Job): boolean {
    if (this.messages?.find(job.key) !== true) return false
    this.#reading = true
    void fetchJob(this.#broker, job).then(read => {
      // The others do not wait for one that cannot be read.
      if (!read) this.#pending.add(job.key)
      this.#reading = false
      if (this.#serves) this.#fireDue()
    })
    return true
  }

  // Orders

  /** The jobs that are due in the window, by time. */
  #jobs(window: ScheduleOrder['window']): Job[] {
    const jobs = [...this.#broker.state.schedule.values()].filter(
      ({ key, next }) => !this.#pending.has(key) && (window === null || (next >= window[0] && next <= window[1])),
    )
    return jobs.sort((a, b) => a.next - b.next || a.key - b.key)
  }

  #browse({ window, replyTo }: ScheduleOrder): void {
    const broker = this.#broker
    void eachJob(broker, this.#jobs(window), (_, message) => {
      broker.deposit(
        replyTo,
        browsedMessage(message, this.#newId(), () => broker.epoch),
      )
      return true
    })
  }

  /** A job goes by the identity of its message. */
  #removeById(id: string): void {
    void eachJob(this.#broker, this.#jobs(null), ({ key }, message) => {
      if (headerOf(message, 'message-id') !== id) return true
      this.remove([key])
      return false
    })
  }

  /** Calls these jobs off. */
  remove(keys: readonly MessageKey[]): void {
    const left = keys.filter(key => !this.#pending.has(key))
    if (left.length === 0) return
    this.#writeRemoved(this.#broker.journal, left)
    for (const key of left) this.#waitFor(key)
    this.#broker.schedule()
  }

  /** Moves every job to a destination, where it says when it was due; each in one atomic record. `rests` between two of them. */
  async release(to: DestinationName, rests: () => Promise<void>): Promise<void> {
    const broker = this.#broker
    for (const [index, { key }] of this.#jobs(null).entries()) {
      const known = broker.state.schedule.get(key)
      if (known !== undefined && peekJob(broker, known) === null) await fetchJob(broker, known)
      if (broker.quiesced || broker.overloaded() || index % firedMax === firedMax - 1) await rests()
      // It may have fired, or have been called off, meanwhile.
      const job = broker.state.schedule.get(key)
      const message = job === undefined || this.#pending.has(key) ? null : peekJob(broker, job)
      if (job === undefined || message === null) continue
      const records = new RecordBuffer(128, () => broker.epoch)
      this.#writeRemoved(records, [key])
      this.#waitFor(key)
      broker.deposit(
        [to],
        releasedJob(message, job, () => broker.epoch),
        { records, durable: true },
      )
    }
    await rests()
  }

  // Records

  #waitFor(key: MessageKey): void {
    this.#pending.add(key)
    this.#broker.afterCommit(() => this.#pending.delete(key))
  }

  #writeRemoved(into: Parameters<typeof writeRemoved>[0], keys: readonly MessageKey[]): void {
    writeRemoved(into, { id: this.#destination }, keys, RecordFlag.none, RemovalReason.moved)
  }

  #writeJob(into: RecordBuffer, key: MessageKey, period: number, remaining: number, cron: string, next: number): void {
    const job: Job = { destination: this.#destination, key, next, period, remaining, cron }
    const length = jobBytes(job)
    into.reserve(length)
    writeJob(into.block, into.view, into.at, job)
    into.seal(RecordType.job, RecordFlag.none, length)
  }

  /** The scheduler's destination, made when it is missing. */
  #existing(): number {
    if (this.#destination !== 0) return this.#destination
    const { journal, destinations } = this.#broker
    this.#destination = destinations.nextId()
    const name = Buffer.from(NAME, 'utf8')
    const length = RECORD_HEADER + 5 + name.length
    journal.reserve(length)
    journal.view.setUint32(journal.at + 16, this.#destination, true)
    journal.view.setUint8(journal.at + 20, StoredKind.scheduler)
    name.copy(journal.block, journal.at + 21)
    journal.seal(RecordType.destinationAdded, RecordFlag.none, length)
    return this.#destination
  }
}

/** A cron entry that is never due. */
const NEVER = Number.MAX_SAFE_INTEGER
