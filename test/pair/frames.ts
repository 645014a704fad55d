import { crc32 } from 'node:zlib'
import { lsn } from '../../src/base/lsn.ts'
import type { LinkFrame } from '../../src/pair/pair.ts'

export const checksum = (block: Buffer, from: number, to: number, seed: number): number =>
  crc32(block.subarray(from, to), seed)

const storeId = '0123456789abcdef0123456789abcdef'
const identity = { storeId, brokerName: 'paying "Ü" one', uris: ['tcp://10.0.0.1:61613'], http: null }
const of = { session: 'f00d', epoch: 7 }
const epochs = [
  { n: 1, uid: 'a'.repeat(32), start: lsn(0) },
  { n: 7, uid: 'b'.repeat(32), start: lsn(2 ** 52) },
]

/** One frame of each type. `data` and `copy-chunk` have a body of 9 bytes. */
export const BODY: Buffer = Buffer.from('a\0b\nc\0\n\n\n', 'latin1')
export const FRAMES: readonly LinkFrame[] = [
  {
    type: 'hello',
    proto: [1, 2],
    format: [1, 1],
    pairId: null,
    identity,
    incarnation: 'i-1',
    role: 'passive',
    paired: true,
    end: lsn(2 ** 52 + 1),
    dur: lsn(2 ** 52),
    chain: 0xffff_ffff,
    epochs,
    inSyncTo: lsn(5),
    rev: 3,
    nonce: 'n',
    configDigest: 'sha256 abc',
    clock: 1_767_225_600_000,
  },
  {
    type: 'welcome',
    proto: 1,
    format: 1,
    ...of,
    pairId: 'p1',
    secret: 's3cret',
    identity: { ...identity, http: '10.0.0.1:8161' },
    policy: 'stop-on-loss',
    plan: 'cut',
    at: lsn(12),
    chainAt: 1,
    epochs,
    commit: lsn(13),
    windowBytes: 8388608,
    beatMs: 250,
    nonce: 'n2',
    rev: 0,
  },
  { type: 'refuse', code: 'newer', text: 'the other history is newer: you lead' },
  { type: 'ready', ...of, at: lsn(0), needBase: false },
  { type: 'data', ...of, lsn: lsn(2 ** 52), bytes: 9, commit: lsn(2 ** 52 - 1) },
  { type: 'ack', ...of, recv: lsn(9), dur: lsn(8), beat: 4, stall: 17 },
  { type: 'beat', ...of, n: 5, commit: lsn(9), rev: 2 },
  { type: 'insync', ...of, lsn: lsn(9), policy: 'auto', rev: 2 },
  { type: 'insync-ok', ...of, rev: 2 },
  { type: 'handover', ...of, lsn: lsn(10), rev: 2, stopping: true },
  { type: 'resign', ...of, reason: 'disk' },
  {
    type: 'copy-manifest',
    session: 'f00d',
    snapshot: { lsn: lsn(5), bytes: 100 },
    segments: [{ base: lsn(0), bytes: 64, sealed: true }],
  },
  { type: 'copy-want', session: 'f00d', what: 'segment', base: lsn(0), from: 10, crc: null },
  { type: 'copy-same', session: 'f00d', base: lsn(0) },
  { type: 'copy-chunk', session: 'f00d', what: 'snapshot', base: lsn(0), offset: 3, bytes: 9, crc: 0, last: true },
  { type: 'copy-done', session: 'f00d' },
  { type: 'copy-failed', session: 'f00d', text: 'the disk is full' },
  { type: 'verify-want', from: lsn(0), to: lsn(2 ** 20) },
  { type: 'verify-sum', from: lsn(0), to: lsn(2 ** 20), sum: 'c3'.repeat(32), committed: lsn(2 ** 52) },
  { type: 'verify-sum', from: lsn(5), to: lsn(5), sum: null, committed: lsn(7) },
  { type: 'verify-found', ok: false, position: lsn(2 ** 52), compared: 12 },
]

export const hasBody = (frame: LinkFrame): boolean => frame.type === 'data' || frame.type === 'copy-chunk'
