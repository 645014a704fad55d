import type { PairEffect, PairEvent, PairFrame, PairRecord } from '../../src/pair/pair.ts'
import { randomFrom } from '../journal/random.ts'
import { Agenda } from './agenda.ts'
import { Clients } from './clients.ts'
import type { Rec } from './disk.ts'
import { Host } from './host.ts'
import { Checks } from './checks.ts'
import type { Profile } from './profile.ts'
import { metaOf, settingsOf } from './profile.ts'
import { WitnessDouble } from './witness-double.ts'

/** A connection between the two: in order, with delay; it stalls while the network is cut. */
export class Link {
  readonly id: number
  readonly target: Host
  readonly source: Host
  readonly #world: World
  readonly #lives: readonly [number, number]
  #open: Set<Host>
  #last = new Map<Host, number>()
  /** What waits for the network to heal. */
  #stalled: (() => void)[] = []
  dead = false

  constructor(world: World, id: number, source: Host, target: Host) {
    this.#world = world
    this.id = id
    this.source = source
    this.target = target
    this.#lives = [source.life, target.life]
    this.#open = new Set([source, target])
  }

  openFor(host: Host): boolean {
    return this.#open.has(host) && this.#lives[host === this.source ? 0 : 1] === host.life
  }

  #to(to: Host, run: () => void): void {
    const deliver = (): void => {
      if (this.dead) return
      if (this.#world.cut) this.#stalled.push(deliver)
      else if (this.openFor(to)) run()
    }
    const { agenda } = this.#world
    const at = Math.max(agenda.now + this.#world.latency(), (this.#last.get(to) ?? 0) + 0.001)
    this.#last.set(to, at)
    agenda.after(at - agenda.now, deliver)
  }

  send(from: Host, frame: PairFrame, body: readonly Rec[] = []): void {
    if (!this.openFor(from)) return
    const to = from === this.source ? this.target : this.source
    this.#to(to, () => to.frame(this, frame, body))
    const { late } = this.#world.profile
    if (frame.type !== 'ack' || late === 0 || this.#world.random() > late) return
    const { life } = to
    this.#world.agenda.after(this.#world.between(50, 3000), () => {
      if (to.life === life && (this.dead || !this.openFor(to))) to.frame(this, frame, body)
    })
  }

  close(by: Host): void {
    if (!this.#open.delete(by)) return
    const to = by === this.source ? this.target : this.source
    this.#to(to, () => {
      this.#open.delete(to)
      to.hear({ type: 'closed', link: this.id })
    })
  }

  /** A reset that both see. */
  reset(): void {
    this.dead = true
    for (const host of this.#open)
      this.#world.agenda.after(this.#world.latency(), () => {
        if (!this.openFor(host)) return
        this.#open.delete(host)
        host.hear({ type: 'closed', link: this.id })
      })
  }

  heal(): void {
    for (const run of this.#stalled.splice(0)) run()
  }
}

/** Two machines, a network, a witness, clients: everything that happens comes from one seed. */
export class World {
  readonly seed: number
  readonly random: () => number
  readonly agenda: Agenda = new Agenda()
  readonly profile: Profile
  readonly hosts: readonly Host[]
  readonly clients: Clients
  readonly checks: Checks
  readonly witness: WitnessDouble
  cut = false
  slow = 1
  trace: ((host: Host, what: PairEvent | PairEffect) => void) | null = null
  readonly #links = new Map<number, Link>()
  #ids = 0
  #chains = 0

  constructor(seed: number, profile: Profile) {
    this.seed = seed
    this.random = randomFrom(seed)
    this.profile = profile
    this.hosts = ['A', 'P'].map(name => new Host(this, name, settingsOf(name, profile), metaOf(name)))
    this.clients = new Clients(this)
    this.checks = new Checks(this)
    this.witness = new WitnessDouble((before, after) => this.checks.swapped(before, after))
    for (const host of this.hosts) {
      host.rate = 1 + (this.random() - 0.5) * 0.02
      host.offset = Math.floor(this.random() * 1000)
    }
  }

