import {
  MESSAGE_HEADER,
  RECORD_HEADER,
  RecordType,
  RemovalReason,
  Trait,
  hiddenEnd,
  readLsn,
  recordName,
} from '../journal/journal.ts'
import { lsn as toLsn, type Lsn } from '../base/lsn.ts'
import { readJob } from './schedule.ts'
import { EpochReason, StoredKind } from './state.ts'
import { decodeSubscription } from './stored-subscription.ts'
import { storedUri } from './offline.ts'

/** What a record says, with names instead of numbers. Times in ms since 1970; the body is a view of the block. */
export interface ShownRecord {
  readonly lsn: number
  readonly type: string
  readonly bytes: number
  readonly epoch: number
  /** The GROUP that it is part of. */
  readonly group?: number
  readonly [field: string]: unknown
}

const nameIn = (names: Readonly<Record<string, number>>, value: number): string =>
  Object.entries(names).find(([, each]) => each === value)?.[0] ?? String(value)

/** Says what records hold, and remembers the names of destinations as it meets them. */
export class RecordReader {
  readonly #names = new Map<number, string>()

  /** What is known before the first record: of a snapshot, or of the whole store. */
  know(destinations: Iterable<{ readonly id: number; readonly kind: StoredKind; readonly name: string }>): void {
    for (const at of destinations) this.#names.set(at.id, storedUri(at))
  }

  /** The record at `offset`, and when it is a GROUP those in it. */
  *read(block: Buffer, view: DataView, offset: number, at: Lsn): Generator<ShownRecord> {
    const bytes = view.getUint32(offset + 4, true)
    yield this.#shown(block, view, offset, at)
    if (block[offset + 8] !== RecordType.group) return
    for (let inner = offset + RECORD_HEADER; inner < offset + bytes; inner += view.getUint32(inner + 4, true))
      yield { ...this.#shown(block, view, inner, toLsn(at + inner - offset)), group: at }
  }

  #shown(block: Buffer, view: DataView, offset: number, at: Lsn): ShownRecord {
    const type = block[offset + 8] ?? 0
    const bytes = view.getUint32(offset + 4, true)
    const head = { lsn: at, type: recordName(type), bytes, epoch: view.getUint32(offset + 12, true) }
    return { ...head, ...this.#payload(type as RecordType, block, view, offset, at, offset + bytes) }
  }

  #payload(
    type: RecordType,
    block: Buffer,
    view: DataView,
    offset: number,
    at: Lsn,
    end: number,
  ): Readonly<Record<string, unknown>> {
    const id = (from = 16): number => view.getUint32(offset + from, true)
    switch (type) {
      case RecordType.segment:
        return { base: readLsn(view, offset + 32), uid: block.toString('hex', offset + 40, offset + 56) }
      case RecordType.epoch: {
        const started = readLsn(view, offset + 32)
        const reason = nameIn(EpochReason, view.getUint8(offset + 40))
        return { uid: block.toString('hex', offset + 16, offset + 32), started, reason }
      }
      case RecordType.destinationAdded: {
        const kind = view.getUint8(offset + 20) as StoredKind
        this.know([{ id: id(), kind, name: block.toString('utf8', offset + 21, end) }])
        return { destination: this.#name(id()) }
      }
      case RecordType.subscriptionAdded: {
        const { clientId, name, topics, selector } = decodeSubscription(block, offset + 20)
        this.know([{ id: id(), kind: StoredKind.subscription, name: `${clientId}:${name}` }])
        return { destination: this.#name(id()), clientId, name, topics, selector }
      }
      case RecordType.destinationRemoved:
        return { destination: this.#name(id()) }
      case RecordType.messageAdded:
      case RecordType.relocated:
        return this.#message(type, block, view, offset, at, end)
      case RecordType.messageRemoved: {
        const reason = nameIn(RemovalReason, view.getUint8(offset + 20))
        return { destination: this.#name(id()), reason, keys: keysOf(view, offset + 24, end) }
      }
      case RecordType.redelivered:
      case RecordType.dispatched:
        return { destination: this.#name(id()), keys: keysOf(view, offset + 20, end) }
      case RecordType.job: {
        const { destination, ...job } = readJob(block, view, offset)
        return { destination: this.#name(destination), ...job }
      }
      case RecordType.group:
        return {}
      default:
        return type satisfies never
    }
  }

  #message(
    type: RecordType,
    block: Buffer,
    view: DataView,
    offset: number,
    at: Lsn,
    end: number,
  ): Readonly<Record<string, unknown>> {
    const traits = view.getUint8(offset + 21)
    const headersEnd = offset + MESSAGE_HEADER + view.getUint32(offset + 40, true)
    const bodyBytes = view.getUint32(offset + 44, true)
    const destinations = [view.getUint32(offset + 16, true)]
    for (let also = hiddenEnd(view, offset); also < end; also += 4) destinations.push(view.getUint32(also, true))
    const expires = readLsn(view, offset + 32)
    return {
      destination: destinations.map(each => this.#name(each)).join(','),
      key: type === RecordType.relocated ? readLsn(view, offset + 24) : at,
      priority: view.getUint8(offset + 20),
      persistent: (traits & Trait.persistent) !== 0,
      text: (traits & Trait.text) !== 0,
      expires: expires === 0 ? null : expires,
      headers: block.toString('utf8', offset + MESSAGE_HEADER, headersEnd),
      bodyBytes,
      body: block.subarray(headersEnd + 1, headersEnd + 1 + bodyBytes),
    }
  }

  #name(id: number): string {
    return this.#names.get(id) ?? `#${id}`
  }
}

function keysOf(view: DataView, from: number, end: number): number[] {
  const keys: number[] = []
  for (let at = from; at < end; at += 8) keys.push(readLsn(view, at))
  return keys
}
