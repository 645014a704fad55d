import { destinationUri, type DestinationName } from '../base/destination.ts'
import type { SlowConsumerPolicy } from '../destination/destination.ts'
import { brokerBean, destinationKeys, ownBean, type ObjectName, type Pairs } from '../management/management.ts'
import type { Session, Subscription } from '../session/session.ts'

/** The names of one broker's beans (management ON-01 … ON-10). What lives long is named once. */
export class BeanNames {
  readonly #brokerName: string
  readonly broker: ObjectName
  readonly #known = new WeakMap<object, ObjectName>()

  constructor(brokerName: string) {
    this.#brokerName = brokerName
    this.broker = brokerBean(brokerName)
  }

  /** `of`: what is named by it, for as long as it lives. */
  destination({ kind, name }: DestinationName, of: object | null = null): ObjectName {
    return this.#remember(of, () => this.#named(destinationKeys(kind, name)))
  }

  subscription(subscription: Subscription): ObjectName {
    return this.#remember(subscription, () => this.#named(subscriptionKeys(subscription)))
  }

  durable(durable: DurableFacts): ObjectName {
    return this.#named(durableKeys(durable))
  }

  producer(session: Session): ObjectName {
    return this.#remember(session, () =>
      this.#named([
        ['endpoint', 'dynamicProducer'],
        ['clientId', session.clientId],
        ['producerId', producerIdOf(session)],
      ]),
    )
  }

  connector(name: string): ObjectName {
    return this.#named(connectorKeys(name))
  }

  /** A connection is there twice: by its client id and by where it comes from (management ON-08). */
  connection(connector: string, by: 'clientId' | 'remoteAddress', session: Session): ObjectName {
    const name = by === 'clientId' ? session.clientId : session.link.remote
    return this.#named([...connectorKeys(connector), ['connectionViewType', by], ['connectionName', name]])
  }

  /** ActiveMQ names them by class and identity; here by their kind and what they wait for. */
  slowConsumerStrategy({ kind, maxSlowDuration, maxSlowCount }: SlowConsumerPolicy): ObjectName {
    const name = kind === 'pending' ? 'AbortSlowConsumerStrategy' : 'AbortSlowAckConsumerStrategy'
    return this.service('SlowConsumerStrategy', ['instanceName', `${name}-${maxSlowDuration}-${maxSlowCount}`])
  }

  get jobScheduler(): ObjectName {
    return this.service('JobScheduler', ['name', 'JMS'])
  }

  persistence(directory: string): ObjectName {
    return this.service('PersistenceAdapter', ['instanceName', `JournalPersistenceAdapter[${directory}]`])
  }

  /** A bean of TandemMQ's own. */
  own(type: string): ObjectName {
    return ownBean(type, this.#brokerName)
  }

  service(service: string, ...more: Pairs): ObjectName {
    return this.#named([['service', service], ...more])
  }

  #named(keys: Pairs): ObjectName {
    return brokerBean(this.#brokerName, keys)
  }

  #remember(of: object | null, make: () => ObjectName): ObjectName {
    if (of === null) return make()
    let name = this.#known.get(of)
    if (name === undefined) this.#known.set(of, (name = make()))
    return name
  }
}

/** What names a durable subscription. */
export interface DurableFacts {
  readonly clientId: string
  readonly name: string
  readonly topics: string
}

/** Several destinations as the name of one, the first without its scheme. */
export function listed(names: readonly DestinationName[]): DestinationName {
  const [first, ...others] = names
  if (first === undefined) return { kind: 0, name: '' }
  return { kind: first.kind, name: [first.name, ...others.map(destinationUri)].join(',') }
}

const subscriptionKeys = ({ options, session, consumerId }: Subscription): Pairs => {
  const at = listed(options.destinations)
  const durable = options.durable?.durable
  if (durable !== undefined && durable !== null) return durableKeys({ ...durable, topics: at.name })
  return [
    ...destinationKeys(at.kind, at.name),
    ['endpoint', 'Consumer'],
    ['clientId', session.clientId],
    ['consumerId', consumerId],
  ]
}

const durableKeys = ({ clientId, name, topics }: DurableFacts): Pairs => [
  ...destinationKeys(1, topics),
  ['endpoint', 'Consumer'],
  ['clientId', clientId],
  ['consumerId', `Durable(${clientId}_${name})`],
]

const connectorKeys = (name: string): Pairs => [
  ['connector', 'clientConnectors'],
  ['connectorName', name],
]

/** The one anonymous producer that a STOMP connection is to ActiveMQ. */
export const producerIdOf = ({ id }: Session): string => `${id}:-1:1`
