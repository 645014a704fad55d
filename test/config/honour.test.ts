import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'
import type { Verdict } from '../../src/vocabulary/vocabulary.ts'
import { elements as words, transports } from '../vocabulary/words.ts'
import { codes, find, loadBroker, STOMP, stops } from './loading.ts'

const read = (name: string): unknown => JSON.parse(readFileSync(resolve('schemas', name), 'utf8'))
const elements = Object.fromEntries(words)

/** Sources below a directory, without comments. */
const sources = (directory: string, wanted: (path: string) => boolean): string =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map(name => join(directory, name))
    .filter(path => path.endsWith('.ts') && wanted(path))
    .map(path => readFileSync(path, 'utf8').replace(/\/\*[^]*?\*\/|(^|\s)\/\/.*$/gm, ''))
    .join('\n')

/** What turns words into the model, and what obeys the model. */
const builders = sources('src/config', path => /build[\w-]*\.ts$/.test(path))
const rooms = sources('src', path => !path.startsWith(join('src', 'config')))

const occurs = (name: string, text: string): boolean => new RegExp(`\\b${name}\\b`).test(text)

/** Slots that only hold what is judged by its own verdict; none of what may stand there is in force by itself. */
const SLOTS = new Set([
  'policyEntry.dispatchPolicy',
  'policyEntry.messageEvictionStrategy',
  'policyEntry.messageInterceptorStrategy',
  'policyEntry.pendingQueueMessageStoragePolicy',
  'policyEntry.slowConsumerStrategy',
  'policyEntry.subscriptionRecoveryPolicy',
  'systemUsage.jobSchedulerUsage',
  'broker.destinationInterceptors',
  'broker.jmsBridgeConnectors',
  'broker.networkConnectors',
  'brokerService.destinationInterceptors',
  'brokerService.jmsBridgeConnectors',
  'brokerService.networkConnectors',
])

/** Slots for a store inside a store: walked, so that a database in it is refused; which directory serves is said aloud. */
const INNER_STORES = new Set([
  'journalPersistenceAdapter.longTermPersistence',
  'journalPersistenceAdapter.persistenceAdapter',
  'journalPersistenceAdapterFactory.jdbcAdapter',
  'journaledJDBC.jdbcAdapter',
])

/** Fields of the model that nothing outside src/config obeys. No word that sets one may be HONOUR. */
const IDLE = new Set([
  'advisorySupport',
  'durableTopicPrefetch',
  'keepDurableSubsActive',
  'persistent', // obeyed in src/config: it chooses the store
  'queueBrowserPrefetch',
  'sendFailIfNoSpaceAfterTimeout',
  'tempLimit',
  'useJmx',
  'dataDirectory', // obeyed in src/config: every path starts there
  'configured', // says whether ioExceptionHandler was written
  // The pair and the HTTP interface: obeyed once the server runs a node.
  'activeConnector',
  'pair',
  'ackTimeout',
  'asked',
  'beat',
  'bootAlone',
  'bootPeerWait',
  'handoverOnStop',
  'replicators',
  'retainedBytes',
  'startAlone',
  'takeoverAfter',
  'announce',
  'uri',
  'uris',
  'userName',
  'waitForPassive',
  'waitForPassiveTimeout',
])

/** Words of those fields that are HONOUR all the same, for the reasons above. */
const HONOURED_HERE = new Set(['persistent', 'dataDirectory', 'uri', 'userName'])

/** Words that set an idle field of another name. */
const IDLE_WORDS = new Set(['tempUsage.limit', 'tempUsage.percentLimit', 'tempUsage.total'])

test('every attribute that is HONOUR is read by the code that builds the model', t => {
  for (const [element, { attributes }] of Object.entries(elements))
    for (const [name, { verdict, alias }] of Object.entries(attributes)) {
      const id = `${element}.${name}`
      if (verdict !== 'HONOUR' || alias !== undefined || SLOTS.has(id) || INNER_STORES.has(id)) continue
      t.true(occurs(name, builders), `${id} is HONOUR, and no src/config/build*.ts reads it`)
      const idle = IDLE_WORDS.has(id) || (IDLE.has(name) && !HONOURED_HERE.has(name))
      t.false(idle, `${id} is HONOUR, and nothing obeys it`)
    }
})

test('nothing that may stand in a slot of its own judgement is HONOUR', t => {
  for (const id of SLOTS) {
    const [element = '', slot = ''] = id.split('.')
    t.is(elements[element]?.attributes[slot]?.verdict, 'HONOUR', `${id} is no exception any more`)
    for (const name of elements[element]?.slots?.[slot] ?? []) {
      // The queue cursors are in force as `pendingQueuePolicy`.
      if (name.endsWith('Cursor')) continue
      t.not(elements[name]?.verdict, 'HONOUR' satisfies Verdict, `${name} in ${id}`)
    }
  }
})

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly $defs?: Readonly<Record<string, Schema>>
}

function* fieldsOf(schema: Schema): Generator<string> {
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    yield name
    yield* fieldsOf(inner)
  }
  const inside = [schema.items, ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...Object.values(schema.$defs ?? {})]
  for (const inner of inside) if (inner !== undefined) yield* fieldsOf(inner)
}

test('every field of the model is obeyed outside src/config, but for those that are known to be idle', t => {
  const fields = new Set(fieldsOf(read('broker.json') as Schema))
  t.true(fields.size > 80, `${fields.size} fields`)
  for (const name of fields) if (!IDLE.has(name)) t.true(occurs(name, rooms), `nothing obeys "${name}"`)
  for (const name of IDLE) t.true(fields.has(name), `"${name}" is no field any more`)
})

