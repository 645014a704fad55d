import { destinationUri } from '../base/destination.ts'
import { TandemError, messageOf } from '../base/errors.ts'
import { lsn, type Lsn } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import {
  ChainReader,
  MESSAGE_HEADER,
  RecordType,
  Segment,
  Trait,
  SEGMENT_RECORD_BYTES,
  holders,
  listSegments,
  readLsn,
  readNewestSnapshot,
  readSegmentHeader,
  segmentPath,
  visitInner,
  type Files,
} from '../journal/journal.ts'
import type { EpochEntry } from '../pair/pair.ts'
import { StoredKind, decodeSubscription, thawState } from '../store/store.ts'
import { epochEntry } from './copy-verify.ts'
import { journalDirectory } from './meta.ts'
import {
  listSalvage,
  newSalvageName,
  writeListing,
  type ListedMessage,
  type TailListing,
  type TailPart,
} from './salvage-directory.ts'
import { addRemoved, isRemoved, sentTo } from './tail.ts'
import { copyBytes, readFully, using } from './whole-files.ts'

export interface TailInfo {
  /** StoredMeta.journal. */
  readonly journal: string
  /** ms since 1970. */
  readonly now: number
  /** One sentence for whoever finds it. */
  readonly why: string
  readonly receipted: boolean
  readonly log: Log
}

/** Messages that a listing names, at most; the bytes of all are kept. */
const LISTED_MAX = 100_000
/** Above this many exported tails every further one is warned about: they are never removed by themselves. */
const TAILS_WARNED = 16

/**
 * Copies the journal from `at`, a record boundary, to its end into a directory of its own, durably, before it is cut
 * there (rule 9, A5, I7). Answers the directory's name and what was exported; null when nothing lies behind `at`.
 * Rejects TWIN_SALVAGE or JOURNAL_IO: then it must not be cut.
 */
export async function exportTail(
  files: Files,
  directory: string,
  at: Lsn,
  info: TailInfo,
): Promise<{ readonly name: string; readonly listing: Omit<TailListing, 'messages'> } | null> {
  const journal = journalDirectory(directory, info)
  try {
    const walk = new TailWalk(files, journal, at)
    await walk.run(info.log)
    if (walk.end <= at) return null
    const name = await newSalvageName(files, directory, info.now)
    const salvage = `${directory}/${name}`
    await files.list(salvage)
    const parts: TailPart[] = []
    for (const range of walk.ranges) parts.push(await exportPart(files, journal, salvage, range))
    await files.syncDirectory(salvage)
    const listing = walk.listing(info, parts)
    await writeListing(files, salvage, listing, walk.listed())
    await files.syncDirectory(directory)
    await tell(files, directory, salvage, listing, info.log)
    return { name, listing }
  } catch (cause) {
    if (cause instanceof TandemError) throw cause
    throw new TandemError('TWIN_SALVAGE', `the journal behind ${at} cannot be exported: ${messageOf(cause)}`, { cause })
  }
}

async function tell(
  files: Files,
  directory: string,
  salvage: string,
  { counts, from, to }: Omit<TailListing, 'messages'>,
  log: Log,
): Promise<void> {
  const exported = `pair: the journal from ${from} to ${to} was exported to ${salvage}`
  if (counts.messages === 0 && counts.acknowledgements === 0)
    log.info(`${exported}: no message and no acknowledgement is in it`, { code: 'PAIR_SALVAGE' })
  else
    log.warn(
      `${exported} (${counts.messages} messages, of which ${counts.removed} were consumed; ` +
        `${counts.acknowledgements} acknowledgements of older ones): ` +
        `"tandemmq salvage reinject ${salvage} --to stomp://…" sends them again`,
      { code: 'PAIR_SALVAGE' },
    )
  const tails = (await listSalvage(files, directory)).filter(({ kind }) => kind === 'tail').length
  if (tails > TAILS_WARNED)
    log.warn(`pair: ${directory} holds ${tails} exported tails; look at them, and remove those that are done with`, {
      code: 'PAIR_SALVAGE',
    })
}

