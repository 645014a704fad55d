import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Are two secrets equal? The time it takes tells nothing about either, not even whether there was one to compare with:
 * an unknown user (`expected` undefined) costs as much as a wrong password.
 */
export function sameSecret(expected: string | undefined, given: string): boolean {
  const equal = timingSafeEqual(digest(expected ?? ''), digest(given))
  return equal && expected !== undefined
}

const key = randomBytes(32)

/** Stands for a login and its passcode in this process: the same for the same, and of no use to anybody else. */
export const loginProof = (login: string | undefined, passcode: string | undefined): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([login ?? null, passcode ?? null]))
    .digest('base64')
