import test from 'ava'
import { accepts } from '../bench/ports.ts'
import { Foreign } from './foreign.ts'
import { paired, survives } from './survive.ts'

test.serial(
  'C1 … C5, C8, C10, G1: the active is killed three times, the roles alternate, the dead one rejoins as it is: nothing receipted is lost',
  async t => {
    await survives(t, { blows: ['kill active', 'kill active', 'kill active'] })
  },
)

test.serial(
  'both nodes are killed and started again: they find their roles, and nothing receipted is lost',
  async t => {
    await survives(t, { blows: ['kill both'] })
  },
)

test.serial(
  'the passive is killed and started again under load: the active goes on, and both are in sync again',
  async t => {
    await survives(t, { blows: ['kill passive'] })
  },
)

test.serial('SIGTERM on the active hands over: exit code 0, the passive leads, nothing is lost', async t => {
  await survives(t, { blows: ['handover'] })
})

test.serial('POST /api/pair/handover: the nodes change roles, and neither ends', async t => {
  const site = await paired(t, { inside: true })
  const { status, body } = await site.one.command('handover')
  t.is(Math.trunc(status / 100), 2, body)
  await site.inSync(site.two)
  t.true(site.one.running)
})

test.serial('a passive has no connector open, and answers /api/pair', async t => {
  const site = await paired(t, { inside: true })
  const report = await site.two.until('IN_SYNC')
  t.deepEqual([report.brokerName, report.role, report.inSync], ['two', 'passive', true])
  t.is(report.peer?.brokerName, 'one')
  t.false(await accepts(site.two.port))
})

test.serial('stompit, told both addresses, sends and receives across a kill -9 without code of its own', async t => {
  const site = await paired(t)
  const client = new Foreign(site.ports)
  t.teardown(() => client.close())
  client.consume('a')
  const bodies = Array.from({ length: 20 }, (_, index) => `${index}`)
  for (const [index, body] of bodies.entries()) {
    if (index === 10) await site.one.kill()
    await client.send('a', body)
  }
  await client.all(bodies)
  t.pass()
})
