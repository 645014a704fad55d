import { isDeepStrictEqual } from 'node:util'
import type { ExecutionContext } from 'ava'

/** `t.deepEqual` for what is large: it describes both sides before it compares them, and only a difference needs that. */
export function same(t: ExecutionContext, actual: unknown, expected: unknown, message?: string): void {
  if (isDeepStrictEqual(actual, expected)) t.pass()
  else t.deepEqual(actual, expected, message)
}
