import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { World, brokerXml } from './world.ts'

test('A connector whose port is taken ends the start, and no disk error is remembered for it', async t => {
  const other = await new World().start(brokerXml())
  t.teardown(() => other.end())
  const world = new World()
  t.teardown(() => world.end())
  const connectors = { stomp: `stomp://127.0.0.1:${other.port()}` }
  await t.throwsAsync(world.start(brokerXml({ connectors })), { code: 'TRANSPORT_BIND' })
  t.false(
    world.lines.some(line => line.includes('disk')),
    world.lines.join('\n'),
  )
  const files = readFileSync(join(world.directory, 'data', 'test', 'KahaDB', 'tandemmq-store.json'), 'utf8')
  t.false((JSON.parse(files) as { suspect: boolean }).suspect)
  await world.start(brokerXml())
  t.is(world.running.addresses.length, 1)
})
