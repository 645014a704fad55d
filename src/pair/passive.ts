import { lsn } from '../base/lsn.ts'
import type { Lsn } from '../base/lsn.ts'
import { Dialler } from './dialler.ts'
import type { LinkId, PairEvent } from './events.ts'
import type { PairFrame, Welcome } from './frames.ts'
import { Following } from './following.ts'
import { halt } from './halted.ts'
import { nonsense } from './history.ts'
import type { EpochEntry, PairState } from './model.ts'
import type { PairNode, Role } from './node.ts'
import { Takeover } from './takeover.ts'
import { Waiting } from './waiting.ts'

/**
 * Follows: dials its active, comes in step with it as the plan says, takes the journal over.
 *
 *     away ─dialled─► hello ─welcome─► settle (remember, compare, cut) ─► following
 *                       ▲─────────────── copy ◄──────┘
 */
export class Passive implements Role {
  readonly role = 'passive'
  readonly node: PairNode
  readonly dialler: Dialler
  readonly takeover: Takeover
  stage: 'away' | 'settle' | 'copy' | 'follow' = 'away'
  following: Following | null = null
  /** A session came about in this life. */
  met = false
  /** The other end said something last. */
  heardAt: number
  #welcomed: Welcome | null = null

  constructor(node: PairNode) {
    this.node = node
    this.heardAt = node.now
    this.dialler = new Dialler(node, 'passive')
    this.takeover = new Takeover(this, () => {
      const again = new Passive(node)
      node.become(again)
      again.start()
    })
  }

  start(): void {
    this.node.freeze()
    this.dialler.dial()
    this.takeover.started()
    // On record it is an active that waits: if nobody leads, its twin looks for it behind a connector.
    const { meta, settings, now, timers } = this.node
    if (meta.role === 'active' && meta.paired && !meta.suspect && settings.policy !== 'witness')
      timers.set('wait', now + settings.bootPeerWaitMs)
  }

  handle(event: PairEvent): void {
    const { node } = this
    if (event.type === 'dialled') {
      this.dialler.handle(event)
      this.takeover.answeredDial()
    } else if (event.type === 'dialFailed') {
      this.dialler.handle(event)
      this.takeover.dialFailed(event.why)
    } else if (event.type === 'closed') {
      if (this.dialler.owns(event.link)) this.lost('the connection ended', 'closed')
    } else if (event.type === 'badData') {
      if (!this.dialler.owns(event.link)) return
      node.log('error', `what the active sent does not verify: ${event.text}`)
      this.lost('it sent bytes that do not verify', 'broken')
    } else if (event.type === 'received') {
      this.following?.received(event.end)
    } else if (event.type === 'durable') {
      this.following?.durable()
    } else if (event.type === 'copied') {
      this.#copied(event)
    } else if (event.type === 'copyFailed') {
      node.log('warn', `the base copy failed: ${event.text}`, 'PAIR_COPY')
      this.dialler.copyFailed(event.text)
      this.lost('the base copy failed', 'broken')
    } else if (event.type === 'frame') {
      this.#frame(event.link, event.frame)
    } else if (event.type === 'promote') {
      this.takeover.byHand(event.force)
    } else if (event.type === 'handover') {
      node.log('warn', 'handover: this node is the passive; ask the active', 'PAIR_REFUSED')
    } else if (event.type === 'stop') {
      halt(node, 'stopped in good order', false)
    }
  }

