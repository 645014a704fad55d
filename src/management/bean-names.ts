import { objectName, type ObjectName } from './object-name.ts'

/** The domain of everything that ActiveMQ has too, and the one of what is TandemMQ's own (management ON-16). */
export const ACTIVEMQ = 'org.apache.activemq'
export const TANDEMMQ = 'io.tandemmq'

/** Keys in the order in which a name is registered. */
export type Pairs = readonly (readonly [key: string, value: string])[]

const REPLACED: Readonly<Record<string, string>> = {
  ':': '_',
  ',': '_',
  "'": '_',
  '"': '_',
  '?': '&qe;',
  '=': '&amp;',
  '*': '&ast;',
}

/** A value as ActiveMQ writes it into a name. Lossy: `a:b` and `a_b` become one (management ON-11). */
export const encodeValue = (value: string): string => value.replace(/[:,'"?=*]/g, char => REPLACED[char]!)

/** Could another text be written as this value? Then a look at the text alone does not find what it names. */
export const isAmbiguous = (value: string): boolean => /_|&(?:qe|amp|ast);/.test(value)

/** The kinds of destination as names and advisories spell them. */
export const DESTINATION_TYPES = ['Queue', 'Topic', 'TempQueue', 'TempTopic'] as const

/** `type=Broker,brokerName=…` and what comes behind it. The values of `more` are encoded here. */
export function brokerBean(brokerName: string, more: Pairs = []): ObjectName {
  return objectName(ACTIVEMQ, [
    ['type', 'Broker'],
    ['brokerName', encodeValue(brokerName)],
    ...more.map(([key, value]) => [key, encodeValue(value)] as const),
  ])
}

/** What names a destination (management ON-02); `kind` as in base/destination.ts. */
export const destinationKeys = (kind: number, name: string): Pairs => [
  ['destinationType', DESTINATION_TYPES[kind] ?? 'Queue'],
  ['destinationName', name],
]

/** A bean of TandemMQ's own: `io.tandemmq:type=…,brokerName=…` (management ON-16). */
export const ownBean = (type: string, brokerName: string): ObjectName =>
  objectName(TANDEMMQ, [
    ['type', type],
    ['brokerName', encodeValue(brokerName)],
  ])
