/**
 * Which rows of the specification are tested, which differ, and which nobody has accounted for.
 *
 *   ../shared/spec/{semantics,stomp}.md ─► rows ──┐
 *   test titles `ID, ID … ID: sentence` ─► tested ┼─► account
 *   README "Differences, row by row"    ─► differs┘
 *
 * A row is the first cell of a table line. A title claims the rows in front of its first colon: one ID, a list, or a range
 * (`S-TX-01 … S-TX-03`). A row may be tested and differ too: then the table says in which part.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface Row {
  readonly id: string
  readonly text: string
}

export interface Claim {
  readonly id: string
  /** Where the claim is made: a file of test/, or README.md. */
  readonly where: string
}

export interface Account {
  readonly rows: readonly Row[]
  readonly tested: readonly Claim[]
  readonly differing: readonly Claim[]
  /** Claims about rows that do not exist. */
  readonly unknown: readonly Claim[]
  readonly unaccounted: readonly Row[]
}

const ID = String.raw`(?:S-)?[A-Z]{1,3}-\d+[a-z]?`
/** The rows a title or a cell of the table names: IDs, commas, ranges. */
const LIST = String.raw`${ID}(?:(?:, | … |…|\.\.)(?:${ID}|\d+))*`
const TITLE = new RegExp(`(['"\`])(${LIST}): `, 'g')
const CELL = new RegExp(String.raw`^\| (${LIST}) \| (.+) \|$`)
/** The files whose rows have to be accounted for, and one whose IDs titles may name as well. */
const SPECIFICATION = ['semantics.md', 'stomp.md'] as const
const ALSO_KNOWN = 'management.md'
/** Rooms whose titles mean the rows of management.md where both have one of that name: `W-01` is a wildcard and a start. */
const ITS_ROOMS = /^(?:http|cli)\//

/** Rows of a specification file in its order. Twice the same ID is one row. */
export function rowsOf(markdown: string): Row[] {
  const rows = new Map<string, Row>()
  for (const line of markdown.split('\n')) {
    const found = new RegExp(String.raw`^\| (${ID}) \| (.+)$`).exec(line)
    if (found !== null && !rows.has(found[1]!)) rows.set(found[1]!, { id: found[1]!, text: found[2]! })
  }
  return [...rows.values()]
}

/** `S-TX-01 … S-TX-03, X-01` names four rows; a range lies within one section. */
export function expand(list: string): string[] {
  const ids: string[] = []
  for (const part of list.split(', ')) {
    const [first = '', last] = part.split(/ … |…|\.\./)
    const [, section = '', from = ''] = /^(.*-)(\d+)[a-z]?$/.exec(first) ?? []
    if (last === undefined) ids.push(first)
    else
      for (let i = Number(from); i <= Number(/\d+$/.exec(last)?.[0]); i++) ids.push(section + `${i}`.padStart(2, '0'))
  }
  return ids
}

/** The rows that the titles of a test file claim. Skipped and unwritten tests claim nothing. */
export function claimsOf(source: string): string[] {
  const live = source.replace(/\btest\.(?:serial\.)?(?:skip|todo|failing)\(\s*(['"`]).*?\1/gs, '')
  return [...live.matchAll(TITLE)].flatMap(([, , list = '']) => expand(list))
}

/** The rows of the README's table of differences. */
export function differencesOf(readme: string): string[] {
  const section = /^#{2,3} Differences, row by row$(.*?)(?=^## |^### |$(?![\s\S]))/ms.exec(readme)?.[1] ?? ''
  return section.split('\n').flatMap(line => expand(CELL.exec(line)?.[1] ?? '').filter(id => id !== ''))
}

function testClaims(directory: string): Claim[] {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.test.ts'))
  return files.flatMap(where => claimsOf(readFileSync(join(directory, where), 'utf8')).map(id => ({ id, where })))
}

/** null: the specification is not there. `root` is the repository. */
export function account(root: string): Account | null {
  const directory = join(root, '..', 'shared', 'spec')
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8')
  let rows: Row[]
  let also: Row[]
  try {
    rows = SPECIFICATION.flatMap(name => rowsOf(read(name)))
    also = rowsOf(read(ALSO_KNOWN))
  } catch {
    return null
  }
  const managed = new Set(also.map(({ id }) => id))
  const tested = testClaims(join(root, 'test')).filter(({ id, where }) => !(ITS_ROOMS.test(where) && managed.has(id)))
  const differing = differencesOf(readFileSync(join(root, 'README.md'), 'utf8')).map(id => ({ id, where: 'README.md' }))
  const claimed = new Set([...tested, ...differing].map(({ id }) => id))
  const known = new Set([...managed, ...rows.map(({ id }) => id)])
  return {
    rows,
    tested,
    differing,
    unknown: [...tested, ...differing].filter(({ id }) => !known.has(id)),
    unaccounted: rows.filter(({ id }) => !claimed.has(id)),
  }
}

/** The part of an ID in front of its number: `S-TX`, `Q`. */
export const sectionOf = (id: string): string => id.replace(/-\d+[a-z]?$/, '')
