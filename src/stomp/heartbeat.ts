import { trimControl } from './text.ts'

/** What a `heart-beat` header asks for. */
export interface HeartBeat {
  /** cx: the client sends something at least every so many ms; 0 = no promise. */
  readonly clientSends: number
  /** cy: the client wants something at least every so many ms; 0 = nothing. */
  readonly clientWants: number
  /** The `heart-beat` value of CONNECTED: the mirror `cy,cx` (S-HB-03). */
  readonly reply: string
}

const INT64_MAX = 2n ** 63n - 1n

/**
 * Reads a `heart-beat` value; answers the fatal text when it is none (S-HB-01). When the header is missing, the owner
 * passes the connector's default instead, `0,0` if it has none (S-HB-02).
 */
export function parseHeartBeat(value: string): HeartBeat | string {
  const text = trimControl(value)
  // Empty fields at the end are tolerated. (A loop: the pattern /,+$/ takes quadratic time on a long run of commas.)
  let end = text.length
  while (end > 0 && text[end - 1] === ',') end--
  const fields = text.slice(0, end).split(',', 3)
  const [sends, wants] = fields.map(int64)
  if (fields.length !== 2 || sends === undefined || wants === undefined) return `Invalid heart-beat header:${text}`
  return { clientSends: Number(sends), clientWants: Number(wants), reply: `${wants},${sends}` }
}

function int64(field: string): bigint | undefined {
  if (!/^[+-]?[0-9]{1,100}$/.test(field)) return undefined
  const value = field.startsWith('-') ? -BigInt(field.slice(1)) : BigInt(field.replace('+', ''))
  return value >= -INT64_MAX - 1n && value <= INT64_MAX ? value : undefined
}

/** The two intervals a connection keeps, in ms; 0 = none. Both 0: no timer at all, it may idle for ever (S-HB-09). */
export interface HeartBeatTimes {
  /** The read check's period P: the client's promise times grace. */
  readonly incoming: number
  /** No gap between two writes of the server may be longer. */
  readonly outgoing: number
}

export interface HeartBeatOptions {
  /** `transport.hbGracePeriodMultiplier`; 1 or less is ignored (S-HB-07). */
  readonly grace: number
  /** `transport.useKeepAlive`; false suppresses the server's LFs (S-HB-04). */
  readonly keepAlive: boolean
}

/** The intervals to keep. A negative number on either side switches heart-beating off both ways (S-HB-08). */
export function heartBeatTimes(beat: HeartBeat, options: HeartBeatOptions): HeartBeatTimes {
  if (beat.clientSends < 0 || beat.clientWants < 0) return { incoming: 0, outgoing: 0 }
  const grace = options.grace > 1 ? options.grace : 1
  return { incoming: beat.clientSends * grace, outgoing: options.keepAlive ? beat.clientWants : 0 }
}

/** What to do now: nothing, write one LF, or close the socket without an ERROR (S-HB-06). */
export type HeartBeatAction = 'wait' | 'beat' | 'drop'

/** When an LF is due, in the clock's ms; Infinity = never. A quarter of the interval is left for late timers (S-HB-04). */
export const beatDueAt = (times: HeartBeatTimes, lastOut: number): number =>
  times.outgoing > 0 ? lastOut + times.outgoing * 0.75 : Number.POSITIVE_INFINITY

/** When a silent client is given up, in the clock's ms; Infinity = never. 2 P: between P and 3 P, late timers included. */
export const dropDueAt = (times: HeartBeatTimes, lastIn: number): number =>
  times.incoming > 0 ? lastIn + times.incoming * 2 : Number.POSITIVE_INFINITY

/**
 * Decides for one connection; all times in ms of one clock. `lastIn` is when any byte came (S-HB-05), `lastOut` when
 * anything was written: a frame is a heart-beat too. After `beat`, the owner sets `lastOut`.
 */
export function heartBeatAction(times: HeartBeatTimes, lastIn: number, lastOut: number, now: number): HeartBeatAction {
  if (now >= dropDueAt(times, lastIn)) return 'drop'
  return now >= beatDueAt(times, lastOut) ? 'beat' : 'wait'
}

/** When to look again, in the clock's ms; Infinity = no timer is needed. */
export const nextLookAt = (times: HeartBeatTimes, lastIn: number, lastOut: number): number =>
  Math.min(beatDueAt(times, lastOut), dropDueAt(times, lastIn))

/** How long a timer may run, in ms: 1 to 2^31-1, beyond which timers fire at once. Look again when it fires. */
export const timerDelay = (at: number, now: number): number => Math.min(Math.max(1, Math.ceil(at - now)), 2147483647)
