import { resolve } from 'node:path'
import test from 'ava'
import { beans, broker, directoryWith, STOMP } from '../config/loading.ts'
import { call, tandem, type Answer } from './terminal.ts'

const FIXTURES = resolve('fixtures/config')

const run = (cwd: string, ...args: readonly string[]): Promise<Answer> => call(['explain', ...args], cwd)

test('the command: the tree on stdout, the findings on stderr, exit code 0, no password', async t => {
  const { code, out, err } = await tandem(['explain', 'mistakes.xml'], FIXTURES)
  t.is(code, 0)
  t.regex(out, /^broker "orders" +mistakes\.xml:7:3 +HONOUR/)
  t.regex(out, /^ {10}password = "•••" +mistakes\.xml:20:48 +HONOUR/m)
  t.regex(err, /10 findings \(6 errors, 4 warnings in 1 file\): run tandemmq validate mistakes\.xml/)
  t.notRegex(out + err, /\u001b|correct-horse|battery-staple|old-secret|template-secret/)
})

test('one attribute, one object, or why there is none', async t => {
  t.regex(
    (await run(FIXTURES, 'mistakes.xml', 'broker@brokerName')).out,
    /^brokerName = "orders" +mistakes\.xml:7:58 +HONOUR/,
  )
  t.regex((await run(FIXTURES, 'mistakes.xml', 'users.chief')).out, /^authenticationUser "chief" +mistakes\.xml:20:11/)
  const wrong = await run(FIXTURES, 'mistakes.xml', 'broker.transportConector')
  t.is(wrong.code, 2)
  t.is(wrong.out, '')
  t.regex(wrong.err, /there is no "transportConector" in the broker; did you mean "transportConnectors"\?/)
  const nameless = await run(FIXTURES, 'mistakes.xml', 'queue://')
  t.deepEqual([nameless.code, nameless.out], [2, ''])
  t.regex(nameless.err, /"queue:\/\/" names no destination; write queue:\/\/orders/)
})

test('exit codes: 1 when there is no broker, 2 when the call is wrong', async t => {
  const none = await run(directoryWith({ 'a.xml': beans('') }), 'a.xml')
  t.is(none.code, 1)
  t.regex(none.err, /CONFIG_NO_BROKER[^]*run tandemmq validate a\.xml/)
  t.is((await run(FIXTURES)).code, 2)
  t.is((await run(FIXTURES, 'mistakes.xml', 'b', 'c')).code, 2)
  t.regex((await run(FIXTURES, 'mistakes.xml', '--al')).err, /did you mean --all\?/)
})

const entry = (attributes: string, content = ''): string => `<policyEntry ${attributes}>${content}</policyEntry>`
const grant = (attributes: string): string => `<authorizationEntry ${attributes}/>`
const INDIVIDUAL = '<deadLetterStrategy><individualDeadLetterStrategy queuePrefix="DLQ."/></deadLetterStrategy>'
const SHOP = beans(
  broker(
    '',
    `<destinationPolicy><policyMap><policyEntries>
${entry('queue="&gt;" producerFlowControl="false" strictOrderDispatch="true"')}
${entry('queue="shop.&gt;" producerFlowControl="false"', INDIVIDUAL)}
${entry('queue="shop.*" expireMessagesPeriod="5000"', INDIVIDUAL)}
${entry('queue="shop.orders" expireMessagesPeriod="7000"')}
${entry('topic="shop.&gt;" topicPrefetch="10"')}
</policyEntries></policyMap></destinationPolicy>
<plugins><simpleAuthenticationPlugin anonymousAccessAllowed="true" anonymousGroup="public"><users>
<authenticationUser username="clerk" password="c" groups="clerks"/><authenticationUser username="chief" password="d" groups="chiefs,clerks"/>
</users></simpleAuthenticationPlugin>
<authorizationPlugin><map><authorizationMap><authorizationEntries>
${grant('queue="&gt;" read="chiefs" write="chiefs" admin="chiefs"')}
${grant('queue="shop.&gt;" read="clerks" write="clerks" admin="chiefs"')}
${grant('topic="&gt;" read="public,clerks" write="chiefs" admin="chiefs"')}
</authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>${STOMP}`,
  ),
)

interface Facts {
  readonly policy: {
    readonly entry: { readonly for: string } | null
    readonly why: string
    readonly others: readonly { readonly for: string; readonly why: string }[]
    readonly settings: readonly { readonly name: string; readonly value: string; readonly set: boolean }[]
  }
  readonly deadLetters: readonly { readonly goes: string | null }[]
  readonly access: {
    readonly entries: readonly { readonly for: string }[]
    readonly groups: { readonly read: readonly string[] }
    readonly users: readonly { readonly name: string; readonly may: readonly string[] }[]
  }
}

