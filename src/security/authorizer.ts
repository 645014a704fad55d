import { destinationUri, isTemporaryKind } from '../base/destination.ts'
import type { DestinationKind, DestinationName } from '../base/destination.ts'
import { accessPattern, type AccessPattern } from './access-pattern.ts'
import type { Identity } from './identity.ts'

/** The authorization map; the shape of the configuration's, so that it can be passed through. */
export interface AuthorizationOptions {
  readonly entries: readonly (AccessList & { readonly destination: DestinationName })[]
  /** United with every match. */
  readonly defaultEntry: AccessList | null
  /** Null: temporary destinations are open to every authenticated user (SA-09). */
  readonly temporary: AccessList | null
}

/** Groups that may; `*` stands for anyone who has a group at all (SA-01). */
export interface AccessList {
  readonly read: readonly string[]
  readonly write: readonly string[]
  readonly admin: readonly string[]
}

/** read: subscribe and browse. write: send. admin: create a destination (SA-04). */
export type Action = 'read' | 'write' | 'admin'

export interface Authorizer {
  /** Without an authorization map everything is allowed. Cheap enough to ask for every message. */
  readonly may: (identity: Identity, action: Action, destination: DestinationName) => boolean
  /**
   * The refusal for a list of destinations, judged as one, or null: only what is granted for every part by entries of the
   * same wording counts (SA-08).
   */
  readonly refusalOfAll: (identity: Identity, action: Action, names: readonly DestinationName[]) => string | null
  /** What the client is told when it may not (SA-06, S-ERR-05). `admin` is the refusal to create. */
  readonly refusal: (identity: Identity, action: Action | 'remove', destination: DestinationName) => string
}

const VERBS = { read: 'read from', write: 'write to', admin: 'create', remove: 'remove' } as const
const COLUMNS = { read: 0, write: 4, admin: 8 } as const

/** Remembered decisions over all identities, after which remembering starts anew: some ten megabytes of names. */
const DECISIONS_MAX = 100_000

/** Null is a broker without authorization plugin. */
export function createAuthorizer(options: AuthorizationOptions | null): Authorizer {
  const map = options === null ? null : new AccessMap(options)
  const decisions = map === null ? null : new Decisions(map)
  return {
    may(identity, action, destination): boolean {
      if (decisions === null) return true
      return identity.authenticated && decisions.of(identity, action, destination)
    },
    refusalOfAll(identity, action, names): string | null {
      if (map === null || (identity.authenticated && map.grantsAll(identity.groups, action, names))) return null
      if (!identity.authenticated) return 'User is not authenticated.'
      const list = names.map((at, i) => (i === 0 ? at.name : destinationUri(at))).join(',')
      return `User ${identity.user ?? 'null'} is not authorized to ${VERBS[action]}: ${list}`
    },
    refusal(identity, action, destination): string {
      if (!identity.authenticated) return 'User is not authenticated.'
      return `User ${identity.user ?? 'null'} is not authorized to ${VERBS[action]}: ${destinationUri(destination)}`
    },
  }
}

/** The rule itself: the union over all matching entries; nothing matching, or the right missing, is a no (SA-02, SA-03). */
class AccessMap {
  readonly #entries: readonly (AccessList & { kind: DestinationKind; pattern: AccessPattern })[]
  readonly #defaultEntry: AccessList | null
  readonly #temporary: AccessList | null

