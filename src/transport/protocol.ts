/** What the first bytes of a connection say. */
export type Protocol = 'stomp' | 'more' | 'unknown' | 'OpenWire' | 'MQTT' | 'AMQP' | 'TLS'

const OPENWIRE = Buffer.from('ActiveMQ', 'latin1')
const CONNECT = 'CONNECT'
const STOMP = 'STOMP'

/**
 * Looks at the first bytes. Other protocols that are often sent to the wrong port are recognised by their greeting, so that
 * the log can say what arrived. On `auto` connectors the first eight bytes must begin a CONNECT or STOMP frame
 * (stomp S-TRN-03); elsewhere anything else is the frame parser's to judge.
 */
export function recognise(first: Buffer, auto: boolean): Protocol {
  // OpenWire: a four-byte size, command 1 (WireFormatInfo), then its magic.
  if (first[0] === 0) {
    if (first.length < 13 && isOpenWirePrefix(first)) return 'more'
    if (first.length >= 13 && first.subarray(5, 13).equals(OPENWIRE)) return 'OpenWire'
  }
  if (first[0] === 0x10 && first.length >= 8 && first.includes('MQ', 2)) return 'MQTT'
  if (first[0] === 0x16 && first[1] === 0x03) return 'TLS'
  if (first.length >= 4 && first.toString('latin1', 0, 4) === 'AMQP') return 'AMQP'
  if (!auto) return 'stomp'
  const text = first.toString('latin1', 0, 8)
  if (text.startsWith(CONNECT) || text.startsWith(STOMP)) return 'stomp'
  if (first.length < 8 && (CONNECT.startsWith(text) || STOMP.startsWith(text))) return 'more'
  return 'unknown'
}

/** Could these bytes still become an OpenWire greeting? */
function isOpenWirePrefix(first: Buffer): boolean {
  if (first.length > 4 && first[4] !== 1) return false
  for (let i = 5; i < first.length; i++) if (first[i] !== OPENWIRE[i - 5]) return false
  return true
}
