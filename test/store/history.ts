import { DestinationKind } from '../../src/base/destination.ts'
import { epoch, type Epoch, type Lsn } from '../../src/base/lsn.ts'
import { MESSAGE_HEADER, RECORD_HEADER, RecordFlag, RecordType, Trait, writeLsn } from '../../src/journal/journal.ts'
import { SEGMENT_RECORD_BYTES } from '../../src/journal/record.ts'
import {
  EpochReason,
  Mark,
  StoredKind,
  encodeSubscription,
  jobBytes,
  writeJob,
  type Chunk,
  type DurableState,
  type Job,
  type StoredSubscription,
} from '../../src/store/store.ts'
import { between } from '../journal/random.ts'

/** A message as a plain object: what the state must amount to. */
export interface PlainMessage {
  readonly key: number
  size: number
  /** Further destinations in the record it lies in. */
  also: number
  readonly persistent: boolean
  readonly expires: number
  readonly priority: number
  position: number
  redelivered: number
  /** Handed over, and to be remembered. */
  dispatched: boolean
}

interface PlainQueue {
  readonly kind: number
  readonly name: string
  readonly subscription: StoredSubscription | null
  messages: PlainMessage[]
}

/** The simplest thing that could be right: queues as arrays. */
export class Model {
  readonly queues: Map<number, PlainQueue> = new Map<number, PlainQueue>()
  readonly jobs: Map<number, Job> = new Map<number, Job>()
  readonly segments: number[] = []
  epoch = 0

  restart(): void {
    for (const [id, queue] of this.queues) {
      if (queue.kind === StoredKind.scheduler) continue
      if (queue.kind === DestinationKind.tempQueue) this.queues.delete(id)
      queue.messages = queue.messages.filter(({ persistent }) => persistent)
    }
    this.promote()
  }

  promote(): void {
    for (const { messages } of this.queues.values())
      for (const message of messages) if (message.dispatched) message.redelivered = Math.max(1, message.redelivered)
  }

  /** Jobs whose message is gone are gone. */
  forgetJobs(): void {
    for (const { key, destination } of this.jobs.values()) {
      const messages = this.queues.get(destination)?.messages ?? []
      if (!messages.some(message => message.key === key)) this.jobs.delete(key)
    }
  }

  pick(random: () => number, id: number): PlainMessage | undefined {
    const messages = this.queues.get(id)?.messages ?? []
    // Mostly near the front, as acknowledgements come.
    const reach = random() < 0.7 ? Math.min(messages.length, 20) : messages.length
    return messages[between(random, 0, Math.max(1, reach))]
  }
}

/** One record, with where it lies. */
export interface Step {
  readonly at: Lsn
  readonly bytes: Buffer
}

/** A random journal, and the model of what it says after each record. */
export class History {
  readonly steps: Step[] = []
  readonly model: Model = new Model()
  end = 0
  readonly #random: () => number
  #nextId = 1
  #epoch: Epoch = epoch(0)

  constructor(random: () => number) {
    this.#random = random
    this.#segment()
    this.#newEpoch(EpochReason.first)
  }

