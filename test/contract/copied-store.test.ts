import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Node } from '../../src/server/node.ts'
import { bodies, take } from './consuming.ts'
import { eventually, pair } from './twins.ts'
import { World, brokerXml } from './world.ts'

/** A world on a copy of what the other has on its disk. */
function copyOf(world: World): World {
  const copy = new World(mkdtempSync(join(tmpdir(), 'tandemmq-')))
  cpSync(join(world.directory, 'data'), join(copy.directory, 'data'), { recursive: true })
  return copy
}

const stateOf = ({ running }: World): string => (running as Node).pair.state
const passiveOf = (world: World): string =>
  brokerXml({ attributes: `masterConnectorURI="tcp://127.0.0.1:${world.port()}"` })

/** A pair that has lost its passive; one message has come since. */
async function alone(t: ExecutionContext): Promise<World> {
  const [one, two] = await pair(t)
  await two.end()
  await eventually('the active goes on alone', () => stateOf(one) === 'SOLO')
  await (await one.connect()).receipted('SEND', { destination: '/queue/q', persistent: 'true' }, 'first')
  return one
}

test('the data directory of the active, copied to the other machine as for ActiveMQ: that one follows', async t => {
  const one = await alone(t)
  const two = copyOf(one)
  await (await one.connect()).receipted('SEND', { destination: '/queue/q', persistent: 'true' }, 'second')
  await two.start(passiveOf(one))
  t.teardown(() => two.end())
  await eventually('they are in sync', () => `${stateOf(one)} ${stateOf(two)}` === 'PAIRED IN_SYNC')
  t.regex(two.lines.join('\n'), /stepping down: its data directory is a copy of that of .*, which goes on/)
  // Nothing that the original took in is lost, and the copy can take over.
  await one.stop()
  await eventually('the copy leads', () => two.running.addresses.length > 0)
  const client = await two.connect()
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/q' })
  t.deepEqual(bodies(await take(client, 2)), ['first', 'second'])
})

test('both begin anew on copies of one directory: one of them leads, the other follows', async t => {
  const one = await alone(t)
  const two = copyOf(one)
  const port = one.port()
  await one.stop()
  await one.start(brokerXml({ connectors: { stomp: `stomp://127.0.0.1:${port}` } }))
  await two.start(passiveOf(one))
  t.teardown(() => two.end())
  const states = (): string => [one, two].map(stateOf).toSorted().join(' ')
  await eventually('they are in sync', () => states() === 'IN_SYNC PAIRED')
  t.true((one.running as Node).pair.inSync)
})
