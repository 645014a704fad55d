import { FrameDecoder, writeFrame, type LinkFrame, type PairLink, type PairLinkEvents } from '../pair/pair.ts'
import { checksum } from '../journal/journal.ts'
import type { Frame } from '../stomp/stomp.ts'
import type { Session } from './session.ts'

/**
 * The twin's connection as the pair holds it. Its frames are answers to nothing, so they do not wait for a commit, and
 * space and the disk's backlog do not hold it up: the acknowledgements that come in here are what sets those free.
 * Bodies are copied into the output's pooled blocks: the journal may use its own block again at once.
 */
export class AcceptedLink implements PairLink {
  readonly #session: Session
  readonly #subscription: string
  readonly #decoder: FrameDecoder = new FrameDecoder(checksum)
  #events: PairLinkEvents | null = null
  #over = false
  #paused = false
  #flushing = false
  #broken = false
  #reason = 'the twin closed the connection, or it broke'

  constructor(session: Session, subscription: string) {
    this.#session = session
    this.#subscription = subscription
  }

  /** What comes in goes there, from now on. */
  tell(events: PairLinkEvents): void {
    this.#events = events
  }

  get remote(): string {
    return this.#session.link.remote
  }

  get localHost(): string {
    return this.#session.link.localHost
  }

  get queued(): number {
    return this.#session.link.queued + this.#session.output.size
  }

  send(frame: LinkFrame, block?: Buffer, from?: number, to?: number): void {
    if (this.#over) return
    writeFrame(frame, 'accepting', this.#subscription, this.#write, checksum, block, from, to)
    if (this.#session.output.size >= earlyFlushBytes) return this.#flush()
    if (this.#flushing) return
    // Soon, not at once: what the caller sends in one go leaves in one write.
    this.#flushing = true
    queueMicrotask(this.#flush)
  }

  readonly #write = (bytes: Buffer, from: number, to: number): void => this.#session.output.spread(bytes, from, to)

  readonly #flush = (): void => {
    this.#flushing = false
    const { link, output } = this.#session
    if (output.size > 0) link.flush(output)
  }

  pause(): void {
    if (this.#paused || this.#over) return
    this.#paused = true
    this.#session.stall()
  }

  resume(): void {
    if (!this.#paused || this.#over) return
    this.#paused = false
    this.#session.unstall()
  }

  close(): void {
    if (this.#over) return
    this.#over = true
    const { link } = this.#session
    this.#session.end()
    link.end()
  }

  // Told by the session

  /** One frame of the twin, already known to be the link's. */
  received(frame: Frame): void {
    const decoded = this.#decoder.decode(frame, frame.bytes, frame.bodyStart, frame.bodyEnd)
    if (typeof decoded === 'string') return this.breakOff(`Malformed replication frame: ${decoded}`)
    this.#events?.frame(decoded, frame.bytes, frame.bodyStart, frame.bodyEnd)
  }

  /** The twin broke the rules: ERROR, and the end. */
  breakOff(text: string): void {
    this.#reason = text
    this.#broken = true
    this.#session.fatalError(text, undefined)
  }

  drained(): void {
    if (!this.#over) this.#events?.drained()
  }

  /** The session is over, however. */
  ended(): void {
    if (this.#over) return
    this.#over = true
    this.#events?.closed(this.#reason, this.#broken)
  }
}

const earlyFlushBytes = 48 * 1024
