import { DestinationKind } from '../base/destination.ts'
import { atOnce, beanClass, type Bean, type BeanServer, type ObjectName, type Work } from '../management/management.ts'
import { connectionBeans } from './connection-beans.ts'
import { subscriptionBeans } from './subscription-beans.ts'
import { serviceBeans } from './service-beans.ts'
import { javaBeans } from './java-beans.ts'
import { ownBeans } from './own-beans.ts'
import { BROKER_ATTRIBUTES } from './broker-attributes.ts'
import { BROKER_OPERATIONS } from './broker-operations.ts'
import { Desk } from './desk.ts'
import { DestinationBeans } from './destination-beans.ts'
import type { BeanHost } from './host.ts'
import { MINIMAL_BROKER } from './minimal-passive.ts'
import { singleBean } from './single-bean.ts'
import { isOf, matching, type BeanSource } from './sources.ts'

const BROKER = beanClass<Desk>({
  className: 'org.apache.activemq.broker.jmx.BrokerView',
  description: 'A broker.',
  attributes: BROKER_ATTRIBUTES,
  operations: BROKER_OPERATIONS,
})

/** The beans of a node. Nothing is registered: each is found, or not, when somebody asks. */
export class NodeBeans implements BeanServer {
  readonly desk: Desk
  readonly #all: readonly BeanSource[]
  /** Of a passive that shows as little as ActiveMQ's. */
  readonly #few: readonly BeanSource[]

  constructor(host: BeanHost) {
    this.desk = new Desk(host)
    const activemq = host.config.useJmx ? activemqBeans(this.desk) : []
    const others = [...ownBeans(this.desk), ...javaBeans(this.desk)]
    this.#all = [...activemq, ...others]
    const [broker] = activemq
    this.#few =
      broker === undefined ? others : [singleBean(this.desk.names.broker, MINIMAL_BROKER, () => this.desk), ...others]
  }

  get #sources(): readonly BeanSource[] {
    const { config, pair } = this.desk.host
    return config.shown.passiveMinimal && pair.role === 'passive' ? this.#few : this.#all
  }

  find(name: ObjectName): Bean | null {
    for (const source of this.#sources) {
      const bean = isOf(source, name) ? source.find(name) : null
      if (bean !== null) return bean
    }
    return null
  }

  query(pattern: ObjectName): Iterable<Bean> {
    return atOnce(this.gather(pattern))
  }

  *gather(pattern: ObjectName): Work<readonly Bean[]> {
    const found: Bean[] = []
    for (const source of this.#sources) {
      for (const bean of matching(source, pattern)) {
        if (bean !== null) found.push(bean)
        else yield
      }
    }
    return found.sort((a, b) => (a.name.canonical < b.name.canonical ? -1 : 1))
  }

  get readOnly(): string | null {
    const { broker, isOpen, pair, serving } = this.desk.host
    if (isOpen && pair.role === 'passive')
      return `This broker is passive (epoch ${pair.epoch}); the active is ${activeOf(this.desk)}`
    if (broker === null || !serving) return `This broker does not serve yet: ${pair.detail}`
    return null
  }
}

function activeOf({ host }: Desk): string {
  const { peer } = host.pair
  return peer === null ? 'not known' : (peer.http ?? peer.uris.join(' or '))
}

function activemqBeans(desk: Desk): BeanSource[] {
  return [
    singleBean(desk.names.broker, BROKER, () => desk),
    ...Object.values(DestinationKind).map(kind => new DestinationBeans(desk, kind)),
    subscriptionBeans(desk),
    ...connectionBeans(desk),
    ...serviceBeans(desk),
  ]
}
