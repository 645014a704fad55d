import { TandemError } from '../base/errors.ts'

/** One port of a broker. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  /** `tcp://host:port`, as it may be shown. */
  readonly text: string
}

/** How often and how patiently a client dials; times in ms. */
export interface Redial {
  /** Rounds over all addresses before the first connection; -1 without end. */
  readonly roundsAtStart: number
  /** Rounds after a connection was lost; 0 gives up at once, -1 without end. */
  readonly rounds: number
  /** The pause after the first round; each further one is twice as long, up to `pauseMax`. */
  readonly pause: number
  readonly pauseMax: number
}

/** What a `--brokerUrl` says: one broker, or all the places where it may be. */
export interface BrokerUrl {
  readonly text: string
  readonly addresses: readonly Address[]
  readonly redial: Redial
}

/** A single address is dialled once: who names no other place wants to know at once. */
const ONCE: Redial = { roundsAtStart: 1, rounds: 0, pause: 0, pauseMax: 0 }
/** ActiveMQ's failover transport tries for ever, from 10 ms to 30 s; here a pause is at most 5 s. */
const FAILOVER: Redial = { roundsAtStart: -1, rounds: -1, pause: 10, pauseMax: 5000 }

/** Is it TLS? By scheme, as ActiveMQ's connectors and clients write them. */
const SCHEMES: Readonly<Record<string, boolean>> = {
  stomp: false,
  'stomp+nio': false,
  tcp: false,
  nio: false,
  auto: false,
  'auto+nio': false,
  ssl: true,
  'nio+ssl': true,
  'stomp+ssl': true,
  'stomp+nio+ssl': true,
  'auto+ssl': true,
  'auto+nio+ssl': true,
}
const STOMP_PORT = 61613
const STOMP_TLS_PORT = 61612

/**
 * Reads `stomp://host:port`, `ssl://…`, or `failover:(tcp://a:61613,tcp://b:61613)?maxReconnectAttempts=5`. Options that are not about redialling
 * concern ActiveMQ's own protocol and say nothing here. Throws CLIENT_ADDRESS, without repeating a password.
 */
export function parseBrokerUrl(text: string): BrokerUrl {
  const failover = /^failover:(?:\/\/)?(.*)$/s.exec(text.trim())
  if (failover === null) return { text: text.trim(), addresses: [parseAddress(text.trim())], redial: ONCE }
  const inner = failover[1] ?? ''
  const end = inner.startsWith('(') ? inner.lastIndexOf(')') : -1
  if (inner.startsWith('(') && end < 0) throw wrong('failover:( lacks its )')
  const list = end < 0 ? inner.replace(/\?.*$/s, '') : inner.slice(1, end)
  const query = inner.slice(end < 0 ? list.length : end + 1).replace(/^\?/, '')
  const addresses = list.split(',').map(each => parseAddress(each.trim()))
  return { text: text.trim(), addresses, redial: redialOf(new URLSearchParams(query)) }
}

function redialOf(options: URLSearchParams): Redial {
  const number = (name: string, otherwise: number): number => {
    const given = options.get(name)
    if (given === null) return otherwise
    if (!/^-?\d{1,9}$/.test(given)) throw wrong(`${name}=${given} is no whole number`)
    return Number(given)
  }
  const rounds = number('maxReconnectAttempts', FAILOVER.rounds)
  const atStart = number('startupMaxReconnectAttempts', -1)
  return {
    // 0 was "for ever" up to ActiveMQ 5.5 and is "never again" since: the first connection is tried all the same.
    roundsAtStart: atStart > 0 ? atStart : rounds < 0 ? -1 : Math.max(1, rounds),
    rounds,
    pause: number('initialReconnectDelay', FAILOVER.pause),
    pauseMax: number('maxReconnectDelay', FAILOVER.pauseMax),
  }
}

/** Reads one `scheme://host[:port][?options]`. Throws CLIENT_ADDRESS. */
export function parseAddress(text: string): Address {
  const [, scheme = '', rest = ''] = /^([\w+]+):\/\/(.*)$/s.exec(text) ?? []
  const tls = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined
  if (rest.includes('@'))
    throw wrong('an address holds no login; give --user, and --password-file or TANDEMMQ_PASSWORD')
  if (tls === undefined) {
    const what = scheme === '' ? `"${text}" is no address` : `the scheme ${scheme}:// is not spoken here`
    throw wrong(`${what}; write stomp://HOST:PORT, stomp+ssl://HOST:PORT or failover:(ADDRESS,ADDRESS)`)
  }
  const [, host = '', port = ''] = /^(\[[\da-fA-F:.]+\]|[^:/?[\]]+)(?::(\d{1,5}))?\/?(?:\?.*)?$/s.exec(rest) ?? []
  if (host === '' || Number(port) > 65_535) throw wrong(`"${text}" is no address like stomp://HOST:PORT`)
  const number = port === '' ? (tls ? STOMP_TLS_PORT : STOMP_PORT) : Number(port)
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: number, tls, text: `${scheme}://${host}:${number}` }
}

const wrong = (what: string): TandemError => new TandemError('CLIENT_ADDRESS', what)
