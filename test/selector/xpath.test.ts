import test, { type ExecutionContext } from 'ava'
import { subscribed } from './message.ts'

const ORDER = `<?xml version="1.0"?><!-- c --><o:order xmlns:o="urn:o" xmlns="urn:d" id="7"><item sku="a" n="1">one</item><item sku="b" n="2">two<![CDATA[ <x>]]></item><o:total>12.50</o:total><e/> <?pi x?></o:order>`

const xpath = (expression: string, body: string | Uint8Array): boolean | 'error' =>
  subscribed(`XPATH '${expression.replaceAll("'", "''")}'`, { body })

function rows(t: ExecutionContext, body: string, table: Readonly<Record<string, boolean | 'error'>>): void {
  for (const [expression, expected] of Object.entries(table)) t.is(xpath(expression, body), expected, expression)
}

test('S-14: XPATH asks the body', t => {
  const body = '<order id="7"><item sku="a" n="1">one</item><item sku="b" n="2">two</item><total>12.50</total></order>'
  rows(t, body, {
    '/order': true,
    '/order/item': true,
    '/item': false,
    '//item': true,
    '//item/@sku': true,
    "//item[@sku='b']": true,
    "//item[@sku='c']": false,
    "//item[2]/@sku = 'b'": true,
    'count(//item) = 2': true,
    'count(//item[@n>1]) = 1': true,
    '/order/total > 12': true,
    '/order/total > 13': false,
    "contains(//item, 'on')": true,
    "//item[contains(., 'tw')]": true,
    "//item[text()='one']": true,
    "starts-with(/order/@id, '7')": true,
    'not(//missing)': true,
    '//item[last()]/@n = 2': true,
    '//item[@n and @sku]': true,
    'sum(//@n) = 3': true,
    '//item[@n=1 or @n=5]': true,
    '//total/preceding-sibling::item': true,
    '//total/..': true,
    '//item | //missing': true,
    'string-length(//total) = 5': true,
  })
})

test('S-14: namespaces count, and no prefix is bound in an expression', t => {
  // ActiveMQ 5.17 answers: the document's own prefixes do not help.
  rows(t, ORDER, {
    '/order': false,
    '/o:order': false,
    '//o:total': false,
    '//item': false,
    "//*[local-name()='item'][@sku='b']": true,
    "//*[name()='o:total']": true,
    "namespace-uri(/*) = 'urn:o'": true,
    "//*[namespace-uri()='urn:d']": true,
    '/*/@id = 7': true,
    '//@xml:lang': false,
    'count(//@*) = 5': true,
  })
})

test('S-14: comments are not there, CDATA is text, instructions are nodes', t => {
  rows(t, ORDER, {
    '//comment()': false,
    '//processing-instruction()': true,
    "//processing-instruction('pi')": true,
    "//processing-instruction('other')": false,
    "//*[contains(.,'two <x>')]": true,
    "//text()[. = ' ']": true,
  })
  t.true(xpath('count(/a/text()) = 1', '<a>x<!-- -->y<![CDATA[z]]></a>'))
})

test('S-14: numbers, texts and conditions as ActiveMQ 5.17 answers', t => {
  rows(t, ORDER, {
    '0': false,
    '1': true,
    "''": false,
    "'false'": true,
    'boolean(0)': false,
    '1 div 0': true,
    "number('x')": false,
    "string(0.1 + 0.2) = '0.3'": false,
    "string(1000000000000000000000) = '1000000000000000000000'": true,
    "substring('12345', 1.5, 2.6) = '234'": true,
    "substring('abc', 'x') = 'abc'": true,
    "substring('abc', 'x', 2) = ''": true,
    "normalize-space(' a  b ') = 'a b'": true,
    "translate('abc','b','x') = 'axc'": true,
    'round(-1.5) = -1': true,
    '2 > 1 > 0': true,
    'position() = 0': true,
    'last() = 0': true,
    '1 = -1 + 2': true,
    '--1 = 1': false,
    '1 - -1 = 2': true,
    '5 mod 2 = 1': true,
    '.': true,
    '/': true,
    '..': false,
  })
})

test('S-14: a mistaken expression is FALSE, one that is not served is refused', t => {
  rows(t, ORDER, {
    'a[': false,
    '//e/': false,
    'foo()': false,
    $v: false,
    "document('x')": false,
    "count('a')": false,
    '//namespace::*': 'error',
    'current()': 'error',
    'generate-id(/*)': 'error',
  })
  t.true(subscribed("NOT XPATH 'a['", { body: ORDER }))
  t.is(xpath(`${'('.repeat(200)}1${')'.repeat(200)}`, '<a/>'), 'error')
  t.is(xpath(`1${' + 1'.repeat(2000)}`, '<a/>'), 'error')
})

