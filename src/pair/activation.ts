import { Active } from './active.ts'
import type { Standing } from './active.ts'
import { halt } from './halted.ts'
import type { LinkId, PairEvent } from './events.ts'
import type { Hello } from './frames.ts'
import type { PairRecord, PairState } from './model.ts'
import type { PairNode, Role } from './node.ts'
import { claim, Register } from './register.ts'

/** How a new activation comes about, and as what it starts. */
export interface Ascent {
  readonly reason: 'restart' | 'promotion'
  readonly why: string
  /** solo: it alone acknowledges from now on. lost: frozen until its twin is with it, or is known not to lead. */
  readonly standing: Standing
  /** A passive that waits at the door for its welcome. */
  readonly guest?: { readonly link: LinkId; readonly hello: Hello }
  /** Somebody wants it to serve now. */
  readonly byHand?: boolean
  /** Mutant K16 only: a session that was not closed. */
  readonly unclosed?: Pick<Role, 'handle'>
  /** The witness let another lead. */
  readonly denied?: (record: PairRecord | null) => void
}

export function ascend(node: PairNode, ascent: Ascent): void {
  const activation = new Activation(node, ascent)
  node.become(activation)
  activation.start()
}

/** On the way to lead: close, (claim), begin an epoch, remember it, open. Nothing is released before the end of it (I1). */
class Activation implements Role {
  readonly #node: PairNode
  readonly #ascent: Ascent
  readonly #register: Register
  readonly peerPosition = null
  readonly lagMs = 0

  constructor(node: PairNode, ascent: Ascent) {
    this.#node = node
    this.#ascent = ascent
    this.#register = new Register(node)
  }

  start(): void {
    const { reason, why } = this.#ascent
    const node = this.#node
    if (reason === 'promotion') node.failedOver(why)
    // A broker that never had a twin leads nobody.
    if (node.meta.pairId !== null)
      node.log('info', `${reason === 'promotion' ? 'taking over' : 'leading again'}: ${why}`, 'PAIR_TAKEOVER')
    node.freeze()
    if (reason === 'promotion') node.emit({ type: 'trim' })
    const policy = reason === 'promotion' ? (node.meta.policy ?? node.policy) : node.policy
    if (policy !== 'witness' || !node.rules.witnessPromotes) this.#begin(node.meta.maxEpoch + 1, node.random())
    else this.#claim()
  }

  #claim(): void {
    const node = this.#node
    const { storeId } = node.meta
    // A predecessor that handed over stays a member: it has everything.
    const members = (before: PairRecord | null): readonly string[] =>
      this.#ascent.standing === 'succeeded' ? (before?.insync ?? [storeId]) : [storeId]
    this.#register.start(
      claim(node, members, {
        won: record => this.#begin(record.epoch, record.epochUid),
        lost: record => {
          if (this.#ascent.denied === undefined) halt(node, 'the witness does not let this store lead')
          else this.#ascent.denied(record)
        },
        regressed: () => halt(node, 'the witness went back to an older record than this node has seen'),
      }),
    )
  }

  #begin(n: number, uid: string): void {
    const node = this.#node
    const last = node.epochs.at(-1)
    if (!node.rules.restartIsNewEpoch && this.#ascent.reason === 'restart' && last !== undefined)
      return this.#remember()
    node.begin(Math.max(n, node.epochNumber + 1), uid, this.#ascent.reason, () => this.#remember())
  }

  #remember(): void {
    const node = this.#node
    const { standing } = this.#ascent
    const paired = standing !== 'solo'
    const maxEpoch = Math.max(node.meta.maxEpoch, node.epochNumber)
    node.led = true
    // inSyncTo is a passive's promise; what this store holds from now on goes by its epochs.
    node.save({ role: 'active', paired, mayPromote: false, maxEpoch, policy: node.policy, inSyncTo: ZERO }, () => {
      const active = new Active(node, standing, this.#ascent.reason === 'restart' && this.#ascent.byHand !== true)
      node.become(active)
      active.start(this.#ascent.guest)
    })
  }

  handle(event: PairEvent): void {
    if (event.type === 'casDone') this.#register.answered(event)
    else if (event.type === 'stop') halt(this.#node, 'stopped in good order, on the way to lead', false)
    else if (event.type === 'frame' && event.frame.type === 'hello')
      this.#node.refuse(event.link, 'not-active', 'on the way to lead; say hello again', 'info')
    else this.#ascent.unclosed?.handle(event)
  }

  due(timer: string): void {
    if (timer === 'register') this.#register.read()
  }

  leave(): void {
    this.#register.drop()
  }

  get role(): 'active' | 'passive' {
    return this.#ascent.reason === 'promotion' ? 'passive' : 'active'
  }

  get state(): PairState {
    return this.#ascent.reason === 'promotion' ? 'PROMOTING' : 'WAITING'
  }

  get detail(): string {
    return `Getting ready to lead: ${this.#ascent.why}`
  }
}

const ZERO = 0 as PairNode['end']
