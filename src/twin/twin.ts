/**
 * The shell around the pair's core: it moves journal bytes between two nodes and does what the core decides.
 *
 *     core (pair/) ─ effects ─► links · journal · files      links · journal · files ─ events ─► core
 *
 * A data directory, from a first start (1) over a base copy (2) to a cut tail (3):
 *
 *     data/  tandemmq-store.json            JSON, mode 0600: what the node remembers, and `journal`, where that lies
 *            lock                           held by the running broker; its content means nothing
 *            tandemmq-….journal .snapshot   (1) `journal` is "."
 *            tandemmq-<at>.cut              a cut at that position is under way: the next start finishes it
 *            copy-0000000000000001/         (2) staged file by file; the journal once `journal` names it. A higher
 *                                               number than the named one: an unfinished copy, which goes on
 *            salvage-20260131T235959Z/      (2) the replaced journal, whole; one of these is kept
 *            salvage-20260201T000000Z/      (3) a cut tail; never removed by itself
 *              tail-<from, 16 hex digits>.journal    its bytes [from, …), one file for each segment
 *              listing.json                          from, to, why, the crc that seeds its first record, epochs,
 *                                                    destinations, each message; written last: without it, unfinished
 *              progress.log                          what `tandemmq salvage reinject` sent, one position a line
 *
 * The swap of a copy is one rename of the meta file (written, synced, renamed, directory synced): before it the old
 * journal is the journal, behind it the new one, which was proved whole by reading every record and building the state.
 *
 * Read: meta (what a node remembers) · directory (which journal is the journal) · copy-source, copy-target, copy-verify
 * (the base copy) · host (runs the core) with node-port (what it does things with), links and shipper (the journal on its way) · cut-check (may it be cut?) · salvage, tail (what was cut off) · compare, verify (are both the same? on disk, and between two running nodes).
 * Promises: what it reports to the core as durable is on disk; nothing is cut that was not exported before.
 * Refuses: decisions. Who leads, what is acknowledged and what is cut is the core's to say.
 */
export { compareJournals, type Comparison, type Difference, type DifferenceSide, type JournalSide } from './compare.ts'
export { CopySource, type CopySourceOptions } from './copy-source.ts'
export { CopyTarget, type CopyTargetOptions } from './copy-target.ts'
export type { CopyHolds } from './copy-verify.ts'
export { checkCut } from './cut-check.ts'
export { settleDirectory, wipeStore } from './directory.ts'
export { PairHost } from './host.ts'
export type { CopyRun, NodePort, StoreFacts } from './node-port.ts'
export {
  META_NAME,
  MetaFile,
  journalDirectory,
  newMeta,
  readMeta,
  wipeRefusal,
  writeMeta,
  type StoredMeta,
} from './meta.ts'
export { exportTail, type TailInfo } from './salvage.ts'
export {
  listSalvage,
  readListing,
  type ListedMessage,
  type Listing,
  type Salvage,
  type TailListing,
} from './salvage-directory.ts'
export { visitTail, type TailMessage } from './tail.ts'
export type { ComparePort } from './verify.ts'
