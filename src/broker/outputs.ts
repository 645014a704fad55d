import type { Lsn } from '../base/lsn.ts'
import type { Session } from '../session/session.ts'
import { TurnList } from './turn-list.ts'

/** Which sessions have something to send this turn, and whose answers wait for a commit. */
export class Outputs {
  readonly #awake = new TurnList<Session>()
  readonly #held = new Set<Session>()

  /** The session has output, or answers that may be due. */
  wake(session: Session): void {
    if (session.awake) return
    session.awake = true
    this.#awake.add(session)
  }

  /** Sends what this turn produced. */
  flush(committed: Lsn): void {
    // Answers released here may wake further sessions: the list grows while it is walked.
    for (let i = 0; i < this.#awake.size; i++) {
      const session = this.#awake.take(i)
      session.held.release(committed, session.output)
      session.awake = false
      if (!session.held.empty || session.heldUntil > committed) this.#held.add(session)
      if (session.heldUntil <= committed) this.#send(session)
    }
    this.#awake.clear()
  }

  /** Sends the answers that waited for a position up to `committed`. */
  release(committed: Lsn): void {
    if (this.#held.size === 0) return
    for (const session of this.#held) {
      session.held.release(committed, session.output)
      if (session.heldUntil > committed) continue
      if (session.held.empty) this.#held.delete(session)
      this.#send(session)
    }
  }

  #send(session: Session): void {
    session.heldUntil = 0 as Lsn
    session.link.flush(session.output)
  }
}
