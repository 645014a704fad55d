import type { AuthenticationConfig, ConnectorConfig, TlsConfig } from './model.ts'
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
}

/** The process around one load: properties, environment and directories, all as arguments. */
export interface Environment {
  readonly sources: Sources
  readonly cwd: string
  /** System properties: those of the -D options, and activemq.home, .base, .conf, .data. */
  readonly system: Readonly<Record<string, string>>
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

/**
 * Derives ActiveMQ's directories as its start script does; what neither -D nor the environment says is guessed from
 * where the file lies, so that a stock file runs without ceremony: conf is the file's directory, home and base its
 * parent if it is called `conf` and else itself, data is base/data.
 */
export function environmentOf(given: Surroundings): Environment {
  const { file, properties, env, cwd } = given
  const beside = dirname(file)
  const pick = (property: string, ...variables: string[]): string | null => {
    const told =
      properties[property] ?? variables.map(name => env[name]).find(value => value !== undefined && value !== '')
    return told === undefined ? null : resolve(cwd, told)
  }
  const home = pick('activemq.home', 'ACTIVEMQ_HOME')
  const conf = pick('activemq.conf', 'ACTIVEMQ_CONF', 'ACTIVEMQ_CONFIG_DIR') ?? beside
  const base = pick('activemq.base', 'ACTIVEMQ_BASE') ?? home ?? (basename(conf) === 'conf' ? dirname(conf) : conf)
  const data = pick('activemq.data', 'ACTIVEMQ_DATA', 'ACTIVEMQ_DATA_DIR') ?? join(base, 'data')
  const system: Record<string, string> = {
    'user.dir': cwd,
    'file.separator': '/',
    'java.io.tmpdir': env['TMPDIR'] ?? '/tmp',
    ...(env['HOME'] === undefined ? {} : { 'user.home': env['HOME'] }),
    ...properties,
    'activemq.home': home ?? base,
    'activemq.base': base,
    'activemq.conf': conf,
    'activemq.data': data,
  }
  const overrides: Record<string, string> = {}
  for (const [name, value] of Object.entries(properties))
    if (name.startsWith('tandemmq.')) overrides[name.slice('tandemmq.'.length)] = value
  return {
    ...given,
    system,
    overrides,
    resource: (location, namedIn) => resourcePath(location, dirname(namedIn), conf, cwd),
  }
}

function resourcePath(location: string, beside: string, conf: string, cwd: string): string {
  const file = /^file:(?:\/\/(?:localhost)?(?=\/))?(.*)$/i.exec(location)
  if (file !== null) return resolve(cwd, file[1] ?? '')
  const classPath = /^classpath\*?:\/?(.*)$/i.exec(location)
  if (classPath !== null) return join(conf, classPath[1] ?? '')
  return isAbsolute(location) ? resolve(location) : join(beside, location)
}
