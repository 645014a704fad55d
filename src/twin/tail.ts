import { TandemError } from '../base/errors.ts'
import type { Lsn } from '../base/lsn.ts'
import {
  ChainReader,
  MESSAGE_HEADER,
  RecordType,
  SHOWN_AS,
  Segment,
  Trait,
  hiddenEnd,
  hiddenStart,
  holders,
  readLsn,
  visitInner,
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

/**
 * Where a message of these destinations goes when it is sent again, as URIs with commas between them: what it says itself
 * (a topic that durable subscriptions have collected it from), else their names.
 */
export function sentTo(
  block: Buffer,
  view: DataView,
  offset: number,
  ids: readonly number[],
  nameOf: (id: number) => string,
): string {
  const hidden = block.toString('utf8', hiddenStart(view, offset), hiddenEnd(view, offset))
  const shown = new RegExp(`^${SHOWN_AS}:/(queue|topic)/(.*)$`, 'm').exec(hidden)
  if (shown === null) return ids.map(nameOf).join(',')
  return `${shown[1]}://${decode12(shown[2]!)}`
}

const decode12 = (value: string): string =>
  value.replace(/\\(.)/g, (_, letter: string) => ({ n: '\n', c: ':', r: '\r', '\\': '\\' })[letter] ?? letter)

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
        const left = holders(inView, inner).filter(id => !isRemoved(removed, id, key))
        if (left.length > 0) messages.push(messageAt(inBlock, inView, inner, key, left, listing))
      }),
    )
    for (const message of messages) await visit(message)
  }
}

function messageAt(
  block: Buffer,
  view: DataView,
  offset: number,
  at: Lsn,
  left: readonly number[],
  listing: TailListing,
): TailMessage {
  const traits = view.getUint8(offset + 21)
  const headersEnd = offset + MESSAGE_HEADER + view.getUint32(offset + 40, true)
  const bodyEnd = headersEnd + 1 + view.getUint32(offset + 44, true)
  return {
    lsn: at,
    destination: sentTo(block, view, offset, left, id => listing.destinations[id] ?? `#${id}`),
    priority: view.getUint8(offset + 20),
    persistent: (traits & Trait.persistent) !== 0,
    text: (traits & Trait.text) !== 0,
    headers:
      block.toString('utf8', offset + MESSAGE_HEADER, headersEnd) +
      block.toString('utf8', bodyEnd + 2, hiddenEnd(view, offset)),
    body: Buffer.from(block.subarray(headersEnd + 1, bodyEnd)),
  }
}
