import { readFileSync } from 'node:fs'
import test from 'ava'
import { loadTools, PROPERTY_NAMES, type LoadOptions, type Reading } from '../../src/config/config.ts'
import {
  advice,
  Excerpts,
  Explainer,
  findingText,
  itemText,
  plain,
  select,
  surroundings,
  surroundingsText,
  targetFindings,
  type ExplainedObject,
  type ExplainedValue,
} from '../../src/inspect/inspect.ts'
import { beans, broker, STOMP } from '../config/loading.ts'
import { golden, reading, secrets, STYLE, vocabulary } from './reading.ts'

const MISTAKES = readFileSync('fixtures/config/mistakes.xml', 'utf8')

async function explainer(read: Reading, all = false): Promise<Explainer> {
  const { vocabulary: words, transports } = await loadTools()
  return new Explainer(read, { all, isSecret: await secrets(), vocabulary: words, transports })
}

async function tree(read: Reading, all = false): Promise<ExplainedObject> {
  if (read.broker === null) throw new Error('there is no broker')
  const item = (await explainer(read, all)).object(read.broker)
  if (item.kind !== 'object') throw new Error(item.kind)
  return item
}

const named = ({ values }: ExplainedObject, name: string): ExplainedValue | undefined =>
  values.find(value => value.name === name)

const read = (attributes: string, content: string, options: Partial<LoadOptions> = {}): Promise<Reading> =>
  reading({ 'activemq.xml': beans(broker(attributes, content)) }, options)

/** What is served grows with every version: of the vocabulary's words only the classes are kept, and no default. */
const lasting = (text: string): string =>
  text
    .replace(/( {2}(?:HONOUR|ACCEPT|WARN|REFUSE))\b.*$/gm, '$1')
    .replace(/^.* {2}default +HONOUR\n/gm, '')
    .replace(/^ {2}store limit .*\n/gm, '')
    .replace(/(\S) {2,}/g, '$1  ')

test('what is said about a file of mistakes', async t => {
  const words = await vocabulary()
  const mistakes = await reading({ 'activemq.xml': MISTAKES })
  const excerpts = new Excerpts(mistakes.context?.texts ?? new Map<string, string>(), await secrets())
  const text = [...mistakes.findings, ...advice(mistakes), ...targetFindings(mistakes, words, '5.5.0', '')]
    .filter(({ code, severity }) => code !== 'CONFIG_LIMIT' && severity !== 'accept')
    .map(finding => findingText(finding, excerpts.at(finding.at), STYLE.show, plain))
    .join('')
  t.is(text, golden('mistakes.findings.txt', text))
  t.regex(text, /pasword="•••" groups="clerks"/)
})

test('what is explained of a file of mistakes', async t => {
  const mistakes = await reading({ 'activemq.xml': MISTAKES }, { properties: { 'tandemmq.http': 'off' } })
  const around = surroundings(mistakes, await vocabulary(), await secrets())
  const text = lasting(itemText(await tree(mistakes), STYLE)) + surroundingsText(around, STYLE)
  t.is(text, golden('mistakes.explained.txt', text))
  for (const secret of ['correct-horse-1', 'battery-staple-2', 'old-secret-3', 'template-secret-4'])
    t.false(text.includes(secret), secret)
})

test('management TC-08: each value says where it came from', async t => {
  const properties = { 'broker.name': 'from-d' }
  const options = { properties, env: { DATA: '/from-env' } }
  const attributes =
    'brokerName="${broker.name}" dataDirectory="${DATA}/x" activeConnectorURI="tcp://127.0.0.1:1" useJmx="${jmx:false}"'
  const explained = await tree(await read(attributes, STOMP, options))
  const from = (name: string): unknown => {
    const source = named(explained, name)?.source
    return source?.kind === 'written' ? { as: source.as, placeholders: source.placeholders } : source
  }
  t.is(named(explained, 'brokerName')?.value, 'from-d')
  t.deepEqual(from('brokerName'), { as: null, placeholders: [{ name: 'broker.name', from: '-D' }] })
  t.deepEqual(from('dataDirectory'), { as: null, placeholders: [{ name: 'DATA', from: 'environment' }] })
  t.deepEqual(from('useJmx'), { as: null, placeholders: [{ name: 'jmx', from: 'default' }] })
  t.deepEqual(from('masterConnectorURI'), { as: 'activeConnectorURI', placeholders: [] })
  t.deepEqual(from('persistent'), { kind: 'default', note: null })
})

