import { lsn } from '../base/lsn.ts'
import type { Lsn } from '../base/lsn.ts'
import type { Hello } from './frames.ts'
import type { EpochEntry } from './model.ts'

/** One store's past: who appended what up to where. */
export interface History {
  readonly epochs: readonly EpochEntry[]
  readonly end: Lsn
  readonly storeId: string
}

/** Where the last epoch that both know ends on the side where it is shorter; null: they share nothing (A1, A2, A3). */
export function commonEnd(mine: History, theirs: History): Lsn | null {
  const known = new Map(theirs.epochs.map(({ uid }, at) => [uid, at]))
  for (let at = mine.epochs.length - 1; at >= 0; at--) {
    const entry = mine.epochs[at]
    const other = known.get(entry?.uid ?? '') ?? -1
    if (other >= 0 && theirs.epochs[other]?.start === entry?.start)
      return lsn(Math.min(endOf(mine, at), endOf(theirs, other)))
  }
  return null
}

function endOf({ epochs, end }: History, at: number): Lsn {
  return epochs[at + 1]?.start ?? end
}

/**
 * Whether `mine` is the newer history. Both sides must come to the same answer from what they know of one another, so
 * between two epochs nobody else has, nothing that grows while they talk may count: the number, where it starts, its uid.
 * Within one epoch the longer copy is the newer, then the storeId.
 */
export function isNewer(mine: History, theirs: History): boolean {
  const a = mine.epochs.at(-1)
  const b = theirs.epochs.at(-1)
  if (a === undefined || b === undefined) return a !== undefined || (b === undefined && mine.storeId > theirs.storeId)
  if (a.uid === b.uid) return mine.end === theirs.end ? mine.storeId > theirs.storeId : mine.end > theirs.end
  if (mine.epochs.some(({ uid }) => uid === b.uid)) return true
  if (theirs.epochs.some(({ uid }) => uid === a.uid)) return false
  if (a.n !== b.n) return a.n > b.n
  return a.start === b.start ? a.uid > b.uid : a.start > b.start
}

/**
 * Of two nodes on copies of one data directory: is `mine` the one to give way? Whoever began anew since the copy was made, while
 * the other has gone on all along; else whoever does not lead; else the older history, as between any two.
 */
export function isCopy(mine: History, theirs: Pick<Hello, 'epochs' | 'end' | 'paired'>, waits: boolean): boolean {
  const [a, b] = [mine.epochs.at(-1)?.uid, theirs.epochs.at(-1)?.uid]
  if (a === b) return waits && !theirs.paired
  const knowsTheirs = mine.epochs.some(({ uid }) => uid === b)
  const knowMine = theirs.epochs.some(({ uid }) => uid === a)
  return knowsTheirs === knowMine ? !isNewer(mine, { ...theirs, storeId: mine.storeId }) : knowsTheirs
}

export interface AttachPlan {
  readonly plan: 'tail' | 'cut' | 'base' | 'diverged'
  /** tail, cut: where the passive goes on. base: how far both agree. */
  readonly at: Lsn
}

/** How a passive comes in step with this active (replication.md 4.5); its chain is compared afterwards. */
export function planAttach(active: History, retainedFrom: Lsn, hello: Hello, namedByWitness: boolean): AttachPlan {
  const passive: History = { epochs: hello.epochs, end: hello.end, storeId: hello.identity.storeId }
  const shared = commonEnd(active, passive)
  const at = shared ?? lsn(0)
  // G2: what was acknowledged while it was in sync is not thrown away on our word.
  if (at < Math.min(hello.inSyncTo, hello.end) && !namedByWitness) return { plan: 'diverged', at }
  if ((shared === null && hello.end > 0) || at < retainedFrom) return { plan: 'base', at }
  return { plan: hello.end > at ? 'cut' : 'tail', at }
}

const UID = /^[0-9a-f]{32}$/

/** Null when the positions and epochs of a hello can be true; else what is wrong with it. */
export function nonsense(hello: Hello): string | null {
  const { end, dur, inSyncTo, epochs } = hello
  if (![end, dur, inSyncTo, hello.rev].every(at => Number.isSafeInteger(at) && at >= 0))
    return 'a position is no position'
  if (dur > end) return 'more is durable than there is'
  let last = -1
  const seen = new Set<string>()
  for (const { n, uid, start } of epochs) {
    if (!UID.test(uid) || seen.has(uid)) return 'an epoch has no uid of its own'
    if (!Number.isSafeInteger(n) || !Number.isSafeInteger(start) || start <= last || start >= end)
      return 'its epochs are out of order'
    last = start
    seen.add(uid)
  }
  return null
}
