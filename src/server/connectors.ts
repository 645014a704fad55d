import type { Broker } from '../broker/broker.ts'
import type { Log } from '../base/log.ts'
import { Listener, type ListenerOptions } from '../transport/transport.ts'

/** Where a connector listens. */
export interface Address {
  readonly name: string
  readonly scheme: string
  readonly host: string
  readonly port: number
}

/** A connector that an administrator stopped (nobody listens, or only the twin is let in), or has yet to start. */
type Stopped = 'closed' | 'twin' | 'unstarted'

export interface ConnectorsOptions {
  readonly broker: Broker
  readonly connectors: readonly ListenerOptions[]
  /** The names of those that do not open by themselves (autoStart="false", semantics VER-06). */
  readonly unstarted: readonly string[]
  /** There is a twin that may come back: a port that refuses would prove to it that this process has died. */
  readonly hasTwin: () => boolean
  readonly log: Log
}

/**
 * The connectors of an active: opened and closed together, and one by one by an administrator (management OC-01). What he
 * started or stopped is remembered for as long as this object lives: until the node starts anew, takes over or follows.
 */
export class Connectors {
  readonly #broker: Broker
  #options: readonly ListenerOptions[]
  readonly #hasTwin: () => boolean
  readonly #log: Log
  /** Every open port, in the order of the configuration. */
  #open: readonly Listener[] = []
  readonly #stopped = new Map<string, Stopped>()
  /** All are closed, or about to be: what opens meanwhile must not stay. */
  #deaf = true
  /** The node is about to end: what is closed stays closed. */
  #leaving = false
  /** The disk takes nothing: no client is let in. */
  #suspended = false
  /** Starts and stops go one after the other. */
  #last: Promise<void> = Promise.resolve()

  constructor({ broker, connectors, unstarted, hasTwin, log }: ConnectorsOptions) {
    this.#broker = broker
    this.#options = connectors
    for (const name of unstarted) this.#stopped.set(name, 'unstarted')
    this.#hasTwin = hasTwin
    this.#log = log
  }