test('a value from a properties file names the file', async t => {
  const configurer =
    '<bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"><property name="location" value="file:a.properties"/></bean>'
  const xml = beans(broker('brokerName="${n}"', STOMP), configurer)
  const explained = await tree(await reading({ 'activemq.xml': xml, 'a.properties': 'n=filed' }))
  const source = named(explained, 'brokerName')?.source
  t.deepEqual(source?.kind === 'written' ? source.placeholders : null, [{ name: 'n', from: '/in-memory/a.properties' }])
})

test('defaults of what is in force are told, and with --all those without effect too', async t => {
  const broken = await read('', STOMP)
  const usual = await tree(broken)
  const all = await tree(broken, true)
  t.is(named(usual, 'persistent')?.verdict, 'HONOUR')
  t.true(usual.values.every(({ verdict }) => verdict === 'HONOUR'))
  t.true(all.values.some(({ verdict, source }) => verdict === 'ACCEPT' && source.kind === 'default'))
  t.true(all.values.length > usual.values.length)
})

test('no secret is explained, wherever it stands', async t => {
  const content = `<plugins><simpleAuthenticationPlugin><users>
      <authenticationUser username="a" password="horse-1"/><authenticationUser username="b" password="\${b.password}"/>
      <authenticationUser username="\${c.password}" password="x" groups="horse-4"/>
    </users></simpleAuthenticationPlugin></plugins>
    <networkConnectors><networkConnector uri="static:(tcp://me:horse-3@h:1)" password="horse-1"/></networkConnectors>${STOMP}`
  const properties = { 'b.password': 'horse-2', 'c.password': 'horse-5', 'tandemmq.some.password': 'horse-6' }
  const secret = await read('', content, { properties })
  const around = surroundings(secret, await vocabulary(), await secrets())
  const text = JSON.stringify([await tree(secret), around]) + itemText(await tree(secret), STYLE)
  t.deepEqual([...new Set(text.match(/horse-\d/g))], ['horse-4'], 'groups are no secret')
})

test('an object that two places refer to is told once, and one that refers to itself ends', async t => {
  const xml = beans(`${broker('plugins="#p"', STOMP)}
    <simpleAuthenticationPlugin xmlns="http://activemq.apache.org/schema/core" id="p" next="#p"/>`)
  const { slots } = await tree(await reading({ 'activemq.xml': xml }))
  const plugin = slots.find(({ name }) => name === 'plugins')?.items[0]
  t.is(plugin?.kind, 'object')
})

test('config 1.6: beans nobody refers to, imports and properties files are listed', async t => {
  const xml = `<beans xmlns="http://www.springframework.org/schema/beans">
    <import resource="more.xml"/><import resource="jetty.xml"/><import resource="gone.xml"/>
    ${broker('plugins="#mine"', STOMP)}
    <bean id="mine" class="x.Plugin" p:helper-ref="helper" xmlns:p="http://www.springframework.org/schema/p"/>
    <bean id="helper" class="x.Helper"><property name="other"><ref bean="other"/></property></bean>
    <bean id="other" class="x.Other"/><bean id="template" class="x.Template"/></beans>`
  const more = '<beans xmlns="http://www.springframework.org/schema/beans"><bean id="alone" class="x.Alone"/></beans>'
  const around = surroundings(
    await reading({ 'activemq.xml': xml, 'more.xml': more }),
    await vocabulary(),
    await secrets(),
  )
  t.deepEqual(new Set(around.unused.map(({ id }) => id)), new Set(['alone', 'template']))
  t.deepEqual(
    around.imports.map(({ resource, outcome }) => `${resource} ${outcome}`),
    ['more.xml read', 'jetty.xml aside', 'gone.xml unreadable'],
  )
  t.deepEqual(around.configurers, [])
})

