import { destinationUri, type DestinationName } from '../base/destination.ts'
import type { Log } from '../base/log.ts'
import type { Delivery } from '../destination/destination.ts'
import { plainName, type BrokerEvents, type Session, type Subscription } from '../session/session.ts'
import type { LoggingRule } from './plugin-rules.ts'

export interface EventLogOptions {
  readonly brokerName: string
  readonly log: Log
}

/** Lines in the log for what happens, as the rule asks for them (semantics PL-07). No body, no password, ever. */
export class EventLog implements BrokerEvents {
  readonly #rule: LoggingRule
  readonly #options: EventLogOptions

  constructor(rule: LoggingRule, options: EventLogOptions) {
    this.#rule = rule
    this.#options = options
  }

  /** Is there a line for each message? */
  get ofMessages(): boolean {
    const { producers, consumers, internal } = this.#rule
    return producers || consumers || internal
  }

  connection(session: Session, added: boolean): void {
    const { connections, sessions, producers } = this.#rule
    const verb = added ? 'Adding' : 'Removing'
    const who = `client ID ${session.clientId}, user ${session.identity.user ?? 'none'}, ${session.link.remote}`
    if (connections) this.#say(`${verb} Connection: ${session.id}, ${who}`)
    // A STOMP connection is one session and one producer (semantics M-02).
    if (sessions) this.#say(`${verb} Session: ${session.id}`)
    if (producers) this.#say(`${verb} Producer: ${session.id}`)
  }

  consumer(subscription: Subscription, added: boolean): void {
    if (!this.#rule.consumers) return
    const { session, options } = subscription
    const names = options.destinations.map(destinationUri).join(',')
    this.#say(`${added ? 'Adding' : 'Removing'} Consumer: ${names} of client ID ${session.clientId}`)
  }

  unsubscribed(session: Session, name: string): void {
    if (this.#rule.consumers) this.#say(`Removing subscription: ${name} of client ID ${session.clientId}`)
  }

  destination(at: DestinationName, added: boolean): void {
    if (this.#rule.internal) this.#say(`${added ? 'Adding' : 'Removing'} destination: ${destinationUri(at)}`)
  }

  transaction(what: string, name: string): void {
    if (this.#rule.transactions) this.#say(`${what} transaction: ${name}`)
  }

  leads(starts: boolean): void {
    if (this.#rule.internal) this.#say(`${starts ? 'Starting' : 'Stopping'} ${this.#options.brokerName}`)
  }

  sending({ clientId }: Session, at: string, bytes: number): void {
    if (this.#rule.producers) this.#about(at, `Sending message: ${bytes} bytes to ${at}, of client ID ${clientId}`)
  }

  acknowledging({ clientId }: Session, id: string, accepted: boolean): void {
    if (!this.#rule.consumers) return
    this.#say(`${accepted ? 'Acknowledging' : 'Rejecting'} message for client ID: ${clientId}, ${id}`)
  }

  dispatching({ session }: Subscription, { queue, topic }: Delivery): void {
    const { internal, consumers } = this.#rule
    if (!internal && !consumers) return
    const at = plainName((queue ?? topic)!.at)
    this.#about(at, `preProcessDispatch: a message of ${at} to client ID ${session.clientId}`)
  }

  /** ActiveMQ has a logger for each destination; here the line begins with its name. */
  #about(at: string, text: string): void {
    this.#say(this.#rule.perDestination ? `${at}: ${text}` : text)
  }

  #say(text: string): void {
    this.#options.log.info(text)
  }
}
