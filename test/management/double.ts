import {
  BeanError,
  Table,
  Type,
  beanClass,
  brokerBean,
  destinationKeys,
  nameMatches,
  objectName,
  type Bean,
  type BeanClass,
  type BeanServer,
  type Caller,
  type ObjectName,
} from '../../src/management/management.ts'

/** A queue as far as these tests need one. */
export class DoubleQueue {
  readonly name: string
  size: number
  maxPageSize = 200
  readonly calls: string[] = []

  constructor(name: string, size = 0) {
    this.name = name
    this.size = size
  }
}

const ROWS = [
  { JMSMessageID: 'ID:a-1', JMSTimestamp: new Date(Date.UTC(2026, 10, 22, 16, 55, 58, 123)), Text: 'hi', n: 5n },
  { JMSMessageID: 'ID:a-2', JMSTimestamp: new Date(0), Text: null, n: 9007199254740993n },
]

const said = (queue: DoubleQueue, what: string): void => void queue.calls.push(what)

const QUEUE: BeanClass<DoubleQueue> = beanClass<DoubleQueue>({
  className: 'org.apache.activemq.broker.jmx.QueueView',
  description: 'Information on the management interface of the MBean',
  attributes: [
    ['Name', Type.string, 'The name', queue => queue.name],
    ['QueueSize', Type.long, 'Messages', queue => queue.size],
    [
      'MaxPageSize',
      Type.int,
      'Page',
      queue => queue.maxPageSize,
      (queue, value: number) => (queue.maxPageSize = value),
    ],
    ['Subscriptions', Type.names, 'Consumers', () => []],
    [
      'SlowConsumerStrategy',
      Type.name,
      'Broken here',
      () => {
        throw new BeanError('java.lang.IllegalStateException', 'Broker is not yet started.')
      },
    ],
  ],
  operations: [
    { name: 'purge', does: 'Empties it', call: queue => void (queue.size = 0) },
    {
      name: 'purge',
      takes: 'count:long',
      does: 'Removes some',
      call: (queue, [count]) => said(queue, `purge ${String(count)}`),
    },
    { name: 'browse', returns: Type.composites, does: 'Shows', reads: true, call: () => ROWS },
    { name: 'browse', takes: 'selector', returns: Type.composites, does: 'Shows some', reads: true, call: () => ROWS },
    {
      name: 'browseAsTable',
      returns: Type.table,
      does: 'Shows',
      reads: true,
      call: () => new Table(['JMSMessageID'], ROWS),
    },
    {
      name: 'sendTextMessage',
      takes: 'body',
      returns: Type.string,
      does: 'Sends',
      call: async (queue, [body], caller) => {
        said(queue, `${caller.user ?? 'nobody'} sent ${String(body)}`)
        return Promise.resolve('ID:new')
      },
    },
    {
      name: 'fail',
      does: 'Fails',
      call: () => {
        throw new BeanError('javax.jms.InvalidSelectorException', 'a b c')
      },
    },
    {
      name: 'break',
      does: 'Has a fault of its own',
      call: () => {
        throw new TypeError('secret detail')
      },
    },
  ],
})

const BROKER = beanClass<Double>({
  className: 'org.apache.activemq.broker.jmx.BrokerView',
  description: 'Broker',
  attributes: [
    ['BrokerName', Type.string, 'Name', () => 'localhost'],
    ['Slave', Type.boolean, 'Passive', () => false],
    ['TotalMessageCount', Type.long, 'Messages', () => 4n],
    ['Queues', Type.names, 'Queues', double => double.queues.map(queueName)],
    ['TransportConnectors', Type.map, 'URIs', () => ({ stomp: 'stomp://host:61613', 'a/b': 'x' })],
  ],
})

const JOBS = beanClass({
  className: 'JobSchedulerView',
  description: 'Jobs',
  attributes: [['AllJobs', Type.table, 'Jobs', () => new Table(['jobId', 'next'], JOB_ROWS)]],
})
const JOB_ROWS = [
  { jobId: 'a', next: '1', period: 1 },
  { jobId: 'a', next: '2', period: 2 },
]

export const queueName = ({ name }: DoubleQueue): ObjectName => brokerBean('localhost', destinationKeys(0, name))

/** A bean server that is whatever a test says it is. */
export class Double implements BeanServer {
  readOnly: string | null = null
  readonly queues: DoubleQueue[]

  constructor(...queues: readonly DoubleQueue[]) {
    this.queues = [...queues]
  }

  #all(): Bean[] {
    const beans: Bean<never>[] = [
      { name: brokerBean('localhost'), kind: BROKER, target: this } as unknown as Bean<never>,
      {
        name: brokerBean('localhost', [['service', 'JobScheduler']]),
        kind: JOBS,
        target: null,
      } as unknown as Bean<never>,
      ...this.queues.map(queue => ({ name: queueName(queue), kind: QUEUE, target: queue }) as unknown as Bean<never>),
    ]
    return (beans as unknown as Bean[]).toSorted((a, b) => (a.name.canonical < b.name.canonical ? -1 : 1))
  }
  find(name: ObjectName): Bean | null {
    return this.#all().find(bean => bean.name.canonical === name.canonical) ?? null
  }
  query(pattern: ObjectName): Iterable<Bean> {
    return this.#all().filter(bean => nameMatches(pattern, bean.name))
  }
}

export const CALLER: Caller = { user: 'admin', roles: ['admin'], from: '127.0.0.1:1' }

/** `B:…` for a queue of the double, in registered order. */
export const Q = (name: string): string =>
  `org.apache.activemq:type=Broker,brokerName=localhost,destinationType=Queue,destinationName=${name}`

/** The same, its keys sorted. */
export const CANONICAL = (name: string): string =>
  `org.apache.activemq:brokerName=localhost,destinationName=${name},destinationType=Queue,type=Broker`

export const anyName: ObjectName = objectName('*', [], true)
