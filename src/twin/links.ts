import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Compared } from '../base/pair-view.ts'
import { lsn, type Lsn } from '../base/lsn.ts'
import type {
  CopyFrame,
  LinkFrame,
  LinkId,
  PairEffect,
  PairEvent,
  PairFrame,
  PairLink,
  PairLinkEvents,
  VerifyFrame,
} from '../pair/pair.ts'
import type { CopyRun, NodePort } from './node-port.ts'
import { Shipper } from './shipper.ts'
import { Verifying } from './verify.ts'

interface Linked {
  readonly id: LinkId
  readonly link: PairLink
  shipper: Shipper | null
  copy: CopyRun | null
  paused: boolean
  /** Of replication, as its session agreed on; 0: there is no session yet. */
  protocol: number
  readonly verifying: Verifying
}

/** Bytes taken over that are not on this disk, at most, when a session begins: 32 MiB; with more nothing is read. */
const undurableBytesMax = 32 * 1024 * 1024

/** The replication connections of this node: numbered, with what runs over each. */
export class Links {
  readonly #node: NodePort
  readonly #log: Log
  readonly #post: (event: PairEvent) => void
  readonly #links = new Map<LinkId, Linked>()
  #nextLink = 1
  #dialing: (() => void) | null = null
  #ended = false
  #durable: Lsn = 0 as Lsn
  /** The body of the data frame that the core is judging. */
  #body: { readonly block: Buffer; readonly from: number; readonly to: number } | null = null

  constructor(node: NodePort, log: Log, post: (event: PairEvent) => void) {
    this.#node = node
    this.#log = log
    this.#post = post
  }

  /** A replicator attached to one of our connectors: the events of its link. */
  attached(link: PairLink): PairLinkEvents {
    const linked = this.#register(link)
    let told = false
    const tell = (): void => {
      if (told || !this.#links.has(linked.id)) return
      told = true
      const { retainedFrom } = this.#node.journal
      this.#post({ type: 'attached', link: linked.id, remote: link.remote, retainedFrom })
    }
    // The session is still handling the SUBSCRIBE that brought it here; a hello may lie right behind that.
    queueMicrotask(tell)
    const events = this.#eventsOf(() => linked)
    return {
      ...events,
      frame: (...frame) => {
        tell()
        events.frame(...frame)
      },
    }
  }

  #register(link: PairLink): Linked {
    const verifying = new Verifying(link, () => this.#node.comparing())
    const linked: Linked = {
      id: this.#nextLink++,
      link,
      shipper: null,
      copy: null,
      paused: false,
      protocol: 0,
      verifying,
    }
    this.#links.set(linked.id, linked)
    return linked
  }

  #eventsOf(of: () => Linked | null): PairLinkEvents {
    return {
      frame: (frame, block, from, to) => {
        const linked = of()
        if (linked !== null && this.#links.has(linked.id)) this.#received(linked, frame, block, from, to)
      },
      drained: () => {
        of()?.shipper?.pump()
        of()?.copy?.drained()
      },
      closed: (text, broken = false) => {
        const linked = of()
        if (linked === null || !this.#links.delete(linked.id)) return
        this.#log[broken ? 'warn' : 'debug'](`replication: ${linked.link.remote}: ${text}`)
        this.#drop(linked, false)
        this.#post({ type: 'closed', link: linked.id })
      },
    }
  }

  #received(linked: Linked, frame: LinkFrame, block: Buffer, from: number, to: number): void {
    if (frame.type.startsWith('copy-')) {
      linked.copy?.frame(frame as CopyFrame, block, from, to)
      // Said behind the swap: the passive holds nothing any more of what it held before.
      if (frame.type === 'copy-done') this.#node.comparing().renewed(lsn(0))
      // The core sees that the link lives.
      return this.#post({ type: 'frame', link: linked.id, frame: frame as CopyFrame })
    }
    if (isVerify(frame)) return linked.verifying.frame(frame)
    if (frame.type === 'hello') this.#node.heard(frame)
    else if (frame.type === 'welcome') linked.protocol = frame.proto
    if (frame.type !== 'data') return this.#post({ type: 'frame', link: linked.id, frame })
    this.#body = { block, from, to }
    this.#post({ type: 'frame', link: linked.id, frame })
    this.#body = null
  }

  #drop(linked: Linked, close: boolean): void {
    linked.verifying.end()
    linked.shipper?.end()
    linked.shipper = null
    linked.copy?.end()
    linked.copy = null
    if (close) linked.link.close()
  }

  /** Gives up a dial in progress. */
  undial(): void {
    this.#dialing?.()
    this.#dialing = null
  }

