import { join } from 'node:path'
import test from 'ava'
import { parseComposite } from '../../src/config/composite.ts'
import { formatFinding } from '../../src/config/config.ts'
import { broker, codes, directoryWith, find, load, STOMP, stops } from './loading.ts'

const told = (result: Parameters<typeof stops>[0]): readonly string[] => stops(result).map(formatFinding)

test('config 1.2: xbean:, file:, a bare path, a directory and classpath: name the same file', async t => {
  const cwd = directoryWith({
    'conf/activemq.xml': broker('brokerName="b"', STOMP),
    'with blank/a.xml': broker('', STOMP),
  })
  for (const source of [
    'xbean:activemq.xml',
    'activemq.xml',
    'xbean:conf/activemq.xml?validate=false',
    'xbean:file:conf/activemq.xml',
    'file:conf/activemq.xml',
    `file://${cwd}/conf/activemq.xml`,
    `xbean:file://localhost${cwd}/conf/activemq.xml`,
    'xbean:classpath:activemq.xml',
    '.',
    cwd,
    `xbean:${cwd}/`,
    'conf',
  ])
    t.is((await load(source, { cwd })).config?.brokerName, 'b', source)
  t.deepEqual(told(await load('xbean:file:with%20blank/a.xml', { cwd })), [])
  const odd = await load('conf/activemq.xml?start=false', { cwd })
  t.is(odd.config?.brokerName, 'b')
  t.regex(find(odd, 'CONFIG_NO_EFFECT')?.message ?? '', /"\?start" .* has no effect/)
  for (const env of [{ ACTIVEMQ_CONF: join(cwd, 'conf') }, { ACTIVEMQ_BASE: cwd }, { ACTIVEMQ_HOME: cwd }])
    t.is((await load('xbean:activemq.xml', { cwd: '/', env })).config?.brokerName, 'b')
})

test('config 1.2: nothing is fetched, and what is not there is said with its place', async t => {
  const cwd = directoryWith({ 'empty/x': '' })
  for (const source of ['xbean:http://127.0.0.1:1/a.xml', 'https://h/a.xml', 'xbean:ftp:a', '', 'xbean:', 'empty'])
    t.deepEqual(codes(await load(source, { cwd })), ['CONFIG_SOURCE'], source)
  for (const source of ['none.xml', 'properties:none.properties'])
    t.deepEqual(codes(await load(source, { cwd })), ['CONFIG_NOT_FOUND'], source)
})

test('config 1.2: broker:(…) needs no file: components are connectors, the path is the name, options are properties', async t => {
  const cwd = directoryWith({})
  const result = await load(
    'broker:(stomp://127.0.0.1:61613?trace=true, tcp://127.0.0.1:61616,network:static:(tcp://a:1),proxy:tcp://a:2)/alone?persistent=false&useJmx=false',
    { cwd },
  )
  t.deepEqual(told(result), [])
  t.like(result.config, { brokerName: 'alone', persistent: false, useJmx: false, http: null })
  t.deepEqual(
    result.config?.connectors.map(({ scheme, port, trace }) => [scheme, port, trace]),
    [
      ['stomp', 61613, true],
      ['tcp', 61616, false],
    ],
  )
  t.deepEqual(
    codes(result, 'warn').filter(code => code === 'CONFIG_NOT_SERVED'),
    ['CONFIG_NOT_SERVED', 'CONFIG_NOT_SERVED'],
  )
  const one = await load('broker:tcp://127.0.0.1:61616', { cwd })
  t.is(one.config?.connectors.length, 1)
  t.is(one.config?.dataDirectory, join(cwd, 'activemq-data'))
})

test('config 1.2: an option that no broker has stops a broker: address, at its own column and with what was meant', async t => {
  const uri = 'broker:(stomp://127.0.0.1:1)/n?persistnt=false'
  const finding = find(await load(uri, { cwd: directoryWith({}) }), 'CONFIG_UNKNOWN_ATTRIBUTE')
  t.like(finding, { severity: 'error', at: { file: uri, line: 1, column: uri.indexOf('persistnt') + 1 } })
  t.regex(finding?.hint ?? '', /did you mean "persistent"/)
  for (const broken of ['broker:(tcp://a:1', 'broker:tcp://a:1)', 'broker:(tcp://a:1)x', 'broker:()'])
    t.true(codes(await load(broken, { cwd: '/' }), 'error').includes('CONFIG_SOURCE'), broken)
})

