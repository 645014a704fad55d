import test from 'ava'
import { stops, STOMP } from '../config/loading.ts'
import { beans, broker, rules, upgradeBroker, upgradeText } from './upgrading.ts'

const CORE = 'http://activemq.apache.org/schema/core'
const OLD = 'http://activemq.org/config/1.0'
const SPRING = 'http://www.springframework.org/schema/beans'

test('config 1.3: a broker in no namespace gets one, and nothing else is touched', async t => {
  const text = `<?xml version="1.0"?>\n<!-- <broker> of a page -->\n<broker  brokerName='a'>${STOMP}</broker>\n`
  const result = await upgradeText(text)
  t.is(result.text, text.replace('<broker  ', `<broker xmlns="${CORE}"  `))
  t.deepEqual(result.left, [])
  t.deepEqual(
    result.after.findings,
    result.after.findings.filter(({ code }) => code !== 'CONFIG_NO_NAMESPACE'),
  )
})

test('config 1.3: a file with a DTD gets no namespace, for no namespace may enter it', async t => {
  const result = await upgradeText(
    `<!DOCTYPE beans PUBLIC "-//ACTIVEMQ//DTD//EN" "x.dtd"><beans><broker>${STOMP}</broker></beans>`,
  )
  t.is(result.bytes, null)
  t.deepEqual(
    result.left.map(({ code }) => code),
    ['CONFIG_NO_NAMESPACE'],
  )
})

test("config 1.3: in a 4.x file each element goes to the namespace of its owner, Spring's to Spring", async t => {
  const text = `<beans xmlns="${OLD}">
  <bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"/>
  <broker brokerName="a">
    <plugins><list><bean class="x.Y"><property name="z" value="1"/></bean></list></plugins>
    <transportConnectors><transportConnector uri="stomp://127.0.0.1:0"/></transportConnectors>
  </broker>
</beans>`
  const result = await upgradeText(text)
  t.is(
    result.text,
    text
      .replace(OLD, SPRING)
      .replace('<broker ', `<broker xmlns="${CORE}" `)
      .replace('<list>', `<list xmlns="${SPRING}">`),
  )
  const [, , context] = [result.before, result.text, result.after.context]
  t.is(context?.brokers[0]?.uri, CORE)
})

test('config 1.3: prefixes are kept, also where one prefix stood for both namespaces or is bound inside', async t => {
  const text = `<a:beans xmlns:a='${OLD}'><a:bean class="b"/><a:broker brokerName="c"><a:transportConnectors>
  <b:transportConnector xmlns:b="${OLD}" uri="stomp://127.0.0.1:0"/></a:transportConnectors></a:broker></a:beans>`
  const result = await upgradeText(text)
  t.regex(result.text, /<a:beans xmlns:a='http:\/\/www.springframework.org\/schema\/beans'><a:bean class="b"\/>/)
  t.regex(result.text, /<a:broker xmlns:a="http:\/\/activemq.apache.org\/schema\/core" brokerName="c"><a:transport/)
  t.regex(result.text, /<b:transportConnector xmlns:b="http:\/\/activemq.apache.org\/schema\/core" uri/)
  t.is(result.after.model?.connectors.length, 1)
})

test('config 1.3: what is no ActiveMQ stays in no namespace below a broker that gets one', async t => {
  const result = await upgradeText(`<broker xmlns:x="urn:x"><plugins><x:y><z/></x:y></plugins>${STOMP}</broker>`)
  t.regex(result.text, /<x:y><z xmlns=""\/><\/x:y>/)
})

test('config 1.3: schemaLocation names the schema that ActiveMQ has in its jar', async t => {
  const file = (location: string): string =>
    `<beans xmlns="${SPRING}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="${SPRING} s.xsd
      ${location}">${broker('', STOMP)}</beans>`
  const old = await upgradeText(file(`${OLD} http://people.apache.org/activemq-core-4.1-SNAPSHOT.xsd`))
  t.is(old.text, file(`${CORE} ${CORE}/activemq-core.xsd`))
  const dated = file(`${CORE} ${CORE}/activemq-core-5.4.2.xsd`)
  t.is((await upgradeText(dated)).text, dated)
  t.is((await upgradeText(dated, { to: '5.4.2' })).text, dated)
  t.is((await upgradeText(dated, { to: '6.x' })).text, file(`${CORE} ${CORE}/activemq-core.xsd`))
})