  #frame(link: LinkId, frame: PairFrame): void {
    const { node } = this
    if (frame.type === 'hello') return node.refuse(link, 'not-active', 'this node is the passive')
    if (!this.dialler.owns(link)) return
    this.heardAt = node.now
    if (frame.type === 'refuse') {
      node.log(
        frame.code === 'newer' ? 'info' : 'warn',
        `the active refused (${frame.code}): ${frame.text}`,
        'PAIR_REFUSED',
      )
      this.dialler.lastText = `refused (${frame.code}): ${frame.text}`
      // This store came from the active's by copying: under a name of its own it may attach.
      if (frame.code === 'same-store') node.save({ storeId: node.random() })
      this.lost(`refused: ${frame.code}`, 'refused')
      if (frame.code === 'newer') this.takeover.toldToLead()
    } else if (frame.type === 'welcome') this.#welcome(link, frame)
    else if (this.stage === 'copy') this.#whileCopying(link, frame)
    else if (this.following === null) node.log('warn', `dropped a ${frame.type} outside of any session`)
    else {
      this.#watch()
      this.following.frame(frame)
    }
  }

  /** Both sides hear that the other lives, however long a file takes. */
  #whileCopying(link: LinkId, frame: PairFrame): void {
    this.#watch()
    if (frame.type !== 'beat' || frame.session !== this.#welcomed?.session) return
    const { session, epoch, n: beat } = frame
    this.node.send(link, { type: 'ack', session, epoch, recv: lsn(0), dur: lsn(0), beat, stall: 0 })
  }

  /** Something is due often enough to tell a stop of this process from silence of the other (`stoodStill`). */
  #pulse(): void {
    const { now, settings, timers } = this.node
    if (this.following !== null) timers.set('pulse', now + settings.ackTimeoutMs / 4)
  }

  /** Silence from now on counts. */
  #watch(): void {
    const { now, settings, timers } = this.node
    timers.set('silence', now + settings.ackTimeoutMs)
  }

  #welcome(link: LinkId, welcome: Welcome): void {
    const { node } = this
    if (this.stage !== 'away') return node.log('warn', 'dropped a welcome that nobody asked for')
    const wrong = this.#wrong(welcome)
    if (wrong !== null) {
      node.log('error', `the active's welcome is not followed: ${wrong}`)
      return this.lost(wrong, 'broken')
    }
    const kept = Math.min(node.meta.inSyncTo, node.end)
    if (welcome.at < kept && welcome.plan !== 'tail') return this.#askWitness(link, welcome, kept)
    this.#relinquish(link, welcome)
  }

  #wrong({ plan, at, epochs, identity, pairId, epoch, windowBytes, beatMs }: Welcome): string | null {
    const { meta, end } = this.node
    if (meta.pairId !== null && pairId !== meta.pairId) return 'it belongs to another pair'
    if (identity.storeId === meta.storeId) return 'it uses a copy of this data directory'
    if (!Number.isSafeInteger(at) || at < 0 || at > end) return `the position ${at} is beyond what this node has`
    if (plan === 'tail' && at !== end && this.node.rules.historyIsCompared)
      return `tail from ${at}, but this journal ends at ${end}`
    if (epochs.at(-1)?.n !== epoch || !(windowBytes > 0) || !(beatMs > 0)) return 'its epoch or settings make no sense'
    return nonsense({ ...this.node.hello('passive', 0), end: lsn(Number.MAX_SAFE_INTEGER), epochs })
  }

  /** G2: acknowledged work is cut on the witness's word only. */
  #askWitness(link: LinkId, welcome: Welcome, kept: number): void {
    const { node } = this
    const no = (): void => {
      const text = `it asks to cut at ${welcome.at}, but everything below ${kept} was acknowledged while in sync`
      node.log('error', `${text}: this copy is kept as it is`)
      node.refuse(link, 'diverged', text)
      this.lost('diverged', 'broken')
    }
    if (welcome.policy !== 'witness') return no()
    node.readWitness(record => {
      if (!this.dialler.owns(link)) return
      if (record?.owner === welcome.identity.storeId && node.seen(record)) this.#relinquish(link, welcome)
      else no()
    })
  }

  /** From here on it may not take over by itself until it is in sync again; on record before it says ready. */
  #relinquish(link: LinkId, welcome: Welcome): void {
    const { node } = this
    const { meta } = node
    this.stage = 'settle'
    this.met = true
    this.#welcomed = welcome
    this.takeover.stop()
    this.dialler.heard()
    this.#watch()
    const { identity: peer, pairId, policy, epoch, secret } = welcome
    const change = { pairId, secret: secret ?? meta.secret, policy, peer, maxEpoch: Math.max(meta.maxEpoch, epoch) }
    node.save({ ...change, role: 'passive', paired: false, mayPromote: false }, () => this.#follow(link, welcome))
  }

  #follow(link: LinkId, welcome: Welcome): void {
    const { node } = this
    const still = (): boolean => this.#welcomed === welcome && this.dialler.owns(link)
    if (!still()) return
    if (welcome.plan === 'base') return this.#askForCopy(link, welcome)
    const { at } = welcome
    const compared = (chain: number | null): void => {
      if (!still()) return
      if (node.rules.historyIsCompared && (chain !== welcome.chainAt || node.meta.suspect))
        return this.#askForCopy(link, welcome)
      if (node.end <= at) return this.#ready(link, welcome)
      const receipted = node.led || node.epochs.some(({ uid }) => !welcome.epochs.some(other => other.uid === uid))
      node.cut(at, receipted, () => {
        if (!still()) return
        if (node.end > at) this.#askForCopy(link, welcome)
        else this.#ready(link, welcome)
      })
    }
    if (at === 0) compared(welcome.chainAt)
    else node.compare(at, compared)
  }

  /** It is served when it is asked for: what came before would find nobody who takes it. */
  #askForCopy(link: LinkId, { session, epoch, at }: Welcome): void {
    this.stage = 'copy'
    this.node.emit({ type: 'copy', link, session })
    this.node.send(link, { type: 'ready', session, epoch, at, needBase: true })
  }

  #copied(found: { end: Lsn; chain: number; epochs: readonly EpochEntry[] }): void {
    const { node, dialler } = this
    dialler.settled()
    node.positions(found)
    node.led = false
    node.save({ suspect: false, inSyncTo: lsn(0) })
    if (this.stage !== 'copy') return
    this.stage = 'away'
    this.#welcomed = null
    node.timers.stop('silence')
    node.timers.set('answer', node.now + node.settings.ackTimeoutMs)
    dialler.greet()
  }

  #ready(link: LinkId, welcome: Welcome): void {
    const { node } = this
    node.led = false
    this.stage = 'follow'
    this.following = new Following(this, link, welcome)
    this.#pulse()
    const { session, epoch, at } = welcome
    node.send(link, { type: 'ready', session, epoch, at, needBase: false })
    this.following.acknowledge(0)
  }

  /** The session, or the attempt at one, is over. */
  lost(why: string, how: 'closed' | 'silence' | 'resigned' | 'refused' | 'broken'): void {
    const { node, dialler } = this
    const { link } = dialler
    const { following } = this
    this.following = null
    this.stage = 'away'
    this.#welcomed = null
    node.timers.stop('silence')
    if (link !== null && node.rules.closedBeforeClaim) node.close(link)
    if (link !== null) dialler.closed(link)
    if (following === null) return this.takeover.missed()
    following.ended()
    node.log('warn', `the active ${node.peerName} is lost: ${why}`, 'PAIR_LOST')
    this.takeover.lost(how, why, node.rules.closedBeforeClaim ? null : following)
  }

  /**
   * What lies in the socket is from before. Its active may have given it up since and gone on alone, and may even be dead
   * by now: that would look like a death in sync. So the session is over, and with it the right that goes by proof.
   */
  stoodStill(ms: number): void {
    if (this.following !== null)
      this.lost(`this process stood still for ${Math.round(ms)} ms, and it may have gone on alone`, 'silence')
  }

  due(timer: string): void {
    if (timer === 'pulse') this.#pulse()
    else if (timer === 'redial') this.dialler.dial()
    else if (timer === 'answer') this.dialler.unanswered()
    else if (timer === 'wait') this.#waitAgain()
    else if (timer === 'silence') this.lost('nothing was heard from it', 'silence')
    else this.takeover.due(timer)
  }

  #waitAgain(): void {
    if (this.met || this.node.meta.role !== 'active') return
    const waiting = new Waiting(this.node)
    this.node.become(waiting)
    waiting.start()
  }

  leave(): void {
    if (this.node.rules.closedBeforeClaim) this.dialler.leave()
  }

  readonly peerPosition = null

  get heardMs(): number | null {
    return this.following === null ? null : this.node.now - this.heardAt
  }

  get lagMs(): number {
    return this.following === null ? 0 : this.node.now - this.heardAt
  }

  get state(): PairState {
    const { node, following } = this
    if (following !== null) return following.inSync ? 'IN_SYNC' : 'SYNCING'
    if (this.stage === 'copy') return 'SYNCING'
    return this.takeover.waits || this.met || node.peer !== null ? 'DISCONNECTED' : 'CONNECTING'
  }

  get detail(): string {
    return describePassive(this)
  }
}

function describePassive({ node, following, state, dialler, takeover }: Passive): string {
  if (state === 'IN_SYNC') return `Holds everything that ${node.peerName} acknowledged.`
  if (state === 'SYNCING')
    return following === null ? `Copying the whole store of ${node.peerName}.` : `Catching up with ${node.peerName}.`
  const last = dialler.lastText === '' ? '' : ` Last attempt: ${dialler.lastText}`
  if (state === 'CONNECTING') return `Looking for its active, ${node.peerName}.${last}`
  if (takeover.waits) return `${node.peerName} is lost; ready to take over.${last}`
  return `Looking for ${node.peerName}; it may not take over by itself.${last}`
}
