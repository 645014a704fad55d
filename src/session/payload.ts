import type { Delivery } from '../destination/destination.ts'
import { ADVISORY, MAP, MESSAGE_HEADER, hiddenEnd, hiddenStart } from '../journal/journal.ts'
import { Header, Version, encode, type Frame } from '../stomp/stomp.ts'
import {
  Unreadable,
  formatOf,
  mapOf,
  readJson,
  readMap,
  readXml,
  render,
  shownTransformation,
  type Element,
} from '../transformation/transformation.ts'

/** What a SEND with a transformation carries, encoded. */
export interface SentPayload {
  readonly lines: string
  /** The hidden line of a map; empty: it is none. */
  readonly hidden: string
}

/**
 * The header is kept, whatever it says. With a content-length it is a bytes message, which is not looked into; what cannot
 * be read stays a text, and says why (stomp S-SND-22, S-TRF-01 … S-TRF-03). Null: there is no such header.
 */
export function sentPayload(frame: Frame): SentPayload | null {
  const name = frame.get(Header.transformation)
  if (name === undefined) return null
  const lines = `transformation:${encode(name, Version.v12)}\n`
  if (frame.line(Header.contentLength) >= 0) return { lines, hidden: '' }
  const payload = frame.bytes.subarray(frame.bodyStart, frame.bodyEnd)
  try {
    const map = readMap(name, payload)
    if (map === null) return { lines, hidden: '' }
    return { lines, hidden: `${MAP}:${encode(`${map.format}:${payload.toString('utf8')}`, Version.v12)}\n` }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { lines: `${lines}transformation-error:${encode(error.message, Version.v12)}\n`, hidden: '' }
  }
}

/** The header lines of a message record, escaped, with LFs between them. */
export const headersOf = ({ block, view, offset }: Delivery): string =>
  block.toString('utf8', offset + MESSAGE_HEADER, offset + MESSAGE_HEADER + view.getUint32(offset + 40, true))

export function bodyOf({ block, view, offset }: Delivery): Buffer {
  const start = offset + MESSAGE_HEADER + view.getUint32(offset + 40, true) + 1
  return block.subarray(start, start + view.getUint32(offset + 44, true))
}

/**
 * Header lines and body of a text, a map or an advisory as a subscriber gets them that asked for this transformation: the
 * subscriber's value goes before the sender's (stomp S-TRF-04).
 */
export function transformed(delivery: Delivery, asked: string): { readonly headers: string; readonly body: Buffer } {
  const body = bodyOf(delivery)
  const map = hiddenLine(delivery, MAP)
  const kind = map !== null ? 'map' : hiddenLine(delivery, ADVISORY) !== null ? 'advisory' : null
  const lines = headersOf(delivery)
    .split('\n')
    .filter(line => !line.startsWith('transformation:'))
  // The block ends with an LF: there is an empty piece behind the last line.
  lines.splice(-1, 0, `transformation:${encode(shownTransformation(asked, kind), Version.v12)}`)
  const headers = lines.join('\n')
  if (kind === null) return { headers, body }
  const format = formatOf(asked)
  if (format === null) return { headers, body: Buffer.alloc(0) }
  const element = kind === 'advisory' ? readJson(body.toString('utf8')) : mapElement(map!, body)
  return { headers, body: Buffer.from(render(element, format), 'utf8') }
}

/** The map that a message is; null: it is none. */
export function mapIn(delivery: Delivery): Element | null {
  const line = hiddenLine(delivery, MAP)
  return line === null ? null : mapElement(line, bodyOf(delivery))
}

/** The map that a hidden line tells of (journal/record.ts). It was read when it was sent, so it can be. */
function mapElement(line: string, body: Buffer): Element {
  if (line === 'body') return mapOf(readXml(body.toString('utf8')))
  const colon = line.indexOf(':')
  return readMap(`jms-map-${line.slice(0, colon)}`, Buffer.from(line.slice(colon + 1), 'utf8'))!.map
}

/** The lines of the message group, which are stored and not sent (journal/record.ts); empty: it is in none. */
export function groupLines({ block, view, offset }: Delivery): string {
  const lines = block.toString('utf8', hiddenStart(view, offset), hiddenEnd(view, offset)).split('\n')
  return lines.flatMap(line => (/^JMSXGroup(ID|Seq):/.test(line) ? [`${line}\n`] : [])).join('')
}

function hiddenLine({ block, view, offset }: Delivery, name: string): string | null {
  const from = hiddenStart(view, offset)
  const to = hiddenEnd(view, offset)
  if (from === to) return null
  const line = block
    .toString('utf8', from, to)
    .split('\n')
    .find(each => each.startsWith(`${name}:`))
  return line === undefined ? null : decode12(line.slice(name.length + 1))
}

/** A value of a stored header line as it was meant. */
export const decode12 = (value: string): string =>
  value.replace(/\\(.)/g, (_, letter: string) => ({ n: '\n', c: ':', r: '\r', '\\': '\\' })[letter] ?? `\\${letter}`)
