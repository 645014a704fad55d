import fc from 'fast-check'
import test from 'ava'
import { masked, MASK, secretNames } from '../../src/inspect/inspect.ts'
import type { Attribute, Element } from '../../src/xml/xml.ts'
import { convert, parse, samples, tools } from '../document/converting.ts'
import { secrets } from './reading.ts'

const SECRET = 'cor-rect.horse1'

/** Each way in which a file can hold a password, with the password as `@`. */
const WAYS: readonly string[] = [
  '<authenticationUser username="a" password="@" groups="b"/>',
  "<authenticationUser password='@'/>",
  '<authenticationUser pasword="@"/>',
  '<sslContext keyStorePassword = "@" trustStorePassword="@"/>',
  '<bean p:password="@"/>',
  '<replicatedLevelDB zkPassword="@"/>',
  '<networkConnector><password>@</password></networkConnector>',
  '<authenticationUser username="a">@</authenticationUser>',
  '<amq:authenticationUser username="a">\n @\n</amq:authenticationUser>',
  '<property name="password" value="@"/>',
  '<property value="@" name="dbPassword"/>',
  '<property name="password"><value>@</value></property>',
  '<property name="password">\n  <value type="string">\n    @\n  </value>\n</property>',
  '<prop key="activemq.password">@</prop>',
  '<entry key="userPassword" value="@"/>',
  '<value>\n  db.url=jdbc:x\n  db.password=@\n</value>',
  '<prop key="a.password">@<property name="password" value="@"/>',
  '<!-- <authenticationUser password="@"/> -->',
  '<authenticationUser password="@',
  '<transportConnector uri="ssl://0.0.0.0:1?transport.keyStorePassword=@&amp;a=b"/>',
  '<networkConnector uri="static:(tcp://guest:@@host:61616)"/>',
  '<x url="jdbc:mysql://h/db?user=a&amp;password=@"/>',
  '<authenticationUser password="${guest.password:@}"/>',
  '<x uri="tcp://h:1?a=${db.password:@}"/>',
]

for (const way of WAYS) {
  test(`a password is never shown: ${way.replaceAll('\n', ' ')}`, async t => {
    const isSecret = await secrets()
    const shown = masked(way.replaceAll(/@(?!host)/g, SECRET), isSecret)
    t.false(shown.includes(SECRET), shown)
    t.true(shown.includes(MASK))
  })
}

test('what only looks like a password stays readable', async t => {
  const isSecret = await secrets()
  for (const text of [
    '<authenticationUser username="clerk" groups="clerks"/>',
    '<authenticationUser password="${guest.password}"/>',
    '<broker passiveSlave="true" persistent="false"/>',
    '<property name="passwordEnvName" value="ACTIVEMQ_ENCRYPTION_PASSWORD"/>',
    '<transportConnector name="stomp" uri="stomp://0.0.0.0:61613?maximumConnections=1000"/>',
    '<value>file:${activemq.conf}/credentials.properties</value>',
  ])
    t.is(masked(text, isSecret), text)
})

test('the mask says nothing about the length, and is never confused by what stands around', async t => {
  const isSecret = await secrets()
  const words = fc.string({ unit: fc.constantFrom('a', '&', ' ', 'ü', '.', '=', ';', '>', "'"), maxLength: 12 })
  fc.assert(
    fc.property(words, words, fc.stringMatching(/^[A-Za-z0-9+/]{6,40}$/), (before, after, secret) => {
      const text = `<a x="${before}" password="${secret}" y="${after}"/>`
      t.is(masked(text, isSecret), `<a x="${before}" password="${MASK}" y="${after}"/>`)
    }),
    { seed: 20_240_601 },
  )
})

const isSecretKey = secretNames(tools.vocabulary)

test('a password in JSON or YAML is masked however it is written', t => {
  const texts = [
    '{"authenticationUser":{"username":"u","password":"hunter2"}}',
    '{"a": 1, "password" : "hunter2 \\" hunter2", "b": 2}',
    '{"password": "hunter2',
    'password: hunter2',
    '- authenticationUser: {username: u, password: hunter2, groups: g}',
    "keyStorePassword: 'hunter2'",
    'password: |\n  hunter2\n\n  hunter2\nnext: 1',
    'x:\n  - password: >-\n      hunter2\n      hunter2\n    next: 1',
    'password:\n  hunter2\n',
    'attributes:\n  value: hunter2\n  name: dbPassword\n',
    '{"element": {"name": "prop", "attributes": {"key": "a.password"}, "text": "hunter2"}}',
  ]
  for (const text of texts) t.notRegex(masked(text, isSecretKey), /hunter2/, text)
  t.is(masked('username: u\npassword: x\nuri: tcp://h:1', isSecretKey), 'username: u\npassword: •••\nuri: tcp://h:1')
})

test('no secret of any sample is left in the masked text of what it was converted to', t => {
  let found = 0
  for (const { name, text } of samples()) {
    const { tree } = parse(text, 'activemq.xml')
    if (tree === null) continue
    const spans: Attribute['span'][] = []
    const visit = (element: Element): void => {
      const named = element.attributes.some(({ local, value }) => /^(name|key)$/.test(local) && isSecretKey(value))
      for (const one of element.attributes)
        if (isSecretKey(one.local) || (named && one.local === 'value')) spans.push(one.span)
      for (const child of element.children) visit(child)
    }
    visit(tree.root)
    let marked = text
    for (const { valueStart, valueEnd } of spans.toReversed())
      marked = `${marked.slice(0, valueStart)}hunter2${marked.slice(valueEnd)}`
    found += spans.length
    for (const to of ['json', 'yaml'] as const)
      t.notRegex(masked(convert(marked, 'activemq.xml', to), isSecretKey), /hunter2/, `${name} as ${to}`)
  }
  t.true(found > 0)
})
