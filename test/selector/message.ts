import { type Fields, type JmsField, parseSelector, SelectorError } from '../../src/selector/selector.ts'

/** A message as a test writes it: headers, typed fields where they differ from these, and a body. */
export interface Written {
  readonly headers?: Readonly<Record<string, string>>
  readonly fields?: Partial<Readonly<Record<JmsField, string | number | boolean>>>
  readonly body?: string | Uint8Array
}

const DEFAULTS: Written['fields'] = {
  JMSDestination: 'queue://q',
  JMSDeliveryMode: 'NON_PERSISTENT',
  JMSPriority: 4,
  JMSMessageID: 'ID:a-1:1:1:1',
  JMSTimestamp: 1_700_000_000_000,
  JMSExpiration: 0,
  JMSRedelivered: false,
  JMSXDeliveryCount: 1,
  JMSXGroupSeq: 0,
  JMSActiveMQBrokerInTime: 0,
  JMSActiveMQBrokerOutTime: 0,
  JMSActiveMQBrokerPath: 'null',
  JMSXGroupFirstForConsumer: false,
}

export function messageOf(written: Written = {}): Fields {
  const headers = new Map(Object.entries(written.headers ?? {}))
  const fields = { ...DEFAULTS, ...written.fields }
  const body = typeof written.body === 'string' ? new TextEncoder().encode(written.body) : written.body
  return {
    property: name => headers.get(name),
    field: name => fields[name],
    body: () => body ?? new Uint8Array(),
  }
}

/** The headers most rows look at. */
export const SAMPLE: Written = {
  headers: {
    color: 'red',
    size: '12',
    price: '1.5',
    flag: 'true',
    a: 'a',
    b: 'b',
    n9: '9',
    n10: '10',
    empty: '',
  },
}

/** What a selector says about a message; `error` when it is none. */
export function verdict(text: string, convert: boolean, written: Written = SAMPLE): boolean | 'error' {
  const selector = parseSelector(text, { convert })
  return selector instanceof SelectorError ? 'error' : selector.matches(messageOf(written))
}

/** What SUBSCRIBE's selector says, which converts texts. */
export const subscribed = (text: string, written: Written = SAMPLE): boolean | 'error' => verdict(text, true, written)

/** What a selector of the configuration says. */
export const configured = (text: string, written: Written = SAMPLE): boolean | 'error' => verdict(text, false, written)
