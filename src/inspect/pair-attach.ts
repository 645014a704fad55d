import { isLoopback, type ConnectorConfig } from '../config/config.ts'
import { called, listed, nearest, placeOf, type Answers, type Attach, type AttachAnswer } from './pair-answers.ts'
import type { Attempt, Both, PairFile } from './pair-answers.ts'
import { addressOf, isLiteral, isWildcard, reach, type Reach, type TwinAddress } from './pair-reach.ts'

interface Found {
  readonly address: TwinAddress
  readonly reach: Reach
}

/** Does the passive come to a connector of the active, and is it let in there? (config 4.6, replication.md rule 10) */
export async function checkAttach(both: Both, attach: Attach, answers: Answers): Promise<void> {
  const { active, passive } = both
  const connector = passive.config.pair.activeConnector
  if (connector === null) return
  const found = connector.uris.map(addressOf).map(address => ({ address, reach: reach(address, active) }))
  const reached = found.find(({ reach: { is } }) => is === 'reached')
  for (const one of found) tellAddress(one, both, reached !== undefined, answers)
  if (reached?.reach.is !== 'reached') return
  const { userName, password } = connector
  const answer = await attach({
    from: passive,
    to: active,
    connector: reached.reach.connector,
    host: reached.address.host,
    login: userName === null ? 'none' : { userName, password: password ?? '' },
  })
  tellAttach(answer, both, reached.reach.connector, answers)
}

function tellAddress({ address, reach }: Found, { active, passive }: Both, other: boolean, answers: Answers): void {
  const named = placeOf(passive, '/pair/activeConnector')
  const { uri, host } = address
  if (reach.is === 'missed') {
    const [status, rest] = other
      ? (['warning', '; the other address is used instead'] as const)
      : (['error', ''] as const)
    const what = `${uri} reaches no connector of ${called(active)}: ${reach.why}${rest}`
    return answers.add('address', status, what, reach.hint, { active: reach.at, passive: named })
  }
  const { connector, certainty } = reach
  const at = { active: connector.at, passive: named }
  const what = `${uri} is connector "${connector.name}" of ${called(active)}`
  if (certainty === 'sure') return answers.add('address', 'ok', what, null, at)
  if (certainty === 'told') return answers.add('address', 'note', `${what}, as -Dtandemmq.pair.announce says`, null, at)
  const [name, literal] = isLiteral(host) ? [connector.host, host] : [host, connector.host]
  const told = `${what} if ${name} is ${literal}: host names are not resolved here`
  answers.add('address', 'warning', told, `on the passive's machine: ping ${name}`, at)
}

function tellAttach(answer: AttachAnswer, both: Both, connector: ConnectorConfig, answers: Answers): void {
  const { active, passive } = both
  const login = loginPlace(passive)
  const guard = active.config.authentication?.at ?? connector.at
  const at = { active: guard, passive: login }
  if (answer.is === 'let in') {
    const who = answer.user === null ? 'without a login' : `as ${answer.user}`
    answers.add('attach', 'ok', `${called(active)} lets its passive in ${who}`, null, at)
    for (const note of answer.notes)
      answers.add('attach', 'note', note, null, { active: active.config.at, passive: null })
    return
  }
  if (answer.is === 'unknown')
    return answers.add('attach', 'warning', answer.text, 'start both and look at pair status', at)
  if (answer.by === 'tls') {
    const place = { active: active.config.tls?.at ?? connector.at, passive: passive.config.tls?.at ?? login }
    return answers.add('attach', 'error', `the TLS connection would fail: ${answer.text}`, tlsHint(answer.text), place)
  }
  const hint = answer.by === 'login' ? loginHint(both) : rightHint(both)
  const place = answer.by === 'right' ? (active.config.authorization?.at ?? guard) : guard
  answers.add('attach', 'error', `${called(active)} would refuse its passive: ${answer.text}`, hint, {
    active: place,
    passive: login,
  })
}

const loginPlace = (file: PairFile): ReturnType<typeof nearest> =>
  placeOf(file, '/pair/activeConnector/userName') ?? nearest(file, '/pair/activeConnector')

const ELEMENT = '<services><activeConnector remoteURI="…" userName="…" password="…"/></services>'

function loginHint({ active, passive }: Both): string {
  const { authentication } = active.config
  const user = passive.config.pair.activeConnector?.userName ?? null
  if (user === null) return `give it a login: ${ELEMENT} in place of the attribute`
  if (authentication?.kind !== 'simple') return `compare userName and password with the users of ${called(active)}`
  if (authentication.users.some(({ name }) => name === user))
    return `the password of ${user} in ${active.file} is another one`
  return `${active.file} has no user ${user}: add <authenticationUser username="${user}" …>`
}

function rightHint({ active, passive }: Both): string {
  const user = passive.config.pair.activeConnector?.userName ?? null
  const anonymous = user === null ? `give it a login: ${ELEMENT}; and ` : ''
  const setting = `start both with -Dtandemmq.pair.replicators=${user ?? 'USER'}`
  return active.config.authorization === null || active.config.pair.replicators !== null
    ? `${anonymous}${setting}`
    : `${anonymous}${setting}, or give a group of that user admin on queue=">" and topic=">"`
}

function tlsHint(text: string): string {
  if (/hostname|altnames|IP:|not in the cert/i.test(text))
    return 'name the active by a host name that its certificate carries, or give it a certificate for this one'
  if (/client certificate/.test(text))
    return 'give the passive a keyStore in <sslContext> whose certificate is for clientAuth, and trusted by the trustStore of the active'
  return "import the active's certificate, or its authority's, into the trustStore of the passive"
}

