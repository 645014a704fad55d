import { MESSAGE_HEADER, RecordFlag, RecordType, Trait, writeLsn } from '../journal/journal.ts'
import type { Lsn } from '../base/lsn.ts'
import { Header, type Frame } from '../stomp/stomp.ts'
import { writeDecimal } from './output.ts'
import type { FixedLines } from './fixed-lines.ts'
import type { SendPlugin } from './plugins.ts'
import type { RecordTarget } from './record-target.ts'
import { sentPayload } from './payload.ts'
import { malformedSchedule } from './scheduled.ts'

/** The SEND cannot be stored as it is: answer ERROR with `message` and, when `fatal`, close (stomp S-SND-21). */
export class BadSend {
  readonly message: string
  readonly fatal: boolean
  constructor(message: string, fatal: boolean) {
    this.message = message
    this.fatal = fatal
  }
}

/** What the writer needs besides the frame. */
export interface SendContext {
  readonly fixedLines: FixedLines
  /** `message-id:ID\c…\c-1\c1\c`, encoded; the sequence number follows. */
  readonly messageIdPrefix: Buffer
  readonly sequence: number
  /** ms; the `timestamp` of a message whose sender gave none (stomp S-SND-09). */
  readonly now: number
  /** The login to stamp, or null (populateJMSXUserID, stomp S-MSG-04). */
  readonly stampUser: string | null
  /** Plugins that change each message; null: none. */
  readonly plugin: SendPlugin | null
  /** reply-to in canonical form and whether it is temporary, or null to keep the raw text (stomp S-SND-11). */
  replyTo(value: string): { readonly text: string; readonly temporary: boolean } | null
}

/** What was written. */
export interface Written {
  at: Lsn
  length: number
  persistent: boolean
  /** Its expiry had passed when it arrived. */
  expired: boolean
}

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')
const EXPIRES = ascii('\nexpires:')
const PRIORITY = ascii('\npriority:')
const TIMESTAMP = ascii('\ntimestamp:')
const PERSISTENT = ascii('\npersistent:true\n')
const CONTENT_LENGTH = ascii('content-length:')
const LF = 10
const TRUE = ascii('true')
/** Everything this file writes besides the client's own lines. */
const OWN_LINES_MAX = 512

/** How a header of SEND is treated; what is not listed becomes a property and is echoed (stomp S-SND-14). */
const Treatment = { echo: 0, drop: 1, special: 2, checkedEcho: 3 } as const
const TREATMENT = new Uint8Array(64)
for (const header of [
  Header.destination,
  Header.contentLength,
  Header.receipt,
  Header.persistent,
  Header.transaction,
  Header.messageId,
  Header.redelivered,
  Header.subscription,
  Header.jmsxUserId,
  Header.ack,
  Header.browser,
  Header.originalDestination,
  Header.expires,
  Header.priority,
  Header.timestamp,
  Header.jmsRedelivered,
  Header.jmsxDeliveryCount,
]) {
  TREATMENT[header] = Treatment.drop
}
for (const header of [
  Header.replyTo,
  Header.jmsxGroupId,
  Header.jmsxGroupSeq,
  Header.jmsCorrelationId,
  Header.jmsType,
  Header.jmsPriority,
  Header.jmsExpiration,
  Header.jmsTimestamp,
  Header.jmsReplyTo,
  Header.jmsDeliveryMode,
  Header.transformation,
]) {
  TREATMENT[header] = Treatment.special
}

for (const header of [Header.scheduledDelay, Header.scheduledPeriod, Header.scheduledRepeat, Header.scheduledCron]) {
  TREATMENT[header] = Treatment.checkedEcho
}

const BACKSLASH = 92

/**
 * Writes a SEND as a message record (layout: journal/record.ts) and seals it.
 * The header block is what every consumer will see, in STOMP 1.2 encoding; nothing of the body is decoded.
 */
