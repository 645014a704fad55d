import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from '../../src/base/log.ts'
import { formatFinding, loadConfig, type Finding } from '../../src/config/config.ts'
import { decryptJasypt } from '../../src/security/security.ts'
import { startServer, type RunningBroker, type ServerOptions } from '../../src/server/server.ts'

/** How long a test waits for something that must happen. It never waits for nothing to happen. */
export const deadlineMs = 10_000

/** A broker in this process, on ports the system chose, with a data directory of its own. */
export class World {
  readonly directory: string
  readonly lines: string[] = []
  findings: readonly Finding[] = []
  #running: RunningBroker | undefined

  constructor(directory: string = mkdtempSync(join(tmpdir(), 'tandemmq-'))) {
    this.directory = directory
  }

  /** Starts from XML text (`brokerXml` makes it). Files that the XML needs go into `directory` first. */
  async start(xml: string, options: Partial<ServerOptions> = {}): Promise<this> {
    const file = join(this.directory, 'activemq.xml')
    mkdirSync(this.directory, { recursive: true })
    writeFileSync(file, xml)
    const data = join(this.directory, 'data')
    const properties = { 'activemq.data': data, 'tandemmq.http': 'off', ...options.properties }
    const environment = options.environment ?? {}
    const result = await loadConfig(file, { properties, env: environment, cwd: this.directory, decrypt: decryptJasypt })
    this.findings = result.findings
    if (result.config === null) {
      // Whoever expects that has no world to end.
      if (readdirSync(this.directory).length === 1) rmSync(this.directory, { recursive: true })
      throw new Error(result.findings.map(formatFinding).join('\n'))
    }
    const line = (level: string) => (text: string) => void this.lines.push(`${level} ${text}`)
    const log: Log = { debug: line('DEBUG'), info: line('INFO'), warn: line('WARN'), error: line('ERROR') }
    this.#running = await startServer(result.config, { log, ...options, properties, environment })
    return this
  }

  get running(): RunningBroker {
    if (this.#running === undefined) throw new Error('the broker was not started')
    return this.#running
  }

  /** The port of a connector by name; by default the first. */
  port(name?: string): number {
    const found = this.running.addresses.find(address => name === undefined || address.name === name)
    if (found === undefined) throw new Error(`no connector ${name ?? ''}`)
    return found.port
  }

  /** A plain TCP connection to the connector. */
  async dial(name?: string): Promise<Client> {
    return Client.dial(this.port(name))
  }

  /** A connection that has done CONNECT; throws when it is refused. */
  async connect(headers: Readonly<Record<string, string>> = {}, name?: string): Promise<Client> {
    const client = await this.dial(name)
    client.send('CONNECT', { 'accept-version': '1.2', host: 'localhost', ...headers })
    const answer = await client.frame()
    if (answer.command !== 'CONNECTED') throw new Error(`${answer.command}: ${answer.headers.get('message') ?? ''}`)
    client.version = answer.headers.get('version') ?? '1.0'
    return client
  }

  /** Stops the broker; the directory stays, so that it can be started again. */
  async stop(): Promise<void> {
    await this.#running?.stop()
    this.#running = undefined
  }

  async end(): Promise<void> {
    await this.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

export interface XmlParts {
  /** Attributes of <broker>, as text. */
  readonly attributes?: string
  /** Children of <broker> besides the connectors. */
  readonly body?: string
  /** URIs of the connectors by name; the default is one, `stomp`, on a port the system chooses. */
  readonly connectors?: Readonly<Record<string, string>>
}

/** An activemq.xml with what a test needs and defaults for the rest: persistent, kahaDB under ${activemq.data}. */
export function brokerXml({
  attributes = '',
  body = '',
  connectors = { stomp: 'stomp://127.0.0.1:0' },
}: XmlParts = {}): string {
  const ports = Object.entries(connectors).map(
    ([name, uri]) => `<transportConnector name="${name}" uri="${uri.replaceAll('&', '&amp;')}"/>`,
  )
  return `<beans xmlns="http://www.springframework.org/schema/beans">
  <bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"/>
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="test" dataDirectory="\${activemq.data}" ${attributes}>
    ${body}
    <transportConnectors>${ports.join('')}</transportConnectors>
  </broker>
</beans>`
}

/** A frame as it came over the wire. */
export interface WireFrame {
  readonly command: string
  /** First occurrence of each, values decoded by the client's version. */
  readonly headers: ReadonlyMap<string, string>
  /** Header lines, raw. */
  readonly lines: readonly string[]
  readonly body: Buffer
}

/** A STOMP client that hides nothing: it sends bytes and shows frames. */
export class Client {
  version = '1.0'
  /** Everything received, to look at raw bytes. */
  received: Buffer = Buffer.alloc(0)
  readonly socket: Socket
  #at = 0
  #closed = false
  #wake: (() => void) | null = null

  constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', chunk => {
      this.#keep(chunk)
      this.#wake?.()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
      this.#wake?.()
    })
  }