/**
 * After a take-over the old active comes back and dials its twin: at the addresses that this one announced, or at those
 * in its own file. It logs in by what its file names, else by the secret of the pair.
 */
export async function checkFailBack(both: Both, local: boolean, attach: Attach, answers: Answers): Promise<void> {
  const { active, passive } = both
  const link = passive.config.pair.activeConnector
  if (link === null) return
  const back = active.config.pair.activeConnector
  const encrypted = link.uris.every(uri => uri.startsWith('ssl:'))
  const login: Attempt['login'] =
    back === null || back.userName === null ? 'secret' : { userName: back.userName, password: back.password ?? '' }
  const doors = [...named(both, back?.uris ?? []), ...announced(both, encrypted, local, answers)]
  if (doors.length === 0) return tellNoDoor(both, encrypted, local, answers)
  const failed: string[] = []
  for (const { connector, host } of doors) {
    const answer = await attach({ from: active, to: passive, connector, host, login })
    const at = { active: back?.at ?? null, passive: connector.at }
    if (answer.is === 'let in') return tellWayBack(both, connector, host, login, answers)
    if (answer.is === 'unknown') return answers.add('fail-back', 'warning', answer.text, null, at)
    failed.push(`connector "${connector.name}": ${answer.by === 'tls' ? 'TLS: ' : ''}${answer.text}`)
  }
  const what = `after a take-over ${called(active)} could not come back as the passive of ${called(passive)}: ${failed.join('; ')}`
  const hint =
    login === 'secret'
      ? 'give both files the same <sslContext>: each node must trust the other'
      : `let the login in ${active.file} into ${passive.file} too, or leave it out: a pair that has met has a secret`
  answers.add('fail-back', 'error', what, hint, {
    active: back?.at ?? active.config.tls?.at ?? null,
    passive: passive.config.authentication?.at ?? passive.config.at,
  })
}

interface Door {
  readonly connector: ConnectorConfig
  readonly host: string | null
}

function named({ passive }: Both, uris: readonly string[]): readonly Door[] {
  return uris.map(addressOf).flatMap(address => {
    const way = reach(address, passive)
    return way.is === 'reached' ? [{ connector: way.connector, host: address.host }] : []
  })
}

/** What the passive tells of itself: its plain-socket connectors, on an encrypted link only those with TLS. */
function announced({ passive }: Both, encrypted: boolean, local: boolean, answers: Answers): readonly Door[] {
  const { connectors, pair } = passive.config
  const usable = connectors.filter(({ transport, tls }) => transport === 'tcp' && (tls || !encrypted))
  if (pair.announce !== null) {
    const told = pair.announce.map(addressOf)
    const found = told.flatMap(address => {
      const connector = usable.find(({ tls }) => tls === address.tls)
      return connector === undefined ? [] : [{ connector, host: address.host }]
    })
    const odd = pair.announce.filter((_, index) => usable.every(({ tls }) => tls !== told[index]?.tls))
    if (odd.length > 0) {
      const what = `-Dtandemmq.pair.announce of ${called(passive)} names ${listed(odd)}, but no connector there speaks like that`
      answers.add('fail-back', 'warning', what, 'announce addresses that lead to its connectors', { active: null })
    }
    return found
  }
  return usable
    .filter(({ host, port }) => port !== 0 && (local || !isLoopback(host)))
    .map(connector => ({ connector, host: isWildcard(connector.host) ? null : connector.host }))
}

function tellNoDoor({ active, passive }: Both, encrypted: boolean, local: boolean, answers: Answers): void {
  const { connectors } = passive.config
  const plain = connectors.filter(({ transport }) => transport === 'tcp')
  const [first] = plain
  const at = { active: null, passive: first?.at ?? passive.config.at }
  const start = `after a take-over ${called(active)} could not find ${called(passive)} to follow it`
  const [why, hint] =
    first === undefined
      ? ['it has no connector but WebSocket', 'add a stomp or tcp connector']
      : encrypted && !plain.some(({ tls }) => tls)
        ? ['the pair speaks TLS, and it has no connector with TLS', 'add a stomp+ssl or ssl connector']
        : !local && plain.every(({ host }) => isLoopback(host))
          ? [`it listens on ${first.host} only`, 'let it listen on 0.0.0.0 or its own address']
          : ['its ports are chosen by the system', 'give its connector a port']
  answers.add('fail-back', 'error', `${start}: ${why}`, hint, at)
}

function tellWayBack(
  { active, passive }: Both,
  connector: ConnectorConfig,
  host: string | null,
  login: Attempt['login'],
  answers: Answers,
): void {
  const at = { active: placeOf(active, '/pair/activeConnector'), passive: connector.at }
  const by =
    typeof login === 'object'
      ? `as ${login.userName}, by its own file`
      : 'by the secret that both share once they have met'
  const what = `after a take-over ${called(active)} comes back to connector "${connector.name}" of ${called(passive)} ${by}`
  answers.add('fail-back', 'ok', what, null, at)
  if (host !== null || !connector.tls) return
  const loose = `"${connector.name}" listens on every address, so it is announced by its IP address, which the certificate of ${called(passive)} must carry`
  const hint = `start ${called(passive)} with -Dtandemmq.pair.announce=ssl://HOST:${connector.port}, with the host name in its certificate`
  answers.add('fail-back', 'warning', loose, hint, at)
}
