import { join } from 'node:path'
import test from 'ava'
import { XML_LIMITS } from '../../src/xml/tree.ts'
import { beans, broker, codes, directoryWith, find, load, loadBroker, STOMP, stops } from './loading.ts'

const loadText = (text: string): ReturnType<typeof load> => load(join(directoryWith({ 'a.xml': text }), 'a.xml'))

test('config 1.3: prefixes are free and the 4.x namespace counts, Spring words in it too', async t => {
  const old = 'http://activemq.org/config/1.0'
  const prefixed = STOMP.replaceAll('<t', '<q:t').replaceAll('</t', '</q:t')
  for (const text of [
    broker('brokerName="b"', STOMP),
    `<beans xmlns="${old}"><bean class="x"/><broker brokerName="b">${STOMP}</broker></beans>`,
    `<s:beans xmlns:s="http://www.springframework.org/schema/beans" xmlns:q="http://activemq.apache.org/schema/core"><q:broker brokerName="b">${prefixed}</q:broker></s:beans>`,
    `<?xml version="1.0"?>\n<!DOCTYPE beans PUBLIC "-//SPRING//DTD BEAN//EN" "http://127.0.0.1:1/x.dtd">\n<beans>${broker('brokerName="b"', STOMP)}</beans>`,
  ]) {
    const result = await loadText(text)
    t.is(result.config?.brokerName, 'b', JSON.stringify(stops(result)))
  }
})

test('a broker without namespace is an error, unless it is a snippet with the names that only TandemMQ knows', async t => {
  const rejected = await loadText(`<broker>${STOMP}</broker>`)
  t.deepEqual(codes(rejected, 'error'), ['CONFIG_NO_NAMESPACE'])
  t.regex(find(rejected, 'CONFIG_NO_NAMESPACE')?.hint ?? '', /xmlns="http:\/\/activemq.apache.org\/schema\/core"/)
  t.deepEqual(
    codes(
      await loadText(
        `<beans xmlns="http://www.springframework.org/schema/beans"><broker xmlns="">${STOMP}</broker></beans>`,
      ),
      'error',
    ),
    ['CONFIG_NO_NAMESPACE'],
  )
  const snippet = await loadText(`<broker activeConnectorURI="tcp://a:1">${STOMP}</broker>`)
  t.is(snippet.config?.pair.activeConnector?.uri, 'tcp://a:1')
  t.true(codes(snippet, 'warn').includes('CONFIG_NO_NAMESPACE'))
})

test('what is not well-formed is told at its place, with the tag that was opened', async t => {
  const ampersand = await loadText(`<a\n uri="x?a=1&b=2"/>`)
  t.like(find(ampersand, 'CONFIG_NOT_WELL_FORMED'), { at: { line: 2 } })
  t.regex(find(ampersand, 'CONFIG_NOT_WELL_FORMED')?.hint ?? '', /&amp;/)
  const crossed = await loadText('<a>\n <b>\n</a>')
  t.regex(find(crossed, 'CONFIG_NOT_WELL_FORMED')?.hint ?? '', /<b> was opened at line 2, column 2/)
  for (const text of [
    '',
    '<a/>text',
    '<a>',
    '<a b=1/>',
    '<!-- a',
    '<a></a><b/>',
    '<_><_/>x</_>',
    '<a b="1" b="2"/>',
    'nothing',
    '<%= x %><a>',
    '\0',
    '<a xmlns:p="u"><q:b/></a>',
  ])
    t.is((await loadText(text)).config, null, JSON.stringify(text))
})

test('config 1.3: entities are refused with their place, and none is ever expanded', async t => {
  const bomb = '<!DOCTYPE a [\n<!ENTITY x "y">]>\n<a b="&x;"/>'
  const result = await loadText(bomb)
  t.like(find(result, 'CONFIG_XML_FORBIDDEN'), { severity: 'refuse', at: { line: 2, column: 1 } })
  const outside = await loadText('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')
  t.true(codes(outside, 'refuse').includes('CONFIG_XML_FORBIDDEN'))
  t.false(JSON.stringify(outside).includes('root:'))
})

test('depth, attribute count and size of a file have limits', async t => {
  const deep = '<a>'.repeat(XML_LIMITS.depth + 1) + '</a>'.repeat(XML_LIMITS.depth + 1)
  const wide = `<a ${Array.from({ length: XML_LIMITS.attributes + 1 }, (_, i) => `b${i}=""`).join(' ')}/>`
  for (const text of [deep, wide, `<a>${' '.repeat(XML_LIMITS.bytes)}</a>`])
    t.deepEqual(codes(await loadText(text), 'refuse'), ['CONFIG_XML_FORBIDDEN'])
})

