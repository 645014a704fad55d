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
  /** What lies behind `committed` is on the passive's disk alone. */
  #full = false

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
    if (this.#phase !== 'drain' || !this.#drained || durable !== node.end) return
    if (node.committed !== node.end && !this.#isFull) return
    this.#full = this.#isFull
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
        insync: this.#full ? [peer] : [storeId, peer],
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
    // Who could not write the last of it is no second copy: the passive leads as after an end of this node.
    const frame = { session, epoch, lsn: node.end, rev: node.meta.rev, stopping: this.#stopping || this.#full }
    node.send(link, { type: 'handover', ...frame })
    node.timers.set('handover', node.now + node.settings.ackTimeoutMs)
  }

  get #isFull(): boolean {
    return this.#active.node.stalledAt !== null
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
    const active = this.#active
    if (this.#phase !== 'drain' || !this.#isFull || this.#stopping)
      return active.sessionLost('it did not take the lead in time')
    // Nothing was said yet, and who is in sync stays so.
    active.handover = null
    active.unquiesce()
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
    // The record names the passive alone, and this node is no member.
    if (this.#full && node.policy === 'witness') return stepDown(node, 'the witness lets the passive lead', false)
    // It may have heard: in policy manual only it can say, in the others as after any loss.
    if (node.policy === 'manual') active.standing = 'boot'
    resolveLoss(active, 'paired')
  }
}

/**
 * Timer `full`: this disk takes nothing, so nothing is acknowledged here, and the passive has all of it on a disk with room.
 * It may lead: nothing that clients were told is on this node alone. Manual leaves that to a person.
 */
export function passOn(active: Active): void {
  const { node, session } = active
  if (node.stalledAt === null) return
  node.timers.set('full', node.now + node.settings.beatMs)
  if (active.mode !== 'paired' || session === null || active.handover !== null || node.policy === 'manual') return
  if (session.durable !== node.end || (session.room ?? 0) < roomBytesMin) return
  const ms = Math.round(node.now - node.stalledAt)
  node.log('warn', `this disk has taken nothing for ${ms} ms, and the passive's has room`, 'PAIR_HANDOVER')
  active.handover = new Handover(active, session, false)
  active.handover.start()
}

/** Free on the passive's disk, at least: as much as may wait for a disk there. */
const roomBytesMin = 32 * 1024 * 1024