test('config 6: a raw & in a URI is escaped when that makes the file well-formed, and only there', async t => {
  const uri = 'stomp://127.0.0.1:0?trace=true&transport.trace=false&#38;backlog=5'
  const content = (given: string): string =>
    `<!-- a & b --><?x a & b?><transportConnectors><transportConnector name="R&amp;D" uri="${given}"/></transportConnectors>`
  const result = await upgradeBroker('', content(uri))
  t.is(result.broker, broker('', content(uri.replace('&', '&amp;'))))
  t.deepEqual(rules(result), ['ampersand'])
  t.deepEqual(stops(result.after), [])
  const doubtful = await upgradeBroker('', content('stomp://h:1?a=1&amp=2'))
  t.is(doubtful.bytes, null)
  t.deepEqual(
    doubtful.left.map(({ code }) => code),
    ['CONFIG_NOT_WELL_FORMED'],
  )
})

test('config 6: a name of the same letters in another case is corrected; a name at a distance is left to a person', async t => {
  const users = (given: string): string =>
    `<plugins><simpleAuthenticationPlugin><users>${given}</users></simpleAuthenticationPlugin></plugins>${STOMP}`
  const wrong = await upgradeBroker(
    '',
    users('<authenticationuser userName = \'a>b\' password="p" groups="g"></authenticationuser>'),
  )
  t.is(
    wrong.broker,
    broker('', users('<authenticationUser username = \'a>b\' password="p" groups="g"></authenticationUser>')),
  )
  t.deepEqual(wrong.after.model?.authentication, wrong.after.config?.authentication)
  const far = await upgradeBroker('', users('<authenticationUser usrname="a" password="p" groups="g"/>'))
  t.is(far.bytes, null)
  t.regex(far.left.find(({ code }) => code === 'CONFIG_UNKNOWN_ATTRIBUTE')?.hint ?? '', /"username"/)
  const both = await upgradeBroker('', users('<authenticationUser userName="a" username="b" password="p" groups="g"/>'))
  t.is(both.bytes, null)
  t.deepEqual(
    both.left.map(({ code }) => code),
    ['UPGRADE_DECISION'],
  )
})

test('config 3.3: URI options are corrected in case and prefix, and one that protects at one letter', async t => {
  const connector = (uri: string): string =>
    `<transportConnectors><transportConnector name="a" uri="${uri}"/></transportConnectors>`
  const cases: Readonly<Record<string, string>> = {
    'stomp://h:1?a=${x}&amp;wireformat.maxFrameSize=1': 'stomp://h:1?a=${x}&amp;wireFormat.maxFrameSize=1',
    'stomp://h:1?transport.wireFormat.maxFrameSize=1': 'stomp://h:1?wireFormat.maxFrameSize=1',
    'stomp://h:1?maxFrameSize=100 mb': 'stomp://h:1?wireFormat.maxFrameSize=104857600',
    'stomp://h:1?&#38;transport.maximumConnections=5': 'stomp://h:1?&#38;maximumConnections=5',
    'stomp+ssl://h:1?transport.enabledProtocol=TLSv1.2': 'stomp+ssl://h:1?transport.enabledProtocols=TLSv1.2',
    'amqp://h:1?wireFormat.prefetc=5': 'amqp://h:1?wireFormat.prefetc=5',
    // The server's and a connection's are two settings to ActiveMQ.
    'stomp://h:1?socket.soTimeout=5': 'stomp://h:1?socket.soTimeout=5',
    'stomp://h:1?jms.maxFrameSize=1': 'stomp://h:1?jms.maxFrameSize=1',
  }
  for (const [given, right] of Object.entries(cases)) {
    const result = await upgradeBroker('', connector(given))
    t.is(result.broker, broker('', connector(right)), given)
  }
})

