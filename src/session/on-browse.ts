import { destinationUri, isQueueKind, type DestinationName } from '../base/destination.ts'
import type { DestinationPolicy } from '../destination/destination.ts'
import { Header, Version, type Frame } from '../stomp/stomp.ts'
import type { Session } from './session.ts'

/** Prefetch of a browser that names none; by the attribute alone it is a consumer's (stomp S-SUB-04). */
const BROWSER_PREFETCH = 500

/** Does SUBSCRIBE ask to look and not to take? The attribute works in every version (stomp S-BRW-01, S-SUB-14). */
export const asksToBrowse = (frame: Frame, attributes: ReadonlyMap<string, string>): boolean =>
  frame.get(Header.browser) === 'true' || attributes.get('browser')?.toLowerCase() === 'true'

/** The text of the refusal, or null (stomp S-BRW-03, S-BRW-04). */
export function notBrowsable(session: Session, frame: Frame, destinations: readonly DestinationName[]): string | null {
  if (frame.get(Header.browser) === 'true' && session.version === Version.v10)
    return 'Queue Browser feature only valid for Stomp v1.1+ clients!'
  const topic = destinations.find(({ kind }) => !isQueueKind(kind))
  return topic === undefined ? null : `Cannot browse a topic: ${destinationUri(topic)}`
}

/** Deliveries of a browser that may be unacknowledged, in the client modes (semantics P-01, P-02). */
export function browserPrefetch(
  asked: number | null,
  frame: Frame,
  queuePrefetch: number,
  policy: DestinationPolicy,
): number {
  const prefetch = asked ?? (frame.get(Header.browser) === 'true' ? BROWSER_PREFETCH : queuePrefetch)
  return prefetch === BROWSER_PREFETCH ? policy.queueBrowserPrefetch : prefetch
}
