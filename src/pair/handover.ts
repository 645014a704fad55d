import { lsn } from '../base/lsn.ts'
import type { Active } from './active.ts'
import { stepDown } from './door.ts'
import { halt } from './halted.ts'
import { resolveLoss } from './loss.ts'
import type { Session } from './session.ts'

/**
 * Passing the lead to an in-sync passive: drain until both disks hold everything, freeze, say so, follow (or end). Until the
 * twin confirms, it is not known who leads: then nothing is released before that is settled as after any loss.
 */
export class Handover {
  readonly #active: Active
  readonly #session: Session
  #stopping: boolean
  #phase: 'drain' | 'record' | 'told' = 'drain'
  #drained = false

  constructor(active: Active, session: Session, stopping: boolean) {
    this.#active = active
    this.#session = session
    this.#stopping = stopping
  }

  start(): void {
    const { node } = this.#active
    node.log('info', `handing over to "${this.#session.peer.brokerName}"`, 'PAIR_HANDOVER')
    this.#active.quiesced = true
    node.emit({ type: 'quiesce' })
    node.timers.set('handover', node.now + node.settings.ackTimeoutMs)
  }

  quiesced(): void {
    this.#drained = true
    this.step()
  }

  alsoStop(): void {
    this.#stopping = true
  }

  step(): void {
    const { node } = this.#active
    const { durable } = this.#session
    if (this.#phase !== 'drain' || !this.#drained || node.committed !== node.end || durable !== node.end) return
    this.#phase = 'record'
    node.freeze()
    if (node.policy !== 'witness') return this.#tell()
    const { storeId } = node.meta
    const peer = this.#session.peer.storeId
    const own = node.epochs.at(-1)?.uid
    this.#active.register.start({
      make: before => ({
        epoch: (before?.epoch ?? 0) + 1,
        epochUid: node.random(),
        owner: peer,
        insync: [storeId, peer],
        minLsn: lsn(Math.max(before?.minLsn ?? 0, node.committed)),
      }),
      ours: record => record?.owner === storeId && record.epochUid === own,
      won: () => this.#tell(),
      lost: () => stepDown(node, 'the witness lets the passive lead', false),
      regressed: () => halt(node, 'the witness went back to an older record than this node has seen'),
    })
  }

  #tell(): void {
    const { node } = this.#active
    const { id: session, epoch, link } = this.#session
    this.#phase = 'told'
    const frame = { session, epoch, lsn: node.end, rev: node.meta.rev, stopping: this.#stopping }
    node.send(link, { type: 'handover', ...frame })
    node.timers.set('handover', node.now + node.settings.ackTimeoutMs)
  }

  /** The passive leads. */
  confirmed(): void {
    const { node } = this.#active
    if (this.#phase !== 'told') return
    const why = `handed over to "${this.#session.peer.brokerName}"`
    if (this.#stopping) halt(node, why, false)
    else stepDown(node, why, false)
  }

  /** Timer `handover`. */
  due(): void {
    this.#active.sessionLost('it did not take the lead in time')
  }

  /** The link is gone before the passive confirmed. */
  linkLost(): void {
    const active = this.#active
    const { node } = active
    active.handover = null
    node.timers.stop('handover')
    active.mode = 'lost'
    active.admitting = false
    node.freeze()
    if (this.#stopping) return halt(node, 'stopped; the passive did not confirm that it leads', false)
    if (this.#phase === 'drain') {
      active.unquiesce()
      return resolveLoss(active, 'paired')
    }
    // It may have heard: in policy manual only it can say, in the others as after any loss.
    if (node.policy === 'manual') active.standing = 'boot'
    resolveLoss(active, 'paired')
  }
}
