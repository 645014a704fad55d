import { lsn } from '../base/lsn.ts'
import { boot } from './boot.ts'
import type { PairEffect, PairEvent } from './events.ts'
import { halt } from './halted.ts'
import type { PairSettings, PairState, PairStatus } from './model.ts'
import { PairNode } from './node.ts'
import type { Question, Role } from './node.ts'
import { ALL_RULES } from './rules.ts'
import type { Rules } from './rules.ts'

/**
 * One node's half of the pair: a pure function of what happened. Hand it every event in order; do what it answers, in
 * order, before the next event.
 */
export class PairCore {
  readonly #node: PairNode
  #booted = false
  #role: 'active' | 'passive' | null = null
  #state: PairState | null = null
  #since = 0
  /** Since when this passive has missed its active. */
  #missedAt: number | null = null
  #outageMs: number | null = null
  #last = 0

  /** `random` gives 32 hex digits. `rules` is for the proof alone: a broker never passes it. */
  constructor(settings: PairSettings, random: () => string, rules: Rules = ALL_RULES) {
    this.#node = new PairNode(settings, random, rules)
    this.#node.role = new Starting()
  }

  /** `now`: any clock in ms. When it is set, what waits goes on waiting for what was left. */
  handle(event: PairEvent, now: number): PairEffect[] {
    const node = this.#node
    // No further than to what is due next: after a jump of the clock or a stop of the process, what lies ready is heard first.
    if (this.#booted) node.now += Math.min(Math.max(0, now - this.#last), Math.max(0, node.timers.next - node.now))
    const gap = this.#booted ? now - this.#last : 0
    this.#last = now
    node.wall = now
    if (gap > node.settings.ackTimeoutMs / 2) node.role.stoodStill?.(gap)
    this.#hear(event)
    for (let timer = node.timers.take(node.now); timer !== null; timer = node.timers.take(node.now))
      node.role.due(timer)
    this.#note()
    return node.take()
  }

  #hear(event: PairEvent): void {
    const node = this.#node
    if (event.type === 'boot') {
      boot(node, event, !this.#booted)
      this.#booted = true
    } else if (event.type === 'saved') node.saved(event.save)
    else if (isAnswer(event)) node.answered(event)
    else if (event.type === 'diskFailed') this.#diskFailed()
    else if (this.#takeNote(event)) node.role.handle(event)
  }

  /** What every role must know; false: it is about a link that is no more. */
  #takeNote(event: PairEvent): boolean {
    const node = this.#node
    if (event.type === 'attached') node.retainedFrom = event.retainedFrom ?? node.retainedFrom
    if (event.type === 'attached' || event.type === 'dialled') node.linkOpened(event.link)
    else if (event.type === 'closed') return node.linkClosed(event.link)
    else if (event.type === 'frame') return node.isOpen(event.link) || !node.rules.onlyThisSession
    else if (event.type === 'writesStalled') node.stalledAt ??= node.now
    else if (event.type === 'writesResumed') node.stalledAt = null
    else if (event.type === 'appended' || event.type === 'received') node.end = lsn(Math.max(node.end, event.end))
    else if (event.type === 'durable') {
      node.durable = lsn(Math.max(node.durable, event.upTo))
      node.advance()
    }
    return true
  }

  /** Rule 7: the incarnation ends. */
  #diskFailed(): void {
    const node = this.#node
    node.freeze()
    node.role.handle({ type: 'diskFailed' })
    node.save({ suspect: true })
    halt(node, 'the disk failed a write: nothing more is acknowledged; the next start verifies the store')
  }

  #note(): void {
    if (!this.#booted) return
    const { role, state } = this.#node.role
    if (this.#state === state && this.#role === role) return
    this.#role = role
    this.#state = state
    this.#since = this.#last
    this.#noteOutage(role, state)
  }

  /** How long nobody led, as far as this node saw it. */
  #noteOutage(role: 'active' | 'passive', state: PairState): void {
    if (role === 'passive') {
      if (state !== 'DISCONNECTED' && state !== 'PROMOTING') this.#missedAt = null
      else this.#missedAt ??= this.#last
    } else if (this.#missedAt !== null && state !== 'WAITING' && state !== 'PROMOTING') {
      this.#outageMs = this.#last - this.#missedAt
      this.#missedAt = null
    }
  }

  /** When it wants the event `time`; Infinity: it waits for something else. */
  get deadline(): number {
    return this.#last + (this.#node.timers.next - this.#node.now)
  }

  status(now: number): PairStatus {
    const node = this.#node
    const { role, state, detail: plain } = node.role
    const detail = node.stalledAt === null ? plain : `${NO_SPACE} ${plain}`
    const position = node.role.peerPosition
    return {
      role,
      state,
      detail,
      policy: role === 'active' ? node.policy : (node.meta?.policy ?? node.policy),
      epoch: node.epochNumber,
      position: node.end,
      committed: node.committed,
      inSync: state === 'PAIRED' || state === 'IN_SYNC',
      peer: this.#booted && node.peer !== null ? this.#peer(role, position, now) : null,
      since: Math.min(this.#since, now),
      lastFailover: node.lastFailover,
      failovers: node.failovers,
      outageMs: this.#outageMs,
    }
  }

  #peer(
    role: 'active' | 'passive',
    position: PairStatus['position'] | null,
    now: number,
  ): NonNullable<PairStatus['peer']> {
    const node = this.#node
    const { storeId, brokerName, uris, http } = node.peer as NonNullable<typeof node.peer>
    const { lagMs, rttMs = null, heardMs = null } = node.role
    const lagBytes = position === null ? 0 : node.end - position
    return {
      storeId,
      brokerName,
      uris,
      http,
      role: role === 'active' ? 'passive' : 'active',
      position,
      lagBytes,
      lagMs,
      rttMs,
      heardMs: heardMs === null ? null : heardMs + Math.max(0, now - this.#last),
    }
  }
}

const NO_SPACE = 'The disk of this node takes nothing more: make space on it.'

/** Before `boot`. */
class Starting implements Role {
  readonly role = 'passive'
  readonly state = 'CONNECTING'
  readonly detail = 'Starting.'
  readonly peerPosition = null
  readonly lagMs = 0
  handle(): void {}
  due(): void {}
  leave(): void {}
}

function isAnswer(event: PairEvent): event is Extract<PairEvent, { type: Question }> {
  const { type } = event
  return type === 'began' || type === 'compared' || type === 'cut' || type === 'probed' || type === 'witness'
}