  constructor({ entries, defaultEntry, temporary }: AuthorizationOptions) {
    this.#entries = entries.flatMap(({ destination, read, write, admin }) =>
      patternsOf(destination).map(pattern => ({ kind: destination.kind, pattern, read, write, admin })),
    )
    this.#defaultEntry = defaultEntry
    this.#temporary = temporary
  }

  grants(groups: readonly string[], action: Action, { kind, name }: DestinationName): boolean {
    if (isTemporaryKind(kind)) return this.#temporary === null || holds(groups, this.#temporary[action])
    if (this.#defaultEntry !== null && holds(groups, this.#defaultEntry[action])) return true
    return this.#entries.some(entry => entry.kind === kind && holds(groups, entry[action]) && entry.pattern(name))
  }

  /** Entries count as the same when their role texts are (SA-08); temporary destinations have one entry, or none. */
  grantsAll(groups: readonly string[], action: Action, names: readonly DestinationName[]): boolean {
    const kept = names
      .filter(({ kind }) => !isTemporaryKind(kind))
      .map(at => new Map(this.#matching(at).map(entry => [wording(entry), entry])))
    const [first = new Map<string, AccessList>(), ...others] = kept
    if (names.some(at => isTemporaryKind(at.kind) && !this.grants(groups, action, at))) return false
    if (kept.length === 0) return true
    return [...first].some(([text, entry]) => holds(groups, entry[action]) && others.every(other => other.has(text)))
  }

  #matching({ kind, name }: DestinationName): AccessList[] {
    const found: AccessList[] = this.#entries.filter(entry => entry.kind === kind && entry.pattern(name))
    return this.#defaultEntry === null ? found : [...found, this.#defaultEntry]
  }
}

/** The role texts of an entry: of every right, also when one is asked for. */
const wording = ({ read, write, admin }: AccessList): string =>
  [read, write, admin].map(roles => roles.toSorted().join(',')).join(';')

/** An entry for a list of destinations is an entry for each. */
const patternsOf = ({ name }: DestinationName): readonly AccessPattern[] =>
  name.split(',').map(part => accessPattern(part.trim()))

/** What an authorization map says about one destination. */
export interface Access<Entry> {
  /** The entries that are for it, in the order of the map; the default entry is not among them. */
  readonly entries: readonly Entry[]
  /** The groups that all of them together, and the default entry, let in. Null: everybody who is authenticated. */
  readonly groups: AccessList | null
}

/** The same rule as `may` goes by, as a list for people (SA-02, SA-09). */
export function accessTo<Entry extends AuthorizationOptions['entries'][number]>(
  options: Omit<AuthorizationOptions, 'entries'> & { readonly entries: readonly Entry[] },
  { kind, name }: DestinationName,
): Access<Entry> {
  if (isTemporaryKind(kind)) return { entries: [], groups: options.temporary }
  const entries = options.entries.filter(
    ({ destination }) => destination.kind === kind && patternsOf(destination).some(pattern => pattern(name)),
  )
  const lists = options.defaultEntry === null ? entries : [...entries, options.defaultEntry]
  const united = (action: Action): readonly string[] => [...new Set(lists.flatMap(list => list[action]))]
  return { entries, groups: { read: united('read'), write: united('write'), admin: united('admin') } }
}

const holds = (groups: readonly string[], roles: readonly string[]): boolean =>
  groups.length > 0 && roles.some(role => role === '*' || groups.includes(role))

/** By column (action and kind) and name. */
type Remembered = Map<string, boolean>[]

/** Remembers answers per set of groups, since nothing else of an identity counts. */
class Decisions {
  readonly #map: AccessMap
  #byIdentity = new WeakMap<Identity, Remembered>()
  #byGroups = new Map<string, Remembered>()
  #count = 0

  constructor(map: AccessMap) {
    this.#map = map
  }

  of(identity: Identity, action: Action, destination: DestinationName): boolean {
    const remembered = this.#byIdentity.get(identity) ?? this.#recall(identity)
    const column = (remembered[COLUMNS[action] + destination.kind] ??= new Map<string, boolean>())
    const known = column.get(destination.name)
    if (known !== undefined) return known
    const granted = this.#map.grants(identity.groups, action, destination)
    if (++this.#count > DECISIONS_MAX) this.#forget()
    else column.set(destination.name, granted)
    return granted
  }

  #recall(identity: Identity): Remembered {
    const key = JSON.stringify(identity.groups.toSorted())
    let remembered = this.#byGroups.get(key)
    if (remembered === undefined) this.#byGroups.set(key, (remembered = []))
    this.#byIdentity.set(identity, remembered)
    return remembered
  }

  #forget(): void {
    this.#byIdentity = new WeakMap()
    this.#byGroups = new Map()
    this.#count = 0
  }
}
