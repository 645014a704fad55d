/** One thing that a node is asked to do. */
export type Call =
  | { readonly kind: 'exec'; readonly bean: string; readonly operation: string; readonly args: readonly unknown[] }
  | { readonly kind: 'handover' }
  | { readonly kind: 'promote'; readonly force: boolean }

/** What a person asked for: calls that are made one after the other. */
export interface Job {
  /** What is done, such as `purge orders.in`; for the log. */
  readonly label: string
  readonly url: string
  readonly calls: readonly Call[]
}

/**
 * What was true when the question was asked. It is asked again when it is not any more (management UA-04): another
 * epoch, a destination that is gone, or twice as many messages.
 */
export interface Guard {
  readonly epoch: number | null
  readonly sizes: ReadonlyMap<string, number>
}

/** A question with its answer still open. Enter alone never says yes (management UA-01). */
export interface Confirm {
  readonly title: string
  /** Object, node, count as of now, consequence. */
  readonly lines: readonly string[]
  /** A word that must be typed; null: the key y is enough. */
  readonly word: string | null
  readonly job: Job
  readonly guard: Guard
  /** What asked it, to ask again. */
  readonly again: Ask
}

/** What changes something after a question. */
export const VERBS = ['pause', 'purge', 'move', 'retry', 'delete', 'drop', 'promote'] as const
export type Verb = (typeof VERBS)[number]

/** A wish before it became a question. */
export interface Ask {
  readonly verb: Verb
  readonly url: string
  /** Beans of the rows; none for `promote`. */
  readonly beans: readonly string[]
  /** One message of them; null: all. */
  readonly message: string | null
  /** Where to; for `move`. */
  readonly to: string | null
  readonly force: boolean
}
