import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadTools, readConfig, readFile, type LoadOptions, type Reading } from '../../src/config/config.ts'
import { readTarget, upgrade, type Names, type Target, type Upgrade } from '../../src/upgrade/upgrade.ts'
import { broker, beans, directoryWith } from '../config/loading.ts'

export interface Ask {
  readonly to?: string
  readonly names?: Names
}

export interface Upgraded extends Upgrade {
  readonly file: string
  readonly before: Reading
  readonly after: Reading
  readonly bytesBefore: Uint8Array
  readonly bytesAfter: Uint8Array
  /** The rewritten text, as UTF-8. */
  readonly text: string
}

export async function targetOf(to: string): Promise<Target> {
  const target = readTarget(to, (await loadTools()).vocabulary)
  if ('problem' in target) throw new Error(target.problem)
  return target
}

/** Upgrades a file where it lies, and writes nothing. `bytes` stand in its place. */
export async function upgradeAt(
  file: string,
  ask: Ask = {},
  bytes?: Uint8Array,
  options: Partial<LoadOptions> = {},
): Promise<Upgraded> {
  const tools = await loadTools()
  const onDisk = await readConfig(file, { properties: {}, env: {}, cwd: dirname(file), ...options })
  const bytesBefore = bytes ?? readFileSync(file)
  const reread = (content: Uint8Array): Reading => {
    const read = (path: string): Uint8Array | null => (path === file ? content : onDisk.outer.sources.read(path))
    return readFile(file, tools, { ...onDisk.outer, sources: { ...onDisk.outer.sources, read } })
  }
  const before = bytes === undefined ? onDisk : reread(bytes)
  const order = { target: await targetOf(ask.to ?? 'tandemmq'), names: ask.names ?? 'keep' }
  const result = upgrade(before, file, bytesBefore, 'activemq.xml', order, tools)
  const bytesAfter = result.bytes ?? bytesBefore
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytesAfter)
  return {
    ...result,
    file,
    before,
    after: result.bytes === null ? before : reread(bytesAfter),
    bytesBefore,
    bytesAfter,
    text,
  }
}

/** Upgrades a text from a fresh directory. */
export function upgradeText(
  text: string,
  ask: Ask = {},
  files: Readonly<Record<string, string>> = {},
): Promise<Upgraded> {
  return upgradeAt(join(directoryWith({ 'activemq.xml': text, ...files }), 'activemq.xml'), ask)
}

/** Upgrades a broker's attributes and content, and answers the rewritten `<broker>` element alone. */
export async function upgradeBroker(
  attributes: string,
  content: string,
  ask: Ask = {},
): Promise<Upgraded & { readonly broker: string }> {
  const result = await upgradeText(beans(broker(attributes, content)), ask)
  return { ...result, broker: /<broker[^]*<\/broker>/.exec(result.text)?.[0] ?? '' }
}

export { broker, beans, directoryWith }

export const rules = ({ changes }: Upgrade): readonly string[] => changes.map(({ rule }) => rule)
