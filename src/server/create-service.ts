import type { OpenedStore } from '../broker/broker.ts'
import type { Log } from '../base/log.ts'
import type { Lsn } from '../base/lsn.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { ListenerOptions } from '../transport/transport.ts'
import { Connectors } from './connectors.ts'
import { createBroker, type Security } from './create-broker.ts'
import { connectorUrls, Service } from './service.ts'
import { TempStore } from './temp-store.ts'
import type { Twin } from './twin-links.ts'

/** What a service is made of. */
export interface ServiceParts {
  readonly config: BrokerConfig
  readonly connectors: readonly ListenerOptions[]
  readonly security: Security
  readonly opened: OpenedStore
  readonly twin: Twin
  readonly log: Log
  readonly hasTwin: () => boolean
}

/** A broker over the store as it is now, with its connectors, which are not open yet. */
export function createService(parts: ServiceParts): Service {
  const { config, connectors, security, opened, twin, log, hasTwin } = parts
  const temp = config.store.kind === 'memory' ? null : new TempStore(config.tempDirectory, log)
  const urls = (): ReturnType<typeof connectorUrls> => connectorUrls(doors.addresses)
  const broker = createBroker(config, security, log, opened, twin, temp, urls)
  const unstarted = config.connectors.flatMap(({ name, autoStart }) => (autoStart ? [] : name))
  const doors = new Connectors({ broker, connectors, unstarted, hasTwin, log })
  const snapshotAt = opened.recovered.fromSnapshot ?? (0 as Lsn)
  return new Service(config, doors, broker, opened, snapshotAt, temp, log)
}
