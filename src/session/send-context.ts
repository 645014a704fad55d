import { isTemporaryKind } from '../base/destination.ts'
import { trimControl } from '../stomp/stomp.ts'
import type { FixedLines } from './fixed-lines.ts'
import type { SendContext } from './message.ts'
import { hasPrefix, parseDestinations, resolveName } from './names.ts'
import type { SendPlugin } from './plugins.ts'
import type { Session } from './session.ts'
import { plainName } from './variant.ts'

/** One per session, refilled for each SEND. */
class SessionSendContext implements SendContext {
  readonly fixedLines: FixedLines
  readonly messageIdPrefix: Buffer
  sequence = 0
  now = 0
  stampUser: string | null = null
  readonly plugin: SendPlugin | null
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
    this.fixedLines = session.core.fixedLines
    this.plugin = session.core.plugins?.send ?? null
    this.messageIdPrefix = session.messageIdPrefix
  }

  refill(): this {
    const { core, identity, sends } = this.#session
    this.sequence = sends + 1
    this.now = core.now
    this.stampUser = core.stampUserId ? identity.user : null
    return this
  }

  replyTo(value: string): { text: string; temporary: boolean } | null {
    return replyTo(this.#session, value)
  }
}

const contexts = new WeakMap<Session, SessionSendContext>()

/** What the message writer needs to know of this session now. */
export function sendContext(session: Session): SendContext {
  let context = contexts.get(session)
  if (context === undefined) contexts.set(session, (context = new SessionSendContext(session)))
  return context.refill()
}

/** Stomp S-SND-11: typed destinations are normalised (and a temporary one is made now), anything else stays as it is. */
function replyTo(session: Session, value: string): { text: string; temporary: boolean } | null {
  if (
    trimControl(value)
      .split(',')
      .some(part => !hasPrefix(part))
  )
    return null
  const parsed = parseDestinations(value)
  if (parsed === null) return null
  const names = parsed.map(one => resolveName(session, one))
  const temporary = names.some(at => isTemporaryKind(at.kind))
  return { text: names.map(plainName).join(','), temporary }
}
