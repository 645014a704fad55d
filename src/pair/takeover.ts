import { ascend } from './activation.ts'
import type { Standing } from './active.ts'
import type { Following } from './following.ts'
import { halt } from './halted.ts'
import type { Policy } from './model.ts'
import type { PairNode } from './node.ts'
import type { Passive } from './passive.ts'
import { mayClaim } from './register.ts'

/**
 * What a passive does without its active (replication.md 4.3). Timers: `takeover` (silence has lasted long enough),
 * `ask` (the witness, again), `alone` (startAlone).
 */
export class Takeover {
  readonly #passive: Passive
  readonly #node: PairNode
  readonly #again: () => void
  /** Lost, and it may take over. */
  waits = false
  /** Nothing but refusals since the loss: its process is dead. */
  #proved = false
  #unclosed: Following | null = null

  /** `again`: back to following, when the witness denies the lead. */
  constructor(passive: Passive, again: () => void) {
    this.#again = again
    this.#passive = passive
    this.#node = passive.node
  }

  /** The active's, as it told; but a file that says shutdownOnMasterFailure is obeyed whoever leads. */
  get #policy(): Policy {
    const { meta, policy } = this.#node
    return policy === 'manual' ? policy : (meta.policy ?? policy)
  }

  /** A start: stop-on-loss alone may trust what it was before it (the active never acknowledges without it). */
  started(): void {
    const { meta, settings, now, timers } = this.#node
    if (this.#policy === 'witness') timers.set('ask', now + settings.bootPeerWaitMs)
    else if (meta.mayPromote) this.#arm()
    else if (meta.peer === null && settings.startAlone) timers.set('alone', now + settings.bootPeerWaitMs)
  }

  #arm(): void {
    this.waits = true
    const { heardAt } = this.#passive
    this.#node.timers.set('takeover', heardAt + this.#node.settings.takeoverAfterMs)
  }

  /** A session came about: no right to take over until it is in sync again. */
  stop(): void {
    this.waits = false
    this.#asked = false
    this.#orphaned = null
    for (const timer of ['takeover', 'ask', 'alone', 'look']) this.#node.timers.stop(timer)
  }

  /**
   * An attempt to follow came to nothing. Whoever it met may have led no longer: where the record decides, it is asked
   * again, or both would wait for each other when it names this store.
   */
  missed(): void {
    const { now, settings, timers } = this.#node
    if (this.#policy === 'witness') timers.ensure('ask', now + settings.bootPeerWaitMs)
  }

  lost(how: 'closed' | 'silence' | 'resigned' | 'refused' | 'broken', why: string, unclosed: Following | null): void {
    const node = this.#node
    const policy = this.#policy
    this.#unclosed = unclosed
    const gone = how === 'resigned'
    if (policy === 'manual') return this.#manual(gone, why)
    if (policy === 'witness') return this.#witness(gone)
    if (!node.meta.mayPromote || node.meta.suspect) return
    if (gone || policy === 'stop-on-loss') return this.#promote(`the active is lost: ${why}`)
    this.#arm()
    this.#proved = how !== 'silence'
    this.#looks = LOOKS
    this.#probe()
  }

  /**
   * `refused` right after the loss proves that the process is dead. One that is dying closes its sockets one after the
   * other, and its ports may come last: so there are a few looks, until somebody answers the dial.
   */
  #probe(): void {
    const node = this.#node
    node.probe(node.peerUris, answer => {
      if (!this.waits) return
      if (answer === 'refused' && this.#proved) return this.#promote('its process is dead: every port refuses')
      if (answer === 'open' && this.#proved && --this.#looks > 0) node.timers.set('look', node.now + LOOK_MS)
      else this.#proved = false
      if (answer === 'open') this.#passive.dialler.dial()
    })
  }
  #looks = 0

  /**
   * A clock that was set, or a process that was stopped for a while, looks like silence: ask once more. A port that accepts
   * is no sign of life, as a process that hangs has it too, and a proxy before a dead one: who lives takes the dial.
   */
  #lastLook(): void {
    const node = this.#node
    node.probe(node.peerUris, answer => {
      if (!this.waits || this.#passive.stage !== 'away') return
      this.#asked = answer === 'open'
      if (this.#asked) this.#passive.dialler.dial()
      else this.#silent()
    })
  }

  #lookAgain(): void {
    if (this.waits && this.#proved && this.#passive.stage === 'away') this.#probe()
  }

  #silent(): void {
    this.#promote(`nothing was heard from the active for ${this.#node.settings.takeoverAfterMs} ms`)
  }

  /** Whoever said no is dialled again after the dialler's own pause: at once, two nodes would do nothing else. */
  #alive(): void {
    this.#asked = false
    this.#passive.heardAt = this.#node.now
    if (this.waits) this.#arm()
  }

  /** Silence has lasted long enough, and the last dial is under way. */
  #asked = false

  /** It accepts connections, so it lives: who leads is asked, not taken. */
  answeredDial(): void {
    this.#proved = false
    if (this.waits) this.#alive()
  }

  dialFailed(why: 'refused' | 'unreachable' | 'rejected'): void {
    if (this.#orphaned !== null) return this.#stillLost(why)
    if (!this.waits) return
    if (why === 'rejected') this.#alive()
    else if (this.#asked) this.#silent()
  }

  #manual(gone: boolean, why: string): void {
    const node = this.#node
    this.#orphaned = why
    if (gone) return this.#end()
    node.probe(node.peerUris, answer => {
      if (this.#orphaned === null) return
      if (answer === 'open') this.#passive.dialler.dial()
      else this.#end()
    })
  }

  /** Its port was open, as that of a dying process may be for a moment: the dial says what became of it. */
  #stillLost(why: 'refused' | 'unreachable' | 'rejected'): void {
    const { now, settings } = this.#node
    const patient = now - this.#passive.heardAt < settings.takeoverAfterMs
    if (why === 'refused' || (why === 'unreachable' && !patient)) this.#end()
  }

  #end(): void {
    const why = this.#orphaned ?? ''
    halt(this.#node, `the active is lost (${why}), and this passive is told to stop then; its copy is whole`, false)
  }
  /** Policy manual: why the active was lost, until it is known whether it comes back. */
  #orphaned: string | null = null

  #witness(gone: boolean): void {
    const node = this.#node
    const { heardAt } = this.#passive
    if (!node.rules.witnessPromotes) return this.#promote('the active is lost')
    if (gone) return this.#ask()
    node.timers.set('ask', Math.max(node.now, heardAt + node.settings.takeoverAfterMs))
    node.probe(node.peerUris, answer => {
      if (answer === 'refused' && this.#passive.stage === 'away') this.#ask()
    })
  }

  /** The record is the truth: a member of the in-sync set may claim (I5). */
  #ask(): void {
    const node = this.#node
    const passive = this.#passive
    node.timers.set('ask', node.now + node.settings.retryMs)
    node.readWitness(record => {
      if (passive.stage !== 'away' || record === undefined) return
      if (!node.seen(record)) return halt(node, 'the witness went back to an older record than this node has seen')
      if (record !== null && mayClaim(node, record))
        this.#promote('the active is lost and the witness lets this store lead')
    })
  }

  /** The ex-active that waited found this copy to be the newer one and follows. */
  toldToLead(): void {
    const { meta } = this.#node
    if (this.#policy !== 'witness' && !meta.suspect && meta.peer !== null) this.#promote('this copy is the newer one')
  }

  handedOver(stopping: boolean): void {
    this.#promote('the active handed over', stopping ? 'solo' : 'succeeded')
  }

  /** Refuses when the other node answers as active, unless forced. */
  byHand(force: boolean): void {
    const node = this.#node
    if (node.meta.suspect)
      return node.log(
        'error',
        'promote refused: a disk error was seen; verify the store first (`tandemmq store check`)',
      )
    const { stage } = this.#passive
    if (stage === 'copy' || stage === 'settle')
      return node.log('error', 'promote refused: this copy is being brought in step with its active; try again later')
    if (force) return this.#promote('promoted by hand')
    if (node.peer === null)
      return node.log(
        'error',
        'promote refused: this node never met its active and has nothing of it; force leads all the same',
      )
    const refused = 'promote refused: the other node answers as active; hand over there, or promote with force'
    if (this.#passive.following !== null) return node.log('error', refused)
    node.probe(node.peerUris, answer => {
      if (answer === 'open') node.log('error', refused)
      else this.#promote('promoted by hand')
    })
  }

  due(timer: string): void {
    const node = this.#node
    if (timer === 'ask') this.#ask()
    else if (timer === 'look') this.#lookAgain()
    else if (timer === 'takeover' && this.waits && this.#passive.stage === 'away') this.#lastLook()
    else if (timer === 'alone' && node.peer === null && this.#passive.stage === 'away')
      ascend(node, { reason: 'restart', why: 'startAlone: no active answered', standing: 'solo', byHand: true })
  }

  #promote(why: string, standing: Standing = 'solo'): void {
    const node = this.#node
    const unclosed = this.#unclosed
    const denied = this.#again
    ascend(node, { reason: 'promotion', why, standing, denied, ...(unclosed === null ? {} : { unclosed }) })
  }
}

/** Looks for the ports of a dying process, and ms between two of them. */
const LOOKS = 4
const LOOK_MS = 25
