import type { FrameLimits } from '../stomp/stomp.ts'

/** What a connector sets for the sessions that come through it. */
export interface SessionOptions {
  readonly limits: FrameLimits
  readonly defaultHeartBeat: readonly [number, number]
  readonly maximumConsumers: number
  readonly allowLinkStealing: boolean
  readonly tls: boolean
  readonly certificateDn: string | undefined
  /** Log every frame's command and headers, never a passcode (stomp S-TRN-04). */
  readonly trace: boolean
  /** Why its connector lets only the twin in now; null: clients are let in. */
  readonly hold?: () => string | null
}
