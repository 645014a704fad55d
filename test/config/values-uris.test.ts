import test from 'ava'
import { formatFinding } from '../../src/config/config.ts'
import { find, loadBroker, STOMP, stops } from './loading.ts'

const connector = (uri: string): string =>
  `<transportConnectors><transportConnector name="s" uri="${uri}"/></transportConnectors>`
const policy = (attributes: string): string =>
  `<destinationPolicy><policyMap><policyEntries><policyEntry ${attributes}/></policyEntries></policyMap></destinationPolicy>${STOMP}`
const network = (uri: string): string =>
  `<networkConnectors><networkConnector name="n" uri="${uri}"/></networkConnectors>${STOMP}`

test('config 3.1: host forms: names, underscores, IPv4, IPv6, a path, blanks around, a placeholder', async t => {
  for (const [uri, host, port] of [
    ['stomp://my_host:61613', 'my_host', 61613],
    ['stomp://[::1]:1', '::1', 1],
    ['stomp://[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
    [' stomp://127.0.0.1:1 ', '127.0.0.1', 1],
    ['stomp://127.0.0.1:1/path', '127.0.0.1', 1],
    ['stomp://:61613', '0.0.0.0', 61613],
    ['stomp://${h:localhost}:${p:7}', 'localhost', 7],
    ['STOMP://h:0', 'h', 0],
  ] as const)
    t.like((await loadBroker('', connector(uri))).config?.connectors[0], { host, port }, uri)
  for (const uri of ['stomp://h', 'stomp://h:99999', 'stomp://h:-1', 'stomp://::1:1', '', 'failover:(stomp://a:1)'])
    t.like(find(await loadBroker('', connector(uri)), 'CONFIG_URI'), { severity: 'error' }, uri)
})

test('config 2.2, 3.1: options are decoded, the last of two counts, and a truth value that is none is an error', async t => {
  const { config } = await loadBroker(
    '',
    connector('stomp://127.0.0.1:1?trace=true&amp;trace=FALSE&amp;transport.defaultHeartBeat=5%2C6'),
  )
  t.like(config?.connectors[0], { trace: false, defaultHeartBeat: [5, 6] })
  for (const [query, says] of [
    ['trace=yes', /option "trace": "yes" is neither true nor false/],
    ['trace', /option "trace" has no value/],
    ['wireFormat.maxFrameSize=100 mb', /"100 mb" is not a whole number/],
    ['transport.hbGracePeriodMultiplier=0.5', /must be >= 1/],
    ['transport.defaultHeartBeat=1', /two numbers of milliseconds/],
  ] as const) {
    const result = await loadBroker('', connector(`stomp://127.0.0.1:1?${query}`))
    t.regex(stops(result).map(formatFinding).join(), says, query)
  }
})

test('config 3.3: an auto connector serves STOMP unless its protocols leave it out', async t => {
  const some = await loadBroker('', connector('auto://127.0.0.1:1?auto.protocols=default,stomp'))
  t.is(some.config?.connectors.length, 1)
  const none = await loadBroker('', connector('auto://127.0.0.1:1?auto.protocols=mqtt') + '')
  t.regex(find(none, 'CONFIG_SCHEME')?.message ?? '', /its auto\.protocols leave out stomp/)
})

test('config 3.4: addresses of bridges are read though none is served: what stops ActiveMQ is an error', async t => {
  for (const uri of [
    'static:(tcp://a:1,tcp://b:2)?maxReconnectDelay=5',
    'static:tcp://a:1,tcp://b:2?trace=true',
    'static:(failover:(tcp://a:1,tcp://b:1)?maxReconnectAttempts=0)',
    'masterslave:(tcp://a:1,tcp://b:1)',
    'multicast://default?group=x',
    'kube://service:61616/?transport=tcp',
    'ldap://host:389/ou=x',
  ]) {
    const result = await loadBroker('', network(uri))
    t.deepEqual(stops(result).map(formatFinding), [], uri)
    t.like(find(result, 'CONFIG_NOT_SERVED'), { severity: 'warn' }, uri)
  }
  for (const [uri, says] of [
    ['static:(tcp://a:1', /has a \( without its \)/],
    ['static:tcp://a:1)', /has a \) without its \(/],
    ['static:()', /names 0 addresses/],
    ['masterslave:(tcp://a:1)', /masterslave: needs 2/],
    ['statc:(tcp://a:1)', /unknown scheme "statc".*\n.*did you mean "static"/],
    ['static:(tcp://a:1)x', /goes on after its closing parenthesis/],
    ['static:(tcp://a:1,tpc://b:1)', /unknown scheme "tpc"/],
    ['nonsense', /is not a URI/],
  ] as const)
    t.regex(
      stops(await loadBroker('', network(uri)))
        .map(formatFinding)
        .join(),
      says,
      uri,
    )
  const option = await loadBroker('', network('static:(tcp://a:1)?maxRecnnectDelay=5'))
  t.is(find(option, 'CONFIG_URI_OPTION')?.hint, 'did you mean "maxReconnectDelay"?')
})

test('config 2.1 to 2.3: sizes, truth values and numbers at their edges', async t => {
  const accepted = [
    'memoryLimit="64 mb"',
    'memoryLimit="1G"',
    'memoryLimit="20480"',
    'queuePrefetch=" 60000 "',
    'queuePrefetch="+5"',
  ]
  accepted.push('expireMessagesPeriod="9223372036854775807"', 'producerFlowControl="TRUE"', 'producerFlowControl=" 0 "')
  for (const attribute of accepted)
    t.deepEqual(stops(await loadBroker('', policy(`queue="a" ${attribute}`))).map(formatFinding), [], attribute)
  const rejected = [
    'memoryLimit="1.5mb"',
    'memoryLimit="-5"',
    'memoryLimit="1tb"',
    'queuePrefetch="99999999999"',
    'queuePrefetch="0x10"',
  ]
  rejected.push('expireMessagesPeriod="9223372036854775808"', 'expireMessagesPeriod="30s"', 'producerFlowControl="on"')
  for (const attribute of rejected)
    t.like(
      find(await loadBroker('', policy(`queue="a" ${attribute}`)), 'CONFIG_VALUE'),
      { severity: 'error' },
      attribute,
    )
  const wide = network('multicast://default').replace('name="n"', 'name="n" prefetchSize="2g"')
  t.regex(find(await loadBroker('', wide), 'CONFIG_VALUE')?.message ?? '', /larger than this setting can hold/)
})

test('config 2.4: names are trimmed, options of a destination are no part of its name, and an entry is for one destination', async t => {
  const { config } = await loadBroker(
    '',
    `<destinations><queue physicalName=" A?consumer.prefetchSize=5"/></destinations>${STOMP}`,
  )
  t.deepEqual(
    config?.destinations.map(({ name }) => name),
    ['A'],
  )
  const two = await loadBroker('', policy('queue="a" topic="b"'))
  t.regex(find(two, 'CONFIG_CONTRADICTION')?.message ?? '', /names "queue" and "topic"/)
})
