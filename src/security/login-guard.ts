/** How a client came; failed logins are counted by it. */
export type LoginDoor = 'stomp' | 'http'

export interface LoginGuardOptions {
  /** False: no login waits; failed ones are counted all the same (`-Dtandemmq.loginDelay=false`). */
  readonly delays: boolean
  /** ms that a login waits at most; 0 or more. */
  readonly waitMsMax: number
}

/** Different wrong logins of an address that cost it nothing. */
export const freeFailuresMax = 5
/** ms of the first wait; each further failure doubles it, up to the longest. */
export const firstWaitMs = 1000
/** ms of the longest wait, unless something else has less time (see `LoginGuardOptions.waitMsMax`). */
export const longestWaitMs = 4000
/** ms without a further failure after which an address starts afresh. */
export const forgetMs = 600_000
/** Addresses with failures that are remembered, and logins that were right; the oldest are forgotten first. */
export const addressesMax = 4096
export const rightLoginsMax = 4096
/** Wrong logins of an address that are told apart. */
const proofsMax = 16
/** Logins of an address within one longest wait; beyond it even those that were right before wait. */
const waitingMax = 64

interface Failures {
  count: number
  /** Of the last ones, so that a client that tries the same again and again is one failure. */
  readonly proofs: string[]
  /** When the last failure was counted. */
  at: number
  /** Logins that had to wait, since when. */
  waiting: number
  since: number
}

/**
 * Slows down whoever guesses passwords: after some different wrong logins from an address, its logins wait before they are
 * judged, the right as the wrong, so that hanging up early tells nobody whether a password was right. A login that was
 * right before from the same address does not wait, as long as not too many others do. Nobody is ever locked out.
 *
 * Time is an argument (ms, any origin, never going back). `proof` stands for login and password and tells neither.
 */
export class LoginGuard {
  readonly #options: LoginGuardOptions
  readonly #failures = new Map<string, Failures>()
  readonly #right = new Map<string, true>()
  /** Since the start. */
  readonly failed: Record<LoginDoor, number> = { stomp: 0, http: 0 }
  readonly delayed: Record<LoginDoor, number> = { stomp: 0, http: 0 }

  constructor(options: LoginGuardOptions) {
    this.#options = options
  }

  /** Addresses that are remembered now. */
  get addresses(): number {
    return this.#failures.size
  }

  /** ms that this login must wait before it is judged; 0: none. */
  waitOf(door: LoginDoor, address: string, proof: string, now: number): number {
    const { delays, waitMsMax } = this.#options
    const place = placeOf(address)
    const found = delays ? this.#find(place, now) : undefined
    if (found === undefined || found.count < freeFailuresMax) return 0
    if (now - found.since >= waitMsMax) {
      found.since = now
      found.waiting = 0
    }
    if (found.waiting < waitingMax && this.#right.has(`${place} ${proof}`)) return 0
    found.waiting++
    this.delayed[door]++
    return Math.min(waitMsMax, firstWaitMs * 2 ** (found.count - freeFailuresMax))
  }

  /** Remembers how a login was judged. True: from now on logins of this address wait, which is worth a line of the log. */
  judged(door: LoginDoor, address: string, proof: string, right: boolean, now: number): boolean {
    const place = placeOf(address)
    if (right) {
      remember(this.#right, `${place} ${proof}`, true, rightLoginsMax)
      return false
    }
    this.failed[door]++
    const found = this.#find(place, now) ?? { count: 0, proofs: [], at: now, waiting: 0, since: now }
    if (found.proofs.includes(proof)) return false
    found.proofs.push(proof)
    if (found.proofs.length > proofsMax) found.proofs.shift()
    found.at = now
    remember(this.#failures, place, found, addressesMax)
    return ++found.count === freeFailuresMax && this.#options.delays
  }

  #find(place: string, now: number): Failures | undefined {
    const found = this.#failures.get(place)
    if (found === undefined || now - found.at < forgetMs) return found
    this.#failures.delete(place)
    return undefined
  }
}

/** As the newest; the oldest goes when there are more than `most`. */
function remember<T>(all: Map<string, T>, key: string, value: T, most: number): void {
  all.delete(key)
  all.set(key, value)
  const [oldest] = all.keys()
  if (all.size > most && oldest !== undefined) all.delete(oldest)
}

/** One host: an IPv4 address, or the first 64 bits of an IPv6 address, as a host may choose the others at will. */
export function placeOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.toLowerCase().split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0')
  return `${[...front, ...zeros, ...back].slice(0, 4).join(':')}::/64`
}
