import { readFileSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readConfig, type Reading } from '../config/config.ts'
import { decryptJasypt } from '../security/security.ts'
import type { Terminal } from './cli.ts'

const STDIN = '<stdin>'

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
