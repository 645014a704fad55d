import { closeSync, openSync, readSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { ownBean } from '../../src/management/management.ts'
import type { Node } from '../../src/server/node.ts'
import { exec } from '../management/shown.ts'
import { call } from '../cli/terminal.ts'
import { eventually, pair } from './twins.ts'
import { World, brokerXml } from './world.ts'

const HTTP = { 'tandemmq.http': '127.0.0.1:0' }
const PAIR = ownBean('Pair', 'test')

interface Answer {
  readonly status: number
  readonly error?: string
  readonly value?: Readonly<Record<string, unknown>>
}

/** As an administrator has it: over HTTP. */
async function verify({ running }: World): Promise<Answer> {
  const body = JSON.stringify({ type: 'exec', mbean: PAIR.text, operation: 'verify()' })
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

/** Turns the byte at a position of a node's journal into another, or back. */
function flip(world: World, at: number): void {
  const data = join(world.directory, 'data')
  const names = readdirSync(data, { recursive: true, encoding: 'utf8' })
  const based = names.flatMap(name => {
    const [, base] = /tandemmq-([0-9a-f]{16})\.journal$/.exec(name) ?? []
    return base === undefined ? [] : [{ name, base: Number.parseInt(base, 16) }]
  })
  const { name, base } = based.toSorted((a, b) => a.base - b.base).findLast(one => one.base <= at)!
  const file = openSync(join(data, name), 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, at - base)
  byte[0]! ^= 1
  writeSync(file, byte, 0, 1, at - base)
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

  const { beans } = one.running
  const both = await Promise.allSettled([exec(beans, PAIR, 'verify'), exec(beans, PAIR, 'verify')])
  t.deepEqual(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
    'one at a time',
  )
  t.regex(String((both[1] as PromiseRejectedResult).reason), /being compared already/)
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

test('P-05: a difference is gone when the passive has got a whole copy of what the active holds', async t => {
  const body =
    '<persistenceAdapter><kahaDB journalMaxFileLength="256kb" cleanupInterval="20" checkpointInterval="20"/></persistenceAdapter>'
  const [one, two] = await pair(t, { body }, HTTP)
  const active = one.running as Node
  await fill(one, two)
  await active.broker.operations.purge({ kind: 0, name: 'q' })
  await fill(one, two)
  await eventually('the beginning of its journal is gone', () => active.journal.retainedFrom > 0)
  const at = active.journal.retainedFrom + 300_000
  flip(two, at)
  t.like((await verify(two)).value, { ok: false, position: at })

  await two.stop()
  rmSync(join(two.directory, 'data'), { recursive: true })
  const again = brokerXml({ body, attributes: `masterConnectorURI="tcp://127.0.0.1:${one.port()}"` })
  await two.start(again, { properties: HTTP })
  await eventually('it has a copy, and is in sync', () => active.pair.state === 'PAIRED')
  t.regex(one.lines.join('\n'), /it gets a copy of the whole store/)
  t.regex(String((await shown(one))?.['replacedAt']), /^\d{4}-.*Z$/)
  t.like((await verify(one)).value, { ok: true })
})

test('P-05: pair verify has the two compare over their link when it cannot read the journal of both', async t => {
  const [one, two] = await pair(t, {}, HTTP)
  await fill(one, two)
  // As on another machine: nothing of it can be asked from here.
  const again = brokerXml({ attributes: `masterConnectorURI="tcp://127.0.0.1:${one.port()}"` })
  await two.stop()
  await two.start(again, { properties: { 'tandemmq.http': 'off' } })
  const active = one.running as Node
  await eventually('it is in sync again', () => active.pair.state === 'PAIRED')
  const verifies = (...more: readonly string[]): ReturnType<typeof call> =>
    call(['pair', 'verify', `http://${one.running.http}`, ...more])
  const equal = await verifies()
  t.is(equal.code, 0, equal.err)
  t.regex(equal.out, /^http:\S+ and its twin: both copies are equal: \d+ bytes, up to position \d+\n$/)
  t.regex(equal.err, /^INFO: it names no twin that can be asked from here; .* over their own link\n$/)
  flip(two, 654_321)
  const differs = await verifies('--json')
  t.is(differs.code, 1)
  t.like(JSON.parse(differs.out), { equal: false, differsAt: 654_321, compared: 654_321, to: null })
  t.like(await shown(one), { ok: false, position: 654_321 })
  await two.stop()
  await eventually('it is gone', () => active.pair.state === 'SOLO')
  const alone = await verifies()
  t.is(alone.code, 6)
  t.regex(alone.err, /no two copies are in sync: SOLO: /)
})

test('P-05: verify() where there are no two copies in sync says so, and what the node does', async t => {
  const world = await new World().start(brokerXml(), { properties: HTTP })
  t.teardown(() => world.end())
  const alone = await verify(world)
  t.is(alone.status, 500)
  t.regex(alone.error ?? '', /^java\.lang\.IllegalStateException : no two copies are in sync: ALONE: /)
  t.is(await shown(world), null)
})
