import { lsn } from '../base/lsn.ts'
import type { Lsn } from '../base/lsn.ts'
import { Dialler } from './dialler.ts'
import { answered, settle } from './door.ts'
import type { LinkId, PairEvent } from './events.ts'
import type { Hello, PairFrame } from './frames.ts'
import { admit, admitted, ready } from './attach.ts'
import { halt } from './halted.ts'
import { Handover, passOn } from './handover.ts'
import { resolveLoss, unheard, writesAgain } from './loss.ts'
import type { PairState } from './model.ts'
import type { PairNode, Role } from './node.ts'
import { Register } from './register.ts'
import type { Session } from './session.ts'

/** solo: alone. boot: an ex-active that was paired meets its twin. succeeded: after a handover, its predecessor follows. */
export type Standing = 'solo' | 'boot' | 'succeeded'
/** replication.md 4.2. Acknowledgements are frozen in `lost`. */
export type Mode = 'solo' | 'joining' | 'paired' | 'lost'

const FAR = lsn(Infinity)
const MINUTE = 60_000
/** So far behind may a passive be when acknowledgements begin to wait for it. */
const JOIN_WITHIN = 1 << 20

/** Leads: the one that appends, ships and acknowledges. */
export class Active implements Role {
  readonly role = 'active'
  readonly node: PairNode
  readonly #waits: boolean
  readonly register: Register
  readonly dialler: Dialler
  mode: Mode
  session: Session | null = null
  standing: Standing
  handover: Handover | null = null
  /** It must hold this much to be admitted: everything that was here when the gate closed. */
  gateAt: Lsn = lsn(0)
  /** The change to "paired" is under way: it may be on record already. */
  admitting = false
  /** Admitted at least once in this life. */
  wasPaired = false
  /** `open` was given: clients are served. */
  serving = false
  /** Why the passive was lost last, for people. */
  lostWhy = ''
  /** Clients are not read. */
  quiesced = false
  /** In `lost`: the twin's ports are open, and a dial asks it who leads. */
  asksTwin = false
  /** The change to "alone" is under way. */
  resolving = false
  /** It waits for this disk to take bytes again. */
  soloWaits = false

  /** Another leads too, with whom it never was a pair. */
  stranger = false
  /** When it is asked next whether there is one. */
  #strangerAt = 0

  /** `waits`: a start, so waitForPassive counts; a promotion opens whatever it says. */
  constructor(node: PairNode, standing: Standing, waits: boolean) {
    this.node = node
    this.#waits = waits && node.settings.waitForPassive
    this.standing = standing
    this.mode = standing === 'solo' ? 'solo' : 'lost'
    this.register = new Register(node)
    this.dialler = new Dialler(node, 'active')
  }

  start(guest?: { readonly link: LinkId; readonly hello: Hello }): void {
    const { node } = this
    const { settings, timers } = node
    if (this.mode === 'solo') node.limitTo(FAR)
    if (node.stalledAt !== null) timers.set('full', node.now + settings.ackTimeoutMs)
    if (node.peer !== null) node.retain(lsn(Math.min(node.kept, node.end)))
    // A predecessor that is a member may have claimed since: no client sees this state before that is settled.
    const contested = this.standing === 'succeeded' && node.policy === 'witness'
    if (this.standing === 'boot' || contested) node.emit({ type: 'hold' })
    else if (this.#waits) this.#waitForPassive()
    else this.open()
    if (this.standing === 'succeeded') timers.set('successor', node.now + settings.ackTimeoutMs)
    if (guest === undefined || !node.isOpen(guest.link)) this.dialler.later()
    else this.#frame(guest.link, guest.hello, true)
  }

  #waitForPassive(): void {
    const { node } = this
    node.emit({ type: 'hold' })
    node.timers.set('waitForPassive', node.now + node.settings.waitForPassiveTimeoutMs)
    node.log('info', 'waitForPassive: clients are refused until the first passive is in sync')
  }

  open(): void {
    if (this.serving) return
    this.serving = true
    this.node.timers.stop('waitForPassive')
    this.node.emit({ type: 'open' })
  }

  unquiesce(): void {
    this.quiesced = false
    this.node.emit({ type: 'unquiesce' })
  }

  get waitsForPassive(): boolean {
    return this.node.timers.has('waitForPassive')
  }

