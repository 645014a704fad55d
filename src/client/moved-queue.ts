import type { ServerFrame } from './frames.ts'
import type { Entry } from './ledger.ts'

/** What became of one queue. */
export interface MovedQueue {
  readonly queue: string
  /** Sent to the new broker and acknowledged on the old one by this run. */
  moved: number
  bytes: number
  /** Had arrived before, when a run was interrupted: acknowledged on the old broker, and not sent again. */
  arrivedBefore: number
  /** Still on the old broker: what others hold and what was refused. */
  left: number
  /** Not taken by the new broker, with its answer. They stay where they are. */
  readonly refused: { readonly id: string; readonly answer: string }[]
  /** Why it was not emptied; null: it was. */
  problem: string | null
  /** The new broker has taken something. */
  taken: boolean
}

/** Nothing has become of it yet. */
export const untouched = (queue: string): MovedQueue => ({
  queue,
  moved: 0,
  bytes: 0,
  arrivedBefore: 0,
  left: 0,
  refused: [],
  problem: null,
  taken: false,
})

/** Refused messages after which a queue is given up: when nothing at all was taken, and at most. */
const REFUSED_FIRST = 3
const REFUSED_MAX = 100

export const idOf = ({ headers }: ServerFrame): string => headers.get('message-id') ?? ''

export function refuse(result: MovedQueue, message: ServerFrame, answer: string): void {
  result.refused.push({ id: idOf(message), answer })
}

export const isHopeless = ({ refused, taken }: MovedQueue): boolean =>
  refused.length >= REFUSED_MAX || (!taken && refused.length >= REFUSED_FIRST)

/** Which of these are listed as arrived: one for each time that an id is listed. */
export function arrived(
  messages: readonly ServerFrame[],
  entries: readonly Entry[],
): { readonly there: readonly ServerFrame[]; readonly fresh: readonly ServerFrame[] } {
  const listed = new Map<string, number>()
  for (const { open } of entries) for (const [id, count] of open) listed.set(id, (listed.get(id) ?? 0) + count)
  const there: ServerFrame[] = []
  const fresh: ServerFrame[] = []
  for (const message of messages) {
    const count = listed.get(idOf(message)) ?? 0
    if (count > 0) listed.set(idOf(message), count - 1)
    ;(count > 0 ? there : fresh).push(message)
  }
  return { there, fresh }
}
