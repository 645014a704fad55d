import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { eventually } from '../contract/twins.ts'
import { World, brokerXml } from '../contract/world.ts'

const count = 10_000

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc') // the only way without a flag for the whole suite

test.serial(
  '10,000 queues at rest are cheap: to keep, to sweep, to ask about, and to find again after a restart',
  async t => {
    t.timeout(120_000)
    const inUse = (): number => {
      collect()
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      return heapUsed + arrayBuffers
    }
    const world = await new World().start(brokerXml())
    t.teardown(() => world.end())
    const { broker, operations } = world.running
    const before = inUse()
    for (let i = 0; i < count; i++)
      broker.create({ kind: DestinationKind.queue, name: `orders.region${i % 100}.customer${i}` }, null)
    await eventually('they are journaled', () => broker.state.applied === broker.journal.end)
    const each = (inUse() - before) / count
    t.log(`${Math.round(each)} bytes a queue`)
    t.true(each < 1500, `${each} bytes a queue`)
    const began = process.cpuUsage()
    broker.sweep('expired')
    for (const at of operations.destinations()) t.is(operations.statistics(at)?.size, 0)
    const spent = process.cpuUsage(began).user / 1000
    t.true(spent < 2000, `${spent} ms to sweep and to ask about all`)
    await world.stop()
    await world.start(brokerXml())
    t.is(world.running.operations.destinations().length, count)
  },
)

test.serial('temporary queues that are gone cost nothing: not a byte each', async t => {
  t.timeout(120_000)
  const world = await new World().start(brokerXml())
  t.teardown(() => world.end())
  await world.connect()
  const { broker } = world.running
  const [owner] = broker.sessions
  const come = async (from: number, most: number): Promise<number> => {
    for (let i = from; i < from + most; i++) {
      const at = { kind: DestinationKind.tempQueue, name: `gone:${i}` }
      broker.create(at, owner!)
      broker.destinations.removeTemporary(at, true)
      if (i % 1000 === 0) await eventually('they are journaled', () => broker.state.applied === broker.journal.end)
    }
    await eventually('they are journaled', () => broker.state.applied === broker.journal.end)
    collect()
    return process.memoryUsage().heapUsed
  }
  const [warm, many] = [50_000, 300_000]
  const before = await come(0, warm)
  const each = ((await come(warm, many)) - before) / many
  t.log(`${each.toFixed(1)} bytes a queue`)
  t.true(each < 4, `${each} bytes a queue`)
})
