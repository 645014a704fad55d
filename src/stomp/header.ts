import { bytesEqual } from './text.ts'

/** Header names the broker knows, as numbers that the parser assigns while it reads. */
export const Header = {
  other: 0,
  destination: 1,
  contentLength: 2,
  receipt: 3,
  persistent: 4,
  transaction: 5,
  id: 6,
  ack: 7,
  messageId: 8,
  subscription: 9,
  priority: 10,
  expires: 11,
  timestamp: 12,
  correlationId: 13,
  type: 14,
  replyTo: 15,
  amqMsgType: 16,
  transformation: 17,
  selector: 18,
  acceptVersion: 19,
  heartBeat: 20,
  login: 21,
  passcode: 22,
  clientId: 23,
  host: 24,
  requestId: 25,
  browser: 26,
  redelivered: 27,
  originalDestination: 28,
  jmsxUserId: 29,
  jmsxGroupId: 30,
  jmsxGroupSeq: 31,
  jmsxDeliveryCount: 32,
  jmsCorrelationId: 33,
  jmsType: 34,
  jmsPriority: 35,
  jmsExpiration: 36,
  jmsTimestamp: 37,
  jmsReplyTo: 38,
  jmsDeliveryMode: 39,
  jmsRedelivered: 40,
  scheduledDelay: 41,
  scheduledPeriod: 42,
  scheduledRepeat: 43,
  scheduledCron: 44,
  retain: 45,
  /** Any name that starts with `activemq.`; several different ones may stand in one frame. */
  activemqPrefix: 46,
} as const
export type Header = (typeof Header)[keyof typeof Header]

/** The wire name of each known header. */
export const HEADER_NAMES: Readonly<Record<Exclude<keyof typeof Header, 'other' | 'activemqPrefix'>, string>> = {
  destination: 'destination',
  contentLength: 'content-length',
  receipt: 'receipt',
  persistent: 'persistent',
  transaction: 'transaction',
  id: 'id',
  ack: 'ack',
  messageId: 'message-id',
  subscription: 'subscription',
  priority: 'priority',
  expires: 'expires',
  timestamp: 'timestamp',
  correlationId: 'correlation-id',
  type: 'type',
  replyTo: 'reply-to',
  amqMsgType: 'amq-msg-type',
  transformation: 'transformation',
  selector: 'selector',
  acceptVersion: 'accept-version',
  heartBeat: 'heart-beat',
  login: 'login',
  passcode: 'passcode',
  clientId: 'client-id',
  host: 'host',
  requestId: 'request-id',
  browser: 'browser',
  redelivered: 'redelivered',
  originalDestination: 'original-destination',
  jmsxUserId: 'JMSXUserID',
  jmsxGroupId: 'JMSXGroupID',
  jmsxGroupSeq: 'JMSXGroupSeq',
  jmsxDeliveryCount: 'JMSXDeliveryCount',
  jmsCorrelationId: 'JMSCorrelationID',
  jmsType: 'JMSType',
  jmsPriority: 'JMSPriority',
  jmsExpiration: 'JMSExpiration',
  jmsTimestamp: 'JMSTimestamp',
  jmsReplyTo: 'JMSReplyTo',
  jmsDeliveryMode: 'JMSDeliveryMode',
  jmsRedelivered: 'JMSRedelivered',
  scheduledDelay: 'AMQ_SCHEDULED_DELAY',
  scheduledPeriod: 'AMQ_SCHEDULED_PERIOD',
  scheduledRepeat: 'AMQ_SCHEDULED_REPEAT',
  scheduledCron: 'AMQ_SCHEDULED_CRON',
  retain: 'ActiveMQ.Retain',
}

/** How many numbers `Header` has. */
export const headerCount: number = Header.activemqPrefix + 1

/** The hash the parser computes along with reading a name: h = 31 h + byte, modulo 2^32, from 0. */
export function hashName(bytes: Buffer, start: number, end: number): number {
  let hash = 0
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0
  return hash
}

// An open-addressed table from hash to number: 46 names in 256 places, so that a probe nearly always ends at once.
const MASK = 255
const TABLE = new Uint8Array(MASK + 1)
const HASHES = new Int32Array(headerCount)
const WORDS: Buffer[] = Array.from({ length: headerCount }, () => Buffer.alloc(0))
for (const [key, name] of Object.entries(HEADER_NAMES)) {
  const header = Header[key as keyof typeof HEADER_NAMES]
  const word = Buffer.from(name, 'latin1')
  const hash = hashName(word, 0, word.length)
  let place = hash & MASK
  while (TABLE[place] !== 0) place = (place + 1) & MASK
  TABLE[place] = header
  HASHES[header] = hash
  WORDS[header] = word
}

const PREFIX = Buffer.from('activemq.', 'latin1')

/** The number of the name in [start, end), whose hash is `hash`. Names are case-sensitive (S-FRM-09). */
export function recogniseHeader(bytes: Buffer, start: number, end: number, hash: number): Header {
  let place = hash & MASK
  for (;;) {
    const header = TABLE[place]!
    if (header === 0) break
    if (HASHES[header] === hash && bytesEqual(bytes, start, end, WORDS[header]!)) return header as Header
    place = (place + 1) & MASK
  }
  const prefixed = end - start >= PREFIX.length && bytesEqual(bytes, start, start + PREFIX.length, PREFIX)
  return prefixed ? Header.activemqPrefix : Header.other
}