export function writeMessage(
  frame: Frame,
  target: RecordTarget,
  destination: number,
  volatileOnly: boolean,
  context: SendContext,
  written: Written,
): BadSend | null {
  const special = isPlain(frame, context) ? plain : readSpecial(frame, context)
  if (special instanceof BadSend) return special
  const persistent = special === plain ? isTrue(frame, frame.line(Header.persistent)) : special.persistent
  const bodyBytes = special.map ? 0 : frame.bodyEnd - frame.bodyStart
  let bound = MESSAGE_HEADER + OWN_LINES_MAX + bodyBytes + special.bytes + context.messageIdPrefix.length
  for (let i = 0; i < frame.lines; i++) if (isEchoed(frame, i)) bound += frame.lineLengthMax(i)
  target.reserve(bound)
  const { block } = target
  const record = target.at
  const start = record + MESSAGE_HEADER
  block.set(context.messageIdPrefix, start)
  let at = writeDecimal(block, start + context.messageIdPrefix.length, context.sequence)
  if (special === plain) {
    const lines = context.fixedLines.at(context.now, persistent)
    block.set(lines, at)
    at += lines.length
  } else {
    at = writeFixedLines(block, at, special)
  }
  const declared = frame.line(Header.contentLength) >= 0
  const text = special.map || (special.text ?? !declared)
  if (!text || (declared && special.text === true)) {
    block.set(CONTENT_LENGTH, at)
    at = writeDecimal(block, at + CONTENT_LENGTH.length, bodyBytes)
    block[at++] = LF
  }
  let traits = (persistent ? Trait.persistent : 0) | (text ? Trait.text : 0)
  const retain = frame.line(Header.retain)
  if (retain >= 0 && frame.value(retain).toLowerCase() === 'true') traits |= Trait.retain
  for (let i = 0; i < frame.lines; i++) {
    if (!isEchoed(frame, i)) continue
    const from = at
    at = frame.copyLine(i, block, at)
    if (frame.plain[i] === 0 && holdsEscapedCr(block, from, at)) traits |= Trait.escapedCr
  }
  if (special.lines !== '') at += block.write(special.lines, at, 'utf8')
  if (special.lines.includes('\\r')) traits |= Trait.escapedCr
  if (special.grouped) traits |= Trait.grouped
  if (special.temporaryReply) traits |= Trait.temporaryReply
  const headerBytes = at - start
  block[at++] = LF
  if (bodyBytes > 0) {
    const { bytes } = frame
    block.set(new Uint8Array(bytes.buffer, bytes.byteOffset + frame.bodyStart, bodyBytes), at)
  }
  at += bodyBytes
  block[at++] = 0
  block[at++] = LF
  if (special.hidden !== '') at += block.write(special.hidden, at, 'utf8')
  writeMessageHeader(target, destination, special.priority, traits, special.expires, headerBytes, bodyBytes)
  const flags = volatileOnly || !persistent ? RecordFlag.volatile : RecordFlag.none
  written.length = at - record
  written.persistent = persistent
  written.expired = special.expires !== 0 && special.expires <= context.now
  written.at = target.seal(RecordType.messageAdded, flags, written.length)
  return null
}

function writeMessageHeader(
  { view, at }: RecordTarget,
  destination: number,
  priority: number,
  traits: number,
  expires: number,
  headerBytes: number,
  bodyBytes: number,
): void {
  view.setUint32(at + 16, destination, true)
  view.setUint8(at + 20, priority)
  view.setUint8(at + 21, traits)
  view.setUint16(at + 22, 0, true)
  writeLsn(view, at + 24, 0)
  writeLsn(view, at + 32, expires)
  view.setUint32(at + 40, headerBytes, true)
  view.setUint32(at + 44, bodyBytes, true)
}

/** Does the line go to consumers as it is? A JMS name for the same field replaces it (stomp S-SND-18). */
function isEchoed(frame: Frame, line: number): boolean {
  const header = frame.known[line]!
  const treatment = TREATMENT[header]
  if (treatment !== Treatment.echo && treatment !== Treatment.checkedEcho) return false
  if (header === Header.correlationId) return frame.line(Header.jmsCorrelationId) < 0
  if (header === Header.type) return frame.line(Header.jmsType) < 0
  return true
}

