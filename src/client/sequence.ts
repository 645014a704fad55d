/** The property that says which producer sent a message: a name that no other has. */
export const PRODUCER = 'tandemmq-producer'
/** The property that says which of how many it is: `17/1000`, from 1. */
export const SEQUENCE = 'tandemmq-sequence'

/** What was wrong with one producer's messages. */
export interface SequenceReport {
  readonly producer: string
  readonly received: number
  readonly duplicates: number
  /** Came after one that was sent later. */
  readonly outOfOrder: number
  /** Numbers that never came, as ranges from first to last, at most RANGES_MAX of them. */
  readonly missing: readonly (readonly [first: number, last: number])[]
  readonly missingCount: number
}

const RANGES_MAX = 100

interface Seen {
  received: number
  duplicates: number
  outOfOrder: number
  total: number
  highest: number
  /** What came, as disjoint ranges in ascending order: one when all is well. */
  readonly ranges: [first: number, last: number][]
}

/** Finds gaps and duplicates in what producers have numbered, whatever the order, in little memory when there are few gaps. */
export class SequenceCheck {
  readonly #producers = new Map<string, Seen>()
  /** Messages that carry no number. */
  unnumbered = 0

  add(headers: ReadonlyMap<string, string>): void {
    const producer = headers.get(PRODUCER)
    const [, number, total] = /^(\d{1,15})\/(\d{1,15})$/.exec(headers.get(SEQUENCE) ?? '') ?? []
    if (producer === undefined || number === undefined) {
      this.unnumbered++
      return
    }
    let seen = this.#producers.get(producer)
    if (seen === undefined) {
      seen = { received: 0, duplicates: 0, outOfOrder: 0, total: 0, highest: 0, ranges: [] }
      this.#producers.set(producer, seen)
    }
    note(seen, Number(number), Number(total))
  }

  /** By producer. `complete`: everything that was sent should be here, so a missing end is a gap too. */
  report(complete: boolean): readonly SequenceReport[] {
    return [...this.#producers].map(([producer, seen]) => {
      const { received, duplicates, outOfOrder } = seen
      const missing = gaps(seen, complete ? seen.total : seen.highest)
      const missingCount = missing.reduce((sum, [first, last]) => sum + last - first + 1, 0)
      return { producer, received, duplicates, outOfOrder, missing: missing.slice(0, RANGES_MAX), missingCount }
    })
  }
}

function note(seen: Seen, number: number, total: number): void {
  seen.received++
  seen.total = Math.max(seen.total, total)
  if (number < seen.highest) seen.outOfOrder++
  seen.highest = Math.max(seen.highest, number)
  const { ranges } = seen
  // Nearly always behind the last range: look from there.
  let at = ranges.length - 1
  while (at >= 0 && ranges[at]![0] > number) at--
  const before = ranges[at]
  if (before !== undefined && number <= before[1]) {
    seen.duplicates++
    return
  }
  const behind = ranges[at + 1]
  if (before !== undefined && before[1] + 1 === number) {
    before[1] = number
    if (behind !== undefined && behind[0] === number + 1) {
      before[1] = behind[1]
      ranges.splice(at + 1, 1)
    }
  } else if (behind !== undefined && behind[0] === number + 1) behind[0] = number
  else ranges.splice(at + 1, 0, [number, number])
}

/** What lies between the ranges, from 1 to `end`. */
function gaps({ ranges }: Seen, end: number): [number, number][] {
  const missing: [number, number][] = []
  let next = 1
  for (const [first, last] of ranges) {
    if (first > next) missing.push([next, first - 1])
    next = last + 1
  }
  if (next <= end) missing.push([next, end])
  return missing
}
