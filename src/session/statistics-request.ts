import { isTemporaryKind } from '../base/destination.ts'
import { Header, type Frame } from '../stomp/stomp.ts'
import type { StatisticsPort } from './core.ts'
import { parseDestinations, resolveName } from './names.ts'
import type { Session } from './session.ts'

const REQUEST = /^\/(?:queue|topic)\/ActiveMQ\.Statistics\./i
const FLAG = 'ActiveMQ.Statistics.'

/** Is this SEND a request for statistics, and answered? Without reply-to it is a message like any other (semantics PL-01). */
export function answersStatistics(session: Session, statistics: StatisticsPort, frame: Frame): boolean {
  const reply = frame.get(Header.replyTo) ?? frame.get(Header.jmsReplyTo)
  if (reply === undefined) return false
  const text = frame.get(Header.destination)
  if (text === undefined || !REQUEST.test(text)) return false
  const [parsed, ...others] = parseDestinations(text) ?? []
  const replies = parseDestinations(reply)
  if (parsed === undefined || others.length > 0 || replies === null) return false
  const to = resolveName(session, parsed)
  const denied = session.core.refusal(session.identity, 'write', to)
  if (denied !== null) {
    session.securityError(denied, frame.get(Header.receipt))
    return true
  }
  const replyTo = replies.map(one => resolveName(session, one))
  // A client may only have answers sent to where it could send itself.
  const unwritable = replyTo.find(
    at => !isTemporaryKind(at.kind) && session.core.refusal(session.identity, 'write', at) !== null,
  )
  if (unwritable !== undefined) {
    session.securityError(session.core.refusal(session.identity, 'write', unwritable)!, frame.get(Header.receipt))
    return true
  }
  const correlationId = frame.get(Header.correlationId) ?? frame.get(Header.jmsCorrelationId) ?? null
  if (!statistics.answer({ session, to, replyTo, correlationId, flags: flagsOf(frame) })) return false
  session.receipt(frame)
  return true
}

function flagsOf(frame: Frame): Set<string> {
  const flags = new Set<string>()
  for (let i = 0; i < frame.lines; i++) {
    const name = frame.name(i)
    if (name.startsWith(FLAG)) flags.add(name)
  }
  return flags
}
