import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadTools, readConfig, type LoadOptions, type Reading } from '../../src/config/config.ts'
import { plain, secretNames, type IsSecret, type Style } from '../../src/inspect/inspect.ts'
import type { Vocabulary } from '../../src/vocabulary/vocabulary.ts'

export const CWD = '/in-memory'

/** Reads `activemq.xml` out of these files, which exist nowhere but here. */
export function reading(files: Readonly<Record<string, string>>, options: Partial<LoadOptions> = {}): Promise<Reading> {
  const given = new Map(Object.entries(files).map(([name, text]) => [join(CWD, name), Buffer.from(text)]))
  return readConfig('activemq.xml', { properties: {}, env: {}, cwd: CWD, given, ...options })
}

export const vocabulary = async (): Promise<Vocabulary> => (await loadTools()).vocabulary

export const secrets = async (): Promise<IsSecret> => secretNames(await vocabulary())

export const STYLE: Style = { show: path => path.replace(`${CWD}/`, ''), paint: plain, width: null }

/**
 * What was said before about a fixture. `TANDEMMQ_GOLDEN=write npx ava …` writes it anew: commit only what you have read
 * and understood.
 */
export function golden(name: string, text: string): string {
  const path = join('fixtures/config', name)
  if (process.env['TANDEMMQ_GOLDEN'] === 'write') writeFileSync(path, text)
  return readFileSync(path, 'utf8')
}
