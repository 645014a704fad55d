import type { LinkId, PairEvent } from './events.ts'
import type { PairNode } from './node.ts'

/** Looks for the twin: dials, says hello, tries again; slower while nobody answers. Timers `redial` and `answer`. */
export class Dialler {
  readonly #node: PairNode
  readonly #role: 'active' | 'passive'
  #dialling = false
  #failures = 0
  /** Base copies that failed, one after the other. */
  #copies = 0
  link: LinkId | null = null
  /** How the last attempt ended, for people. */
  lastText = ''

  constructor(node: PairNode, role: 'active' | 'passive') {
    this.#node = node
    this.#role = role
  }

  get busy(): boolean {
    return this.#dialling || this.link !== null
  }

  dial(): void {
    const uris = this.#node.peerUris
    if (this.busy || uris.length === 0) return
    this.#dialling = true
    this.#node.timers.stop('redial')
    this.#node.emit({ type: 'dial', uris })
  }

  handle(event: Extract<PairEvent, { type: 'dialled' | 'dialFailed' }>): void {
    if (!this.#dialling) {
      if (event.type === 'dialled') this.#node.close(event.link)
      return
    }
    this.#dialling = false
    if (event.type === 'dialFailed') {
      if (event.text !== this.lastText && event.why === 'rejected')
        this.#node.log('warn', `the twin said no: ${event.text}`, 'PAIR_REFUSED')
      this.lastText = event.text
      this.#failures++
      return this.later()
    }
    this.link = event.link
    this.#node.timers.set('answer', this.#node.now + this.#node.settings.ackTimeoutMs)
    this.greet()
  }

  /** Says hello: at first, and again after a base copy. */
  greet(): void {
    const { link } = this
    this.#node.measure(chain => {
      if (link !== null && this.link === link) this.#node.send(link, this.#node.hello(this.#role, chain))
    })
  }

  /** It answered: whoever dialled takes over the watch. */
  heard(): void {
    this.#failures = 0
    this.lastText = ''
    this.#node.timers.stop('answer')
  }

  unanswered(): void {
    const { link } = this
    if (link === null) return
    this.#node.close(link)
    this.closed(link)
  }

  owns(link: LinkId): boolean {
    return this.link === link
  }

  closed(link: LinkId): void {
    if (this.link !== link) return
    this.link = null
    this.#node.timers.stop('answer')
    this.#failures++
    this.later()
  }

  /** Tries again, after a while that grows. */
  later(): void {
    const { now, settings, timers } = this.#node
    const unheard = settings.retryMs * Math.min(8, 2 ** Math.min(3, this.#failures))
    // A copy is much work for both, and why it failed lasts: a disk that is full, or too small (E6).
    const failed = this.#copies === 0 ? 0 : settings.ackTimeoutMs * Math.min(6, 2 ** this.#copies / 10)
    timers.set('redial', now + Math.max(unheard, failed))
  }

  copyFailed(text: string): void {
    this.#copies++
    this.lastText = `the base copy failed: ${text}`
  }

  /** A session came as far as in sync, or the copy is in place. */
  settled(): void {
    this.#copies = 0
  }

  leave(): void {
    if (this.#dialling) this.#node.emit({ type: 'undial' })
    this.#dialling = false
    if (this.link !== null) this.#node.close(this.link)
    this.link = null
  }
}
