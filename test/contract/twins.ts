import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { lsn } from '../../src/base/lsn.ts'
import type { Node } from '../../src/server/node.ts'
import { DurableState } from '../../src/store/store.ts'
import { World, brokerXml, deadlineMs, type XmlParts } from './world.ts'

/** Two nodes in this process; the second follows the first. */
export async function pair(
  t: ExecutionContext,
  parts: XmlParts = {},
  properties: Readonly<Record<string, string>> = {},
): Promise<readonly [World, World]> {
  const one = await new World().start(brokerXml(parts), { properties })
  t.teardown(() => one.end())
  const attributes = `${parts.attributes ?? ''} masterConnectorURI="tcp://127.0.0.1:${one.port()}"`
  const two = await new World().start(brokerXml({ ...parts, attributes }), { properties })
  t.teardown(() => two.end())
  await eventually('the passive is in sync', () => (one.running as Node).pair.state === 'PAIRED')
  return [one, two]
}

/** Turns of the event loop until something is so. */
export async function eventually(what: string, isSo: () => boolean): Promise<void> {
  const late = Date.now() + deadlineMs
  while (!isSo()) {
    if (Date.now() > late) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** The digest of what a node's journal files amount to below `end`. */
function digestOfFiles(world: World, end: number): string {
  const data = join(world.directory, 'data')
  const names = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.journal'))
  const state = new DurableState()
  for (const name of names.sort((a, b) => a.slice(-24).localeCompare(b.slice(-24)))) {
    const bytes = readFileSync(join(data, name))
    const base = Number.parseInt(name.slice(-24, -8), 16)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = 0; base + at < end && at < bytes.length; at += view.getUint32(at + 4, true))
      state.apply(bytes, view, at, lsn(base + at))
  }
  return state.digest()
}

/** The active stops, which hands over; the other leads, and both say the same of everything before. */
export async function fail(t: ExecutionContext, [one, two]: readonly [World, World]): Promise<void> {
  const { broker } = one.running
  await eventually('nothing is under way', () => broker.state.applied === broker.journal.end)
  const at = broker.state.applied
  const digest = broker.state.digest()
  await one.stop()
  await eventually('the other leads', () => two.running.addresses.length > 0)
  t.is(digestOfFiles(two, at), digest)
  const now = two.running.broker
  await eventually('it is at rest', () => now.state.applied === now.journal.end)
  t.is(digestOfFiles(two, now.state.applied), now.state.digest(), 'what the passive had applied as it arrived')
}
