import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { objectName, ownBean } from '../../src/management/management.ts'
import type { Node } from '../../src/server/node.ts'
import { call } from '../cli/terminal.ts'
import { World, brokerXml } from '../contract/world.ts'
import { exec, read } from '../management/shown.ts'

/** A broker whose journal has several sealed files. */
async function filled(properties: Readonly<Record<string, string>> = {}): Promise<World> {
  const store = '<persistenceAdapter><kahaDB directory="data" journalMaxFileLength="64kb"/></persistenceAdapter>'
  const world = await new World().start(brokerXml({ body: store }), {
    properties: { 'tandemmq.http': '127.0.0.1:0', ...properties },
  })
  const client = await world.connect()
  for (let i = 0; i < 5; i++)
    await client.receipted('SEND', { destination: '/queue/orders', persistent: 'true' }, 'x'.repeat(30_000))
  return world
}

const base = ({ running }: World): string => `http://${running.http ?? ''}`

interface Scrubbed {
  readonly restMs: number | null
  readonly segments: number
  readonly bytes: number
  readonly lastPass: string | null
  readonly damaged: readonly string[]
}

async function scrubOf(world: World): Promise<Scrubbed> {
  const body = (await (await fetch(`${base(world)}/api/pair`)).json()) as { scrub: Scrubbed }
  return body.scrub
}

const metric = async (world: World, name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await (await fetch(`${base(world)}/metrics`)).text())?.[1])

test('G11: a damaged segment shows in /api/pair, the metrics, the beans and status, and makes no node unready', async t => {
  const world = await filled()
  t.teardown(() => world.end())
  const { store } = world.running as Node
  const sealed = store.opened.journal.segments.slice(0, -1)
  t.true(sealed.length > 1)
  const pass = async (): Promise<void> => {
    for (let i = 0; i <= sealed.length; i++) await store.scrub?.step(Infinity)
  }
  t.like(await scrubOf(world), { restMs: 86_400_000, segments: 0, lastPass: null, damaged: [] })
  t.true(Number.isNaN(await metric(world, 'tandemmq_scrub_last_pass_timestamp_seconds')))

  await pass()
  const bytes = sealed.reduce((sum, one) => sum + one.end - one.base, 0)
  t.like(await scrubOf(world), { segments: sealed.length, bytes, damaged: [] })
  t.true(Math.abs(Date.parse((await scrubOf(world)).lastPass ?? '') - Date.now()) < 60_000)
  t.is(await metric(world, 'tandemmq_scrub_segments_total'), sealed.length)
  t.is(await metric(world, 'tandemmq_scrub_bytes_total'), bytes)
  t.true((await metric(world, 'tandemmq_scrub_last_pass_timestamp_seconds')) > 1.7e9)
  t.is(await metric(world, 'tandemmq_scrub_damaged_segments'), 0)

  const name = `tandemmq-${sealed[0]!.base.toString(16).padStart(16, '0')}.journal`
  const file = openSync(join(store.journalDirectory, name), 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, 20_000)
  byte[0]! ^= 1
  writeSync(file, byte, 0, 1, 20_000)
  closeSync(file)
  await pass()
  const place = new RegExp(`^${name} at byte \\d+: the record does not verify$`)
  const { damaged } = await scrubOf(world)
  t.is(damaged.length, 1)
  t.regex(damaged[0]!, place)
  t.is(await metric(world, 'tandemmq_scrub_damaged_segments'), 1)
  const { beans } = world.running
  t.deepEqual(read(beans, ownBean('Store', 'test'), 'Damaged')['Damaged'], damaged)
  const health = objectName('org.apache.activemq', [
    ['type', 'Broker'],
    ['brokerName', 'test'],
    ['service', 'Health'],
  ])
  t.like(await exec(beans, health, 'healthList'), [
    { healthId: 'io.tandemmq.damage', level: 'ERROR', message: damaged[0] },
  ])
  t.is((await fetch(`${base(world)}/health/ready`)).status, 200)
  const status = await call(['status', '--url', base(world)], world.directory)
  t.is(status.code, 0)
  t.regex(status.out, new RegExp(`^damage: ${name} at byte \\d+: .*store salvage`, 'm'))
  t.regex(
    (await call(['pair', 'status', base(world)], world.directory)).out,
    new RegExp(`^ {2}damage {4}${name} `, 'm'),
  )
  const watched = await call(['monitor', base(world), '--once', '--json', '--interval=500ms'], world.directory)
  const { alerts } = JSON.parse(watched.out) as { alerts: { level: string; sentence: string; next: string }[] }
  const [alert] = alerts
  t.is(alert?.level, 'crit')
  t.is(alert?.sentence, `test: 1 damaged file: ${damaged[0]}`)
  t.regex(alert?.next ?? '', /store salvage/)
})

test('-Dtandemmq.scrub=off: nothing is read, and /api/pair and the bean say so', async t => {
  const world = await filled({ 'tandemmq.scrub': 'off' })
  t.teardown(() => world.end())
  t.is((world.running as Node).store.scrub, null)
  t.deepEqual(await scrubOf(world), { restMs: null, segments: 0, bytes: 0, lastPass: null, damaged: [] })
  t.is(read(world.running.beans, ownBean('Store', 'test'), 'ScrubMillis')['ScrubMillis'], null)
})
