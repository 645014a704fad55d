/** A key's value inside an object name (management ON-11). Lossy, as it is in ActiveMQ. */
export const beanValue = (text: string): string =>
  text
    .replaceAll(/[:,'"]/g, '_')
    .replaceAll('?', '&qe;')
    .replaceAll('=', '&amp;')
    .replaceAll('*', '&ast;')

/** Every broker that the node shows; there is one. */
export const ANY_BROKER = 'org.apache.activemq:type=Broker,brokerName=*'

/** The bean of a broker; null: a pattern for whichever there is. */
export const brokerBean = (broker: string | null): string =>
  broker === null ? ANY_BROKER : `org.apache.activemq:type=Broker,brokerName=${beanValue(broker)}`

export const destinationBean = (broker: string | null, kind: 'Queue' | 'Topic', name: string): string =>
  `${brokerBean(broker)},destinationType=${kind},destinationName=${beanValue(name)}`

/** A pattern that matches the beans of all destinations of a kind, and nothing below them (management ON-12). */
export const destinationsOf = (kind: 'Queue' | 'Topic'): string =>
  `${ANY_BROKER},destinationType=${kind},destinationName=*`

/** The keys of an object name, as they are written in it. */
export function keysOf(beanName: string): ReadonlyMap<string, string> {
  const pairs = beanName.slice(beanName.indexOf(':') + 1).split(',')
  return new Map(
    pairs.map(pair => {
      const at = pair.indexOf('=')
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
