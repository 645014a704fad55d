import { connect as connectTcp, createServer, type AddressInfo, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'

/** What becomes of bytes that were on their way when their sender was killed. */
export type Rest = 'arrives' | 'is lost' | 'arrives late'

/** Stands between a client and a broker, and calls `spent` when it has carried so many bytes. */
export class Tap {
  port = 0
  #left = Infinity
  #rest: Rest = 'arrives'
  #spent: () => void = () => {}
  /** What arrives when the next client has connected: its sender has been dead for a while. */
  #late: (() => void)[] = []
  #holds = false
  /** Whose further bytes are lost as well: TCP never loses some and delivers what came behind them. */
  readonly #mute = new WeakSet<Socket>()
  readonly #sockets = new Set<Socket>()

  async open(t: ExecutionContext, broker: number): Promise<this> {
    const server = createServer(client => {
      const upstream = connectTcp(broker, '127.0.0.1')
      this.#join(client, upstream)
      this.#join(upstream, client)
      upstream.once('data', () => this.#release())
      upstream.once('connect', () => setImmediate(() => this.#release()))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => {
      for (const socket of this.#sockets) socket.destroy()
      server.close()
    })
    this.port = (server.address() as AddressInfo).port
    return this
  }

  after(bytes: number, rest: Rest, spent: () => void): void {
    this.#left = bytes
    this.#rest = rest
    this.#spent = spent
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('error', () => {})
    from.on('data', chunk => this.#carry(chunk, from, to))
    from.on('close', () => {
      this.#sockets.delete(from)
      this.#then(() => to.end())
    })
  }

  #carry(chunk: Buffer, from: Socket, to: Socket): void {
    if (this.#mute.has(from)) return
    if (chunk.length < this.#left) {
      this.#left -= chunk.length
      return this.#then(() => void to.write(chunk))
    }
    to.write(chunk.subarray(0, this.#left))
    const rest = chunk.subarray(this.#left)
    this.#left = Infinity
    this.#spent()
    this.#holds = this.#rest === 'arrives late'
    if (this.#rest === 'is lost') this.#mute.add(from)
    else this.#then(() => void to.write(rest))
  }

  #then(act: () => void): void {
    if (this.#holds) this.#late.push(act)
    else act()
  }

  #release(): void {
    this.#holds = false
    for (const act of this.#late.splice(0)) act()
  }
}
