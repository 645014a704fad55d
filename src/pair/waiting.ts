import { ascend } from './activation.ts'
import { Dialler } from './dialler.ts'
import { followsOriginal, isWelcome, leads, namesNewer, parted, stepDown } from './door.ts'
import type { LinkId, PairEvent } from './events.ts'
import type { Hello, PairFrame } from './frames.ts'
import { halt } from './halted.ts'
import { isNewer } from './history.ts'
import type { PairNode, Role } from './node.ts'

const MINUTE = 60_000

/**
 * An ex-active that was paired when it ended: its twin may have taken over, so it leads only when both have met and agree,
 * or a person says so. Its connectors are bound, for the twin alone.
 */
export class Waiting implements Role {
  readonly role = 'active'
  readonly state = 'WAITING'
  readonly #node: PairNode
  readonly #dialler: Dialler
  readonly peerPosition = null
  readonly lagMs = 0

  constructor(node: PairNode) {
    this.#node = node
    this.#dialler = new Dialler(node, 'active')
  }

  start(): void {
    const { timers, now, settings } = this.#node
    this.#node.emit({ type: 'hold' })
    timers.set('say', now + settings.bootPeerWaitMs)
    this.#dialler.dial()
  }

  handle(event: PairEvent): void {
    if (event.type === 'dialled' || event.type === 'dialFailed') this.#dialler.handle(event)
    else if (event.type === 'closed') this.#dialler.closed(event.link)
    else if (event.type === 'frame') this.#frame(event.link, event.frame)
    else if (event.type === 'promote') this.#promote(event.force)
    else if (event.type === 'stop') halt(this.#node, 'stopped while waiting for the twin', false)
  }

  due(timer: string): void {
    const node = this.#node
    if (timer === 'redial') this.#dialler.dial()
    else if (timer === 'answer') this.#dialler.unanswered()
    else if (timer === 'say') {
      if (node.settings.bootAlone) return this.#lead('bootAlone is set and the twin cannot be asked')
      node.log(
        'warn',
        `this node was paired with ${node.peerName} when it ended, which may have taken over and cannot be reached: ` +
          'waiting for it; `tandemmq pair promote` leads without it',
      )
      node.timers.set('say', node.now + MINUTE)
    }
  }

  #lead(why: string): void {
    ascend(this.#node, { reason: 'restart', why, standing: 'solo', byHand: true })
  }

  #frame(link: LinkId, frame: PairFrame): void {
    const node = this.#node
    if (frame.type === 'hello') return frame.role === 'active' ? this.#meet(link, frame) : this.#rejoin(link, frame)
    if (!this.#dialler.owns(link)) return
    this.#dialler.heard()
    if (frame.type === 'welcome' && namesNewer(node, frame))
      return stepDown(node, `"${frame.identity.brokerName}" took over and leads`, false)
    if (frame.type === 'refuse' && frame.code === 'same-store') return followsOriginal(node, 'its twin')
    if (frame.type === 'refuse') node.log('info', `the twin refused (${frame.code}): ${frame.text}`, 'PAIR_REFUSED')
    node.close(link)
    this.#dialler.closed(link)
  }

  /** The twin is passive still: the longer copy leads, both hold everything that was acknowledged. */
  #rejoin(link: LinkId, hello: Hello): void {
    const node = this.#node
    if (!isWelcome(node, link, hello)) return
    if (hello.identity.storeId !== node.peer?.storeId)
      return node.refuse(link, 'pair-mismatch', 'another store than the twin that may have taken over')
    const theirs = { epochs: hello.epochs, end: hello.end, storeId: hello.identity.storeId }
    const level = hello.epochs.at(-1)?.uid === node.epochs.at(-1)?.uid && hello.end === node.end
    if (!level && isNewer(theirs, node.history)) {
      node.refuse(link, 'newer', 'you have the newer history: lead; this node will follow', 'info')
      return this.#dialler.later()
    }
    this.#dialler.leave()
    ascend(node, { reason: 'restart', why: 'the twin is passive still', standing: 'boot', guest: { link, hello } })
  }

  /** The twin leads, or waits like this node. */
  #meet(link: LinkId, hello: Hello): void {
    const node = this.#node
    if (parted(node, link, hello, true) || !isWelcome(node, link, hello)) return
    if (leads(node, true, hello)) {
      this.#dialler.leave()
      const guest = { link, hello }
      return ascend(node, { reason: 'restart', why: 'the twin waits too, with older history', standing: 'boot', guest })
    }
    node.refuse(link, 'newer', 'you have the newer history: lead; this node will follow', 'info')
    if (!hello.paired) stepDown(node, `"${hello.identity.brokerName}" took over and leads`, false)
  }

  /** Not against a twin that answers, unless forced. */
  #promote(force: boolean): void {
    const node = this.#node
    if (force) return this.#lead('promoted by hand')
    node.probe(node.peerUris, answer => {
      if (answer === 'open')
        node.log('error', 'promote refused: the other node answers and may lead; look there, or promote with force')
      else this.#lead('promoted by hand')
    })
  }

  leave(): void {
    this.#dialler.leave()
  }

  get detail(): string {
    return (
      `Was paired when it ended; waits for ${this.#node.peerName}, which may have taken over: start that one, or ` +
      '`tandemmq pair promote` leads without it.'
    )
  }
}
