import { BeanError, beanClass, type BeanClass } from '../management/management.ts'
import { BROKER_ATTRIBUTES } from './broker-attributes.ts'
import { BROKER_OPERATIONS } from './broker-operations.ts'
import type { Desk } from './desk.ts'

/** What ActiveMQ's broker bean tells before the broker has started (management P-02). */
const READABLE: ReadonlySet<string> = new Set([
  'Slave',
  'BrokerVersion',
  'Uptime',
  'UptimeMillis',
  'TransportConnectors',
  'MemoryLimit',
  'StoreLimit',
  'TempLimit',
  'JobSchedulerStoreLimit',
  'MemoryPercentUsage',
  'StorePercentUsage',
  'TempPercentUsage',
  'JobSchedulerStorePercentUsage',
  'Persistent',
  'DataDirectory',
  'VMURL',
  'CurrentConnectionsCount',
  'TotalConnectionsCount',
])

function notStarted(): never {
  throw new BeanError('java.lang.IllegalStateException', 'Broker is not yet started.')
}

/** The one bean that a passive shows under `-Dtandemmq.passive.jmx=minimal`, for scripts that know a slave by its failures. */
export const MINIMAL_BROKER: BeanClass<Desk> = beanClass<Desk>({
  className: 'org.apache.activemq.broker.jmx.BrokerView',
  description: 'A broker that is not active.',
  attributes: BROKER_ATTRIBUTES.map(([name, type, description, read]) => [
    name,
    type,
    description,
    READABLE.has(name) ? read : notStarted,
  ]),
  operations: BROKER_OPERATIONS.map(row => ({ ...row, call: notStarted })),
})
