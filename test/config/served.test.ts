import test from 'ava'
import { codes, find, loadBroker, STOMP, stops } from './loading.ts'

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
  const stealing = policy('<policyEntry tempQueue="true" allowTempDestinationStealing="true"/>')
  t.regex(await warned('', stealing), /"allowTempDestinationStealing".*belongs to its connection/)
})

test('a word that says what ActiveMQ does anyway is not talked about, nor is one that asks for what is so here', async t => {
  const temp = '<tempUsage><tempUsage limit="50 gb"/></tempUsage>'
  const silent = [
    await warned('useVirtualTopics="true" advisorySupport="false" useJmx="false"', ''),
    await warned('', usage(temp, 'sendFailIfNoSpaceAfterTimeout="0"')),
    await warned('', policy('<policyEntry queue="a" memoryLimit="1 mb"/>')),
    await warned('', policy('<policyEntry topic="a" memoryLimit="1 mb"/>')),
    await warned('', usage('<tempUsage><tempUsage limit="1 gb"/></tempUsage>', 'sendFailIfNoSpaceAfterTimeout="3000"')),
    await warned('', policy('<policyEntry topic="a" durableTopicPrefetch="100" queueBrowserPrefetch="500"/>')),
  ]
  t.deepEqual(new Set(silent), new Set(['']))
})

test('a dead letter topic is served; a temporary destination for the dead is not, and that is said', async t => {
  const entry = (uri: string): string =>
    policy(
      `<policyEntry queue="a"><deadLetterStrategy><sharedDeadLetterStrategy deadLetterQueue="${uri}"/></deadLetterStrategy></policyEntry>`,
    )
  t.is(await warned('', entry('topic://dead')), '')
  t.regex(await warned('', entry('temp-queue://dead')), /dead letters go to the queue "dead"/)
})

test('SA-09: an authorizationEntry for temporary destinations would protect nothing, so it stops the start', async t => {
  const map = (entry: string): string =>
    `<plugins><simpleAuthenticationPlugin><users><authenticationUser username="u" password="p" groups="g"/></users></simpleAuthenticationPlugin><authorizationPlugin><map><authorizationMap><authorizationEntries>${entry}</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>${STOMP}`
  const result = await loadBroker('', map('<authorizationEntry tempQueue="true" read="g"/>'))
  t.deepEqual(codes(result, 'error'), [])
  t.regex(find(result, 'CONFIG_PROTECTION')?.message ?? '', /tempDestinationAuthorizationEntry/)
  t.deepEqual(stops(await loadBroker('', map('<authorizationEntry queue="a" tempQueue="false" read="g"/>'))), [])
})

test('LC-24: allowLinkStealing is obeyed on the connector as well as in its uri', async t => {
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