interface Range {
  readonly base: Lsn
  readonly from: Lsn
  readonly bytes: number
}

async function exportPart(files: Files, journal: string, salvage: string, range: Range): Promise<TailPart> {
  const { base, from, bytes } = range
  const file = `tail-${from.toString(16).padStart(16, '0')}.journal`
  const crc = await using(files, segmentPath(journal, base), source =>
    using(files, `${salvage}/${file}`, target => copyBytes(source, from - base, bytes, target)),
  )
  return { file, from, bytes, crc }
}

/** Reads the journal's end: what is in it, and the names that its records refer to. */
class TailWalk {
  readonly #files: Files
  readonly #journal: string
  readonly #at: Lsn
  readonly ranges: Range[] = []
  end: Lsn = lsn(0)
  /** The crc of the record before `at`; undefined until `at` was met. */
  #chain: number | undefined
  #names = new Map<number, string>()
  #used = new Set<number>()
  #epochs: EpochEntry[] = []
  #messages: (Omit<ListedMessage, 'removed'> & { readonly ids: readonly number[]; readonly key: Lsn })[] = []
  #removed = new Set<string>()
  #counts = { messages: 0, persistent: 0, removed: 0, acknowledgements: 0 }

  constructor(files: Files, journal: string, at: Lsn) {
    this.#files = files
    this.#journal = journal
    this.#at = at
  }