  /** Appends a random record. */
  step(): Step {
    const ids = [...this.model.queues.keys()]
    const id = ids[between(this.#random, 0, Math.max(1, ids.length))]
    const dice = this.#random()
    if (id === undefined || (dice < 0.03 && ids.length < 8)) this.#addDestination()
    else if (dice < 0.04) this.#removeDestination(id)
    else if (dice < 0.05) this.#segment()
    else if (dice < 0.055) this.#newEpoch(EpochReason.restart)
    else if (dice < 0.06) this.#newEpoch(EpochReason.promotion)
    else if (dice < 0.45) this.#push(this.#message(id, this.end, 0))
    else if (dice < 0.5) this.#job(id)
    else if (dice < 0.7) this.#push(this.#removal(id))
    else if (dice < 0.77) this.#push(this.#redelivery(id))
    else if (dice < 0.8) this.#push(this.#dispatch(id))
    else if (dice < 0.9) this.#relocation(id)
    else this.#group()
    return this.steps.at(-1)!
  }

  #push(bytes: Buffer): void {
    this.steps.push({ at: this.end as Lsn, bytes })
    this.end += bytes.length
  }

  #record(type: number, length: number, flags: number = RecordFlag.none): { bytes: Buffer; view: DataView } {
    const bytes = Buffer.alloc(length)
    const view = new DataView(bytes.buffer, bytes.byteOffset, length)
    view.setUint32(4, length, true)
    view.setUint8(8, type)
    view.setUint8(9, flags)
    view.setUint32(12, this.#epoch, true)
    return { bytes, view }
  }

  #segment(): void {
    this.model.segments.push(this.end)
    this.#push(this.#record(RecordType.segment, SEGMENT_RECORD_BYTES, RecordFlag.volatile).bytes)
  }

