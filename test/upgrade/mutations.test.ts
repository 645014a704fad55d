import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { directoryWith, STOMP } from '../config/loading.ts'
import { promises, seedOf } from './promises.ts'
import { beans, broker, upgradeAt, type Ask } from './upgrading.ts'

/** Parts of a configuration, each in an old or a wrong form; every form is one that files in the wild have. */
const PARTS: readonly (readonly string[])[] = [
  [
    '',
    '<persistenceAdapter><amqPersistenceAdapter directory="d>e" syncOnWrite=\'true\'/></persistenceAdapter>',
    '<persistenceAdapter>\n  <levelDB directory="${activemq.data}/l" logSize="1"/>\n</persistenceAdapter>',
    '<persistenceFactory><journaledJDBC journalLogFiles="5"\n\tdataDirectory="a&amp;b"></journaledJDBC></persistenceFactory>',
    '<persistenceAdapter><kahaPersistentAdaptor dir="x"/></persistenceAdapter>',
    '<persistenceAdapter><KahaDB Directory="k"/></persistenceAdapter>',
    '<persistenceAdapter><journaledJDBC dataSource="#ds"/></persistenceAdapter>',
  ],
  [
    '',
    '<memoryManager><usageManager limit="200000" id="u"/></memoryManager>',
    '<systemUsage><memoryUsage limit="64MiB"/></systemUsage>',
    '<systemUsage><systemUsage><storeUsage limit="1.5gb"/></systemUsage></systemUsage>',
  ],
  [
    '',
    '<destinationPolicy><policyMap><policyEntry queue=">" MemoryLimit="1mb"/><!-- old --></policyMap></destinationPolicy>',
    '<destinationPolicy><policyMap>\r\n<policyEntry topic="a.&gt;" advisdoryForFastProducers="true"/>\r\n<policyEntry queue="b"/></policyMap></destinationPolicy>',
  ],
  [
    STOMP,
    '<transportConnectors><transportConnector uri="stomp://127.0.0.1:1?wireformat.maxFrameSize=1&amp;transport.trace=false"/></transportConnectors>',
    '<transportConnectors><transportConnector><uri>stomp://h:1?maxFrameSize=5</uri></transportConnector></transportConnectors>',
    "<transportConnector name='s' uri='stomp://h:1?transport.maximumConnections=5'/>",
    '<transportconnectors><transportConnector uri="stomp://h:1?a=1&b=2"/></transportconnectors>',
  ],
  [
    '',
    '<!-- masterConnectorURI="x" <usageManager> -->',
    '<services><masterConnector remoteURI="tcp://a:1"/></services>',
    '<services><activeConnector remoteURI="tcp://a:1" userName="u" password="p"/></services>',
    '<?pi <broker masterConnectorURI=""?>',
    '<waitForSlave>true</waitForSlave>',
  ],
]

const ATTRIBUTES: readonly (readonly string[])[] = [
  ['', 'masterConnectorURI="tcp://a:1"', "activeConnectorURI='tcp://a:1'", 'masterconnectorURI="tcp://a:1"'],
  [
    '',
    'waitForSlave="true"',
    'waitForPassive="true"',
    'waitForSlave="true"\n waitForPassive="true"',
    'WaitForSlaveTimeout="30s"',
  ],
  ['', 'destroyApplicationContextOnStop="true"', "\r\n   supportFailOver='false'", 'persistent="false"'],
]

const CORE = 'http://activemq.apache.org/schema/core'
const OLD = 'http://activemq.org/config/1.0'

const SHELLS: readonly ((element: string) => string)[] = [
  element => beans(element),
  element => `<?xml version="1.0" encoding="ISO-8859-1"?>\n<!-- é -->\n${beans(element)}\n`,
  element => beans(element).replace(CORE, OLD),
  element => `<beans xmlns="${OLD}">\n${element.replace(` xmlns="${CORE}"`, '')}</beans>`,
  element => element.replace(` xmlns="${CORE}"`, ''),
  element => `<beans>\n<bean id="b" class="x.Y"/>${element}</beans>`,
  element =>
    `<beans xmlns:amq="${OLD}">${element
      .replace(` xmlns="${CORE}"`, '')
      .replaceAll(/<(\/?)(?=[A-Za-z])/g, '<$1amq:')}</beans>`,
  element => `\uFEFF${beans(element).replaceAll(/\r?\n/g, '\r\n')}`,
  element => `<!DOCTYPE beans PUBLIC "-//SPRING//DTD BEAN//EN" "http://x/spring-beans.dtd">\n<beans>${element}</beans>`,
]

const pick = <T>(choices: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...choices)

const configuration = fc
  .tuple(fc.tuple(...PARTS.map(pick)), fc.tuple(...ATTRIBUTES.map(pick)), pick(SHELLS), fc.boolean())
  .map(([parts, attributes, shell, reversed]) => {
    const content = (reversed ? parts.toReversed() : parts).join('\n    ')
    return shell(broker(attributes.filter(one => one !== '').join(' '), content))
  })

const ask = pick<Ask>([
  {},
  { names: 'active-passive' },
  { names: 'master-slave' },
  { to: '6.x' },
  { to: '5.18.3' },
  { to: '5.7' },
  { to: '5.3', names: 'master-slave' },
])

test('whatever old and wrong forms a file mixes, it keeps its meaning, its bytes elsewhere, and is done at once', async t => {
  const directory = directoryWith({ 'activemq.xml': beans(broker('', STOMP)) })
  const property = fc.asyncProperty(configuration, ask, async (text, wanted) => {
    const latin = text.includes('ISO-8859-1')
    const bytes = Buffer.from(text, latin ? 'latin1' : 'utf8')
    const result = await upgradeAt(join(directory, 'activemq.xml'), wanted, bytes)
    const before = t.passed
    await promises(t, result, wanted)
    if (before && !t.passed) throw new Error(text)
  })
  await t.notThrowsAsync(fc.assert(property, { seed: seedOf(t), numRuns: 150 }))
})
