import type { DestinationName } from '../base/destination.ts'
import { nextSerial, type Delivery, type Route } from '../destination/destination.ts'
import { Refusal, place, type Together } from '../session/session.ts'
import type { Broker } from './broker.ts'

/** A message that goes nowhere. */
const NOWHERE: Route = { plain: null, variants: [], places: [], epoch: 0 }

/**
 * A message of the broker's own, with its rights: a whole message record, which goes to these names as if it had been
 * sent to them, and in the same atomic record whatever comes `together` with it. No flow control, no rights are asked
 * (semantics D-12, D-13, SA-11). What cannot be routed, to a temporary destination that is gone, is dropped with a line in the log.
 */
export function deposit(
  broker: Broker,
  names: readonly DestinationName[],
  message: Delivery,
  together: Together | null,
): void {
  const route = broker.routes.find(null, names)
  if (route instanceof Refusal) broker.log.debug(`${route.message}: a message of the broker's own goes nowhere`)
  message.serial = nextSerial()
  place(broker, route instanceof Refusal ? NOWHERE : route, message, null, together)
  broker.schedule()
}
