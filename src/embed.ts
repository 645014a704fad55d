import { silentLog, type Log } from './base/log.ts'
import type { BrokerConfig } from './config/config.ts'
import { startServer, type RunningBroker } from './server/server.ts'

export interface StartOptions {
  /** Default: quiet. */
  readonly log?: Log
  /** `-D` properties, for login.config. Default: none. */
  readonly properties?: Readonly<Record<string, string>>
  /** Default: the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/**
 * Starts a broker in this process. Rejects with a TandemError that says what is wrong, where, and what to do.
 *
 *     const { config, findings } = await loadConfig('xbean:file:activemq.xml', { properties: {}, env: process.env, cwd: '.' })
 *     const broker = await startBroker(config)
 *     …
 *     await broker.operations.purge({ kind: DestinationKind.queue, name: 'orders' })
 *     await broker.stop()
 */
export function startBroker(config: BrokerConfig, options: StartOptions = {}): Promise<RunningBroker> {
  const { log = silentLog, properties = {}, environment = process.env } = options
  return startServer(config, { log, properties, environment })
}