test('S-14: what is not well-formed XML, or has a document type, is FALSE', t => {
  const broken = [
    '',
    'not xml',
    '<a>',
    '<a/>x',
    '<a/><b/>',
    'x<a/>',
    '<!DOCTYPE a><a/>',
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    '<a>&foo;</a>',
    '<a>&</a>',
    '<a>&#0;</a>',
    '<a>&#xD800;</a>',
    '<a b="1" b="2"/>',
    '<a xmlns:x="u" xmlns:y="u" x:b="1" y:b="2"/>',
    '<a b=1/>',
    '<a b/>',
    '<a b="<"/>',
    '<a b="1"c="2"/>',
    '<a:a/>',
    '<a x:b="1"/>',
    '<a><b></a></b>',
    '<a>]]></a>',
    '<a><!-- x -- y --></a>',
    '<a><![CDATA[x</a>',
    '<a>\u0001</a>',
    ' <?xml version="1.0"?><a/>',
    '<?xml version="2.0"?><a/>',
    '<?xml encoding="utf-8"?><a/>',
    '<a xmlns:x=""/>',
    '<a xmlns:xml="urn:x"/>',
    '<1/>',
    '< a/>',
    '<![CDATA[x]]><a/>',
  ]
  for (const body of broken) t.false(xpath('/*', body), body)
  const fine = [
    '<a/>',
    ' <a/> ',
    '<a/><!-- x -->',
    '<?xml version="1.1"?><a/>',
    "<?xml version='1.0' encoding='ISO-8859-1' standalone='yes' ?>\n<a/>",
    '<é/>',
    '<a b = "1" c=\'"\'\n/>',
    '<a\n></a >',
    '<a xmlns="u"><b xmlns=""/></a>',
    '<a>&lt;&#65;&#x41;</a>',
  ]
  for (const body of fine) t.true(xpath('/*', body), body)
  t.true(xpath('/a = "<A\n"', '<a>&lt;&#65;\r\n</a>'))
  t.true(xpath("/a/@b = 'x y'", '<a b="x\ny"/>'))
})

test('S-14: a body in another encoding than UTF-8 is read as it says', t => {
  const latin = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>', 'latin1')
  t.true(xpath("/a = 'é'", latin))
  t.true(xpath("/a = 'é'", Buffer.from('\ufeff<a>é</a>', 'utf16le')))
  t.true(xpath("/a = 'é'", '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'), 'a text message is UTF-8')
  t.false(xpath('/a', Uint8Array.of(0x3c, 0x61, 0xff, 0x2f, 0x3e)))
})

test('S-14: deep, large and hostile bodies cost no stack and bounded work', t => {
  const deep = `${'<a>'.repeat(20_000)}${'</a>'.repeat(20_000)}`
  t.true(xpath('count(//a) = 20000', deep))
  t.false(xpath('//a//a//a//a//a or 1', deep), 'too many steps: no match, whatever else it says')
  const wide = `<a>${'<b/>'.repeat(50_000)}</a>`
  t.true(xpath('count(//b) = 50000', wide))
  t.false(xpath('//b/following-sibling::b/preceding-sibling::b or 1', wide))
  t.false(xpath('/a or 1', `<a>${' '.repeat(4_194_304)}</a>`), 'beyond the limit of a body')
})

test('S-14: a body full of namespaces costs what it declares, and going through a long text again and again is paid for', t => {
  const declared = Array.from({ length: 20_000 }, (_, i) => `<a xmlns:p${i}="u${i}">`).join('')
  const began = performance.now()
  t.true(xpath('count(//a) = 20000', `${declared}${'</a>'.repeat(20_000)}`))
  // Each element with a copy of what those around it declare took minutes.
  t.true(performance.now() - began < 20_000)
  const inner = '<b xmlns="v" xmlns:p="v"><p:c p:d="1"/></b>'
  t.true(xpath('/a/e and not(/a/b) and namespace-uri(/a/*[1]) = "v"', `<a xmlns:p="u">${inner}<e/><p:f/></a>`))
  t.true(xpath('namespace-uri(/a/*[2]) = "u"', `<a xmlns:p="u">${inner}<p:f/></a>`), 'what it stood for before')
  t.false(xpath('/a', '<a><b xmlns:p="u"/><p:c/></a>'), 'it is over with its element')
  const long = `<a>${'x'.repeat(1_000_000)}</a>`
  t.true(xpath('translate(/a, "x", "y") != "x"', long))
  for (const name of ['translate(/a, "x", "x")', 'substring(/a, 1)', 'normalize-space(/a)', 'concat(/a, /a)']) {
    const argument = name.slice(name.indexOf('/a') + 2, -1)
    const again = Array.from({ length: 20 }).reduce<string>(
      text => `${name.slice(0, name.indexOf('(') + 1)}${text}${argument})`,
      '/a',
    )
    t.false(xpath(`string-length(${again}) or 1`, long), name)
  }
})

test('S-14: XQUERY never matches', t => {
  t.false(subscribed("XQUERY '/a'", { body: '<a/>' }))
  t.true(subscribed("NOT XQUERY '/a'", { body: '<a/>' }))
})
