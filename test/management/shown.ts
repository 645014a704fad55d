import type { ExecutionContext } from 'ava'
import {
  brokerBean,
  destinationKeys,
  type Bean,
  type BeanServer,
  type Caller,
  type ObjectName,
  type Pairs,
} from '../../src/management/management.ts'
import { World, brokerXml, type Client, type XmlParts } from '../contract/world.ts'

export const CALLER: Caller = { user: 'admin', roles: ['admin'], from: '127.0.0.1:1' }

/** A node in this process, and its beans. */
export async function world(t: ExecutionContext, parts: XmlParts = {}): Promise<World> {
  const world = await new World().start(brokerXml(parts))
  t.teardown(() => world.end())
  return world
}

export const BROKER: ObjectName = brokerBean('test')
export const named = (...more: Pairs): ObjectName => brokerBean('test', more)
export const queueBean = (name: string): ObjectName => named(...destinationKeys(0, name))
export const topicBean = (name: string): ObjectName => named(...destinationKeys(1, name))

export function bean(beans: BeanServer, name: ObjectName): Bean {
  const found = beans.find(name)
  if (found === null) throw new Error(`there is no ${name.text}`)
  return found
}

/** The values of these attributes, or of all. */
export function read(beans: BeanServer, name: ObjectName, ...attributes: string[]): Record<string, unknown> {
  const { kind, target } = bean(beans, name)
  const wanted = attributes.length > 0 ? attributes : [...kind.attributes.keys()]
  return Object.fromEntries(
    wanted.map(attribute => {
      const found = kind.attributes.get(attribute)
      if (found === undefined) throw new Error(`${name.text} has no ${attribute}`)
      return [attribute, found.read(target)]
    }),
  )
}

export function write(beans: BeanServer, name: ObjectName, attribute: string, value: unknown): void {
  const { kind, target } = bean(beans, name)
  const found = kind.attributes.get(attribute)
  if (found?.write === undefined) throw new Error(`${attribute} cannot be written`)
  found.write(target, value)
}

/** Calls the operation that takes so many arguments; `types` where that is not enough. */
export async function exec(
  beans: BeanServer,
  name: ObjectName,
  operation: string,
  ...args: unknown[]
): Promise<unknown> {
  const { kind, target } = bean(beans, name)
  const found = kind.operations.find(one => one.name === operation && one.parameters.length === args.length)
  if (found === undefined) throw new Error(`${name.text} has no ${operation} of ${args.length} arguments`)
  return found.call(target, args, CALLER)
}

/** Sends so many messages, and knows that they are journaled. */
export async function send(
  client: Client,
  destination: string,
  bodies: readonly string[],
  headers = {},
): Promise<void> {
  for (const body of bodies) await client.receipted('SEND', { destination, persistent: 'true', ...headers }, body)
}