/** The lines of `FixedLines`, for a message that says something of its own about them. */
function writeFixedLines(block: Buffer, from: number, special: Special): number {
  block.set(EXPIRES, from)
  let at = writeDecimal(block, from + EXPIRES.length, special.expires)
  block.set(PRIORITY, at)
  at = writeDecimal(block, at + PRIORITY.length, special.priority)
  block.set(TIMESTAMP, at)
  at = writeDecimal(block, at + TIMESTAMP.length, special.timestamp)
  if (!special.persistent) {
    block[at] = LF
    return at + 1
  }
  block.set(PERSISTENT, at)
  return at + PERSISTENT.length
}

function holdsEscapedCr(block: Buffer, from: number, to: number): boolean {
  for (let i = from; i + 1 < to; i++) {
    if (block[i] !== BACKSLASH) continue
    if (block[i + 1] === 114) return true
    i++
  }
  return false
}

/** What the headers say beyond plain properties. */
interface Special {
  persistent: boolean
  priority: number
  expires: number
  timestamp: number
  /** amq-msg-type: true text, false bytes, undefined not given (stomp S-SND-03). */
  text: boolean | undefined
  /** Extra lines for the header block, encoded. */
  lines: string
  hidden: string
  grouped: boolean
  temporaryReply: boolean
  /** A map message: its payload is in a hidden line, and who does not ask for it sees no body (stomp S-TRF-05). */
  map: boolean
  /** Upper bound of the bytes of `lines` and `hidden`. */
  bytes: number
}

const encode12 = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll(':', '\\c').replaceAll('\r', '\\r')

/** A message that says nothing special. Shared and never written to. */
const plain: Special = {
  persistent: false,
  priority: 4,
  expires: 0,
  timestamp: 0,
  text: undefined,
  lines: '',
  hidden: '',
  grouped: false,
  temporaryReply: false,
  map: false,
  bytes: 0,
}

/** Nothing but destination, persistence, properties and what the broker drops: nearly every message. */
function isPlain(frame: Frame, context: SendContext): boolean {
  if (context.stampUser !== null || context.plugin !== null) return false
  for (let i = 0; i < frame.lines; i++) {
    if (TREATMENT[frame.known[i]!]! >= Treatment.special) return false
    if (frame.nameEnd[i] === frame.nameStart[i]) return false
  }
  if (frame.line(Header.amqMsgType) >= 0) return false
  return frame.line(Header.priority) < 0 && frame.line(Header.expires) < 0 && frame.line(Header.timestamp) < 0
}

export function readSpecial(frame: Frame, context: SendContext): Special | BadSend {
  const special: Special = {
    persistent: isTrue(frame, frame.line(Header.persistent)),
    priority: 4,
    expires: 0,
    timestamp: context.now,
    text: undefined,
    lines: '',
    hidden: '',
    grouped: false,
    temporaryReply: false,
    map: false,
    bytes: 0,
  }
  for (let i = 0; i < frame.lines; i++) {
    if (frame.nameEnd[i] === frame.nameStart[i]) return new BadSend('Invalid header : an empty header name', true)
  }
  const bad = readNumbers(frame, special) ?? readRare(frame, context, special)
  if (bad instanceof BadSend) return bad
  context.plugin?.apply(special, context.now)
  return special
}

function readNumbers(frame: Frame, special: Special): BadSend | null {
  for (const header of [Header.priority, Header.expires, Header.timestamp] as const) {
    const line = frame.line(header)
    if (line < 0) continue
    const value = wholeNumber(frame.value(line))
    if (value === null) return new BadSend(`Invalid header ${frame.name(line)}: ${frame.value(line)}`, true)
    setNumber(special, header, value)
  }
  return null
}

function setNumber(special: Special, header: number, value: number): void {
  if (header === Header.priority || header === Header.jmsPriority) special.priority = Math.min(9, Math.max(0, value))
  else if (header === Header.expires || header === Header.jmsExpiration) special.expires = Math.max(0, value)
  else special.timestamp = Math.max(0, value)
}

