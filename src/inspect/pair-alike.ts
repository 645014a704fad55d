import type { Position } from '../base/errors.ts'
import { destinationUri, type DestinationName } from '../base/destination.ts'
import { isLoopback, type AclConfig, type BrokerConfig, type ConnectorConfig } from '../config/config.ts'
import { called, listed, nearest, placeOf, type Answers, type Both, type Status, type Topic } from './pair-answers.ts'

/** After a take-over clients find the passive's file in force: what differs there, they notice. */
export function checkAlike(both: Both, answers: Answers): void {
  checkUsers(both, answers)
  checkAccess(both, answers)
  checkConnectors(both, answers)
  checkPolicyMaps(both, answers)
  checkOthers(both, answers)
}

/** As JSON, without places: those differ between two files that mean the same. */
const plain = (value: unknown): string =>
  JSON.stringify(value ?? null, (key, each: unknown) => (key === 'at' || key === 'directory' ? undefined : each))

function checkUsers({ active, passive }: Both, answers: Answers): void {
  const [mine, theirs] = [active.config.authentication, passive.config.authentication]
  const at = { active: mine?.at ?? active.config.at, passive: theirs?.at ?? passive.config.at }
  const add = (status: Status, what: string, hint: string | null): void =>
    answers.add('security', status, what, hint, at)
  const same = 'write the same plugin into both files'
  if (mine === null && theirs === null) return
  if (mine === null)
    return add(
      'error',
      `only ${called(passive)} asks for a login: after a take-over clients without one are refused`,
      same,
    )
  if (theirs === null)
    return add('error', `only ${called(active)} asks for a login: after a take-over anybody is let in`, same)
  if (mine.kind !== theirs.kind)
    return add(
      'warning',
      `logins are judged by different plugins (${mine.kind}, ${theirs.kind}): what is compared here are files only`,
      same,
    )
  if (mine.kind !== 'simple' || theirs.kind !== 'simple')
    return add('note', 'both judge logins by files of users and groups beside them: keep those alike', null)
  if (theirs.anonymous !== null && mine.anonymous === null)
    add(
      'error',
      `only ${called(passive)} lets clients in without a login: after a take-over the protection is gone`,
      'remove anonymousAccessAllowed',
    )
  else if (plain(mine.anonymous) !== plain(theirs.anonymous))
    add(
      'warning',
      'clients without a login are let in by one file only, or as somebody else',
      'write the same anonymous… attributes into both',
    )
  const [here, there] = [usersOf(mine.users), usersOf(theirs.users)]
  const missing = [...here.keys()].filter(name => !there.has(name))
  const more = [...there.keys()].filter(name => !here.has(name))
  const passwords = [...here].filter(
    ([name, { password }]) => there.has(name) && there.get(name)?.password !== password,
  )
  const groups = [...here].filter(([name, user]) => there.has(name) && user.groups !== there.get(name)?.groups)
  const names = (list: readonly (readonly [string, unknown])[]): string => listed(list.map(([name]) => name))
  const differing = [
    ...(missing.length > 0 ? [`${called(passive)} does not know ${listed(missing)}`] : []),
    ...(more.length > 0 ? [`only ${called(passive)} knows ${listed(more)}`] : []),
    ...(passwords.length > 0 ? [`the password of ${names(passwords)} differs`] : []),
    ...(groups.length > 0 ? [`the groups of ${names(groups)} differ`] : []),
  ]
  if (differing.length > 0)
    add(
      'warning',
      `after a take-over logins are judged differently: ${differing.join('; ')}`,
      'make the users of both files alike',
    )
  else add('ok', 'both know the same users', null)
}

/** The last one of a name counts, as in the broker; the order of groups does not. */
const usersOf = (
  users: readonly { readonly name: string; readonly password: string; readonly groups: readonly string[] }[],
): ReadonlyMap<string, { readonly password: string; readonly groups: string }> =>
  new Map(
    users.map(({ name, password, groups }) => [name, { password, groups: [...new Set(groups)].toSorted().join() }]),
  )

