import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { securityTools } from '../../src/cli/provers.ts'
import { formatFinding } from '../../src/config/config.ts'
import { beans, broker, CONFIGURER, directoryWith, load, STOMP } from './loading.ts'

const CORE = 'xmlns="http://activemq.apache.org/schema/core"'

interface Mistake {
  /** The row of section 6. */
  readonly row: string
  /** The whole file; `MARK` before what is wrong is taken out, and the finding must be there. */
  readonly text: string
  readonly says: RegExp
  readonly properties?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
}

const MARK = '¶'
const inBroker = (content: string, attributes = ''): string => `${beans(broker(attributes, content), CONFIGURER)}\n`
const CONNECTOR = (uri: string): string =>
  `<transportConnectors><transportConnector name="s" uri="${uri}"/></transportConnectors>`
const SECURED = (acl: string, users = '<authenticationUser username="u" password="pw-1" groups="g"/>'): string =>
  `<plugins><simpleAuthenticationPlugin><users>${users}</users></simpleAuthenticationPlugin>${acl}</plugins>`
const ACL = (entries: string): string =>
  `<authorizationPlugin><map><authorizationMap><authorizationEntries>${entries}</authorizationEntries></authorizationMap></map></authorizationPlugin>`
const ENTRY = '<authorizationEntry queue="&gt;" read="g" write="g" admin="g"/>'

