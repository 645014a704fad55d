/**
 * Loads of many things, each on a broker of its own: what they cost in time and memory.
 *
 *   start ─► load(port, size) ─► peak memory of the broker's processes ─► stop
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { HOST } from './ports.ts'

export interface ManyScenario {
  readonly id: string
  /** Of so many. */
  readonly title: (size: number) => string
  /** How many of them; `--scale` makes it less. */
  readonly size: number
  /** What the peak is divided by, for a cost of each. */
  readonly each: string
  /** Does it; rejects when something did not arrive. Resolves to the milliseconds of the part that is measured. */
  run(port: number, size: number): Promise<number>
}

const GIVE_UP_MS = 300_000
/** Connections dialled at a time: a burst beyond the backlog would be refused. */
const DIALLED_AT_ONCE = 200
const LOOK_MS = 5
const NUL = 0

/** A connection that counts the frames it gets. Bodies here have no NUL. */
class Peer {
  frames = 0
  readonly #socket: Socket
  #wanted = Infinity
  #reached: (() => void) | null = null
  #failed: ((error: Error) => void) | null = null
  #text = ''

  constructor(port: number) {
    this.#socket = connect({ host: HOST, port, noDelay: true })
    this.#socket.on('data', chunk => this.#scan(chunk))
    this.#socket.on('error', error => this.#failed?.(error))
    this.#socket.on('close', () => this.#failed?.(new Error(`the broker closed a connection: ${this.#text}`)))
    this.send('CONNECT', 'accept-version:1.2\nhost:localhost\n')
  }

  /** Connected: the answer has come. */
  static async at(port: number): Promise<Peer> {
    const peer = new Peer(port)
    await peer.got(1)
    return peer
  }

  send(command: string, lines: string, body: string | Buffer = ''): void {
    this.#socket.write(`${command}\n${lines}\n`)
    if (body.length > 0) this.#socket.write(body)
    this.#socket.write('\0')
  }

