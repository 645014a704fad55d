import { isLoopback, type ConnectorConfig } from '../config/config.ts'
import { called, nearest, placeOf, type Answers, type Both, type PairFile } from './pair-answers.ts'
import { addressOf, isWildcard, reach } from './pair-reach.ts'

/** Who is the passive of whom. False: these two would not meet as called. */
export function checkRoles(both: Both, answers: Answers): boolean {
  const { active, passive } = both
  const [mine, theirs] = [active.config.pair.activeConnector, passive.config.pair.activeConnector]
  const at = { active: mine?.at ?? active.config.at, passive: theirs?.at ?? passive.config.at }
  if (theirs === null && mine !== null) {
    const turned = mine.uris.some(uri => reach(addressOf(uri), passive).is === 'reached')
    const what = turned
      ? `you named them the other way round: ${called(active)} is the passive of ${called(passive)}`
      : `${called(active)} names an active, and ${called(passive)} does not`
    answers.add('roles', 'error', what, `tandemmq pair check ${passive.file} ${active.file}`, at)
    return false
  }
  if (theirs === null) {
    const hint = `write activeConnectorURI="tcp://HOST:PORT" into <broker> of ${passive.file}`
    answers.add(
      'roles',
      'error',
      `neither file names an active: both would lead, and know nothing of one another`,
      hint,
      at,
    )
    return false
  }
  if (mine === null) {
    const what = `${called(passive)} is the passive of ${called(active)}, which learns of it when it attaches`
    answers.add('roles', 'ok', what, null, { ...at, active: null })
  } else bothName(both, answers, at)
  remembered(both, answers)
  return true
}

/** `activeConnectorURI` in both counts for a store that was never in a pair (README, "A new disk"). */
function bothName({ active, passive }: Both, answers: Answers, at: Parameters<Answers['add']>[4]): void {
  const hint = `remove it from ${active.file}: a failed active finds its twin without it`
  if (active.role !== 'none' || passive.role !== 'none') {
    const what = 'each names the other: that counts for a store that was never in a pair, and decides nothing here'
    return answers.add('roles', 'note', what, null, at)
  }
  if (active.config.pair.startAlone) {
    const what = `each names the other, so both start as passives; ${called(active)} leads after ${active.config.pair.bootPeerWait} ms, by startAlone`
    return answers.add('roles', 'warning', what, hint, at)
  }
  answers.add(
    'roles',
    'error',
    'each names the other, so both start as passives and wait for ever: nobody leads',
    hint,
    at,
  )
}

function remembered({ active, passive }: Both, answers: Answers): void {
  if (passive.role !== 'active') return
  const what = `by its store ${called(passive)} led last: it is the active now, whatever its file says, and ${called(active)} follows it`
  answers.add('roles', 'note', what, null, { active: active.config.store.at, passive: passive.config.store.at })
}

/** Each has a disk of its own, and writes to it (config 4.3). */
export function checkStores(both: Both, machine: 'yes' | 'no' | 'unknown', answers: Answers): void {
  const { active, passive } = both
  const memory = [active, passive].filter(({ config }) => config.store.kind === 'memory')
  for (const file of memory) {
    const place = placeOf(file, '/persistent') ?? file.config.store.at
    const what = `${called(file)} keeps its messages in memory: such a broker has no twin`
    const hint = 'remove persistent="false" or the memoryPersistenceAdapter'
    answers.add(
      'store',
      'error',
      what,
      hint,
      file === active ? { active: place, passive: null } : { active: null, passive: place },
    )
  }
  if (memory.length > 0) return
  const at = { active: active.config.store.at, passive: passive.config.store.at }
  const [mine, theirs] = [active.config.store.directory, passive.config.store.directory]
  if (mine !== theirs) answers.add('store', 'ok', `a directory each: ${mine} and ${theirs}`, null, at)
  else sameDirectory(mine, machine, answers, at)
  checkSync(both, answers)
}

function sameDirectory(
  path: string,
  machine: 'yes' | 'no' | 'unknown',
  answers: Answers,
  at: Parameters<Answers['add']>[4],
): void {
  const hint = 'give each a directory of its own, by <kahaDB directory="…"> or -Dactivemq.data=…'
  if (machine === 'yes') {
    const what = `both use ${path} on one machine: the second waits for the lock of the first, and never attaches`
    return answers.add('store', 'error', what, hint, at)
  }
  if (machine === 'no') {
    const what = `both use ${path}: good as long as each machine has a disk of its own there`
    return answers.add('store', 'note', what, null, at)
  }
  const what = `both use ${path}: on one machine, or on a disk that both share, the second would never attach`
  answers.add('store', 'warning', what, hint, at)
}

