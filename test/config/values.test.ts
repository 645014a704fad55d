import test from 'ava'
import fc from 'fast-check'
import { layerOf, Placeholders } from '../../src/config/placeholders.ts'
import { attributePositions, decodeXml, LineTable } from '../../src/xml/places.ts'
import { parseJavaProperties } from '../../src/base/java-properties.ts'
import { editDistance, suggest } from '../../src/base/suggest.ts'
import { parseUri } from '../../src/config/uri.ts'
import { parseBoolean, parseInteger, parsePair, parseSize, parseSize32 } from '../../src/config/values.ts'

test('config 2.1: sizes take b, k, m, g with or without b, in any case, blanks allowed, in steps of 1024', t => {
  const sizes = { '64 mb': 67_108_864, '1g': 1_073_741_824, '20480': 20_480, ' 5KB ': 5120, '10 B': 10, '0': 0 }
  for (const [text, bytes] of Object.entries(sizes)) t.deepEqual(parseSize(text), { value: bytes }, text)
  for (const text of ['1.5gb', '64MiB', '2 t', '', '-5', '5 bb', '100 %']) t.true('problem' in parseSize(text), text)
})

test('config 2.1: a 32-bit size that would overflow is an error, not a negative number', t => {
  t.true('problem' in parseSize32('2g'))
  t.deepEqual(parseSize32('1g'), { value: 1_073_741_824 })
})

test('config 2.2: true and false in any case, 1 and 0; yes and on are errors', t => {
  t.deepEqual([' TRUE ', 'true', '1'].map(parseBoolean), [{ value: true }, { value: true }, { value: true }])
  t.deepEqual(parseBoolean('False'), { value: false })
  for (const text of ['yes', 'on', '']) t.true('problem' in parseBoolean(text), text)
})

test('config 2.3: a time with a unit is an error that shows the milliseconds', t => {
  t.deepEqual(parseInteger('60000 '), { value: 60_000 })
  const wrong = parseInteger('30s')
  t.regex('problem' in wrong ? wrong.problem : '', /30000/)
  t.deepEqual(parseInteger('9223372036854775807'), { value: Number.MAX_SAFE_INTEGER })
  t.deepEqual(parsePair('5000, 0'), { value: [5000, 0] })
})

test("properties files follow Java's grammar", t => {
  const text = String.raw`# comment
! another
a=1
b : two words
c three
d\ e = with\tTab
f = one \
    two
g=\u00e4\\
h
 i=`
  t.deepEqual(Object.fromEntries(parseJavaProperties(text)), {
    a: '1',
    b: 'two words',
    c: 'three',
    'd e': 'with\tTab',
    f: 'one two',
    g: 'ä\\',
    h: '',
    i: '',
  })
})

const filler = (values: Record<string, string>): Placeholders =>
  new Placeholders([layerOf(values, 'test')], [], true, false)

test('config 1.5: placeholders nest, take defaults, and expand what they stand for', t => {
  const fill = filler({ a: 'A', 'x.A': 'inner', chain: '${a}-${b:none}' })
  const expected: Readonly<Record<string, string>> = {
    plain: 'plain',
    '${a}': 'A',
    '${x.${a}}': 'inner',
    '${none:default}': 'default',
    '${none:}': '',
    '${none:${other:${a}}}': 'A',
    '${chain}/${a}': 'A-none/A',
    '${none:http://h:1}': 'http://h:1',
    '${unclosed': '${unclosed',
  }
  for (const [text, value] of Object.entries(expected)) t.like(fill.fill(text), { text: value }, text)
  t.deepEqual(fill.fill('${none}'), { missing: 'none' })
})

test('config 1.5: a placeholder that stands for itself is an error, not an endless loop', t => {
  t.deepEqual(filler({ a: '${b}', b: '${a}' }).fill('${a}'), { circular: 'a' })
})

test('any text is filled or refused without an exception', t => {
  const seed = Date.now()
  const fill = filler({ a: '${b', b: '}${a}', c: '$' })
  const piece = fc.constantFrom('${', '}', 'a', 'b', 'c', ':', '$', '{', ' ')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), parts => {
      const filled = fill.fill(parts.join(''))
      return 'text' in filled || 'missing' in filled || 'circular' in filled
    }),
    { seed, numRuns: 500 },
  )
  t.pass(`seed ${seed}`)
})

test('config 6: the name that was meant is found by case first, then by an edit distance of at most 2', t => {
  t.is(suggest('brokername', ['brokerId', 'brokerName']), 'brokerName')
  t.is(suggest('userName', ['username', 'groups']), 'username')
  t.is(suggest('brokreName', ['brokerName']), 'brokerName')
  t.is(
    suggest('inactiveTimeOutBeforeGC', ['inactiveTimoutBeforeGC', 'inactiveTimeoutBeforeGC']),
    'inactiveTimeoutBeforeGC',
  )
  t.is(suggest('colour', ['brokerName']), null)
  t.is(editDistance('abcd', 'badc'), 2)
})

test('config 3.1: connector URIs take names, underscores, IPv6 and encoded options; the last of two counts', t => {
  t.like(parseUri('stomp://0.0.0.0:61613?a=1&a=2&b'), { scheme: 'stomp', host: '0.0.0.0', port: 61_613 })
  const uri = parseUri('stomp+nio://[::1]:1?x=a%20b&y')
  t.true('options' in uri && uri.host === '::1' && uri.options.get('x') === 'a b' && uri.options.get('y') === '')
  t.like(parseUri('tcp://my_host:0'), { host: 'my_host', port: 0 })
  t.like(parseUri('tcp://host'), { port: null })
  for (const wrong of ['61613', 'tcp://a:b', 'tcp://a:99999', 'static:(tcp://a:1)', ''])
    t.true('problem' in parseUri(wrong), wrong)
})

test('places count lines and columns from 1, whatever ends a line', t => {
  const text = 'a\r\nbc\rd\n<x  y = "1"\n   z=\'2\'/>'
  const lines = new LineTable(text, 'f')
  t.deepEqual(lines.at(text.indexOf('c')), { file: 'f', line: 2, column: 2 })
  t.deepEqual(lines.at(text.indexOf('<')), { file: 'f', line: 4, column: 1 })
  const places = attributePositions(text, text.indexOf('<'), text.length)
  t.deepEqual(lines.at(places.get('y')?.start ?? 0), { file: 'f', line: 4, column: 5 })
  t.deepEqual(lines.at(places.get('z')?.start ?? 0), { file: 'f', line: 5, column: 4 })
})

test('config 1.3: files are read in the encoding they declare, byte order mark or not', t => {
  t.is(decodeXml(Buffer.from('\uFEFF<a/>', 'utf8')), '<a/>')
  t.is(
    decodeXml(Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a b="\xe4"/>', 'latin1'))?.includes('ä'),
    true,
  )
  t.is(decodeXml(Buffer.from('\uFEFF<a/>', 'utf16le')), '<a/>')
  t.is(decodeXml(Buffer.from('<a b="\xe4"/>', 'latin1')), null)
})
