import type { Frame } from '../stomp/stomp.ts'
import type { Session } from './session.ts'

/** DISCONNECT: the RECEIPT if asked for, then the connection closes; later frames have no effect (stomp S-DIS-01). */
export function onDisconnect(session: Session, frame: Frame): void {
  session.end()
  session.receipt(frame)
  session.afterCommit(() => session.link.end())
}
