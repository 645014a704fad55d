import type { ExecutionContext } from 'ava'
import type { Terminal } from '../../src/cli/cli.ts'
import { brokerXml, World, type XmlParts } from '../contract/world.ts'
import { call, type Answer } from './terminal.ts'

export interface Shop {
  readonly world: World
  readonly url: string
  /** A call of the command that asks this broker. */
  run(...args: readonly string[]): Promise<Answer>
  /** The same with somebody at the terminal, or another environment. */
  as(more: Partial<Terminal>, ...args: readonly string[]): Promise<Answer>
  send(destination: string, body: string, headers?: Readonly<Record<string, string>>): Promise<void>
}

export const HTTP = { 'tandemmq.http': '127.0.0.1:0' }

/** A broker with its HTTP interface, in this process. */
export async function shop(t: ExecutionContext, parts: XmlParts = {}): Promise<Shop> {
  const world = await new World().start(brokerXml(parts), { properties: HTTP })
  t.teardown(() => world.end())
  const url = `http://${world.running.http}`
  const env = { TANDEMMQ_URL: url }
  const client = await world.connect()
  return {
    world,
    url,
    run: (...args) => call(args, world.directory, { env }),
    as: (more, ...args) => call(args, world.directory, { env, ...more }),
    send: async (destination, body, headers = {}) => {
      await client.receipted('SEND', { destination, persistent: 'true', ...headers }, body)
    },
  }
}