test('every connector option that is HONOUR sets a field that is obeyed', t => {
  for (const [name, { verdict, field }] of Object.entries(transports.options)) {
    if (verdict !== 'HONOUR') continue
    t.truthy(field, name)
    // `protocols` is judged where the connector is built.
    if (field !== undefined && field !== 'protocols') t.true(occurs(field, rooms), `nothing obeys "${field}" (${name})`)
  }
})

const warned = async (attributes: string, content: string): Promise<string> => {
  const { findings } = await loadBroker(attributes, `${content}${STOMP}`)
  return findings
    .filter(({ severity }) => severity === 'warn')
    .map(({ message }) => message)
    .join('\n')
}
const policy = (entry: string): string =>
  `<destinationPolicy><policyMap><policyEntries>${entry}</policyEntries></policyMap></destinationPolicy>`
const usage = (content: string, attributes = ''): string =>
  `<systemUsage><systemUsage ${attributes}>${content}</systemUsage></systemUsage>`

test('what is read and has no effect yet is said, each with what is lost', async t => {
  const timeout = /"sendFailIfNoSpaceAfterTimeout".*waits until there is some/
  t.regex(await warned('', usage('', 'sendFailIfNoSpaceAfterTimeout="3000"')), timeout)
  t.regex(await warned('', policy('<policyEntry queue="a" sendFailIfNoSpaceAfterTimeout="3000"/>')), timeout)
  t.regex(await warned('', usage('<tempUsage><tempUsage limit="1 gb"/></tempUsage>')), /"limit".*non-persistent/)
  t.regex(await warned('useVirtualTopics="false"', ''), /"useVirtualTopics".*refused all the same/)
  t.regex(await warned('', policy('<policyEntry topic="a" memoryLimit="1 mb"/>')), /"memoryLimit".*on topics/)
  t.regex(await warned('', policy('<policyEntry topic="a" durableTopicPrefetch="7"/>')), /durable subscriptions/)
  const audit = '<sharedDeadLetterStrategy maxAuditDepth="9"/>'
  t.regex(
    await warned('', policy(`<policyEntry queue="a"><deadLetterStrategy>${audit}</deadLetterStrategy></policyEntry>`)),
    /"maxAuditDepth".*no audit/,
  )
})

test('a word that says what ActiveMQ does anyway is not talked about, nor is one that asks for what is so here', async t => {
  const temp = '<tempUsage><tempUsage limit="50 gb"/></tempUsage>'
  const silent = [
    await warned('useVirtualTopics="true" advisorySupport="false" useJmx="false"', ''),
    await warned('', usage(temp, 'sendFailIfNoSpaceAfterTimeout="0"')),
    await warned('', policy('<policyEntry queue="a" memoryLimit="1 mb"/>')),
    await warned('', policy('<policyEntry topic="a" durableTopicPrefetch="100" queueBrowserPrefetch="500"/>')),
  ]
  t.deepEqual(silent, ['', '', '', ''])
})

test('a dead letter topic is not served, and that is said', async t => {
  const strategy = '<sharedDeadLetterStrategy deadLetterQueue="topic://dead"/>'
  const entry = `<policyEntry queue="a"><deadLetterStrategy>${strategy}</deadLetterStrategy></policyEntry>`
  t.regex(await warned('', policy(entry)), /dead letters go to the queue "dead"/)
})

test('SA-09: an authorizationEntry for temporary destinations would protect nothing, so it stops the start', async t => {
  const map = (entry: string): string =>
    `<plugins><simpleAuthenticationPlugin><users><authenticationUser username="u" password="p" groups="g"/></users></simpleAuthenticationPlugin><authorizationPlugin><map><authorizationMap><authorizationEntries>${entry}</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>${STOMP}`
  const result = await loadBroker('', map('<authorizationEntry tempQueue="true" read="g"/>'))
  t.deepEqual(codes(result, 'error'), [])
  t.regex(find(result, 'CONFIG_PROTECTION')?.message ?? '', /tempDestinationAuthorizationEntry/)
  t.deepEqual(stops(await loadBroker('', map('<authorizationEntry queue="a" tempQueue="false" read="g"/>'))), [])
})

test('allowLinkStealing is obeyed on the connector as well as in its uri', async t => {
  const connector = (attributes: string, query = ''): Promise<boolean | undefined> =>
    loadBroker(
      '',
      `<transportConnectors><transportConnector name="s" uri="stomp://127.0.0.1:61613${query}" ${attributes}/></transportConnectors>`,
    ).then(({ config }) => config?.connectors[0]?.allowLinkStealing)
  t.deepEqual(
    [await connector(''), await connector('allowLinkStealing="true"'), await connector('', '?allowLinkStealing=true')],
    [false, true, true],
  )
})

test("a JDBC adapter's own lock settings are obeyed", async t => {
  const lock = async (adapter: string): Promise<unknown> =>
    (await loadBroker('', `<persistenceAdapter>${adapter}</persistenceAdapter>${STOMP}`)).config?.store.lock
  const waiting = { use: true, failIfLocked: false, retryInterval: 250 }
  t.deepEqual(await lock('<jdbcPersistenceAdapter lockAcquireSleepInterval="250"/>'), waiting)
  const locker = '<databaseLocker><shared-file-locker failIfLocked="true"/></databaseLocker>'
  const adapter = `<jdbcPersistenceAdapter lockAcquireSleepInterval="250">${locker}</jdbcPersistenceAdapter>`
  t.deepEqual(await lock(adapter), { ...waiting, failIfLocked: true })
})
