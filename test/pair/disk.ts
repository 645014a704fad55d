import { lsn } from '../../src/base/lsn.ts'
import type { Lsn } from '../../src/base/lsn.ts'
import type { EpochEntry, PairMeta } from '../../src/pair/pair.ts'

/** One record of a simulated journal: where it lies, who appended it, what it is. `chain` covers everything before it too. */
export interface Rec {
  readonly start: Lsn
  readonly end: Lsn
  readonly uid: string
  readonly chain: number
  readonly before: number
  readonly kind: 'epoch' | 'message' | 'ack'
  /** Of the message that it adds or removes. */
  readonly id: number
  readonly volatile: boolean
  readonly epoch: EpochEntry | null
}

/** What survives a process: a journal with a synced part, and the meta file. */
export class Disk {
  log: Rec[] = []
  /** Records that survive a power cut. */
  synced = 0
  meta: PairMeta
  /** What was cut or replaced, exported before. */
  readonly salvage: Set<Rec> = new Set()

  /** Of its own: what it decides leaves everything else as it was. */
  readonly #chance: () => number

  constructor(meta: PairMeta, chance: () => number) {
    this.meta = meta
    this.#chance = chance
  }

  get end(): Lsn {
    return this.log.at(-1)?.end ?? lsn(0)
  }

  get syncedEnd(): Lsn {
    return this.log[this.synced - 1]?.end ?? lsn(0)
  }

  /** By the commit rule of one node: what is synced and the run of volatile records behind it. */
  get own(): Lsn {
    let at = this.synced
    while (this.log[at]?.volatile === true) at++
    return this.log[at - 1]?.end ?? lsn(0)
  }

  get chain(): number {
    return this.log.at(-1)?.chain ?? 0
  }

  get epochs(): EpochEntry[] {
    return this.log.flatMap(({ epoch }) => (epoch === null ? [] : [epoch]))
  }

  /** The number of the last epoch. */
  get epoch(): number {
    return this.log.findLast(({ epoch }) => epoch !== null)?.epoch?.n ?? 0
  }

  /** How many records end at or before `at`. */
  count(at: Lsn): number {
    let low = 0
    let high = this.log.length
    while (low < high) {
      const mid = (low + high) >> 1
      if ((this.log[mid]?.end ?? 0) <= at) low = mid + 1
      else high = mid
    }
    return low
  }

  has(rec: Rec): boolean {
    return this.log[this.count(rec.end) - 1] === rec
  }

  hasSynced(rec: Rec): boolean {
    const at = this.count(rec.end)
    return at <= this.synced && this.log[at - 1] === rec
  }

  chainAt(at: Lsn): number | null {
    if (at === 0) return 0
    const rec = this.log[this.count(at) - 1]
    return rec?.end === at ? rec.chain : null
  }

  cut(at: Lsn): Rec[] {
    const gone = this.log.splice(this.count(at))
    for (const rec of gone) this.salvage.add(rec)
    this.synced = this.log.length
    return gone
  }

  /** A copy takes the place of what was there; answers what is in it no more. */
  replace(body: readonly Rec[]): Rec[] {
    const fresh = new Set(body)
    const gone = this.log.filter(rec => !fresh.has(rec))
    for (const rec of gone) this.salvage.add(rec)
    this.log = [...body]
    this.synced = body.length
    return gone
  }

  readonly #underway = new Set<() => void>()

  /** What a crash from now on may find done, though nobody was told; answers what does it. */
  starts(change: () => void): () => void {
    const once = (): void => {
      if (this.#underway.delete(once)) change()
    }
    this.#underway.add(once)
    return once
  }

  /** It will not be done after all. */
  gaveUp(change: () => void): void {
    this.#underway.delete(change)
  }

  /** The process is gone: of what was under way the first changes are done (`partly`) or none, and the others never will be. */
  interrupted(partly: boolean): void {
    for (const change of this.#underway) {
      if (!partly || this.#chance() < 0.5) break
      change()
    }
    this.#underway.clear()
  }

  /** The power goes: of what was not synced a prefix may be there. */
  powerLoss(random: () => number): void {
    const keep = this.synced + Math.floor(random() * (this.log.length - this.synced + 1))
    this.log.length = keep
    this.synced = keep
  }
}
