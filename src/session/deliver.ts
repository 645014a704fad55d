import { MESSAGE_HEADER, Trait } from '../journal/journal.ts'
import type { Delivery } from '../destination/destination.ts'
import { Version, copyDecoded, encode } from '../stomp/stomp.ts'
import { writeDecimal } from './output.ts'
import { bodyOf, decode12, groupLines, headersOf, transformed } from './payload.ts'
import type { SessionPlugins } from './plugins.ts'
import type { Subscription } from './subscription.ts'

const ACK = Buffer.from('ack:', 'latin1')
const REDELIVERED = Buffer.from('redelivered:true\n', 'latin1')
const LF = 10

/**
 * Writes one MESSAGE frame: what depends on the receiver, then the record's own bytes (journal/record.ts), which for a
 * 1.2 client are already the rest of the frame.
 */
export function sendMessage(
  to: Subscription,
  message: Delivery,
  number: number,
  destination: Buffer = to.destinationLine((message.queue ?? message.topic)!),
): void {
  const { session } = to
  const { output, core } = session
  const delivery = core.plugins === null ? message : dispatched(core.plugins, to, message)
  const { block, view, offset } = delivery
  const headerBytes = view.getUint32(offset + 40, true)
  const bodyBytes = view.getUint32(offset + 44, true)
  const traits = view.getUint8(offset + 21)
  const tail = headerBytes + 1 + bodyBytes + 2
  output.reserve(to.prefix.length + destination.length + session.ackPrefix.length + 64 + tail)
  const into = output.block
  let at = output.at
  into.set(to.prefix, at)
  at += to.prefix.length
  into.set(destination, at)
  at += destination.length
  if (!to.auto && session.version === Version.v12) {
    into.set(ACK, at)
    into.set(session.ackPrefix, at + ACK.length)
    at = writeDecimal(into, at + ACK.length + session.ackPrefix.length, number)
    into[at++] = LF
  }
  // Topic messages never carry the flag, of durable subscriptions neither, nor do first deliveries (stomp S-MSG-08).
  if (
    (delivery.redelivered > 0 || traits & Trait.retried) &&
    delivery.queue !== null &&
    delivery.queue.durable === null
  ) {
    into.set(REDELIVERED, at)
    at += REDELIVERED.length
  }
  const start = offset + MESSAGE_HEADER
  const asStored = session.version === Version.v12 || (session.version === Version.v11 && !(traits & Trait.escapedCr))
  const group = to.options.groups && traits & Trait.grouped ? groupLines(delivery) : ''
  if (to.transformation !== null && traits & Trait.text) {
    output.at = at
    const { headers, body } = transformed(delivery, to.transformation)
    return sendRewritten(to, group + headers, body)
  }
  if (traits & Trait.temporaryReply || group !== '') {
    output.at = at
    return sendRewritten(to, group + headersOf(delivery), bodyOf(delivery))
  }
  if (asStored) {
    into.set(new Uint8Array(block.buffer, block.byteOffset + start, tail), at)
    at += tail
  } else {
    at = copyDecoded(block, start, start + headerBytes, into, at, session.version)
    into.set(block.subarray(start + headerBytes, start + tail), at)
    at += tail - headerBytes
  }
  output.at = at
  session.sentFrame()
}

function dispatched({ messages, dispatch }: SessionPlugins, to: Subscription, message: Delivery): Delivery {
  messages?.dispatching(to, message)
  return dispatch === null ? message : dispatch(message)
}

/**
 * Headers, line by line, and the body. `reply-to` or `original-destination` may name a temporary destination: its owner
 * sees its alias, everybody else the real name (stomp S-TMP-03).
 */
function sendRewritten(to: Subscription, headers: string, body: Uint8Array): void {
  const { session } = to
  const { output } = session
  const text = headers
    .split('\n')
    .map(line => {
      const colon = line.indexOf(':')
      if (colon < 0) return line
      const value = decode12(line.slice(colon + 1))
      const shown =
        line.startsWith('reply-to:') || line.startsWith('original-destination:') ? session.aliasOf(value) : value
      return `${line.slice(0, colon)}:${encode(shown, session.version)}`
    })
    .join('\n')
  output.bytes(Buffer.from(`${text}\n`, 'utf8'))
  output.bytes(body)
  output.bytes(END)
  session.sentFrame()
}
const END = Buffer.from('\0\n', 'latin1')
