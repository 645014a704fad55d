import { readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { environmentOf, type Provers, type Sources } from './environment.ts'
import type { LoadResult } from './model.ts'
import { readInSteps, type Reading, type Tools } from './pipeline.ts'
import { locate } from './sources.ts'
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
  /** Proves that what protects can be put in force: key stores open, realms can be served. Without it, a start finds out. */
  readonly prove?: Provers
  /** Files that are not on the disk, by absolute path: the standard input, an editor's buffer. */
  readonly given?: ReadonlyMap<string, Uint8Array>
  /** Is awaited between the steps of the reading: of tens of thousands of elements these take half a second together. */
  readonly rest?: () => Promise<unknown>
}

const MEMORY_BUDGET = 1024 ** 3

/**
 * Reads a configuration: `xbean:file:PATH`, `xbean:PATH`, `PATH`, a directory, `broker:(URI,…)/NAME?options` or
 * `properties:FILE`, relative to `cwd` (config 1.2). Never rejects because of what a source says: everything found wrong
 * is in `findings`, and `config` is there when nothing stands in the way of a start.
 */
export async function loadConfig(source: string, options: LoadOptions): Promise<LoadResult> {
  const { config, findings } = await readConfig(source, options)
  return { config, findings }
}

/** As `loadConfig`, with all that was found out on the way: for the verbs that explain, compare and rewrite. */
export async function readConfig(source: string, options: LoadOptions): Promise<Reading> {
  const { properties, env, cwd, memoryBudget = MEMORY_BUDGET, decrypt = null, prove = null, given } = options
  const sources = given === undefined ? disk : over(given)
  const located = locate(source, cwd, confOf(options), sources)
  const file = 'problem' in located ? source : located.kind === 'broker' ? join(cwd, 'activemq.xml') : located.path
  const outer = environmentOf({ sources, file, properties, env, cwd, memoryBudget, decrypt, prove })
  if (!('problem' in located)) {
    const steps = readInSteps(located, await loadTools(), outer)
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return step.value
      if (options.rest !== undefined) await options.rest()
    }
  }
  const at = { file: source, line: 1, column: 1 }
  const nothing = { config: null, model: null, broker: null, others: [], context: null, placeholders: null }
  const { problem: message, hint } = located
  const findings = [{ severity: 'error', code: 'CONFIG_SOURCE', at, message, hint }] as const
  return { ...nothing, places: new Map(), findings, outer }
}

/** The conf directory that was on Java's class path, as far as it is told (config 1.1). */
function confOf({ properties, env, cwd }: LoadOptions): string | null {
  const conf = properties['activemq.conf'] ?? env['ACTIVEMQ_CONF'] ?? env['ACTIVEMQ_CONFIG_DIR']
  if (conf !== undefined && conf !== '') return resolve(cwd, conf)
  const base =
    properties['activemq.base'] ?? env['ACTIVEMQ_BASE'] ?? properties['activemq.home'] ?? env['ACTIVEMQ_HOME']
  return base === undefined || base === '' ? null : resolve(cwd, base, 'conf')
}

const require = createRequire(import.meta.url)

let tools: Promise<Tools> | null = null

/** The parsers and schemas, loaded at the first use and kept: together they cost more than reading a file. */
export function loadTools(): Promise<Tools> {
  tools ??= (async () => {
    const validator = await import('#schemas/broker.validate.js')
    const checks = await import('#schemas/types.validate.js')
    // The parser alone: the package's door also loads its XML writer, twice as long. It has no types of its own.
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

const schema = (name: string): unknown => JSON.parse(readFileSync(require.resolve(`#schemas/${name}`), 'utf8'))

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
  readableByAll: path => attempt(() => (statSync(path).mode & 0o004) !== 0),
  directories: path =>
    attempt(() =>
      readdirSync(path, { withFileTypes: true })
        .filter(entry => entry.isDirectory())
        .map(({ name }) => name),
    ),
  diskSize: path => {
    for (let place = path; ; place = dirname(place)) {
      const answer = attempt(() => statfsSync(place))
      if (answer !== null) return answer.blocks * answer.bsize
      if (place === dirname(place)) return null
    }
  },
}