  between(from: number, to: number): number {
    return from + this.random() * (to - from)
  }

  latency(): number {
    return this.between(0.2, 2) * this.slow
  }

  uid(): string {
    return (++this.#ids).toString(16).padStart(32, '0')
  }

  /** Spelt out, as a copy by spreading took a tenth of the time of a simulation. */
  record({ start, end, uid, before, kind, id, volatile, epoch }: Omit<Rec, 'chain'>): Rec {
    return { start, end, uid, chain: ++this.#chains, before, kind, id, volatile, epoch }
  }

  link(id: number): Link | undefined {
    return this.#links.get(id)
  }

  get links(): Iterable<Link> {
    return this.#links.values()
  }

  connect(source: Host, done: (answer: Link | 'refused' | 'unreachable') => void): void {
    const { other, life } = source
    const unreachable = (): boolean => this.cut || !other.powered
    this.agenda.after(unreachable() ? 800 : this.latency() * 2, () => {
      if (source.life !== life) return
      if (unreachable()) return done('unreachable')
      if (!other.listening) return done('refused')
      const link = new Link(this, ++this.#ids, source, other)
      this.#links.set(link.id, link)
      done(link)
    })
  }

  processEnded(host: Host, silently: boolean): void {
    for (const link of this.#links.values()) {
      if (link.dead || (link.source !== host && link.target !== host)) continue
      if (silently) {
        link.dead = true
        continue
      }
      // The kernel closes what the process held, behind what it had sent.
      const peer = link.source === host ? link.target : link.source
      const close = (): void => {
        if (link.dead) return
        if (this.cut) this.agenda.after(200, close)
        else if (link.openFor(peer)) {
          link.dead = true
          peer.hear({ type: 'closed', link: link.id })
        }
      }
      this.agenda.after(this.latency() * 2, close)
    }
  }

  heal(): void {
    this.cut = false
    for (const link of this.#links.values()) link.heal()
  }

  probe(host: Host): void {
    const { other, life } = host
    const silent = (): boolean => this.cut || !other.powered
    this.agenda.after(silent() ? 500 : this.between(0.5, 3), () => {
      const answer = silent() ? 'silent' : other.listening ? 'open' : 'refused'
      if (life === host.life) host.hear({ type: 'probed', answer })
    })
  }

  /** A base copy: everything that is safe on `host`, in one go. */
  serveCopy(host: Host, link: number, session: string): void {
    const { disk } = host
    const body = disk.log.slice(0, disk.count(disk.own))
    host.later(this.between(5, 50), () => this.link(link)?.send(host, { type: 'copy-done', session }, body))
  }

  // the witness

  cas(host: Host, from: number | null, record: PairRecord): void {
    const { life } = host
    const answer = (result: 'ok' | 'conflict' | 'unknown', now: PairRecord | null): void => {
      if (host.life === life) host.hear({ type: 'casDone', nonce: record.nonce, answer: result, record: now })
    }
    const lost = this.random() < this.profile.witnessLoses
    const late = lost && this.random() < 0.5
    if (!this.witness.available || (lost && !late && this.random() < 0.5)) {
      this.agenda.after(50, () => answer('unknown', null))
      return
    }
    if (late) this.agenda.after(this.between(1, 10), () => answer('unknown', null))
    this.agenda.after(late ? this.between(10, 300) : this.latency(), () => {
      const done = this.witness.swap(from, record)
      const now = this.witness.record
      if (lost) return late ? undefined : this.agenda.after(20, () => answer('unknown', null))
      this.agenda.after(this.latency(), () => answer(done ? 'ok' : 'conflict', done ? record : now))
    })
  }

  readWitness(host: Host): void {
    const { life } = host
    this.agenda.after(this.latency() * 2, () => {
      const record = this.witness.available ? this.witness.record : undefined
      if (host.life === life) host.hear({ type: 'witness', record })
    })
  }
}
