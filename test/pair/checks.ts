import type { PairRecord } from '../../src/pair/pair.ts'
import type { Rec } from './disk.ts'
import type { Host } from './host.ts'
import type { World } from './world.ts'

/** An invariant of replication.md broke. */
export class Violation extends Error {}

/** The invariants, looked at whenever something they speak of happens. */
export class Checks {
  readonly #world: World
  readonly #owner = new Map<string, string>()
  /** By epoch, then by where a record starts: its chain. */
  readonly #bytes = new Map<string, Map<number, number>>()
  /** Receipts and deliveries that left the pair: what they rest on must never be missing. */
  readonly promised: Set<Rec> = new Set()
  readonly #rev = new Map<string, number>()
  readonly #checked = new Map<Host, number>()
  lost = 0
  receipts = 0
  /** Ack records that were receipted: their message must not come again. */
  constructor(world: World) {
    this.#world = world
  }

  fail(rule: string, text: string): never {
    throw new Violation(`${rule}: ${text}`)
  }

  began(host: Host, uid: string): void {
    const owner = this.#owner.get(uid)
    if (owner !== undefined) this.fail('I1', `${host.name} begins epoch ${uid}, which ${owner} began`)
    this.#owner.set(uid, host.name)
  }

  appended(host: Host, rec: Rec): void {
    let chains = this.#bytes.get(rec.uid)
    if (chains === undefined) this.#bytes.set(rec.uid, (chains = new Map()))
    const known = chains.get(rec.start)
    if (known === undefined) chains.set(rec.start, rec.chain)
    else if (known !== rec.chain)
      this.fail('S3, I6', `${host.name} has other bytes at ${rec.start} of epoch ${rec.uid}`)
    const { log } = host.disk
    const before = log.at(-2)
    if (before !== undefined && (before.end !== rec.start || before.chain !== rec.before))
      this.fail('S3, I6', `${host.name} has another history before ${rec.start}`)
  }

  /** I3, I4: what is committed is durable here, and in PAIRED there. */
  committed(host: Host): void {
    const { disk, other, commit } = host
    const from = this.#checked.get(host) ?? 0
    const to = disk.count(commit)
    this.#checked.set(host, to)
    if (!host.serving || to <= from) return
    for (let at = from; at < to; at++) {
      const rec = disk.log[at]
      if (rec === undefined || rec.volatile) continue
      if (at >= disk.synced) this.fail('S4, I3', `${host.name} commits ${rec.start} before its own disk has it`)
      if (!other.disk.hasSynced(rec) && this.#paired(host))
        this.fail('S4, I4', `${host.name} commits ${rec.start} in PAIRED, and the passive's disk has not got it`)
    }
  }

  /** With the store that was admitted, not another that took its place since. */
  #paired(host: Host): boolean {
    const status = host.core?.status(host.clock())
    return status?.state === 'PAIRED' && status.peer?.storeId === host.other.disk.meta.storeId
  }

  /** Something left the pair that rests on `rec`. */
  promise(host: Host, rec: Rec, what: string): void {
    if (host.broken) this.fail('I15', `${host.name} ${what} after its disk failed`)
    if (rec.volatile) return
    const { other } = host
    if (this.#world.profile.strict && other.serving && other.disk.epoch >= host.disk.epoch && !other.disk.has(rec))
      this.fail('S2', `${host.name} ${what} ${rec.id} while ${other.name} serves without it`)
    this.promised.add(rec)
  }

  opened(host: Host): void {
    this.#checked.set(host, 0)
    this.holdsAll(host, 'opens')
  }

  holdsAll(host: Host, when: string): void {
    for (const rec of this.promised) {
      if (host.disk.has(rec)) continue
      if (this.#world.profile.strict)
        this.fail('S1, S4', `${host.name} ${when} without ${rec.kind} ${rec.id}, which was promised`)
      if (!this.#world.hosts.some(({ disk }) => disk.has(rec) || disk.salvage.has(rec)))
        this.fail('I7', `${rec.kind} ${rec.id} is nowhere, not even in salvage`)
      this.lost++
    }
  }

  /** Cut off, or replaced by a copy. */
  removed(host: Host, recs: readonly Rec[], how: 'cut' | 'copy'): void {
    this.#checked.set(host, Math.min(this.#checked.get(host) ?? 0, host.disk.log.length))
    if (!this.#world.profile.strict) return
    for (const rec of recs)
      // A copy may be older than what its source has released since; the tail follows.
      if (this.promised.has(rec) && !(how === 'copy' && host.other.disk.has(rec)))
        this.fail('I7', `${host.name} cuts ${rec.kind} ${rec.id}, which was promised`)
  }

  /** I5, I4, G1: whoever is a member holds everything; whoever becomes the owner was a member. */
  swapped(before: PairRecord | null, after: PairRecord): void {
    if (before !== null && before.epochUid !== after.epochUid && !before.insync.includes(after.owner))
      this.fail('I5, S4', 'a store that was not in sync becomes the owner')
    for (const id of after.insync) {
      const host = this.#world.hosts.find(({ disk }) => disk.meta.storeId === id)
      if (host !== undefined && !before?.insync.includes(id)) this.#member(host)
    }
  }

  #member(host: Host): void {
    for (const rec of this.promised)
      if (!host.disk.hasSynced(rec)) this.fail('I4, S4', `${host.name} becomes a member without ${rec.kind} ${rec.id}`)
  }

  /**
   * Without a witness the active's word makes a member. In manual that word may come late, when the active has gone on
   * alone: there it takes nothing over by itself, and what a person promotes lacks the time alone (replication.md 4.3).
   */
  admitted(host: Host): void {
    const { policy, strict } = this.#world.profile
    if (policy !== 'witness' && policy !== 'manual' && strict) this.#member(host)
  }

  afterEvent(host: Host): void {
    const { rev, storeId } = host.disk.meta
    if (rev < (this.#rev.get(storeId) ?? 0)) this.fail('I12', `${host.name} goes back to revision ${rev}`)
    this.#rev.set(storeId, rev)
  }

  /** I10, I17 after all has healed. */
  converged(): void {
    const [a, p] = this.#world.hosts as readonly [Host, Host]
    const active = a.serving ? a : p
    this.holdsAll(active, 'ends')
    const both = Math.min(a.disk.log.length, p.disk.log.length)
    for (let at = 0; at < both; at++)
      if (a.disk.log[at] !== p.disk.log[at]) this.fail('I6, I10', `the journals differ at record ${at}`)
  }
}
