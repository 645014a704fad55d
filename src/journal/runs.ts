import { plausible, wellFormed } from './candidate.ts'
import { isBlank } from './preallocation.ts'
import { RECORD_HEADER } from './record.ts'
import { Sums } from './sums.ts'

/** Whole records, one behind the other, among bytes that are not all whole. Offsets count from the first of those bytes. */
export interface Run {
  readonly at: number
  readonly end: number
  /**
   * Every byte is covered by a checksum that is known to be the journal's own. False: it looks like a record in every
   * respect, and nothing speaks against it, but what its checksum began with was destroyed.
   */
  readonly proven: boolean
}

/** What is known of the place that the bytes were taken from. */
export interface Surroundings {
  /** The crc of the record before the first byte; null: not known. */
  readonly before: number | null
  /** What the segment behind says that the last record's crc is; null: not known, or there is none behind. */
  readonly after: number | null
  /** Zeros may lie behind the last record (preallocation.ts). */
  readonly last: boolean
}

interface Candidate {
  readonly at: number
  readonly end: number
  /** The crc of its last record. */
  readonly crc: number
  /** Its first record follows from the bad record before it. */
  readonly backed: boolean
  /** What its first record's crc began with is known. */
  readonly seeded: boolean
}

/**
 * Finds the whole records behind a bad one: `bytes` begin with the bad record and go to the end of the
 * segment. In order, and none overlaps another.
 *
 *     … good ┼ bad … ┼ run ┼ run ┼ bad ┼ run … ┤ next segment
 *                    └ proven when its checksums connect it with what is known before it or behind it
 *
 * Records are a chain: each crc began with the one before. So a run proves its own records but for the first, and is itself
 * proven by a link to something that no sender of messages can know: the crc of the bad record before it, a proven run
 * on the other side of the next hole, or the end of the segment. Without that it may be what somebody sent in a body, a copy
 * of a journal for one.
 *
 * A record is not found when neither the crc before it nor the record behind it is left. Of what it does find nothing is
 * changed: if damage hit two neighbours in different places, the second may be found although it is damaged; it is then
 * never `proven`.
 */
export function findRuns(bytes: Buffer, surroundings: Surroundings): Run[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const found = candidates(bytes, view, surroundings)
  const sure = found.map(() => false)
  const isAnchored = ({ end, crc }: Candidate): boolean =>
    surroundings.after === null
      ? end === bytes.length || (surroundings.last && isBlank(bytes.subarray(end)))
      : end === bytes.length && crc === surroundings.after
  for (let i = found.length - 1; i >= 0; i--) {
    const next = found[i + 1]
    sure[i] = next === undefined ? isAnchored(found[i]!) : next.backed && sure[i + 1]!
  }
  for (const [i, { backed }] of found.entries()) if (backed && (i === 0 || sure[i - 1]!)) sure[i] = true
  return found.flatMap(({ at, end, seeded }, i): Run[] => {
    if (seeded || !sure[i]!) return [{ at, end, proven: sure[i]! }]
    // That there is a record is sure; what its crc began with is not known, so what it says is not.
    const second = at + view.getUint32(at + 4, true)
    const head = { at, end: second, proven: false }
    return second === end ? [head] : [head, { at: second, end, proven: true }]
  })
}

function candidates(bytes: Buffer, view: DataView, { before, after }: Surroundings): Candidate[] {
  const found: Candidate[] = []
  const sums = new Sums(bytes)
  let bad = 0
  let crc = before
  let seeds = trusted(bytes, view, bad, crc, sums)
  let at = 1
  while (at + RECORD_HEADER <= bytes.length) {
    if (!plausible(view, at) || !wellFormed(bytes, view, at)) {
      at++
      continue
    }
    const backed = seeds.includes(sums.seedOf(at))
    if (!backed && !isFollowed(view, at, after, sums)) {
      at++
      continue
    }
    const candidate = candidateAt(bytes, view, at, backed, bad, crc, sums)
    if (candidate !== null) found.push(candidate)
    const end = candidate?.end ?? at + view.getUint32(at + 4, true)
    bad = end
    crc = candidate?.crc ?? view.getUint32(at, true)
    seeds = trusted(bytes, view, end, crc, sums)
    at = end + 1
  }
  return found
}

/** The run that a record starts; null when there is nothing whole in it. */
function candidateAt(
  bytes: Buffer,
  view: DataView,
  at: number,
  backed: boolean,
  bad: number,
  crc: number | null,
  sums: Sums,
): Candidate | null {
  const run = walk(bytes, view, at, !backed, sums)
  const reaches = plausible(view, bad) && bad + view.getUint32(bad + 4, true) === at
  if (!reaches || crc === null) return { at, ...run, backed, seeded: backed }
  // Of the bad record only the checksum is wrong: the next one began with the right one.
  const healed = backed && sums.seedOf(at) !== view.getUint32(bad, true)
  if (backed) return { at: healed ? bad : at, ...run, backed, seeded: true }
  // The bad record's header is in order, and this one does not follow from its crc: it is damaged too, but its own crc is not.
  const second = at + view.getUint32(at + 4, true)
  return second === run.end ? null : { at: second, ...run, backed, seeded: true }
}

/** As `seedsOf`, without what a wiped sector says: a journal that somebody sent may begin with that, with 0 above all. */
function trusted(bytes: Buffer, view: DataView, bad: number, crc: number | null, sums: Sums): readonly number[] {
  const isWiped = bytes.subarray(bad, bad + 4).every(byte => byte === bytes[bad])
  return seedsOf(sums, view, bad, crc).filter((_, i) => i > 0 || !isWiped)
}

/** What the record behind the bad one may have been seeded with: the stored crc, or the one its bytes have now. */
export function seedsOf(sums: Sums, view: DataView, bad: number, crc: number | null): readonly number[] {
  if (bad + RECORD_HEADER > view.byteLength) return []
  const stored = view.getUint32(bad, true)
  const length = view.getUint32(bad + 4, true)
  if (crc === null || length < RECORD_HEADER || bad + length > view.byteLength) return [stored]
  return [stored, sums.of(bad + 4, bad + length, crc)]
}

/** Does the record behind the one at `at`, or the segment behind it, follow from its crc? */
function isFollowed(view: DataView, at: number, after: number | null, sums: Sums): boolean {
  const next = at + view.getUint32(at + 4, true)
  const crc = view.getUint32(at, true)
  if (next === view.byteLength) return crc === after
  return plausible(view, next) && sums.seedOf(next) === crc
}

/** Follows the chain from a record; `careful`: only through what is well formed. */
function walk(bytes: Buffer, view: DataView, from: number, careful: boolean, sums: Sums): { end: number; crc: number } {
  let at = from
  for (;;) {
    const crc = view.getUint32(at, true)
    at += view.getUint32(at + 4, true)
    if (!plausible(view, at) || sums.seedOf(at) !== crc) return { end: at, crc }
    if (careful && !wellFormed(bytes, view, at)) return { end: at, crc }
  }
}
