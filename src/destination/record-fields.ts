import { destinationUri, type DestinationName } from '../base/destination.ts'
import { MESSAGE_HEADER, Trait, readLsn } from '../journal/journal.ts'
import type { Fields, JmsField } from '../selector/selector.ts'
import type { Delivery } from './consumer.ts'
import { hiddenValue } from './groups.ts'
import { decode12, retriesOf, shownName } from './shown.ts'

/** Lines of a header block that are no properties, as far as a selector could spell them (semantics S-16). */
const NOT_PROPERTIES = new Set(['destination', 'expires', 'persistent', 'priority', 'redelivered', 'timestamp', 'type'])
const LF = 10
const COLON = 58
const BACKSLASH = 92

type Value = string | number | boolean | undefined

/**
 * A stored message as a selector reads it: straight from the record's bytes. What was read of one message is remembered
 * until the next one, so that a thousand selectors over one message read each header once.
 */
export class RecordFields implements Fields {
  #message: Delivery | null = null
  #serial = 0
  /** Where the message was sent, while no queue or topic has it yet. */
  #at: DestinationName | null = null
  readonly #names: string[] = []
  readonly #values: Value[] = []
  #count = 0

  /** Looks at this message from now on; `at` is its destination where the delivery does not say. */
  of(message: Delivery, at: DestinationName | null): this {
    if (message !== this.#message || message.serial !== this.#serial || message.serial === 0 || at !== this.#at) {
      this.#message = message
      this.#serial = message.serial
      this.#at = at
      this.#count = 0
    }
    return this
  }

  property(name: string): string | undefined {
    const known = this.#known(name)
    if (known >= 0) return this.#values[known] as string | undefined // a property is never put in as anything else
    return this.#keep(name, NOT_PROPERTIES.has(name) ? undefined : this.#line(name))
  }

  field(name: JmsField): Value {
    const known = this.#known(name)
    return known >= 0 ? this.#values[known] : this.#keep(name, this.#read(name))
  }

  body(): Uint8Array {
    const { block, view, offset } = this.#message!
    const start = offset + MESSAGE_HEADER + view.getUint32(offset + 40, true) + 1
    return block.subarray(start, start + view.getUint32(offset + 44, true))
  }

  #known(name: string): number {
    for (let i = 0; i < this.#count; i++) if (this.#names[i] === name) return i
    return -1
  }

  #keep<T extends Value>(name: string, value: T): T {
    this.#names[this.#count] = name
    this.#values[this.#count++] = value
    return value
  }

  #read(name: JmsField): Value {
    const message = this.#message!
    const { view, offset } = message
    switch (name) {
      case 'JMSDestination':
        return this.#destination(message)
      case 'JMSReplyTo':
        return uriOf(this.#line('reply-to'))
      case 'JMSType':
        return this.#line('type')
      case 'JMSCorrelationID':
        return this.#line('correlation-id')
      case 'JMSMessageID':
        return this.#line('message-id')
      case 'JMSXUserID':
        return this.#line('JMSXUserID')
      case 'JMSDeliveryMode':
        return view.getUint8(offset + 21) & Trait.persistent ? 'PERSISTENT' : 'NON_PERSISTENT'
      case 'JMSPriority':
        return view.getUint8(offset + 20)
      case 'JMSTimestamp':
        return Number(this.#line('timestamp'))
      case 'JMSExpiration':
        return readLsn(view, offset + 32)
      case 'JMSRedelivered':
        return message.redelivered + retriesOf(message) > 0
      case 'JMSXDeliveryCount':
        return message.redelivered + retriesOf(message) + 1
      case 'JMSXGroupID':
        return hiddenText(message, name)
      case 'JMSXGroupSeq':
        return Number(hiddenText(message, name) ?? 0)
      case 'JMSXGroupFirstForConsumer':
        return false
      // What no record keeps.
      case 'JMSXProducerTXID':
      case 'JMSActiveMQBrokerInTime':
      case 'JMSActiveMQBrokerOutTime':
      case 'JMSActiveMQBrokerPath':
        return undefined
      default:
        return name satisfies never
    }
  }

  /** The original destination, when there is one (semantics S-15). */
  #destination(message: Delivery): string | undefined {
    const original = uriOf(this.#line('original-destination'))
    if (original !== undefined) return original
    const shown = message.view.getUint8(message.offset + 21) & Trait.shownAs ? shownName(message) : null
    const at = shown ?? this.#at ?? (message.queue ?? message.topic)?.at
    return at === undefined ? undefined : destinationUri(at)
  }

  /** The value of a header line, decoded. */
  #line(name: string): string | undefined {
    const { block, view, offset } = this.#message!
    let at = offset + MESSAGE_HEADER
    const end = at + view.getUint32(offset + 40, true)
    while (at < end) {
      const stop = block.indexOf(LF, at)
      if (startsWith(block, at, name)) return decoded(block, at + name.length + 1, stop)
      at = stop + 1
    }
    return undefined
  }
}

/** Is this the line of that name? Names in selectors are ASCII. */
function startsWith(block: Buffer, at: number, name: string): boolean {
  if (block[at + name.length] !== COLON) return false
  for (let i = 0; i < name.length; i++) if (block[at + i] !== name.charCodeAt(i)) return false
  return true
}

function decoded(block: Buffer, from: number, to: number): string {
  const text = block.toString('utf8', from, to)
  const escaped = block.indexOf(BACKSLASH, from)
  if (escaped < 0 || escaped >= to) return text
  return decode12(text)
}

function hiddenText(message: Delivery, name: string): string | undefined {
  const value = hiddenValue(message, name)
  return value === null ? undefined : decode12(value)
}

/** `/queue/a` as `queue://a`; a list as ActiveMQ prints it, the first without its scheme; other text is no destination. */
function uriOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const parts = text.split(',').map(part => {
    const match = /^\/(?:remote-)?((?:temp-)?(?:queue|topic))\/(.*)$/s.exec(part)
    return match === null ? part : `${match[1]}://${match[2]}`
  })
  if (parts.length === 1) return parts[0] === text ? undefined : parts[0]
  return [parts[0]!.replace(/^[a-z-]+:\/\//, ''), ...parts.slice(1)].join(',')
}
