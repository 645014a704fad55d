import type { Lsn } from '../base/lsn.ts'
import type { Session } from '../session/session.ts'

/** Which sessions have something to send this turn, and whose answers wait for a commit. */
export class Outputs {
  #awake: Session[] = []
  readonly #held = new Set<Session>()

  /** The session has output, or answers that may be due. */
  wake(session: Session): void {
    if (session.awake) return
    session.awake = true
    this.#awake.push(session)
  }

  /** Sends what this turn produced. */
  flush(committed: Lsn): void {
    // Answers released here may wake further sessions: the list grows while it is walked.
    for (let i = 0; i < this.#awake.length; i++) {
      const session = this.#awake[i]!
      session.held.release(committed, session.output)
      session.awake = false
      if (!session.held.empty || session.heldUntil > committed) this.#held.add(session)
      if (session.heldUntil <= committed) this.#send(session)
    }
    this.#awake = []
  }

  /** Sends the answers that waited for a position up to `committed`. */
  release(committed: Lsn): void {
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
