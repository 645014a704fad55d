import test from 'ava'
import { convertTree } from '../../src/document/document.ts'
import { convert, parse, tools } from './converting.ts'

const CORE = 'http://activemq.apache.org/schema/core'
const SPRING = 'http://www.springframework.org/schema/beans'

const json = (xml: string): unknown => {
  const value: unknown = JSON.parse(convert(xml, 'a.xml', 'json'))
  return value
}
const yaml = (xml: string): string => convert(xml, 'a.xml', 'yaml').replace(/^.*\$schema: .*\n/m, '')
const broker = (content: string): unknown =>
  (json(`<broker xmlns="${CORE}" xmlns:s="${SPRING}">${content}</broker>`) as { broker: unknown }).broker

test('a broker alone is {broker}, what stands around it makes it {beans} in document order', t => {
  t.deepEqual(json(`<broker xmlns="${CORE}" useJmx="false" brokerName="7"/>`), {
    $schema: 'https://tandemmq.dev/schema/activemq.json',
    broker: { useJmx: false, brokerName: '7' },
  })
  const around = `<beans xmlns="${SPRING}" xmlns:p="http://www.springframework.org/schema/p"><import resource="a.xml"/>
    <broker xmlns="${CORE}"/><bean id="x" class="Y" p:z="1"><property name="q">text</property></bean></beans>`
  t.deepEqual(json(around), {
    $schema: 'https://tandemmq.dev/schema/activemq.json',
    beans: [
      { element: { name: 'import', namespace: SPRING, attributes: { resource: 'a.xml' } } },
      { broker: {} },
      {
        element: {
          name: 'bean',
          namespace: SPRING,
          attributes: { id: 'x', class: 'Y', '{http://www.springframework.org/schema/p}z': '1' },
          children: [{ element: { name: 'property', namespace: SPRING, attributes: { name: 'q' }, text: 'text' } }],
        },
      },
    ],
  })
})

test('numbers and booleans are written as such where the word is one, placeholders and #references as they are', t => {
  const properties = '<persistent>false</persistent><s:property name="brokerName" value="#{x}"/>'
  t.deepEqual(broker(properties), { persistent: false, brokerName: '#{x}' })
  t.deepEqual(broker('<systemUsage><systemUsage sendFailIfNoSpaceAfterTimeout="3000"/></systemUsage>'), {
    systemUsage: { systemUsage: { sendFailIfNoSpaceAfterTimeout: 3000 } },
  })
  t.deepEqual(broker('<useJmx>${jmx:true}</useJmx><persistenceAdapter>#store</persistenceAdapter>'), {
    useJmx: '${jmx:true}',
    persistenceAdapter: '#store',
  })
})

test("a slot holds one object or a list, Spring's lists are taken apart, references and values are texts in a list", t => {
  t.deepEqual(broker('<plugins><s:list><statisticsBrokerPlugin/><s:ref bean="p"/><s:null/></s:list></plugins>'), {
    plugins: [{ statisticsBrokerPlugin: {} }, '#p', '#null'],
  })
  t.deepEqual(broker('<networkConnectorURIs><s:value>#x</s:value><s:value> y </s:value></networkConnectorURIs>'), {
    networkConnectorURIs: ['##x', 'y'],
  })
  t.deepEqual(broker('<persistenceAdapter><kahaDB/></persistenceAdapter><plugins/>'), {
    persistenceAdapter: { kahaDB: {} },
    plugins: [],
  })
})

test('what the short form cannot hold is written in the generic form, and still read as the same', t => {
  const twice = `<broker xmlns="${CORE}" brokerName="x"><plugins><statisticsBrokerPlugin/></plugins><plugins/><unknown a="b"/></broker>`
  const slot = (children: readonly unknown[]): unknown => ({
    element: { name: 'plugins', namespace: CORE, ...(children.length > 0 ? { children } : {}) },
  })
  t.deepEqual((json(twice) as { beans: unknown }).beans, [
    {
      element: {
        name: 'broker',
        namespace: CORE,
        attributes: { brokerName: 'x' },
        children: [
          slot([{ statisticsBrokerPlugin: {} }]),
          slot([]),
          { element: { name: 'unknown', namespace: CORE, attributes: { a: 'b' } } },
        ],
      },
    },
  ])
})

