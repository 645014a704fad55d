import { readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { environmentOf, type Sources } from './environment.ts'
import type { LoadResult } from './model.ts'
import { readFile, type Reading, type Tools } from './pipeline.ts'
import type { Yaml } from '../document/document.ts'
import type { Xml2js } from '../xml/xml.ts'
import { readTransports, Vocabulary, type TransportSchema, type VocabularySchema } from '../vocabulary/vocabulary.ts'

/** The only file of this room that touches the disk. */

export interface LoadOptions {
  /** The -D map. */
  readonly properties: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Bytes that stand for the JVM's heap; `percentOfJvmHeap` is a share of it. Default 1 GiB. */
  readonly memoryBudget?: number
  /** Reads `ENC(base64)`: jasypt's algorithm name, the password, the text. Without it such values are refused. */
  readonly decrypt?: (algorithm: string, password: string, base64: string) => string
  /** Files that are not on the disk, by absolute path: the standard input, an editor's buffer. */
  readonly given?: ReadonlyMap<string, Uint8Array>
}

const MEMORY_BUDGET = 1024 ** 3

/**
 * Reads a configuration: `xbean:file:PATH`, `xbean:PATH` or `PATH`, relative to `cwd`. Never rejects because of what a
 * file says: everything found wrong is in `findings`, and `config` is there when nothing stands in the way of a start.
 */
export async function loadConfig(source: string, options: LoadOptions): Promise<LoadResult> {
  const { config, findings } = await readConfig(source, options)
  return { config, findings }
}

/** As `loadConfig`, with all that was found out on the way: for the verbs that explain, compare and rewrite. */
export async function readConfig(source: string, options: LoadOptions): Promise<Reading> {
  const { properties, env, cwd, memoryBudget = MEMORY_BUDGET, decrypt = null, given } = options
  const located = locate(source)
  const file = 'problem' in located ? source : resolve(cwd, located.path)
  const sources = given === undefined ? disk : over(given)
  const outer = environmentOf({ sources, file, properties, env, cwd, memoryBudget, decrypt })
  if (!('problem' in located)) return readFile(file, await loadTools(), outer)
  const at = { file: source, line: 1, column: 1 }
  const nothing = { config: null, model: null, broker: null, context: null, placeholders: null, places: new Map() }
  const { problem: message, hint } = located
  return { ...nothing, findings: [{ severity: 'error', code: 'CONFIG_SOURCE', at, message, hint }], outer }
}

function locate(source: string): { readonly path: string } | { readonly problem: string; readonly hint: string } {
  const [, path = '', query = ''] = /^(?:xbean:)?(?:file:(?:\/\/(?=\/))?)?([^?]*)(\?.*)?$/s.exec(source.trim()) ?? []
  const hint = 'give xbean:file:PATH, xbean:PATH or PATH'
  if (path === '') return { problem: 'no configuration file is named', hint }
  if (/^[a-z]{2,}:/i.test(path))
    return { problem: `${path.split(':')[0]}: is not read; configurations are local files`, hint }
  // ActiveMQ's only option switches schema validation off; here a file is always checked (config 1.2).
  return { path: query === '' || query.startsWith('?validate=') ? path : path + query }
}

let tools: Promise<Tools> | null = null

/** The parsers and schemas, loaded at the first use and kept: together they cost more than reading a file. */
export function loadTools(): Promise<Tools> {
  tools ??= (async () => {
    const validator = await import('#schemas/broker.validate.js')
    const checks = await import('#schemas/types.validate.js')
    // The parser alone: the package's door also loads its XML writer, twice as long. It has no types of its own.
    const require = createRequire(import.meta.url)
    const Parser: unknown = require('xml2js/lib/parser')
    return {
      xml2js: Parser as Xml2js,
      yaml: () => require('yaml') as Yaml,
      vocabulary: new Vocabulary(schema('activemq.json') as VocabularySchema, checks),
      transports: readTransports(schema('transports.json') as TransportSchema),
      validate: validator.default,
    }
  })()
  return tools
}

const schema = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(import.meta.resolve(`#schemas/${name}`)), 'utf8'))

const attempt = <T>(act: () => T): T | null => {
  try {
    return act()
  } catch {
    return null
  }
}

const over = (given: ReadonlyMap<string, Uint8Array>): Sources => ({
  ...disk,
  read: path => given.get(path) ?? disk.read(path),
  exists: path => given.has(path) || disk.exists(path),
})

const disk: Sources = {
  read: path => attempt(() => readFileSync(path)),
  exists: path => attempt(() => statSync(path)) !== null,
  list: path =>
    attempt(() =>
      readdirSync(path, { withFileTypes: true })
        .filter(entry => entry.isFile())
        .map(({ name }) => ({ name, bytes: attempt(() => statSync(join(path, name)).size) ?? 0 })),
    ),
  diskSize: path => {
    for (let place = path; ; place = dirname(place)) {
      const answer = attempt(() => statfsSync(place))
      if (answer !== null) return answer.blocks * answer.bsize
      if (place === dirname(place)) return null
    }
  },
}