const MISTAKES: readonly Mistake[] = [
  {
    row: '& not escaped in a URI',
    text: inBroker('\n<transportConnectors><transportConnector uri="stomp://h:1?a=1¶&b=2"/></transportConnectors>'),
    says: /error: not well-formed: '&' in attribute "uri" must be written &amp;/,
  },
  {
    row: 'text after </beans>',
    text: `<beans/>\n ¶trailing`,
    says: /error: not well-formed: something stands behind the end of the root element/,
  },
  {
    row: 'an element that is never closed',
    text: '<beans>\n  <broker>\n    <plugins>¶\n',
    says: /error: not well-formed: <plugins> is never closed.*\n.*<plugins> was opened at line 3, column 5/,
  },
  {
    row: 'crossed tags',
    text: '<beans>\n <broker>\n  <plugins>\n </broker¶>\n</beans>',
    says: /error: not well-formed: <\/broker> closes what is not open; <plugins> is.*\n.*<plugins> was opened at line 3, column 3/,
  },
  {
    row: '-- inside a comment',
    text: '<beans>\n<!-- a --¶ b -->\n</beans>',
    says: /error: not well-formed: .*comment.*\n.*'--' may not stand inside a comment/,
  },
  {
    row: 'an XML declaration that is not first',
    text: '\n¶<?xml version="1.0"?><beans/>',
    says: /not well-formed: the XML declaration is not at the very beginning/,
  },
  {
    row: "'<' in an attribute",
    text: `<a b="1¶<2"/>`,
    says: /not well-formed: '<' in an attribute must be written &lt;/,
  },
  {
    row: '<broker> without a namespace',
    text: `<beans xmlns="http://www.springframework.org/schema/beans">\n  ¶<broker xmlns="">${STOMP}</broker></beans>`,
    says: /error: element <broker> is in no namespace.*\n.*add xmlns="http:\/\/activemq\.apache\.org\/schema\/core"/,
  },
  {
    row: 'a child in the namespace of Spring',
    text: `<beans xmlns="http://www.springframework.org/schema/beans" xmlns:amq="http://activemq.apache.org/schema/core"><amq:broker>\n¶<transportConnectors/></amq:broker></beans>`,
    says: /error: <transportConnectors> is of the namespace http:.*beans, which has no place in <broker>.*\n.*write <amq:transportConnectors>/,
  },
  {
    row: 'an Artemis broker.xml',
    text: `¶<configuration xmlns="urn:activemq"/>`,
    says: /error: this is an ActiveMQ Artemis configuration; TandemMQ reads ActiveMQ Classic files/,
  },
  {
    row: 'an attribute in another case',
    text: inBroker(SECURED('', '<authenticationUser ¶userName="u" password="pw-1" groups="g"/>') + STOMP),
    says: /error: unknown attribute "userName" on <authenticationUser>.*\n.*did you mean "username"\?/,
  },
  {
    row: 'a misspelt attribute',
    text: inBroker(
      `<destinationPolicy><policyMap><policyEntries><policyEntry queue="a" ¶inactiveTimeOutBeforGC="1"/></policyEntries></policyMap></destinationPolicy>${STOMP}`,
    ),
    says: /error: unknown attribute "inactiveTimeOutBeforGC".*\n.*did you mean "inactiveTimoutBeforeGC"|"inactiveTimeoutBeforeGC"/,
  },
  {
    row: 'a URI option in another case',
    text: inBroker(
      STOMP.replace('uri="stomp://127.0.0.1:61613', '¶uri="stomp://127.0.0.1:61613?wireformat.maxFrameSize=1'),
    ),
    says: /warn: .*unknown option "wireformat\.maxFrameSize".*"wireFormat\.maxFrameSize".*\n.*ActiveMQ ignored it/,
  },
  {
    row: 'a URI option with a wrong prefix',
    text: inBroker(
      STOMP.replace(
        'uri="stomp://127.0.0.1:61613',
        '¶uri="stomp://127.0.0.1:61613?transport.wireFormat.maxFrameSize=1',
      ),
    ),
    says: /warn: .*unknown option "transport\.wireFormat\.maxFrameSize".*as in ActiveMQ.*\n.*did you mean "wireFormat\.maxFrameSize"/,
  },
  {
    row: 'a misspelt protection',
    text: inBroker(
      STOMP.replace('uri="stomp://127.0.0.1:61613', '¶uri="stomp://127.0.0.1:61613?transport.enabledProtocol=TLSv1.2'),
    ),
    says: /refuse: .*unknown option "transport\.enabledProtocol"; it looks like "transport\.enabledProtocols", which protects/,
  },
  {
    row: 'an attribute that later versions removed',
    text: inBroker(STOMP, '¶destroyApplicationContextOnStop="true"'),
    says: /accept: "destroyApplicationContextOnStop" on <broker> \(ActiveMQ 5\.3\.1 to 5\.6\.0\) has no effect here/,
  },
  {
    row: 'an element that later versions removed',
    text: inBroker(`<persistenceAdapter>¶<amqPersistenceAdapter directory="d"/></persistenceAdapter>${STOMP}`),
    says: /warn: <amqPersistenceAdapter> \(ActiveMQ [\d.x]+ to 5\.\d+\.\d+\): .*journal/,
  },
  {
    row: 'a name used twice',
    text: inBroker(
      `<transportConnectors>\n<transportConnector name="openwire" uri="stomp://127.0.0.1:1"/>\n<transportConnector ¶name="openwire" uri="stomp://127.0.0.1:2"/></transportConnectors>`,
    ),
    says: /error: the name "openwire" is used twice: here and at line 4, column 21/,
  },
  {
    row: 'a placeholder without the start script',
    text: inBroker(STOMP, '¶brokerName="${who.am.i}"'),
    says: /refuse: cannot resolve \$\{who\.am\.i\} in "brokerName" \(looked in system properties, the environment\).*\n.*-Dwho\.am\.i=…, or give a default: \$\{who\.am\.i:…\}/,
  },
  ...['{{ name }}', '&lt;%= name %>', '@@name@@', '##### name #####', '%name%', '$[name]'].map(value => ({
    row: `a template that was not rendered: ${value}`,
    text: inBroker(STOMP, `¶brokerName="${value}"`),
    says: /refuse: the value of "brokerName" looks like an unrendered (jinja2|ERB|search-and-replace) template/,
  })),
  {
    row: 'a template around elements',
    text: inBroker(`${STOMP}\n¶{% if a %}\n<plugins/>{% endif %}`),
    says: /refuse: an unrendered jinja2 block stands directly inside <broker>/,
  },
  ...['1.5gb', '64MiB', '2 t', '100 %'].map(value => ({
    row: `a size that is none: ${value}`,
    text: inBroker(
      `<systemUsage><systemUsage><storeUsage><storeUsage ¶limit="${value}"/></storeUsage></systemUsage></systemUsage>${STOMP}`,
    ),
    says: /error: ".*" is not a size; write a whole number with b, kb, mb or gb, such as 64 mb/,
  })),
  {
    row: 'a time with a unit',
    text: inBroker(STOMP, '¶schedulePeriodForDestinationPurge="30s"'),
    says: /error: "30s" is not a plain number; if it is a time, write 30000 \(milliseconds\)/,
  },
  {
    row: 'a limit larger than memory',
    text: inBroker(
      `<systemUsage><systemUsage><memoryUsage><memoryUsage ¶limit="64 gb"/></memoryUsage></systemUsage></systemUsage>${STOMP}`,
    ),
    says: /warn: the memory limit of 68719476736 bytes does not fit the process's budget of 1073741824 bytes/,
  },
  {
    row: 'a share of memory larger than all of it (semantics L-01)',
    text: inBroker(
      `<systemUsage><systemUsage><memoryUsage><memoryUsage ¶percentOfJvmHeap="700"/></memoryUsage></systemUsage></systemUsage>${STOMP}`,
    ),
    says: /warn: the memory limit of 7516192768 bytes does not fit the process's budget of 1073741824 bytes; it became 751619276/,
  },
  {
    row: 'a limit larger than the disk',
    text: inBroker(
      `<systemUsage><systemUsage><storeUsage><storeUsage ¶limit="900000 gb"/></storeUsage></systemUsage></systemUsage>${STOMP}`,
    ),
    says: /warn: the storeLimit of 966367641600000 bytes is larger than the disk of \d+ bytes/,
  },
  {
    row: 'an object without its slot: memoryUsage',
    text: inBroker(`<systemUsage>¶<memoryUsage limit="1 mb"/></systemUsage>${STOMP}`),
    says: /error: .*\n.*write <systemUsage><systemUsage><memoryUsage><memoryUsage …\/><\/memoryUsage><\/systemUsage><\/systemUsage>/,
  },
  {
    row: 'a slot without its object: sslContext',
    text: inBroker(`<sslContext ¶keyStore="k"/>${STOMP}`),
    says: /error: <sslContext> is a place for an object here.*\n.*write <sslContext><sslContext keyStore="…"\/><\/sslContext>/,
  },
  {
    row: 'a plugin directly in the broker',
    text: inBroker(`¶<simpleAuthenticationPlugin/>${STOMP}`),
    says: /error: <simpleAuthenticationPlugin> cannot stand directly in <broker>.*\n.*write <plugins><simpleAuthenticationPlugin …\/><\/plugins>/,
  },
  {
    row: 'authorization without authentication',
    text: inBroker(`<plugins>¶${ACL(ENTRY)}</plugins>${STOMP}`),
    says: /refuse: authorization without authentication: no client would have a user, so nobody could do anything/,
  },
  {
    row: 'a group that no user has',
    text: inBroker(SECURED(ACL(ENTRY + '¶<authorizationEntry queue="a" read="ghosts" write="g" admin="g"/>')) + STOMP),
    says: /warn: no user is in the group "ghosts"/,
  },
  {
    row: 'a user without any right',
    text: inBroker(
      SECURED(
        ACL(ENTRY),
        '<authenticationUser username="u" password="pw-1" groups="g"/><authenticationUser username="lost" password="pw-1" groups="h"/>',
      ).replace('<simple', '¶<simple') + STOMP,
    ),
    says: /warn: the user "lost" can log in and do nothing/,
  },
  {
    row: 'a duplex network connector',
    text: inBroker(
      `<networkConnectors>¶<networkConnector uri="static:(tcp://a:1)" duplex="true"/></networkConnectors>${STOMP}`,
    ),
    says: /warn: <networkConnector>: store-and-forward to other brokers is not served/,
  },
  {
    row: 'a passive with a network connector to its active',
    text: inBroker(
      `<networkConnectors><networkConnector ¶uri="static:(tcp://other:61616)"/></networkConnectors>${STOMP}`,
      'masterConnectorURI="tcp://other:61616"',
    ),
    says: /warn: this network connector leads to tcp:\/\/other:61616, which is the active of this passive/,
  },
  {
    row: 'masterConnectorURI and masterConnector together',
    text: inBroker(
      `<services>¶<masterConnector remoteURI="tcp://b:1"/></services>${STOMP}`,
      'masterConnectorURI="tcp://a:1"',
    ),
    says: /error: masterConnectorURI together with a connector element: ActiveMQ refuses both; the other is at line 3, column \d+/,
  },
  {
    row: 'deleteAllMessagesOnStartup left on',
    text: inBroker(STOMP, '¶deleteAllMessagesOnStartup="true"'),
    says: /warn: all messages are deleted at every start/,
  },
  {
    row: 'default passwords on an open connector',
    text: inBroker(
      SECURED('', '<authenticationUser username="admin" password="admin" groups="g"/>').replace('<simple', '¶<simple') +
        CONNECTOR('stomp://0.0.0.0:1'),
    ),
    says: /warn: a user still has the password of ActiveMQ's examples/,
  },
  {
    row: 'no security on an open connector',
    text: inBroker(CONNECTOR('stomp://0.0.0.0:1').replace('uri', '¶uri')),
    says: /warn: anybody who reaches 0\.0\.0\.0:1 can read and write everything/,
  },
  {
    row: 'only vm:// or no connector',
    text: beans(`¶<broker ${CORE}>${CONNECTOR('vm://b')}</broker>`),
    says: /refuse: no connector speaks STOMP.*\n.*<transportConnector name="stomp" uri="stomp:.*-Dtandemmq\.stomp/,
  },
  {
    row: 'a connector scheme that is none',
    text: inBroker(STOMP.replace('uri="stomp', '¶uri="stmp')),
    says: /error: unknown transport "stmp".*\n.*did you mean "stomp"\?/,
  },
]

