import { unanswerable } from './error.ts'
import { SELECTOR_LIMITS } from './limits.ts'

/** One evaluation at a time runs, from start to end: what it may still cost needs no place of its own. */
let left = 0
let evaluation = 0

/** A message begins: all of `SELECTOR_LIMITS.steps` may be spent on it. */
export function beginEvaluation(): void {
  left = SELECTOR_LIMITS.steps
  evaluation++
}

/** Counts steps of a search. Throws `UNANSWERABLE` once there are none left. */
export function spend(steps: number): void {
  left -= steps
  if (left < 0) unanswerable()
}

/** Tells one evaluation from the next. */
export const currentEvaluation = (): number => evaluation
