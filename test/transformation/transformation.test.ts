import test from 'ava'
import fc from 'fast-check'
import {
  Unreadable,
  leaf,
  mapOf,
  node,
  readJson,
  readMap,
  readXml,
  shownTransformation,
  writeJson,
  writeXml,
  type Element,
} from '../../src/transformation/transformation.ts'

const xmlMap = (payload: string): Element => readMap('jms-map-xml', Buffer.from(payload))!.map
const jsonMap = (payload: string): Element => readMap('jms-map-json', Buffer.from(payload))!.map
const entry = (key: string, type: string, value: string): string =>
  `<entry><string>${key}</string><${type}>${value}</${type}></entry>`

test('S-TRF-02: a map of every type reads from XML and is printed as XStream and Jettison print it', t => {
  const types = { string: 'Dejan', int: '5', long: '99', short: '2', byte: '3', double: '1.5', float: '2', char: 'x' }
  const payload = Object.entries(types).map(([type, value]) => entry(type, type, value))
  const map = xmlMap(
    `<map>${payload.join('')}${entry('yes', 'boolean', 'TRUE')}<entry><string>no</string><null/></entry></map>`,
  )
  t.is(
    writeJson(map),
    '{"map":{"entry":[{"string":["string","Dejan"]},{"string":"int","int":5},{"string":"long","long":99},' +
      '{"string":"short","short":2},{"string":"byte","byte":3},{"string":"double","double":1.5},' +
      '{"string":"float","float":2.0},{"string":"char","char":"x"},{"string":"yes","boolean":true},{"string":"no","null":""}]}}',
  )
  t.is(
    writeXml(
      xmlMap(
        `<map>${entry('n', 'int', '5')}${entry('d', 'double', '1')}<entry><string>no</string><null/></entry></map>`,
      ),
    ),
    '<map>\n  <entry>\n    <string>n</string>\n    <int>5</int>\n  </entry>\n' +
      '  <entry>\n    <string>d</string>\n    <double>1.0</double>\n  </entry>\n' +
      '  <entry>\n    <string>no</string>\n    <null/>\n  </entry>\n</map>',
  )
})

test('S-TRF-02: in JSON one entry may be an object, several an array; an empty map is ""', t => {
  const one = '<map>\n  <entry>\n    <string>name</string>\n    <string>Dejan</string>\n  </entry>\n</map>'
  t.is(writeXml(jsonMap('{"map":{"entry":{"string":["name","Dejan"]}}}')), one)
  t.is(writeXml(jsonMap('{"map":{"entry":[{"string":["name","Dejan"]}]}}')), one)
  t.is(writeXml(jsonMap('{"map":""}')), '<map/>')
  t.is(writeJson(xmlMap('<map/>')), '{"map":""}')
})

test('S-TRF-02: XML with a declaration, comments, CDATA, entities and white space', t => {
  const payload =
    '<?xml version="1.0"?>\n<!-- <x> -->\n<map>\n <entry >\n <string>a&amp;b&#65;&#x42;</string>\n<string><![CDATA[x<y]]></string>\n</entry>\n</map>\n'
  t.is(writeJson(xmlMap(payload)), '{"map":{"entry":{"string":["a&bAB","x<y"]}}}')
})

test('S-TRF-02: a long keeps all its digits, in XML and in JSON', t => {
  const json = '{"map":{"entry":{"string":"n","long":9223372036854775807}}}'
  t.is(writeJson(jsonMap(json)), json)
  t.is(writeJson(xmlMap(`<map>${entry('n', 'long', '9223372036854775807')}</map>`)), json)
})

test('S-TRF-02: lists and maps within a map; the last of two equal keys holds', t => {
  const inner = `<map>${entry('b', 'string', '2')}</map>`
  const payload = `<map><entry><string>l</string><list><int>1</int><int>2</int></list></entry><entry><string>m</string>${inner}</entry></map>`
  t.is(
    writeJson(xmlMap(payload)),
    '{"map":{"entry":[{"string":"l","list":{"int":[1,2]}},{"string":"m","map":{"entry":{"string":["b","2"]}}}]}}',
  )
  const twice = `<map>${entry('a', 'string', '1')}${entry('a', 'string', '2')}</map>`
  t.is(writeJson(xmlMap(twice)), '{"map":{"entry":{"string":["a","2"]}}}')
})

