import { randomBytes } from 'node:crypto'
import { Consumer } from './consumer.ts'
import { Latencies } from './course.ts'
import type { Course, Percentiles } from './course.ts'
import { Ledger } from './ledger.ts'
import type { Counts } from './ledger.ts'
import type { LoadOptions } from './options.ts'
import { Producer } from './producer.ts'

export interface LoadResult extends Counts {
  /** Every message confirmed and delivered exactly once, in order, and nothing else heard. */
  readonly ok: boolean
  /** Messages of all producers. */
  readonly messages: number
  readonly size: number
  /** What the broker or the socket complained of, at most ten. */
  readonly errors: readonly string[]
  readonly timedOut: boolean
  /** Messages per second until the last receipt, deliveries per second until the last delivery; 0 when it never came. */
  readonly sendPerS: number
  readonly receivePerS: number
  /** Messages per second until both were done: the figure the bench compares. */
  readonly perS: number
  readonly receiptUs: Percentiles
  readonly deliveryUs: Percentiles
}

const ERRORS_MAX = 10
/** How long the broker may take to answer DISCONNECT. */
const LEAVE_MS_MAX = 3000

/** When the three things happened that a load is timed by, in ms of `performance.now()`; 0 while they have not. */
interface Times {
  started: number
  confirmed: number
  delivered: number
}

/** Runs one load against a broker and tells what became of every message. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { producers, consumers, messages, dests } = options
  const topic = options.kind.includes('topic')
  const ledger = new Ledger({ producers, consumers, destinations: dests, messages, topic })
  const [allReady, ready] = countdown(producers + consumers)
  const [allLeft, left] = countdown(producers + consumers)
  const [over, end] = countdown(1)
  const times: Times = { started: 0, confirmed: 0, delivered: 0 }
  const course = courseOf(options, ledger, times, { ready, left, end })
  const sources = Array.from({ length: producers }, (_, index) => new Producer(options, course, index))
  const sinks = Array.from({ length: consumers }, (_, index) => new Consumer(options, course, index))
  const connections = [...sources, ...sinks]
  const giveUp = setTimeout(end, options.timeoutS * 1000)
  if (await Promise.race([allReady.then(() => true), over.then(() => false)])) {
    times.started = performance.now()
    for (const source of sources) source.start()
  }
  const tick = (): void => {
    for (const source of sources) source.tick()
  }
  const ticking = options.rate > 0 ? setInterval(tick, 1) : undefined
  await over
  clearTimeout(giveUp)
  clearInterval(ticking)

  // What a broker delivers twice it may deliver late: the answer to DISCONNECT comes after everything else it had to say.
  for (const connection of connections) connection.leave()
  await within(LEAVE_MS_MAX, allLeft)
  for (const connection of connections) connection.destroy()
  return resultOf(options, course, times)
}

function courseOf(
  options: LoadOptions,
  ledger: Ledger,
  times: Times,
  on: { readonly ready: () => void; readonly left: () => void; readonly end: () => void },
): Course {
  const all = options.producers * options.messages
  const course: Course = {
    ledger,
    run: Buffer.from(randomBytes(8).toString('hex')),
    receipts: new Latencies(options.receipt > 0 ? all : 0),
    deliveries: new Latencies(ledger.expected),
    sentAt: new Float64Array(all),
    now: 0,
    unsent: all,
    errors: [],
    ready: on.ready,
    left: on.left,
    progress(): void {
      if (times.started === 0) return
      if (times.confirmed === 0 && course.unsent === 0 && ledger.allConfirmed) times.confirmed = performance.now()
      if (times.delivered === 0 && ledger.allDelivered) times.delivered = performance.now()
      if (times.confirmed > 0 && times.delivered > 0) on.end()
    },
    failed(why: string): void {
      if (course.errors.length < ERRORS_MAX) course.errors.push(why)
      on.end()
    },
  }
  return course
}

function resultOf(options: LoadOptions, course: Course, times: Times): LoadResult {
  const all = options.producers * options.messages
  const counts = course.ledger.counts()
  const failed = course.errors.length > 0
  const done = times.confirmed > 0 && times.delivered > 0
  const perSecond = (count: number, at: number): number => (at > 0 ? (count * 1000) / (at - times.started) : 0)
  return {
    ok: done && !failed && counts.duplicates === 0 && counts.outOfOrder <= 0 && counts.strays === 0,
    messages: all,
    size: options.size,
    ...counts,
    errors: course.errors,
    timedOut: !done && !failed,
    sendPerS: perSecond(all, times.confirmed),
    receivePerS: perSecond(course.ledger.expected, times.delivered),
    perS: done ? perSecond(all, Math.max(times.confirmed, times.delivered)) : 0,
    receiptUs: course.receipts.percentiles(),
    deliveryUs: course.deliveries.percentiles(),
  }
}

/** A promise kept after `count` calls of the function beside it. */
function countdown(count: number): [Promise<void>, () => void] {
  const { promise, resolve } = deferred()
  let left = count
  return [promise, () => void ((left -= 1) <= 0 && resolve())]
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {}
  const promise = new Promise<void>(kept => (resolve = kept))
  return { promise, resolve }
}

async function within(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([promise, new Promise<void>(kept => (timer = setTimeout(kept, ms)))])
  clearTimeout(timer)
}
