import { suggest } from '../base/suggest.ts'

/** The ActiveMQ releases whose words were compared, oldest first: each that published a schema, then those read from source. */
export const RELEASES: readonly string[] = (
  '4.1.0 4.1.1 4.1.2 5.0.0 5.1.0 5.2.0 5.3.0 5.3.1 5.3.2 5.4.0 5.4.1 5.4.2 5.5.0 5.6.0 5.7.0 5.8.0 5.9.0 5.10.0 5.10.1 ' +
  '5.10.2 5.11.0 5.11.1 5.11.2 5.11.3 5.12.0 5.12.1 5.12.2 5.13.0 5.13.2 5.13.3 5.13.4 5.14.0 5.14.1 5.14.2 5.14.3 ' +
  '5.14.4 5.14.5 5.15.0 5.15.1 5.15.2 5.15.3 5.15.4 5.15.5 5.15.6 5.15.7 5.15.8 5.15.9 5.15.10 5.15.11 5.15.12 5.15.13 ' +
  '5.15.14 5.15.15 5.16.0 5.16.1 5.16.2 5.16.3 5.16.4 5.16.5 5.17.0 5.17.1 5.17.2 5.17.3 5.17.7 5.18.0 5.18.7 5.19.0 ' +
  '5.19.10 6.0.1 6.1.0 6.1.8 6.2.0 6.2.9 6.3.0 6.3.1'
).split(' ')

/** Which broker a file is checked for. */
export type Target =
  | { readonly kind: 'tandemmq' }
  | {
      readonly kind: 'activemq'
      /** The release whose words count. */
      readonly release: string
      /** What was asked for, when that release itself was not compared: `release` is the one nearest to it. */
      readonly asked: string | null
    }

/**
 * `tandemmq`, `5.7.0`, `5.7` and `5.x` (the newest of the line), `activemq-…` before each, `activemq` and `head` (the
 * newest of all). A release in between takes the words of the one before it. A sentence when there is no such version.
 */
export function targetOf(text: string): Target | { readonly problem: string } {
  const given = text.trim().toLowerCase()
  if (given === 'tandemmq') return { kind: 'tandemmq' }
  const name = given.replace(/^(?:apache-)?activemq-?/, '').replace(/^v(?=\d)/, '')
  const newest = RELEASES.at(-1) ?? ''
  if (name === '' || name === 'head') return { kind: 'activemq', release: newest, asked: null }
  const match = /^(\d+)(?:\.(\d+|x)(?:\.(\d+|x))?)?$/.exec(name)
  if (match === null) return unknown(text, name)
  const line = match.slice(1).filter(part => part !== undefined && part !== 'x')
  if (line.length < 3) {
    const inLine = RELEASES.filter(release => `${release}.`.startsWith(`${line.join('.')}.`))
    const release = inLine.at(-1)
    return release === undefined ? unknown(text, name) : { kind: 'activemq', release, asked: null }
  }
  if (RELEASES.includes(name)) return { kind: 'activemq', release: name, asked: null }
  const [major, minor] = line
  const sameLine = RELEASES.filter(release => release.startsWith(`${major}.${minor}.`))
  const near = sameLine.findLast(release => compareVersions(release, name) < 0) ?? sameLine[0]
  if (near !== undefined) return { kind: 'activemq', release: near, asked: name }
  // 4.0 published no schema; what is said to be in 4.1 "or earlier" is taken to be there.
  return major === '4' && minor === '0' ? { kind: 'activemq', release: name, asked: null } : unknown(text, name)
}

function unknown(text: string, name: string): { readonly problem: string } {
  const lines = [...new Set(RELEASES.map(release => release.split('.').slice(0, 2).join('.')))]
  const meant = suggest(name, [
    ...lines.toReversed(),
    ...RELEASES.toReversed(),
    '4.x',
    '5.x',
    '6.x',
    'tandemmq',
    'head',
  ])
  const hint = meant === null ? `known: tandemmq, ${lines[0]} to ${lines.at(-1)}` : `did you mean "${meant}"?`
  return { problem: `there is no version "${text}"; ${hint}` }
}

/** By their numbers: 5.9.0 before 5.10.0. */
export function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Did a word that came with `since` and went with `until` (both: with that release; absent: always) exist in `release`? */
export function existed(
  { since, until }: { readonly since?: string; readonly until?: string },
  release: string,
): 'yes' | 'not yet' | 'no more' {
  if (since !== undefined && compareVersions(release, since) < 0) return 'not yet'
  if (until === undefined) return 'yes'
  // `4.0` is all of that line.
  const line = release.split('.').slice(0, until.split('.').length).join('.')
  return compareVersions(line, until) > 0 ? 'no more' : 'yes'
}
