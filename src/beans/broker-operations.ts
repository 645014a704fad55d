import { DestinationKind, type DestinationName } from '../base/destination.ts'
import { TandemError } from '../base/errors.ts'
import { BeanError, Type, type ObjectName, type OperationRow } from '../management/management.ts'
import { Refusal } from '../session/session.ts'
import type { Desk } from './desk.ts'
import { nameBytesMax, validName } from './destination-operations.ts'
import { browse, conditionOf } from './message-browse.ts'
import { queryDestinations } from './query-destinations.ts'

type Row = OperationRow<Desk>

/** What one does to the broker (management OB-01 … OB-04). */
export const BROKER_OPERATIONS: readonly Row[] = [
  destination('addQueue', 'Makes a queue.', DestinationKind.queue, 'create'),
  destination('addTopic', 'Makes a topic.', DestinationKind.topic, 'create'),
  destination('removeQueue', 'Removes a queue with its messages.', DestinationKind.queue, 'remove'),
  destination('removeTopic', 'Removes a topic.', DestinationKind.topic, 'remove'),
  {
    name: 'createDurableSubscriber',
    takes: 'clientId, subscriberName, topicName, selector',
    returns: Type.name,
    does: 'Makes a durable subscription that collects from now on.',
    call: (desk, args) => createDurable(desk, args as (string | null)[]),
  },
  {
    name: 'destroyDurableSubscriber',
    takes: 'clientId, subscriberName',
    does: 'Removes a durable subscription that nobody consumes, with its messages.',
    call: (desk, args) => destroyDurable(desk, args as (string | null)[]),
  },
  {
    name: 'queryQueues',
    takes: 'filter, page:int, pageSize:int',
    returns: Type.string,
    does: 'Answers a page of the queues that a filter accepts, as JSON text.',
    reads: true,
    call: (desk, [filter, page, size]) =>
      queryDestinations(desk, DestinationKind.queue, filter as string, page as number, size as number),
  },
  {
    name: 'queryTopics',
    takes: 'filter, page:int, pageSize:int',
    returns: Type.string,
    does: 'Answers a page of the topics that a filter accepts, as JSON text.',
    reads: true,
    call: (desk, [filter, page, size]) =>
      queryDestinations(desk, DestinationKind.topic, filter as string, page as number, size as number),
  },
  {
    name: 'browseQueue',
    takes: 'queueName',
    returns: Type.composites,
    does: 'Shows the first messages of a queue.',
    reads: true,
    call: browseQueue,
  },
  {
    name: 'getTransportConnectorByType',
    takes: 'type',
    returns: Type.string,
    does: 'The URI of a connector of this scheme.',
    reads: true,
    call: ({ host }, [type]) => connectorOf(host.listeners, type as string),
  },
  {
    name: 'gc',
    does: 'Removes destinations that nobody has used for as long as their policies say.',
    call: desk => desk.broker.sweep('inactive'),
  },
  {
    name: 'resetStatistics',
    does: 'The counters of all destinations begin anew.',
    call: desk => {
      for (const { to } of desk.destinations()) if (to !== null) desk.resets.reset(to)
    },
  },
  { name: 'enableStatistics', does: 'Statistics are counted: they always are.', call: () => {} },
  unsupported('disableStatistics', '', 'statistics cost nothing here, and are always counted'),
  unsupported(
    'addConnector',
    'discoveryAddress',
    'connectors are those of activemq.xml; a change of them takes a restart',
  ),
  unsupported(
    'removeConnector',
    'connectorName',
    'connectors are those of activemq.xml; stop() of its bean closes one',
  ),
  unsupported('addNetworkConnector', 'discoveryAddress', 'there are no networks of brokers here'),
  unsupported('removeNetworkConnector', 'connectorName', 'there are no networks of brokers here'),
  unsupported('reloadLog4jProperties', '', 'there is no log4j here; -Dtandemmq.log… says what is logged'),
  unsupported('restart', '', 'a broker does not start itself; stop it, and let its supervisor start it'),
  { name: 'stop', does: 'Ends the broker, as a signal would.', onPassive: true, call: ({ host }) => host.stop() },
  {
    name: 'terminateJVM',
    takes: 'exitCode:int',
    does: 'Ends the broker, as a signal would.',
    onPassive: true,
    call: ({ host }) => host.stop(),
  },
  {
    name: 'stopGracefully',
    takes: 'connectorName, queueName, timeout:long, pollInterval:long',
    does: 'Stops the connectors of this name, and ends the broker when the queues of this name are empty, or when the time is over.',
    call: (desk, [connector, queue, timeout, poll]) =>
      stopGracefully(desk, connector as string, queue as string, timeout as number, poll as number),
  },
]

