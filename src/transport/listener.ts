import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type SecureContextOptions, type TLSSocket } from 'node:tls'
import type { Broker } from '../broker/broker.ts'
import { TandemError, messageOf, type Position } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { Connection, type ConnectionOptions } from './connection.ts'

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
  readonly connection: Omit<ConnectionOptions, 'tls' | 'certificateDn'>
  readonly at: Position
}

/** One transportConnector: its port, and the connections that came through it. */
export class Listener {
  readonly options: ListenerOptions
  readonly connections: Set<Connection> = new Set<Connection>()
  readonly #broker: Broker
  readonly #log: Log
  readonly #server: Server
  /** TLS only: the sockets under the connections, those still in their handshake included. */
  readonly #sockets = new Set<Socket>()
  #foreignTold = new Set<string>()

  constructor(broker: Broker, options: ListenerOptions, log: Log) {
    this.#broker = broker
    this.options = options
    this.#log = log
    const { tls } = options
    if (tls === null) {
      this.#server = createServer(
        { noDelay: options.tcpNoDelay, keepAlive: options.keepAlive, allowHalfOpen: true },
        socket => this.#accept(socket),
      )
    } else {
      const handshakeTimeout =
        options.connection.connectAttemptTimeout > 0 ? options.connection.connectAttemptTimeout : 30_000
      const { secureContextOptions, requestCert, rejectUnauthorized } = tls
      this.#server = createTlsServer(
        {
          ...secureContextOptions,
          requestCert,
          rejectUnauthorized,
          handshakeTimeout,
          allowHalfOpen: true,
          noDelay: options.tcpNoDelay,
        },
        socket => this.#acceptTls(socket),
      )
      this.#server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
        log.info(`${options.name}: TLS handshake failed: ${error.message}`)
        // Node closes after every failure but this one.
        if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') socket.destroy()
      })
      // A peer that resets in the handshake must not end the process.
      this.#server.on('connection', (socket: Socket) => {
        socket.on('error', () => {})
        this.#sockets.add(socket)
        socket.on('close', () => this.#sockets.delete(socket))
      })
    }
  }

  /** Opens the port. Rejects TRANSPORT_BIND with the connector's place. */
  async open(): Promise<void> {
    const { host, port, backlog, at, name } = this.options
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => {
        reject(
          new TandemError('TRANSPORT_BIND', `connector "${name}" cannot listen on ${host}:${port}: ${error.message}`, {
            cause: error,
            position: at,
            hint: 'Stop whoever uses the port, or change it in the uri.',
          }),
        )
      }
      this.#server.once('error', failed)
      this.#server.listen({ host, port, backlog }, () => {
        this.#server.off('error', failed)
        this.#server.on('error', error => this.#log.warn(`${name}: ${messageOf(error)}`))
        resolve()
      })
    })
  }

  /** Where it listens; the port is the system's choice when 0 was configured. */
  get address(): AddressInfo {
    return this.#server.address() as AddressInfo // a TCP server's address is never a pipe name
  }

  #acceptTls(socket: TLSSocket): void {
    const { tls, name } = this.options
    const refusal = tls?.refusalOf(socket) ?? null
    if (refusal !== null) {
      this.#log.warn(`${name}: ${refusal}`)
      socket.destroy()
      return
    }
    this.#accept(socket, tls?.dnOf(socket))
  }

  #accept(socket: Socket, certificateDn?: string): void {
    if (this.connections.size >= this.options.maximumConnections) {
      socket.on('error', () => {})
      socket.destroy()
      return
    }
    const options = { ...this.options.connection, tls: this.options.tls !== null, certificateDn }
    const connection: Connection = new Connection(
      socket,
      this.#broker,
      options,
      () => this.connections.delete(connection),
      what => this.#foreign(what, socket),
    )
    this.connections.add(connection)
  }

  /** A client of another protocol: told once per kind, so that a reconnecting one does not fill the log. */
  #foreign(what: string, socket: Socket): void {
    if (this.#foreignTold.has(what)) return
    this.#foreignTold.add(what)
    this.#log.warn(
      `connector "${this.options.name}" (${this.options.scheme}): ${socket.remoteAddress ?? 'a client'} speaks ${what}, ` +
        'which is not served; connectors here speak STOMP. The connection was closed; this is said once.',
    )
  }

  /** Closes the port and, without a further byte, every connection (stomp S-CON-15, semantics LC-02). */
  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    for (const connection of this.connections) connection.destroy()
    for (const socket of this.#sockets) socket.destroy() // a handshake would keep the port for its whole timeout
    await closed
  }
}
