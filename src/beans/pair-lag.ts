import { lsn } from '../base/lsn.ts'
import type { Desk } from './desk.ts'

/** Bytes that are counted through at most: what a pair in sync has on its way. */
const countedMax = 8 * 1024 * 1024

/** Records that the twin does not have yet; null: it is not known, or the lag is too long to count. */
export function lagRecords({ host }: Desk): number | null {
  const { peer, role } = host.pair
  if (peer === null || peer.position === null || role !== 'active') return null
  const { journal, state } = host
  const { end } = journal
  if (peer.position >= end) return 0
  // What is applied already may not be in memory any more.
  if (peer.position < state.applied || end - peer.position > countedMax) return null
  let count = 0
  try {
    journal.scan(lsn(peer.position), end, () => void count++)
  } catch {
    return null // the twin stands within a batch, and not at a record
  }
  return count
}
