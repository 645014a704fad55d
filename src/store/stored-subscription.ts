/** A durable subscription as it is journaled (semantics U-01, U-05). */
export interface StoredSubscription {
  readonly clientId: string
  readonly name: string
  /** Topic names or patterns, with commas between them. */
  readonly topics: string
  /** Null: none, which is another subscription than an empty one. */
  readonly selector: string | null
  /** The selector compares values as they are (stomp S-SUB-14). */
  readonly exact: boolean
  readonly noLocal: boolean
}

const Flag = { noLocal: 1, exact: 2 } as const
/** The length that stands for no selector. */
const ABSENT = 0xffff

/** A subscription as the payload of SUBSCRIPTION_ADDED behind its id (journal/record.ts). */
export function encodeSubscription(of: StoredSubscription): Buffer {
  const texts = [of.clientId, of.name, of.topics, of.selector].map(text => (text === null ? null : Buffer.from(text)))
  const parts = [Buffer.from([(of.noLocal ? Flag.noLocal : 0) | (of.exact ? Flag.exact : 0), 0])]
  for (const text of texts) {
    const length = Buffer.alloc(2)
    length.writeUInt16LE(text?.length ?? ABSENT)
    parts.push(length)
    if (text !== null) parts.push(text)
  }
  return Buffer.concat(parts)
}

/** Reads what `encodeSubscription` wrote at `from`. */
export function decodeSubscription(bytes: Buffer, from: number): StoredSubscription {
  const flags = bytes[from]!
  let at = from + 2
  const text = (): string | null => {
    const length = bytes.readUInt16LE(at)
    at += 2
    if (length === ABSENT) return null
    at += length
    return bytes.toString('utf8', at - length, at)
  }
  const clientId = text() ?? ''
  const name = text() ?? ''
  const topics = text() ?? ''
  const selector = text()
  return { clientId, name, topics, selector, exact: (flags & Flag.exact) !== 0, noLocal: (flags & Flag.noLocal) !== 0 }
}
