/** A second opinion on STOMP: how values are read on their way in, and MESSAGE frames on their way out. */

/** What a value on the wire means to the broker, by the sender's version (0, 1, 2 for 1.0, 1.1, 1.2; S-FRM-05, 06, 10, 14). */
export function meant(wire: Buffer, version: number): string {
  let text = wire.toString('latin1')
  if (version !== 1) text = text.replace(/\r$/, '')
  if (version === 0) text = text.replace(/^[\0-\x20]+|[\0-\x20]+$/g, '')
  const decoded = Buffer.from(text, 'latin1').toString('utf8')
  return decoded.replace(/\\([nc\\r])/g, (all, letter: string) => {
    if (letter === 'r') return version === 2 ? '\r' : all
    return letter === 'n' ? '\n' : letter === 'c' ? ':' : '\\'
  })
}

/** What a consumer of this version can be told of a value: 1.0 has no line ends (S-FRM-12a). */
export const tellable = (value: string, version: number): string =>
  version === 0 ? value.replace(/[\n\r\0]/g, ' ') : value

export interface Decoded {
  readonly command: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** Bytes behind the frame. */
  readonly rest: Buffer
}

/** One frame as a client of this version reads it. Throws when it is not one. */
export function readFrame(bytes: Buffer, version: number): Decoded {
  let at = bytes.indexOf(10)
  const command = bytes.toString('utf8', 0, at++)
  const headers = new Map<string, string>()
  for (;;) {
    const end = bytes.indexOf(10, at)
    if (end < 0) throw new Error('the headers do not end')
    const line = bytes.toString('utf8', at, end)
    at = end + 1
    if (line === '') break
    const colon = line.indexOf(':')
    if (colon < 0) throw new Error(`a line without colon: ${line}`)
    const [name, value] = [line.slice(0, colon), decoded(line.slice(colon + 1), version)]
    if (headers.has(name)) throw new Error(`${name} is given twice`)
    headers.set(name, value)
  }
  const length = headers.get('content-length')
  const end = length === undefined ? bytes.indexOf(0, at) : at + Number(length)
  if (bytes[end] !== 0) throw new Error('no NUL behind the body')
  const rest = bytes.subarray(end + 1)
  return { command, headers, body: bytes.subarray(at, end), rest: rest[0] === 10 ? rest.subarray(1) : rest }
}

/** 1.1 and 1.2 allow no escape but their own, and no raw colon or (in 1.2) CR, from a server that escapes them. */
function decoded(value: string, version: number): string {
  if (version === 0) return value
  if (/:/.test(value) || (version === 2 && value.includes('\r'))) throw new Error(`not escaped: ${value}`)
  return value.replace(/\\(.?)/gs, (_, letter: string) => {
    const meaning = { n: '\n', c: ':', '\\': '\\', ...(version === 2 && { r: '\r' }) }[letter]
    if (meaning === undefined) throw new Error(`the escape \\${letter} is not of this version`)
    return meaning
  })
}
