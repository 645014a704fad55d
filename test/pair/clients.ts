import type { Rec } from './disk.ts'
import type { Host } from './host.ts'
import type { World } from './world.ts'

/** Producers and consumers: send, wait for receipts, take deliveries, remove what was delivered, send again. */
export class Clients {
  readonly #world: World
  #ids = 0
  /** Delivered by this process, not removed. */
  readonly #delivered = new Map<Host, Rec[]>()
  readonly #removed = new Set<number>()
  receipts = 0

  constructor(world: World) {
    this.#world = world
  }

  act(): void {
    for (const host of this.#world.hosts) if (host.up && host.serving && !host.quiet) this.#act(host)
  }

  #act(host: Host): void {
    const { random, profile, checks } = this.#world
    if (host.receipts.length > 20) return
    const dice = random()
    if (dice < 0.15) return this.#again(host)
    const removable = this.#delivered.get(host)?.shift()
    const big = random() < 0.01 ? 5000 : 0
    const remove = dice < 0.4 && removable !== undefined
    const id = remove ? removable.id : ++this.#ids
    const { life } = host
    const volatile = !remove && random() < 0.15
    const kind = remove ? 'ack' : 'message'
    const rec = host.append({ kind, id, volatile, epoch: null }, 30 + Math.floor(random() * 200) + big)
    if (life !== host.life || !host.serving) return
    if (!profile.shell.deliveryAtCommit && kind === 'message') checks.promise(host, rec, 'delivers')
    if (rec.end <= host.commit) this.receipted(host, rec)
    else host.receipts.push({ rec, at: rec.end })
  }

  /** A producer that got no receipt sends the same again: it is in the log already, and its receipt waits like the first (B1). */
  #again(host: Host): void {
    const waiting = host.receipts[host.receipts.length - 1]
    if (waiting === undefined) return
    const { end } = host.disk
    if (this.#world.profile.shell.duplicateWaits) host.receipts.push({ rec: waiting.rec, at: end })
    else this.receipted(host, waiting.rec)
  }

  receipted(host: Host, rec: Rec): void {
    this.receipts++
    this.#world.checks.promise(host, rec, 'receipts')
    if (rec.kind === 'ack') this.#removed.add(rec.id)
  }

  delivered(host: Host, rec: Rec): void {
    this.#world.checks.promise(host, rec, 'delivers')
    const list = this.#delivered.get(host) ?? []
    if (list.length < 50) list.push(rec)
    this.#delivered.set(host, list)
  }
}
