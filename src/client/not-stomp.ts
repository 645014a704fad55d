import { connect } from 'node:net'

/** What speaks at a port instead of STOMP. */
export interface Other {
  readonly says: string
  readonly hint: string
}

const USUAL = 'the port of the stomp connector is in the activemq.xml, usually 61613'

/** Whose first bytes these are; null: too few to say, or STOMP. */
export function whatAnswers(bytes: Buffer): Other | null {
  // OpenWire: a length, the type 1 (WIREFORMAT_INFO), the magic.
  if (bytes.length >= 13 && bytes[4] === 1 && bytes.toString('latin1', 5, 13) === 'ActiveMQ')
    return { says: "speaks OpenWire, ActiveMQ's own protocol, and not STOMP", hint: USUAL }
  const start = bytes.toString('latin1', 0, 8)
  if (start.startsWith('HTTP/1.')) return { says: 'is an HTTP port', hint: USUAL }
  if (start.startsWith('AMQP')) return { says: 'speaks AMQP', hint: USUAL }
  // An alert record of TLS.
  if (bytes.length >= 3 && bytes[0] === 0x15 && bytes[1] === 3)
    return { says: 'speaks TLS', hint: 'write stomp+ssl:// instead of stomp://' }
  return null
}

/** ms that a server gets to greet. STOMP's never does. */
const GREETING_MS = 500

/**
 * Listens at a port without saying anything. Who was hung up on may not have got to read what came before: an OpenWire
 * connector greets, and breaks off when it reads a STOMP frame.
 */
export function whatGreets(host: string, port: number): Promise<Other | null> {
  return new Promise(resolve => {
    let heard = Buffer.alloc(0)
    const socket = connect({ host, port })
    const end = (): void => {
      clearTimeout(late)
      socket.destroy()
      resolve(whatAnswers(heard))
    }
    const late = setTimeout(end, GREETING_MS)
    socket.on('data', chunk => {
      heard = Buffer.concat([heard, chunk])
      if (whatAnswers(heard) !== null || heard.length > 64) end()
    })
    socket.on('error', end)
    socket.on('close', end)
  })
}