async function facts(destination: string): Promise<Facts> {
  const { out } = await run(directoryWith({ 'a.xml': SHOP }), 'a.xml', destination, '--json')
  return JSON.parse(out) as Facts
}

test('config 2.4: which policyEntry governs a destination, why, and that they are not merged', async t => {
  const exact = await facts('queue://shop.orders')
  t.is(exact.policy.entry?.for, 'queue://shop.orders')
  t.regex(exact.policy.why, /names this destination itself/)
  t.deepEqual(
    exact.policy.others.map(other => other.for),
    ['queue://>', 'queue://shop.>', 'queue://shop.*'],
  )
  const setting = (name: string): unknown => exact.policy.settings.find(one => one.name === name)
  t.deepEqual(setting('expireMessagesPeriod'), { name: 'expireMessagesPeriod', value: '7000', set: true })
  t.deepEqual(setting('producerFlowControl'), { name: 'producerFlowControl', value: 'true', set: false }, 'not merged')
  t.is(exact.deadLetters[0]?.goes, 'queue://ActiveMQ.DLQ')

  const narrow = await facts('queue://shop.returns')
  t.is(narrow.policy.entry?.for, 'queue://shop.*')
  t.regex(narrow.policy.others[1]?.why ?? '', /"shop\.\*" is narrower/)
  t.is(narrow.deadLetters[0]?.goes, 'queue://DLQ.shop.returns')
  t.is(narrow.deadLetters[2]?.goes, null, 'not persistent: dropped')

  t.is((await facts('queue://shop.a.b')).policy.entry?.for, 'queue://shop.>')
  t.is((await facts('topic://shop.a')).policy.entry?.for, 'topic://shop.>')
  t.is((await facts('topic://other')).policy.entry, null)
})

test('config 2.4: all authorizationEntries for a destination are united, and who may what is asked of the authorizer', async t => {
  const { access } = await facts('queue://shop.orders')
  t.deepEqual(
    access.entries.map(one => one.for),
    ['queue://>', 'queue://shop.>'],
  )
  t.deepEqual(access.groups.read, ['chiefs', 'clerks'])
  t.deepEqual(access.users, [
    { name: 'clerk', may: ['read', 'write'] },
    { name: 'chief', may: ['read', 'write', 'admin'] },
    { name: 'anonymous (without a login)', may: [] },
  ])
  const topic = await facts('topic://prices.>')
  t.deepEqual(
    topic.access.users.map(({ may }) => may),
    [['read'], ['read', 'write', 'admin'], ['read']],
  )
})

test('a destination is told to people as well', async t => {
  const { code, out } = await run(directoryWith({ 'a.xml': SHOP }), 'a.xml', '/queue/shop.orders')
  t.is(code, 0)
  t.regex(
    out,
    /^queue:\/\/shop\.orders\n\nPolicy\n {2}queue:\/\/shop\.orders {2}a\.xml:7:\d+ {2}governs it: it names this destination itself\n/,
  )
  t.regex(out, /user "clerk" {2}may read, write\n/)
})

test('where a directory of ActiveMQ comes from is said as it is: -D, a variable, or how it was derived', async t => {
  const directory = directoryWith({ 'conf/a.xml': beans(broker('dataDirectory="${activemq.data}"', STOMP)) })
  const from = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { out } = await tandem(['explain', 'conf/a.xml', 'broker@dataDirectory', ...args], directory, env)
    return /placeholder \$\{activemq\.data\}(.*?)  HONOUR/.exec(out)?.[1]?.trim() ?? out
  }
  t.is(await from([]), ', derived from where the file lies')
  t.is(await from(['-Dactivemq.data=/d']), 'from -D')
  t.is(await from(['-Dactivemq.base=/b']), ', derived from -Dactivemq.base')
  t.is(await from([], { ACTIVEMQ_DATA: '/d' }), 'from ACTIVEMQ_DATA')
  t.is(await from([], { ACTIVEMQ_HOME: '/h' }), ', derived from ACTIVEMQ_HOME')
  const user = directoryWith({ 'a.xml': beans(broker('dataDirectory="${user.dir}/d" brokerName="${n}"', STOMP)) })
  const { out } = await run(user, 'a.xml', '-Dn=x')
  t.regex(out, /brokerName = "x" .*placeholder \$\{n\} from -D/)
  t.regex(out, /dataDirectory = .*placeholder \$\{user\.dir\} from the system/)
})
