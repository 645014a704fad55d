import type { Log } from '../base/log.ts'
import type { BrokerConfig } from '../config/config.ts'
import { freeFailuresMax, LoginGuard, loginProof, longestWaitMs, type LoginDoor } from '../security/security.ts'

/** Shares of time limits that a login may wait for: whoever is right must be let in before they are over. */
const shareOfAckTimeout = 0.8 // the twin that dials us gives up after it
const shareOfAttempt = 0.5 // of connectAttemptTimeout, which begins before CONNECT comes

/** The guard of all doors of a node; it outlives reloads and changes of role. */
export function createLoginGuard({ loginDelay, pair, connectors }: BrokerConfig): LoginGuard {
  const attempts = connectors.map(one => one.connectAttemptTimeout).filter(ms => ms > 0)
  const limits = [pair.ackTimeout * shareOfAckTimeout, ...attempts.map(ms => ms * shareOfAttempt)]
  return new LoginGuard({ delays: loginDelay, waitMsMax: Math.min(longestWaitMs, ...limits) })
}

/** A door with a guard: its clock, and what it says. */
export class GuardedDoor {
  readonly #guard: LoginGuard
  readonly #door: LoginDoor
  readonly #log: Log

  constructor(guard: LoginGuard, door: LoginDoor, log: Log) {
    this.#guard = guard
    this.#door = door
    this.#log = log
  }

  /** ms that this login must wait before it is judged; 0: none. Who gives neither name nor password guesses none. */
  waitOf(address: string, login: string | undefined, passcode: string | undefined): number {
    if (this.#guard.addresses === 0 || (login === undefined && passcode === undefined)) return 0
    return this.#guard.waitOf(this.#door, address, loginProof(login, passcode), performance.now())
  }

  judged(address: string, login: string | undefined, passcode: string | undefined, right: boolean): void {
    const proof = loginProof(login, passcode)
    if (!this.#guard.judged(this.#door, address, proof, right, performance.now())) return
    this.#log.warn(
      `${freeFailuresMax} different failed logins came from ${address}: logins from there wait now before they are judged`,
      {
        code: 'LOGIN_SLOWED',
        hint: 'Find out who tries them, and close the port to that address; it is forgotten after ten minutes without a wrong password.',
      },
    )
  }
}

/** Logins that management is given to send a message with: wherever they come from they are one address, and one waits at a time. */
export class SenderLogins {
  readonly #door: GuardedDoor
  #waits = false

  constructor(guard: LoginGuard, log: Log) {
    this.#door = new GuardedDoor(guard, 'http', log)
  }

  /** What `judge` answers, a text for a refusal, when this login has waited for as long as it must. */
  async judged<T extends object>(login: string, passcode: string, judge: () => T | string): Promise<T | string> {
    const address = 'sendTextMessage over HTTP'
    const wait = this.#door.waitOf(address, login, passcode)
    if (wait > 0) {
      if (this.#waits) return 'Too many wrong passwords were tried, and another login waits; try again in some seconds.'
      this.#waits = true
      await new Promise<void>(resolve => setTimeout(resolve, wait).unref())
      this.#waits = false
    }
    const answer = judge()
    this.#door.judged(address, login, passcode, typeof answer !== 'string')
    return answer
  }
}

/** The address in `tcp://address:port`. */
export const addressIn = (remote: string): string => remote.replace(/^\w+:\/\//, '').replace(/:\d+$/, '')