function destination(name: string, does: string, kind: DestinationKind, what: 'create' | 'remove'): Row {
  const call: Row['call'] = async (desk, [text]) => {
    const at: DestinationName = { kind, name: ((text as string | null) ?? '').trim() }
    // One that is too long to be said may be there from before, and must go somehow.
    if (what === 'create' || at.name === '') validName(at.name)
    const { operations } = desk.broker
    if (what === 'create') await operations.create(at)
    else await remove(desk, at)
  }
  return { name, takes: 'name', does, call }
}

/** What does not exist is removed already. */
async function remove(desk: Desk, at: DestinationName): Promise<void> {
  if (desk.destination(at) === null) return
  try {
    await desk.broker.operations.removeDestination(at)
  } catch (error) {
    if (error instanceof TandemError && error.code === 'DESTINATION_IN_USE')
      throw new BeanError('javax.jms.JMSException', error.message)
    throw error
  }
}

async function createDurable(
  desk: Desk,
  [clientId, name, topics, selector = null]: (string | null)[],
): Promise<ObjectName> {
  const { broker } = desk
  if (!clientId || !name || !topics)
    throw new BeanError('java.lang.IllegalArgumentException', 'a client id, a name and a topic are needed')
  for (const text of [clientId, name, topics, selector ?? ''])
    if (Buffer.byteLength(text) > nameBytesMax)
      throw new BeanError('java.lang.IllegalArgumentException', `a text has more than ${nameBytesMax} bytes`)
  conditionOf(selector)
  // As a STOMP client would subscribe: it goes on with this subscription, and not with another one of the name.
  const facts = { clientId, name, topics, selector: selector || null, exact: false, noLocal: false }
  const at = { kind: DestinationKind.topic, name: topics }
  if (broker.find(at.kind, at.name) === null) await broker.operations.create(at)
  const opened = await broker.operations.change(() => broker.durables.open(facts))
  if (opened instanceof Refusal) throw new BeanError('javax.jms.JMSException', opened.message)
  return desk.names.durable(facts)
}

async function destroyDurable(desk: Desk, [clientId, name]: (string | null)[]): Promise<void> {
  const { broker } = desk
  const refusal = await broker.operations.change(() => broker.durables.remove(clientId ?? '', name ?? ''))
  if (refusal !== null) throw new BeanError('javax.jms.JMSException', refusal)
}

function browseQueue(desk: Desk, [name]: readonly unknown[]): unknown {
  const view = desk.destination({ kind: DestinationKind.queue, name: name as string })
  if (view === null) throw new BeanError('javax.jms.InvalidDestinationException', `No such queue: ${String(name)}`)
  return browse(view, null)
}

function connectorOf(listeners: Desk['host']['listeners'], type: string): string | null {
  const found = listeners.find(({ options }) => options.scheme === type)
  return found === undefined ? null : `${type}://${found.address.address}:${found.address.port}`
}

/** Says no, and why: what the broker cannot do must not look done. */
function unsupported(name: string, takes: string, why: string): Row {
  const call: Row['call'] = () => {
    throw new BeanError('java.lang.UnsupportedOperationException', `${name}: ${why}`)
  }
  return { name, takes, does: `Not here: ${why}.`, call }
}

/** The names are regular expressions, as in ActiveMQ. */
async function stopGracefully(
  desk: Desk,
  connector: string,
  queue: string,
  timeout: number,
  poll: number,
): Promise<void> {
  const matches = (pattern: string, name: string): boolean => pattern === '' || safely(pattern).test(name)
  const named = desk.host.listeners.filter(({ options }) => matches(connector, options.name))
  await Promise.all(named.map(({ options }) => desk.host.stopConnector(options.name)))
  const until = desk.host.now() + timeout
  const isBusy = (): boolean => {
    for (const { at, size } of desk.destinations(DestinationKind.queue))
      if (size > 0 && matches(queue, at.name)) return true
    return false
  }
  while (isBusy() && desk.host.now() < until) await new Promise(resolve => setTimeout(resolve, Math.max(10, poll)))
  desk.host.stop()
}

function safely(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`)
  } catch {
    throw new BeanError('java.util.regex.PatternSyntaxException', pattern)
  }
}
