import type { Position } from '../base/errors.ts'
import { descendants, isConfigurer, textOf, type BrokerConfig, type Import, type Reading } from '../config/config.ts'
import type { Vocabulary } from '../vocabulary/vocabulary.ts'
import type { Element } from '../xml/xml.ts'
import { masked, MASK, type IsSecret } from './secrets.ts'

/** One `-Dtandemmq.NAME=VALUE`. */
export interface Setting {
  readonly name: string
  readonly value: string
  readonly sets: string
}

export interface Bean {
  readonly at: Position
  readonly id: string | null
  /** Its class, or the element that it is. */
  readonly what: string
}

/** All that stands around the broker, and what took part in the reading. */
export interface Surroundings {
  readonly settings: readonly Setting[]
  readonly imports: readonly Import[]
  readonly properties: readonly {
    readonly path: string
    readonly at: Position
    readonly found: boolean
    readonly optional: boolean
  }[]
  readonly configurers: readonly Bean[]
  /** Nothing of the broker leads to them (config 1.6). */
  readonly unused: readonly Bean[]
  readonly comesTo: readonly { readonly name: string; readonly value: string }[]
}

export function surroundings(reading: Reading, vocabulary: Vocabulary, isSecret: IsSecret): Surroundings {
  const { context, placeholders, outer, model } = reading
  const tops = context?.tops ?? []
  const configurers = tops.filter(isConfigurer)
  return {
    settings: Object.entries(outer.overrides).map(([name, value]) => ({
      name,
      value: isSecret(name) ? MASK : masked(value, isSecret),
      sets: settingOf(name, value, vocabulary),
    })),
    imports: importsOf(reading).toSorted((a, b) => a.at.line - b.at.line),
    properties: placeholders?.files ?? [],
    configurers: configurers.map(beanOf),
    unused: unused(reading, configurers).map(beanOf),
    comesTo: model === null ? [] : comesTo(model, outer.memoryBudget),
  }
}

/** What is left aside as the broker's may be the HTTP interface's, whose reader is another one. */
function importsOf({ context, config, model }: Reading): readonly Import[] {
  const web = (config ?? model)?.http?.web?.at.file
  const all = context?.imports ?? []
  return all.map(one => (one.outcome === 'aside' && one.path === web ? { ...one, outcome: 'read' } : one))
}

const SETTINGS: Readonly<Record<string, string>> = {
  http: 'where the HTTP interface listens, or off',
  'jolokia.policy': 'what may be asked of Jolokia: compat, strict, hardened or off',
  'jolokia.userExec': 'who has only the role user may execute operations too',
  log: 'how a line of the log is written',
  logLevel: 'lines of the log below it are left out',
  stopTimeout: 'how long a stop may take',
  networkStore: 'a store on a network file system stops no start',
  loginDelay: 'false: logins never wait, however many wrong passwords came from their address',
  scrub: 'time between two passes that verify what lies sealed in the journal, or off',
  metrics: 'where Prometheus metrics are served besides, without a login',
  'metrics.auth': 'whether /metrics needs a login',
  'metrics.compat': 'how the names of metrics are written',
  'metrics.maxDestinations': 'destinations that have metrics of their own',
  'web.trimTopicNames': "topic names of the XML feed end without ActiveMQ's blank",
  rest: 'messages are sent and received under /api/message',
  'passive.jmx': "minimal: a passive shows no more than ActiveMQ's slave did",
  serverName: 'how the broker calls itself to clients',
  ignoreForeignStore: "a store of ActiveMQ's that lies in the directory stops no start",
  'pair.takeoverAfter': 'ms an active may be silent before its passive takes over',
  stomp: 'a STOMP connector is opened there too',
  ignoreBeans: 'these Java classes are left out; whoever names them says that they protect nothing',
  'pair.bootPeerWait': 'ms a starting node looks for its twin',
  'pair.startAlone': 'the next start goes on without the twin',
  'pair.bootAlone': 'every start goes on without the twin',
  'pair.handoverOnStop': 'a stopping active hands over to its passive',
  'pair.replicators': 'who may copy the journal',
  'pair.announce': 'where the twin reaches this node',
  'pair.ackTimeout': 'ms a passive may take to confirm',
  'pair.beat': 'ms between two heart-beats of the pair',
  'pair.window': 'bytes on their way to the passive',
  'pair.retainedBytes': 'bytes of journal kept for an absent passive',
  'pair.deleteAll': 'deleteAllMessagesOnStartup may wipe the history of a pair',
}

