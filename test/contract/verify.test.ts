import { closeSync, openSync, readSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { Node } from '../../src/server/node.ts'
import { eventually, pair } from './twins.ts'
import { World, brokerXml } from './world.ts'

const HTTP = { 'tandemmq.http': '127.0.0.1:0' }
const MBEAN = 'io.tandemmq:type=Pair,brokerName=test'

interface Answer {
  readonly status: number
  readonly error?: string
  readonly value?: Readonly<Record<string, unknown>>
}

/** As an administrator has it: over HTTP. */
async function verify({ running }: World): Promise<Answer> {
  const body = JSON.stringify({ type: 'exec', mbean: MBEAN, operation: 'verify()' })
  const answer = await fetch(`http://${running.http}/api/jolokia/`, { method: 'POST', body })
  return (await answer.json()) as Answer
}

async function shown({ running }: World): Promise<Readonly<Record<string, unknown>> | null> {
  const answer = await fetch(`http://${running.http}/api/pair`, { headers: { connection: 'close' } })
  return ((await answer.json()) as { readonly verify: Readonly<Record<string, unknown>> | null }).verify
}

/** Until both have committed the same. */
async function fill(one: World, two: World): Promise<void> {
  const producer = await one.connect()
  for (let n = 0; n < 20; n++)
    await producer.receipted('SEND', { destination: '/queue/q', persistent: 'true' }, `${n} `.repeat(20_000))
  const committed = ({ running }: World): number => running.pair.committed
  await eventually('the passive heard of it', () => committed(two) === committed(one))
}

/** Turns one byte of the first segment of a node's journal into another, or back. */
function flip(world: World, at: number): void {
  const data = join(world.directory, 'data')
  const names = readdirSync(data, { recursive: true, encoding: 'utf8' })
  const name = names.find(one => one.endsWith('tandemmq-0000000000000000.journal'))
  const file = openSync(join(data, name ?? ''), 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, at)
  byte[0]! ^= 1
  writeSync(file, byte, 0, 1, at)
  closeSync(file)
}

test('P-05: verify() of the Pair bean compares both copies over the link, asked of either node, and both show it', async t => {
  const [one, two] = await pair(t, {}, HTTP)
  await fill(one, two)
  const asked = await verify(one)
  t.is(asked.status, 200)
  t.like(asked.value, { ok: true, unshared: 0 })
  const { position, compared, text } = asked.value as { position: number; compared: number; text: string }
  t.true(compared > 20 * 40_000, 'all of it')
  t.is(compared, position, 'the journal begins at 0')
  t.is(text, `both copies are equal: ${compared} bytes, up to position ${position}`)
  await eventually('the other was told', () => two.lines.some(line => line.includes('both copies are equal')))
  for (const world of [one, two]) t.like(await shown(world), { ok: true, position, compared, replacedAt: null })

  t.like((await verify(two)).value, { ok: true, position, compared })

  const both = await Promise.all([verify(one), verify(one)])
  t.deepEqual(
    both.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 500],
    'one at a time',
  )
  t.regex(both.find(({ status }) => status === 500)?.error ?? '', /IllegalStateException : .*being compared already/)
})

test('P-05: copies that differ are told by the first byte, until the passive has got what differed anew', async t => {
  const [one, two] = await pair(t, {}, HTTP)
  await fill(one, two)
  t.like((await verify(one)).value, { ok: true })
  flip(two, 654_321)
  const { value } = await verify(one)
  t.like(value, { ok: false, position: 654_321, compared: 654_321 })
  t.is(value?.['text'], 'the copies differ from position 654321 on, behind 654321 equal bytes')
  const alarm = /^ERROR the copies of the pair differ from position 654321 on/m
  await eventually('the other was told', () => alarm.test(two.lines.join('\n')))
  t.regex(one.lines.join('\n'), alarm)
  for (const world of [one, two]) t.like(await shown(world), { ok: false, position: 654_321, replacedAt: null })

  // It goes on where it was: nothing says that what differed is gone, whatever lies there now.
  const active = one.running as Node
  const again = brokerXml({ attributes: `masterConnectorURI="tcp://127.0.0.1:${one.port()}"` })
  flip(two, 654_321)
  await two.stop()
  await two.start(again, { properties: HTTP })
  await eventually('it is in sync again', () => active.pair.state === 'PAIRED')
  const producer = await one.connect()
  await producer.receipted('SEND', { destination: '/queue/q', persistent: 'true' }, 'both have it')
  t.like(await shown(one), { ok: false, replacedAt: null })

  await two.stop()
  rmSync(join(two.directory, 'data'), { recursive: true })
  await two.start(again, { properties: HTTP })
  await eventually('it is in sync, from nothing', () => active.pair.state === 'PAIRED')
  const gone = await shown(one)
  t.like(gone, { ok: false, position: 654_321 })
  t.regex(String(gone?.['replacedAt']), /^\d{4}-.*Z$/)
  t.regex(one.lines.join('\n'), /^INFO what differed from position 654321 on is gone: .* from 0 on anew$/m)
  t.like((await verify(one)).value, { ok: true })
  t.like(await shown(one), { ok: true, replacedAt: null })
})

test('P-05: verify() where there are no two copies in sync says so, and what the node does', async t => {
  const world = await new World().start(brokerXml(), { properties: HTTP })
  t.teardown(() => world.end())
  const alone = await verify(world)
  t.is(alone.status, 500)
  t.regex(alone.error ?? '', /^java\.lang\.IllegalStateException : no two copies are in sync: ALONE: /)
  t.is(await shown(world), null)
})
