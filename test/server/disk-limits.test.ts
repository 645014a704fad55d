import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { diskOf, fittingLimit } from '../../src/server/disk-limits.ts'
import { until } from '../contract/consuming.ts'
import { World, brokerXml } from '../contract/world.ts'

const MiB = 1024 * 1024
const disk = { size: 1000 * MiB, free: 300 * MiB }

test('L-02: a limit that the disk has no room for is lowered to what is free and what is in use', t => {
  const fits = { limit: 350 * MiB, used: 100 * MiB, percent: 0, disk, regrowThreshold: -1 }
  t.is(fittingLimit(fits), 350 * MiB)
  t.is(fittingLimit({ ...fits, limit: 500 * MiB }), 400 * MiB)
  t.is(fittingLimit({ ...fits, limit: 500 * MiB, disk: null }), 500 * MiB)
  t.is(fittingLimit({ ...fits, limit: 0 }), 0)
})

test('L-08: a lowered percentLimit grows again with the disk, when it can grow by diskUsageCheckRegrowThreshold', t => {
  const lowered = { limit: 200 * MiB, used: 0, percent: 50, disk, regrowThreshold: 50 * MiB }
  t.is(fittingLimit(lowered), 300 * MiB)
  t.is(fittingLimit({ ...lowered, disk: { ...disk, free: 900 * MiB } }), 500 * MiB)
  t.is(fittingLimit({ ...lowered, regrowThreshold: 200 * MiB }), 200 * MiB)
  t.is(fittingLimit({ ...lowered, regrowThreshold: -1 }), 200 * MiB)
  t.is(fittingLimit({ ...lowered, percent: 0 }), 200 * MiB)
})

test('L-02: the disk of a path that is not there yet is that of the directory above it', t => {
  const here = diskOf(tmpdir())
  const below = diskOf(join(tmpdir(), 'no', 'such', 'directory'))
  t.truthy(here)
  t.is(below?.size, here?.size)
})

const limits = (store: string, temp: string): string =>
  `<systemUsage><systemUsage><storeUsage><storeUsage ${store}/></storeUsage><tempUsage><tempUsage ${temp}/></tempUsage></systemUsage></systemUsage>`

async function started(t: ExecutionContext, body: string, attributes = ''): Promise<World> {
  const world = new World()
  t.teardown(() => world.end())
  return world.start(brokerXml({ body, attributes }))
}

test('L-02, L-03: at the start limits are lowered to what the disk has room for, and the log says so', async t => {
  const world = await started(t, limits('limit="900000 gb"', 'limit="900000 gb"'))
  const { storeLimit, tempLimit } = world.running.broker.space.limits
  for (const limit of [storeLimit, tempLimit]) t.true(limit < 900_000 * 1024 * MiB && limit > 0)
  for (const what of ['storeUsage', 'tempUsage'])
    t.true(world.lines.some(line => line.startsWith(`WARN ${what}: there is room for`)))
})

test('L-02: with adjustUsageLimits="false" such a limit keeps the broker from starting', async t => {
  for (const [store, temp] of [
    ['limit="900000 gb"', 'limit="1 mb"'],
    ['limit="1 mb"', 'limit="900000 gb"'],
  ] as const)
    await t.throwsAsync(started(t, limits(store, temp), 'adjustUsageLimits="false"'), { message: /has room for/ })
  await t.notThrowsAsync(started(t, limits('limit="1 mb"', 'limit="1 mb"'), 'adjustUsageLimits="false"'))
})

test('L-08: schedulePeriodForDiskUsageCheck looks at the disk again and again', async t => {
  const world = await started(t, limits('limit="1 mb"', 'limit="1 mb"'), 'schedulePeriodForDiskUsageCheck="20"')
  const { space } = world.running.broker
  space.limits = { ...space.limits, storeLimit: 900_000 * 1024 * MiB }
  await until(world, 'it was lowered', () => space.limits.storeLimit < 900_000 * 1024 * MiB)
  t.true(world.lines.some(line => line.startsWith('WARN storeUsage: ')))
})

test('L-08: diskUsageCheckRegrowThreshold lets a percentLimit grow that was lowered', async t => {
  const world = await started(
    t,
    limits('percentLimit="1"', 'percentLimit="1"'),
    'schedulePeriodForDiskUsageCheck="20" diskUsageCheckRegrowThreshold="1 kb"',
  )
  const { space } = world.running.broker
  const { storeLimit, tempLimit } = space.limits
  space.limits = { ...space.limits, storeLimit: 4096, tempLimit: 4096 }
  await until(world, 'they grew', () => space.limits.storeLimit > 4096 && space.limits.tempLimit > 4096)
  // The disk is in use by others meanwhile.
  for (const [now, before] of [
    [space.limits.storeLimit, storeLimit],
    [space.limits.tempLimit, tempLimit],
  ] as const)
    t.true(Math.abs(now - before) < before / 2)
})

test('L-01: with adjustUsageLimits="false" a memory limit beyond the budget is an error', async t => {
  const body =
    '<systemUsage><systemUsage><memoryUsage><memoryUsage limit="900 gb"/></memoryUsage></systemUsage></systemUsage>'
  await t.throwsAsync(started(t, body, 'adjustUsageLimits="false"'), { message: /CONFIG_LIMIT|does not fit/ })
  const world = await started(t, body)
  t.true(world.running.broker.space.limits.memoryLimit < 900 * 1024 * MiB)
})

test('L-02: what lies in the store already counts as room for it', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'x'), Buffer.alloc(4096))
  t.is(
    fittingLimit({ limit: 5000, used: 4096, percent: 0, disk: { size: 10_000, free: 1000 }, regrowThreshold: -1 }),
    5000,
  )
})
