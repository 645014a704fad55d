import type { Position } from '../base/errors.ts'
import { isLoopback, type ConnectorConfig } from '../config/config.ts'
import { listed, type PairFile } from './pair-answers.ts'

/** `tcp://host:port` or `ssl://host:port`, as the loader writes the addresses of a twin. */
export interface TwinAddress {
  readonly uri: string
  readonly host: string
  readonly port: number
  readonly tls: boolean
}

/** sure: it is that connector. name: a host name stands between, which is not resolved here. told: announced by -D. */
export type Certainty = 'sure' | 'name' | 'told'

export type Reach =
  | { readonly is: 'reached'; readonly connector: ConnectorConfig; readonly certainty: Certainty }
  | { readonly is: 'missed'; readonly why: string; readonly hint: string; readonly at: Position | null }

export function addressOf(uri: string): TwinAddress {
  const [, scheme = 'tcp', host = '', port = '0'] = /^(\w+):\/\/\[?([^\]]*?)\]?:(\d+)$/.exec(uri) ?? []
  return { uri, host, port: Number(port), tls: scheme === 'ssl' }
}

export const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::' || host === ''
export const isLiteral = (host: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || host.includes(':')

/** Does whoever dials `named` come to a socket bound to `listens`? */
function meets(listens: string, named: string): 'yes' | 'no' | 'name' {
  const [a, b] = [listens.toLowerCase(), named.toLowerCase()]
  if (isWildcard(a) || a === b) return a === '0.0.0.0' && b.includes(':') ? 'no' : 'yes'
  // "localhost" is whichever loopback address answers; two literal ones are two addresses.
  if (isLoopback(a) && isLoopback(b)) return a === 'localhost' || b === 'localhost' ? 'yes' : 'no'
  // A name that leads to a loopback address would be one on the machine itself.
  if (isLoopback(a) || isLoopback(b)) return 'no'
  return isLiteral(a) && isLiteral(b) ? 'no' : 'name'
}

/** Which connector of `to` an address leads to, without resolving any name. */
export function reach(address: TwinAddress, to: PairFile): Reach {
  const { connectors, pair } = to.config
  const announced = pair.announce?.includes(address.uri) === true
  const atPort = connectors.filter(({ port }) => port === address.port)
  const usable = connectors.filter(({ transport, tls }) => transport === 'tcp' && tls === address.tls)
  const there = atPort.filter(({ host }) => meets(host, address.host) !== 'no')
  const good = there.find(({ transport, tls }) => transport === 'tcp' && tls === address.tls)
  if (good !== undefined)
    return { is: 'reached', connector: good, certainty: meets(good.host, address.host) === 'yes' ? 'sure' : 'name' }
  const [behind] = usable
  if (announced && behind !== undefined) return { is: 'reached', connector: behind, certainty: 'told' }
  return missed(address, to, there[0], atPort[0], usable)
}

function missed(
  address: TwinAddress,
  to: PairFile,
  there: ConnectorConfig | undefined,
  atPort: ConnectorConfig | undefined,
  usable: readonly ConnectorConfig[],
): Reach {
  const hint = `name ${instead(address, to, usable)}`
  if (there !== undefined) return { is: 'missed', why: mismatch(address, there), hint, at: there.at }
  if (atPort !== undefined) {
    const only = isLoopback(atPort.host) ? 'its own machine only' : `${atPort.host} only`
    const why = `connector "${atPort.name}" has that port, but listens on ${atPort.host}: ${only}`
    const bind = `let "${atPort.name}" listen on 0.0.0.0 or on the address of ${address.host}, or ${hint}`
    return { is: 'missed', why, hint: bind, at: atPort.at }
  }
  const closed = unopened(address.port, to)
  if (closed !== null) {
    const whose = `port ${address.port} belongs to a connector for ${closed.scheme}`
    const why = closed.waits
      ? `${whose} with autoStart="false", which opens later`
      : `${whose}, which is not opened here`
    return { is: 'missed', why, hint, at: closed.at }
  }
  return { is: 'missed', why: `no connector has port ${address.port}`, hint, at: to.config.connectors[0]?.at ?? null }
}

function mismatch({ tls }: TwinAddress, connector: ConnectorConfig): string {
  const name = `connector "${connector.name}" (${connector.scheme})`
  if (connector.transport === 'ws') return `${name} speaks WebSocket, by which no passive attaches`
  return tls ? `${name} does not use TLS` : `${name} uses TLS`
}

/** The addresses that would do, or what is missing for one. */
function instead({ host, tls }: TwinAddress, to: PairFile, usable: readonly ConnectorConfig[]): string {
  const others = to.config.connectors.filter(({ transport, port }) => transport === 'tcp' && port !== 0)
  const known = usable.filter(({ port }) => port !== 0)
  const choice = (known.length > 0 ? known : others).map(connector => {
    const at = isWildcard(connector.host) ? host : connector.host
    return `${connector.tls ? 'ssl' : 'tcp'}://${at.includes(':') ? `[${at}]` : at}:${connector.port}`
  })
  if (choice.length === 0)
    return `a ${tls ? 'ssl' : 'tcp'} or stomp connector with a fixed port, and add one to that file`
  return listed([...new Set(choice)]).replace(/ and /g, ' or ')
}

/** A transportConnector of the file that this broker does not open (AMQP, MQTT, HTTP), or not by itself. */
function unopened(
  port: number,
  { broker, config }: PairFile,
): { readonly scheme: string; readonly at: Position; readonly waits: boolean } | null {
  for (const item of broker.slots.get('transportConnectors') ?? []) {
    if (item.kind !== 'object') continue
    const uri = item.object.values.get('uri')
    const match = /^([\w+]+):\/\/(?:\[[^\]]*\]|[^:/?]*):(\d+)/.exec(uri?.text.trim() ?? '')
    if (match === null || uri === undefined || Number(match[2]) !== port) continue
    if (config.connectors.some(({ at }) => at === uri.at)) continue
    return { scheme: match[1] ?? '', at: uri.at, waits: item.object.values.get('autoStart')?.text === 'false' }
  }
  return null
}

/**
 * Do both run on one machine? By loopback: yes. Two addresses or names, or one address that both could not have: no.
 * Else nothing in the files says it.
 */
export function sameMachine(active: PairFile, passive: PairFile): 'yes' | 'no' | 'unknown' {
  const uris = [passive, active].flatMap(({ config }) => config.pair.activeConnector?.uris ?? []).map(addressOf)
  if (uris.some(({ host }) => isLoopback(host))) return 'yes'
  const own = (file: PairFile): readonly string[] =>
    file.config.connectors.map(({ host }) => host).filter(host => !isWildcard(host) && !isLoopback(host))
  if (own(active).some(host => own(passive).includes(host))) return 'yes'
  const taken = active.config.connectors.some(one =>
    passive.config.connectors.some(({ port, host }) => port !== 0 && port === one.port && isWildcard(host)),
  )
  const named = [...own(active), ...uris.map(({ host }) => host)]
  const apart = own(passive).length > 0 && named.length > 0 && own(passive).every(host => !named.includes(host))
  return taken || apart ? 'no' : 'unknown'
}