test('a value comes back from XML, JSON and YAML letter by letter, whatever it holds', t => {
  const values = [
    '',
    ' ',
    '  x  ',
    '#',
    '##x',
    'a: b',
    'a #b',
    '- x',
    '? x',
    '*x',
    '&x',
    '!x',
    '%x',
    '@x',
    '`x`',
    '{a}',
    '[a]',
    '>',
    '|',
    '"',
    "'",
    'yes',
    'No',
    'null',
    '~',
    '0x1F',
    '0755',
    '1_000',
    '1e3',
    '12:30:45',
    '2001-01-01',
    '.inf',
    '=',
    '<<',
    '---',
    '...',
    '\\n',
    'a\nb',
    'a\n\n  b\n',
    '\ttab',
    'tab\t',
    'a\r\nb',
    ' \n x',
    '<a>&amp;</a>',
    ']]>',
    '<!-- -->',
    'é ü 漢 😀',
    '\u0085\u2028\ufeff',
    '${a:${b}}',
    'ENC(x=)',
    'x'.repeat(300),
    'word '.repeat(60).trim(),
    '{{ x }}',
  ]
  for (const value of values) {
    const text = JSON.stringify({
      broker: { brokerName: value, plugins: [value, { statisticsBrokerPlugin: { name: value } }] },
    })
    const own = convert(text, 'a.json', 'json')
    for (const to of ['yaml', 'xml'] as const) {
      const there = convert(text, 'a.json', to)
      // In XML the text between tags has no blanks around it that count.
      if (to === 'xml' && value !== value.trim()) {
        const back = JSON.parse(convert(there, 'a.xml', 'json')) as { broker: { brokerName: string } }
        t.is(back.broker.brokerName, value, there)
      } else t.is(convert(there, `a.${to}`, 'json'), own, there)
    }
  }
})

test('YAML keeps the comments of the XML before what they stood before, and XML those of YAML', t => {
  const xml = `<!-- head --><broker xmlns="${CORE}">
    <!-- about
         the port -->
    <transportConnectors>
      <!-- <transportConnector name="old"/> -->
      <transportConnector name="a"/>
      <!-- the last -->
    </transportConnectors>
    <!-- off --><persistent>false</persistent>
    <plugins><!-- none --></plugins>
    <!-- end - - -->
  </broker><!-- tail -->`
  t.is(
    yaml(xml),
    `# head

broker:
  # off
  persistent: false
  # about
  # the port
  transportConnectors:
    # <transportConnector name="old"/>
    - transportConnector:
        name: a
    # the last
  # none
  plugins: []
  # end - -
  # tail
`,
  )
  const again = convert(convert(xml, 'a.xml', 'yaml'), 'a.yaml', 'xml')
  for (const comment of ['head', 'the port', '<transportConnector name="old"/>', 'the last', 'off', 'none', 'tail'])
    t.true(again.includes(comment), again)
  t.false(convert('broker: {} # a -- b\n', 'a.yaml', 'xml').includes('a -- b'))
})

test('XML declares each namespace once, with the usual prefixes, and tells Spring the schemas', t => {
  const xml = convert(
    `<b xmlns="${SPRING}"/>`.replace('<b ', '<beans ').replace('/>', '>') +
      `<broker xmlns="${CORE}" brokerName="a&quot;b&lt;c"/><c:property-placeholder xmlns:c="http://www.springframework.org/schema/context" location="x"/><y xmlns="urn:y" q:z="1" xmlns:q="urn:q"/></beans>`,
    'a.xml',
    'xml',
  )
  t.regex(xml, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<beans\n/)
  for (const uri of [SPRING, CORE, 'http://www.springframework.org/schema/context', 'urn:y', 'urn:q'])
    t.is(xml.split(`="${uri}"`).length, 2, uri)
  t.regex(xml, /<amq:broker brokerName="a&quot;b&lt;c"\/>/)
  t.regex(xml, /<context:property-placeholder location="x"\/>/)
  t.regex(xml, /xsi:schemaLocation="[^"]*activemq-core\.xsd/)
})

test('what a format has no place for is said: comments, a DOCTYPE, attributes of the root, a missing namespace', t => {
  const lost = (xml: string, to: 'json' | 'xml'): string => {
    const { tree } = parse(xml, 'a.xml')
    return tree === null ? '' : convertTree(tree, to, tools).lost.join('; ')
  }
  t.regex(
    lost(
      `<!DOCTYPE beans SYSTEM "x"><beans default-lazy-init="true"><!-- x --><broker xmlns="${CORE}"/></beans>`,
      'json',
    ),
    /default-lazy-init.*DOCTYPE.*comments/,
  )
  t.regex(lost('<broker/>', 'xml'), /was in no namespace/)
  t.is(lost(`<broker xmlns="${CORE}"/>`, 'json'), '')
})
