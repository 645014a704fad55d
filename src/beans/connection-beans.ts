import { isQueueKind, isTemporaryKind } from '../base/destination.ts'
import { TandemError } from '../base/errors.ts'
import type { ConnectorConfig } from '../config/config.ts'
import {
  ACTIVEMQ,
  BeanError,
  Type,
  beanClass,
  encodeValue,
  type AttributeRow,
  type Bean,
  type OperationRow,
} from '../management/management.ts'
import type { Session } from '../session/session.ts'
import type { Desk } from './desk.ts'
import type { OpenConnector } from './host.ts'
import { producerIdOf } from './names.ts'
import { listSource, type BeanSource } from './sources.ts'

/** One transportConnector, open or not. */
interface ConnectorView {
  readonly desk: Desk
  readonly config: ConnectorConfig
  /** Null: it is not open. */
  readonly open: OpenConnector | null
}

/** One connection of a client. */
interface ConnectionView {
  readonly desk: Desk
  readonly session: Session
}

const JMX = 'org.apache.activemq.broker.jmx'

const no = (what: string): BeanError => new BeanError('java.lang.UnsupportedOperationException', what)

const CONNECTOR = beanClass<ConnectorView>({
  className: `${JMX}.ConnectorView`,
  description: 'A transport connector.',
  // Management AC-01.
  attributes: [
    ['Name', Type.string, 'Its name.', c => c.config.name],
    ['URI', Type.string, 'Where it listens.', uriOf],
    ['ConnectURI', Type.string, 'Where clients reach it.', uriOf],
    ['PublishableConnectURI', Type.string, 'Where clients are told to reach it.', uriOf],
    ['BrokerName', Type.string, 'The name of its broker.', c => c.desk.host.config.brokerName],
    ['Started', Type.boolean, 'It lets clients in.', c => c.open !== null],
    ['AutoStart', Type.boolean, 'It opens with the broker.', c => c.config.autoStart],
    ['ConnectionCount', Type.int, 'Its connections.', connectionCount],
    ['StatisticsEnabled', Type.boolean, 'Statistics are counted.', () => true],
    [
      'AllowLinkStealingEnabled',
      Type.boolean,
      'A client id goes to whoever takes it last.',
      c => c.config.allowLinkStealing,
    ],
    ['UpdateClusterClients', Type.boolean, 'Clients are told of other brokers.', () => false],
    ['RebalanceClusterClients', Type.boolean, 'Clients are asked to move to other brokers.', () => false],
    ['UpdateClusterClientsOnRemove', Type.boolean, 'Clients are told when a broker leaves.', () => false],
    ['UpdateClusterFilter', Type.string, 'Of which brokers clients are told.', () => null],
    ['MaxConnectionExceededCount', Type.long, 'Connections that were one too many.', c => c.open?.turnedAway ?? 0],
    ['MaximumProducersAllowedPerConnection', Type.int, 'Producers that a connection may have.', () => 2 ** 31 - 1],
    [
      'MaximumConsumersAllowedPerConnection',
      Type.int,
      'Subscriptions that a connection may have.',
      c => c.config.maximumConsumersAllowedPerConnection,
    ],
  ] satisfies AttributeRow<ConnectorView>[],
  operations: [
    { name: 'connectionCount', returns: Type.int, does: 'Counts its connections.', reads: true, call: connectionCount },
    {
      name: 'start',
      does: 'Opens it, after stop() or where autoStart is false.',
      call: startConnector,
    },
    {
      name: 'stop',
      does: 'Closes its port and ends its connections, until start() or the next start of the broker.',
      call: ({ desk, config }) => desk.host.stopConnector(config.name),
    },
    { name: 'resetStatistics', does: 'There is nothing that a connector counts apart.', call: () => {} },
    { name: 'enableStatistics', does: 'Statistics are counted: they always are.', call: () => {} },
    {
      name: 'disableStatistics',
      does: 'Not here: statistics cost nothing.',
      call: () => {
        throw no('disableStatistics: statistics cost nothing here, and are always counted')
      },
    },
  ] satisfies OperationRow<ConnectorView>[],
})

