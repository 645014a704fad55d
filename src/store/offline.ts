import { TandemError, messageOf } from '../base/errors.ts'
import { lsn as toLsn, type Lsn, type MessageKey } from '../base/lsn.ts'
import type { Log } from '../base/log.ts'
import {
  MESSAGE_HEADER,
  RECORD_HEADER,
  RecordType,
  Trait,
  hiddenEnd,
  listSegments,
  readLsn,
  readNewestSnapshot,
  recover,
  segmentPath,
  type Files,
  type JournalFile,
} from '../journal/journal.ts'
import { Mark } from './message-index.ts'
import { thawState } from './snapshot.ts'
import { DurableState, StoredKind, type StoredDestination } from './state.ts'

/** A message that is in the store. */
export interface StoredMessage {
  readonly key: MessageKey
  /** Where its record lies. */
  readonly position: Lsn
  readonly priority: number
  readonly persistent: boolean
  readonly text: boolean
  /** ms since 1970; 0 never. */
  readonly expires: number
  readonly redelivered: number
  /** STOMP 1.2 header lines, escaped, each with its LF. */
  readonly headers: string
  /** Those that are stored and sent to nobody (journal/record.ts). */
  readonly hidden: string
  readonly body: Buffer
}

/** Bytes read at once: messages of a queue lie near one another. */
const PAGE_BYTES = 1 << 20

const SCHEMES: Readonly<Record<StoredKind, string>> = {
  [StoredKind.queue]: 'queue',
  [StoredKind.topic]: 'topic',
  [StoredKind.tempQueue]: 'temp-queue',
  [StoredKind.tempTopic]: 'temp-topic',
  [StoredKind.subscription]: 'subscription',
  [StoredKind.scheduler]: 'scheduler',
}

/** `queue://orders`, `subscription://client:name`. */
export const storedUri = ({ kind, name }: Pick<StoredDestination, 'kind' | 'name'>): string =>
  `${SCHEMES[kind]}://${name}`

/** A stopped broker's store: what it would start from, and its messages. Nothing is changed. */
export class OfflineStore {
  readonly state: DurableState
  /** Where the newest snapshot ends that was read; null: everything comes from the journal. */
  readonly snapshot: Lsn | null
  /** Bytes behind the last record that a start would cut off. */
  readonly torn: number
  readonly #files: Files
  readonly #directory: string
  readonly #bases: readonly Lsn[]
  #open: { readonly base: Lsn; readonly file: JournalFile } | null = null
  #page: Buffer = Buffer.alloc(0)
  #pageAt = 0

  private constructor(
    files: Files,
    directory: string,
    bases: readonly Lsn[],
    found: { readonly state: DurableState; readonly snapshot: Lsn | null; readonly torn: number },
  ) {
    this.#files = files
    this.#directory = directory
    this.#bases = bases
    this.state = found.state
    this.snapshot = found.snapshot
    this.torn = found.torn
  }

  /** Reads snapshot and journal as a start would. Rejects JOURNAL_CORRUPT, JOURNAL_IO. Hand it files that cannot be changed. */
  static async read(files: Files, directory: string, log: Log): Promise<OfflineStore> {
    const { snapshot, committed } = await readNewestSnapshot(files, directory, log)
    let state = new DurableState()
    if (snapshot !== undefined) {
      const chunks: Buffer[] = []
      for await (const chunk of snapshot.chunks()) chunks.push(chunk)
      state = thawState(Buffer.concat(chunks), snapshot.lsn)
    }
    const target = state
    const from = snapshot?.lsn ?? toLsn(0)
    const recovered = await recover(
      files,
      { directory, from, committed, epochs: [...state.epochs], log },
      (block, view, offset, at) => void target.apply(block, view, offset, at),
    )
    const found = { state, snapshot: snapshot?.lsn ?? null, torn: recovered.truncatedBytes }
    return OfflineStore.over(files, directory, found)
  }

  /** A store whose state was found in another way, such as what is left of a damaged one. */
  static async over(
    files: Files,
    directory: string,
    found: { readonly state: DurableState; readonly snapshot: Lsn | null; readonly torn: number },
  ): Promise<OfflineStore> {
    return new OfflineStore(files, directory, await listSegments(files, directory), found)
  }

  /** The messages of a destination, in its order. One page of the journal is in memory. */
  async *messages({ messages }: StoredDestination): AsyncGenerator<StoredMessage> {
    for (let chunk = messages.first; chunk !== null; chunk = chunk.next) {
      for (let slot = 0; slot < chunk.count; slot++) {
        if (chunk.marks[slot] === Mark.removed) continue
        const key = chunk.keys[slot]! as MessageKey
        yield await this.message(key, chunk.position(slot), chunk.sizes[slot]!, chunk.redeliveries(slot))
      }
    }
  }

  /** The message whose record of `bytes` lies at `position`. */
  async message(key: MessageKey, position: Lsn, bytes: number, redelivered: number): Promise<StoredMessage> {
    const block = await this.#record(position, bytes)
    const view = new DataView(block.buffer, block.byteOffset, block.length)
    const traits = view.getUint8(21)
    const headersEnd = MESSAGE_HEADER + view.getUint32(40, true)
    const bodyEnd = headersEnd + 1 + view.getUint32(44, true)
    return {
      key,
      position,
      priority: view.getUint8(20),
      persistent: (traits & Trait.persistent) !== 0,
      text: (traits & Trait.text) !== 0,
      expires: readLsn(view, 32),
      redelivered,
      headers: block.toString('utf8', MESSAGE_HEADER, headersEnd),
      hidden: block.toString('utf8', bodyEnd + 2, hiddenEnd(view, 0)),
      body: Buffer.from(block.subarray(headersEnd + 1, bodyEnd)),
    }
  }

  async close(): Promise<void> {
    await this.#open?.file.close()
    this.#open = null
  }

  /** A view of one record; valid until the next is read. */
  async #record(position: Lsn, bytes: number): Promise<Buffer> {
    const from = position - this.#pageAt
    if (from < 0 || from + bytes > this.#page.length) await this.#read(position, Math.max(bytes, PAGE_BYTES))
    const at = position - this.#pageAt
    const block = this.#page.subarray(at, at + bytes)
    const type = block[8]
    const isMessage = type === RecordType.messageAdded || type === RecordType.relocated
    if (block.length < bytes || bytes < RECORD_HEADER || !isMessage || block.readUInt32LE(4) !== bytes)
      throw new TandemError('JOURNAL_CORRUPT', `no message of ${bytes} bytes lies at ${position}`)
    return block
  }

  async #read(position: Lsn, bytes: number): Promise<void> {
    const base = this.#bases.findLast(each => each <= position)
    if (base === undefined) throw new TandemError('JOURNAL_CORRUPT', `no segment holds ${position}`)
    try {
      if (this.#open?.base !== base) {
        await this.close()
        this.#open = { base, file: await this.#files.open(segmentPath(this.#directory, base)) }
      }
      const page = Buffer.allocUnsafe(bytes)
      let got = 0
      while (got < bytes) {
        const more = await this.#open.file.read(page, got, bytes, position - base + got)
        if (more === 0) break
        got += more
      }
      this.#page = page.subarray(0, got)
      this.#pageAt = position
    } catch (cause) {
      throw new TandemError('JOURNAL_IO', `the journal in ${this.#directory} cannot be read: ${messageOf(cause)}`, {
        cause,
      })
    }
  }
}
