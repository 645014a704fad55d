import { TandemError } from '../base/errors.ts'
import { lsn, type Lsn } from '../base/lsn.ts'
import {
  ChainReader,
  MESSAGE_HEADER,
  RECORD_HEADER,
  RecordType,
  Segment,
  Trait,
  readLsn,
  type Files,
  type Visit,
} from '../journal/journal.ts'
import type { TailListing, TailPart } from './salvage-directory.ts'
import { using } from './whole-files.ts'

/** A message read back out of an exported tail. */
export interface TailMessage {
  readonly lsn: Lsn
  readonly destination: string
  readonly priority: number
  readonly persistent: boolean
  readonly text: boolean
  /** STOMP 1.2 header lines, escaped, each with its LF; the hidden ones (JMSXGroupID) behind the others. */
  readonly headers: string
  readonly body: Buffer
}

/** Calls `visit` for the record and, when it is a GROUP, for each record in it instead. */
export function visitInner(block: Buffer, view: DataView, offset: number, at: Lsn, visit: Visit): void {
  if (block[offset + 8] !== RecordType.group) return visit(block, view, offset, at)
  const end = offset + view.getUint32(offset + 4, true)
  for (let inner = offset + RECORD_HEADER; inner < end; inner += view.getUint32(inner + 4, true)) {
    visitInner(block, view, inner, lsn(at + inner - offset), visit)
  }
}

/** A message's name in a tail: keys are unique in their destination only. */
const keyOf = (destination: number, key: number): string => `${destination}:${key}`

/** Adds the messages that a MESSAGE_REMOVED record removes. */
export function addRemoved(view: DataView, offset: number, into: Set<string>): void {
  const destination = view.getUint32(offset + 16, true)
  const end = offset + view.getUint32(offset + 4, true)
  for (let at = offset + 24; at < end; at += 8) into.add(keyOf(destination, readLsn(view, at)))
}

export const isRemoved = (removed: ReadonlySet<string>, destination: number, key: Lsn): boolean =>
  removed.has(keyOf(destination, key))

/** Verifies and visits each record of a part, oldest first; answers what seeds the next part. Rejects TWIN_SALVAGE when it is damaged. */
async function visitPart(files: Files, salvage: string, part: TailPart, chain: number, visit: Visit): Promise<number> {
  return using(files, `${salvage}/${part.file}`, async file => {
    const size = await file.size()
    const end = await new ChainReader().follow(file, new Segment(part.from), size, chain, visit)
    if (end.offset !== part.bytes || size !== part.bytes)
      throw new TandemError('TWIN_SALVAGE', `${salvage}/${part.file} is damaged at byte ${end.offset}`)
    return end.chain
  })
}

/** The messages that the tail itself removed again. Reads the whole tail, and so proves it too. */
async function removedInTail(files: Files, salvage: string, listing: TailListing): Promise<Set<string>> {
  const removed = new Set<string>()
  let { chain } = listing
  for (const part of listing.parts) {
    chain = await visitPart(files, salvage, part, chain, (block, view, offset, at) =>
      visitInner(block, view, offset, at, (inBlock, inView, inner) => {
        if (inBlock[inner + 8] === RecordType.messageRemoved) addRemoved(inView, inner, removed)
      }),
    )
  }
  return removed
}

/**
 * Calls `visit` for each message that the tail added and did not remove, one after the other, in order. Rejects
 * TWIN_SALVAGE when the tail is damaged, before any visit. One part's messages are in memory at a time.
 */
export async function visitTail(
  files: Files,
  salvage: string,
  listing: TailListing,
  visit: (message: TailMessage) => Promise<void>,
): Promise<void> {
  const removed = await removedInTail(files, salvage, listing)
  let { chain } = listing
  for (const part of listing.parts) {
    const messages: TailMessage[] = []
    chain = await visitPart(files, salvage, part, chain, (block, view, offset, at) =>
      visitInner(block, view, offset, at, (inBlock, inView, inner, key) => {
        if (inBlock[inner + 8] !== RecordType.messageAdded) return
        if (isRemoved(removed, inView.getUint32(inner + 16, true), key)) return
        messages.push(messageAt(inBlock, inView, inner, key, listing))
      }),
    )
    for (const message of messages) await visit(message)
  }
}

function messageAt(block: Buffer, view: DataView, offset: number, at: Lsn, listing: TailListing): TailMessage {
  const traits = view.getUint8(offset + 21)
  const headersEnd = offset + MESSAGE_HEADER + view.getUint32(offset + 40, true)
  const bodyEnd = headersEnd + 1 + view.getUint32(offset + 44, true)
  const end = offset + view.getUint32(offset + 4, true)
  const id = view.getUint32(offset + 16, true)
  return {
    lsn: at,
    destination: listing.destinations[id] ?? `#${id}`,
    priority: view.getUint8(offset + 20),
    persistent: (traits & Trait.persistent) !== 0,
    text: (traits & Trait.text) !== 0,
    headers: block.toString('utf8', offset + MESSAGE_HEADER, headersEnd) + block.toString('utf8', bodyEnd + 2, end),
    body: Buffer.from(block.subarray(headersEnd + 1, bodyEnd)),
  }
}
