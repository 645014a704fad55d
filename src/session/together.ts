import type { Lsn } from '../base/lsn.ts'
import { RECORD_HEADER, RecordFlag, RecordType, type Journal } from '../journal/journal.ts'
import type { RecordBuffer } from './record-target.ts'

/** Journals the records of several buffers as one GROUP, all or none; answers where it lies. */
export function writeJournaled(journal: Journal, parts: readonly RecordBuffer[], durable: boolean): Lsn {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, RECORD_HEADER)
  journal.reserve(bytes)
  let into = journal.at + RECORD_HEADER
  for (const part of parts) into += part.block.copy(journal.block, into, 0, part.bytes)
  return journal.seal(RecordType.group, durable ? RecordFlag.none : RecordFlag.volatile, bytes)
}
