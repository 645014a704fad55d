import { createHash } from 'node:crypto'
import type { BrokerConfig } from '../config/config.ts'
import type { PairSettings } from '../pair/pair.ts'

/** The pair's part of the configuration, as its core wants it. */
export function pairSettings({ brokerName, pair }: BrokerConfig): PairSettings {
  return {
    brokerName,
    policy: pair.policy,
    activeUris: pair.activeConnector?.uris ?? [],
    waitForPassive: pair.waitForPassive,
    waitForPassiveTimeoutMs: pair.waitForPassiveTimeout,
    startAlone: pair.startAlone,
    bootAlone: pair.bootAlone,
    beatMs: pair.beat,
    ackTimeoutMs: pair.ackTimeout,
    takeoverAfterMs: pair.takeoverAfter,
    bootPeerWaitMs: pair.bootPeerWait,
    // A hand-over waits for this: the old active finds the new one as soon as its connectors are open.
    retryMs: 50,
    windowBytes: pair.window,
    retainedBytesMax: pair.retainedBytes,
  }
}

/** Of the settings that change what clients see after a take-over: differing ones are warned about. */
export function configDigest({ policies, defaultPolicy, authorization, destinations }: BrokerConfig): string {
  // Limits may be shares of each machine's own memory and disk.
  const alike = { policies, defaultPolicy, authorization, destinations }
  // Places in files differ between two files that mean the same.
  const text = JSON.stringify(alike, (key, value: unknown) => (key === 'at' ? undefined : value))
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
