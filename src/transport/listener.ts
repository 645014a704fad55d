import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type SecureContextOptions, type TLSSocket, type TlsOptions } from 'node:tls'
import type { Broker } from '../broker/broker.ts'
import { TandemError, messageOf, type Position } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { Strangers } from './strangers.ts'
import { serveWebSockets } from './websocket.ts'
import { SocketWire, type Wire } from './wire.ts'

/** TLS as node wants it, and who the peer is. */
export interface ListenerTls {
  readonly secureContextOptions: SecureContextOptions
  readonly requestCert: boolean
  readonly rejectUnauthorized: boolean
  /** The subject of the client's certificate, or undefined. */
  readonly dnOf: (socket: TLSSocket) => string | undefined
  /** Why this peer must not be served, or null. */
  readonly refusalOf: (socket: TLSSocket) => string | null
}

export interface ListenerOptions {
  readonly name: string
  readonly scheme: string
  readonly host: string
  readonly port: number
  readonly backlog: number
  readonly maximumConnections: number
  readonly tcpNoDelay: boolean
  readonly keepAlive: boolean
  readonly tls: ListenerTls | null
  /** `ws` and `wss`: WebSocket upgrades instead of plain sockets (stomp section 16). */
  readonly webSocket: boolean
  readonly connection: Omit<ConnectionOptions, 'tls' | 'certificateDn' | 'strangers'>
  readonly at: Position
}

/** What whoever runs that client can do. */
const FOREIGN_HINT: Readonly<Record<string, string>> = {
  OpenWire: 'Let the client use STOMP, or keep it on an ActiveMQ; a JMS client cannot connect here.',
  MQTT: 'Let the client use STOMP.',
  AMQP: 'Let the client use STOMP.',
  TLS: 'Point it at a stomp+ssl connector, or let it connect without TLS.',
}

/** What a frame has besides its body, at most: header lines and command, generously. */
const framingBytes = 16 * 1024 * 1024

/** One transportConnector: its port, and the connections that came through it. */
export class Listener {
  readonly options: ListenerOptions
  readonly connections: Set<Connection> = new Set<Connection>()
  /** Connections that were one too many, since it opened. */
  turnedAway = 0
  /** Why only the twin is let in; null: clients are, too. */
  hold: string | null = null
  readonly #session: ConnectionOptions['session']
  readonly #strangers: Strangers = new Strangers()
  readonly #broker: Broker
  readonly #log: Log
  readonly #server: Server
  #address: AddressInfo | null = null
  /** The sockets under the connections, those still in a handshake or an upgrade included. */
  readonly #sockets = new Set<Socket>()
  #foreignTold = new Set<string>()

