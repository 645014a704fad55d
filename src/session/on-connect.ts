import {
  Command,
  DUPLICATE_CONNECT,
  Header,
  connectedFrame,
  invalidVersion,
  negotiateVersion,
  parseHeartBeat,
  type Frame,
  type HeartBeat,
  type Version,
} from '../stomp/stomp.ts'
import { turnedAway } from './on-replication.ts'
import { aboutSession } from './about.ts'
import type { Session } from './session.ts'

/**
 * CONNECT and STOMP, which are the same (S-CON-01): version, heart-beats, who, client id, CONNECTED, in that order.
 * Heart-beats are checked before the password (S-CON-11). Where somebody guesses passwords a login waits before it is judged.
 */
export function onConnect(session: Session, frame: Frame): void {
  const receipt = frame.get(Header.receipt)
  if (session.connected) {
    const command = frame.command === Command.stomp ? 'STOMP' : 'CONNECT'
    return session.fatalError(`${DUPLICATE_CONNECT}: ${command}`, receipt)
  }
  const accept = frame.get(Header.acceptVersion)
  const version = negotiateVersion(accept)
  if (version === null) return session.fatalError(invalidVersion(accept ?? ''), receipt)
  const beat = heartBeat(session, frame)
  if (typeof beat === 'string') return session.fatalError(beat, receipt)
  const greeting: Greeting = {
    version,
    beat,
    receipt,
    login: frame.get(Header.login),
    passcode: frame.get(Header.passcode),
    clientId: frame.get(Header.clientId),
    requestId: frame.get(Header.requestId),
    destination: frame.get(Header.destination) ?? '',
  }
  const wait = session.core.logins.waitOf(session, greeting.login, greeting.passcode)
  if (wait <= 0) return welcome(session, greeting)
  // The connection's time for CONNECT runs on, and nothing more is read from it.
  session.stall()
  session.core.later(wait, () => {
    if (session.closed) return
    welcome(session, greeting)
    session.unstall()
  })
}

/** What CONNECT says; its frame is gone when a login waited. */
interface Greeting {
  readonly version: Version
  readonly beat: HeartBeat
  readonly receipt: string | undefined
  readonly login: string | undefined
  readonly passcode: string | undefined
  readonly clientId: string | undefined
  readonly requestId: string | undefined
  readonly destination: string
}

function welcome(session: Session, greeting: Greeting): void {
  const { version, beat, receipt } = greeting
  const identity = session.core.logins.judge(session, greeting.login, greeting.passcode)
  if (typeof identity === 'string') return session.fatalError(identity, receipt, true)
  session.identity = identity
  if (turnedAway(session, greeting.destination, receipt)) return
  session.clientId = greeting.clientId ?? session.id
  const inUse = session.core.claimClientId(session)
  if (inUse !== null) return session.fatalError(inUse, receipt)
  session.version = version
  session.connected = true
  session.traffic.since = session.core.now
  session.link.connected()
  session.link.heartBeat(beat)
  session.output.bytes(
    connectedFrame({
      version,
      heartBeat: beat.reply,
      session: session.clientId,
      server: session.core.serverName,
      requestId: greeting.requestId ?? receipt,
    }),
  )
  // Frames already read behind CONNECT are parsed by the negotiated version (S-CON-13).
  session.parser.version = version
  session.core.wake(session)
  session.core.log.debug(`${session.link.remote}: connected`, { code: 'CLIENT_LOGIN', ...aboutSession(session) })
  session.core.connected(session)
  session.core.plugins?.events?.connection(session, true)
}

function heartBeat(session: Session, frame: Frame): HeartBeat | string {
  const header = frame.get(Header.heartBeat)
  if (header !== undefined) return parseHeartBeat(header)
  const [client, server] = session.options.defaultHeartBeat
  return parseHeartBeat(`${client},${server}`)
}
