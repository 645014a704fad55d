import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { lsn } from '../../src/base/lsn.ts'
import type { Node } from '../../src/server/node.ts'
import { DurableState } from '../../src/store/store.ts'
import { betweenLooks } from './looking.ts'
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
  // The active knows it first.
  const states = (): string => [one, two].map(({ running }) => (running as Node).pair.state).join(' ')
  await eventually('the passive is in sync', () => states() === 'PAIRED IN_SYNC')
  return [one, two]
}

/** Until something is so. */
export async function eventually(what: string, isSo: () => boolean): Promise<void> {
  const late = Date.now() + deadlineMs
  for (let looks = 0; !isSo(); looks++) {
    if (Date.now() > late) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await betweenLooks(looks)
  }
}

/** The digest of what a node's journal files amount to below `end`, when that much is written. */
export async function digestOfFiles(world: World, end: number): Promise<string> {
  let state: DurableState | null = null
  await eventually('its files reach that far', () => (state = foldOfFiles(world, end)) !== null)
  return state!.digest()
}

/** null: they do not reach that far yet. */
function foldOfFiles(world: World, end: number): DurableState | null {
  const data = join(world.directory, 'data')
  const names = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.journal'))
  const state = new DurableState()
  for (const name of names.sort((a, b) => a.slice(-24).localeCompare(b.slice(-24)))) {
    const bytes = readFileSync(join(data, name))
    const base = Number.parseInt(name.slice(-24, -8), 16)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let at = 0
    for (let length = 0; base + at < end && at < bytes.length; at += length) {
      length = view.getUint32(at + 4, true)
      if (length === 0) return null
      state.apply(bytes, view, at, lsn(base + at))
    }
    if (base + at >= end) return state
  }
  return null
}

/** Where a broker is when everything that was journaled is applied, and what it has then. */
export async function atRest({
  running: { broker },
}: World): Promise<{ readonly at: number; readonly digest: string }> {
  await eventually('nothing is under way', () => broker.state.applied === broker.journal.end)
  broker.journal.flush()
  return { at: broker.state.applied, digest: broker.state.digest() }
}

/** The active stops, which hands over; the other leads, and both say the same of everything before. */
export async function fail(t: ExecutionContext, [one, two]: readonly [World, World]): Promise<void> {
  const { at, digest } = await atRest(one)
  await one.stop()
  await eventually('the other leads', () => two.running.addresses.length > 0)
  t.is(await digestOfFiles(two, at), digest)
  const now = await atRest(two)
  t.is(await digestOfFiles(two, now.at), now.digest, 'what the passive had applied as it arrived')
}