  constructor(broker: Broker, options: ListenerOptions, log: Log) {
    this.#broker = broker
    this.options = options
    this.#log = log
    this.#session = { ...options.connection.session, hold: () => this.hold }
    this.#server = options.webSocket ? this.#webSocketServer() : this.#socketServer()
    this.#server.on('connection', (socket: Socket) => {
      // A peer that resets while it is being accepted must not end the process.
      socket.on('error', () => {})
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
      log.info(`${options.name}: TLS handshake failed: ${error.message}`, {
        code: 'CLIENT_TLS',
        connector: options.name,
        ...remoteOf(socket),
      })
      // Node closes after every failure but this one.
      if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') socket.destroy()
    })
  }

  #socketServer(): Server {
    const { tls, tcpNoDelay: noDelay, keepAlive } = this.options
    if (tls === null) {
      return createServer({ noDelay, keepAlive, allowHalfOpen: true }, socket => this.#accept(new SocketWire(socket)))
    }
    // Half open is who sends the last frames and then waits for answers. In a handshake there is nothing to wait for: who ends
    // it (a health check of the port, a client that does not trust the certificate) would keep its place until the timeout.
    return createTlsServer({ ...this.#tlsOptions(tls), allowHalfOpen: false, noDelay }, socket => {
      socket.allowHalfOpen = true
      if (this.#trusted(socket)) this.#accept(new SocketWire(socket), tls.dnOf(socket))
    })
  }

  #webSocketServer(): Server {
    const { tls } = this.options
    const server: HttpServer | HttpsServer =
      tls === null ? createHttpServer() : createHttpsServer(this.#tlsOptions(tls))
    const { maxDataLength } = this.options.connection.session.limits
    serveWebSockets(server, maxDataLength + framingBytes, this.#strangers, (wire, request) => {
      if (tls === null) return this.#accept(wire)
      const socket = request.socket as TLSSocket // an https server's sockets are TLS sockets
      if (this.#trusted(socket)) this.#accept(wire, tls.dnOf(socket))
    })
    return server
  }

  #tlsOptions(tls: ListenerTls): TlsOptions {
    const { connectAttemptTimeout } = this.options.connection
    const { secureContextOptions, requestCert, rejectUnauthorized } = tls
    const handshakeTimeout = connectAttemptTimeout > 0 ? connectAttemptTimeout : 30_000
    return { ...secureContextOptions, requestCert, rejectUnauthorized, handshakeTimeout }
  }

  /** Opens the port. Rejects TRANSPORT_BIND with the connector's place. */
  async open(): Promise<void> {
    const { host, port, backlog, at, name } = this.options
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => {
        reject(
          new TandemError('TRANSPORT_BIND', `connector "${name}" cannot listen on ${host}:${port}: ${whyNot(error)}`, {
            cause: error,
            position: at,
            hint: bindHint(error, port),
          }),
        )
      }
      this.#server.once('error', failed)
      this.#server.listen({ host, port, backlog }, () => {
        // A server that is closed has forgotten it, and who is told of the end still asks.
        this.#address = this.#server.address() as AddressInfo // a TCP server's address is never a pipe name
        this.#server.off('error', failed)
        this.#server.on('error', error =>
          this.#log.warn(`${name}: ${messageOf(error)}`, { code: 'CONNECTOR_FAILED', connector: name }),
        )
        resolve()
      })
    })
  }

  /** Where it listens; the port is the system's choice when 0 was configured. */
  get address(): AddressInfo {
    if (this.#address === null) throw new Error(`connector "${this.options.name}" was never open`)
    return this.#address
  }

  /** With `wantClientAuth` a certificate that nobody trusts is turned away after the handshake. */
  #trusted(socket: TLSSocket): boolean {
    const refusal = this.options.tls?.refusalOf(socket) ?? null
    if (refusal === null) return true
    this.#log.warn(`${this.options.name}: ${refusal}`, {
      code: 'CLIENT_TLS',
      connector: this.options.name,
      ...remoteOf(socket),
    })
    socket.destroy()
    return false
  }

  #accept(wire: Wire, certificateDn?: string): void {
    if (this.connections.size >= this.options.maximumConnections) {
      this.turnedAway++
      const { name, maximumConnections: most } = this.options
      const text = `connector "${name}" is full: it takes ${most} connections (maximumConnections)`
      this.#log.warn(text, { code: 'CLIENT_REFUSED', connector: name, remote: `tcp://${wire.remote}` })
      return wire.destroy()
    }
    const { connection: all, tls } = this.options
    const options = { ...all, session: this.#session, tls: tls !== null, certificateDn, strangers: this.#strangers }
    const connection: Connection = new Connection(
      wire,
      this.#broker,
      options,
      () => this.connections.delete(connection),
      what => this.#foreign(what, wire),
    )
    this.connections.add(connection)
  }

  /** A client of another protocol: told once per kind, so that a reconnecting one does not fill the log. */
  #foreign(what: string, wire: Wire): void {
    if (this.#foreignTold.has(what)) return
    this.#foreignTold.add(what)
    this.#log.warn(
      `connector "${this.options.name}" (${this.options.scheme}): ${wire.remote} speaks ${what}, ` +
        'which is not served; connectors here speak STOMP. The connection was closed; this is said once.',
      {
        code: 'CLIENT_FOREIGN',
        connector: this.options.name,
        remote: `tcp://${wire.remote}`,
        hint: FOREIGN_HINT[what] ?? '',
      },
    )
  }

  /** Other keys and certificates, for connections from now on. */
  renew({ secureContextOptions }: ListenerTls): void {
    const server = this.#server
    if ('setSecureContext' in server && typeof server.setSecureContext === 'function')
      server.setSecureContext(secureContextOptions)
  }

  /** Accepts nobody any more. */
  refuseNew(): void {
    this.#server.close()
  }

  /** Lets every connection have what was written for it, then its end; those that do not take it, not for long. */
  async takeLeave(): Promise<void> {
    await Promise.all([...this.connections].map(connection => connection.takeLeave()))
  }

  /** Clients that have connected, and not ended. */
  get clients(): number {
    let count = 0
    for (const { session } of this.connections)
      if (session.connected && !session.ended && session.replication === null) count++
    return count
  }

  /** A connection of it is the twin's link. */
  get hasTwin(): boolean {
    for (const { session } of this.connections) if (session.replication !== null) return true
    return false
  }

  /** Ends every connection but the twin's: what was read is answered, and who does not take it does not hold this up for long. */
  async dismiss(): Promise<void> {
    await Promise.all(this.#clients().map(connection => connection.dismiss()))
    this.drop()
  }

  /** Ends every connection but the twin's without a further byte. */
  drop(): void {
    for (const connection of this.#clients()) connection.destroy()
  }

  #clients(): readonly Connection[] {
    return [...this.connections].filter(({ session }) => session.replication === null)
  }

  /** Closes the port and, without a further byte, every connection (stomp S-CON-15, semantics LC-02). */
  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    for (const connection of this.connections) connection.destroy()
    for (const socket of this.#sockets) socket.destroy() // a handshake would keep the port for its whole timeout
    await closed
  }
}

/** In words that say what is in the way. */
function whyNot(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return 'another program listens there already'
  if (error.code === 'EACCES') return 'this user may not open that port'
  if (error.code === 'EADDRNOTAVAIL') return 'this machine has no such address'
  return error.message
}

function bindHint({ code }: NodeJS.ErrnoException, port: number): string {
  if (code === 'EADDRINUSE')
    return `Stop it ("ss -ltnp sport = :${port}" shows which it is), or change the port in the uri of the connector.`
  if (code === 'EACCES') return 'Choose a port from 1024 on, in the uri of the connector.'
  return 'Change the host or the port in the uri of the connector; 0.0.0.0 stands for every address of this machine.'
}

/** Where the other end is, as long as it is known. */
function remoteOf({ remoteAddress, remotePort }: Socket): { readonly remote?: string } {
  return remoteAddress === undefined ? {} : { remote: `ssl://${remoteAddress}:${remotePort}` }
}
