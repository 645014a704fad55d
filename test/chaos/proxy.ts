import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { accepts } from '../bench/ports.ts'

/** Which way bytes go: towards the broker that was dialled, or back. */
export type Direction = 'forth' | 'back'

interface Way {
  readonly from: Socket
  readonly to: Socket
  readonly direction: Direction
}

/**
 * A TCP proxy in front of one port, whose line can be made as bad as lines are. What it holds back it does not read, so
 * that the sender feels it as it would on a real line: by its socket filling up.
 */
export class Proxy {
  /** Bytes that went through, over all connections. */
  readonly bytes: Record<Direction, number> = { forth: 0, back: 0 }
  /** Connections that were opened, ever. */
  connections = 0
  readonly #server: Server
  readonly #target: number
  readonly #ways = new Set<Way>()
  readonly #waiting = new Set<Socket>()
  readonly #stalled = new Set<Direction>()
  #silent = false
  #delayMs = 0
  #corrupt: Direction | null = null
  #wake: (() => void)[] = []

  private constructor(server: Server, target: number) {
    this.#server = server
    this.#target = target
    this.port = (server.address() as AddressInfo).port
    server.on('connection', socket => this.#accepted(socket))
  }

  /** Listens on a port of its own (the system's choice) for connections to `target`. */
  static open(target: number): Promise<Proxy> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => resolve(new Proxy(server, target)))
    })
  }

  readonly port: number

  /** Open connections. */
  get open(): number {
    return this.#ways.size / 2
  }

  /** Resets every connection; new ones are taken, but lead nowhere and hear nothing, as behind a pulled cable. */
  cut(): void {
    this.#silent = true
    this.reset()
  }

  /** Resets every connection; new ones are let through. */
  reset(): void {
    for (const { from, to } of this.#ways) {
      from.resetAndDestroy()
      to.resetAndDestroy()
    }
  }

  /** Holds everything back, both ways or one; connections stay open, new ones lead nowhere when both are held back. */
  stall(...directions: Direction[]): void {
    for (const direction of directions.length > 0 ? directions : (['forth', 'back'] as const)) {
      this.#stalled.add(direction)
      for (const way of this.#ways) if (way.direction === direction) way.from.pause()
    }
    this.#silent = this.#stalled.size === 2
  }

  /** Says the end of the stream in one direction (FIN) while the other stays open. */
  halfClose(direction: Direction): void {
    for (const way of this.#ways) if (way.direction === direction) way.to.end()
  }

  /** Holds every chunk back for so long. */
  delay(ms: number): void {
    this.#delayMs = ms
  }

  /** Flips one bit in the middle of the next chunk of at least so many bytes. */
  corrupt(direction: Direction, bytesMin = 1): void {
    this.#corrupt = direction
    this.#corruptMin = bytesMin
  }
  #corruptMin = 1

  /** All is well again: what was held back goes through, what waited is connected. */
  resume(): void {
    this.#silent = false
    this.#stalled.clear()
    this.#delayMs = 0
    for (const way of this.#ways) way.from.resume()
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const socket of waiting) this.#through(socket)
  }

  /** Takes no connection more, as a line to a process that is about to end. `mirror` takes that back. */
  refuse(): void {
    if (this.#mirroring) return
    this.#mirroring = true
    this.#server.close()
  }

  /** Refuses as long as the target does, and not longer. */
  mirror(): void {
    void this.#reopen()
  }

  /** Resolves when this many connections were opened, ever. */
  async opened(count: number): Promise<void> {
    while (this.connections < count) await new Promise<void>(resolve => this.#wake.push(resolve))
  }

  close(): Promise<void> {
    this.#closed = true
    this.reset()
    for (const socket of this.#waiting) socket.destroy()
    return new Promise(resolve => this.#server.close(() => resolve())) // also when it refuses just now
  }

  #accepted(socket: Socket): void {
    this.connections++
    for (const wake of this.#wake.splice(0)) wake()
    socket.on('error', () => {})
    if (!this.#silent) return this.#through(socket)
    this.#waiting.add(socket)
    socket.on('close', () => this.#waiting.delete(socket))
  }

  #through(near: Socket): void {
    const far = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true })
    far.on('error', () => void this.#check().then(() => near.resetAndDestroy()))
    for (const socket of [near, far]) socket.setNoDelay(true)
    this.#pump({ from: near, to: far, direction: 'forth' })
    this.#pump({ from: far, to: near, direction: 'back' })
  }

  /** Refuses while the target does, as the line itself would; resolves when it does. */
  async #check(): Promise<void> {
    if (this.#mirroring || this.#closed || (await accepts(this.#target)) || this.#mirroring) return
    this.refuse()
    void this.#reopen()
  }

  async #reopen(): Promise<void> {
    while (!this.#closed && !(await accepts(this.#target)));
    if (this.#mirroring && !this.#closed) this.#server.listen(this.port, '127.0.0.1')
    this.#mirroring = false
  }
  #mirroring = false
  #closed = false

  #pump(way: Way): void {
    const { from, to, direction } = way
    this.#ways.add(way)
    from.on('data', chunk => {
      if (this.#delayMs > 0) setTimeout(() => this.#pass(way, chunk), this.#delayMs)
      else this.#pass(way, chunk)
    })
    // What the target's end did not tell by itself the other side must not learn before this port knows it.
    const known = (): Promise<void> => (direction === 'back' ? this.#check() : Promise.resolve())
    from.on('end', () => void known().then(() => setTimeout(() => to.end(), this.#delayMs)))
    from.on('close', hadError => {
      this.#ways.delete(way)
      if (hadError) void known().then(() => to.resetAndDestroy())
    })
    to.on('drain', () => {
      if (!this.#stalled.has(direction)) from.resume()
    })
    if (!this.#stalled.has(direction)) from.resume()
  }

  #pass({ from, to, direction }: Way, chunk: Buffer): void {
    this.bytes[direction] += chunk.length
    if (this.#corrupt === direction && chunk.length >= this.#corruptMin) {
      this.#corrupt = null
      chunk[chunk.length >> 1]! ^= 1
    }
    if (to.writable && !to.write(chunk)) from.pause()
  }
}
