import { lsn } from '../../src/base/lsn.ts'
import type { Lsn } from '../../src/base/lsn.ts'
import { PairCore } from '../../src/pair/core.ts'
import type { PairEffect, PairEvent, PairFrame, PairMeta, PairSettings } from '../../src/pair/pair.ts'
import { randomFrom } from '../journal/random.ts'
import { Disk } from './disk.ts'
import type { Rec } from './disk.ts'
import type { Link, World } from './world.ts'

interface Waiting {
  readonly rec: Rec
  readonly at: Lsn
}

/** One simulated machine with one broker process on it: executes what the core decides, as events.ts says. */
export class Host {
  readonly name: string
  readonly world: World
  readonly settings: PairSettings
  disk: Disk
  core: PairCore | null = null
  /** Counts processes: what was started by an earlier one is void. */
  life = 0
  powered = true
  /** Its clock: skewed, sped up, and set. */
  rate = 1
  offset = 0
  limit: Lsn = lsn(0)
  commit: Lsn = lsn(0)
  serving = false
  listening = false
  quiet = false
  failed = false
  /** It was told that a write failed. */
  broken = false
  stopped: { readonly failed: boolean; readonly text: string } | null = null
  diskDelay = 1
  /** The journal has no space: nothing of it is written. What the pair remembers has its space. */
  full = false
  /** Bytes free, as it says. */
  room: number = 1 << 30
  #stalled = false
  /** The next data directory, when this one is replaced. */
  generation = 1
  /** The epoch it appends in: set by `begin`. */
  uid = ''
  receipts: Waiting[] = []
  #syncing = false
  #dial = 0
  /** Of the journal: answers about an earlier one are void. */
  #journal = 0
  #awaken = Infinity
  /** Bodies of the frame that is being handled. */
  #body: readonly Rec[] = []
  #applied = 0
  #copying: number | null = null
  #savedAt = 0
  /** As it was asked to, whether that is done or not. */
  #remembers!: PairMeta
  readonly #held: { save: number; meta: PairMeta; last: Rec | undefined; journal: number }[] = []

  constructor(world: World, name: string, settings: PairSettings, meta: PairMeta) {
    this.world = world
    this.name = name
    this.settings = settings
    this.disk = new Disk(meta, randomFrom(world.seed ^ name.charCodeAt(0)))
  }

  get other(): Host {
    return this.world.hosts[this.name === 'A' ? 1 : 0] as Host
  }

  get up(): boolean {
    return this.core !== null
  }

  clock(): number {
    return Math.floor(this.world.agenda.now * this.rate + this.offset)
  }

  start(): void {
    const { world } = this
    this.life++
    this.stopped = null
    this.failed = this.broken = false
    this.powered = true
    this.#journal++
    this.#syncing = false
    this.#awaken = Infinity
    this.quiet = false
    this.#copying = null
    this.#held.length = 0
    this.#remembers = this.disk.meta
    this.core = new PairCore(this.settings, () => world.uid(), world.profile.rules)
    this.#boot()
  }