test('config 3.3: an option that is there twice, or with a value it cannot have, or that may be any, is left', async t => {
  for (const query of [
    'maxFrameSize=1&amp;wireFormat.maxFrameSize=2',
    'maxFrameSize=many',
    'wireFormat.maxFrameSizes=1',
  ]) {
    const connectors = `<transportConnectors><transportConnector uri="stomp://h:1?${query}"/></transportConnectors>`
    const result = await upgradeBroker('', connectors)
    t.is(result.bytes, null, query)
    t.deepEqual(
      result.left.map(({ code }) => code),
      ['UPGRADE_DECISION'],
      query,
    )
  }
})

test('config 6: objects outside their slot are put into it, and slots taken for objects get one', async t => {
  const cases: Readonly<Record<string, string>> = {
    '<destinationPolicy>\n <policyMap>\n  <policyEntry queue="&gt;"/>\n  <policyEntry topic="&gt;"/>\n </policyMap>\n</destinationPolicy>':
      '<destinationPolicy>\n <policyMap>\n  <policyEntries>\n  <policyEntry queue="&gt;"/>\n  <policyEntry topic="&gt;"/>\n  </policyEntries>\n </policyMap>\n</destinationPolicy>',
    '<simpleAuthenticationPlugin><users/></simpleAuthenticationPlugin>':
      '<plugins><simpleAuthenticationPlugin><users/></simpleAuthenticationPlugin></plugins>',
    '<managementContext createConnector="false"/>':
      '<managementContext><managementContext createConnector="false"/></managementContext>',
    '<systemUsage><memoryUsage limit="1 mb"/><storeUsage limit="1 gb"/></systemUsage>':
      '<systemUsage><systemUsage><memoryUsage><memoryUsage limit="1 mb"/></memoryUsage><storeUsage><storeUsage limit="1 gb"/></storeUsage></systemUsage></systemUsage>',
  }
  for (const [given, right] of Object.entries(cases)) {
    const result = await upgradeBroker('', given + STOMP)
    t.is(result.broker, broker('', right + STOMP), given)
    t.deepEqual(stops(result.after), [], given)
  }
  const scattered = '<policyEntry queue="a"/><defaultEntry><policyEntry/></defaultEntry><policyEntry queue="b"/>'
  const left = await upgradeBroker(
    '',
    `<destinationPolicy><policyMap>${scattered}</policyMap></destinationPolicy>${STOMP}`,
  )
  t.is(left.bytes, null)
  t.is(left.left[0]?.code, 'UPGRADE_DECISION')
})

test('config 2: values in another notation are written in the grammar when they can mean one thing only', async t => {
  const usage = (limit: string, percent: string): string =>
    `<systemUsage><systemUsage><memoryUsage><memoryUsage percentOfJvmHeap="${percent}"/></memoryUsage><storeUsage><storeUsage limit="${limit}"/></storeUsage></systemUsage></systemUsage>${STOMP}`
  for (const [given, right] of [
    ['64MiB', '64 mb'],
    ['1.5gb', '1536 mb'],
    ['2 t', '2048 gb'],
    ['64 mb', '64 mb'],
    [' 20480 ', ' 20480 '],
  ])
    t.is((await upgradeBroker('', usage(given ?? '', '70%'))).broker, broker('', usage(right ?? '', '70')), given)
  const times = async (value: string): Promise<string> =>
    (await upgradeBroker(`waitForSlaveTimeout="${value}"`, STOMP)).broker
  t.is(await times('30s'), broker('waitForSlaveTimeout="30000"', STOMP))
  t.is(await times('60000 '), broker('waitForSlaveTimeout="60000 "', STOMP))
  t.is(await times('5m'), broker('waitForSlaveTimeout="5m"', STOMP))
})

