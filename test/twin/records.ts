import { epoch, lsn, type Lsn } from '../../src/base/lsn.ts'
import { silentLog } from '../../src/base/log.ts'
import {
  MESSAGE_HEADER,
  RECORD_HEADER,
  RecordFlag,
  RecordType,
  Trait,
  readNewestSnapshot,
  recover,
  writeLsn,
  writeSnapshot,
  type Files,
  type JournalWriter,
} from '../../src/journal/journal.ts'
import { DurableState, FrozenState, encodeSubscription, thawState } from '../../src/store/store.ts'
import { opened, recovered, type Opened } from '../journal/open.ts'

/** A small journal with real records, and the state that they amount to. */
export class Records {
  readonly open: Opened
  readonly files: Files
  readonly directory: string

  constructor(open: Opened, files: Files, directory: string) {
    this.open = open
    this.files = files
    this.directory = directory
  }

  static async at(files: Files, directory: string, number = 1): Promise<Records> {
    const start = (await recovered(files, directory)).result
    const options = { directory, segmentBytes: 2000, epoch: epoch(number), epochUid: Buffer.alloc(16, number) }
    return new Records(await opened(files, options, start), files, directory)
  }

  get journal(): JournalWriter {
    return this.open.journal
  }

  epoch(uid: number): Lsn {
    const { journal } = this
    journal.reserve(RECORD_HEADER + 25)
    journal.block.fill(uid, journal.at + 16, journal.at + 32)
    writeLsn(journal.view, journal.at + 32, 0)
    journal.view.setUint8(journal.at + 40, 2)
    return journal.seal(RecordType.epoch, RecordFlag.none, RECORD_HEADER + 25)
  }

  queue(id: number, name: string, kind = 0): Lsn {
    const { journal } = this
    journal.reserve(100)
    journal.view.setUint32(journal.at + 16, id, true)
    journal.view.setUint8(journal.at + 20, kind)
    const bytes = journal.block.write(name, journal.at + 21)
    return journal.seal(RecordType.destinationAdded, RecordFlag.none, 21 + bytes)
  }

  /** A durable subscription; it collects into the destination `id`. */
  subscription(id: number, topics: string): Lsn {
    const { journal } = this
    const facts = { clientId: 'c', name: 's', topics, selector: null, exact: false, noLocal: false }
    const payload = encodeSubscription(facts)
    journal.reserve(20 + payload.length)
    journal.view.setUint32(journal.at + 16, id, true)
    payload.copy(journal.block, journal.at + 20)
    return journal.seal(RecordType.subscriptionAdded, RecordFlag.none, 20 + payload.length)
  }

  /** A message, with hidden lines and further destinations. */
  message(id: number, body: string, headers = '', hidden = '', also: readonly number[] = []): Lsn {
    const { journal } = this
    journal.reserve(1000)
    let length = writeMessageAt(journal, journal.at, id, body, headers)
    length += journal.block.write(hidden, journal.at + length)
    for (const other of also) {
      journal.view.setUint32(journal.at + length, other, true)
      length += 4
    }
    journal.view.setUint16(journal.at + 22, also.length, true)
    return journal.seal(RecordType.messageAdded, RecordFlag.none, length)
  }

  /** One transaction: several messages, all or none. */
  group(id: number, ...texts: string[]): Lsn {
    const { journal } = this
    journal.reserve(2000)
    let at = journal.at + RECORD_HEADER
    for (const body of texts) {
      const length = writeMessageAt(journal, at, id, body, '')
      journal.view.setUint32(at, 0, true)
      journal.view.setUint32(at + 4, length, true)
      journal.view.setUint8(at + 8, RecordType.messageAdded)
      journal.view.setUint8(at + 9, 0)
      journal.view.setUint16(at + 10, 0, true)
      journal.view.setUint32(at + 12, 1, true)
      at += length
    }
    return journal.seal(RecordType.group, RecordFlag.none, at - journal.at)
  }

  remove(id: number, ...keys: Lsn[]): Lsn {
    const { journal } = this
    const length = 24 + keys.length * 8
    journal.reserve(length)
    journal.view.setUint32(journal.at + 16, id, true)
    journal.view.setUint32(journal.at + 20, 0, true)
    for (const [i, key] of keys.entries()) writeLsn(journal.view, journal.at + 24 + i * 8, key)
    return journal.seal(RecordType.messageRemoved, RecordFlag.none, length)
  }

  async commit(): Promise<void> {
    this.journal.flush()
    await this.open.until(this.journal.end)
  }

  /** Folds what is committed and writes a snapshot of it; answers where. */
  async snapshot(): Promise<Lsn> {
    await this.journal.sync()
    const { state } = await fold(this.files, this.directory)
    await writeSnapshot(this.files, this.directory, state.applied, new FrozenState(state).chunks())
    return state.applied
  }
}

function writeMessageAt(
  { block, view }: Pick<JournalWriter, 'block' | 'view'>,
  at: number,
  id: number,
  body: string,
  headers: string,
): number {
  view.setUint32(at + 16, id, true)
  view.setUint8(at + 20, 4)
  view.setUint8(at + 21, Trait.persistent | Trait.text)
  view.setUint16(at + 22, 0, true)
  writeLsn(view, at + 24, 0)
  writeLsn(view, at + 32, 0)
  const lines = `message-id:ID\\ca-${body}\nexpires:0\npriority:4\ntimestamp:1\npersistent:true\n${headers}`
  let end = at + MESSAGE_HEADER
  end += block.write(`${lines}\n${body}\0\n`, end)
  view.setUint32(at + 40, Buffer.byteLength(lines), true)
  view.setUint32(at + 44, Buffer.byteLength(body), true)
  return end - at
}

/** What a start would make of the directory. */
export async function fold(files: Files, directory: string): Promise<{ state: DurableState; end: Lsn }> {
  const { snapshot, committed } = await readNewestSnapshot(files, directory, silentLog)
  const chunks: Buffer[] = []
  if (snapshot !== undefined) for await (const chunk of snapshot.chunks()) chunks.push(chunk)
  const state = snapshot === undefined ? new DurableState() : thawState(Buffer.concat(chunks), snapshot.lsn)
  const from = snapshot?.lsn ?? lsn(0)
  const found = await recover(files, { directory, from, committed, log: silentLog }, (...record) => {
    state.apply(...record)
  })
  return { state, end: found.end }
}

export async function bytesOf(files: Files, path: string): Promise<Buffer> {
  const file = await files.open(path)
  const bytes = Buffer.alloc(await file.size())
  await file.read(bytes, 0, bytes.length, 0)
  await file.close()
  return bytes
}
