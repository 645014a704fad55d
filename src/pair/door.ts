import { lsn } from '../base/lsn.ts'
import type { Active } from './active.ts'
import type { LinkId, PairEvent } from './events.ts'
import type { Hello, PairFrame } from './frames.ts'
import { halt } from './halted.ts'
import { isCopy, isNewer, nonsense } from './history.ts'
import type { PeerIdentity } from './model.ts'
import { FORMAT, PROTO, PROTO_MIN } from './node.ts'
import type { PairNode, Role } from './node.ts'
import { welcomeFrame } from './welcome.ts'

/** Whether a hello may be judged at all; if not, it was refused. Replays and nonsense change nothing. */
export function isWelcome(node: PairNode, link: LinkId, hello: Hello): boolean {
  const { meta } = node
  if (!isSound(node, link, hello)) return false
  if (hello.identity.storeId !== meta.storeId) return true
  node.refuse(link, 'same-store', SAME_STORE)
  return false
}

const ONE_VERSION = 'run versions of TandemMQ that go together'
const SAME_STORE = 'it uses a copy of this data directory'

function isSound(node: PairNode, link: LinkId, hello: Hello): boolean {
  const { meta } = node
  const no = (code: Parameters<PairNode['refuse']>[1], text: string): boolean => {
    node.refuse(link, code, text)
    return false
  }
  const wrong = nonsense(hello)
  if (wrong !== null) return no('malformed', wrong)
  if (node.isReplay(hello)) return no('replayed', 'this hello was said before')
  if (hello.proto[0] > PROTO || hello.proto[1] < PROTO_MIN)
    return no('proto', `it speaks protocol ${hello.proto.join('-')}, this node ${PROTO_MIN}-${PROTO}; ${ONE_VERSION}`)
  if (hello.format[0] > FORMAT || hello.format[1] < FORMAT)
    return no('format', `it reads format ${hello.format.join('-')}, this node writes ${FORMAT}; ${ONE_VERSION}`)
  if (hello.pairId !== null && hello.pairId !== meta.pairId) return no('pair-mismatch', 'it belongs to another pair')
  return true
}

/** Two actives meet: the one that acknowledged alone leads; of two such, or two that wait, the one with the newer history. */
export function leads(node: PairNode, frozen: boolean, hello: Hello): boolean {
  if (frozen !== hello.paired) return !frozen
  return isNewer(node.history, { epochs: hello.epochs, end: hello.end, storeId: hello.identity.storeId })
}

/**
 * Two nodes on copies of one data directory, as when somebody has brought a node home by copying: one of them goes on, the
 * other is a store of its own from now on, and its passive. True: that was it. `waits`: this node does not lead yet.
 */
export function parted(node: PairNode, link: LinkId, hello: Hello, waits: boolean): boolean {
  const { storeId, brokerName } = hello.identity
  if (storeId !== node.meta.storeId || node.policy === 'witness') return false
  if (!isSound(node, link, hello)) return true
  if (isCopy(node.history, hello, waits)) {
    node.refuse(
      link,
      'not-active',
      'this node found that it runs on a copy of your data directory, and follows',
      'info',
    )
    followsOriginal(node, `"${brokerName}"`, hello.identity)
  } else node.refuse(link, 'same-store', SAME_STORE)
  return true
}

/** Under a new name it may attach, and counts for nothing that it has not (K10). */
export function followsOriginal(node: PairNode, original: string, peer: PeerIdentity | null = null): void {
  node.save({ storeId: node.random(), ...(peer !== null && { peer }) })
  stepDown(node, `its data directory is a copy of that of ${original}, which goes on`, true)
}

/** Somebody who leads, or would, asks this active who leads. */
export function settle(active: Active, link: LinkId, hello: Hello, heard: boolean): void {
  const { node, session } = active
  if (!heard && parted(node, link, hello, false)) return
  if (!heard && !isWelcome(node, link, hello)) return
  if (node.policy === 'witness') return node.refuse(link, 'not-active', 'the witness decides who leads', 'info')
  if (session !== null) return node.refuse(link, 'already-attached', `"${session.peer.brokerName}" is attached`)
  if (active.handover !== null) return node.refuse(link, 'stopping', 'a handover is under way')
  if (node.meta.pairId === null || hello.pairId === null)
    return node.refuse(link, 'pair-mismatch', 'two actives that never were a pair')
  if (leads(node, active.mode === 'lost' && node.meta.paired, hello)) {
    node.log('warn', `"${hello.identity.brokerName}" is active too; this node has the newer history and leads`)
    return node.send(link, welcomeFrame(node, node.random(), hello, { plan: 'tail', at: lsn(0), chainAt: 0 }))
  }
  node.refuse(link, 'newer', 'you have the newer history: lead; this node will follow', 'info')
  stepDown(node, `"${hello.identity.brokerName}" leads with the newer history`, active.mode !== 'lost')
}

/** What the twin said to this active's own question. */
export function answered(active: Active, link: LinkId, frame: PairFrame): void {
  const { node } = active
  active.dialler.heard()
  if (frame.type === 'welcome' && namesNewer(node, frame))
    return stepDown(node, `"${frame.identity.brokerName}" leads with the newer history`, active.mode !== 'lost')
  if (frame.type === 'welcome')
    node.log('warn', `"${frame.identity.brokerName}" says that it leads, but knows nothing newer than this node`)
  else if (frame.type === 'refuse' && frame.code === 'same-store') return followsOriginal(node, 'its twin')
  else if (frame.type === 'refuse' && frame.code === 'pair-mismatch' && node.peer === null) stranger(active)
  else if (frame.type === 'refuse' && frame.code !== 'newer')
    node.log('info', `the twin refused (${frame.code}): ${frame.text}`, 'PAIR_REFUSED')
  node.close(link)
  active.dialler.closed(link)
}

function stranger(active: Active): void {
  active.stranger = true
  const text = `${active.node.peerName} leads too: two actives that never were a pair, each with its own clients and messages`
  active.node.log('warn', text, 'PAIR_REFUSED')
}

/** An answer is believed only when it shows an activation that this store does not know. */
export function namesNewer(node: PairNode, frame: Extract<PairFrame, { type: 'welcome' }>): boolean {
  const last = frame.epochs.at(-1)
  return last !== undefined && frame.pairId === node.meta.pairId && !node.epochs.some(({ uid }) => uid === last.uid)
}

/** Gives up the lead for good and follows. `acknowledged`: it may have released work that the other lacks. */
export function stepDown(node: PairNode, why: string, acknowledged: boolean): void {
  node.log('warn', `stepping down: ${why}`, 'PAIR_STEP_DOWN')
  node.failedOver(why)
  node.freeze()
  node.become(new Reopening(node, why))
  node.closeAll()
  node.led = true
  // Else it stays on record as an active that waits for its twin, which is as safe and loses nothing.
  if (acknowledged) node.save({ role: 'passive', paired: false, mayPromote: false, inSyncTo: lsn(0) })
  node.emit({ type: 'reopen' })
}

/** Until `boot` says what the reopened store holds; then it follows. */
export class Reopening implements Role {
  readonly role = 'passive'
  readonly state = 'CONNECTING'
  readonly #node: PairNode
  readonly #why: string
  readonly peerPosition = null
  readonly lagMs = 0

  constructor(node: PairNode, why: string) {
    this.#node = node
    this.#why = why
  }

  handle(event: PairEvent): void {
    if (event.type === 'stop') halt(this.#node, 'stopped in good order, while stepping down', false)
  }

  due(): void {}
  leave(): void {}

  get detail(): string {
    return `Stepping down: ${this.#why}.`
  }
}