function checkAccess({ active, passive }: Both, answers: Answers): void {
  const [mine, theirs] = [active.config.authorization, passive.config.authorization]
  const at = { active: mine?.at ?? active.config.at, passive: theirs?.at ?? passive.config.at }
  const same = 'write the same authorizationPlugin into both files'
  const add = (status: Status, what: string, hint: string | null): void =>
    answers.add('security', status, what, hint, at)
  if (mine === null && theirs === null) return
  if (mine === null)
    return add(
      'error',
      `only ${called(passive)} has access rules: after a take-over clients may be refused what they do now`,
      same,
    )
  if (theirs === null)
    return add('error', `only ${called(active)} has access rules: after a take-over every user may do everything`, same)
  const differing = differences(rules(mine.entries), rules(theirs.entries))
  if (plain(sorted(mine.defaultEntry)) !== plain(sorted(theirs.defaultEntry))) differing.push('the default entry')
  if (plain(sorted(mine.temporary)) !== plain(sorted(theirs.temporary))) differing.push('temporary destinations')
  if (differing.length === 0) return add('ok', 'both have the same access rules', null)
  add(
    'warning',
    `the access rules differ for ${listed(differing)}: after a take-over clients may do more or less than now`,
    same,
  )
}

const sorted = (acl: AclConfig | null): unknown =>
  acl && { read: acl.read.toSorted(), write: acl.write.toSorted(), admin: acl.admin.toSorted() }

/** By destination; several entries for one add up, in any order. */
function rules(entries: readonly (AclConfig & { readonly destination: DestinationName })[]): Map<string, string> {
  const all = new Map<string, string[]>()
  for (const entry of entries) {
    const key = destinationUri(entry.destination)
    all.set(key, [...(all.get(key) ?? []), plain(sorted(entry))])
  }
  return new Map([...all].map(([key, list]) => [key, list.toSorted().join()]))
}

function differences(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter(key => a.get(key) !== b.get(key))
}

const kindOf = ({ transport, tls }: ConnectorConfig): string =>
  transport === 'ws' ? (tls ? 'wss' : 'ws') : tls ? 'stomp with TLS' : 'stomp'

/** Of a connector, what its clients notice. Port and address are its own. */
const NOTICED = [
  'needClientAuth',
  'wantClientAuth',
  'maximumConnections',
  'maxFrameSize',
  'maxDataLength',
  'allowLinkStealing',
  'maximumConsumersAllowedPerConnection',
  'defaultHeartBeat',
  'enabledProtocols',
  'enabledCipherSuites',
] as const

function checkConnectors({ active, passive }: Both, answers: Answers): void {
  const [mine, theirs] = [active.config.connectors, passive.config.connectors]
  const [first, last] = [mine[0], theirs[0]]
  if (first === undefined || last === undefined) return
  const at = { active: first.at, passive: last.at }
  const add = (status: Status, what: string, hint: string | null, place = at): void =>
    answers.add('connectors', status, what, hint, place)
  const kinds = [...new Set(mine.map(kindOf))]
  const gone = kinds.filter(kind => !theirs.some(one => kindOf(one) === kind))
  if (gone.length === kinds.length)
    add(
      'error',
      `${called(passive)} has no connector of a kind that ${called(active)} has (${listed(gone)}): after a take-over no client gets in`,
      `add one to ${passive.file}`,
    )
  else if (gone.length > 0)
    add(
      'warning',
      `${called(passive)} has no connector for ${listed(gone)}: after a take-over those clients find none`,
      `add one to ${passive.file}`,
    )
  if (theirs.every(({ host }) => isLoopback(host)) && mine.some(({ host }) => !isLoopback(host)))
    add(
      'warning',
      `${called(passive)} listens on ${last.host} only: after a take-over clients on other machines cannot reach it`,
      'let it listen on 0.0.0.0 or its own address',
    )
  for (const one of mine) {
    const other =
      theirs.find(each => each.scheme === one.scheme && each.port === one.port) ??
      theirs.find(each => kindOf(each) === kindOf(one))
    if (other === undefined) continue
    const differing = NOTICED.filter(name => plain(one[name]) !== plain(other[name]))
    if (differing.length > 0)
      add(
        'warning',
        `"${one.name}" and "${other.name}" differ in ${listed(differing)}`,
        'write the same options into both URIs',
        { active: one.at, passive: other.at },
      )
  }
  if (gone.length === 0) add('ok', clients(mine, theirs), null)
}

