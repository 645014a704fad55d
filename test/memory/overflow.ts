import { connect, type Socket } from 'node:net'
import { readFileSync } from 'node:fs'
import { Site } from '../crash/broker-process.ts'

export interface Overflow {
  /** How long messages are sent for, seconds. */
  readonly seconds: number
  /** Messages a second of the producer; each consumer takes a tenth of it meanwhile. */
  readonly rate: number
  /** Bytes of each body. */
  readonly size: number
  readonly kind: 'queue' | 'topic'
  readonly persistent: boolean
}

export interface Overflown {
  readonly sent: number
  /** Messages that the slower consumer had taken when the producer was done. */
  readonly takenMeanwhile: number
  /** Highest resident memory (VmHWM), MiB. */
  readonly peakMiB: number
  readonly memoryUsageMiB: number
  readonly seconds: number
}

const MEMORY_MIB = 64
const XML = {
  body: `<systemUsage><systemUsage><memoryUsage><memoryUsage limit="${MEMORY_MIB} mb"/></memoryUsage></systemUsage></systemUsage>`,
}
/** ms between two portions of a producer or consumer. */
const tickMs = 20
const WINDOW = 50

function dial(port: number, onFrame: (frame: Buffer) => void): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', chunk => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0)) {
      onFrame(bytes.subarray(0, end))
      bytes = bytes.subarray(end + 1)
    }
    rest = Buffer.from(bytes)
  })
  socket.write('CONNECT\naccept-version:1.1\nhost:localhost\n\n\0')
  return socket
}

/** Takes messages at a tenth of the rate until `hurry`, then as fast as they come; in order. */
class Consumer {
  taken = 0
  #allowed: number
  #unacked: string[] = []
  readonly #socket: Socket
  readonly #perTick: number
  readonly #timer: NodeJS.Timeout
  readonly subscribed: Promise<void>

  constructor(port: number, destination: string, rate: number) {
    this.#perTick = ((rate / 10) * tickMs) / 1000
    this.#allowed = 0
    let ready = (): void => {}
    this.subscribed = new Promise(resolve => (ready = resolve))
    this.#socket = dial(port, frame => {
      if (frame.indexOf('RECEIPT') >= 0) return ready()
      if (frame.indexOf('MESSAGE\n') >= 0) this.#take(frame)
    })
    this.#socket.write(
      `SUBSCRIBE\nid:1\ndestination:${destination}\nack:client-individual\nactivemq.prefetchSize:${WINDOW}\nreceipt:r\n\n\0`,
    )
    this.#timer = setInterval(() => this.#acknowledge((this.#allowed += this.#perTick)), tickMs)
  }

  hurry(): void {
    this.#allowed = Infinity
    this.#acknowledge(Infinity)
  }

  /** What went wrong, or null. */
  failure: Error | null = null

  end(): void {
    clearInterval(this.#timer)
    this.#socket.destroy()
  }

  #take(frame: Buffer): void {
    const head = frame.indexOf('\n\n')
    const text = frame.toString('latin1', 0, head)
    const number = Number.parseInt(frame.toString('latin1', head + 2, head + 12), 10)
    // A queue has two consumers that share its messages: each sees its part in order.
    if (number < this.#next) this.failure ??= new Error(`message ${number} came, and ${this.#next} was the next`)
    this.#next = number + 1
    this.taken++
    this.#unacked.push(/^message-id:(.*)$/m.exec(text)?.[1] ?? '')
    if (this.#allowed === Infinity) this.#acknowledge(Infinity)
  }
  #next = 0

  #acknowledge(allowed: number): void {
    const count = Math.min(this.#unacked.length, Math.floor(allowed))
    if (count === 0) return
    this.#allowed = allowed - count
    const ids = this.#unacked.splice(0, count)
    this.#socket.write(ids.map(id => `ACK\nsubscription:1\nmessage-id:${id}\n\n\0`).join(''))
  }
}

const peakMiB = (pid: number): number =>
  Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)

/** A producer ten times faster than its consumers; afterwards everything is taken, nothing is lost. Linux only. */
export async function overflow(options: Overflow): Promise<Overflown> {
  const { rate, kind } = options
  const site = new Site(XML)
  const began = performance.now()
  try {
    const program = site.start()
    const port = await program.port()
    const destination = `/${kind}/overflow`
    const consumers = [new Consumer(port, destination, rate), new Consumer(port, destination, rate)]
    for (const { subscribed } of consumers) await subscribed
    const sent = await produce(port, destination, options)
    const takenMeanwhile = Math.min(...consumers.map(({ taken }) => taken))
    for (const consumer of consumers) consumer.hurry()
    await finished(consumers, kind === 'topic' ? 2 * sent : sent)
    const peak = peakMiB(program.pid)
    return {
      sent,
      takenMeanwhile,
      peakMiB: peak,
      memoryUsageMiB: MEMORY_MIB,
      seconds: Math.round((performance.now() - began) / 100) / 10,
    }
  } finally {
    await site.end()
  }
}

/** Resolves when they have taken so many together, and no more come; rejects when one came out of order. */
async function finished(consumers: readonly Consumer[], count: number): Promise<void> {
  const taken = (): number => consumers.reduce((sum, consumer) => sum + consumer.taken, 0)
  while (taken() < count && consumers.every(({ failure }) => failure === null))
    await new Promise(run => setTimeout(run, tickMs))
  for (const consumer of consumers) consumer.end()
  for (const { failure } of consumers) if (failure !== null) throw failure
  if (taken() !== count) throw new Error(`${taken()} came, ${count} were sent`)
}

/** Sends at the rate for so long, and asks for a receipt at the end; answers how many. */
function produce(port: number, destination: string, { seconds, rate, size, persistent }: Overflow): Promise<number> {
  return new Promise((resolve, reject) => {
    const filler = 'x'.repeat(Math.max(0, size - 10))
    let sent = 0
    let due = 0
    const socket = dial(port, frame => {
      if (frame.indexOf('ERROR') >= 0) reject(new Error(frame.toString('latin1')))
      if (frame.indexOf('RECEIPT') >= 0) {
        socket.destroy()
        resolve(sent)
      }
    })
    const end = performance.now() + seconds * 1000
    const one = (receipt: string): string =>
      `SEND\ndestination:${destination}\npersistent:${persistent}\n${receipt}\n${String(sent++).padStart(10, '0')}${filler}\0`
    const timer = setInterval(() => {
      due += (rate * tickMs) / 1000
      // Held back by the broker: what is not sent now is sent later, at the same rate.
      if (socket.writableNeedDrain) due = Math.min(due, rate / 10)
      else {
        let text = ''
        for (; due >= 1; due--) text += one('')
        socket.write(text, 'latin1')
      }
      if (performance.now() < end) return
      clearInterval(timer)
      socket.write(one('receipt:done\n'), 'latin1')
    }, tickMs)
  })
}
