import type { About } from '../base/log.ts'
import type { Session } from './session.ts'

/** Whom a line of the log is about, as far as it is known (management C-18). */
export function aboutSession({ link: { remote }, connected, identity, clientId }: Session): About {
  if (!connected) return { remote }
  return { remote, client: clientId, ...(identity.user !== null && { user: identity.user }) }
}
