import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** What the fake does wrong, once, with message number 5 of the first producer. */
export type Fault =
  | 'none'
  | 'drop'
  | 'duplicate'
  | 'duplicate-late'
  | 'swap'
  | 'no-receipt'
  | 'damage'
  | 'misroute'
  | 'error'

/** A STOMP broker just good enough for a load, with one fault built in. */
export interface FakeBroker {
  readonly port: number
  close(): void
}

const CHOSEN = / 0000 0000000005 /

export async function startFakeBroker(fault: Fault): Promise<FakeBroker> {
  const broker = new Faulty(fault)
  const server: Server = createServer(socket => broker.serve(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() }
}

class Faulty {
  readonly #fault: Fault
  readonly #subscribers = new Map<string, Socket[]>()
  #kept = ''

  constructor(fault: Fault) {
    this.#fault = fault
  }

  serve(socket: Socket): void {
    let text = ''
    socket.on('error', () => socket.destroy())
    socket.setEncoding('latin1').on('data', chunk => {
      const frames = (text + String(chunk)).split('\0')
      text = frames.pop() ?? ''
      for (const frame of frames) this.#answer(socket, frame.trimStart())
    })
  }

  #answer(socket: Socket, frame: string): void {
    const header = (name: string): string | undefined => new RegExp(`^${name}:(.*)$`, 'm').exec(frame)?.[1]
    const destination = header('destination') ?? ''
    const chosen = CHOSEN.test(frame)
    if (frame.startsWith('CONNECT')) socket.write('CONNECTED\nversion:1.2\n\n\0')
    else if (frame.startsWith('SUBSCRIBE'))
      this.#subscribers.set(destination, [...(this.#subscribers.get(destination) ?? []), socket])
    else if (frame.startsWith('SEND')) this.#deliver(destination, frame.slice(frame.indexOf('\n\n') + 2), chosen)
    else if (frame.startsWith('DISCONNECT') && this.#fault === 'duplicate-late') this.#flush(socket)
    if (chosen && this.#fault === 'error') socket.write('ERROR\nmessage:out of order\n\n\0')
    const receipt = header('receipt')
    if (receipt !== undefined && !(chosen && this.#fault === 'no-receipt'))
      socket.write(`RECEIPT\nreceipt-id:${receipt}\n\n\0\n`)
  }

  #deliver(destination: string, body: string, chosen: boolean): void {
    const message = (text: string): string =>
      `MESSAGE\nsubscription:0\nmessage-id:7\ncontent-length:${text.length}\n\n${text}\0\n`
    const send = (text: string, to = destination): void => {
      const sockets = this.#subscribers.get(to) ?? []
      for (const socket of to.startsWith('/topic/') ? sockets : sockets.slice(0, 1)) socket.write(message(text))
    }
    if (this.#fault === 'swap' && this.#kept !== '') {
      send(body)
      send(this.#kept)
      this.#kept = ''
    } else if (!chosen) send(body)
    else if (this.#fault === 'swap') this.#kept = body
    else if (this.#fault === 'damage') send(body.slice(1))
    else if (this.#fault === 'misroute')
      send(
        body,
        [...this.#subscribers.keys()].find(other => other !== destination),
      )
    else if (this.#fault !== 'drop') send(body)
    if (chosen && this.#fault === 'duplicate') send(body)
    if (chosen && this.#fault === 'duplicate-late') this.#kept = message(body)
  }

  /** Delivers the kept duplicate to the subscriber that is just leaving. */
  #flush(socket: Socket): void {
    if (![...this.#subscribers.values()].flat().includes(socket)) return
    socket.write(this.#kept)
    this.#kept = ''
  }
}