function checkSync({ active, passive }: Both, answers: Answers): void {
  const loose = [active, passive].filter(({ config }) => config.store.sync !== 'always')
  if (loose.length === 0) return
  const what = `${loose.map(file => `${called(file)} syncs ${file.config.store.sync === 'never' ? 'never' : `every ${file.config.store.syncInterval} ms`}`).join(', ')}: an acknowledged message is not on both disks, and a power cut can lose it`
  const hint = 'remove journalDiskSyncStrategy and enableJournalDiskSyncs from <kahaDB>'
  answers.add('store', 'warning', what, hint, { active: active.config.store.at, passive: passive.config.store.at })
}

/** Two brokers of one machine need different ports: the one that comes back finds its own taken (config 4.3). */
export function checkPorts(both: Both, machine: 'yes' | 'no' | 'unknown', answers: Answers): void {
  const { active, passive } = both
  const taken = active.config.connectors.flatMap(one =>
    passive.config.connectors.filter(other => collide(one, other)).map(other => [one, other] as const),
  )
  for (const [one, other] of taken) {
    const at = { active: one.at, passive: other.at }
    if (machine === 'yes') {
      const what = `"${one.name}" of ${called(active)} and "${other.name}" of ${called(passive)} want the same port ${one.port} of one machine`
      answers.add('ports', 'error', what, 'give each a port of its own', at)
    } else if (!isLoopback(other.host)) {
      const what = `both use port ${one.port}: good on two machines, which is what clients expect`
      answers.add('ports', 'note', what, null, at)
    }
  }
  if (taken.length === 0) answers.add('ports', 'ok', 'no port is wanted twice', null, { active: null, passive: null })
  const [mine, theirs] = [active.config.http, passive.config.http]
  if (machine !== 'yes' || mine === null || theirs === null || mine.port !== theirs.port || mine.port === 0) return
  const what = `both want ${mine.host}:${mine.port} for HTTP: the second goes on without, and pair status cannot ask it`
  const hint = `start one of them with -Dtandemmq.http=${mine.host}:${mine.port + 1}`
  answers.add('ports', 'warning', what, hint)
}

const collide = (a: ConnectorConfig, b: ConnectorConfig): boolean =>
  a.port !== 0 &&
  a.port === b.port &&
  (a.host === b.host || isWildcard(a.host) || isWildcard(b.host) || (isLoopback(a.host) && isLoopback(b.host)))

/** Both may have one name; logs are then hard to read (config 4.3). */
export function checkNames({ active, passive }: Both, answers: Answers): void {
  if (active.config.brokerName !== passive.config.brokerName) return
  const what = `both are called ${called(active)}: allowed, but logs and pair status do not tell them apart`
  const at = { active: nearest(active, '/brokerName'), passive: nearest(passive, '/brokerName') }
  answers.add('settings', 'note', what, 'give each a brokerName of its own', at)
}

/** A network connector from one to the other: "you should not configure a connection between the active and a passive". */
export function checkNetworks(both: Both, answers: Answers): void {
  const { active, passive } = both
  for (const [from, to] of [
    [active, passive],
    [passive, active],
  ] as const) {
    const place = networkTo(from, to)
    if (place === null) continue
    const what = `${called(from)} has a network connector to ${called(to)}: in a pair there is none, and here it is not served`
    answers.add(
      'settings',
      'warning',
      what,
      'remove it',
      from === active ? { active: place, passive: null } : { active: null, passive: place },
    )
  }
}

function networkTo(from: PairFile, to: PairFile): PairFile['config']['at'] | null {
  for (const item of from.broker.slots.get('networkConnectors') ?? []) {
    if (item.kind !== 'object') continue
    const uri = item.object.values.get('uri')
    for (const [, host = '', port] of (uri?.text ?? '').matchAll(/:\/\/\[?([^\],/()?]*?)\]?:(\d+)/g)) {
      const address = { uri: '', host, port: Number(port), tls: false }
      const way = reach(address, to)
      if (way.is === 'reached' || to.config.connectors.some(one => one.port === address.port && isWildcard(one.host)))
        return uri?.at ?? item.object.at
    }
  }
  return null
}
