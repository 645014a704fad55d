import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { formatFinding, loadConfig } from '../config/config.ts'
import { diskFiles } from '../journal/journal.ts'
import { decryptJasypt } from '../security/security.ts'
import { journalDirectory, readMeta } from '../twin/twin.ts'
import type { Terminal } from './cli.ts'
import { javaOptions } from './java-options.ts'

/** A place that cannot be used as asked; the text says why. */
export class WrongPlace extends Error {}

/** A store as a call names it: its data directory, or an activemq.xml with the properties that its start is given. */
export interface NamedStore {
  readonly named: string
  readonly properties: Readonly<Record<string, string>>
}

/** The data directory that a call names: itself, or that of the activemq.xml. Throws WrongPlace. */
export async function dataDirectory({ named, properties: given }: NamedStore, { env, cwd }: Terminal): Promise<string> {
  const path = resolve(cwd, named.replace(/^xbean:(file:)?/, ''))
  if (!existsSync(path)) throw new WrongPlace(`${named} does not exist`)
  if (statSync(path).isDirectory()) return path
  // As `start` has them: without, another store than the broker's would be meant.
  const properties = { ...javaOptions(env).properties, ...given }
  const { config, findings } = await loadConfig(path, { properties, env, cwd, decrypt: decryptJasypt })
  if (config === null) {
    const errors = findings.filter(({ severity }) => severity !== 'accept' && severity !== 'warn')
    throw new WrongPlace(`${named} cannot be read:\n${errors.map(formatFinding).join('\n')}`)
  }
  if (config.store.kind === 'memory')
    throw new WrongPlace(`${named} keeps its store in memory: it has no data directory`)
  if (!existsSync(config.store.directory)) throw new WrongPlace(`${config.store.directory} does not exist`)
  return config.store.directory
}

/**
 * Where the journal of a data directory lies. Rejects TWIN_META_INVALID, and WrongPlace when nothing of ours is there: of a
 * wrong directory nobody shall be told that every record in it verifies.
 */
export async function journalOf(directory: string): Promise<string> {
  if (!isOurs(directory)) {
    const below = readdirSync(directory).map(name => join(directory, name))
    const [meant] = below.filter(
      path => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true && isOurs(path),
    )
    const next = meant === undefined ? '' : `; did you mean ${meant}?`
    throw new WrongPlace(`${directory} holds no journal of TandemMQ${next}`)
  }
  return journalDirectory(directory, await readMeta(diskFiles, directory))
}

const isOurs = (directory: string): boolean => readdirSync(directory).some(name => name.startsWith('tandemmq-'))
