import type { About } from '../base/log.ts'
import type { Session } from './session.ts'

/** Whom a line of the log is about, as far as it is known (management C-18). */
export function aboutSession({ link: { remote }, connected, identity, clientId }: Session): About {
  if (!connected) return { remote }
  return { remote, client: clientId, ...(identity.user !== null && { user: identity.user }) }
}

/** The same for a connection that is closed with an ERROR; `security`: by an authentication or authorization plugin. */
export function refusalOf(session: Session, security: boolean): About {
  const about = aboutSession(session)
  if (!security || session.connected) return { code: 'CLIENT_REFUSED', ...about }
  return { code: 'CLIENT_LOGIN_FAILED', hint: LOGIN_HINT, ...about }
}

const LOGIN_HINT =
  'Compare the headers login and passcode of the client with the users that the configuration names; after a change there send SIGHUP.'

/** A frame that was refused for lack of a right; the connection goes on. */
export const tellDenied = (session: Session, message: string): void =>
  session.core.log.info(`${session.link.remote}: ${message}`, { code: 'CLIENT_DENIED', ...aboutSession(session) })