  #newEpoch(reason: number): void {
    this.#epoch = epoch(this.#epoch + 1)
    this.model.epoch = this.#epoch
    if (reason === EpochReason.promotion) this.model.promote()
    else this.model.restart()
    const { bytes, view } = this.#record(RecordType.epoch, RECORD_HEADER + 25)
    view.setUint8(40, reason)
    this.#push(bytes)
  }

  #addDestination(): void {
    const id = this.#nextId++
    const dice = this.#random()
    if (dice < 0.2) return this.#addSubscription(id)
    const kind = dice < 0.4 ? DestinationKind.tempQueue : dice < 0.6 ? StoredKind.scheduler : DestinationKind.queue
    const name = `q${id}é`
    this.model.queues.set(id, { kind, name, subscription: null, messages: [] })
    const text = Buffer.from(name)
    const { bytes, view } = this.#record(RecordType.destinationAdded, RECORD_HEADER + 5 + text.length)
    view.setUint32(16, id, true)
    view.setUint8(20, kind)
    text.copy(bytes, 21)
    this.#push(bytes)
  }

  #addSubscription(id: number): void {
    const random = this.#random
    const subscription = {
      clientId: `ü${id}`,
      name: random() < 0.5 ? 's' : '',
      topics: 'a.>,b',
      selector: random() < 0.5 ? null : random() < 0.5 ? '' : "x = 'é'",
      exact: random() < 0.5,
      noLocal: random() < 0.5,
    }
    const name = `${subscription.clientId}:${subscription.name}`
    this.model.queues.set(id, { kind: StoredKind.subscription, name, subscription, messages: [] })
    const facts = encodeSubscription(subscription)
    const { bytes, view } = this.#record(RecordType.subscriptionAdded, RECORD_HEADER + 4 + facts.length)
    view.setUint32(16, id, true)
    facts.copy(bytes, 20)
    this.#push(bytes)
  }

  #removeDestination(id: number): void {
    this.model.queues.delete(id)
    this.model.forgetJobs()
    const { bytes, view } = this.#record(RecordType.destinationRemoved, RECORD_HEADER + 4)
    view.setUint32(16, id, true)
    this.#push(bytes)
  }

  /** A message at `at`; with `key` a copy of the one with that key. */
  #message(id: number, at: number, key: number, copyOf?: PlainMessage): Buffer {
    const random = this.#random
    const persistent = copyOf?.persistent ?? random() < 0.6
    const also = copyOf === undefined ? this.#others(id) : []
    const size = copyOf ? copyOf.size - 4 * copyOf.also : MESSAGE_HEADER + between(random, 3, 200) + 4 * also.length
    const expires = copyOf?.expires ?? (random() < 0.1 ? between(random, 1, 2 ** 45) : 0)
    const priority = copyOf?.priority ?? between(random, 0, 10)
    const type = copyOf === undefined ? RecordType.messageAdded : RecordType.relocated
    const { bytes, view } = this.#record(type, size, persistent ? RecordFlag.none : RecordFlag.volatile)
    view.setUint32(16, id, true)
    view.setUint8(20, priority)
    view.setUint8(21, persistent ? Trait.persistent : 0)
    writeLsn(view, 24, key)
    writeLsn(view, 32, expires)
    view.setUint16(22, also.length, true)
    for (const [i, other] of also.entries()) view.setUint32(size - 4 * (also.length - i), other, true)
    if (copyOf !== undefined) Object.assign(copyOf, { position: at, size, also: 0 })
    else {
      const place = { key: at, size, also: also.length, position: at }
      const message = { ...place, persistent, expires, priority, redelivered: 0, dispatched: false }
      for (const to of [id, ...also]) this.model.queues.get(to)?.messages.push({ ...message })
    }
    return bytes
  }

  /** Further destinations of a message, unknown ones among them. */
  #others(id: number): number[] {
    if (this.#random() < 0.8) return []
    const others = [...this.model.queues.keys()].filter(other => other !== id && this.#random() < 0.5)
    return this.#random() < 0.2 ? [...others, 999_999] : others
  }

  /** A new job with its message, or other values for one that may be known. */
  #job(id: number): void {
    const random = this.#random
    const known = this.model.pick(random, id)
    const isNew = random() < 0.6
    const next = between(random, 1, 2 ** 45)
    const cron = random() < 0.2 ? '* * * * 1' : ''
    const job = { destination: id, key: 0 as Lsn, next, period: between(random, 0, 9000), remaining: 5, cron }
    if (random() < 0.2) job.remaining = -1
    if (!isNew) job.key = (known?.key ?? 7) as Lsn
    const { bytes, view } = this.#record(RecordType.job, jobBytes(job))
    writeJob(bytes, view, 0, job)
    const scheduler = this.model.queues.get(id)?.kind === StoredKind.scheduler
    if (!isNew) {
      if (scheduler && known !== undefined) this.model.jobs.set(job.key, job)
      return this.#push(bytes)
    }
    const key = (this.end + RECORD_HEADER) as Lsn
    const inner = Buffer.concat([this.#message(id, key, 0), bytes])
    const group = this.#record(RecordType.group, RECORD_HEADER + inner.length).bytes
    inner.copy(group, RECORD_HEADER)
    if (scheduler) this.model.jobs.set(key, { ...job, key })
    this.#push(group)
  }

  #removal(id: number): Buffer {
    const keys: number[] = []
    for (let n = between(this.#random, 1, 5); n > 0; n--) {
      const picked = this.model.pick(this.#random, id)
      keys.push(picked?.key ?? 7)
      const queue = this.model.queues.get(id)
      if (queue !== undefined) queue.messages = queue.messages.filter(message => message !== picked)
    }
    this.model.forgetJobs()
    return this.#keys(RecordType.messageRemoved, id, 24, keys)
  }

  #redelivery(id: number): Buffer {
    const keys: number[] = []
    for (let n = between(this.#random, 1, 4); n > 0; n--) {
      const picked = this.model.pick(this.#random, id)
      keys.push(picked?.key ?? 7)
      if (picked !== undefined) picked.redelivered++
    }
    return this.#keys(RecordType.redelivered, id, 20, keys)
  }

  #dispatch(id: number): Buffer {
    const picked = this.model.pick(this.#random, id)
    if (picked !== undefined) picked.dispatched = true
    return this.#keys(RecordType.dispatched, id, 20, [picked?.key ?? 7])
  }

  #keys(type: number, id: number, start: number, keys: readonly number[]): Buffer {
    const { bytes, view } = this.#record(type, start + keys.length * 8)
    view.setUint32(16, id, true)
    for (const [i, key] of keys.entries()) writeLsn(view, start + i * 8, key)
    return bytes
  }

  #relocation(id: number): void {
    const picked = this.model.pick(this.#random, id)
    this.#push(this.#message(id, this.end, picked?.key ?? 0, picked))
  }

  /** Several messages and removals, all or none. */
  #group(): void {
    const ids = [...this.model.queues.keys()]
    const parts: Buffer[] = []
    let at = this.end + RECORD_HEADER
    for (let n = between(this.#random, 1, 6); n > 0; n--) {
      const id = ids[between(this.#random, 0, ids.length)]!
      const part = this.#random() < 0.6 ? this.#message(id, at, 0) : this.#removal(id)
      parts.push(part)
      at += part.length
    }
    const inner = Buffer.concat(parts)
    const { bytes } = this.#record(RecordType.group, RECORD_HEADER + inner.length)
    inner.copy(bytes, RECORD_HEADER)
    this.#push(bytes)
  }
}

export function applyStep(state: DurableState, { at, bytes }: Step): void {
  state.apply(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, at)
}

/** Everything a state says, comparable. */
export function shown(state: DurableState): unknown {
  return {
    applied: state.applied,
    epoch: state.epoch,
    jobs: jobsOf(state.schedule),
    queues: [...state.destinations.values()].map(({ id, kind, name, subscription, messages }) => ({
      id,
      kind,
      name,
      subscription,
      live: messages.live,
      bytes: messages.bytes,
      messages: messagesOf(messages.first),
    })),
    liveness: state.liveness.segments.map(({ base, live, bytes }) => ({ base, live, bytes })),
    bytes: state.liveness.bytes,
    messages: state.messages,
  }
}

const jobsOf = (jobs: ReadonlyMap<number, Job>): Job[] => [...jobs.values()].sort((a, b) => a.key - b.key)

function messagesOf(first: Chunk | null): Omit<PlainMessage, 'also'>[] {
  const found: Omit<PlainMessage, 'also'>[] = []
  for (let chunk = first; chunk !== null; chunk = chunk.next) {
    for (let slot = 0; slot < chunk.count; slot++) {
      if (chunk.marks[slot] === Mark.removed) continue
      const kind = chunk.kinds[slot]!
      found.push({
        key: chunk.keys[slot]!,
        size: chunk.sizes[slot]!,
        persistent: ((kind >> 4) & Trait.persistent) !== 0,
        expires: chunk.expiresAt(slot),
        priority: kind & 15,
        position: chunk.position(slot),
        redelivered: chunk.redeliveries(slot),
        dispatched: chunk.remembered(slot),
      })
    }
  }
  return found
}

/** The same of the model; liveness by counting anew. */
export function shownModel(history: History): unknown {
  const { model } = history
  const queues = [...model.queues].map(([id, { kind, name, subscription, messages }]) => ({
    id,
    kind,
    name,
    subscription,
    live: messages.length,
    bytes: sum(messages),
    messages: messages.map(({ key, size, persistent, expires, priority, position, redelivered, dispatched }) => {
      return { key, size, persistent, expires, priority, position, redelivered, dispatched }
    }),
  }))
  const all = queues.flatMap(({ messages }) => messages)
  const liveness = model.segments.map((base, i) => {
    const end = model.segments[i + 1] ?? Infinity
    const inside = all.filter(({ position }) => position >= base && position < end)
    return { base, live: inside.length, bytes: sum(inside) }
  })
  const jobs = jobsOf(model.jobs)
  return { applied: history.end, epoch: model.epoch, jobs, queues, liveness, bytes: sum(all), messages: all.length }
}

const sum = (messages: readonly { readonly size: number }[]): number =>
  messages.reduce((all, { size }) => all + size, 0)

/** Where two plain values differ first, or null. A whole state is too much to read. */
export function difference(a: unknown, b: unknown, path = ''): string | null {
  if (Object.is(a, b)) return null
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return `${path}: ${JSON.stringify(a)} is not ${JSON.stringify(b)}`
  }
  const left = Object.entries(a)
  const right = new Map<string, unknown>(Object.entries(b))
  if (left.length !== right.size) return `${path}: ${left.length} entries are not ${right.size}`
  for (const [name, value] of left) {
    const found = difference(value, right.get(name), `${path}/${name}`)
    if (found !== null) return found
  }
  return null
}