test('config 1.6: imports are read relative to the file, missing ones and cycles are errors, jetty and camel are not', async t => {
  const importing = (resource: string): string => `<import resource="${resource}"/>`
  const directory = directoryWith({
    'a.xml': beans(
      importing('sub/b.xml') +
        importing('jetty.xml') +
        importing('camel.xml') +
        broker('brokerName="b" plugins="#auth"', STOMP),
    ),
    'sub/b.xml': beans(
      '<simpleAuthenticationPlugin id="auth" xmlns="http://activemq.apache.org/schema/core"><users><authenticationUser username="u" password="p1" groups="g"/></users></simpleAuthenticationPlugin>',
    ),
    'cycle.xml': beans(importing('cycle.xml')),
    'missing.xml': beans(importing('nowhere.xml')),
    'broken.xml': beans(importing('nowhere.xml') + importing('half.xml')),
    'half.xml': '<beans>',
    'remote.xml': beans(importing('http://127.0.0.1:1/x.xml')),
  })
  const result = await load(join(directory, 'a.xml'))
  t.like(result.config?.authentication, {
    kind: 'simple',
    users: [{ name: 'u' }],
    at: { file: join(directory, 'sub/b.xml') },
  })
  t.is(codes(result, 'warn').filter(code => code === 'CONFIG_NOT_SERVED').length, 2)
  t.true(codes(await load(join(directory, 'cycle.xml')), 'error').includes('CONFIG_IMPORT'))
  t.true(codes(await load(join(directory, 'missing.xml')), 'error').includes('CONFIG_NOT_FOUND'))
  t.deepEqual(codes(await load(join(directory, 'broken.xml')), 'error').toSorted(), [
    'CONFIG_NOT_FOUND',
    'CONFIG_NOT_WELL_FORMED',
    'CONFIG_NO_BROKER',
  ])
  t.true(codes(await load(join(directory, 'remote.xml')), 'error').includes('CONFIG_IMPORT'))
})

test('an Artemis file and a file with two brokers are recognised', async t => {
  const artemis = await loadText(
    '<configuration xmlns="urn:activemq"><core xmlns="urn:activemq:core"/></configuration>',
  )
  t.regex(find(artemis, 'CONFIG_NO_BROKER')?.message ?? '', /Artemis/)
  const two = await loadText(
    beans(broker('brokerName="a"', STOMP) + broker('id="broker" brokerName="b"', STOMP.replace('stomp"', 's2"'))),
  )
  t.is(two.config?.brokerName, 'b')
  t.true(codes(two, 'warn').includes('CONFIG_SEVERAL_BROKERS'))
})

test('every mistake of a file is told at once, each at its own attribute or element', async t => {
  const result = await loadBroker(
    'brokername="x" persistent="maybe"',
    '\n<transportConnectors>\n <transportConnector name="s" uri="stomp://127.0.0.1:1" maximumConections="5"/>\n</transportConnectors>\n<polycies/>\n<systemUsage><memoryUsage limit="1 mb"/></systemUsage>text',
  )
  const told = stops(result).map(({ code, at, hint }) => [code, at.line, at.column, hint])
  t.deepEqual(told, [
    ['CONFIG_UNKNOWN_ATTRIBUTE', 3, 56, 'did you mean "brokerName"?'],
    ['CONFIG_VALUE', 3, 71, '"persistent" is of type boolean'],
    ...told.slice(2, -1),
    ['CONFIG_MISPLACED', 8, 55, 'remove it, or make it a comment'],
  ])
  t.deepEqual(codes(result, 'error').toSorted(), [
    'CONFIG_MISPLACED',
    'CONFIG_MISPLACED',
    'CONFIG_UNKNOWN_ATTRIBUTE',
    'CONFIG_UNKNOWN_ATTRIBUTE',
    'CONFIG_UNKNOWN_ELEMENT',
    'CONFIG_VALUE',
  ])
})

test('config 1.5: a template that begins with a block is refused at that block, and read as far as it goes', async t => {
  const result = await loadText(`{# made by a role #}\n{% set a = "<b>" %}\n${beans(broker('brokerName="x"', STOMP))}`)
  t.deepEqual(codes(result, 'error'), [])
  t.deepEqual(
    result.findings.filter(({ code }) => code === 'CONFIG_TEMPLATE').map(({ at, severity }) => [severity, at.line]),
    [
      ['refuse', 1],
      ['refuse', 2],
    ],
  )
})
