import { ascend } from './activation.ts'
import { Reopening } from './door.ts'
import type { PairEvent } from './events.ts'
import { halt } from './halted.ts'
import type { PairMeta, PairSettings } from './model.ts'
import type { PairNode, Role } from './node.ts'
import { Passive } from './passive.ts'
import { mayClaim } from './register.ts'
import { Waiting } from './waiting.ts'
import { lsn } from '../base/lsn.ts'

export type Start = 'lead' | 'follow' | 'wait' | 'ask-witness' | 'refuse'

/** What a node is from its store alone, before anything was asked (replication.md, "What the XML means"). */
export function decideStart(meta: PairMeta, settings: PairSettings): Start {
  const knowsTwin = meta.peer !== null || settings.activeUris.length > 0
  if (meta.suspect)
    return knowsTwin && meta.role !== 'active' ? 'follow' : knowsTwin && meta.peer !== null ? 'follow' : 'refuse'
  if (settings.policy === 'witness' && meta.role !== 'passive' && settings.activeUris.length === 0) return 'ask-witness'
  if (meta.role === 'passive') return 'follow'
  if (meta.role === 'none') return settings.activeUris.length > 0 ? 'follow' : 'lead'
  if (settings.policy === 'witness') return 'ask-witness'
  return meta.paired ? 'wait' : 'lead'
}

/** The event `boot`: at the start, and after `reopen`. */
export function boot(node: PairNode, event: Extract<PairEvent, { type: 'boot' }>, first: boolean): void {
  // After `reopen` what this node remembers is newer than what was read.
  if (first) node.meta = event.meta
  else node.forgetQuestions()
  // Of the journal that was closed; this one says so itself.
  node.stalledAt = null
  node.kept = lsn(Infinity)
  node.retainedFrom = event.retainedFrom
  node.positions(event)
  node.limit = lsn(0)
  node.emit({ type: 'limit', to: lsn(0) })
  if (node.role instanceof Reopening) return follow(node)
  const start = decideStart(node.meta, node.settings)
  if (start === 'refuse')
    return halt(node, 'a disk error was seen on this store and no twin is known: verify it with `tandemmq store check`')
  if (start === 'lead') return ascend(node, { reason: 'restart', why: 'it was alone', standing: 'solo' })
  if (start === 'follow') return follow(node)
  const role = start === 'wait' ? new Waiting(node) : new AskWitness(node)
  node.become(role)
  role.start()
}

function follow(node: PairNode): void {
  const { meta } = node
  // It cannot know what happened meanwhile; in stop-on-loss nothing can have.
  if (meta.mayPromote && (meta.policy !== 'stop-on-loss' || meta.suspect)) node.meta = { ...meta, mayPromote: false }
  const passive = new Passive(node)
  node.become(passive)
  passive.start()
}

/** Policy witness: the record says who may lead (boot() of replication.md 4.5). */
class AskWitness implements Role {
  readonly role = 'active'
  readonly state = 'WAITING'
  readonly detail = 'Asking the witness who may lead.'
  readonly #node: PairNode
  readonly peerPosition = null
  readonly lagMs = 0

  constructor(node: PairNode) {
    this.#node = node
  }

  start(): void {
    this.due('ask')
  }

  due(_timer: string): void {
    const node = this.#node
    node.timers.set('ask', node.now + node.settings.retryMs)
    node.readWitness(record => {
      if (record === undefined) return
      if (!node.seen(record)) return halt(node, 'the witness went back to an older record than this node has seen')
      if (record !== null && record.owner !== node.meta.storeId) return follow(node)
      if (!mayClaim(node, record))
        return halt(node, 'the witness does not name this store, or names more than it holds: an operator must decide')
      const why = record === null ? 'the witness knows no leader yet' : 'the witness names this store'
      ascend(node, { reason: 'restart', why, standing: 'solo', denied: () => follow(node) })
    })
  }

  handle(event: PairEvent): void {
    if (event.type === 'stop') halt(this.#node, 'stopped while the witness was asked', false)
    else if (event.type === 'frame' && event.frame.type === 'hello')
      this.#node.refuse(event.link, 'not-active', 'the witness is being asked who leads', 'info')
  }

  leave(): void {}
}