const UNREADABLE: readonly (readonly [string, string])[] = [
  ['jms-map-xml', ''],
  ['jms-map-xml', '<map><entry>'],
  ['jms-map-xml', '<foo/>'],
  ['jms-map-xml', '<map>text</map>'],
  ['jms-map-xml', '<map/><map/>'],
  ['jms-map-xml', `<map>${entry('a', 'int', 'zz')}</map>`],
  ['jms-map-xml', `<map>${entry('a', 'int', '2147483648')}</map>`],
  ['jms-map-xml', `<map>${entry('a', 'java.lang.ProcessBuilder', 'x')}</map>`],
  ['jms-map-xml', `<map>${entry('a', 'date', '2020-01-01 00:00:00.0 UTC')}</map>`],
  ['jms-map-xml', '<map><entry><int>1</int><string>b</string></entry></map>'],
  ['jms-map-xml', '<map><entry><string>a</string></entry></map>'],
  ['jms-map-xml', '<!DOCTYPE map [<!ENTITY a "b">]><map/>'],
  ['jms-map-xml', `<map>${entry('a', 'string', '&a;')}</map>`],
  ['jms-map-xml', `<map>${entry('a', 'string', '&toString;')}</map>`],
  ['jms-map-xml', `${'<map>'.repeat(40)}${'</map>'.repeat(40)}`],
  ['jms-map-json', 'nonsense'],
  ['jms-map-json', '{"map":{"entry":{"string":["a","b"]}}'],
  ['jms-map-json', `${'{"map":'.repeat(40)}""${'}'.repeat(40)}`],
  ['jms-map-json', '{"map":"","map2":""}'],
  ['jms-object-xml', '<pojo/>'],
  ['jms-object-json', '{"pojo":1}'],
  ['jms-xml', '<map/>'],
  ['jms-advisory-json', '{}'],
]

test('S-TRF-03: what is no map, or not allowed, is told apart from what is', t => {
  for (const [transformation, payload] of UNREADABLE)
    t.throws(
      () => readMap(transformation, Buffer.from(payload)),
      { instanceOf: Unreadable },
      `${transformation} ${payload}`,
    )
  for (const other of ['jms-byte', 'foo', '../foo', 'JMS-MAP-XML', ''])
    t.is(readMap(other, Buffer.from('<map/>')), null)
})

test('S-TRF-01: no bytes make the readers throw anything but that a payload is unreadable', t => {
  const seed = 20_261_129
  const piece = fc.constantFrom(
    '<',
    '>',
    '</map>',
    '<map>',
    '<entry>',
    '&',
    ';',
    '<![CDATA[',
    ']]>',
    '"',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    'a',
    '1',
    ' ',
    '<!--',
    '?>',
    '\\',
    '\u0000',
  )
  t.notThrows(() => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), parts => {
        for (const read of [readXml, readJson]) {
          try {
            read(parts.join(''))
          } catch (error) {
            if (!(error instanceof Unreadable)) throw error
          }
        }
      }),
      { seed, numRuns: 2000 },
    )
  }, `seed ${seed}`)
})

test('S-TRF-02: a map that was written reads as the same map, in both spellings', t => {
  const seed = 4711
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }).map(text => leaf('string', text.replaceAll(/[\u0000-\u001f]/g, '?'))),
    fc.integer().map(number => leaf('int', number)),
    fc.boolean().map(each => leaf('boolean', each)),
  )
  const map = fc
    .uniqueArray(fc.tuple(fc.string({ minLength: 1 }), value), { selector: ([key]) => key, maxLength: 8 })
    .map(entries =>
      node(
        'map',
        entries.map(([key, each]) => node('entry', [leaf('string', key), each])),
      ),
    )
  t.notThrows(() => {
    fc.assert(
      fc.property(map, each => {
        const json = writeJson(each)
        return writeJson(mapOf(readJson(json))) === json && writeJson(mapOf(readXml(writeXml(each)))) === json
      }),
      { seed },
    )
  }, `seed ${seed}`)
})

test('S-TRF-02: reading takes time in proportion to the payload', t => {
  const payload = (n: number): Buffer => Buffer.from(`<map>${entry('&amp;', 'string', 'x').repeat(n)}</map>`)
  const cost = (n: number): number => {
    const from = process.hrtime.bigint()
    readMap('jms-map-xml', payload(n))
    return Number(process.hrtime.bigint() - from)
  }
  cost(2000)
  const small = Math.min(cost(2000), cost(2000), cost(2000))
  const large = Math.min(cost(20_000), cost(20_000), cost(20_000))
  t.true(large < small * 60, `${large} ns against ${small} ns for a tenth`)
})

test('S-TRF-04, S-ADV-02: a subscriber sees what became of its wish', t => {
  t.is(shownTransformation('jms-xml', 'map'), 'jms-map-xml')
  t.is(shownTransformation('jms-json', 'advisory'), 'jms-advisory-json')
  t.is(shownTransformation('jms-json', null), 'jms-json')
  t.is(shownTransformation('jms-map-xml', 'advisory'), 'jms-map-xml')
})
