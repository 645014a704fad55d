import { setTimeout as sleep } from 'node:timers/promises'
import { TandemError } from '../base/errors.ts'
import type { Address, BrokerUrl } from './address.ts'
import { NOBODY, StompConnection, type Login } from './connection.ts'
import { whatGreets } from './not-stomp.ts'

export interface Dialling {
  readonly url: BrokerUrl
  readonly login: Login
  /** Ends the attempts; the promise rejects with its reason. */
  readonly signal: AbortSignal
  /** Called after a round in which no address could be used. */
  onRetry?(error: TandemError): void
}

/** Where ActiveMQ's and TandemMQ's stomp connectors listen when nobody says otherwise. */
const USUAL_PORT = 61613
const OPENWIRE_PORT = 61616

/**
 * Connects to the first address that serves. Of a pair the passive refuses, so the active is found whichever it is. `again`: after
 * a connection was lost. Rejects with the last failure when all rounds are used up; a refused login and a port that speaks
 * another protocol are no reason to go on trying.
 */
export async function dial({ url, login, signal, onRetry }: Dialling, again: boolean): Promise<StompConnection> {
  const rounds = again ? url.redial.rounds : url.redial.roundsAtStart
  let pause = url.redial.pause
  let last = new TandemError('CLIENT_LOST', 'the connection ended, and the address is to be dialled once only')
  for (let round = 0; rounds < 0 || round < rounds; round++) {
    for (const address of url.addresses) {
      signal.throwIfAborted()
      try {
        return await StompConnection.connect(address, login)
      } catch (error) {
        last = await explained(error, address)
        if (last.code === 'CLIENT_REFUSED' || last.code === 'CLIENT_NOT_STOMP') throw last
      }
    }
    if (rounds >= 0 && round + 1 >= rounds) break
    onRetry?.(last)
    await sleep(pause, undefined, { signal })
    pause = Math.min(pause * 2, url.redial.pauseMax)
  }
  throw last
}

/** A wrong port with the right one in the hint, when the usual one answers. Nobody's login is tried there. */
async function explained(error: unknown, address: Address): Promise<TandemError> {
  if (!(error instanceof TandemError)) throw error
  const named = await namedFor(error, address)
  const { port, host } = address
  const wrongPort = named.code === 'CLIENT_NOT_STOMP' || (named.code === 'CLIENT_UNREACHABLE' && port === OPENWIRE_PORT)
  if (!wrongPort || port === USUAL_PORT) return named
  const text = `stomp://${host.includes(':') ? `[${host}]` : host}:${USUAL_PORT}`
  const speaks = await StompConnection.connect({ host, port: USUAL_PORT, tls: false, text }, NOBODY).then(
    connection => {
      connection.destroy()
      return true
    },
    (answer: unknown) => answer instanceof TandemError && /^CLIENT_(REFUSED|ERROR)$/.test(answer.code),
  )
  return speaks
    ? new TandemError(named.code, named.message, { hint: `STOMP answers at ${text}: use that.`, cause: error })
    : named
}

/** Who broke off without an answer may speak something else. */
async function namedFor(error: TandemError, { host, port, tls, text }: Address): Promise<TandemError> {
  if (error.code !== 'CLIENT_UNREACHABLE' || tls || /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH/.test(error.message))
    return error
  const other = await whatGreets(host, port)
  return other === null
    ? error
    : new TandemError('CLIENT_NOT_STOMP', `${text} ${other.says}`, { hint: other.hint, cause: error })
}