test('config 1.2: properties:FILE holds broker properties, -D lies over them, an unknown key is a warning at its place', async t => {
  const cwd = directoryWith({
    'b.properties':
      '# a broker\nbrokerName=one\n  persistant=true\nuseJmx: false\ntransportConnectorURIs=stomp://127.0.0.1:1\n',
    'bad.properties': 'brokerName=\\u00zz',
  })
  const result = await load('properties:b.properties', { cwd, properties: { brokerName: 'two' } })
  t.deepEqual(told(result), [])
  t.like(result.config, { brokerName: 'two', useJmx: false })
  t.is(result.config?.connectors[0]?.port, 1)
  const finding = find(result, 'CONFIG_UNKNOWN_ATTRIBUTE')
  t.like(finding, { severity: 'warn', at: { file: join(cwd, 'b.properties'), line: 3, column: 3 } })
  t.is(finding?.hint, 'did you mean "persistent"?')
  t.true(codes(await load('properties:bad.properties', { cwd }), 'error').includes('CONFIG_PROPERTIES_FILE'))
})

test('config 3.3: -Dtandemmq.stomp adds a STOMP connector to a file that has none', async t => {
  const cwd = directoryWith({ 'a.xml': broker('', '') })
  const none = await load('a.xml', { cwd })
  t.deepEqual(codes(none, 'refuse'), ['CONFIG_NO_CONNECTOR'])
  t.regex(find(none, 'CONFIG_NO_CONNECTOR')?.hint ?? '', /-Dtandemmq\.stomp=61613/)
  for (const [text, host] of [
    ['61613', '127.0.0.1'],
    ['0.0.0.0:61613', '0.0.0.0'],
    ['[::1]:61613', '::1'],
  ] as const) {
    const { config } = await load('a.xml', { cwd, properties: { 'tandemmq.stomp': text } })
    t.like(config?.connectors[0], { name: 'stomp', scheme: 'stomp', host, port: 61613 }, text)
  }
  for (const text of ['', 'x', '70000', 'a:b', '1:2:3'])
    t.true(
      codes(await load('a.xml', { cwd, properties: { 'tandemmq.stomp': text } }), 'error').includes('CONFIG_PROPERTY'),
    )
})

test('a -Dtandemmq name that nobody knows is an error with what was meant, and so is an override that is none', async t => {
  const cwd = directoryWith({ 'a.xml': broker('', STOMP) })
  const wrong = await load('a.xml', { cwd, properties: { 'tandemmq.stmp': '1' } })
  t.is(find(wrong, 'CONFIG_PROPERTY')?.hint, 'did you mean "stomp"?')
  const value = await load('a.xml', { cwd, properties: { 'tandemmq.store': 'file' } })
  t.is(find(value, 'CONFIG_PROPERTY')?.hint, 'write journal')
  t.deepEqual(told(await load('a.xml', { cwd, properties: { 'tandemmq.store': 'journal', other: 'x' } })), [])
})

test('config 3.2: composite addresses split at outer commas, nest, and must balance', t => {
  const parsed = parseComposite(' static:(failover:(tcp://a:1,tcp://b:1)?x=1, tcp://c:1?y=2)/p?z=3')
  if ('problem' in parsed) return t.fail(parsed.problem)
  t.deepEqual(
    parsed.components.map(({ text }) => text),
    ['failover:(tcp://a:1,tcp://b:1)?x=1', 'tcp://c:1?y=2'],
  )
  t.like(parsed, { scheme: 'static', path: 'p', query: { text: 'z=3' } })
  const simple = parseComposite('static:tcp://a:1,tcp://b:2?x=y')
  t.like(simple, { components: [{ text: 'tcp://a:1', offset: 7 }, { text: 'tcp://b:2?x=y' }], query: { text: '' } })
  for (const [text, offset] of [
    ['static:(a', 7],
    ['static:a)', 8],
    ['static:(a))', 10],
  ] as const)
    t.like(parseComposite(text), { offset }, text)
  t.true('problem' in parseComposite(`static:${'('.repeat(5000)}${')'.repeat(5000)}`))
})
