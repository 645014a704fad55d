import type { Attribute, Bean, BeanServer } from './bean.ts'
import { ACTIVEMQ, encodeValue, type DESTINATION_TYPES } from './bean-names.ts'
import { objectName } from './object-name.ts'

/** Reads attributes of one bean by name; what it does not have is null. For text that is made of beans. */
export class Reading {
  readonly bean: Bean

  constructor(bean: Bean) {
    this.bean = bean
  }

  value(attribute: string): unknown {
    const found: Attribute<unknown> | undefined = this.bean.kind.attributes.get(attribute)
    return found === undefined ? null : found.read(this.bean.target)
  }

  number(attribute: string): number {
    const value = this.value(attribute)
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0
  }

  text(attribute: string): string {
    const value = this.value(attribute)
    return typeof value === 'string' ? value : ''
  }

  is(attribute: string): boolean {
    return this.value(attribute) === true
  }

  /** Calls the operation that takes as many arguments, as the node itself. */
  call(operation: string, ...args: readonly unknown[]): unknown {
    const found = this.bean.kind.operations.find(
      ({ name, parameters: { length } }) => name === operation && length === args.length,
    )
    return found?.call(this.bean.target, args, { user: null, roles: [], from: 'here' })
  }
}

/** The destinations of a kind, by name. */
export function destinationsOf(
  beans: BeanServer,
  brokerName: string,
  type: (typeof DESTINATION_TYPES)[number],
): Reading[] {
  const pattern = objectName(ACTIVEMQ, [
    ['type', 'Broker'],
    ['brokerName', encodeValue(brokerName)],
    ['destinationType', type],
    ['destinationName', '*'],
  ])
  const found = Array.from(beans.query(pattern), bean => ({ reading: new Reading(bean), name: nameOf(bean) }))
  return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)).map(({ reading }) => reading)
}

const nameOf = (bean: Bean): string => new Reading(bean).text('Name')

/** One bean by its name, if there is one. */
export function readingOf(beans: BeanServer, name: Parameters<BeanServer['find']>[0]): Reading | null {
  const bean = beans.find(name)
  return bean === null ? null : new Reading(bean)
}