/** Where clients look: two machines by the same port, one machine by two. */
function clients(mine: readonly ConnectorConfig[], theirs: readonly ConnectorConfig[]): string {
  const ports = (list: readonly ConnectorConfig[]): string => list.map(one => `${kindOf(one)} ${one.port}`).join(', ')
  return `clients name both: ${ports(mine)} of the active, ${ports(theirs)} of the passive`
}

const policies = ({ policies: list, defaultPolicy }: BrokerConfig): Map<string, string> => {
  const map = new Map<string, string>()
  for (const { destination, ...rest } of list) {
    const key = destination === null ? 'temporary destinations' : destinationUri(destination)
    map.set(key, `${map.get(key) ?? ''}${plain(rest)}`)
  }
  if (defaultPolicy !== null) map.set('the default entry', plain(defaultPolicy))
  return map
}

function checkPolicyMaps({ active, passive }: Both, answers: Answers): void {
  const differing = differences(policies(active.config), policies(passive.config))
  if (differing.length === 0) return
  const place = ({ policies: list, defaultPolicy, at }: BrokerConfig): Position => (list[0] ?? defaultPolicy)?.at ?? at
  const what = `<destinationPolicy> differs for ${listed(differing)}: after a take-over those queues and topics behave differently`
  answers.add('settings', 'warning', what, 'write the same policies into both files', {
    active: place(active.config),
    passive: place(passive.config),
  })
}

const BROKER = ['advisorySupport', 'populateJMSXUserID', 'pathSeparator', 'destinations'] as const
/** Fields of `durables` and the words that set them. */
const DURABLES = [
  ['keepActive', 'keepDurableSubsActive'],
  ['reject', 'rejectDurableConsumers'],
  ['offlineTimeout', 'offlineDurableSubscriberTimeout'],
  ['sweepActive', 'enableMessageExpirationOnActiveDurableSubs'],
] as const
/** Where a plugin writes its file is a node's own affair. */
const pluginsOf = ({ plugins }: BrokerConfig): string =>
  plain(plugins.map(plugin => ('file' in plugin ? { ...plugin, file: '' } : plugin)))

const USAGE = ['memoryLimit', 'storeLimit', 'tempLimit', 'sendFailIfNoSpace', 'sendFailIfNoSpaceAfterTimeout'] as const

function checkOthers(both: Both, answers: Answers): void {
  const { active, passive } = both
  const tell = (topic: Topic, names: readonly string[], prefix: string, what: string): void => {
    const [name] = names
    if (name === undefined) return
    const at = { active: nearest(active, `${prefix}${name}`), passive: nearest(passive, `${prefix}${name}`) }
    answers.add(topic, 'warning', `${listed(names)} ${what}`, 'make both files alike', at)
  }
  const broker: string[] = BROKER.filter(name => plain(active.config[name]) !== plain(passive.config[name]))
  if (plain(active.config.scheduler) !== plain(passive.config.scheduler)) broker.push('schedulerSupport')
  if (pluginsOf(active.config) !== pluginsOf(passive.config)) broker.push('plugins')
  tell('settings', broker, '/', 'differ: after a take-over clients would notice')
  const durables = DURABLES.filter(([field]) => active.config.durables[field] !== passive.config.durables[field])
  const words = durables.map(([, word]) => word as string)
  if (plain(active.config.virtual) !== plain(passive.config.virtual)) words.push('destinationInterceptors')
  tell('settings', words, '/', 'differ: after a take-over messages would go to other places')
  const usage = USAGE.filter(name => active.config.usage[name] !== passive.config.usage[name])
  tell('settings', usage, '/usage/', 'of <systemUsage> differ: after a take-over senders wait sooner or later than now')
  const [mine, theirs] = [active.config.store.journalMaxFileLength, passive.config.store.journalMaxFileLength]
  if (mine === theirs) return
  const what = `journalMaxFileLength is ${mine} and ${theirs} bytes: the journals stay alike, as segments end where the active ends them`
  answers.add('store', 'note', what, null, {
    active: placeOf(active, '/store/journalMaxFileLength'),
    passive: placeOf(passive, '/store/journalMaxFileLength'),
  })
}
