import { readFileSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Findings, type Finding } from '../base/findings.ts'
import { readConfig, type Reading } from '../config/config.ts'
import { advice } from '../inspect/inspect.ts'
import { decryptJasypt } from '../security/security.ts'
import type { checkStart, Skipped } from '../server/server.ts'
import type { Terminal } from './cli.ts'

const STDIN = '<stdin>'

/** A source that `start` reads and that is no configuration file: an address, or properties (config 1.2). */
export const NO_FILE: RegExp = /^(?:broker|properties):/i

/** Reads a configuration as `start` would, `-` from the standard input, which then lies in the working directory. */
export function readSource(
  source: string,
  properties: Readonly<Record<string, string>>,
  { env, cwd }: Terminal,
): Promise<Reading> {
  const options = { properties, env, cwd, decrypt: decryptJasypt }
  if (source !== '-') return readConfig(source, options)
  return readConfig(STDIN, { ...options, given: new Map([[join(cwd, STDIN), readFileSync(0)]]) })
}

/** What the file says, what only a start would find, and what whoever comes from ActiveMQ should know. */
export async function allFindings(
  reading: Reading,
  properties: Readonly<Record<string, string>>,
  { env }: Terminal,
): Promise<readonly Finding[]> {
  const all = new Findings()
  const started = await onlyAtStart(reading, { properties, environment: env })
  for (const { severity, code, at, message, hint } of [...reading.findings, ...started, ...advice(reading)])
    all.add(severity, code, at, message, hint)
  return all.list()
}

/** The server is not loaded for a file that has nothing for it to try. */
async function onlyAtStart(
  reading: Reading,
  surroundings: Parameters<typeof checkStart>[1],
): Promise<readonly Finding[]> {
  const { model } = reading
  const web = model?.http?.web ?? null
  const guarded = model !== null && (model.authentication !== null || model.tls !== null || web !== null)
  if (!guarded && !model?.connectors.some(({ tls }) => tls)) return []
  const server = await import('../server/server.ts')
  return server.checkStart(model, surroundings, skipped(reading))
}

/** What was found wrong while it was read need not be tried. */
function skipped({ findings, broker, model }: Reading): ReadonlySet<Skipped> {
  const parts = new Set<Skipped>()
  const stops = findings.filter(({ severity }) => severity === 'error' || severity === 'refuse')
  const broken = (slot: string): boolean =>
    (broker?.slots.get(slot) ?? []).some(item => item.kind === 'object' && item.object.failed.size > 0)
  if (stops.some(({ code }) => code === 'CONFIG_LOGIN') || broken('plugins')) parts.add('authentication')
  if (stops.some(({ code }) => code === 'CONFIG_TLS') || broken('sslContext')) parts.add('tls')
  const jetty = model?.http?.web?.at.file
  if (stops.some(({ at, code }) => at.file === jetty || code.startsWith('AUTH_FILE'))) parts.add('web')
  return parts
}

/** A path as a person would write it: relative to the working directory when it lies below that. */
export function shortPath(path: string, cwd: string): string {
  if (!isAbsolute(path)) return path
  const below = relative(cwd, path)
  return below === '' || below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below) ? path : below
}

/** The same as a URI reference. */
export function pathUri(path: string, cwd: string): string {
  const short = shortPath(path, cwd)
  return isAbsolute(short) ? pathToFileURL(short).href : short.split(sep).map(encodeURIComponent).join('/')
}
