import { lsn } from '../base/lsn.ts'
import type { Lsn } from '../base/lsn.ts'
import type { LinkId } from './events.ts'
import type { Hello, PairFrame } from './frames.ts'
import type { PeerIdentity } from './model.ts'
import type { PairNode } from './node.ts'

/** welcome: it was told the plan. copy: a base copy runs. stream: it takes the journal over. */
export type Stage = 'measure' | 'welcome' | 'copy' | 'stream'
type Ack = Extract<PairFrame, { type: 'ack' }>

/** One attached passive, from its hello until the link ends. The active's side. */
export class Session {
  readonly link: LinkId
  readonly id: string
  readonly epoch: number
  readonly peer: PeerIdentity
  /** Which run of the passive it is. */
  readonly incarnation: string
  stage: Stage = 'measure'
  /** Where its stream starts, as agreed. */
  at: Lsn
  shipped: Lsn
  received: Lsn
  durable: Lsn
  /** It was told that it is in sync. */
  told = false
  heardAt: number
  /** ms that the answer to the last answered beat took. */
  rttMs: number | null = null
  /** Bytes free on its disk, as it said last; null: it never did. */
  room: number | null = null
  /** The end of the journal here when its stream began. */
  #first = lsn(0)
  #beat = 0
  /** When the last beat left; null: it was answered. */
  #beatAt: number | null = null
  /** The oldest end of the journal here that it has not reached, and since when: progress, not liveness (D3). */
  #behind: { readonly end: Lsn; readonly since: number } | null = null
  /** What it had received at `since`. */
  #receivedThen = lsn(0)
  #stall = 0
  readonly #node: PairNode

  constructor(node: PairNode, link: LinkId, hello: Hello) {
    this.#node = node
    this.link = link
    this.id = node.random()
    this.epoch = node.epochNumber
    this.peer = hello.identity
    this.incarnation = hello.incarnation
    this.at = this.shipped = this.received = this.durable = lsn(0)
    this.heardAt = node.now
  }

  /** `ready`: what lies below `at` is the same on both sides; it is durable there once it says so. */
  stream(at: Lsn): void {
    this.stage = 'stream'
    this.at = this.shipped = this.received = at
    this.durable = lsn(0)
    this.#first = this.#node.end
    this.#node.timers.set('beat', this.#node.now)
    this.ship()
  }

  /** Sends what is new, while no more than the window is on its way. */
  ship(): void {
    if (this.stage !== 'stream') return
    const node = this.#node
    const to = lsn(Math.min(node.end, this.received + node.settings.windowBytes))
    if (to > this.shipped) {
      node.emit({ type: 'ship', link: this.link, session: this.id, epoch: this.epoch, from: this.shipped, to })
      this.shipped = to
    }
    if (this.#behind === null) this.gate()
  }

  /** Null when the positions can be true; else what is wrong (they are not taken over then). */
  acknowledged({ session, recv, dur, stall, beat, room }: Ack): string | null {
    if (session !== this.id) this.durable = dur > this.durable ? dur : this.durable // mutant K15 only
    if (session !== this.id) return null
    if (beat === this.#beat && this.#beatAt !== null) {
      this.rttMs = this.#node.now - this.#beatAt
      this.#beatAt = null
    }
    // It answers a beat: writing and verifying a file may take longer than silence is borne.
    if (this.stage === 'copy') return null
    if (this.stage !== 'stream') return 'an acknowledgement before the stream'
    if (![recv, dur, stall].every(at => Number.isFinite(at) && at >= 0)) return 'a position is no position'
    if (recv > this.shipped || dur > recv) return `it acknowledges more than it was sent (${this.shipped})`
    if (recv < this.received || dur < this.durable) return 'it acknowledges less than before'
    this.received = recv
    this.durable = dur
    this.#stall = stall
    if (room !== undefined) this.room = room
    if (this.#behind !== null && dur >= this.#behind.end) this.gate()
    else if (this.#behind !== null && this.#brings) this.#stepped(this.#behind.end)
    if (dur - this.#node.kept >= RETAIN_STEP) this.retain()
    this.ship()
    return null
  }

  /** Its disk took what was there when the session began: one that is full is not worth waiting for. */
  get writes(): boolean {
    return this.durable >= this.#first
  }

  retain(): void {
    this.#node.retain(this.durable > this.at ? this.durable : this.at)
  }

  beat(): void {
    const node = this.#node
    if (this.stage !== 'stream' && this.stage !== 'copy') return
    node.timers.set('beat', node.now + node.settings.beatMs)
    const { id: session, epoch } = this
    const { committed: commit } = node
    this.#beatAt = node.now
    node.send(this.link, { type: 'beat', session, epoch, n: ++this.#beat, commit, rev: node.meta.rev })
  }

  /** When it counts as lost without another word or another step forward. */
  patience(gated: boolean): number {
    const { ackTimeoutMs } = this.#node.settings
    const silence = this.heardAt + ackTimeoutMs
    return gated && this.#behind !== null ? Math.min(silence, this.#behind.since + ackTimeoutMs) : silence
  }

  /** What is wrong with its progress; null: nothing. `gated`: clients wait for it. */
  lateness(gated: boolean): string | null {
    const { now, settings } = this.#node
    if (now - this.heardAt >= settings.ackTimeoutMs) return `nothing was heard from it for ${settings.ackTimeoutMs} ms`
    if (!gated) return null
    if (this.#stall >= settings.ackTimeoutMs) return `its disk has not finished a write for ${this.#stall} ms`
    if (this.#behind !== null && now - this.#behind.since >= settings.ackTimeoutMs)
      return `what was written ${settings.ackTimeoutMs} ms ago is not on its disk`
    return null
  }

  /** From here on clients wait for it: what it missed before does not count against it. */
  gate(): void {
    const { end } = this.#node
    if (this.durable < end) this.#stepped(end)
    else this.#behind = null
  }

  #stepped(end: Lsn): void {
    this.#behind = { end, since: this.#node.now }
    this.#receivedThen = this.received
  }

  /**
   * A record larger than the window is on its disk when all of it has come, however fast it comes: until then each window of
   * it is a step forward. A disk that stands still meanwhile shows in its `stall`.
   */
  get #brings(): boolean {
    const least = this.#node.settings.windowBytes
    return this.received - this.durable >= least && this.received - this.#receivedThen >= least
  }

  get lagMs(): number {
    return this.#behind === null ? 0 : this.#node.now - this.#behind.since
  }
}

const RETAIN_STEP = 1 << 20
