import { attributeOf, type ElementWord, type Vocabulary } from '../vocabulary/vocabulary.ts'

/** Whom the file is written for. */
export type Target =
  | { readonly kind: 'tandemmq' }
  /** `label` is what the user asked for, `version` the newest release of it whose words are known. */
  | { readonly kind: 'activemq'; readonly label: string; readonly version: Version; readonly asked: readonly number[] }

export type Version = readonly [number, number, number]

/** The pair's two vocabularies (config 4.1); `keep` leaves each name as it is written. */
export type Names = 'keep' | 'active-passive' | 'master-slave'

/** ActiveMQ before 5.1 reads another namespace. */
const OLDEST: Version = [5, 1, 0]
const NEWEST_MAJOR = 6

/** `tandemmq`, `6.x`, `5.x`, `5.8`, `5.15.9`; else the sentence that says why not. */
export function readTarget(text: string, vocabulary: Vocabulary): Target | { readonly problem: string } {
  if (text.toLowerCase() === 'tandemmq') return { kind: 'tandemmq' }
  const match = /^(\d+)(?:\.(\d+|x))?(?:\.(\d+|x))?$/i.exec(text)
  if (match === null) return { problem: `"${text}" is no target; write tandemmq, 6.x, 5.x or a version such as 5.18.3` }
  const [, major = '', minor = 'x', patch = 'x'] = match
  const wanted = [major, minor, patch].map(part => (/x/i.test(part) ? Infinity : Number(part)))
  const version = nearest(wanted, vocabulary)
  if (version[0] > NEWEST_MAJOR) return { problem: `ActiveMQ ${text} is not known; 6.x is the newest` }
  if (compare(version, OLDEST) < 0)
    return { problem: `ActiveMQ ${text} reads another namespace; the oldest target is 5.1` }
  return { kind: 'activemq', label: text, version, asked: wanted }
}

/**
 * The newest release, among those at which a word came or went, that is no newer than the wanted one: between two of
 * them the words are the same. A minor line that is not among them stands for itself.
 */
function nearest([major = 0, minor = 0, patch = 0]: readonly number[], vocabulary: Vocabulary): Version {
  const known = releases(vocabulary).filter(one => one[0] === major && (minor === Infinity || one[1] === minor))
  const within = known.filter(one => compare(one, [major, minor, patch]) <= 0)
  const last = within.toSorted(compare).at(-1)
  if (last !== undefined) return last
  return [major, minor === Infinity ? 0 : minor, patch === Infinity ? 0 : patch]
}

const dated = new WeakMap<Vocabulary, readonly Version[]>()

function releases(vocabulary: Vocabulary): readonly Version[] {
  const made = dated.get(vocabulary)
  if (made !== undefined) return made
  const words = vocabulary.elementNames.flatMap(name => {
    const word = vocabulary.word(name)
    return word === null ? [] : [word, ...Object.values(word.attributes)]
  })
  const found = words
    .flatMap(({ since, until }) => [since, until])
    .flatMap(text => (text === undefined || text === DOCUMENTATION ? [] : [parse(text)]))
  dated.set(vocabulary, found)
  return found
}

const parse = (text: string): Version => {
  const [major = 0, minor = 0, patch = 0] = (text.match(/\d+/g) ?? []).map(Number)
  return [major, minor, patch]
}

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]

export interface Dated {
  readonly since?: string
  readonly until?: string
}

/** What the vocabulary gives as the first version of the pair's names that no release reads (config 4.1). */
const DOCUMENTATION = 'documentation'

export const onlyDocumented = (word: Dated | undefined | null): boolean => word?.since === DOCUMENTATION

/** Does the target know it? TandemMQ is asked for what today's ActiveMQ knows, and for the names of the documentation. */
export function knows(target: Target, { since, until }: Dated): boolean {
  if (target.kind === 'tandemmq') return until === undefined
  if (since === DOCUMENTATION) return false
  if (until !== undefined && compare(target.version, parse(until)) > 0) return false
  return since === undefined || compare(target.version, parse(since)) >= 0
}

/** Does the target know this attribute of an element? */
export function knowsAttribute(target: Target, word: ElementWord, name: string): boolean {
  const attribute = attributeOf(word, name)
  return attribute !== undefined && knows(target, attribute)
}

/** `ActiveMQ 6.x`, for sentences. */
export const nameOf = (target: Target): string =>
  target.kind === 'tandemmq' ? "today's ActiveMQ" : `ActiveMQ ${target.label}`

/** `ActiveMQ 5.6.0 to 5.16.5`, for sentences. */
export function lifetime({ since, until }: Dated): string {
  if (since === DOCUMENTATION) return 'a name that no ActiveMQ reads'
  if (until === undefined) return `ActiveMQ ${since ?? '4.x'} and newer`
  return `ActiveMQ ${since ?? '4.x'} to ${until}`
}

/** Does `…/activemq-core-5.4.2.xsd` name a version that was not asked for? A place without a version never does. */
export function hintsOther(location: string, target: Target): boolean {
  const match = /activemq-core-(\d+\.\d+(?:\.\d+)?)[^/]*\.xsd$/.exec(location)
  if (match?.[1] === undefined || target.kind === 'tandemmq') return false
  const asked = target.asked
  return parse(match[1]).some((part, i) => asked[i] !== part)
}
