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

/** Runs one load against a broker and tells what became of every message. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { producers, consumers, messages } = options
  const ledger = new Ledger({
    producers,
    consumers,
    destinations: options.dests,
    messages,
    topic: options.kind.includes('topic'),
  })
  const connections = producers + consumers
  const [allReady, ready] = countdown(connections)
  const [allLeft, left] = countdown(connections)
  const [over, end] = countdown(1)
  let startedAt = 0
  let confirmedAt = 0
  let deliveredAt = 0
  let failed = false
  const course: Course = {
    ledger,
    run: Buffer.from(randomBytes(8).toString('hex')),
    receipts: new Latencies(options.receipt > 0 ? producers * messages : 0),
    deliveries: new Latencies(ledger.expected),
    sentAt: new Float64Array(producers * messages),
    now: 0,
    unsent: producers * messages,
    errors: [],
    ready,
    left,
    progress(): void {
      if (startedAt === 0) return
      if (confirmedAt === 0 && course.unsent === 0 && ledger.allConfirmed) confirmedAt = performance.now()
      if (deliveredAt === 0 && ledger.allDelivered) deliveredAt = performance.now()
      if (confirmedAt > 0 && deliveredAt > 0) end()
    },
    failed(why: string): void {
      failed = true
      if (course.errors.length < ERRORS_MAX) course.errors.push(why)
      end()
    },
  }
  const sources = Array.from({ length: producers }, (_, index) => new Producer(options, course, index))
  const sinks = Array.from({ length: consumers }, (_, index) => new Consumer(options, course, index))
  const giveUp = setTimeout(end, options.timeoutS * 1000)
  await Promise.race([allReady, over])
  startedAt = performance.now()
  if (!failed) for (const source of sources) source.start()
  const tick = (): void => {
    for (const source of sources) source.tick()
  }
  const ticking = options.rate > 0 ? setInterval(tick, 1) : undefined
  await over
  clearTimeout(giveUp)
  clearInterval(ticking)

  // What a broker delivers twice it may deliver late: the answer to DISCONNECT comes after everything else it had to say.
  for (const connection of [...sources, ...sinks]) connection.leave()
  await within(LEAVE_MS_MAX, allLeft)
  for (const connection of [...sources, ...sinks]) connection.destroy()

  const counts = ledger.counts()
  const perSecond = (count: number, at: number): number => (at > 0 ? (count * 1000) / (at - startedAt) : 0)
  const all = producers * messages
  const done = confirmedAt > 0 && deliveredAt > 0
  return {
    ok: done && !failed && counts.duplicates === 0 && counts.outOfOrder <= 0 && counts.strays === 0,
    messages: all,
    size: options.size,
    ...counts,
    errors: course.errors,
    timedOut: !done && !failed,
    sendPerS: perSecond(all, confirmedAt),
    receivePerS: perSecond(ledger.expected, deliveredAt),
    perS: done ? perSecond(all, Math.max(confirmedAt, deliveredAt)) : 0,
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