  handle(event: PairEvent): void {
    const { node } = this
    if (event.type === 'appended' || event.type === 'durable') {
      this.session?.ship()
      // E2: a passive that stays away does not fill this disk; it gets a base copy then.
      if (this.session === null && node.end - node.kept > node.settings.retainedBytesMax) node.retain(FAR)
      this.#pace()
      this.handover?.step()
    } else if (event.type === 'quiesced') {
      this.handover?.quiesced()
    } else if (event.type === 'casDone') {
      this.register.answered(event)
    } else if (event.type === 'closed') {
      if (event.link === this.session?.link) this.sessionLost('the connection ended')
      else this.dialler.closed(event.link)
    } else if (event.type === 'dialled' || event.type === 'dialFailed') {
      this.dialler.handle(event)
      this.stranger = false
      if (event.type === 'dialFailed') unheard(this, event.why)
      else this.asksTwin = false
    } else if (event.type === 'frame') {
      this.#frame(event.link, event.frame)
    } else if (event.type === 'writesStalled') {
      node.timers.ensure('full', node.now + node.settings.ackTimeoutMs)
    } else if (event.type === 'writesResumed') {
      node.timers.stop('full')
      writesAgain(this)
    } else if (event.type === 'diskFailed') {
      this.#resign('disk')
    } else if (event.type === 'promote') {
      this.#promote(event.force)
    } else if (event.type === 'handover') {
      this.#handOver(false)
    } else if (event.type === 'stop') {
      this.#stop(event.handover)
    }
  }

