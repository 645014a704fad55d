/** One address at which a twin may be. */
export interface TwinUri {
  /** As it was written, for logs; it holds no secret. */
  readonly text: string
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** `verifyHostName=false`: the certificate must be trusted, but may be another host's. */
  readonly verifyHostName: boolean
  /** `serverName=…`: the host that the certificate is for, where the address is given by number; null: `host`. */
  readonly serverName: string | null
}

/** Is `other` the same door as `uri`, by number instead of by the name that its certificate is for? */
export const isByNumber = (uri: TwinUri, other: TwinUri): boolean =>
  uri.tls && other.tls && other.serverName === uri.host && other.port === uri.port

const PLAIN = ['tcp', 'nio', 'stomp', 'stomp+nio', 'auto', 'auto+nio']
const TLS = ['ssl', 'nio+ssl', 'stomp+ssl', 'stomp+nio+ssl', 'auto+ssl', 'auto+nio+ssl', 'tls']
const COMPOSITE = /^(?:failover|static|masterslave|fanout|nested|list):(?:\/\/)?/i

/**
 * The addresses in URIs as ActiveMQ writes them, in order: `tcp://host:port`, `ssl://…`, `failover:(a,b)?…`,
 * `static:(…)`, `masterslave:(…)`, lists with commas. Options are of no use here (this side retries by its own rules), but
 * for `verifyHostName` and `socket.verifyHostName`. Answers a sentence when one of them is no such URI or names no port:
 * a guess could reach another broker.
 */
export function readTwinUris(texts: readonly string[]): TwinUri[] | { readonly problem: string } {
  const uris: TwinUri[] = []
  for (const text of texts) {
    const problem = read(text.trim(), uris, 0)
    if (problem !== null) return { problem }
  }
  return uris.length > 0 ? uris : { problem: 'no address of the twin is given, such as tcp://host:61613' }
}

function read(text: string, into: TwinUri[], depth: number): string | null {
  if (depth > 4) return `${text}: lists inside lists inside lists`
  const parts = split(text)
  if (parts === null) return `${text}: its brackets do not match`
  if (parts.length !== 1) return firstProblem(parts, into, depth)
  const composite = COMPOSITE.exec(text)
  if (composite === null) return readOne(text, into)
  const rest = text.slice(composite[0].length)
  if (!rest.startsWith('(')) return read(rest, into, depth + 1)
  const end = closing(rest)
  const inside = split(rest.slice(1, end))
  if (inside === null) return `${text}: its brackets do not match`
  return firstProblem(inside, into, depth)
}

function firstProblem(parts: readonly string[], into: TwinUri[], depth: number): string | null {
  for (const part of parts) {
    const problem = part.trim() === '' ? null : read(part.trim(), into, depth + 1)
    if (problem !== null) return problem
  }
  return null
}

/** By the commas that are outside of brackets; null when these do not match. */
function split(text: string): string[] | null {
  const parts: string[] = []
  let open = 0
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') open++
    else if (text[i] === ')') open--
    else if (text[i] === ',' && open === 0) {
      parts.push(text.slice(start, i))
      start = i + 1
    }
    if (open < 0) return null
  }
  parts.push(text.slice(start))
  return open === 0 ? parts : null
}

/** Where the bracket closes that opens at 0; the brackets are known to match. */
function closing(text: string): number {
  let open = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') open++
    else if (text[i] === ')' && --open === 0) return i
  }
  return text.length
}

function readOne(text: string, into: TwinUri[]): string | null {
  const match =
    /^([a-z][a-z0-9+.-]*):(?:\/\/)?(?:[^@/?]*@)?(\[[^\]]*\]|[^:/?[\]\s]*)(?::(\d{1,5}))?(?:\/[^?]*)?(?:\?(.*))?$/i.exec(
      text,
    )
  if (match === null) return `${text}: not an address such as tcp://host:61613`
  const [, scheme = '', host = '', port = '', options = ''] = match
  const tls = TLS.includes(scheme.toLowerCase())
  if (!tls && !PLAIN.includes(scheme.toLowerCase()))
    return `${text}: a twin is not reached by ${scheme}; name one of its connectors as tcp://, stomp://, nio:// or ssl://`
  if (host === '') return `${text}: it names no host`
  if (port === '')
    return `${text}: it names no port; write the port of the twin's connector, such as ${scheme}://${host}:61613`
  if (Number(port) === 0 || Number(port) > 65_535) return `${text}: ${port} is not a port`
  const verifyHostName = !/(?:^|&)(?:socket\.)?verifyHostName=false(?:&|$)/i.test(options)
  const serverName = /(?:^|&)serverName=([\w.-]+)(?:&|$)/.exec(options)?.[1] ?? null
  into.push({
    text: shown(text),
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port),
    tls,
    verifyHostName,
    serverName,
  })
  return null
}

/** Without options and without a user, where a password could stand. */
const shown = (text: string): string => text.replace(/\?.*$/s, '').replace(/\/\/[^@/]*@/, '//')
