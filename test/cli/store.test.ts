import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { World, brokerXml } from '../contract/world.ts'
import { tandem } from './terminal.ts'

test('store check counts the records of a stopped broker and says that they verify, also as JSON', async t => {
  const world = await new World().start(brokerXml())
  t.teardown(() => world.end())
  const producer = await world.connect()
  for (let i = 0; i < 3; i++) await producer.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  await world.stop()
  const directory = join(world.directory, 'data', 'test', 'KahaDB')
  const text = await tandem(['store', 'check', directory], world.directory)
  t.is(text.code, 0)
  t.regex(text.out, /messageAdded: 3\n[^]*every record verifies\n$/)
  const json = await tandem(['store', 'check', directory, '--json'], world.directory)
  t.like(JSON.parse(json.out), { counts: { messageAdded: 3, destinationAdded: 1 } })
})

test('store check of a directory that is not there is a wrong call, and makes none', async t => {
  const cwd = mkdtempSync(join(tmpdir(), 'tandemmq-'))
  t.teardown(() => rmSync(cwd, { recursive: true }))
  const { code, err } = await tandem(['store', 'check', join(cwd, 'nowhere')], cwd)
  t.is(code, 2)
  t.regex(err, /does not exist/)
  t.is((await tandem(['store', 'check', join(cwd, 'nowhere')], cwd)).code, 2)
})