  /** Resolves when so many frames have come in all. */
  got(frames: number): Promise<void> {
    if (this.frames >= frames) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${this.frames} of ${frames} frames came`)), GIVE_UP_MS)
      this.#wanted = frames
      this.#failed = error => {
        clearTimeout(late)
        reject(error)
      }
      this.#reached = () => {
        clearTimeout(late)
        this.#failed = null
        resolve()
      }
    })
  }

  close(): void {
    this.#failed = null
    this.#socket.destroy()
  }

  #scan(chunk: Buffer): void {
    if (chunk.includes('ERROR\n', 0, 'latin1')) this.#text = chunk.toString('latin1', 0, 300)
    for (let at = chunk.indexOf(NUL); at >= 0; at = chunk.indexOf(NUL, at + 1)) this.frames++
    if (this.frames < this.#wanted) return
    this.#wanted = Infinity
    this.#reached?.()
  }
}

async function dialled(port: number, count: number): Promise<Peer[]> {
  const peers: Peer[] = []
  while (peers.length < count) {
    const some = Math.min(DIALLED_AT_ONCE, count - peers.length)
    peers.push(...(await Promise.all(Array.from({ length: some }, () => Peer.at(port)))))
  }
  return peers
}

/** Resolves when all of them together have got so many frames: who gets which is the broker's to say. */
async function received(peers: readonly Peer[], frames: number): Promise<void> {
  const sum = (): number => peers.reduce((total, peer) => total + peer.frames, 0)
  for (const late = performance.now() + GIVE_UP_MS; sum() < frames; await delay(LOOK_MS))
    if (performance.now() > late) throw new Error(`${sum()} of ${frames} frames came`)
}

function closeAll(peers: readonly Peer[]): void {
  for (const peer of peers) peer.close()
}

async function timed(act: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await act()
  return performance.now() - began
}

/** `size` queues with as many consumers each: every connection consumes from every queue. */
async function crowd(port: number, size: number): Promise<number> {
  const consumers = await dialled(port, size)
  for (const consumer of consumers)
    for (let q = 0; q < size; q++) consumer.send('SUBSCRIBE', `id:${q}\ndestination:/queue/crowd.${q}\nreceipt:s\n`)
  await Promise.all(consumers.map(consumer => consumer.got(1 + size)))
  const sender = await Peer.at(port)
  const perQueue = 10 * size
  const ms = await timed(async () => {
    for (let n = 0; n < perQueue; n++)
      for (let q = 0; q < size; q++)
        sender.send('SEND', `destination:/queue/crowd.${q}\npersistent:true\n`, 'x'.repeat(1024))
    await received(consumers, size * (1 + size) + size * perQueue)
  })
  closeAll([...consumers, sender])
  return ms
}

/** Connections that do nothing; afterwards the first and the last still exchange a message. */
async function idle(port: number, size: number): Promise<number> {
  let peers: Peer[] = []
  const ms = await timed(async () => void (peers = await dialled(port, size)))
  const [first, last] = [peers[0]!, peers.at(-1)!]
  first.send('SUBSCRIBE', 'id:1\ndestination:/queue/idle\nreceipt:s\n')
  await first.got(2)
  last.send('SEND', 'destination:/queue/idle\n', 'still there')
  await first.got(3)
  closeAll(peers)
  return ms
}

/** A persistent message in each of many queues, and all of them taken by one pattern. */
async function queues(port: number, size: number): Promise<number> {
  const sender = await Peer.at(port)
  const taker = await Peer.at(port)
  const ms = await timed(async () => {
    for (let q = 0; q < size; q++)
      sender.send('SEND', `destination:/queue/many.${q}\npersistent:true\nreceipt:r\n`, 'x'.repeat(1024))
    await sender.got(1 + size)
    taker.send('SUBSCRIBE', 'id:1\ndestination:/queue/many.>\n')
    await taker.got(1 + size)
  })
  closeAll([sender, taker])
  return ms
}

/** One message of so many bytes there and back. */
async function large(port: number, size: number): Promise<number> {
  const peer = await Peer.at(port)
  const body = Buffer.alloc(size, 'x')
  const ms = await timed(async () => {
    peer.send('SEND', `destination:/queue/large\npersistent:true\nreceipt:r\ncontent-length:${size}\n`, body)
    await peer.got(2)
    peer.send('SUBSCRIBE', 'id:1\ndestination:/queue/large\n')
    await peer.got(3)
  })
  closeAll([peer])
  return ms
}

/** Subscriptions of one topic, each of which selects its own messages. */
async function selectors(port: number, size: number): Promise<number> {
  const perSelector = 10
  const [taker, sender] = [await Peer.at(port), await Peer.at(port)]
  for (let s = 0; s < size; s++)
    taker.send(
      'SUBSCRIBE',
      `id:${s}\ndestination:/topic/selected\nselector:number = ${s} AND colour IN ('red', 'blue')\nreceipt:s\n`,
    )
  await taker.got(1 + size)
  const ms = await timed(async () => {
    for (let n = 0; n < size * perSelector; n++)
      sender.send('SEND', `destination:/topic/selected\nnumber:${n % size}\ncolour:blue\n`, 'x'.repeat(256))
    await taker.got(1 + size + size * perSelector)
  })
  closeAll([taker, sender])
  return ms
}

const count = (size: number): string => size.toLocaleString('en-US')

export const MANY: readonly ManyScenario[] = [
  {
    id: 'crowd',
    title: size => `${count(size)} queues x ${count(size)} consumers each, ${count(10 * size)} messages a queue`,
    size: 100,
    each: 'queue',
    run: crowd,
  },
  { id: 'idle', title: size => `${count(size)} idle connections`, size: 10_000, each: 'connection', run: idle },
  {
    id: 'queues',
    title: size => `${count(size)} queues with a message each`,
    size: 10_000,
    each: 'queue',
    run: queues,
  },
  {
    id: 'large',
    title: size => `a message of ${count(size)} bytes, there and back`,
    size: 100_000_000,
    each: 'byte',
    run: large,
  },
  {
    id: 'selectors',
    title: size => `${count(size)} selectors on one topic, 10 messages for each`,
    size: 1000,
    each: 'selector',
    run: selectors,
  },
]