test('config 4.1: the names of the pair become those of the other vocabulary and back, and else stay', async t => {
  const old = broker(
    'masterConnectorURI="tcp://a:1" shutdownOnMasterFailure=\'false\' waitForSlaveTimeout="5"',
    `<waitForSlave>false</waitForSlave><property xmlns="${SPRING}" name="shutdownOnSlaveFailure" value="false"/><!-- masterConnectorURI -->${STOMP}`,
  )
  const now = broker(
    'activeConnectorURI="tcp://a:1" shutdownOnActiveFailure=\'false\' waitForPassiveTimeout="5"',
    `<waitForPassive>false</waitForPassive><property xmlns="${SPRING}" name="shutdownOnPassiveFailure" value="false"/><!-- masterConnectorURI -->${STOMP}`,
  )
  t.is((await upgradeText(beans(old))).bytes, null)
  t.is((await upgradeText(beans(old), { names: 'active-passive' })).text, beans(now))
  t.is((await upgradeText(beans(now), { names: 'master-slave' })).text, beans(old))
  t.is((await upgradeText(beans(now), { to: '5.7' })).text, beans(old))
  const services = (name: string): string => `<services><${name} remoteURI="tcp://a:1"/></services>${STOMP}`
  const element = await upgradeBroker('', services('masterConnector'), { names: 'active-passive' })
  t.is(element.broker, broker('', services('activeConnector')))
})

test('config 4.1: both names of one setting become one when they agree, and are left when they do not', async t => {
  const same = await upgradeBroker('waitForSlave="true" waitForPassive="true"', STOMP, { names: 'active-passive' })
  t.is(
    same.broker,
    broker('waitForPassive="true"', STOMP).replace('core" wait', 'core"  wait').replace('  wait', ' wait'),
  )
  const not = await upgradeBroker('waitForSlave="true" waitForPassive="false"', STOMP, { names: 'active-passive' })
  t.is(not.bytes, null)
  t.true(not.left.length > 0)
})

test('config 4.1: ActiveMQ 5.8 and newer has no pair: its connector is left and said, the other names are written as it reads them', async t => {
  const result = await upgradeBroker('activeConnectorURI="tcp://a:1" waitForPassive="true"', STOMP, { to: '6.x' })
  t.is(result.broker, broker('activeConnectorURI="tcp://a:1" waitForSlave="true"', STOMP))
  t.deepEqual(
    result.left.map(({ code }) => code),
    ['UPGRADE_NOT_IN_VERSION'],
  )
  t.regex(result.left[0]?.hint ?? '', /dropped the pair in 5\.8/)
})

test("config 6: 4.x's memory limit becomes systemUsage, inside the broker or beside it, with its id", async t => {
  const inside = await upgradeBroker('', `<memoryManager><usageManager limit="1048576"/></memoryManager>${STOMP}`)
  t.is(
    inside.broker,
    broker(
      '',
      `<systemUsage><systemUsage><memoryUsage><memoryUsage limit="1048576"/></memoryUsage></systemUsage></systemUsage>${STOMP}`,
    ),
  )
  t.is(inside.after.model?.usage.memoryLimit, 1048576)
  const beside = await upgradeText(
    beans(`<usageManager xmlns="${OLD}" id="m" limit="2048"/>${broker('memoryManager="#m"', STOMP)}`),
  )
  const whole = `<systemUsage xmlns="${CORE}" id="m"><memoryUsage>\n<memoryUsage limit="2048"/>\n</memoryUsage></systemUsage>`
  t.true(beside.text.includes(whole), beside.text)
  t.regex(beside.text, / systemUsage="#m"/)
  t.is(beside.after.model?.usage.memoryLimit, 2048)
  const failing = await upgradeBroker(
    '',
    `<memoryManager><usageManager limit="1" sendFailIfNoSpace="true"/></memoryManager>${STOMP}`,
  )
  t.is(failing.bytes, null)
  t.is(failing.left[0]?.code, 'UPGRADE_DECISION')
})

