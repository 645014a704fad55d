import { objectName, type ObjectName } from './object-name.ts'

/**
 * The present name of what ActiveMQ before 5.8 called otherwise (management ON-14): old checks still ask by those names.
 * A name that is none of them is itself. They are understood, and never listed.
 */
export function currentName(name: ObjectName): ObjectName {
  const type = name.keys.get('Type')
  if (type === undefined || name.domain !== 'org.apache.activemq') return name
  const take = TYPES.get(type)
  if (take === undefined) return name
  const broker = name.keys.get('BrokerName')
  const head: Pair[] = [['type', 'Broker'], ...(broker === undefined ? [] : [['brokerName', broker] as const])]
  const pairs = take(name)
  return pairs === null ? name : objectName(name.domain, [...head, ...pairs], name.open)
}

type Pair = readonly [string, string]

/** Keys of the old name under their new ones; those that it lacks are left out. */
const renamed = (name: ObjectName, keys: Readonly<Record<string, string>>): Pair[] =>
  Object.entries(keys).flatMap(([old, now]) => {
    const value = name.keys.get(old)
    return value === undefined ? [] : [[now, value] as const]
  })

const destination =
  (type: string) =>
  (name: ObjectName): Pair[] => [['destinationType', type], ...renamed(name, { Destination: 'destinationName' })]

const DESTINATION = { destinationType: 'destinationType', destinationName: 'destinationName' }

/** What stands after `type=Broker,brokerName=…`. */
const TYPES: ReadonlyMap<string, (name: ObjectName) => Pair[] | null> = new Map([
  ['Broker', () => []],
  ['Queue', destination('Queue')],
  ['Topic', destination('Topic')],
  ['TempQueue', destination('TempQueue')],
  ['TempTopic', destination('TempTopic')],
  ['Connector', name => [['connector', 'clientConnectors'], ...renamed(name, { ConnectorName: 'connectorName' })]],
  [
    'NetworkConnector',
    name => [['connector', 'networkConnectors'], ...renamed(name, { NetworkConnectorName: 'networkConnectorName' })],
  ],
  [
    'Connection',
    name => {
      const plain = name.keys.get('Connection')
      const connector: Pair[] = [
        ['connector', 'clientConnectors'],
        ...renamed(name, { ConnectorName: 'connectorName' }),
      ]
      if (plain !== undefined) return [...connector, ['connectionViewType', 'clientId'], ['connectionName', plain]]
      return [...connector, ...renamed(name, { ViewType: 'connectionViewType', Name: 'connectionName' })]
    },
  ],
  ['Subscription', subscription],
  [
    'Producer',
    name => [
      ...renamed(name, DESTINATION),
      ['endpoint', 'Producer'],
      ...renamed(name, { clientId: 'clientId', producerId: 'producerId' }),
    ],
  ],
])

/** Durable ones were named by their subscription, the others by the number of their consumer. */
function subscription(name: ObjectName): Pair[] {
  const client = name.keys.get('clientId')
  const id = name.keys.get('subscriptionID') ?? name.keys.get('consumerId')
  const durable = name.keys.get('persistentMode') === 'Durable'
  const consumer: Pair[] =
    id === undefined ? [] : [['consumerId', durable && client !== undefined ? `Durable(${client}_${id})` : id]]
  return [
    ...renamed(name, DESTINATION),
    ['endpoint', 'Consumer'],
    ...(client === undefined ? [] : [['clientId', client] as const]),
    ...consumer,
  ]
}
