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
} from '../stomp/stomp.ts'
import { turnedAway } from './on-replication.ts'
import { aboutSession } from './about.ts'
import type { Session } from './session.ts'

/**
 * CONNECT and STOMP, which are the same (S-CON-01): version, heart-beats, who, client id, CONNECTED, in that order.
 * Heart-beats are checked before the password (S-CON-11).
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
  const identity = session.core.authenticate(session, frame.get(Header.login), frame.get(Header.passcode))
  if (typeof identity === 'string') return session.fatalError(identity, receipt, true)
  session.identity = identity
  if (turnedAway(session, frame)) return
  session.clientId = frame.get(Header.clientId) ?? session.id
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
      requestId: frame.get(Header.requestId) ?? receipt,
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
