import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import type { Node } from '../../src/server/node.ts'
import { atRest, digestOfFiles, eventually, pair } from '../contract/twins.ts'
import { World, brokerXml } from '../contract/world.ts'
import type { Feature } from './feature.ts'

/** The broker is killed, and started again from a copy of what was in its files then. */
export async function restarted(t: ExecutionContext, { xml, before, after }: Feature): Promise<void> {
  const world = await new World().start(brokerXml(xml))
  t.teardown(() => world.end())
  await before(world, t)
  const { at, digest } = await agrees(t, world)
  const copy = mkdtempSync(join(tmpdir(), 'tandemmq-killed-'))
  cpSync(world.directory, copy, { recursive: true })
  await world.end()
  const again = await new World(copy).start(brokerXml(xml))
  t.teardown(() => again.end())
  t.is(await digestOfFiles(again, at), digest, 'what is on disk is what was in memory')
  await after(again, t, 'restart')
  await agrees(t, again)
  await again.end()
}

/** The disk of the active fails, which ends it in the middle of things; its twin takes over. */
export async function failedOver(t: ExecutionContext, { xml, before, after }: Feature): Promise<void> {
  const [one, two] = await pair(t, xml)
  await before(one, t)
  const { at, digest } = await agrees(t, one)
  const node = one.running as Node
  node.stopped.catch(() => {})
  node.failed(new Error('EIO: simulated'))
  await eventually('the other leads', () => two.running.addresses.length > 0)
  await one.end()
  t.is(await digestOfFiles(two, at), digest, 'the twin has what the active had')
  await agrees(t, two)
  await after(two, t, 'failover')
  await agrees(t, two)
  await two.end()
}

/** What the broker has in memory is what its journal amounts to: what it applied as it came, or went on from. */
async function agrees(t: ExecutionContext, world: World): Promise<{ readonly at: number; readonly digest: string }> {
  const rest = await atRest(world)
  t.is(await digestOfFiles(world, rest.at), rest.digest, 'memory and journal agree')
  return rest
}
