import { suggestion } from '../base/suggest.ts'
import type { TransportData } from '../vocabulary/vocabulary.ts'
import { parseUri } from './uri.ts'

/** Where the twin is looked for: `tcp://host:port`, or `ssl://host:port` for TLS, as PairSettings.activeUris wants them. */
export interface TwinAddress {
  readonly uri: string
  readonly host: string
  readonly tls: boolean
}

export interface TwinUri {
  readonly addresses: readonly TwinAddress[]
  /** Sentences about options that have no effect here. */
  readonly notes: readonly string[]
}

interface Problem {
  readonly problem: string
  readonly hint: string | null
}

const SHAPE = 'write tcp://host:port, or failover:(tcp://host1:port,tcp://host2:port)'
const DISCOVERY = 'the pair is two nodes that know one another by name: nobody is looked for on the network'

/** Schemes that ActiveMQ could connect by and the pair does not. */
const REFUSED: Readonly<Record<string, string>> = {
  discovery: DISCOVERY,
  multicast: DISCOVERY,
  zeroconf: DISCOVERY,
  rendezvous: DISCOVERY,
  vm: 'the active is another process, on another machine if it can be',
  peer: DISCOVERY,
  fanout: 'a passive has one active',
  udp: 'the journal goes over a reliable connection only',
  http: 'the journal does not go over HTTP',
  https: 'the journal does not go over HTTP',
  ws: 'the journal does not go over WebSocket: name a tcp or ssl connector of the active',
  wss: 'the journal does not go over WebSocket: name a tcp or ssl connector of the active',
}

/** The connecting side's options of ActiveMQ (config 4.6); how this broker reconnects is set by -Dtandemmq.pair.… */
const OPTIONS = [
  'initialReconnectDelay',
  'maxReconnectDelay',
  'useExponentialBackOff',
  'backOffMultiplier',
  'reconnectDelayExponent',
  'maxReconnectAttempts',
  'startupMaxReconnectAttempts',
  'randomize',
  'backup',
  'backupPoolSize',
  'priorityBackup',
  'priorityURIs',
  'timeout',
  'trackMessages',
  'maxCacheSize',
  'updateURIsSupported',
  'warnAfterReconnectAttempts',
  'rebalanceUpdateURIs',
  'connectionTimeout',
  'soTimeout',
  'soWriteTimeout',
  'soLinger',
  'keepAlive',
  'tcpNoDelay',
  'tcpNoDelayEnabled',
  'trace',
  'useLocalHost',
  'connectionInterruptProcessingComplete',
  'maxInactivityDuration',
]
const PREFIXES = /^(wireFormat|socket|transport|jms|nested)\./

/** `tcp://host:port`, or a list of them in failover:(…) or static:(…), nested as ActiveMQ allows (config 3.2, 4.6). */
export function parseTwinUri(text: string, transports: TransportData): TwinUri | Problem {
  const notes: string[] = []
  const addresses: TwinAddress[] = []
  const problem = collect(text.trim(), { transports, notes, addresses }, 0)
  if (problem !== null) return problem
  if (addresses.length === 0) return { problem: 'names no address', hint: SHAPE }
  return { addresses, notes: [...new Set(notes)] }
}

interface Gathering {
  readonly transports: TransportData
  readonly notes: string[]
  readonly addresses: TwinAddress[]
}

function collect(text: string, into: Gathering, depth: number): Problem | null {
  const composite = /^(failover|static|masterslave):(?:\/\/)?(.*)$/is.exec(text)
  if (composite === null) return single(text, into)
  if (depth > 3) return { problem: 'is nested too deeply', hint: SHAPE }
  const rest = composite[2] ?? ''
  let inner = rest
  if (rest.startsWith('(')) {
    const close = closing(rest)
    if (close < 0) return { problem: 'has parentheses that do not match', hint: SHAPE }
    const tail = rest.slice(close + 1)
    if (!/^(\/[^?]*)?(\?.*)?$/s.test(tail)) return { problem: 'goes on after its closing parenthesis', hint: SHAPE }
    const judged = judgeOptions(tail.replace(/^[^?]*\??/s, ''), into.notes)
    if (judged !== null) return judged
    inner = rest.slice(1, close)
  }
  for (const part of split(inner)) {
    const problem = collect(part, into, depth + 1)
    if (problem !== null) return problem
  }
  return null
}

function single(text: string, { transports, notes, addresses }: Gathering): Problem | null {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase() ?? ''
  const refused = Object.hasOwn(REFUSED, scheme) ? REFUSED[scheme] : undefined
  if (refused !== undefined) return { problem: `has the scheme ${scheme}:, which is refused: ${refused}`, hint: SHAPE }
  const parsed = parseUri(text)
  if ('problem' in parsed) return { problem: parsed.problem, hint: SHAPE }
  const word = Object.hasOwn(transports.schemes, scheme) ? transports.schemes[scheme] : undefined
  if (word?.verdict !== 'HONOUR') {
    const usable = Object.entries(transports.schemes).flatMap(([name, { verdict, transport }]) =>
      verdict === 'HONOUR' && transport === 'tcp' ? [name] : [],
    )
    return { problem: `has the scheme ${scheme}:, by which no twin connects`, hint: suggestion(scheme, usable) }
  }
  if (parsed.host === '' || parsed.port === null || parsed.port === 0)
    return { problem: `names no host and port in "${scheme}:"`, hint: SHAPE }
  if (/^(0\.0\.0\.0|::)$/.test(parsed.host))
    return { problem: `names ${parsed.host}, which is every address and none`, hint: SHAPE }
  const judged = judgeOptions([...parsed.options].map(([name, value]) => `${name}=${value}`).join('&'), notes)
  if (judged !== null) return judged
  const tls = word.tls === true
  const host = parsed.host.includes(':') ? `[${parsed.host}]` : parsed.host
  const uri = `${tls ? 'ssl' : 'tcp'}://${host}:${parsed.port}`
  if (!addresses.some(known => known.uri === uri)) addresses.push({ uri, host: parsed.host, tls })
  return null
}

function judgeOptions(query: string, notes: string[]): Problem | null {
  for (const part of query.split('&')) {
    const name = part.split('=')[0]?.trim() ?? ''
    if (name === '') continue
    if (/(^|\.)verifyHostName$/i.test(name)) {
      if (/=\s*false\s*$/i.test(part))
        notes.push(`"${name}=false" is not served: the active's certificate must carry the host name of the URI`)
    } else if (OPTIONS.includes(name) || PREFIXES.test(name)) {
      notes.push(`"${name}" has no effect: a passive tries again for ever, and -Dtandemmq.pair.… sets its times`)
    } else return { problem: `has an unknown option "${name}"`, hint: suggestion(name, OPTIONS) }
  }
  return null
}

/** At commas outside parentheses. */
function split(text: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++
    else if (text[i] === ')') depth--
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(from, i))
      from = i + 1
    }
  }
  parts.push(text.slice(from))
  return parts.map(part => part.trim()).filter(part => part !== '')
}

/** Where the parenthesis that `text` starts with is closed; -1: nowhere. */
function closing(text: string): number {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++
    else if (text[i] === ')' && --depth === 0) return i
  }
  return -1
}
