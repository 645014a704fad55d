/** The package's public door: embed a broker in a Node.js program or a test suite. */
export { startBroker, type StartOptions } from './embed.ts'
export { formatFinding, loadConfig } from './config/config.ts'
export type { BrokerConfig, Finding, LoadOptions, LoadResult } from './config/config.ts'
export type { Address, RunningBroker } from './server/server.ts'
export type { DestinationStatistics, MessageFilter, Operations } from './broker/broker.ts'
export { DestinationKind, type DestinationName } from './base/destination.ts'
export { TandemError } from './base/errors.ts'
export type { Log } from './base/log.ts'
