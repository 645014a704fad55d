import type { Session } from '../session/session.ts'
import { Totals } from './totals.ts'

/** The sessions of a broker: which there are, who holds which client id, and whose reading is held up. */
export class Connections {
  readonly sessions: Set<Session> = new Set<Session>()
  readonly totals: Totals = new Totals()
  readonly #brokerName: string
  readonly #clientIds = new Map<string, Session>()
  readonly #throttled = new Set<Session>()

  constructor(brokerName: string) {
    this.#brokerName = brokerName
  }

  /** Takes the client id; the refusal when another connection has it and may keep it (stomp S-CON-09). */
  claimClientId(session: Session): string | null {
    const holder = this.#clientIds.get(session.clientId)
    if (holder !== undefined) {
      if (!session.options.allowLinkStealing) {
        return `Broker: ${this.#brokerName} - Client: ${session.clientId} already connected from ${holder.link.remote}`
      }
      holder.end()
      holder.link.end()
    }
    this.#clientIds.set(session.clientId, session)
    this.totals.connections++
    return null
  }

  forget(session: Session): void {
    if (this.sessions.delete(session)) this.totals.sessionEnded(session)
    this.#throttled.delete(session)
    this.#quiet?.delete(session)
    if (this.#clientIds.get(session.clientId) === session) this.#clientIds.delete(session.clientId)
  }

  /** The sessions that are not read for now; null when a hand-over is not under way. */
  #quiet: Set<Session> | null = null

  get quiesced(): boolean {
    return this.#quiet !== null
  }

  /** No further frame of any ordinary session until `resume`. Those not connected yet are asked to wait when they are. */
  quiesce(): void {
    if (this.#quiet !== null) return
    this.#quiet = new Set<Session>()
    for (const session of this.sessions) if (session.connected && session.replication === null) this.silence(session)
  }

  /** During a hand-over this one is not read any more either. */
  silence(session: Session): void {
    if (this.#quiet === null || this.#quiet.has(session)) return
    this.#quiet.add(session)
    session.stall()
  }

  resume(): void {
    const quiet = this.#quiet
    this.#quiet = null
    for (const session of quiet ?? []) session.unstall()
  }

  /** No further frame of this session until `release`. */
  throttle(session: Session): void {
    if (this.#throttled.has(session)) return
    this.#throttled.add(session)
    session.stall()
  }

  /** Every throttled session goes on. */
  release(): void {
    if (this.#throttled.size === 0) return
    const throttled = [...this.#throttled]
    this.#throttled.clear()
    for (const session of throttled) session.unstall()
  }
}
