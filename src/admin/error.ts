/**
 * Why there is no answer, each with its exit code (management 5.5): nothing answers 3, login or role refused 4, no such
 * thing 5, refused by the node's state (passive, in use) 6, timed out 8, anything else 1.
 */
export type AdminErrorKind = 'unreachable' | 'refused' | 'unknown' | 'state' | 'timeout' | 'failed'

export const EXIT_CODES: Readonly<Record<AdminErrorKind, number>> = {
  unreachable: 3,
  refused: 4,
  unknown: 5,
  state: 6,
  timeout: 8,
  failed: 1,
}

/** A node that cannot be asked, or that refuses. The message says which and why, for the person who asked. */
export class AdminError extends Error {
  override readonly name = 'AdminError'
  readonly kind: AdminErrorKind
  /** The node's own stable word for it, such as `PAIR_NOT_IN_SYNC` or a Java class; null: it said none. */
  readonly code: string | null
  /** The next step, as one sentence; null: there is none to name. */
  readonly hint: string | null

  constructor(kind: AdminErrorKind, message: string, detail: { readonly code?: string; readonly hint?: string } = {}) {
    super(message)
    this.kind = kind
    this.code = detail.code ?? null
    this.hint = detail.hint ?? null
  }

  get exitCode(): number {
    return EXIT_CODES[this.kind]
  }
}
