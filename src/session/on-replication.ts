import { CONTROL, COPY, JOURNAL } from '../pair/pair.ts'
import { Command, Header, Version, receiptFrame, trimControl, type Frame } from '../stomp/stomp.ts'
import { AcceptedLink } from './accepted-link.ts'
import { aboutSession } from './about.ts'
import type { Session } from './session.ts'

const NAMESPACE = '/replication/'

/** Is it a name of the pair's? These are no destinations: no pattern and no grant on `>` reaches them (G1). */
export const isReplication = (destination: string): boolean => trimControl(destination).startsWith(NAMESPACE)

/** Why this session may not use `/replication/…` at all, or null. */
export function replicationRefusal(session: Session): string | null {
  const { replication, brokerName } = session.core
  if (replication === null)
    return `Broker: ${brokerName} - replication is not served here: ${NAMESPACE}… is no destination`
  return replication.refusal(session.identity)
}

/** SEND to `/replication/…` by a connection that is no link. It never makes a destination. */
export const strayReplication = (session: Session): string =>
  replicationRefusal(session) ?? `SUBSCRIBE to ${JOURNAL} comes first`

/** Why nobody but the twin is served: the node waits for it, or an administrator has stopped the connector. */
const holdOf = ({ core, options }: Session): string | null => core.hold ?? options.hold?.() ?? null

/**
 * A node that waits for its twin serves nobody. Clients find the connection closed without a word, as where nobody listens:
 * an ERROR makes many of them give the address up for good. The twin says in its CONNECT what it comes for, and may come in.
 */
export function turnedAway(session: Session, destination: string, receipt: string | undefined): boolean {
  const { log } = session.core
  const hold = holdOf(session)
  if (hold === null) return false
  if (!isReplication(destination)) {
    turnAway(session, hold)
    return true
  }
  const denied = replicationRefusal(session)
  if (denied === null) return false
  log.warn(`${session.link.remote}: may not follow the journal: ${denied}`, {
    code: 'PAIR_REFUSED',
    ...aboutSession(session),
  })
  session.fatalError(denied, receipt, true)
  return true
}

function turnAway(session: Session, why: string): void {
  session.core.log.debug(`${session.link.remote}: turned away: ${why}`, {
    code: 'PAIR_REFUSED',
    ...aboutSession(session),
  })
  session.end()
  session.link.end()
}

/** The first frame behind CONNECT, unless it is the twin's SUBSCRIBE. False: it came at a bad time, and was turned away. */
export function beginsWork(session: Session, frame: Frame): boolean {
  const twin = frame.command === Command.subscribe && isReplication(frame.get(Header.destination) ?? '')
  if (twin || frame.command === Command.disconnect) return true
  const { quiesced, brokerName } = session.core
  const why = holdOf(session) ?? (quiesced ? `Broker: ${brokerName} is handing over to its twin; connect again` : null)
  if (why !== null) turnAway(session, why)
  else session.worked = true
  return why === null
}

/** SUBSCRIBE to the journal: the connection becomes the twin's link, and nothing else any more. */
export function onReplication(session: Session, frame: Frame): void {
  const receipt = frame.get(Header.receipt)
  const denied = replicationRefusal(session)
  if (denied !== null) {
    session.core.log.warn(`${session.link.remote}: may not follow the journal: ${denied}`, {
      code: 'PAIR_REFUSED',
      ...aboutSession(session),
    })
    return session.refuse(denied, receipt)
  }
  const destination = frame.get(Header.destination) ?? ''
  if (destination !== JOURNAL) return session.refuse(`Only ${JOURNAL} can be subscribed to: ${destination}`, receipt)
  if (session.version !== Version.v12) return session.refuse('Replication needs STOMP 1.2', receipt)
  const id = frame.get(Header.id)
  if (id === undefined || !/^[\w-]{1,64}$/.test(id))
    return session.refuse('SUBSCRIBE to the journal needs an id of letters and digits', receipt)
  if (session.worked) return session.refuse(`${JOURNAL} needs a connection of its own`, receipt)
  const link = new AcceptedLink(session, id)
  session.replication = link
  if (receipt !== undefined) {
    session.output.bytes(receiptFrame(receipt, session.version))
    session.core.wake(session)
  }
  const events = session.core.replication?.attach(link, session.identity, id)
  if (events !== undefined) link.tell(events)
}

/** Any frame of a connection that is the twin's link. */
export function onLinkFrame(session: Session, link: AcceptedLink, frame: Frame): void {
  const { command } = frame
  if (command === Command.ack) return link.received(frame)
  if (command === Command.send) {
    const destination = frame.get(Header.destination)
    if (destination === CONTROL || destination === COPY) return link.received(frame)
    return link.breakOff(`A replication connection sends to ${CONTROL} and ${COPY} only`)
  }
  if (command !== Command.unsubscribe && command !== Command.disconnect)
    return link.breakOff(`A replication connection has no use for ${frame.commandText}`)
  session.end()
  session.link.end()
}
