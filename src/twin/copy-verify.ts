import { TandemError } from '../base/errors.ts'
import { lsn, type Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import {
  RECORD_HEADER,
  RecordType,
  readNewestSnapshot,
  recover,
  verifyJournal,
  type Files,
} from '../journal/journal.ts'
import type { EpochEntry } from '../pair/pair.ts'
import { DurableState, thawState } from '../store/store.ts'

/** What a copy holds. */
export interface CopyHolds {
  readonly end: Lsn
  /** The crc of its last record. */
  readonly chain: number
  /** Of the EPOCH records in it, oldest first. */
  readonly epochs: readonly EpochEntry[]
}

/** Hands over the EPOCH record at `offset` as a table entry. */
export const epochEntry = (block: Buffer, view: DataView, offset: number, at: Lsn): EpochEntry => ({
  n: view.getUint32(offset + 12, true),
  uid: block.toString('hex', offset + RECORD_HEADER, offset + RECORD_HEADER + 16),
  start: at,
})

/**
 * Proves that a directory is a whole journal before anything relies on it: every record of every segment is read, and
 * the state is built from it as a start would do. Everything is synced behind it. Rejects TWIN_COPY_FAILED or
 * JOURNAL_CORRUPT. `end`: where it must end; `snapshotAt`: the snapshot it must hold, null for none.
 */
export async function verifyCopy(
  files: Files,
  directory: string,
  end: Lsn,
  snapshotAt: Lsn | null,
  log: Log,
): Promise<CopyHolds> {
  const { damage } = await verifyJournal(files, directory)
  if (damage !== undefined) throw failed(`${damage.file} at byte ${damage.offset}: ${damage.what}`)
  const { snapshotAt: found, ...holds } = await foldWhole(files, directory, end, log)
  if (found !== snapshotAt) throw failed('its snapshot is damaged')
  return holds
}

/**
 * Builds the state as a start would do, from the newest snapshot on, and syncs the end of the journal. Rejects
 * TWIN_COPY_FAILED or JOURNAL_CORRUPT when it does not end at `end`, or when a message lies in a segment that is missing.
 */
export async function foldWhole(
  files: Files,
  directory: string,
  end: Lsn,
  log: Log,
): Promise<CopyHolds & { readonly snapshotAt: Lsn | null }> {
  const { snapshot } = await readNewestSnapshot(files, directory, log)
  const chunks: Buffer[] = []
  if (snapshot !== undefined) for await (const chunk of snapshot.chunks()) chunks.push(chunk)
  const state = snapshot === undefined ? new DurableState() : thawState(Buffer.concat(chunks), snapshot.lsn)
  const from = snapshot?.lsn ?? lsn(0)
  const epochs: EpochEntry[] = []
  const recovered = await recover(files, { directory, from, committed: end, log }, (block, view, offset, at) => {
    if (block[offset + 8] === RecordType.epoch) epochs.push(epochEntry(block, view, offset, at))
    state.apply(block, view, offset, at)
  })
  if (recovered.end !== end) throw failed(`it ends at ${recovered.end}, expected ${end}`)
  const present = new Set(recovered.segments.map(({ base }) => base))
  const missing = state.liveness.segments.find(({ base, live }) => live > 0 && !present.has(base))
  if (missing !== undefined)
    throw failed(`${missing.live} messages lie in a segment at ${missing.base} that is missing`)
  return { end, chain: recovered.chain, epochs, snapshotAt: snapshot?.lsn ?? null }
}

const failed = (what: string): TandemError => new TandemError('TWIN_COPY_FAILED', `the journal is not whole: ${what}`)
