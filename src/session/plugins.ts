import type { DestinationName } from '../base/destination.ts'
import type { Delivery } from '../destination/destination.ts'
import type { Session } from './session.ts'
import type { Subscription } from './subscription.ts'

/** The fields of a SEND that a plugin may change before it is written. */
export interface SendFields {
  persistent: boolean
  /** ms since 1970; 0 never. */
  expires: number
  /** ms since 1970; 0: the sender wants none. */
  timestamp: number
}

/** What acts on each message that is sent, one or several plugins (semantics PL-06, PL-08). */
export interface SendPlugin {
  /** The delivery mode of every message; null: as its sender chose. */
  readonly persistent: boolean | null
  apply(fields: SendFields, now: number): void
}

/** Who is told what happens (semantics PL-07, PL-14). Every method may do nothing. */
export interface BrokerEvents {
  connection(session: Session, added: boolean): void
  consumer(subscription: Subscription, added: boolean): void
  /** A durable subscription is deleted. */
  unsubscribed(session: Session, name: string): void
  destination(at: DestinationName, added: boolean): void
  transaction(what: 'Beginning' | 'Committing' | 'Rolling back', name: string): void
  /** The broker starts or stops to lead. */
  leads(starts: boolean): void
  /** A SEND to this destination, as its sender writes it; with a body of so many bytes. */
  sending(session: Session, at: string, bytes: number): void
  /** An ACK, or a NACK, of what goes by this id. */
  acknowledging(session: Session, id: string, accepted: boolean): void
  dispatching(subscription: Subscription, delivery: Delivery): void
}

/** The configured plugins as a session meets them; each is null when there is none, and costs nothing then. */
export interface SessionPlugins {
  readonly send: SendPlugin | null
  /** Changes each message on its way to a consumer (semantics PL-13). */
  readonly dispatch: ((delivery: Delivery) => Delivery) | null
  readonly events: BrokerEvents | null
  /** Those of the above that want to hear of each message. */
  readonly messages: BrokerEvents | null
}
