import type { AuthenticationConfig, ConnectorConfig, TlsConfig } from './model.ts'
import type { WebConfig } from './model-web.ts'
import { basename, dirname, isAbsolute, join, resolve } from './paths.ts'

/** All that the pipeline may see of the disk. `null`: it is not there, or cannot be read. */
export interface Sources {
  read(path: string): Uint8Array | null
  exists(path: string): boolean
  /** Names and sizes of the files in a directory. */
  list(path: string): readonly { readonly name: string; readonly bytes: number }[] | null
  /** Names of the directories in a directory. */
  directories?(path: string): readonly string[] | null
  /** May every user of this machine read it? Null: unknown, or no such notion here. */
  readableByAll?(path: string): boolean | null
  /** Size of the file system that holds (or would hold) a path, bytes. */
  diskSize(path: string): number | null
}

/** Each throws when what it is given cannot be put in force; a TandemError's code, place and hint become a refusal. */
export interface Provers {
  authentication(config: AuthenticationConfig): void
  tls(tls: TlsConfig, connector: ConnectorConfig): void
  /** Realm and keys of the HTTP interface. */
  web(web: WebConfig): void
}

/** The process around one load: properties, environment and directories, all as arguments. */
export interface Environment {
  readonly sources: Sources
  readonly cwd: string
  /** System properties: those of the -D options, and activemq.home, .base, .conf, .data. */
  readonly system: Readonly<Record<string, string>>
  /** Where a system property came from: `-D`, the environment variable that gave it, or what it was derived from. */
  origin(name: string): string
  readonly env: Readonly<Record<string, string | undefined>>
  /** What Java calls the heap: `percentOfJvmHeap` is a share of it. Bytes. */
  readonly memoryBudget: number
  readonly decrypt: ((algorithm: string, password: string, base64: string) => string) | null
  readonly prove: Provers | null
  /** Everything set by -Dtandemmq.…, without the prefix. */
  readonly overrides: Readonly<Record<string, string>>
  /** An absolute path for `file:…`, `classpath:…` (the conf directory), or a path relative to the naming file. */
  resource(location: string, namedIn: string): string
}

export interface Surroundings {
  readonly sources: Sources
  readonly file: string
  readonly properties: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly memoryBudget: number
  readonly decrypt: Environment['decrypt']
  readonly prove: Environment['prove']
}

/** What is around one load, as ActiveMQ's start script would set it up. */
export function environmentOf(given: Surroundings): Environment {
  const { properties, env, cwd } = given
  const directories = directoriesOf(given)
  const java: Readonly<Record<string, string>> = {
    'user.dir': cwd,
    'file.separator': '/',
    'java.io.tmpdir': env['TMPDIR'] ?? '/tmp',
    ...(env['HOME'] === undefined ? {} : { 'user.home': env['HOME'] }),
  }
  const system: Record<string, string> = { ...java, ...properties }
  for (const [name, { path }] of Object.entries(directories)) system[name] = path
  const overrides: Record<string, string> = {}
  for (const [name, value] of Object.entries(properties))
    if (name.startsWith('tandemmq.')) overrides[name.slice('tandemmq.'.length)] = value
  const conf = system['activemq.conf'] ?? cwd
  return {
    ...given,
    system,
    origin: name => {
      if (Object.hasOwn(directories, name)) return directories[name]?.from ?? '-D'
      return Object.hasOwn(java, name) && !Object.hasOwn(properties, name) ? 'the system' : '-D'
    },
    overrides,
    resource: (location, namedIn) => resourcePath(location, dirname(namedIn), conf, cwd),
  }
}

/**
 * Derives ActiveMQ's directories as its start script does; what neither -D nor the environment says is guessed from
 * where the file lies, so that a stock file runs without ceremony: conf is the file's directory, home and base its
 * parent if it is called `conf` and else itself, data is base/data.
 */
function directoriesOf({ file, properties, env, cwd }: Surroundings): Readonly<Record<string, Directory>> {
  const pick = (property: string, ...variables: string[]): Directory | null => {
    const told = properties[property]
    if (told !== undefined) return { path: resolve(cwd, told), from: '-D' }
    const variable = variables.find(name => (env[name] ?? '') !== '')
    return variable === undefined ? null : { path: resolve(cwd, env[variable] ?? ''), from: variable }
  }
  const home = pick('activemq.home', 'ACTIVEMQ_HOME')
  const conf = pick('activemq.conf', 'ACTIVEMQ_CONF', 'ACTIVEMQ_CONFIG_DIR') ?? { path: dirname(file), from: BY_FILE }
  const above = basename(conf.path) === 'conf' ? dirname(conf.path) : conf.path
  const guessed = home === null ? derived(above, conf, 'activemq.conf') : derived(home.path, home, 'activemq.home')
  const base = pick('activemq.base', 'ACTIVEMQ_BASE') ?? guessed
  const data = pick('activemq.data', 'ACTIVEMQ_DATA', 'ACTIVEMQ_DATA_DIR')
  return {
    'activemq.home': home ?? derived(base.path, base, 'activemq.base'),
    'activemq.base': base,
    'activemq.conf': conf,
    'activemq.data': data ?? derived(join(base.path, 'data'), base, 'activemq.base'),
  }
}

interface Directory {
  readonly path: string
  /** As `Environment.origin` tells it. */
  readonly from: string
}

const BY_FILE = 'derived from where the file lies'

/** A directory that nobody named: worked out from another one. */
function derived(path: string, { from }: Directory, property: string): Directory {
  if (from.startsWith('derived ')) return { path, from }
  return { path, from: `derived from ${from === '-D' ? `-D${property}` : from}` }
}

function resourcePath(location: string, beside: string, conf: string, cwd: string): string {
  const file = /^file:(?:\/\/(?:localhost)?(?=\/))?(.*)$/i.exec(location)
  if (file !== null) return resolve(cwd, file[1] ?? '')
  const classPath = /^classpath\*?:\/?(.*)$/i.exec(location)
  if (classPath !== null) return join(conf, classPath[1] ?? '')
  return isAbsolute(location) ? resolve(location) : join(beside, location)
}