  /** Closes all of them; nothing is told any more. */
  end(): void {
    this.#ended = true
    this.#dialing?.()
    for (const linked of this.#links.values()) this.#drop(linked, true)
    this.#links.clear()
  }

  dial(uris: readonly string[]): void {
    this.#dialing?.()
    let linked: Linked | null = null
    let cancelled = false
    const { link, cancel } = this.#node.dial(
      uris,
      this.#eventsOf(() => linked),
    )
    this.#dialing = () => {
      cancelled = true
      cancel()
    }
    link.then(
      opened => {
        if (cancelled || this.#ended) return opened.close()
        this.#dialing = null
        linked = this.#register(opened)
        this.#post({ type: 'dialled', link: linked.id })
      },
      (failure: { readonly why?: 'refused' | 'unreachable' | 'rejected'; readonly text?: string }) => {
        if (cancelled || this.#ended) return
        this.#dialing = null
        this.#post({ type: 'dialFailed', why: failure.why ?? 'unreachable', text: failure.text ?? messageOf(failure) })
      },
    )
  }

  send(id: LinkId, frame: PairFrame): void {
    const linked = this.#links.get(id)
    if (linked === undefined) return
    // An active that asks who leads goes on writing for its clients, and syncs for them.
    if (frame.type === 'hello' && frame.role === 'passive') this.#node.following(false)
    else if (frame.type === 'welcome') linked.protocol = frame.proto
    else if (frame.type === 'ready' && !frame.needBase) {
      this.#node.following(true)
      // Here it ends, or was cut: whatever it held behind that is gone.
      this.#node.comparing().renewed(frame.at)
    }
    linked.link.send(this.#node.signed(frame, linked.link))
    if (frame.type === 'ready' && !frame.needBase) this.#bound(linked)
  }

  ship({ link: id, session, epoch, from, to }: Extract<PairEffect, { type: 'ship' }>): void {
    const linked = this.#links.get(id)
    if (linked === undefined) return
    if (linked.shipper?.serves(session) !== true) {
      linked.copy?.end()
      linked.copy = null
      linked.shipper?.end()
      this.#node.comparing().renewed(from)
      linked.shipper = new Shipper(this.#node.journal, linked.link, { session, epoch, from }, error => {
        this.#log.error(`replication: ${messageOf(error)}`, { code: 'PAIR_EVENT' })
        this.close(id)
        this.#post({ type: 'closed', link: id })
      })
    }
    linked.shipper.shipTo(to)
  }

  /** Compares both copies with the twin of a session that is under way; why it cannot, as a sentence. Never rejects. */
  async compare(): Promise<Compared | string> {
    const linked = [...this.#links.values()].findLast(({ protocol }) => protocol > 0)
    if (linked === undefined) return 'there is no connection to a twin'
    if (linked.protocol < 2) return 'the twin is of an older version, which cannot compare; upgrade it'
    return linked.verifying.compare()
  }

  take(id: LinkId): void {
    const body = this.#body
    if (body === null) return
    const { journal } = this.#node
    try {
      journal.receive(body.block, body.from, body.to)
    } catch (error) {
      return this.#post({ type: 'badData', link: id, text: messageOf(error) })
    }
    this.#post({ type: 'received', end: journal.end })
  }

  /** What waits for the disk is bounded by the window; one session after the other would bring a window each. */
  #bound(linked: Linked): void {
    const { end, committed } = this.#node.journal
    if (!linked.paused && end - Math.max(this.#durable, committed) > undurableBytesMax) {
      linked.paused = true
      linked.link.pause()
    }
  }

  /** Everything below is on this disk: a link that brought more than the disk kept up with may go on (I20). */
  durable(upTo: Lsn): void {
    this.#durable = upTo
    if (this.#node.journal.end - upTo > undurableBytesMax / 2) return
    for (const linked of this.#links.values()) {
      if (!linked.paused) continue
      linked.paused = false
      linked.link.resume()
    }
  }

  /** `copied`: another store is open now. */
  copy(id: LinkId, session: string, copied: () => void): void {
    const linked = this.#links.get(id)
    if (linked === undefined) return
    linked.copy?.end()
    linked.copy = this.#node.copyTarget(
      linked.link,
      session,
      facts => {
        linked.copy = null
        this.#node.comparing().renewed(lsn(0))
        copied()
        this.#post({ type: 'copied', ...facts })
      },
      text => {
        linked.copy = null
        this.#post({ type: 'copyFailed', text })
      },
    )
  }

  serveCopy(id: LinkId, session: string): void {
    const linked = this.#links.get(id)
    if (linked === undefined) return
    linked.copy?.end()
    linked.copy = this.#node.copySource(linked.link, session, text => {
      linked.copy = null
      this.#log.warn(`base copy for ${linked.link.remote}: ${text}`, { code: 'PAIR_COPY' })
    })
  }

  close(id: LinkId): void {
    const linked = this.#links.get(id)
    if (linked === undefined) return
    this.#links.delete(id)
    this.#drop(linked, true)
  }
}

const isVerify = (frame: LinkFrame): frame is VerifyFrame => frame.type.startsWith('verify-')
