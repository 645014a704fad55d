import { lsn } from '../base/lsn.ts'
import type { Lsn } from '../base/lsn.ts'
import type { LinkId, PairEvent } from './events.ts'
import type { PairFrame, Welcome } from './frames.ts'
import type { Passive } from './passive.ts'

type Sessioned = Exclude<PairFrame, { type: 'hello' | 'welcome' | 'refuse' }>

/** A session seen from the passive: takes bytes over in order, applies what is committed, acknowledges what is durable. */
export class Following {
  inSync = false
  readonly #passive: Passive
  readonly #link: LinkId
  readonly #welcome: Welcome
  /** Where the next bytes must start. */
  #next: Lsn
  #commit: Lsn
  #applied: Lsn = lsn(0)
  #acknowledged: Lsn
  /** Since when received bytes wait to be durable. */
  #behindSince: number | null = null
  /** No more is asked for before the disk has caught up. */
  #full = false

  constructor(passive: Passive, link: LinkId, welcome: Welcome) {
    this.#passive = passive
    this.#link = link
    this.#welcome = welcome
    this.#next = this.#acknowledged = welcome.at
    this.#commit = welcome.commit
  }

  frame(frame: Exclude<PairFrame, { type: 'hello' | 'welcome' | 'refuse' }>): void {
    const { node } = this.#passive
    if (!this.#isOurs(frame)) return node.log('warn', `dropped a ${frame.type} of another session or epoch`)
    if (frame.type === 'data') this.#data(frame)
    else if (frame.type === 'beat') {
      this.#told(frame.commit)
      this.acknowledge(frame.n)
    } else if (frame.type === 'insync') this.#insync(frame)
    else if (frame.type === 'handover') this.#handover(frame)
    else if (frame.type === 'resign') this.#passive.lost(`it ended (${frame.reason})`, 'resigned')
  }

  #isOurs(frame: Sessioned): boolean {
    return frame.session === this.#welcome.session && (!('epoch' in frame) || frame.epoch === this.#welcome.epoch)
  }

  #data(frame: Extract<PairFrame, { type: 'data' }>): void {
    if (frame.lsn !== this.#next || !Number.isSafeInteger(frame.bytes) || frame.bytes <= 0)
      return this.#broken(`it sent ${frame.bytes} bytes at ${frame.lsn}, where ${this.#next} was next`)
    this.#next = lsn(frame.lsn + frame.bytes)
    this.#passive.node.emit({ type: 'take', link: this.#link, lsn: frame.lsn })
    this.#told(frame.commit)
    const unsaid = this.#next - this.#acknowledged
    if (unsaid * 4 > this.#welcome.windowBytes || !this.#passive.node.rules.ackWhenDurable) this.acknowledge(0)
  }

  #broken(text: string): void {
    const { node } = this.#passive
    node.refuse(this.#link, 'malformed', text)
    this.#passive.lost(text, 'broken')
  }

  #told(commit: Lsn): void {
    if (Number.isSafeInteger(commit) && commit > this.#commit) this.#commit = commit
    this.#apply()
  }

  #apply(): void {
    const { node } = this.#passive
    const to = lsn(Math.min(this.#commit, node.end))
    node.limit = lsn(Math.max(node.limit, to))
    node.advance()
    if (to <= this.#applied) return
    this.#applied = to
    node.emit({ type: 'apply', to })
  }

  received(end: Lsn): void {
    const { node } = this.#passive
    const { epochs } = this.#welcome
    if (epochs.length > node.epochs.length && (epochs[node.epochs.length]?.start ?? end) < end)
      node.epochs = epochs.filter(({ start }) => start < end)
    if (node.durable < end) this.#behindSince ??= node.now
    this.#apply()
  }

  durable(): void {
    const { node } = this.#passive
    this.#behindSince = node.durable < node.end ? node.now : null
    this.#apply()
    this.acknowledge(0)
  }

  acknowledge(beat: number): void {
    const { node } = this.#passive
    const { session, epoch } = this.#welcome
    this.#full = node.end - node.durable > undurableBytesMax / (this.#full ? 2 : 1)
    // The window stays where it was, so beats still come and are answered.
    const recv = this.#full ? lsn(Math.max(this.#acknowledged, node.durable)) : this.#next
    const dur = node.rules.ackWhenDurable ? lsn(Math.min(node.durable, recv)) : recv
    const stall = this.#behindSince === null ? 0 : node.now - this.#behindSince
    this.#acknowledged = recv
    node.send(this.#link, { type: 'ack', session, epoch, recv, dur, beat, stall })
  }

  #insync({ lsn: at, policy, rev, session, epoch }: Extract<PairFrame, { type: 'insync' }>): void {
    const { node } = this.#passive
    if (!(at >= 0) || at > node.end) return this.#broken(`in sync at ${at}, beyond the end of this journal`)
    const inSyncTo = lsn(Math.max(node.meta.inSyncTo, at))
    node.save({ mayPromote: !node.meta.suspect, policy, inSyncTo }, () => {
      if (this.#passive.following !== this) return
      this.inSync = true
      this.#passive.dialler.settled()
      node.log('info', `IN_SYNC: holds everything that ${node.peerName} acknowledged`, 'PAIR_IN_SYNC')
      node.send(this.#link, { type: 'insync-ok', session, epoch, rev })
    })
  }

  /** Nothing is won by a handover that does not fit: it is as good as never said. */
  #handover(frame: Extract<PairFrame, { type: 'handover' }>): void {
    const { node } = this.#passive
    if (!node.meta.mayPromote || frame.lsn !== node.end || frame.lsn !== node.durable)
      return node.log('warn', `dropped a handover at ${frame.lsn}: this copy ends at ${node.end}, or is not in sync`)
    // One whose disk is full lacks the last of it, and gets it from here.
    if (node.committed < frame.lsn) node.retain(node.committed)
    // The active committed all of it, or never will; a broker that opens must know every destination in it (B5).
    this.#told(frame.lsn)
    node.send(this.#link, { ...frame, stopping: false })
    this.#passive.takeover.handedOver(frame.stopping)
  }

  /** K16 as a mutant: a claimant that still listens. */
  handle(event: PairEvent): void {
    if (event.type === 'frame' && (event.frame.type === 'data' || event.frame.type === 'beat')) this.frame(event.frame)
    else if (event.type === 'durable') this.durable()
    else if (event.type === 'received') this.received(event.end)
  }

  /** What was acknowledged while in sync is remembered; what is not whole or not durable becomes so, or goes (A9). */
  ended(): void {
    const { node } = this.#passive
    const inSyncTo = lsn(Math.max(node.meta.inSyncTo, this.inSync ? node.committed : 0))
    node.meta = { ...node.meta, inSyncTo }
    node.emit({ type: 'trim' })
  }
}

/** Bytes taken over that are not on this disk, at most, before no more is asked for: 16 MiB, and the window beyond it. */
const undurableBytesMax = 16 * 1024 * 1024
