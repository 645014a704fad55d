import type { Lsn } from '../base/lsn.ts'
import type { Session } from '../session/session.ts'
import { TurnList } from './turn-list.ts'

/** Which sessions have something to send this turn, and whose answers wait for a commit. */
export class Outputs {
  readonly #awake = new TurnList<Session>()
  readonly #held = new TurnList<Session>()

  /** The session has output, or answers that may be due. */
  wake(session: Session): void {
    if (session.awake) return
    session.awake = true
    this.#awake.add(session)
  }

  /** Was there nothing to send, and is nothing to be said before a later commit? Then it waits for that, and not for this turn. */
  waits(session: Session, committed: Lsn): boolean {
    if (!session.awake || session.output.size > 0 || !session.held.waits(committed)) return false
    if (!this.#awake.drop(session)) return false
    session.awake = false
    this.#hold(session)
    return true
  }

  /** Sends what this turn produced. */
  flush(committed: Lsn): void {
    // Answers released here may wake further sessions: the list grows while it is walked.
    for (let i = 0; i < this.#awake.size; i++) {
      const session = this.#awake.take(i)
      session.held.release(committed, session.output)
      session.awake = false
      if (!session.held.empty || session.heldUntil > committed) this.#hold(session)
      if (session.heldUntil <= committed) this.#send(session)
    }
    this.#awake.end()
  }

  /** Sends the answers that waited for a position up to `committed`. */
  release(committed: Lsn): void {
    for (let i = 0; i < this.#held.size; i++) {
      const session = this.#held.take(i)
      session.held.release(committed, session.output)
      const isFree = session.heldUntil <= committed
      session.waiting = !isFree || !session.held.empty
      if (session.waiting) this.#held.keep(session)
      if (isFree) this.#send(session)
    }
    this.#held.end()
  }

  #hold(session: Session): void {
    if (session.waiting) return
    session.waiting = true
    this.#held.add(session)
  }

  #send(session: Session): void {
    session.heldUntil = 0 as Lsn
    session.link.flush(session.output)
  }
}
