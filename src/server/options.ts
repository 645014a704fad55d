import { hostname } from 'node:os'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import type { Log } from '../base/log.ts'
import type { StoreOptions } from '../broker/broker.ts'
import type { BrokerConfig, ConnectorConfig, PolicyConfig } from '../config/config.ts'
import type { PolicyEntry } from '../destination/destination.ts'
import { loadClientTls, loadTls, peerDn, peerRefusal } from '../security/security.ts'
import type { ListenerOptions } from '../transport/transport.ts'

/** Recently written journal bytes kept in memory, at most; a smaller memoryUsage limit makes it smaller. */
const cacheBytesMax = 16 * 1024 * 1024
/** Pages read back for consumers that lag, at most. */
const readCacheBytesMax = 16 * 1024 * 1024

/** The store's part of the configuration, as the journal wants it. */
export function storeOptions(config: BrokerConfig): Omit<StoreOptions, 'log' | 'clock' | 'epochUid'> {
  const { store, usage } = config
  const inMemory = store.kind === 'memory'
  return {
    kind: store.kind,
    directory: store.directory,
    segmentBytes: segmentBytes(config),
    sync: inMemory ? 'never' : store.sync,
    syncIntervalMs: store.syncInterval,
    preallocate: !inMemory,
    cacheBytes: Math.min(cacheBytesMax, Math.max(1 << 20, usage.memoryLimit / 4)),
    readCacheBytes: Math.min(readCacheBytesMax, Math.max(1 << 20, usage.memoryLimit / 4)),
    archiveDirectory: store.archiveDirectory,
    deleteAll: config.deleteAllMessagesOnStartup,
  }
}

/**
 * In memory small segments give memory back sooner; there is no file to keep large. On disk a segment is a small part of
 * the store limit: the one that is being written is never freed, and with it alone the store must not be full (F-10).
 */
function segmentBytes({ store, usage }: BrokerConfig): number {
  if (store.kind === 'memory') return Math.min(store.journalMaxFileLength, 4 * 1024 * 1024)
  if (usage.storeLimit === 0) return store.journalMaxFileLength
  return Math.min(store.journalMaxFileLength, Math.max(segmentBytesMin, Math.floor(usage.storeLimit / 4)))
}
const segmentBytesMin = 64 * 1024

/** A policyEntry as dispatch wants it: what was not set stays unset, so that the built-in default holds. */
export function policyEntry(policy: PolicyConfig, inMemory: boolean): PolicyEntry {
  const { at: _at, queueCursor, subscriberCursor, deadLetter, ...same } = policy
  return {
    ...same,
    // In memory nothing spills, so every queue blocks at its limit (semantics CU-04).
    queueInMemory: inMemory || queueCursor === 'vm',
    subscriberInMemory: subscriberCursor === 'vm',
    ...defined('deadLetter', deadLetter),
  }
}

/** `{ key: value }`, or nothing when the value is undefined. */
function defined<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V }) // a computed key widens to string
}

/** One transportConnector as its listener wants it. Throws TLS_… when the keys do not allow it. */
export function listenerOptions(config: BrokerConfig, connector: ConnectorConfig, log: Log): ListenerOptions {
  return {
    name: connector.name,
    scheme: connector.scheme,
    host: connector.host,
    port: connector.port,
    backlog: connector.backlog,
    maximumConnections: connector.maximumConnections,
    tcpNoDelay: connector.tcpNoDelay,
    keepAlive: connector.socketKeepAlive,
    webSocket: connector.transport === 'ws',
    tls: connector.tls ? tlsOptions(config, connector, log) : null,
    at: connector.at,
    connection: {
      session: {
        limits: {
          maxCommandLength: 1024,
          maxHeaderLength: 10240,
          maxHeaders: 1000,
          maxDataLength: connector.maxDataLength,
          maxFrameSize: connector.maxFrameSize,
          nio: connector.scheme.includes('nio'),
        },
        defaultHeartBeat: connector.defaultHeartBeat,
        maximumConsumers: connector.maximumConsumersAllowedPerConnection,
        allowLinkStealing: connector.allowLinkStealing,
        trace: connector.trace,
      },
      connectAttemptTimeout: connector.connectAttemptTimeout,
      detectWithin: connector.auto ? connector.protocolDetectionTimeout : null,
      heartBeatGrace: connector.heartBeatGrace,
      useKeepAlive: connector.useKeepAlive,
    },
  }
}

function tlsOptions(config: BrokerConfig, connector: ConnectorConfig, log: Log): NonNullable<ListenerOptions['tls']> {
  const { needClientAuth, wantClientAuth, enabledProtocols, enabledCipherSuites } = connector
  const stores = config.tls ?? { ...noStores, at: connector.at }
  const material = loadTls({ ...stores, needClientAuth, wantClientAuth, enabledProtocols, enabledCipherSuites })
  for (const note of material.notes)
    log.info(`connector "${connector.name}": ${note}`, { code: 'CONNECTOR_TLS', connector: connector.name })
  return {
    secureContextOptions: material.secureContextOptions,
    requestCert: material.requestCert,
    rejectUnauthorized: material.rejectUnauthorized,
    dnOf: verifiedDn,
    refusalOf: peerRefusal,
  }
}

const noStores = {
  keyStore: null,
  keyStoreType: 'jks',
  keyStorePassword: null,
  keyStoreKeyPassword: null,
  trustStore: null,
  trustStoreType: 'jks',
  trustStorePassword: null,
  crlPath: null,
} as const

/** For links to the twin by `ssl` URIs: whom this node trusts, and its own certificate. */
export function dialTls({ tls }: BrokerConfig): SecureContextOptions | null {
  if (tls === null) return null
  const plain = { needClientAuth: false, wantClientAuth: false, enabledProtocols: null, enabledCipherSuites: null }
  return loadClientTls({ ...tls, ...plain })
}

/** Only a certificate that was verified names anyone. */
function verifiedDn(socket: TLSSocket): string | undefined {
  const certificate = socket.getPeerX509Certificate()
  return socket.authorized && certificate !== undefined ? peerDn(certificate) : undefined
}

/** `ID:<host>-<port>-<millis>-0`, the stem of every id this broker gives out (stomp S-CON-05). */
export const idStem = (port: number, now: number): string => `ID:${hostname()}-${port}-${now}-0`
