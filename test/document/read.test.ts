import test from 'ava'
import { Findings, formatFinding, type Finding } from '../../src/base/findings.ts'
import { formatOf, readTree } from '../../src/document/document.ts'
import { readConfig } from '../../src/config/config.ts'
import { directoryWith } from '../config/loading.ts'
import { join } from 'node:path'
import { convert, tools } from './converting.ts'

const findingsOf = (text: string, file: string): readonly Finding[] => {
  const findings = new Findings()
  const tree = readTree(text, file, tools, findings)
  if ((tree === null) !== findings.stops > 0) throw new Error('a tree or findings, never both')
  return findings.list()
}

const told = (text: string, file = 'a.json'): readonly string[] =>
  findingsOf(text, file).map(finding => formatFinding(finding).replace('\n   ', ''))

test('the format is told by the name, and JSON in a file of any other name by its first character', t => {
  t.is(formatOf('a.json', ''), 'json')
  t.is(formatOf('A.YML', '{'), 'yaml')
  t.is(formatOf('a.yaml', '<x/>'), 'yaml')
  t.is(formatOf('activemq.xml', ' \n{}'), 'json')
  t.is(formatOf('activemq.conf', '<beans/>'), 'xml')
})

test('JSON that is none is told where and what was expected, and what to do about the usual mistakes', t => {
  t.deepEqual(told(''), ['a.json:1:1: error: the file is empty [CONFIG_NOT_WELL_FORMED]'])
  t.regex(
    told('{\n "broker": {"useJmx": true,},\n}')[0] ?? '',
    /^a\.json:2:27: error: not well-formed: a comma before "\}".*JSON has no comma/,
  )
  t.regex(told('{"broker": {}} // x')[0] ?? '', /1:16: .*the end of the file is expected here.*JSON has no comments/)
  t.regex(told("{'broker': {}}")[0] ?? '', /1:2: .*a key in double quotes.*double quotes/)
  t.regex(told('{"broker" {}}')[0] ?? '', /1:11: .*":" is expected/)
  t.regex(told('{"broker": {}')[0] ?? '', /1:14: .*the file ends where "," or "\}" is expected/)
  t.regex(told('{"broker": {"a": "x\ny"}}')[0] ?? '', /1:18: .*not closed in its line/)
  t.regex(told('{"broker": {"a": "\\x"}}')[0] ?? '', /1:19: .*no such escape/)
  t.regex(told('{"broker": {"a": 01}}')[0] ?? '', /1:19: /)
  t.regex(told('{"broker": {"a": tru}}')[0] ?? '', /1:18: .*a value is expected/)
  t.regex(told('{"broker": {"a": {{ name }} }}')[0] ?? '', /unrendered jinja2 template/)
  t.regex(told('<beans/>')[0] ?? '', /JSON does not start with </)
})

test('YAML that is none is told where, and never repeats the text, which may be a password', t => {
  const yaml = (text: string): string => told(text, 'a.yaml').join('\n')
  t.regex(yaml(''), /the file is empty/)
  t.regex(yaml('# only a comment\n'), /the file is empty/)
  t.regex(yaml('broker:\n\tuseJmx: true\n'), /a\.yaml:2:1: error: not well-formed: a tab indents/)
  t.regex(yaml('broker:\n  a: "hunter2\n'), /not well-formed/)
  t.regex(yaml('broker:\n  a: b\n c: hunter2\n'), /a\.yaml:3:\d+: /)
  t.regex(yaml('broker: {}\n---\nbroker: {}\n'), /two YAML documents/)
  t.regex(yaml('broker:\n  ? [a]\n  : x\n'), /a key must be a text/)
  t.regex(yaml('broker:\n  a: !secret hunter2\n'), /a YAML tag \(!name\) is not read/)
  for (const text of [
    'broker:\n  a: "hunter2',
    'broker:\n  a: hunter2: x',
    '- hunter2\n] hunter2',
    'a: @hunter2',
    'hunter2',
  ])
    t.notRegex(yaml(text), /hunter2/)
})