  #frame(link: LinkId, frame: PairFrame, heard = false): void {
    if (frame.type === 'hello') {
      if (frame.role === 'active') settle(this, link, frame, heard)
      else admit(this, link, frame, heard)
      return
    }
    if (this.dialler.owns(link)) return answered(this, link, frame)
    const { session, node } = this
    const current = session !== null && link === session.link
    if (frame.type === 'refuse') {
      if (current) node.log('warn', `the passive refused (${frame.code}): ${frame.text}`, 'PAIR_REFUSED')
      return (node.close(link), current ? this.sessionLost(`it refused: ${frame.code}`) : undefined)
    }
    if (session === null || (node.rules.onlyThisSession && !current)) return this.#stray(link, frame)
    const ours =
      frame.type !== 'welcome' && frame.session === session.id && (!('epoch' in frame) || frame.epoch === session.epoch)
    if (node.rules.onlyThisSession && !ours) return this.#stale(frame)
    session.heardAt = node.now
    if (frame.type === 'ready') ready(this, session, frame)
    else if (frame.type === 'ack') this.#acknowledged(session, frame)
    else if (frame.type === 'handover') this.handover?.confirmed()
    this.#pace()
  }

  /** Whoever attaches says hello first. */
  #stray(link: LinkId, frame: PairFrame): void {
    this.node.log('warn', `dropped a ${frame.type} without a session, and its connection`)
    this.node.close(link)
  }

  /** I13: it may be as good as it looks; it was said in another session. */
  #stale(frame: PairFrame): void {
    this.node.log('warn', `dropped a ${frame.type} of another session or epoch`)
  }

  #acknowledged(session: Session, frame: Extract<PairFrame, { type: 'ack' }>): void {
    const { node } = this
    const wrong = session.acknowledged(frame)
    if (wrong !== null) {
      node.refuse(session.link, 'malformed', wrong)
      return this.sessionLost(wrong)
    }
    this.join()
    if (this.gated) node.limitTo(session.durable > node.limit || node.limit === FAR ? session.durable : node.limit)
    this.join()
    this.handover?.step()
  }

  /** Clients wait for the passive. */
  get gated(): boolean {
    if (this.mode === 'joining') return this.node.rules.joiningGates
    return this.mode === 'paired'
  }

  /** C1, C2, rule 4: gate first, then wait until it holds everything, then record it, then tell it. */
  join(): void {
    const { node, session } = this
    if (session === null || session.stage !== 'stream' || this.handover !== null) return
    const waits = this.standing !== 'solo' || node.stalledAt !== null
    const bound = this.mode === 'lost' && waits && !this.register.busy && !this.resolving
    if ((this.mode === 'solo' || bound) && session.durable >= node.end - JOIN_WITHIN && session.writes) {
      this.mode = 'joining'
      this.gateAt = node.end
      session.gate()
      if (node.rules.joiningGates) node.limitTo(lsn(Math.max(session.durable, node.limit === FAR ? 0 : node.limit)))
    }
    const complete = session.durable >= this.gateAt || !node.rules.admittedWhenComplete
    if (this.mode === 'joining' && complete && !this.admitting) admitted(this, session)
  }

  /** The passive is gone, or this attachment of it. */
  sessionLost(why: string): void {
    const { node, session, mode } = this
    if (session === null) return
    this.session = null
    node.close(session.link)
    node.timers.stop('beat')
    node.timers.stop('patience')
    const level = mode === 'solo' ? 'info' : 'warn'
    node.log(level, `the passive "${session.peer.brokerName}" is gone: ${why}`, 'PAIR_LOST')
    this.lostWhy = why
    this.dialler.later()
    if (this.handover !== null) return this.handover.linkLost()
    if (mode === 'joining' && !this.admitting && !node.meta.paired && this.standing === 'solo') {
      this.mode = 'solo'
      node.limitTo(FAR)
    } else if (mode !== 'solo') {
      this.mode = 'lost'
      node.freeze()
      resolveLoss(this, mode)
    }
    this.admitting = false
  }

  /** Watches over the passive's progress. */
  #pace(): void {
    const { session, node } = this
    if (session === null) return
    node.timers.set('patience', session.patience(this.mode !== 'solo'))
  }

  due(timer: string): void {
    const { node, session } = this
    if (timer === 'beat') session?.beat()
    else if (timer === 'register') this.register.read()
    else if (timer === 'redial') this.#redial()
    else if (timer === 'answer') this.dialler.unanswered()
    else if (timer === 'handover') this.handover?.due()
    else if (timer === 'successor') resolveLoss(this, 'paired')
    else if (timer === 'waitForPassive')
      halt(node, 'waitForPassive: no passive was in sync in time; start one, or raise waitForPassiveTimeout')
    else if (timer === 'patience' && session !== null) {
      const late = session.lateness(this.mode !== 'solo')
      if (late === null) this.#pace()
      else this.sessionLost(late)
    } else if (timer === 'loss') resolveLoss(this, 'paired')
    else if (timer === 'full') passOn(this)
  }

  /** Alone: is there a rival, or in `lost`: has the twin taken over? */
  #redial(): void {
    const { node } = this
    if (this.session !== null || this.handover !== null || node.policy === 'witness') return
    if (node.peer !== null) return this.dialler.dial()
    // Whoever its file calls its active may lead as well, and would never know of it.
    if (node.settings.activeUris.length === 0) return
    if (node.now >= this.#strangerAt) {
      this.#strangerAt = node.now + MINUTE
      this.dialler.dial()
    } else node.timers.set('redial', this.#strangerAt)
  }

  #promote(force: boolean): void {
    if (this.mode === 'lost' && (force || this.session === null)) resolveLoss(this, 'paired', true)
    else this.node.log('info', 'promote: this node is the active already')
  }

  #handOver(stopping: boolean): void {
    const { node, session } = this
    if (this.handover !== null) return
    if (this.mode !== 'paired' || session === null)
      return node.log('warn', 'handover: there is no passive in sync; wait until the pair is PAIRED', 'PAIR_REFUSED')
    this.handover = new Handover(this, session, stopping)
    this.handover.start()
  }

  #stop(handover: boolean): void {
    if (handover && this.mode === 'paired' && this.handover === null) return this.#handOver(true)
    if (this.handover !== null) return this.handover.alsoStop()
    this.node.freeze()
    this.#resign('stopping')
    halt(this.node, 'stopped in good order', false)
  }

  #resign(reason: 'stopping' | 'disk'): void {
    if (this.session === null) return
    const { link, id, epoch } = this.session
    this.node.send(link, { type: 'resign', session: id, epoch, reason })
  }

  leave(): void {
    this.register.drop()
    this.dialler.leave()
    if (this.session !== null) this.node.close(this.session.link)
  }

  get peerPosition(): Lsn | null {
    return this.session?.stage === 'stream' ? this.session.durable : null
  }

  get lagMs(): number {
    return this.session?.lagMs ?? 0
  }

  get heardMs(): number | null {
    return this.session === null ? null : this.node.now - this.session.heardAt
  }

  get rttMs(): number | null {
    return this.session?.rttMs ?? null
  }

  get state(): PairState {
    const { session, mode } = this
    if (this.handover !== null) return 'PAIRED'
    if (this.waitsForPassive) return 'WAITING'
    if (mode === 'paired') return 'PAIRED'
    if (mode === 'lost' && session === null) return 'WAITING'
    if (session !== null) return 'SYNCING'
    return this.node.peer === null ? 'ALONE' : 'SOLO'
  }

  get detail(): string {
    return describeActive(this)
  }
}

function describeActive({ node, session, state, handover, waitsForPassive, lostWhy, stranger }: Active): string {
  const passive = session === null ? node.peerName : `"${session.peer.brokerName}"`
  if (state === 'PAIRED')
    return handover === null ? `Every acknowledged message is on ${passive} too.` : `Handing over to ${passive}.`
  if (state === 'WAITING')
    return waitsForPassive
      ? 'Waiting for the first passive to be in sync; clients are refused until then.'
      : `Nothing is acknowledged until it is known what became of ${passive}: ${lostWhy || 'it is not attached yet'}.`
  if (state === 'SYNCING') return `${passive} is catching up.`
  if (state === 'ALONE')
    return stranger
      ? `${node.peerName} leads too, and the two never were a pair: stop one; "tandemmq migrate" moves what it holds.`
      : 'No passive has ever attached: there is one copy only.'
  return `Leading alone, there is one copy only: ${passive} is not attached${lostWhy === '' ? '' : ` (${lostWhy})`}.`
}