/** A port that cannot be had is told as ActiveMQ tells it. */
async function startConnector(connector: ConnectorView): Promise<void> {
  const { desk, config } = connector
  try {
    await desk.host.startConnector(config.name)
  } catch (error) {
    if (!(error instanceof TandemError) || error.code !== 'TRANSPORT_BIND') throw error
    const { message, hint } = error
    const why = hint === undefined ? message : `${message}; ${hint}`
    throw new BeanError('java.io.IOException', `Failed to bind to server socket: ${uriOf(connector)} due to: ${why}`)
  }
}

function uriOf({ config, open }: ConnectorView): string {
  const { address, port } = open?.address ?? { address: config.host, port: config.port }
  return `${config.scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`
}

function connectionCount({ open }: ConnectorView): number {
  let count = 0
  for (const { session } of open?.connections ?? []) if (isClient(session)) count++
  return count
}

/** It said CONNECT, has not ended, and is not the twin's. */
const isClient = ({ connected, ended, replication }: Session): boolean => connected && !ended && replication === null

const CONNECTION = beanClass<ConnectionView>({
  className: `${JMX}.ConnectionView`,
  description: 'A connection of a client.',
  // Management AN-01.
  attributes: [
    ['ClientId', Type.string, 'Its client id.', c => c.session.clientId],
    ['ConnectionId', Type.string, 'Its id.', c => c.session.id],
    ['RemoteAddress', Type.string, 'Where it comes from.', c => c.session.link.remote],
    ['UserName', Type.string, 'Who logged in.', c => c.session.identity.user],
    ['Active', Type.boolean, 'It is connected.', c => !c.session.closed],
    ['Connected', Type.boolean, 'It is connected.', c => !c.session.closed],
    ['ConnectedTimestamp', Type.long, 'When it connected, ms since 1970.', c => c.session.traffic.since],
    ['Blocked', Type.boolean, 'It waits for space.', c => c.session.parked.count > 0],
    [
      'Slow',
      Type.boolean,
      'One of its subscriptions does not keep up.',
      c => [...c.session.allSubscriptions].some(({ slow }) => slow),
    ],
    [
      'DispatchQueueSize',
      Type.int,
      'Messages that wait for its subscriptions.',
      c => [...c.session.allSubscriptions].reduce((sum, { pending }) => sum + pending, 0),
    ],
    ['ActiveTransactionCount', Type.int, 'Its open transactions.', c => c.session.transactions.size],
    [
      'OldestActiveTransactionDuration',
      Type.longObject,
      'ms that its oldest transaction has been open.',
      oldestTransaction,
    ],
    [
      'Consumers',
      Type.names,
      'Its subscriptions.',
      c => [...c.session.allSubscriptions].map(one => c.desk.names.subscription(one)),
    ],
    ['Producers', Type.names, 'Its producer.', c => [c.desk.names.producer(c.session)]],
    ['FaultTolerantConnection', Type.boolean, 'It finds another broker by itself.', () => false],
    ['Manageable', Type.boolean, 'It can be told to go elsewhere.', () => false],
    ['NetworkConnection', Type.boolean, 'It is that of a network bridge.', () => false],
    [
      'WireFormatInfo',
      Type.string,
      'The version of STOMP that it speaks.',
      c => `STOMP ${['1.0', '1.1', '1.2'][c.session.version]}`,
    ],
  ] satisfies AttributeRow<ConnectionView>[],
  operations: [
    { name: 'start', does: 'Nothing: it is served already.', call: () => {} },
    { name: 'stop', does: 'Drops the client.', call: drop },
  ] satisfies OperationRow<ConnectionView>[],
})

function oldestTransaction({ desk, session }: ConnectionView): number | null {
  const now = desk.host.now()
  let longest: number | null = null
  for (const { since } of session.transactions.values()) longest = Math.max(longest ?? 0, now - since)
  return longest
}

function drop({ desk, session }: ConnectionView): void {
  desk.host.log.info(`${session.link.remote}: dropped by an administrator`, {
    code: 'CLIENT_DROPPED',
    remote: session.link.remote,
  })
  session.end()
  session.link.end()
}