test('YAML aliases are refused, so that a small file cannot become a large one', t => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let n = 1; n < 12; n++)
    lines.push(`a${n}: &a${n} [${Array.from({ length: 10 }, () => `*a${n - 1}`).join(', ')}]`)
  t.regex(
    told(`${lines.join('\n')}\nbroker: *a11\n`, 'a.yaml')[0] ?? '',
    /refuse: a YAML alias \(\*name\) is not read.*CONFIG_XML_FORBIDDEN/,
  )
  t.regex(told('broker:\n  queue: *\n', 'a.yaml')[0] ?? '', /^a\.yaml:2:10: /)
})

test('what is beyond the limits of an XML file is refused in JSON and YAML alike, in no time', t => {
  const deep = (open: string, close: string): string => open.repeat(100_000) + close.repeat(100_000)
  const wide = Array.from({ length: 300 }, (_, n) => `"a${n}": 1`).join(', ')
  const many = Array.from({ length: 21_000 }, () => '{"queue": {}}').join(',')
  const nested = '{"element": {"name": "a", "namespace": "u", "children": ['.repeat(101) + ']}}'.repeat(101)
  const texts = [
    deep('[', ']'),
    deep('{"a":', '}'),
    `{"broker": {${wide}}}`,
    `{"broker": {"destinations": [${many}]}}`,
    `{"beans": [${nested}]}`,
  ]
  for (const text of texts)
    for (const file of ['a.json', 'a.yaml']) {
      const began = process.cpuUsage()
      const [first] = findingsOf(text, file)
      t.is(first?.severity, 'refuse', `${file} ${text.slice(0, 40)} ${first?.message}`)
      t.is(first?.code, 'CONFIG_XML_FORBIDDEN')
      t.true(process.cpuUsage(began).user < 5_000_000, `${process.cpuUsage(began).user} µs`)
    }
})

test('a file as deep as XML may be is read as JSON and YAML, and becomes XML again', t => {
  const xml = `<beans xmlns="http://www.springframework.org/schema/beans">${'<x xmlns="urn:x">'.repeat(98)}<y a="1"/>${'</x>'.repeat(98)}</beans>`
  const json = convert(xml, 'a.xml', 'json')
  t.is(convert(convert(json, 'a.json', 'yaml'), 'a.yaml', 'json'), json)
  t.is(convert(convert(json, 'a.json', 'xml'), 'a.xml', 'json'), json)
})

test('a key that is given twice is an error, and one called __proto__ is a word that nobody knows', async t => {
  t.regex(
    told('{"broker": {"useJmx": true, "useJmx": false}}')[0] ?? '',
    /1:29: error: the key "useJmx" is given twice/,
  )
  t.regex(told('broker:\n  useJmx: true\n  useJmx: false\n', 'a.yaml')[0] ?? '', /^a\.yaml:3:3: .*given twice/)
  const directory = directoryWith({
    'a.json': '{"broker": {"__proto__": "x", "constructor": "y", "plugins": [{"__proto__": {}}]}}',
    'b.json': '{"broker": {"__proto__": "x", "constructor": "y"}}',
  })
  const load = (name: string) => readConfig(join(directory, name), { properties: {}, env: {}, cwd: directory })
  t.true(
    (await load('a.json')).findings.some(
      ({ code, message }) => code === 'CONFIG_UNKNOWN_ELEMENT' && message.includes('__proto__'),
    ),
  )
  const unknown = (await load('b.json')).findings.filter(({ code }) => code === 'CONFIG_UNKNOWN_ATTRIBUTE')
  t.deepEqual(
    unknown.map(({ at }) => at.column),
    [13, 31],
  )
  for (const key of ['__proto__', 'constructor', 'toString'])
    for (const value of ['{}', '[]', '"x"', '{"kahaDB": {}}'])
      t.notThrows(() => told(`{"broker": {"${key}": ${value}}, "${key}": ${value}}`))
  t.is(Object.getPrototypeOf({}), Object.prototype)
})