  #boot(): void {
    const { disk } = this
    // A7: recovery makes the tail durable before it counts.
    disk.synced = disk.log.length
    this.limit = lsn(0)
    this.commit = lsn(0)
    this.#applied = 0
    this.receipts = []
    const uid = disk.epochs.at(-1)?.uid
    if (this.world.profile.rules?.restartIsNewEpoch === false && uid !== undefined) this.uid = uid
    const { meta, end, chain, epochs } = disk
    this.hear({ type: 'boot', meta, end, chain, epochs, retainedFrom: lsn(0) })
  }

  /** The process is gone: by kill, by its own end, or with the machine. */
  end(how: 'kill' | 'power' | 'stop'): void {
    this.disk.interrupted(how !== 'stop')
    this.#unwritten()
    if (how === 'power') {
      this.powered = false
      this.disk.powerLoss(this.world.random)
    }
    this.life++
    this.#dial++
    this.core = null
    this.serving = this.listening = false
    this.receipts = []
    this.world.processEnded(this, how === 'power')
  }

  /** Runs `run` after a while, unless this process is gone by then. */
  later(ms: number, run: () => void): void {
    const { life } = this
    this.world.agenda.after(ms, () => {
      if (life === this.life && this.core !== null) run()
    })
  }

  hear(event: PairEvent): void {
    const { core } = this
    if (core === null) return
    if (this.world.trace !== null) this.world.trace(this, event)
    const effects = core.handle(event, this.clock())
    for (const effect of effects) {
      if (this.core !== core) return
      if (this.world.trace !== null) this.world.trace(this, effect)
      this.#execute(effect)
    }
    this.world.checks.afterEvent(this)
    this.#arm()
  }

  #arm(): void {
    const due = this.core?.deadline ?? Infinity
    if (due === Infinity) return
    const at = Math.max(this.world.agenda.now + 0.01, (due - this.offset) / this.rate + 0.01)
    if (at >= this.#awaken && this.#awaken > this.world.agenda.now) return
    this.#awaken = at
    this.later(at - this.world.agenda.now, () => {
      if (this.#awaken !== at) return
      this.#awaken = Infinity
      this.hear({ type: 'time' })
    })
  }

  #execute(effect: PairEffect): void {
    const { world } = this
    if (effect.type === 'limit') {
      this.limit = effect.to
      this.advance()
    } else if (effect.type === 'apply') {
      this.#told(effect.to)
    } else if (effect.type === 'begin') this.#begin(effect)
    else if (effect.type === 'save') this.#save(effect.save, effect.meta)
    else if (effect.type === 'compare') this.#compare(effect.at)
    else if (effect.type === 'cut') this.#cut(effect.at)
    else if (effect.type === 'trim') {
      this.#sync()
    } else if (effect.type === 'dial') this.#connect()
    else if (effect.type === 'undial') this.#dial++
    else if (effect.type === 'probe') world.probe(this)
    else if (effect.type === 'send') world.link(effect.link)?.send(this, this.#placed(effect.frame))
    else if (effect.type === 'ship') this.#ship(effect)
    else if (effect.type === 'take') this.#take(effect.link)
    else if (effect.type === 'copy') this.#copying = effect.link
    else if (effect.type === 'serveCopy') world.serveCopy(this, effect.link, effect.session)
    else if (effect.type === 'close') world.link(effect.link)?.close(this)
    else if (effect.type === 'open') {
      this.serving = this.listening = true
      world.checks.opened(this)
      this.later(1, () => this.hear({ type: 'opened' }))
    } else if (effect.type === 'hold') this.listening = true
    else if (effect.type === 'reopen') this.#reopen()
    else if (effect.type === 'quiesce') {
      this.quiet = true
      this.later(3, () => this.hear({ type: 'quiesced', end: this.disk.end }))
    } else if (effect.type === 'unquiesce') this.quiet = false
    else if (effect.type === 'cas') world.cas(this, effect.from, effect.record)
    else if (effect.type === 'readWitness') world.readWitness(this)
    else if (effect.type === 'stop') {
      this.stopped = effect
      this.end('stop')
    }
  }

  // the journal

  append(rec: Omit<Rec, 'start' | 'end' | 'chain' | 'before' | 'uid'>, bytes: number): Rec {
    const made = this.#put(rec, bytes)
    this.hear({ type: 'appended', end: made.end })
    if (rec.volatile) this.durable()
    return made
  }

  #put(rec: Omit<Rec, 'start' | 'end' | 'chain' | 'before' | 'uid'>, bytes: number): Rec {
    const { disk, world, uid } = this
    const start = disk.end
    const { kind, id, volatile, epoch } = rec
    const end = lsn(start + bytes)
    const made = world.record({ start, end, uid, before: disk.chain, kind, id, volatile, epoch })
    disk.log.push(made)
    world.checks.appended(this, made)
    this.#sync()
    return made
  }

  #begin({ n, uid }: Extract<PairEffect, { type: 'begin' }>): void {
    const { life } = this
    const journal = this.#journal
    this.uid = uid
    this.world.checks.began(this, uid)
    const epoch = { n, uid, start: this.disk.end }
    const { disk } = this
    const made = this.#put({ kind: 'epoch', id: 0, volatile: false, epoch }, 40)
    const settled = (): void => {
      if (life !== this.life || journal !== this.#journal) return
      if (!disk.hasSynced(made)) return this.later(1, settled)
      this.hear({ type: 'began', epoch, end: made.end })
      this.hear({ type: 'appended', end: this.disk.end })
    }
    this.later(1, settled)
  }

  #sync(): void {
    if (this.#syncing || this.disk.synced === this.disk.log.length) return
    this.#syncing = true
    const journal = this.#journal
    const upTo = this.disk.log.length
    this.later(this.world.between(0.2, 2) * this.diskDelay, () => {
      this.#syncing = false
      if (this.failed) {
        this.broken = true
        return this.hear({ type: 'diskFailed' })
      }
      if (this.#isStalled()) return this.later(20, () => this.#sync())
      if (journal === this.#journal) {
        this.disk.synced = Math.max(this.disk.synced, Math.min(upTo, this.disk.log.length))
        this.durable()
      }
      this.#sync()
    })
  }

  /** Of a write that is tried now. */
  #isStalled(): boolean {
    if (this.full === this.#stalled) return this.full
    this.#stalled = this.full
    this.hear({ type: this.full ? 'writesStalled' : 'writesResumed' })
    return this.full
  }

  /** What was never written is gone with the process, or with its journal. */
  #unwritten(): void {
    if (this.#stalled) this.disk.log.length = this.disk.synced
    this.#stalled = false
  }

  durable(): void {
    this.advance()
    this.#told(this.#toldTo)
    this.hear({ type: 'durable', upTo: this.disk.own })
  }

  /** The commit rule: the only place that releases anything. */
  advance(): void {
    const own = this.world.profile.shell.ownFsync ? this.disk.own : this.disk.end
    const to = lsn(Math.min(own, this.limit))
    if (to <= this.commit) return
    this.commit = to
    this.world.checks.committed(this)
    this.release()
  }

  /** Receipts and deliveries of what is committed. */
  release(): void {
    const { disk, world, commit } = this
    if (!this.serving) return
    for (let rec = disk.log[this.#applied]; rec !== undefined && rec.end <= commit; rec = disk.log[++this.#applied])
      if (rec.kind === 'message') world.clients.delivered(this, rec)
    const waiting = this.receipts
    let at = 0
    for (let next = waiting[0]; next !== undefined && next.at <= commit; next = waiting[++at])
      world.clients.receipted(this, next.rec)
    if (at > 0) waiting.splice(0, at)
  }

  #toldTo: Lsn = lsn(0)

  #told(to: Lsn): void {
    this.#toldTo = to
    if (this.serving) return
    this.commit = lsn(Math.max(this.commit, Math.min(to, this.disk.own)))
  }

  #save(save: number, meta: PairMeta): void {
    // What a node leads alone with is on its own disk first.
    const alone = this.#remembers.paired && meta.role === 'active' && !meta.paired && !meta.suspect
    this.#remembers = meta
    const last = alone ? this.disk.log.at(-1) : undefined
    this.#held.push({ save, meta, last, journal: this.#journal })
    this.#saveHeld()
  }

  #saveHeld(): void {
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      const { save, meta, last, journal } = next
      const waits = last !== undefined && journal === this.#journal && !this.disk.hasSynced(last) && !this.failed
      if (waits) return this.later(1, () => this.#saveHeld())
      this.#held.shift()
      this.#saveNow(save, meta)
    }
  }

  #saveNow(save: number, meta: PairMeta): void {
    const at = Math.max(this.#savedAt, this.world.agenda.now + this.world.between(0.3, 3) * this.diskDelay)
    this.#savedAt = at + 0.001
    const done = this.disk.starts(() => (this.disk.meta = meta))
    this.later(at - this.world.agenda.now, () => {
      done()
      this.hear({ type: 'saved', save })
    })
  }

  #compare(at: Lsn): void {
    const journal = this.#journal
    this.later(this.world.between(0.1, 1), () => {
      if (journal !== this.#journal) return
      const gone = this.world.profile.gone > this.world.random()
      this.hear({ type: 'compared', at, chain: gone ? null : this.disk.chainAt(at) })
    })
  }

  #cut(at: Lsn): void {
    const journal = this.#journal
    const done = this.disk.starts(() => this.world.checks.removed(this, this.disk.cut(at), 'cut'))
    this.later(this.world.between(0.5, 3), () => {
      if (journal !== this.#journal) return this.disk.gaveUp(done)
      done()
      const { end, chain, epochs } = this.disk
      this.hear({ type: 'cut', end, chain, epochs })
    })
  }

  #reopen(): void {
    this.serving = this.listening = this.quiet = false
    this.receipts = []
    this.#unwritten()
    this.#journal++
    this.#toldTo = lsn(0)
    this.later(this.world.between(1, 10), () => {
      this.#syncing = false
      this.#boot()
    })
  }

  // links

  #connect(): void {
    const token = ++this.#dial
    this.world.connect(this, answer => {
      if (token !== this.#dial) return
      if (typeof answer === 'string') this.hear({ type: 'dialFailed', why: answer, text: answer })
      else {
        answer.target.hear({ type: 'attached', link: answer.id, remote: this.name })
        this.hear({ type: 'dialled', link: answer.id })
      }
    })
  }

  /** Where this node is found, as the shell fills it in. */
  #placed(frame: PairFrame): PairFrame {
    if (frame.type === 'ack' && frame.beat > 0) return { ...frame, room: this.full ? 0 : this.room }
    if (frame.type !== 'hello' && frame.type !== 'welcome') return frame
    return { ...frame, identity: { ...frame.identity, uris: [`tcp://${this.name.toLowerCase()}:61613`] } }
  }

  #ship({ link, session, epoch, from, to }: Extract<PairEffect, { type: 'ship' }>): void {
    const { disk, world } = this
    let at: number = from
    while (at < to) {
      const next = Math.min(to, at + Math.ceil(world.between(20, 1500)))
      const body = disk.log.slice(disk.count(lsn(at)), disk.count(lsn(next)))
      const frame: PairFrame = { type: 'data', session, epoch, lsn: lsn(at), bytes: next - at, commit: this.commit }
      world.link(link)?.send(this, frame, body)
      at = next
    }
  }

  frame(link: Link, frame: PairFrame, body: readonly Rec[]): void {
    this.#body = body
    if (frame.type === 'insync') this.world.checks.admitted(this)
    if (frame.type === 'copy-done' && this.#copying === link.id)
      return this.full ? this.hear({ type: 'copyFailed', text: 'no space' }) : this.#swapIn(body)
    this.hear({ type: 'frame', link: link.id, frame })
  }

  #take(link: number): void {
    const { disk } = this
    const body = this.#body
    for (const rec of body) {
      if (this.world.profile.rules?.historyIsCompared === false) {
        if (rec.start < disk.end) continue
      } else if (rec.start !== disk.end || rec.before !== disk.chain) {
        this.later(0, () => this.hear({ type: 'badData', link, text: 'the chain is broken' }))
        return
      }
      disk.log.push(rec)
      this.world.checks.appended(this, rec)
    }
    if (body.length === 0) return
    this.#sync()
    const end = disk.end
    this.later(0, () => this.hear({ type: 'received', end }))
    if (body.some(rec => rec.volatile)) this.later(0, () => this.durable())
  }

  /** One rename swaps the staged copy in; the old data is kept as salvage. */
  #swapIn(body: readonly Rec[]): void {
    this.#copying = null
    const { disk } = this
    const done = disk.starts(() => this.world.checks.removed(this, disk.replace(body), 'copy'))
    this.later(this.world.between(1, 10), () => {
      done()
      this.#journal++
      this.#syncing = false
      this.commit = lsn(0)
      const { end, chain, epochs } = disk
      this.hear({ type: 'copied', end, chain, epochs })
    })
  }
}
