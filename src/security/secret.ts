import { createHash, timingSafeEqual } from 'node:crypto'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Are two secrets equal? The time it takes tells nothing about either, not even whether there was one to compare with:
 * an unknown user (`expected` undefined) costs as much as a wrong password.
 */
export function sameSecret(expected: string | undefined, given: string): boolean {
  const equal = timingSafeEqual(digest(expected ?? ''), digest(given))
  return equal && expected !== undefined
}