const PRODUCER = beanClass<ConnectionView>({
  className: `${JMX}.DynamicProducerView`,
  description: 'What a connection sends, wherever to.',
  // Management AP-01.
  attributes: [
    ['ClientId', Type.string, 'The client id of its connection.', p => p.session.clientId],
    ['ConnectionId', Type.string, 'The id of its connection.', p => p.session.id],
    ['ProducerId', Type.string, 'Its id.', p => producerIdOf(p.session)],
    ['SessionId', Type.long, 'Its session: STOMP has one for each connection.', () => -1],
    ['UserName', Type.string, 'Who logged in.', p => p.session.identity.user],
    ['DestinationName', Type.string, 'Where it sent to last.', p => lastTarget(p)?.name ?? 'NOTSET'],
    ['DestinationQueue', Type.boolean, 'That is a queue.', p => isQueueKind(lastTarget(p)?.kind ?? 1)],
    [
      'DestinationTopic',
      Type.boolean,
      'That is a topic.',
      p => lastTarget(p) !== null && !isQueueKind(lastTarget(p)!.kind),
    ],
    ['DestinationTemporary', Type.boolean, 'That is temporary.', p => isTemporaryKind(lastTarget(p)?.kind ?? 0)],
    ['SentCount', Type.long, 'Messages that it sent.', p => p.session.sends],
    ['ProducerBlocked', Type.boolean, 'It waits for space.', p => p.session.parked.count > 0],
    ['TotalTimeBlocked', Type.long, 'ms that it waited for space.', p => p.session.parked.waited],
    ['PercentageBlocked', Type.int, 'Per cent of its time that it waited for space.', percentBlocked],
    ['ProducerWindowSize', Type.int, 'Bytes that it may send unconfirmed; 0 no limit.', () => 0],
    ['DispatchAsync', Type.boolean, 'It is served by turns.', () => false],
  ] satisfies AttributeRow<ConnectionView>[],
  operations: [{ name: 'resetStatistics', does: 'There is nothing that it counts apart.', call: () => {} }],
})

const lastTarget = ({ session }: ConnectionView): { readonly kind: 0 | 1 | 2 | 3; readonly name: string } | null =>
  session.lastTarget?.names[0] ?? null

function percentBlocked({ desk, session }: ConnectionView): number {
  const lived = desk.host.now() - session.traffic.since
  return lived <= 0 ? 0 : Math.min(100, Math.floor((session.parked.waited * 100) / lived))
}

const brokerKeys = (desk: Desk, ...more: [string, string | null][]): Map<string, string | null> =>
  new Map([['type', 'Broker'], ['brokerName', encodeValue(desk.host.config.brokerName)], ...more])

/** Connectors, connections (each twice) and what connections send (management ON-06 … ON-08). */
export function connectionBeans(desk: Desk): BeanSource[] {
  const connector: [string, string | null][] = [
    ['connector', 'clientConnectors'],
    ['connectorName', null],
  ]
  const producer: [string, string | null][] = [
    ['endpoint', 'dynamicProducer'],
    ['clientId', null],
    ['producerId', null],
  ]
  return [
    listSource(ACTIVEMQ, brokerKeys(desk, ...connector), () => connectors(desk)),
    ...(['clientId', 'remoteAddress'] as const).map(by =>
      listSource(ACTIVEMQ, brokerKeys(desk, ...connector, ['connectionViewType', by], ['connectionName', null]), () =>
        connections(desk, by),
      ),
    ),
    listSource(ACTIVEMQ, brokerKeys(desk, ...producer), () => producers(desk)),
  ]
}

function* connectors(desk: Desk): Generator<Bean> {
  for (const config of desk.host.config.connectors) {
    const open = desk.host.listeners.find(({ options }) => options.name === config.name) ?? null
    const target: ConnectorView = { desk, config, open }
    yield { name: desk.names.connector(config.name), kind: CONNECTOR, target }
  }
}

function* connections(desk: Desk, by: 'clientId' | 'remoteAddress'): Generator<Bean> {
  for (const { options, connections: open } of desk.host.listeners)
    for (const { session } of open)
      if (isClient(session)) {
        const target: ConnectionView = { desk, session }
        yield { name: desk.names.connection(options.name, by, session), kind: CONNECTION, target }
      }
}

function* producers(desk: Desk): Generator<Bean> {
  for (const session of desk.sessions()) {
    const target: ConnectionView = { desk, session }
    yield { name: desk.names.producer(session), kind: PRODUCER, target }
  }
}