/** The JMS names act on the message's fields, after the STOMP headers, so they win (stomp S-SND-18). */
function readRare(frame: Frame, context: SendContext, special: Special): Special | BadSend {
  const type = frame.get(Header.amqMsgType)
  if (type !== undefined) {
    const kind = type.toLowerCase()
    if (kind !== 'text' && kind !== 'bytes') return new BadSend(`Unsupported message type '${type}'`, false)
    special.text = kind === 'text'
  }
  for (const header of [Header.jmsPriority, Header.jmsExpiration, Header.jmsTimestamp] as const) {
    const value = frame.get(header)
    if (value === undefined) continue
    const number = wholeNumber(value)
    if (number === null) return new BadSend(`Invalid header ${frame.name(frame.line(header))}: ${value}`, true)
    setNumber(special, header, number)
  }
  const mode = frame.get(Header.jmsDeliveryMode)
  if (mode !== undefined) special.persistent = mode === '2' || mode === 'PERSISTENT' || mode === 'true'
  addLine(special, 'correlation-id', frame.get(Header.jmsCorrelationId))
  addLine(special, 'type', frame.get(Header.jmsType))
  const bad = readReplyTo(frame, context, special)
  if (bad !== null) return bad
  if (context.stampUser !== null) addLine(special, 'JMSXUserID', context.stampUser)
  const group = frame.get(Header.jmsxGroupId)
  const sequence = frame.get(Header.jmsxGroupSeq)
  if (sequence !== undefined && !isInt(sequence)) {
    return new BadSend(`Invalid header JMSXGroupSeq: ${sequence}`, true)
  }
  if (group !== undefined) {
    special.grouped = true
    special.hidden += `JMSXGroupID:${encode12(group)}\n`
  }
  if (sequence !== undefined) special.hidden += `JMSXGroupSeq:${sequence}\n`
  const sent = sentPayload(frame)
  if (sent !== null) {
    special.lines += sent.lines
    special.hidden += sent.hidden
    special.map = sent.hidden !== ''
  }
  const schedule = malformedSchedule(frame)
  if (schedule !== null) return new BadSend(`Invalid header ${schedule}`, true)
  special.bytes = (special.lines.length + special.hidden.length) * 3
  return special
}

function readReplyTo(frame: Frame, context: SendContext, special: Special): BadSend | null {
  const stomp = frame.get(Header.replyTo)
  const jms = frame.get(Header.jmsReplyTo)
  const value = jms === undefined ? stomp : jmsDestination(jms)
  if (value === undefined) return null
  const parsed = context.replyTo(value)
  addLine(special, 'reply-to', parsed === null ? value : parsed.text)
  special.temporaryReply = parsed?.temporary ?? false
  return null
}

/** `queue://a` as `/queue/a`; a name without a scheme is a queue, a temporary one is named by its real name. */
function jmsDestination(text: string): string {
  const match = /^(queue|topic|temp-queue|temp-topic):\/\/(.*)$/s.exec(text)
  if (match === null) return `/queue/${text}`
  const [, kind = '', name = ''] = match
  return `${kind.startsWith('temp-') ? '/remote-' : '/'}${kind}/${name}`
}

function addLine(special: Special, name: string, value: string | undefined): void {
  if (value !== undefined) special.lines += `${name}:${encode12(value)}\n`
}

/** The value is exactly `true` (stomp S-SND-06). */
export function isTrue(frame: Frame, line: number): boolean {
  if (line < 0 || frame.valueEnd[line]! - frame.valueStart[line]! !== 4) return false
  const at = frame.valueStart[line]!
  const { bytes } = frame
  return bytes[at] === TRUE[0] && bytes[at + 1] === TRUE[1] && bytes[at + 2] === TRUE[2] && bytes[at + 3] === TRUE[3]
}

/** A Java long in decimal, null when malformed. What a number cannot hold exactly (2^53, some 285 000 years) is clamped. */
function wholeNumber(text: string): number | null {
  if (!/^[+-]?\d{1,19}$/.test(text)) return null
  const value = Number(text)
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value
  if (BigInt.asIntN(64, BigInt(text.replace('+', ''))) !== BigInt(text.replace('+', ''))) return null
  return Math.sign(value) * Number.MAX_SAFE_INTEGER
}

/** A Java int in decimal. */
const isInt = (text: string): boolean => /^[+-]?\d{1,10}$/.test(text) && (Number(text) | 0) === Number(text)