test('-Dtandemmq settings say what they set, and a stray one that it sets nothing', async t => {
  const properties = { 'tandemmq.http': 'off', 'tandemmq.store': 'journal', 'tandemmq.nothing': '1' }
  const { settings } = surroundings(await read('', STOMP, { properties }), await vocabulary(), await secrets())
  t.deepEqual(
    settings.map(({ name, sets }) => [name, /no effect/.test(sets)]),
    [
      ['http', false],
      ['store', false],
      ['nothing', true],
    ],
  )
  const all = Object.fromEntries(PROPERTY_NAMES.map(name => [`tandemmq.${name}`, '1']))
  const known = surroundings(await read('', STOMP, { properties: all }), await vocabulary(), await secrets()).settings
  t.is(known.length, PROPERTY_NAMES.length)
  for (const { name, sets } of known) t.notRegex(sets, /no effect/, name)
  t.regex(settings[1]?.sets ?? '', /started in spite of .*jdbcPersistenceAdapter@dataSource/)
})

test('management T-09: createConnector="true" says that JMX is not served, unless JMX is off', async t => {
  const jmx = `<managementContext><managementContext createConnector="true"/></managementContext>${STOMP}`
  t.regex(advice(await read('', jmx))[0]?.message ?? '', /JMX over RMI cannot be served/)
  t.deepEqual(advice(await read('useJmx="false"', jmx)), [])
  t.deepEqual(advice(await read('', jmx.replace('true', 'false'))), [])
})

test('a path leads to an object, a place or an attribute', async t => {
  const { broker: node } = await reading({ 'activemq.xml': MISTAKES })
  if (node === null) throw new Error('there is no broker')
  const at = (path: string): string => {
    const found = select(node, path)
    if ('problem' in found) return found.problem
    if (found.kind === 'object') return `<${found.node.element.local}> ${found.node.at.line}`
    return found.kind === 'item' ? found.item.kind : `${found.owner.element.local}.${found.name}`
  }
  t.is(at('broker'), '<broker> 7')
  t.is(at('broker.transportConnectors.stomp'), '<transportConnector> 38')
  t.is(at('broker.transportConnectors[1]'), '<transportConnector> 39')
  t.is(at('broker.plugins[0]'), '<simpleAuthenticationPlugin> 17')
  t.is(at('plugins.simpleAuthenticationPlugin.users.chief'), '<authenticationUser> 20')
  t.is(at('destinationPolicy'), 'broker.destinationPolicy')
  t.is(at('destinationPolicy.policyEntries'), 'policyMap.policyEntries')
  t.is(at('policyEntries[orders.>]'), '<policyEntry> 12')
  t.is(at('policyEntries[orders.>].deadLetterStrategy@queuePrefix'), 'individualDeadLetterStrategy.queuePrefix')
  t.is(at('broker@persistent'), 'broker.persistent')
  t.is(at('broker@waitForPassive'), 'broker.waitForSlave')
  t.is(at('broker.plugns'), 'there is no "plugns" in the broker; did you mean "plugins"?')
  t.is(at('transportConnectors.stmp'), 'there is no "stmp" in "transportConnectors"; did you mean "stomp"?')
  t.is(at('broker@persistant'), 'there is no "@persistant" in the broker; did you mean "persistent"?')
  t.is(at('broker@persistent[0]'), '"broker@persistent[0]" is no path: write broker.transportConnectors.stomp@uri')
  t.is(at('plugins[0'), '"plugins[0" is no path: write broker.transportConnectors.stomp@uri')
})

test('management T-13: a connector that OpenWire clients use is told once', async t => {
  const two = STOMP.replaceAll('name="stomp" uri="stomp:', 'name="a" uri="tcp:').replace(
    '</',
    '<transportConnector name="b" uri="nio://127.0.0.1:1"/></',
  )
  const said = advice(await read('', two)).map(({ message }) => message)
  t.is(said.length, 1)
  t.regex(said[0] ?? '', /connector "a" \(tcp\) serves STOMP: JMS and other OpenWire clients cannot connect/)
  t.deepEqual(advice(await read('', STOMP)), [])
})

test('on a narrow terminal what a value changes stands below it, and on a wide one beside it', async t => {
  const one = await tree(await read('persistent="false"', STOMP))
  const narrow = itemText(one, { ...STYLE, width: 80 }).split('\n')
  const effects = narrow.filter(line => !line.includes('  HONOUR') && !line.includes('  ACCEPT'))
  t.true(effects.length > 10)
  for (const line of effects) t.true(line.length <= 80, line)
  const at = narrow.findIndex(line => line.startsWith('  persistent = "false"'))
  t.regex(narrow[at + 1] ?? '', /^ {6}With false, messages are kept in memory only/)
  t.is(itemText(one, { ...STYLE, width: 400 }), itemText(one, STYLE))
})
