import { lsn, type Lsn } from '../base/lsn.ts'
import type { Visit } from './chain.ts'
import { RECORD_HEADER, RecordType, hiddenEnd } from './record.ts'

/** Calls `visit` for the record and, when it is a GROUP, for each record in it instead. */
export function visitInner(block: Buffer, view: DataView, offset: number, at: Lsn, visit: Visit): void {
  if (block[offset + 8] !== RecordType.group) return visit(block, view, offset, at)
  const end = offset + view.getUint32(offset + 4, true)
  for (let inner = offset + RECORD_HEADER; inner < end; inner += view.getUint32(inner + 4, true)) {
    visitInner(block, view, inner, lsn(at + inner - offset), visit)
  }
}

/** The ids of the destinations that a message record puts its message into. */
export function holders(view: DataView, offset: number): number[] {
  const ids = [view.getUint32(offset + 16, true)]
  const end = offset + view.getUint32(offset + 4, true)
  for (let at = hiddenEnd(view, offset); at < end; at += 4) ids.push(view.getUint32(at, true))
  return ids
}
