import { lsn } from '../base/lsn.ts'
import type { PairEvent } from './events.ts'
import type { PairRecord } from './model.ts'
import type { PairNode } from './node.ts'

/** A change of the witness's record that must come about, and what follows. */
export interface Change {
  /** The record wanted, made anew for every attempt; `before` is the newest seen. Null: it is no longer wanted. */
  readonly make: (before: PairRecord | null) => Omit<PairRecord, 'rev' | 'nonce'> | null
  /** Whether `record`, met on the way, still leaves the change to us. Else `lost` is called. */
  readonly ours: (record: PairRecord | null) => boolean
  readonly won: (record: PairRecord) => void
  readonly lost: (record: PairRecord | null) => void
  /** The witness went back to an older record than was seen (I12, C7). */
  readonly regressed: () => void
}

/**
 * One change of the witness's record at a time, by compare-and-swap until it is settled (rule 5, C4, K14): an unknown
 * answer is followed by a read only to learn the revision; nothing but a newer success of our own counts.
 */
export class Register {
  readonly #node: PairNode
  #change: Change | null = null
  #nonce = ''
  #sent: PairRecord | null = null

  constructor(node: PairNode) {
    this.#node = node
  }

  get busy(): boolean {
    return this.#change !== null
  }

  start(change: Change): void {
    this.#change = change
    if (this.#node.record === undefined) this.read()
    else this.#attempt()
  }

  /** No longer wanted. What was sent may still land; a newer change will find out. */
  drop(): void {
    this.#change = null
    this.#nonce = ''
  }

  /** Timer `register`. */
  read(): void {
    const change = this.#change
    if (change === null) return
    this.#node.readWitness(record => {
      if (this.#change !== change) return
      if (record === undefined) return this.#later()
      const { rules } = this.#node
      if (!rules.unknownNeedsNewer && record !== null && this.#sent !== null && sameMembers(record, this.#sent))
        return this.#won(record)
      this.#judge(record)
    })
  }

  answered(event: Extract<PairEvent, { type: 'casDone' }>): void {
    if (this.#change === null || event.nonce !== this.#nonce) return
    if (event.answer === 'ok' || (event.answer === 'conflict' && !this.#node.rules.conflictIsNo))
      return this.#won(event.record ?? (this.#sent as PairRecord))
    if (event.answer === 'conflict') return this.#judge(event.record)
    this.#later()
  }

  #later(): void {
    this.#node.timers.set('register', this.#node.now + this.#node.settings.retryMs)
  }

  #judge(record: PairRecord | null): void {
    const change = this.#change as Change
    if (!this.#node.seen(record)) {
      this.drop()
      return change.regressed()
    }
    if (change.ours(record)) return this.#attempt()
    this.drop()
    change.lost(record)
  }

  #won(record: PairRecord): void {
    const change = this.#change as Change
    this.drop()
    if (!this.#node.seen(record)) return change.regressed()
    change.won(record)
  }

  #attempt(): void {
    const change = this.#change as Change
    const before = this.#node.record ?? null
    const wanted = change.make(before)
    if (wanted === null) return this.drop()
    this.#nonce = this.#node.random()
    const record = { ...wanted, rev: (before?.rev ?? 0) + 1, nonce: this.#nonce }
    this.#sent = record
    this.#node.emit({ type: 'cas', from: before?.rev ?? null, record })
  }
}

function sameMembers(a: PairRecord, b: PairRecord): boolean {
  return a.owner === b.owner && a.insync.length === b.insync.length && a.insync.every(id => b.insync.includes(id))
}

/** A change by the present owner that keeps its epoch: another in-sync set. */
export function membership(
  node: PairNode,
  insync: () => readonly string[],
  then: Pick<Change, 'won' | 'lost' | 'regressed'>,
): Change {
  const epoch = node.epochs.at(-1)
  const own = node.meta.storeId
  return {
    make: before => ({
      epoch: before?.epoch ?? epoch?.n ?? 0,
      epochUid: epoch?.uid ?? '',
      owner: own,
      insync: insync(),
      minLsn: lsn(Math.max(before?.minLsn ?? 0, node.committed)),
    }),
    ours: record => record !== null && record.owner === own && record.epochUid === epoch?.uid,
    ...then,
  }
}

/** A new activation by a store that the record lets lead (I5, C6, K3, K11). */
export function claim(
  node: PairNode,
  insync: (before: PairRecord | null) => readonly string[],
  then: Pick<Change, 'won' | 'lost' | 'regressed'>,
): Change {
  return {
    make: before => ({
      epoch: Math.max(before?.epoch ?? 0, node.meta.maxEpoch) + 1,
      epochUid: node.random(),
      owner: node.meta.storeId,
      insync: insync(before),
      minLsn: before?.minLsn ?? lsn(0),
    }),
    ours: record => mayClaim(node, record),
    ...then,
  }
}

export function mayClaim(node: PairNode, record: PairRecord | null): boolean {
  if (node.meta.suspect) return false
  if (!node.rules.onlyMembersClaim) return true
  if (record === null) return node.settings.activeUris.length === 0 && !node.meta.paired
  const member = node.rules.memberIsStore
    ? record.insync.includes(node.meta.storeId)
    : record.insync.length === 2 || record.insync.includes(node.meta.storeId)
  return member && (!node.rules.memberIsStore || node.end >= record.minLsn)
}