function settingOf(name: string, value: string, vocabulary: Vocabulary): string {
  const known = Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined
  if (known !== undefined) return known
  const override = `tandemmq.${name}=${value}`
  const words = vocabulary.elementNames.flatMap(element => {
    const word = vocabulary.element(element)?.word
    const own = word?.override === override ? [`<${element}>`] : []
    const attributes = Object.entries(word?.attributes ?? {}).filter(([, one]) => one.override === override)
    return [...own, ...attributes.map(([attribute]) => `${element}@${attribute}`)]
  })
  return words.length === 0 ? 'no setting of TandemMQ: it has no effect' : `started in spite of ${words.join(', ')}`
}

const beanOf = (element: Element): Bean => ({
  at: element.at,
  id: textOf(element, 'id') ?? textOf(element, 'name'),
  what: textOf(element, 'class') ?? `<${element.qname}>`,
})

/** Top-level beans that nothing leads to from the broker, over any number of references. */
function unused({ context, broker }: Reading, configurers: readonly Element[]): readonly Element[] {
  if (context === null) return []
  const reached = new Set<Element>()
  const visit = (element: Element): void => {
    if (reached.has(element)) return
    reached.add(element)
    for (const one of descendants(element)) {
      for (const name of references(one)) {
        const target = context.named.get(name)
        if (target !== undefined) visit(target)
      }
    }
  }
  if (broker !== null) visit(broker.element)
  for (const configurer of configurers) visit(configurer)
  const inside = (top: Element): boolean => [...descendants(top)].some(element => reached.has(element))
  return context.tops.filter(top => !inside(top) && !context.brokers.includes(top))
}

function references({ local, attributes }: Element): readonly string[] {
  return attributes.flatMap(({ uri, local: name, value }) => {
    const named = ['ref', 'depends-on', 'factory-bean', 'parent'].includes(name) || name.endsWith('-ref')
    if (named || ((local === 'ref' || local === 'idref') && (name === 'bean' || name === 'local')))
      return value.split(/[,;\s]+/)
    return uri === '' && /^#[^#{]/.test(value) ? [value.slice(1).trim()] : []
  })
}

/** What the file comes to where that is in no single attribute of it. */
function comesTo(model: BrokerConfig, memoryBudget: number): Surroundings['comesTo'] {
  const { store, usage, connectors, http, authentication, authorization, pair } = model
  const lines: { name: string; value: string }[] = []
  const add = (name: string, value: string): void => void lines.push({ name, value })
  add('store', store.kind === 'memory' ? 'in memory' : `${store.directory}, fsync ${store.sync}`)
  add('memory limit', `${bytes(usage.memoryLimit)}; percentOfJvmHeap is a share of ${bytes(memoryBudget)}`)
  add('store limit', usage.storeLimit === 0 ? 'none' : bytes(usage.storeLimit))
  for (const { name, scheme, host, port, autoStart } of connectors) {
    const when = autoStart ? '' : ' when start() of its MBean is called'
    add('opens', `${scheme}://${host}:${port} ("${name}")${when}`)
  }
  if (connectors.length === 0) add('opens', 'no connector')
  add('HTTP interface', http === null ? 'off' : `http://${http.host}:${http.port}`)
  add('login', authentication === null ? 'none: everybody may connect' : LOGINS[authentication.kind])
  add('access rules', authorization === null ? 'none' : `${authorization.entries.length} entries`)
  const active = pair.activeConnector
  add('pair', active === null ? `policy ${pair.policy}` : `passive of ${active.uris.join(', ')}, policy ${pair.policy}`)
  return lines
}

const LOGINS: Readonly<Record<NonNullable<BrokerConfig['authentication']>['kind'], string>> = {
  simple: 'the users of the file',
  jaas: 'login configuration (passwords)',
  'jaas-certificate': 'login configuration (certificates)',
  'jaas-dual': 'login configuration (certificates with TLS, else passwords)',
}

function bytes(count: number): string {
  for (const [unit, factor] of [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
  ] as const)
    if (count >= factor) return `${Math.round((count / factor) * 100) / 100} ${unit}`
  return `${count} bytes`
}
