import type { Lsn } from '../base/lsn.ts'
import type { LinkFrame, RefusalCode } from './frames.ts'
import type { EpochEntry, PeerIdentity, Policy } from './model.ts'

/** Frames that are rare: their fields travel as a JSON body. The others have a head of decimal numbers (`wire.ts`). */
export type ControlFrame = Exclude<LinkFrame, { readonly type: 'data' | 'ack' | 'beat' | 'copy-chunk' }>

/** Bytes of such a body, at most. */
export const controlBytesMax: number = 16 * 1024 * 1024

/** What is wrong with a frame, for the log. Thrown and caught in this room only. */
export class Malformed extends Error {}

/** Makes a checked T out of what JSON.parse answered, or throws `Malformed`. */
type Read<T> = (value: unknown, name: string) => T
/** One reader for each field. Fields without one are dropped: a newer twin may say more. */
type Readers<F> = { readonly [K in Exclude<keyof F, 'type'>]: Read<F[K]> }

const bad = (name: string, wanted: string): never => {
  throw new Malformed(`${name} is not ${wanted}`)
}

const whole =
  (max: number): Read<number> =>
  (value, name) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max && !Object.is(value, -0)
      ? value
      : bad(name, `a whole number up to ${max}`)
const count = whole(Number.MAX_SAFE_INTEGER)
const uint32 = whole(0xffff_ffff)
const position: Read<Lsn> = (value, name) => count(value, name) as Lsn
const yes: Read<boolean> = (value, name) => (typeof value === 'boolean' ? value : bad(name, 'true or false'))

const token: Read<string> = (value, name) =>
  typeof value === 'string' && TOKEN.test(value) ? value : bad(name, 'a name of letters and digits')
const TOKEN = /^[\w-]{1,128}$/
const uid: Read<string> = (value, name) =>
  typeof value === 'string' && UID.test(value) ? value : bad(name, '32 hex digits')
const UID = /^[0-9a-f]{32}$/i
const sha256: Read<string> = (value, name) =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : bad(name, '64 hex digits')

/** Free text of the other side ends up in a log: one line of it. */
const line =
  (max: number): Read<string> =>
  (value, name) =>
    typeof value === 'string' && value.length <= max ? oneLine(value) : bad(name, `text of up to ${max} characters`)
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g
const oneLine = (text: string): string => text.replace(CONTROL, ' ')

const oneOf =
  <T extends string>(...words: readonly T[]): Read<T> =>
  (value, name) =>
    words.find(word => word === value) ?? bad(name, `one of ${words.join(', ')}`)
const orNull =
  <T>(read: Read<T>): Read<T | null> =>
  (value, name) =>
    value === null ? null : read(value, name)
const orAbsent =
  <T>(read: Read<T>): Read<T | undefined> =>
  (value, name) =>
    value === undefined ? undefined : read(value, name)
const list =
  <T>(read: Read<T>, max: number): Read<readonly T[]> =>
  (value, name) =>
    Array.isArray(value) && value.length <= max
      ? value.map(each => read(each, name))
      : bad(name, `a list of up to ${max}`)
const record =
  <F extends object>(readers: Readers<F>): Read<F> =>
  (value, name) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad(name, 'an object')
    const given = new Map<string, unknown>(Object.entries(value))
    const read: Record<string, unknown> = {}
    for (const [key, reader] of Object.entries<Read<unknown>>(readers)) {
      const field = reader(given.get(key), key)
      if (field !== undefined) read[key] = field
    }
    return read as F // one reader for each field of F: that is what Readers<F> says
  }

const range: Read<readonly [number, number]> = (value, name) => {
  const [min, max] = list(whole(0xffff), 2)(value, name)
  return min !== undefined && max !== undefined && min <= max ? [min, max] : bad(name, 'a range [from, to]')
}

const identity = record<PeerIdentity>({
  storeId: token,
  brokerName: line(1024),
  uris: list(line(1024), 64),
  http: orNull(line(1024)),
})
/** One for each time that a store began to lead, for ever; so many are below `controlBytesMax`. */
const epochsMax = 131_072
const epochs = list(record<EpochEntry>({ n: count, uid, start: position }), epochsMax)
const policy = oneOf<Policy>('auto', 'manual', 'stop-on-loss', 'witness')
const refusalCode = oneOf<RefusalCode>(
  'not-replicator',
  'pair-mismatch',
  'proto',
  'format',
  'diverged',
  'already-attached',
  'not-active',
  'same-store',
  'newer',
  'stale',
  'replayed',
  'malformed',
  'stopping',
  'unsupported',
)
const text = line(8192)
const what = oneOf('snapshot', 'segment')
const segment = record<{ base: Lsn; bytes: number; sealed: boolean }>({ base: position, bytes: count, sealed: yes })
const of = { session: token, epoch: count }

const READERS: {
  readonly [T in ControlFrame['type']]: Readers<Extract<ControlFrame, { readonly type: T }>>
} = {
  hello: {
    proto: range,
    format: range,
    pairId: orNull(token),
    identity,
    incarnation: token,
    role: oneOf('active', 'passive'),
    paired: yes,
    end: position,
    dur: position,
    chain: uint32,
    epochs,
    inSyncTo: position,
    rev: count,
    nonce: token,
    configDigest: line(256),
    clock: orAbsent(count),
  },
  welcome: {
    proto: whole(0xffff),
    format: whole(0xffff),
    ...of,
    pairId: token,
    secret: orNull(token),
    identity,
    policy,
    plan: oneOf('tail', 'cut', 'base'),
    at: position,
    chainAt: uint32,
    epochs,
    commit: position,
    windowBytes: count,
    beatMs: count,
    nonce: token,
    rev: count,
  },
  refuse: { code: refusalCode, text },
  ready: { ...of, at: position, needBase: yes },
  insync: { ...of, lsn: position, policy, rev: count },
  'insync-ok': { ...of, rev: count },
  handover: { ...of, lsn: position, rev: count, stopping: yes },
  resign: { ...of, reason: oneOf('stopping', 'disk') },
  'copy-manifest': {
    session: token,
    snapshot: orNull(record<{ lsn: Lsn; bytes: number }>({ lsn: position, bytes: count })),
    segments: list(segment, 100_000),
  },
  'copy-want': { session: token, what, base: position, from: count, crc: orNull(uint32) },
  'copy-same': { session: token, base: position },
  'copy-done': { session: token },
  'copy-failed': { session: token, text },
  'verify-want': { from: position, to: position },
  'verify-sum': { from: position, to: position, sum: orNull(sha256), committed: position },
  'verify-found': { ok: yes, position, compared: count },
}
const ALL = new Map(Object.entries<Readers<ControlFrame>>(READERS))

/** The body of such a frame. Texts are cut to what the other side takes. */
export function writeControl(frame: ControlFrame): Buffer {
  const { type: _, ...fields } = frame
  if ('text' in fields) return Buffer.from(JSON.stringify({ ...fields, text: oneLine(fields.text).slice(0, 8192) }))
  return Buffer.from(JSON.stringify(fields))
}

/** Throws `Malformed`. */
export function readControl(type: string, body: Buffer): ControlFrame {
  const readers = ALL.get(type)
  if (readers === undefined) throw new Malformed('type is none that this version knows')
  if (body.length > controlBytesMax) throw new Malformed(`${type}: a body of ${body.length} bytes`)
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    throw new Malformed(`${type}: the body is not JSON`)
  }
  return Object.assign(record(readers)(value, type), { type }) as ControlFrame // the readers are those of this type
}
