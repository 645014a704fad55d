import type { DestinationName } from '../base/destination.ts'
import { isGone, type Route } from '../destination/destination.ts'
import { Header, type Frame } from '../stomp/stomp.ts'
import { Refusal } from './core.ts'
import { BadSend, readSpecial } from './message.ts'
import { INVALID_DESTINATION, NO_DESTINATION, parseDestinations, resolveName } from './names.ts'
import { isReplication, strayReplication } from './on-replication.ts'
import { mayNot, orderOfScheduler } from './on-schedule.ts'
import { isRestored, restored, type Order } from './restored.ts'
import { sendContext } from './send-context.ts'
import type { Session } from './session.ts'

/** Destinations as a SEND of this session uses them: found, and allowed. */
export interface SendTarget {
  readonly names: readonly DestinationName[]
  readonly route: Route
  /** It takes orders, as the scheduler does (semantics SC-11): the route leads nowhere. Null: it takes messages. */
  readonly order: Order | null
  /** The route as it is now. */
  readonly find: () => Route | Refusal
}

/** Destination headers remembered per connection; beyond it the memory starts anew. */
const sendTargetsMax = 4096

/** Where the SEND goes, or the refusal; null when the session was ended with an ERROR. */
export function sendTarget(session: Session, frame: Frame): SendTarget | Refusal | BadSend | null {
  const line = frame.line(Header.destination)
  if (line < 0) return new Refusal(NO_DESTINATION, false)
  const start = frame.valueStart[line]!
  const end = frame.valueEnd[line]!
  const { lastTarget } = session
  if (
    lastTarget !== null &&
    isValid(session, lastTarget) &&
    sameBytes(session.lastTargetBytes, frame.bytes, start, end)
  )
    return lastTarget
  const key = frame.value(line)
  let target = session.sendTargets.get(key)
  if (target === undefined || !isValid(session, target)) {
    session.sendTargets.delete(key)
    const found = findTarget(session, frame, key)
    if (found === null || found instanceof Refusal || found instanceof BadSend) return found
    target = found
    if (session.sendTargets.size >= sendTargetsMax) session.sendTargets.clear()
    session.sendTargets.set(key, target)
  }
  session.lastTarget = target
  session.lastTargetBytes = Buffer.from(frame.bytes.subarray(start, end))
  return target
}

function isValid({ core }: Session, { route }: SendTarget): boolean {
  if (route.epoch !== core.routes.epoch) return false
  return route.plain === null ? !isGone(route) : !route.plain.gone
}

function sameBytes(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false
  for (let i = start; i < end; i++) if (known[i - start] !== bytes[i]) return false
  return true
}

function findTarget(session: Session, frame: Frame, text: string): SendTarget | Refusal | BadSend | null {
  if (isReplication(text)) return new Refusal(strayReplication(session), true)
  if (isRestored(text)) return restoredTarget(session, text)
  const parsed = parseDestinations(text)
  if (parsed === null) {
    session.fatalError(INVALID_DESTINATION, frame.get(Header.receipt))
    return null
  }
  const names = parsed.map(one => resolveName(session, one))
  const { scheduler, routes } = session.core
  if (scheduler?.manages(names[0]?.name ?? '') === true)
    return mayNot(session, names) ?? orders(session, names, orderOfScheduler)
  // What is refused makes no destination (stomp S-SND-21).
  const special = readSpecial(frame, sendContext(session))
  if (special instanceof BadSend) return special
  return leadsTo(names, () => routes.find(session.identity, names))
}

function restoredTarget(session: Session, text: string): SendTarget | Refusal {
  const found = restored(session, text)
  if (found instanceof Refusal) return found
  return 'order' in found ? orders(session, [], found.order) : leadsTo([found.topic], found.find)
}

function leadsTo(names: readonly DestinationName[], find: () => Route | Refusal): SendTarget | Refusal {
  const route = find()
  return route instanceof Refusal ? route : { names, route, order: null, find }
}

function orders({ core }: Session, names: readonly DestinationName[], order: Order): SendTarget {
  const find = (): Route => ({ ...NOWHERE, epoch: core.routes.epoch })
  return { names, route: find(), order, find }
}

const NOWHERE = { plain: null, variants: [], places: [] }

/** The target as it is now: what waited for space may find its destinations changed. */
export function renewed(session: Session, target: SendTarget): SendTarget | Refusal {
  if (isValid(session, target)) return target
  const route = target.find()
  return route instanceof Refusal ? route : { ...target, route }
}