test('config 6: a store that ActiveMQ no longer has becomes kahaDB in the same directory', async t => {
  const slot = (name: string, inner: string): string => `<${name}>${inner}</${name}>${STOMP}`
  const cases: readonly (readonly [string, string])[] = [
    [
      slot('persistenceAdapter', '<amqPersistenceAdapter syncOnWrite="false" directory="d" maxFileLength="32mb"/>'),
      '<kahaDB directory="d"/>',
    ],
    [
      slot('persistenceAdapter', '<kahaPersistentAdaptor dir = "d"></kahaPersistentAdaptor>'),
      '<kahaDB directory = "d"></kahaDB>',
    ],
    [
      slot('persistenceAdapter', '<levelDB directory="d" useLock="false" logSize="1"/>'),
      '<kahaDB directory="d" useLock="false"/>',
    ],
    [
      slot('persistenceFactory', '<journaledJDBC journalLogFileSize="1mb" dataDirectory="d"/>'),
      '<kahaDB journalMaxFileLength="1mb" directory="d"/>',
    ],
    [slot('persistenceFactory', '<amqPersistenceAdapterFactory dataDirectory="d"/>'), '<kahaDB directory="d"/>'],
  ]
  for (const [given, right] of cases) {
    const result = await upgradeBroker('', given)
    t.is(result.broker, broker('', slot('persistenceAdapter', right)), given)
    t.regex(result.after.model?.store.directory ?? '', /\/d$/, given)
    // An element that could not be read had no say before.
    if (!rules(result).includes('spelling'))
      t.deepEqual({ ...result.after.model?.store, at: 0 }, { ...result.before.model?.store, at: 0 }, given)
    t.regex(result.changes.at(-1)?.reason ?? '', /drain them first/)
  }
})

test('config 6: a store is left alone where its messages, or who may open them, would change', async t => {
  const adapters = [
    '<journaledJDBC dataSource="#ds" dataDirectory="d"/>',
    '<amqPersistenceAdapter directory="d" archiveDataLogs="true"/>',
    '<journalPersistenceAdapterFactory journalArchiveDirectory="a"/>',
    '<replicatedLevelDB directory="d"/>',
    '<quickJournalPersistenceAdapter/>',
  ]
  for (const adapter of adapters) {
    const result = await upgradeBroker('', `<persistenceAdapter>${adapter}</persistenceAdapter>${STOMP}`)
    t.is(result.bytes, null, adapter)
    t.true(
      result.left.some(({ code }) => code.startsWith('UPGRADE_')),
      adapter,
    )
  }
  // A version that has the store keeps it.
  const kept = await upgradeBroker('', `<persistenceAdapter><levelDB directory="d"/></persistenceAdapter>${STOMP}`, {
    to: '5.16',
  })
  t.is(kept.bytes, null)
  t.deepEqual(kept.left, [])
})

test('config 6: settings that went away and mean nothing are removed, with the blanks before them', async t => {
  const result = await upgradeBroker(
    'brokerName="a"\n  destroyApplicationContextOnStop=\'true\'\n  start="false"',
    STOMP,
  )
  t.is(result.broker, broker('brokerName="a"\n  start="false"', STOMP))
  const older = await upgradeBroker('destroyApplicationContextOnStop="true"', STOMP, { to: '5.6' })
  t.is(older.bytes, null)
})

test('a version is told what it does not know yet, and that stays', async t => {
  const usage =
    '<systemUsage><systemUsage><memoryUsage><memoryUsage percentOfJvmHeap="70"/></memoryUsage></systemUsage></systemUsage>'
  const result = await upgradeBroker('', usage + STOMP, { to: '5.7' })
  t.is(result.bytes, null)
  t.regex(
    result.left[0]?.message ?? '',
    /"percentOfJvmHeap" on <memoryUsage> has no place in ActiveMQ 5\.7 \(ActiveMQ 5\.9\.0 and newer\)/,
  )
})

test('no secret and no value of one is in a change or a remark', async t => {
  const result = await upgradeBroker(
    '',
    `<services><masterConnector remoteURI="tcp://a:1" userName="u" Password="Cheese-1"/></services>${STOMP}`,
    { to: '6.x' },
  )
  t.true(result.changes.length > 0)
  t.false(JSON.stringify([result.changes, result.left]).includes('Cheese-1'))
})

test('files that are imported are named, and their text is none of ours', async t => {
  const text = beans(`<import resource="more.xml"/>${broker('destroyApplicationContextOnStop="true"', STOMP)}`)
  const result = await upgradeText(text, {}, { 'more.xml': beans('') })
  t.is(result.imports.length, 1)
  t.regex(result.imports[0] ?? '', /more\.xml$/)
})
