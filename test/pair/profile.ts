import { lsn } from '../../src/base/lsn.ts'
import type { PairMeta, PairSettings, Policy } from '../../src/pair/pair.ts'
import type { Rules } from '../../src/pair/rules.ts'

/** Rules that a shell keeps, as switches for the proof. */
export interface ShellRules {
  /** K7 */
  readonly ownFsync: boolean
  /** K13 */
  readonly deliveryAtCommit: boolean
  /** K8 */
  readonly duplicateWaits: boolean
}

export type Fault =
  | 'kill'
  | 'power'
  | 'blackout'
  | 'reset'
  | 'cut'
  | 'slow'
  | 'slowDisk'
  | 'diskError'
  | 'fullDisk'
  | 'clock'
  | 'handover'
  | 'stop'
  | 'witnessDown'
  | 'replaceDisk'

/** What may happen in a run, and what is promised then. */
export interface Profile {
  readonly policy: Policy
  readonly faults: readonly Fault[]
  /** Nothing acknowledged is lost, and no two nodes acknowledge. */
  readonly strict: boolean
  readonly rules: Rules | undefined
  readonly shell: ShellRules
  readonly witnessLoses: number
  /** How often a position is no longer there to be compared: leads to base copies. */
  readonly gone: number
  readonly waitForPassive: boolean
  /** Faults come while the pair comes about. */
  readonly early: boolean
  /** How often an acknowledgement is heard again when its connection is long gone. */
  readonly late: number
  /** The passive is much less patient than the active. */
  readonly hasty: boolean
  /** How far a clock may jump ahead, ms. */
  readonly aheadMsMax: number
  /** Clients do something now and then only. */
  readonly idle: boolean
}

const ACK_TIMEOUT_MS = 1000

export const SOUND: ShellRules = { ownFsync: true, deliveryAtCommit: true, duplicateWaits: true }

const ALL: readonly Fault[] = [
  'kill',
  'power',
  'reset',
  'cut',
  'slow',
  'slowDisk',
  'diskError',
  'clock',
  'handover',
  'stop',
]
/** Swarm: every seed has its own subset of faults. */
export function profileOf(random: () => number, wanted?: Partial<Profile>): Profile {
  const pick = Math.floor(random() * 5)
  const policy = wanted?.policy ?? (['witness', 'witness', 'stop-on-loss', 'manual', 'auto'] as const)[pick] ?? 'auto'
  let faults: readonly Fault[] = ALL.filter(() => random() < 0.5)
  if (policy === 'witness' && random() < 0.5) faults = [...faults, 'witnessDown']
  if (policy === 'witness' && random() < 0.3) faults = [...faults, 'replaceDisk']
  const gentle = policy === 'auto' && random() < 0.5
  if (gentle) faults = (['kill', 'stop', 'handover', 'clock'] as const).filter(() => random() < 0.7)
  const strict = policy !== 'auto' || gentle
  const profile = {
    policy,
    faults: faults.length === 0 ? (['kill'] as const) : faults,
    strict,
    rules: undefined,
    shell: SOUND,
    witnessLoses: policy === 'witness' && random() < 0.6 ? 0.3 : 0,
    gone: random() < 0.2 ? 0.2 : 0,
    waitForPassive: policy === 'stop-on-loss' && random() < 0.5,
    early: random() < 0.3,
    late: random() < 0.3 ? 0.05 : 0,
    hasty: policy !== 'auto' && random() < 0.2,
    // A passive that sees a long jump stood still: that is silence, after which auto promises nothing.
    aheadMsMax: gentle ? ACK_TIMEOUT_MS / 10 : 3000,
    idle: random() < 0.1,
    ...wanted,
  }
  // Both at once, on a fifth of the seeds whose faults nobody chose.
  if (wanted?.faults !== undefined) return profile
  // A record's minLsn may count volatile messages that a full disk never took: to be settled when there is a witness.
  const more = (['blackout', 'fullDisk'] as const).filter(
    fault => random() < 0.2 && (fault !== 'fullDisk' || policy !== 'witness'),
  )
  return { ...profile, faults: [...profile.faults, ...more] }
}

export function settingsOf(name: string, { policy, waitForPassive, hasty }: Profile): PairSettings {
  const impatient = hasty && name === 'P'
  return {
    brokerName: name,
    policy,
    activeUris: name === 'P' ? ['tcp://a:61613'] : [],
    waitForPassive: waitForPassive && name === 'A',
    waitForPassiveTimeoutMs: 600_000,
    startAlone: false,
    bootAlone: false,
    beatMs: 100,
    ackTimeoutMs: impatient ? 250 : ACK_TIMEOUT_MS,
    takeoverAfterMs: impatient ? 260 : 2000,
    bootPeerWaitMs: 1000,
    retryMs: 100,
    windowBytes: 3000,
    retainedBytesMax: 1 << 30,
  }
}

export function metaOf(name: string, generation = 0): PairMeta {
  return {
    storeId: (name === 'A' ? 'a' : 'b').repeat(30) + String(generation).padStart(2, '0'),
    pairId: null,
    secret: null,
    role: 'none',
    paired: false,
    mayPromote: false,
    suspect: false,
    policy: null,
    peer: null,
    inSyncTo: lsn(0),
    rev: 0,
    maxEpoch: 0,
  }
}
