import { plausible, unfinishedEnd } from './candidate.ts'
import { RECORD_HEADER } from './record.ts'
import { seedsOf } from './runs.ts'
import { Sums } from './sums.ts'

/** What is known about the first bad record of a segment. */
export interface DamageFacts {
  /** It lies in the journal's last segment. */
  readonly lastSegment: boolean
  /** It lies below a position that is known to have been committed (the end of a snapshot). */
  readonly belowCommitted: boolean
  /** A record behind it still verifies. */
  readonly intactBehind: boolean
  /** A record behind it that verifies was written only after everything before it was synced. */
  readonly barrierBehind: boolean
  /** A whole sector of the damage was never written: it reads as zeros. */
  readonly unwrittenSector: boolean
  /** A follower that was catching up wrote it: batches were not synced in the order that barriers promise. */
  readonly lenient: boolean
}

/**
 * Torn tail or corruption? (A8 in replication.md.) A tail is cut only when nothing says that it was ever acknowledged.
 *
 *     case  last segment  below committed  lenient  intact behind  barrier behind  unwritten sector   decision
 *     A     no            *                *        *              *               *                  refuse
 *     B     yes           yes              *        *              *               *                  refuse
 *     G     yes           no               yes      *              *               *                  cut
 *     C     yes           no               no       no             *               *                  cut
 *     D     yes           no               no       yes            yes             *                  refuse
 *     E     yes           no               no       yes            no              yes                cut
 *     F     yes           no               no       yes            no              no                 refuse
 *
 * A  A segment is synced whole before the next one begins, so a hole before the end is damage at rest.
 * B  What a snapshot folded was committed; the journal may not end before it.
 * C  A write that a crash interrupted: the ordinary torn tail.
 * D  The batch that holds the bad record was synced before a later one was written: damage at rest.
 * E  A power cut in the middle of one batch: the disk wrote later sectors of it, but not this one. Never acknowledged.
 * F  The bytes were written and are wrong: damage at rest.
 * G  Nothing that a follower holds counts before it is in sync, and the active sends it again.
 */
export function judgeDamage(facts: DamageFacts): 'cut' | 'refuse' {
  if (!facts.lastSegment || facts.belowCommitted) return 'refuse'
  if (facts.lenient || !facts.intactBehind) return 'cut'
  return !facts.barrierBehind && facts.unwrittenSector ? 'cut' : 'refuse'
}

/** What lies behind a bad record. */
export type Behind = Pick<DamageFacts, 'intactBehind' | 'barrierBehind' | 'unwrittenSector'> & {
  /** Where the first intact record starts, in bytes from the bad one. */
  readonly at: number
  /** Bytes that were summed to find it out: a small multiple of those that there are, whatever they say. */
  readonly summed: number
}

const SECTOR_BYTES = 512

/**
 * Looks for intact records behind a bad one. `rest` holds the file from the bad record (at file position `position`) to
 * its end, `chain` is the crc of the last good record. A record counts as intact when its crc follows from the bad
 * record's (as stored or as computed), or when the record behind it follows from its own. Inside the bad record only the
 * first counts: records that follow from one another may be what somebody sent in a body, a copy of a journal for one.
 * What they follow from there nobody outside can know.
 */
export function lookBehind(rest: Buffer, position: number, chain: number): Behind {
  const view = new DataView(rest.buffer, rest.byteOffset, rest.length)
  const sums = new Sums(rest)
  const seeds = seedsOf(sums, view, 0, chain).filter(isWritten)
  let inside = unfinishedEnd(rest, view, 0)
  let first = -1
  for (let at = 1; at + RECORD_HEADER <= rest.length;) {
    const backed = plausible(view, at) && seeds.includes(sums.seedOf(at))
    if (!backed && (at < inside || !plausible(view, at) || !followed(view, at, sums))) {
      if (at === inside) {
        // The write that did not get done went on with this one.
        inside = unfinishedEnd(rest, view, at)
        if (inside > at) seeds.splice(0, seeds.length, ...seedsOf(sums, view, at, null).filter(isWritten))
      }
      at++
      continue
    }
    if (first < 0) first = at
    const run = walk(view, at, sums)
    const { summed } = sums
    if (run.barrier) return { intactBehind: true, barrierBehind: true, unwrittenSector: false, at: first, summed }
    at = run.end
  }
  const unwrittenSector = first > 0 && hasZeroSector(rest, first, position)
  return { intactBehind: first > 0, barrierBehind: false, unwrittenSector, at: first, summed: sums.summed }
}

/** A journal that somebody sent begins with 0, and a crc that was never written is read as that. */
const isWritten = (seed: number): boolean => seed !== 0

function followed(view: DataView, at: number, sums: Sums): boolean {
  const next = at + view.getUint32(at + 4, true)
  return plausible(view, next) && sums.seedOf(next) === view.getUint32(at, true)
}

/** Follows the chain from an intact record; answers where it ends and whether a barrier is part of it. */
function walk(view: DataView, from: number, sums: Sums): { end: number; barrier: boolean } {
  let at = from
  let barrier = false
  do {
    barrier ||= view.getUint16(at + 10, true) === 1
    const seed = view.getUint32(at, true)
    at += view.getUint32(at + 4, true)
    if (!plausible(view, at) || sums.seedOf(at) !== seed) break
  } while (!barrier)
  return { end: at, barrier }
}

/**
 * Is a sector between the bad record's start and `end` empty? The first one counts from the record's start on: what
 * lies before may have been written by an earlier batch.
 */
function hasZeroSector(rest: Buffer, end: number, position: number): boolean {
  let at = 0
  for (let stop = SECTOR_BYTES - (position % SECTOR_BYTES); stop <= end; stop += SECTOR_BYTES) {
    if (rest.subarray(at, stop).every(byte => byte === 0)) return true
    at = stop
  }
  return false
}