  /** Appends to `received`; the room doubles, so that many megabytes do not take quadratic time. */
  #keep(chunk: Buffer): void {
    const end = this.received.length + chunk.length
    if (end > this.#room.length) {
      this.#room = Buffer.alloc(Math.max(end, 2 * this.#room.length))
      this.received.copy(this.#room)
    }
    chunk.copy(this.#room, this.received.length)
    this.received = this.#room.subarray(0, end)
  }
  #room: Buffer = Buffer.alloc(4096)

  static dial(port: number): Promise<Client> {
    return new Promise((resolve, reject) => {
      const socket = connectTcp(port, '127.0.0.1', () => resolve(new Client(socket)))
      socket.once('error', reject)
    })
  }

  /** Writes bytes as they are. */
  raw(bytes: string | Uint8Array): void {
    this.socket.write(bytes)
  }

  /** Writes a frame; header values are sent as they are, not escaped. */
  send(command: string, headers: Readonly<Record<string, string>> = {}, body: string | Uint8Array = ''): void {
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
    this.raw(Buffer.concat([Buffer.from(`${command}\n${lines.join('')}\n`), Buffer.from(body), Buffer.from([0])]))
  }

  /** The next frame. Fails at the deadline, or when the connection closes first. */
  async frame(): Promise<WireFrame> {
    for (;;) {
      const parsed = this.#parse()
      if (parsed !== null) return parsed
      if (this.#closed) throw new Error('the broker closed the connection')
      await this.#changed('a frame')
    }
  }

  /** A frame that is there already, or null. */
  arrived(): WireFrame | null {
    return this.#parse()
  }

  /** The next frame, which must be of this command. */
  async expect(command: string): Promise<WireFrame> {
    const frame = await this.frame()
    if (frame.command !== command) {
      throw new Error(`expected ${command}, got ${frame.command} ${frame.lines.join(' | ')} ${frame.body.toString()}`)
    }
    return frame
  }

  /** Sends with a receipt and waits for it: afterwards the broker has done everything sent before. */
  async receipted(
    command: string,
    headers: Readonly<Record<string, string>> = {},
    body: string | Uint8Array = '',
  ): Promise<WireFrame> {
    const id = `r${++this.#receipts}`
    this.send(command, { ...headers, receipt: id }, body)
    const frame = await this.frame()
    if (frame.command === 'RECEIPT' && frame.headers.get('receipt-id') === id) return frame
    throw new Error(`expected RECEIPT ${id}, got ${frame.command} ${frame.lines.join(' | ')}`)
  }
  #receipts = 0

  /** Waits until the broker has closed the connection; answers the frames that came before. */
  async closed(): Promise<WireFrame[]> {
    const frames: WireFrame[] = []
    for (;;) {
      const parsed = this.#parse()
      if (parsed !== null) frames.push(parsed)
      else if (this.#closed) return frames
      else await this.#changed('the end of the connection')
    }
  }

  /**
   * Proves that nothing came: a no-op round trip (BEGIN and ABORT of a transaction, receipted) answers with no frame
   * in between.
   */
  async quiet(): Promise<void> {
    const transaction = `quiet${++this.#receipts}`
    await this.receipted('BEGIN', { transaction })
    await this.receipted('ABORT', { transaction })
  }

  /** Drops the connection without a word. */
  destroy(): void {
    this.socket.destroy()
  }

  #changed(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#wake = null
        reject(
          new Error(
            `${what} did not come within ${deadlineMs} ms; unread: ${this.received.subarray(this.#at).toString('latin1')}`,
          ),
        )
      }, deadlineMs)
      this.#wake = () => {
        clearTimeout(late)
        this.#wake = null
        resolve()
      }
    })
  }

  #parse(): WireFrame | null {
    const bytes = this.received
    let at = this.#at
    while (at < bytes.length && (bytes[at] === 10 || bytes[at] === 13)) at++
    const blank = bytes.indexOf('\n\n', at)
    if (blank < 0) return null
    const lines = bytes.toString('utf8', at, blank).split('\n')
    const headers = new Map<string, string>()
    for (const line of lines.slice(1)) {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon)
      if (!headers.has(name)) headers.set(name, this.#decode(line.slice(colon + 1), lines[0] ?? ''))
    }
    const start = blank + 2
    const length = headers.get('content-length')
    const end = length === undefined ? bytes.indexOf(0, start) : start + Number(length)
    if (end < 0 || end >= bytes.length) return null
    this.#at = end + 1
    return { command: lines[0] ?? '', headers, lines: lines.slice(1), body: bytes.subarray(start, end) }
  }

  #decode(value: string, command: string): string {
    if (this.version === '1.0' || command === 'CONNECTED') return value
    return value.replace(/\\(.)/g, (_, letter: string) => ({ n: '\n', c: ':', r: '\r', '\\': '\\' })[letter] ?? letter)
  }
}