  /** Those that let clients in. */
  get listeners(): readonly Listener[] {
    if (this.#suspended) return []
    return this.#open.filter(({ options }) => !this.#stopped.has(options.name))
  }

  /** All are closed to clients until the disk takes something again. */
  get suspended(): boolean {
    return this.#suspended
  }

  /** Where clients are let in. */
  get addresses(): readonly Address[] {
    return this.listeners.map(addressOf)
  }

  /** Every port that is open, those for the twin alone included. */
  get ports(): readonly Address[] {
    return this.#open.map(addressOf)
  }

  /** The names of those that an administrator has stopped. */
  get stopped(): readonly string[] {
    return [...this.#stopped].flatMap(([name, how]) => (how === 'unstarted' ? [] : name))
  }

  /** The names of those that nobody has started yet. */
  get unstarted(): readonly string[] {
    return [...this.#stopped].flatMap(([name, how]) => (how === 'unstarted' ? name : []))
  }

  /**
   * Opens all ports but those that are stopped, or none of them: rejects TRANSPORT_BIND. What was open stays so. Ends early
   * when all are closed meanwhile.
   */
  openAll(): Promise<void> {
    this.#deaf = false
    this.#suspended = false
    for (const listener of this.#open) listener.hold = this.#holdOf(listener.options.name)
    return this.#next(() => this.#openMissing())
  }

  async #openMissing(): Promise<void> {
    const added: Listener[] = []
    try {
      for (const options of this.#options) {
        const { name } = options
        const stopped = this.#stopped.get(name)
        if (stopped === 'closed' || stopped === 'unstarted') continue
        if (this.#open.some(one => one.options.name === name)) continue
        if (this.#opens(name)) added.push(await this.#openOne(options))
      }
    } catch (error) {
      this.#open = this.#open.filter(listener => !added.includes(listener))
      await Promise.all(added.map(listener => listener.close()))
      throw error
    }
  }

  async #openOne(options: ListenerOptions): Promise<Listener> {
    const { name } = options
    const listener = new Listener(this.#broker, options, this.#log)
    listener.hold = this.#holdOf(name)
    await listener.open()
    listener.hold = this.#holdOf(name)
    if (this.#opens(name)) this.#add(listener)
    else await listener.close()
    return listener
  }

  /** May its port be open now? Asked again after an await, when that may have changed. */
  #opens(name: string): boolean {
    if (this.#leaving) return false
    return this.#suspended ? this.#isTwins(name) : !this.#deaf
  }

  /**
   * Until `openAll` no client is let in, and the connections of those that there are end without a word. A port that the
   * twin may come through stays open for the twin alone, as with `stop`.
   */
  async suspend(): Promise<void> {
    if (this.#suspended) return
    this.#suspended = true
    this.#deaf = true
    const twins = this.#open.filter(({ options }) => this.#isTwins(options.name))
    const others = this.#open.filter(listener => !twins.includes(listener))
    this.#open = twins
    for (const listener of twins) {
      listener.hold = this.#holdOf(listener.options.name)
      listener.drop()
    }
    await Promise.all(others.map(listener => listener.close()))
  }

  #add(added: Listener): void {
    const all = [...this.#open, added]
    this.#open = this.#options.flatMap(({ name }) => all.filter(({ options }) => options.name === name))
  }

  /** Opens one that is stopped; nothing for any other. Rejects TRANSPORT_BIND, and it stays stopped. */
  start(name: string): Promise<void> {
    return this.#next(async () => {
      const [options, stopped] = [this.#options.find(one => one.name === name), this.#stopped.get(name)]
      if (options === undefined || stopped === undefined) return
      const isOpen = this.#open.some(one => one.options.name === name)
      // Closed with all others for now, and open with them again.
      if (!isOpen && this.#opens(name)) await this.#openOne(options)
      this.#stopped.delete(name)
      for (const one of this.#open) if (one.options.name === name) one.hold = this.#holdOf(name)
      this.tellOpen(name)
      this.#log.info(`connector "${name}" was started by an administrator`, {
        code: 'CONNECTOR_STARTED',
        connector: name,
        classic: `Connector ${name} started`,
      })
    })
  }

  /**
   * Closes one: what was read from its clients is answered, their connections end without a word (semantics LC-02). Where
   * the twin may come through it the port stays open, for the twin alone. Nothing for one that is stopped.
   */
  stop(name: string): Promise<void> {
    return this.#next(async () => {
      if (this.#stopped.has(name) || this.#options.every(one => one.name !== name)) return
      const listener = this.#open.find(one => one.options.name === name)
      const twin = this.#isTwins(name)
      this.#stopped.set(name, twin ? 'twin' : 'closed')
      const ports = twin ? 'only the twin is let in' : 'its port is closed'
      const clients = listener?.clients ?? 0
      this.#log.info(`connector "${name}" was stopped by an administrator: ${ports}, ${clients} connections end`, {
        code: 'CONNECTOR_STOPPED',
        connector: name,
        hint: 'start() of its MBean opens it again; so does a restart.',
        classic: `Connector ${name} stopped`,
      })
      if (listener === undefined) return
      if (twin) {
        listener.hold ??= this.#holdOf(name)
        return listener.dismiss()
      }
      this.#open = this.#open.filter(one => one !== listener)
      listener.refuseNew()
      await listener.dismiss()
      await listener.close()
    })
  }

  /** May the twin come through it? WebSockets it cannot speak. */
  #isTwins(name: string): boolean {
    if (this.#options.find(one => one.name === name)?.webSocket !== false) return false
    const listener = this.#open.find(one => one.options.name === name)
    return this.#hasTwin() || listener?.hasTwin === true
  }

  /** What clients are told where only the twin is let in. */
  #holdOf(name: string): string | null {
    if (this.#suspended) return `Broker: ${this.#broker.brokerName} - its disk takes nothing now`
    return this.#stopped.has(name) ? `Broker: ${this.#broker.brokerName} - connector "${name}" is stopped` : null
  }

  #next(run: () => Promise<void>): Promise<void> {
    const done = this.#last.then(run)
    this.#last = done.catch(() => {})
    return done
  }

  /** The next handshakes are by these keys. */
  renew(connectors: readonly ListenerOptions[]): void {
    this.#options = connectors
    for (const listener of this.#open) {
      const tls = connectors.find(({ name }) => name === listener.options.name)?.tls
      if (tls !== null && tls !== undefined) listener.renew(tls)
    }
  }

  /** One line for each that is open, or that waits for its start; or for the one of this name, if it is open. */
  tellOpen(only?: string): void {
    for (const name of only === undefined ? this.unstarted : [])
      this.#log.info(`connector "${name}" is not opened: autoStart="false"`, {
        code: 'CONNECTOR_UNSTARTED',
        connector: name,
        hint: 'start() of its MBean opens it.',
      })
    for (const { name, scheme, host, port } of this.addresses) {
      if (only !== undefined && name !== only) continue
      const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
      const address = `${scheme}://${host}:${port}`
      this.#log.info(`connector "${name}" listens on ${address}: connect a STOMP client to ${reachable}:${port}`, {
        code: 'CONNECTOR_OPEN',
        connector: name,
        classic: `Listening for connections at: ${address}`,
      })
    }
  }

  /** The ports accept nobody any more; the connections that there are go on. */
  refuseNew(): void {
    this.#leaving = true
    for (const listener of this.#open) listener.refuseNew()
  }

  /** Lets every connection have what was written for it, then its end. */
  async takeLeave(): Promise<void> {
    await Promise.all(this.#open.map(listener => listener.takeLeave()))
  }

  /** Closes the ports and every connection. */
  async closeAll(): Promise<void> {
    this.#deaf = true
    this.#suspended = false
    const listeners = this.#open
    this.#open = []
    await Promise.all(listeners.map(listener => listener.close()))
  }
}

const addressOf = ({ options: { name, scheme }, address }: Listener): Address => ({
  name,
  scheme,
  host: address.address,
  port: address.port,
})
