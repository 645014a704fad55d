/** One ASN.1 value. A value of indefinite length (BER, as some old tools write it) is read as well. */
export interface DerValue {
  /** The identifier octet; numbers above 30 do not occur in what is read here. */
  readonly tag: number
  /** The contents, without identifier and length. */
  readonly body: Buffer
  /** All of it, as signed. */
  readonly whole: Buffer
}

export const Tag = { integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, sequence: 0x30, set: 0x31 } as const

/** Reads the value at the start of `bytes`; throws `RangeError` when it is not whole. */
export function readDer(bytes: Buffer): DerValue {
  const tag = bytes[0]
  const first = bytes[1]
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new RangeError('not ASN.1')
  if (first === 0x80) return readIndefinite(tag, bytes)
  let start = 2
  let length = first
  if (first > 0x80) {
    const octets = first & 0x7f
    if (octets > 4 || bytes.length < 2 + octets) throw new RangeError('ASN.1 length too large')
    length = bytes.readUIntBE(2, octets)
    start = 2 + octets
  }
  const end = start + length
  if (end > bytes.length) throw new RangeError('ASN.1 value cut short')
  return { tag, body: bytes.subarray(start, end), whole: bytes.subarray(0, end) }
}

function readIndefinite(tag: number, bytes: Buffer): DerValue {
  let at = 2
  while (bytes[at] !== 0 || bytes[at + 1] !== 0) at += readDer(bytes.subarray(at)).whole.length
  return { tag, body: bytes.subarray(2, at), whole: bytes.subarray(0, at + 2) }
}

/** The values inside a constructed value, in order. */
export function childrenOf(value: DerValue): DerValue[] {
  const children: DerValue[] = []
  for (let rest = value.body; rest.length > 0;) {
    const child = readDer(rest)
    children.push(child)
    rest = rest.subarray(child.whole.length)
  }
  return children
}

/** The n-th value inside, which must be of that kind. */
export function childOf(value: DerValue, index: number, tag: number): DerValue {
  const child = childrenOf(value)[index]
  if (child === undefined || child.tag !== tag) throw new RangeError('unexpected ASN.1 structure')
  return child
}

/** The bytes of an OCTET STRING, also of one written in pieces. */
export const octetsOf = (value: DerValue): Buffer =>
  (value.tag & 0x20) === 0 ? value.body : Buffer.concat(childrenOf(value).map(octetsOf))

/** `1.2.840.113549…` */
export function oidOf(value: DerValue): string {
  if (value.tag !== Tag.oid) throw new RangeError('unexpected ASN.1 structure')
  const parts: bigint[] = []
  let part = 0n
  for (const octet of value.body) {
    part = part * 128n + BigInt(octet & 0x7f)
    if (octet >= 0x80) continue
    parts.push(part)
    part = 0n
  }
  const [head = 0n, ...tail] = parts
  const root = head < 40n ? 0n : head < 80n ? 1n : 2n
  return [root, head - root * 40n, ...tail].join('.')
}

/** The text of a string type, or null for anything else. */
export function textOf({ tag, body }: DerValue): string | null {
  switch (tag) {
    case 0x0c:
      return body.toString('utf8')
    case 0x12:
    case 0x13:
    case 0x16:
    case 0x1a:
    case 0x1b:
      return body.toString('ascii')
    case 0x14:
      return body.toString('latin1')
    case 0x1e:
      return Buffer.from(body.subarray(0, body.length & ~1))
        .swap16()
        .toString('utf16le')
    default:
      return null
  }
}
