import type { Position } from '../base/errors.ts'
import type { Sources } from './environment.ts'
import { isAbsolute, join, resolve } from './paths.ts'

/** What a start was asked to read (config 1.2). */
export type Located =
  | { readonly kind: 'file'; readonly path: string; readonly ignored: readonly string[] }
  | { readonly kind: 'properties'; readonly path: string }
  /** `broker:(…)`: the address is the configuration. */
  | { readonly kind: 'broker'; readonly uri: string }

export interface SourceProblem {
  readonly problem: string
  readonly hint: string
}

const HINT = 'give xbean:file:PATH, PATH, a directory, broker:(URI,…)/NAME?options, or properties:FILE'

/** Finds out what a source is; relative paths start at `cwd`, and what is not there is looked for in the conf directory. */
export function locate(
  source: string,
  cwd: string,
  conf: string | null,
  sources: Pick<Sources, 'exists' | 'list'>,
): Located | SourceProblem {
  const text = source.trim()
  if (text === '') return { problem: 'no configuration file is named', hint: HINT }
  if (/^broker:/i.test(text)) return { kind: 'broker', uri: text }
  const properties = /^properties:(.*)$/is.exec(text)
  const [bare, query] = cut(properties?.[1] ?? text.replace(/^xbean:/i, ''))
  const named = pathOf(bare)
  if (typeof named !== 'string') return named
  const path = find(named, cwd, conf, sources)
  if (typeof path !== 'string') return path
  if (properties !== null) return { kind: 'properties', path }
  return { kind: 'file', path, ignored: query.filter(name => name !== 'validate') }
}

/** The text before `?`, and the names of the options behind it. */
function cut(text: string): readonly [string, readonly string[]] {
  const at = text.indexOf('?')
  if (at < 0) return [text, []]
  const names = text.slice(at + 1).split('&')
  return [text.slice(0, at), names.map(part => part.split('=')[0] ?? '').filter(name => name !== '')]
}

/** A path out of `PATH`, `file:PATH`, `file:///PATH`, `classpath:NAME`; a class path is the conf directory. */
function pathOf(text: string): string | SourceProblem {
  if (text.trim() === '') return { problem: 'no configuration file is named', hint: HINT }
  const file = /^file:(?:\/\/(?:localhost)?(?=\/))?(.*)$/is.exec(text)
  if (file !== null) return decoded(file[1] ?? '')
  const classPath = /^classpath\*?:\/*(.*)$/is.exec(text)
  if (classPath !== null) return decoded(classPath[1] ?? '')
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]
  if (scheme === undefined) return text
  return { problem: `${scheme}: is not read; configurations are local files and nothing is fetched`, hint: HINT }
}

/** `%20` in a URL is a blank in the path; a stray `%` stays. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function find(
  path: string,
  cwd: string,
  conf: string | null,
  sources: Pick<Sources, 'exists' | 'list'>,
): string | SourceProblem {
  const direct = resolve(cwd, path)
  const places = [
    direct,
    ...(isAbsolute(path) ? [] : [conf, join(cwd, 'conf')].flatMap(at => at ?? []).map(at => join(at, path))),
  ]
  const there = places.find(place => sources.exists(place))
  if (there === undefined || sources.list(there) === null) return there ?? direct
  const inside = [join(there, 'conf/activemq.xml'), join(there, 'activemq.xml')]
  const file = inside.find(place => sources.exists(place))
  if (file !== undefined) return file
  return { problem: `the directory ${there} holds neither conf/activemq.xml nor activemq.xml`, hint: HINT }
}

export const startOf = (file: string): Position => ({ file, line: 1, column: 1 })
