import { setTimeout as sleep } from 'node:timers/promises'
import { TandemError, messageOf } from '../base/errors.ts'
import type { StompConnection } from './connection.ts'
import { dial, type Dialling } from './dialling.ts'

/** No broker admits the same client id twice: there is one migration at a time, and none beside the rest of one that was killed. */
const CLIENT_ID = 'tandemmq-migration'
/** ms that a broker may need to notice that a killed migration is gone. */
const PATIENCE = 60_000

/**
 * Dials as the only migration of that broker. Waits while the broker still knows the connection of one that was killed: once this
 * one is let in, the last words of that one have been heard. Rejects CLIENT_ERROR when it is not let in, at once when it is `other`,
 * our own connection to the other broker, that is in the way.
 */
export async function dialAlone(
  dialling: Dialling,
  again: boolean,
  other: StompConnection | null = null,
): Promise<StompConnection> {
  let told = false
  const giveUp = performance.now() + PATIENCE
  const alone = { ...dialling, login: { ...dialling.login, clientId: CLIENT_ID } }
  for (;;) {
    try {
      return await dial(alone, again)
    } catch (error) {
      const [found, port] = /already connected(?: from \S*:(\d+))?/.exec(messageOf(error)) ?? []
      if (found === undefined) throw error
      if (other !== null && other.localPort === Number(port)) throw sameBroker(dialling, other, error)
      // Nobody waits for a minute without a word.
      if (!told && error instanceof TandemError) dialling.onRetry?.(error)
      told = true
      if (performance.now() > giveUp) {
        const hint =
          'Another migration from or to this broker runs, or it has not noticed the end of one: look at its connections.'
        throw new TandemError('CLIENT_ERROR', messageOf(error), { cause: error, hint })
      }
      await sleep(100, undefined, { signal: dialling.signal })
    }
  }
}

function sameBroker({ url }: Dialling, other: StompConnection, cause: unknown): TandemError {
  const [address] = url.addresses
  return new TandemError('CLIENT_ERROR', `${address?.text ?? ''} and ${other.address.text} are the same broker`, {
    cause,
  })
}
