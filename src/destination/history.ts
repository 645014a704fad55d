import type { Kept } from './kept.ts'

/** What a topic keeps for subscribers that come later (semantics T-21). */
export interface RecoveryPolicy {
  readonly kind: 'none' | 'lastImage' | 'fixedCount' | 'fixedSize' | 'timed'
  /** Messages for `fixedCount`, bytes for `fixedSize`, ms for `timed`. */
  readonly limit: number
}

/**
 * Bytes that all topics together may keep for late subscribers: one such budget for histories, where a topic forgets its own oldest
 * first, and one for retained messages.
 */
export class LateBudget {
  readonly limit: number
  bytes = 0
  /** Told once: some history is shorter than its policy says. */
  shortened: (() => void) | null

  constructor(limit: number, shortened: () => void) {
    this.limit = limit
    this.shortened = shortened
  }

  get exceeded(): boolean {
    return this.bytes > this.limit
  }

  /** Something was forgotten because of it. */
  tell(): void {
    this.shortened?.()
    this.shortened = null
  }
}

/** What topics may keep for who comes later (semantics T-20, T-23). */
export interface LateBudgets {
  readonly history: LateBudget
  readonly retained: LateBudget
}

interface Remembered {
  readonly kept: Kept
  /** Wall clock, ms. */
  readonly at: number
}

/** The messages of one topic that late subscribers may ask for, oldest first. In memory, gone with a restart (T-22). */
export class History {
  readonly #policy: RecoveryPolicy
  readonly #budget: LateBudget
  #messages: Remembered[] = []
  #head = 0
  #bytes = 0

  constructor(policy: RecoveryPolicy, budget: LateBudget) {
    this.#policy = policy
    this.#budget = budget
  }

  get size(): number {
    return this.#messages.length - this.#head
  }

  add(kept: Kept, now: number): void {
    const { kind, limit } = this.#policy
    if (kind === 'fixedSize' && kept.cost > limit) return
    this.#messages.push({ kept, at: now })
    this.#count(kept.cost)
    if (kind === 'timed') this.expire(now)
    else if (kind === 'fixedSize') while (this.#bytes > limit) this.#forgetOldest()
    else while (this.size > (kind === 'lastImage' ? 1 : limit)) this.#forgetOldest()
    while (this.#budget.exceeded && this.size > 0) {
      this.#forgetOldest()
      this.#budget.tell()
    }
  }

  /** Forgets what is older than a `timed` policy keeps. */
  expire(now: number): void {
    if (this.#policy.kind !== 'timed') return
    while (this.size > 0 && this.#messages[this.#head]!.at < now - this.#policy.limit) this.#forgetOldest()
  }

  recall(now: number): Kept[] {
    this.expire(now)
    return this.#messages.slice(this.#head).map(({ kept }) => kept)
  }

  clear(): void {
    while (this.size > 0) this.#forgetOldest()
  }

  #forgetOldest(): void {
    this.#count(-this.#messages[this.#head++]!.kept.cost)
    if (this.#head < 64 || this.#head * 2 < this.#messages.length) return
    this.#messages = this.#messages.slice(this.#head)
    this.#head = 0
  }

  #count(change: number): void {
    this.#bytes += change
    this.#budget.bytes += change
  }
}