for (const { row, text, says, properties = {}, files = {} } of MISTAKES)
  test(`config 6: ${row}`, async t => {
    const at = text.indexOf(MARK)
    const before = text.slice(0, at).split('\n')
    const directory = directoryWith({ 'a.xml': text.replace(MARK, ''), ...files })
    const { findings } = await load(join(directory, 'a.xml'), { properties })
    const told = findings.map(formatFinding)
    const place = `${join(directory, 'a.xml')}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}: `
    t.true(
      told.some(one => says.test(one) && one.startsWith(place)),
      `${String(says)} at ${place}\n${told.join('\n')}`,
    )
    t.false(told.join().includes('pw-1'), 'a password is shown')
  })

test('config 6: elements in an order that 5.4 rejected are accepted', async t => {
  const directory = directoryWith({ 'a.xml': inBroker(`${STOMP}<systemUsage/><destinations/><plugins/>`) })
  const { config } = await load(join(directory, 'a.xml'))
  t.not(config, null)
})

test('config 6: masterConnectorURI in a file of 5.8 or later is what it says', async t => {
  const located = `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core-5.16.0.xsd"`
  const directory = directoryWith({ 'a.xml': broker(`${located} masterConnectorURI="tcp://a:61616"`, STOMP) })
  const { config } = await load(join(directory, 'a.xml'))
  t.is(config?.pair.activeConnector?.uri, 'tcp://a:61616')
})

test('config 6: rules without ActiveMQ.Advisory.> need nothing more: STOMP clients do without advisories', async t => {
  const directory = directoryWith({ 'a.xml': inBroker(SECURED(ACL(ENTRY)) + STOMP) })
  const { findings } = await load(join(directory, 'a.xml'))
  t.deepEqual(findings.map(formatFinding), [])
})

const posix = process.platform === 'win32' ? test.skip : test

posix('config 6: a password in a file that everybody may read is a warning with the command that ends it', async t => {
  const directory = directoryWith({ 'a.xml': inBroker(SECURED('') + STOMP) })
  const file = join(directory, 'a.xml')
  const options = securityTools({}, {})
  t.deepEqual((await load(file, options)).findings, [])
  chmodSync(file, 0o644)
  const [finding] = (await load(file, options)).findings
  t.regex(
    finding === undefined ? '' : formatFinding(finding),
    /warn: "password" is written in clear text.*\n.*chmod 600 .*a\.xml/,
  )
})