test('a document that is no configuration is told in its own words, all of it at once, with what was meant', t => {
  const text = `{
  "brokr": {},
  "broker": {
    "persistenceAdapter": {"directory": "x"},
    "transportConnectors": {"transportConector": {}, "b": {}},
    "plugins": [{"simpleAuthenticationPlugn": {}}, 5, {}],
    "useJmx": null,
    "brokerName": "x",
    "destinations": [{"queue": "x"}],
    "bad name": "x",
    "userName": "a\\u0001b",
    "persistenceFactory": [{"element": {"nam": "bean", "attributes": ["x"]}}]
  }
}`
  const all = told(text)
  const expected = [
    /^a\.json:2:3: error: "brokr" cannot stand at the top.*did you mean "broker"/,
    /^a\.json:4:28: error: unknown element "directory" in "persistenceAdapter".*write "persistenceAdapter": \{"\w+": \{…\}\}/,
    /^a\.json:5:54: error: an element is an object with one key.*2 are in "transportConnectors".*\{"transportConnector"/,
    /^a\.json:6:18: error: unknown element "simpleAuthenticationPlugn" in "plugins".*did you mean "simpleAuthenticationPlugin"/,
    /^a\.json:6:55: error: an element is an object with one key.*none is in "plugins"/,
    /^a\.json:7:15: error: "useJmx" has no value.*leave the key out/,
    /^a\.json:9:32: error: "queue" is an object with its attributes, a text stands here/,
    /^a\.json:10:5: error: unknown attribute "bad name"/,
    /^a\.json:11:17: error: "userName" holds the character U\+0001/,
    /^a\.json:12:40: /,
  ]
  for (const pattern of expected)
    t.true(
      all.some(line => pattern.test(line)),
      `${pattern}\n${all.join('\n')}`,
    )
})

test('a file without broker or beans, or with both, is no configuration', t => {
  t.regex(told('{"brokerName": "x"}').join('\n'), /neither "broker" nor "beans" is here/)
  t.regex(told('{"broker": {}, "beans": []}').join('\n'), /exclude each other/)
  t.regex(told('[]').join('\n'), /a configuration is an object, a list stands here/)
  t.regex(told('{"beans": {}}').join('\n'), /"beans" is a list, an object stands here/)
})

test('what a value says is told with its place in the JSON or YAML, as in the XML', async t => {
  const json = `{
  "$schema": "https://tandemmq.dev/schema/activemq.json",
  "broker": {
    "useJmx": "perhaps",
    "brokerNam": "x",
    "transportConnectors": [
      {"transportConnector": {"name": "stomp", "uri": "stomp://127.0.0.1:61613?maximumConections=5"}}
    ]
  }
}`
  const yaml = `broker:
  useJmx: perhaps
  brokerNam: x
  transportConnectors:
    - transportConnector: {name: stomp, uri: "stomp://127.0.0.1:61613?maximumConections=5"}
`
  const directory = directoryWith({ 'a.json': json, 'a.yaml': yaml })
  const places = async (name: string) => {
    const { findings } = await readConfig(join(directory, name), { properties: {}, env: {}, cwd: directory })
    return findings
      .filter(({ severity, code }) => severity === 'error' || code === 'CONFIG_URI_OPTION')
      .map(({ code, at }) => `${code} ${at.file.slice(directory.length + 1)}:${at.line}:${at.column}`)
  }
  t.deepEqual(await places('a.json'), [
    'CONFIG_VALUE a.json:4:5',
    'CONFIG_UNKNOWN_ATTRIBUTE a.json:5:5',
    'CONFIG_URI_OPTION a.json:7:48',
  ])
  t.deepEqual(await places('a.yaml'), [
    'CONFIG_VALUE a.yaml:2:3',
    'CONFIG_UNKNOWN_ATTRIBUTE a.yaml:3:3',
    'CONFIG_URI_OPTION a.yaml:5:41',
  ])
})

test('an XML file may import one in YAML, and what it holds is referred to', async t => {
  const directory = directoryWith({
    'activemq.xml': `<beans xmlns="http://www.springframework.org/schema/beans"><import resource="store.yaml"/>
      <broker xmlns="http://activemq.apache.org/schema/core" brokerName="x" persistenceAdapter="#store">
        <transportConnectors><transportConnector uri="stomp://127.0.0.1:0"/></transportConnectors></broker></beans>`,
    'store.yaml': 'beans:\n  - kahaDB:\n      id: store\n      directory: /var/elsewhere\n',
  })
  const { config, context } = await readConfig(join(directory, 'activemq.xml'), {
    properties: {},
    env: {},
    cwd: directory,
  })
  t.is(config?.store.directory, '/var/elsewhere')
  t.regex(context?.texts.get(join(directory, 'store.yaml')) ?? '', /^beans:/)
})