  async run(log: Log): Promise<void> {
    const bases = await listSegments(this.#files, this.#journal)
    const { snapshot } = await readNewestSnapshot(this.#files, this.#journal, log)
    if (snapshot !== undefined) {
      const chunks: Buffer[] = []
      for await (const chunk of snapshot.chunks()) chunks.push(chunk)
      const { destinations } = thawState(Buffer.concat(chunks), snapshot.lsn)
      for (const [id, { kind, name }] of destinations) this.#names.set(id, storedUri(kind, name))
    }
    const needed = Math.min(this.#at, snapshot?.lsn ?? 0)
    const first = Math.max(
      0,
      bases.findLastIndex(base => base <= needed),
    )
    let chain: number | undefined
    for (const base of bases.slice(first)) chain = await this.#segment(base, chain)
    if (this.#chain === undefined && this.end > this.#at)
      throw new TandemError('TWIN_SALVAGE', `${this.#at} is no record boundary of the journal in ${this.#journal}`)
  }

  /** Answers the crc of the segment's last record. */
  async #segment(base: Lsn, before: number | undefined): Promise<number> {
    return using(this.#files, segmentPath(this.#journal, base), async file => {
      const size = await file.size()
      // Behind a removed segment the chain goes on from what the segment itself says.
      const seed = before !== undefined && this.end === base ? before : await seedOf(file, base, size)
      let chain = seed
      const end = await new ChainReader().follow(file, new Segment(base), size, seed, (block, view, offset, at) => {
        if (at === this.#at) this.#chain = chain
        chain = view.getUint32(offset, true)
        visitInner(block, view, offset, at, (...record) => this.#record(...record))
      })
      this.end = lsn(base + end.offset)
      const from = lsn(Math.max(base, this.#at))
      if (this.end > from) this.ranges.push({ base, from, bytes: this.end - from })
      return end.chain
    })
  }

  #record(block: Buffer, view: DataView, offset: number, at: Lsn): void {
    const type = block[offset + 8]
    if (type === RecordType.destinationAdded) {
      const kind = view.getUint8(offset + 20) as StoredKind
      const name = block.toString('utf8', offset + 21, offset + view.getUint32(offset + 4, true))
      this.#names.set(view.getUint32(offset + 16, true), storedUri(kind, name))
    } else if (type === RecordType.subscriptionAdded) {
      const { clientId, name } = decodeSubscription(block, offset + 20)
      this.#names.set(view.getUint32(offset + 16, true), storedUri(StoredKind.subscription, `${clientId}:${name}`))
    }
    if (at < this.#at) return
    if (type === RecordType.epoch) this.#epochs.push(epochEntry(block, view, offset, at))
    else if (type === RecordType.messageAdded) this.#message(block, view, offset, at, 'added')
    else if (type === RecordType.relocated) this.#message(block, view, offset, at, 'relocated')
    else if (type === RecordType.messageRemoved) this.#countRemoved(view, offset)
  }

  #message(block: Buffer, view: DataView, offset: number, at: Lsn, kind: ListedMessage['kind']): void {
    const ids = holders(view, offset)
    for (const id of ids) this.#used.add(id)
    const persistent = (view.getUint8(offset + 21) & Trait.persistent) !== 0
    if (kind === 'added') {
      this.#counts.messages++
      if (persistent) this.#counts.persistent++
    }
    if (this.#messages.length >= LISTED_MAX) return
    const headersEnd = offset + MESSAGE_HEADER + view.getUint32(offset + 40, true)
    this.#messages.push({
      ids,
      destination: sentTo(block, view, offset, ids, id => this.#names.get(id) ?? `#${id}`),
      lsn: at,
      key: kind === 'added' ? at : readLsn(view, offset + 24),
      kind,
      messageId: messageIdIn(block.toString('utf8', offset + MESSAGE_HEADER, headersEnd)),
      bytes: view.getUint32(offset + 4, true),
      bodyBytes: view.getUint32(offset + 44, true),
      persistent,
    })
  }

  #countRemoved(view: DataView, offset: number): void {
    const end = offset + view.getUint32(offset + 4, true)
    for (let at = offset + 24; at < end; at += 8) {
      if (readLsn(view, at) >= this.#at) this.#counts.removed++
      else this.#counts.acknowledgements++
    }
    addRemoved(view, offset, this.#removed)
  }

  listing({ why, now, receipted }: TailInfo, parts: readonly TailPart[]): Omit<TailListing, 'messages'> {
    const destinations: Record<string, string> = {}
    for (const id of this.#used) destinations[id] = this.#names.get(id) ?? `#${id}`
    const removed = this.#messages.filter(one => one.kind === 'added' && this.#isGone(one)).length
    const listed = this.#messages.reduce((count, { kind }) => count + Number(kind === 'added'), 0)
    return {
      kind: 'tail',
      from: this.#at,
      to: this.end,
      why,
      exported: new Date(now).toISOString(),
      receipted,
      chain: this.#chain ?? 0,
      epochs: this.#epochs,
      parts,
      destinations,
      // Of those that are not listed the records are counted: one message of several destinations may leave in several.
      counts: { ...this.#counts, removed: this.#counts.messages > listed ? this.#counts.removed : removed },
      unlisted: this.#counts.messages - listed,
    }
  }

  /** From every destination that it was put into. */
  #isGone({ ids, key }: { readonly ids: readonly number[]; readonly key: Lsn }): boolean {
    return ids.every(id => isRemoved(this.#removed, id, key))
  }

  *listed(): Generator<ListedMessage> {
    for (const one of this.#messages) {
      const { ids: _ids, key: _key, ...message } = one
      yield { ...message, removed: this.#isGone(one) }
    }
  }
}

async function seedOf(file: Parameters<typeof readFully>[0], base: Lsn, size: number): Promise<number> {
  if (base === 0 || size < SEGMENT_RECORD_BYTES) return 0
  const header = Buffer.alloc(SEGMENT_RECORD_BYTES)
  await readFully(file, header, header.length, 0)
  return readSegmentHeader(header, new DataView(header.buffer, header.byteOffset, header.length), 0)?.seed ?? 0
}

/** The `message-id` of a header block, decoded as far as ids need it. */
const messageIdIn = (headers: string): string =>
  (/^message-id:(.*)$/m.exec(headers)?.[1] ?? '').replaceAll('\\c', ':').replaceAll('\\\\', '\\')

/** `queue://a`; a durable subscription is `subscription://client:name`. */
const storedUri = (kind: StoredKind, name: string): string =>
  kind === StoredKind.subscription
    ? `subscription://${name}`
    : kind === StoredKind.scheduler
      ? `scheduler://${name}`
      : destinationUri({ kind, name })
