import type { Attribute, Bean, BeanServer } from './bean.ts'
import { ACTIVEMQ, encodeValue, type DESTINATION_TYPES } from './bean-names.ts'
import { objectName, type ObjectName } from './object-name.ts'

/** Work that takes a while, with a place to rest at each `yield`: whoever does it may look after others there. */
export type Work<T> = Generator<undefined, T, undefined>

/** Does it without a rest. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done === true) return value
  }
}

/** The beans that a pattern accepts, gathered with rests. */
export function* gathered(beans: BeanServer, pattern: ObjectName): Work<Iterable<Bean>> {
  return beans.gather === undefined ? beans.query(pattern) : yield* beans.gather(pattern)
}

/** As `gathered`, for an answer that is made of pieces: an empty one is a place to rest. */
export function* gatheredBetween(beans: BeanServer, pattern: ObjectName): Generator<string, Iterable<Bean>, undefined> {
  const work = gathered(beans, pattern)
  for (;;) {
    const { done, value } = work.next()
    if (done === true) return value
    yield ''
  }
}

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

/** Beans that are read between two rests. */
const readAtOnce = 1000

/** The destinations of a kind, by name, with rests: a hundred thousand take a while. */
export function* readDestinations(
  beans: BeanServer,
  brokerName: string,
  type: (typeof DESTINATION_TYPES)[number],
): Work<Reading[]> {
  const pattern = objectName(ACTIVEMQ, [
    ['type', 'Broker'],
    ['brokerName', encodeValue(brokerName)],
    ['destinationType', type],
    ['destinationName', '*'],
  ])
  const found: { reading: Reading; name: string }[] = []
  for (const bean of yield* gathered(beans, pattern)) {
    found.push({ reading: new Reading(bean), name: nameOf(bean) })
    if (found.length % readAtOnce === 0) yield
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)).map(({ reading }) => reading)
}

const nameOf = (bean: Bean): string => new Reading(bean).text('Name')

/** One bean by its name, if there is one. */
export function readingOf(beans: BeanServer, name: Parameters<BeanServer['find']>[0]): Reading | null {
  const bean = beans.find(name)
  return bean === null ? null : new Reading(bean)
}
