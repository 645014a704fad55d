import test from 'ava'
import { silentLog } from '../../src/base/log.ts'
import {
  Jolokia,
  parseObjectName,
  POLICIES,
  type AccessPolicy,
  type JolokiaOptions,
} from '../../src/management/management.ts'
import { accessTo } from '../../src/management/access.ts'
import { CALLER, CANONICAL, Double, DoubleQueue, Q } from './double.ts'

const T = 1_795_366_491

interface Asking {
  readonly beans?: Double
  readonly policy?: AccessPolicy
  readonly query?: Readonly<Record<string, string>>
  readonly onlyReads?: string
  readonly record?: JolokiaOptions['record']
  readonly forbade?: JolokiaOptions['forbade']
}

/** The text of an answer to a GET of a path, or to a POST of a body. */
async function ask(what: string | object, { beans = shop(), ...more }: Asking = {}): Promise<string> {
  const { policy = POLICIES.compat, query = {}, onlyReads = null, record = () => {}, forbade = () => {} } = more
  const jolokia = new Jolokia({
    beans,
    policy,
    log: silentLog,
    now: () => T * 1000 + 999,
    version: '1.2.3',
    record,
    forbade,
  })
  const get = typeof what === 'string'
  const pieces = jolokia.answer({
    path: get ? what : '/',
    method: get ? 'get' : 'post',
    query: new Map(Object.entries(query)),
    body: get ? null : JSON.stringify(what),
    caller: CALLER,
    onlyReads,
  })
  let text = ''
  for await (const piece of pieces) text += piece
  JSON.parse(text)
  return text
}

const shop = (): Double => new Double(new DoubleQueue('orders', 4), new DoubleQueue('a/b c', 1))
const B = 'org.apache.activemq:brokerName=localhost,type=Broker'

test('JR-02, J-12, J-13, F-03: one attribute is a bare value, in compact JSON, its keys in the order that scripts cut at', async t => {
  const text = await ask(`/read/${Q('orders')}/QueueSize`)
  t.is(
    text,
    `{"request":{"mbean":"${CANONICAL('orders')}","attribute":"QueueSize","type":"read"},"value":4,"timestamp":${T},"status":200}`,
  )
  t.is(text.split('"value":')[1]?.split(',')[0], '4')
})

test('JR-03, JR-04, JR-05: several attributes are a map, and so is a list of one; none named means all', async t => {
  t.true((await ask(`/read/${Q('orders')}/QueueSize,Name`)).includes('"attribute":["QueueSize","Name"]'))
  t.true((await ask(`/read/${Q('orders')}/QueueSize,Name`)).includes('"value":{"QueueSize":4,"Name":"orders"}'))
  const one = await ask({ type: 'read', mbean: Q('orders'), attribute: ['QueueSize'] })
  t.regex(one, /"attribute":"QueueSize",.*"value":\{"QueueSize":4\}/)
  const all = JSON.parse(await ask(`/read/${B}`)) as { request: object; value: Record<string, unknown> }
  t.false('attribute' in all.request)
  t.deepEqual(Object.keys(all.value).length, 5)
})

test('JR-06: a pattern is answered in two levels, without what a bean lacks; none that matches is an error', async t => {
  const pattern = 'org.apache.activemq:brokerName=*,destinationType=Queue,destinationName=ord*,type=Broker'
  t.regex(
    await ask(`/read/${pattern}/QueueSize`),
    /"value":\{"org[^"]*destinationName=orders[^"]*":\{"QueueSize":4\}\}/,
  )
  const some = await ask({ type: 'read', mbean: 'org.apache.activemq:*', attribute: ['QueueSize', 'Slave'] })
  t.regex(some, /"org.apache.activemq:brokerName=localhost,type=Broker":\{"Slave":false\}/)
  t.notRegex(some, /JobScheduler/)
  t.regex(
    await ask('/read/org.apache.activemq:type=Nothing,*/X'),
    /"error":"javax.management.InstanceNotFoundException : No MBean with pattern org.apache.activemq:type=Nothing,\* found for reading attributes","status":404/,
  )
})

test('JR-07, J-10: a path leads into a value; ! makes a slash plain, and %2F does not', async t => {
  t.regex(
    await ask(`/read/${B}/TransportConnectors/stomp`),
    /^\{"request":\{"path":"stomp","mbean".*"value":"stomp:\/\/host/,
  )
  t.regex(await ask(`/read/${B}/TransportConnectors/a!/b`), /"path":"a!\/b".*"value":"x"/)
  t.regex(
    await ask(`/read/${B}/TransportConnectors/a%2Fb`),
    /AttributeNotFoundException : Map key 'a' is unknown","status":404/,
  )
  t.regex(await ask(`/read/${Q('a!/b%20c')}/QueueSize/`), /"value":1/)
  t.regex(await ask({ type: 'read', mbean: B, attribute: 'TransportConnectors', path: 'a!/b' }), /"value":"x"/)
  t.regex(await ask(`/read/${Q('orders').replaceAll('.', '!.')}/QueueSize`), /"value":4/)
})

test('JR-06, JR-07, JP-04: a path leads into the answers of a pattern, * into every member; includeRequest leaves it out', async t => {
  const deep = { type: 'read', mbean: 'org.apache.activemq:type=Broker,*', attribute: ['TransportConnectors', 'Slave'] }
  t.regex(
    await ask({ ...deep, path: '*/TransportConnectors/stomp' }),
    /"value":\{"org.apache.activemq:brokerName=localhost,type=Broker":"stomp:\/\/host:61613"\}/,
  )
  const named = { ...deep, path: `${B.replaceAll('/', '!/')}/Slave` }
  t.regex(await ask(named), /"value":\{"org.apache.activemq:brokerName=localhost,type=Broker":false\}/)
  t.regex(
    await ask(`/read/${Q('orders')}/QueueSize`, { query: { includeRequest: 'false' } }),
    /^\{"value":4,"timestamp":\d+,"status":200\}$/,
  )
})

test('J-02, JR-01: the type in any case, no path is version, ?p= stands for a path, a trailing slash means nothing', async t => {
  t.regex(await ask(''), /^\{"request":\{"type":"version"\},"value":\{"agent":"1.7.1","protocol":"7.2"/)
  t.regex(await ask('/'), /"info":\{"product":"activemq","vendor":"Apache","version":"5[^}]*\},"tandemmq":"1.2.3"/)
  t.regex(await ask(`//READ/${Q('orders')}/QueueSize/`), /"value":4/)
  t.regex(await ask('', { query: { p: `read/${Q('orders')}/QueueSize` } }), /"value":4/)
})

test('JR-08, JE-06, JE-10: a write answers the old value; a number that is none, and what is read-only, change nothing', async t => {
  const beans = shop()
  const text = await ask({ type: 'write', mbean: Q('orders'), attribute: 'MaxPageSize', value: 150 }, { beans })
  t.is(
    text,
    `{"request":{"mbean":"${CANONICAL('orders')}","attribute":"MaxPageSize","type":"write","value":150},"value":200,"timestamp":${T},"status":200}`,
  )
  t.is(beans.queues[0]?.maxPageSize, 150)
  t.regex(await ask(`/write/${Q('orders')}/MaxPageSize/151`, { beans }), /"value":"151"\},"value":150/)
  t.regex(
    await ask(`/write/${Q('orders')}/MaxPageSize/abc`, { beans }),
    /NumberFormatException : For input string: \\"abc\\"","status":400/,
  )
  t.regex(await ask(`/write/${Q('orders')}/MaxPageSize/3000000000`, { beans }), /NumberFormatException/)
  t.regex(
    await ask(`/write/${Q('orders')}/QueueSize/1`, { beans }),
    /AttributeNotFoundException : Read-only attribute: QueueSize","status":404/,
  )
  t.is(beans.queues[0]?.maxPageSize, 151)
})

test('JR-09, J-11: an operation takes its arguments from the path or the body, and void is null', async t => {
  const beans = shop()
  const [orders] = beans.queues
  t.regex(
    await ask(`/exec/${Q('orders')}/sendTextMessage(java.lang.String)/hi`, { beans }),
    /"arguments":\["hi"\],"type":"exec","operation":"sendTextMessage\(java.lang.String\)"\},"value":"ID:new"/,
  )
  await ask(`/exec/${Q('orders')}/sendTextMessage/[null]`, { beans })
  await ask(`/exec/${Q('orders')}/sendTextMessage/""`, { beans })
  await ask({ type: 'exec', mbean: Q('orders'), operation: 'sendTextMessage', arguments: [5] }, { beans })
  t.deepEqual(orders?.calls, ['admin sent hi', 'admin sent null', 'admin sent ', 'admin sent 5'])
  t.regex(
    await ask(`/exec/${Q('orders')}/purge`, { beans }),
    /"type":"exec","operation":"purge"\},"value":null,"timestamp"/,
  )
  t.is(orders?.size, 0)
})

test('F-10, JE-07, JE-08, JE-09: purge needs no signature; other overloaded, unknown and ill-called operations are told apart', async t => {
  const beans = shop()
  for (const operation of ['purge', 'purge()'])
    t.regex(await ask({ type: 'exec', mbean: Q('orders'), operation }, { beans }), /"status":200/)
  await ask({ type: 'exec', mbean: Q('orders'), operation: 'purge', arguments: [7] }, { beans })
  await ask(`/exec/${Q('orders')}/purge(long)/8`, { beans })
  t.deepEqual(beans.queues[0]?.calls, ['purge 7', 'purge 8'])
  t.true(
    (await ask(`/exec/${Q('orders')}/browse`)).includes(
      `"error":"java.lang.IllegalArgumentException : Operation browse on MBean ${CANONICAL('orders')} is overloaded. Signatures found: ),(java.lang.String). Use a signature when specifying the operation.","status":400`,
    ),
  )
  t.true(
    (await ask(`/exec/${Q('orders')}/nosuch`)).includes(
      `: No operation nosuch found on MBean ${CANONICAL('orders')}","status":400`,
    ),
  )
  t.regex(
    await ask(`/exec/${Q('orders')}/browse()/1`),
    /Invalid number of operation arguments. Operation browse\(\) on .* requires 0 parameters, not 1 as given","status":400/,
  )
  t.regex(await ask(`/exec/${Q('orders')}/browse(int)`), /Known signatures: \),\(java.lang.String\)/)
})

test('JR-14, JP-03: rows, dates and whole numbers of any size; tables nest by their index; limits cut', async t => {
  const browse = await ask({ type: 'exec', mbean: Q('orders'), operation: 'browse()' })
  t.true(browse.includes('"value":[{"JMSMessageID":"ID:a-1","JMSTimestamp":"2026-11-22T16:55:58Z","Text":"hi","n":5},'))
  t.true(browse.includes('"Text":null,"n":9007199254740993}]'))
  t.regex(await ask(`/exec/${Q('orders')}/browseAsTable`), /"value":\{"ID:a-1":\{"JMSMessageID":"ID:a-1"/)
  t.regex(
    await ask(`/read/${B.replace('localhost', 'localhost,service=JobScheduler')}/AllJobs`),
    /"value":\{"a":\{"1":\{"jobId":"a","next":"1","period":1\},"2":\{/,
  )
  t.regex(
    await ask(`/exec/${Q('orders')}/browse()`, { query: { maxCollectionSize: '1' } }),
    /"value":\[\{"JMSMessageID":"ID:a-1"\}\]/,
  )
  t.regex(await ask(`/exec/${Q('orders')}/browse()`, { query: { maxObjects: '2' } }), /"\[Object limit exceeded\]"/)
  t.regex(
    await ask(`/read/${B}/Queues`, { query: { maxDepth: 'x' } }),
    /NumberFormatException : For input string: \\"x\\"/,
  )
})

test('JR-13, JP-02: object names are objects in canonical order, at depth 1 texts in registered order', async t => {
  t.true((await ask(`/read/${B}/Queues`)).includes(`"value":[{"objectName":"${CANONICAL('orders')}"}`))
  t.true((await ask(`/read/${B}/Queues`, { query: { maxDepth: '1' } })).includes(`"value":["${Q('orders')}"`))
  const names = await ask({ type: 'search', mbean: Q('*'), config: { canonicalNaming: false } })
  t.true(names.includes(`{"mbean":"${Q('*')}","type":"search"},"value":["${Q('a/b c')}","${Q('orders')}"]`))
})

test('JR-10: search answers sorted canonical names, and nothing found is an empty list, for a full name too', async t => {
  t.regex(await ask(`/search/${Q('*')}`), new RegExp(`"value":\\["${CANONICAL('a/b c')}","${CANONICAL('orders')}"\\]`))
  t.regex(await ask(`/search/${Q('orders')}`), /"value":\["org/)
  t.regex(await ask(`/search/${Q('nosuch')}`), /"value":\[\],"timestamp":\d+,"status":200/)
  t.regex(await ask('/search/org.apache.activemq:destinationType=Queue,destinationName=*'), /"value":\[\]/)
})

test('JR-15, J-03: a bulk request answers in order, each error in its place; one that cannot be read fails the whole', async t => {
  const read = { type: 'READ', mbean: Q('orders'), attribute: 'QueueSize' }
  const text = await ask([
    read,
    { ...read, mbean: Q('nosuch') },
    { type: 'search', mbean: 'org.apache.activemq:type=Nothing,*' },
  ])
  const answers = JSON.parse(text) as { status: number; value?: unknown }[]
  t.deepEqual(
    answers.map(one => one.status),
    [200, 404, 200],
  )
  t.is(await ask([]), '[]')
  t.regex(
    await ask([read, { type: 'nosuch', mbean: Q('orders') }]),
    /^\{"error_type":"java.lang.IllegalArgumentException","error":"java.lang.IllegalArgumentException : No type with name 'nosuch' exists","status":400\}$/,
  )
})

test('JE-05, JE-06: an unknown bean is told as it was sent, an unknown attribute by its name, without a timestamp', async t => {
  t.is(
    await ask(`/read/${Q('nosuch')}/QueueSize`),
    `{"request":{"mbean":"${CANONICAL('nosuch')}","attribute":"QueueSize","type":"read"},"error_type":"javax.management.InstanceNotFoundException","error":"javax.management.InstanceNotFoundException : ${Q('nosuch')}","status":404}`,
  )
  t.regex(
    await ask(`/read/${Q('orders')}/Nosuch`),
    /AttributeNotFoundException : No such attribute: Nosuch","status":404\}$/,
  )
})

test('JE-11, J-04: what is no request is refused in one sentence, whatever its shape', async t => {
  const cases: readonly (readonly [string | object, RegExp])[] = [
    ['/nosuch', /No type with name 'nosuch' exists/],
    [{ mbean: Q('orders') }, /No type given/],
    [{ type: 'read' }, /Objectname can not be null/],
    ['/read', /Invalid arguments in pathinfo/],
    ['/read/nocolon', /Invalid object name. Domain part must be specified/],
    ['/read/a:b', /Invalid object name/],
    ['/read/a:b=1,b=2', /Invalid object name. key `b' already defined/],
    ['/read/%E0%A4%A', /percent-encoded/],
    [[5], /Not a request within the list/],
    [{ type: 'exec', mbean: Q('orders'), operation: 'purge', arguments: 'x' }, /"arguments/],
    [{ type: 'read', mbean: Q('orders'), attribute: 7 }, /attribute/],
    [
      { type: 'read', mbean: Q('orders'), target: { url: 'service:jmx:rmi:///jndi/rmi://10.0.0.1/jmxrmi' } },
      /another agent/,
    ],
  ]
  for (const [what, error] of cases) {
    const answer = await ask(what)
    t.regex(answer, /^\{"error_type":"java.lang.IllegalArgumentException",.*"status":400\}$/, JSON.stringify(what))
    t.regex(answer.replaceAll('\\"', '"'), error)
  }
  const jolokia = new Jolokia({
    beans: shop(),
    policy: POLICIES.compat,
    log: silentLog,
    now: Date.now,
    version: '',
    record: () => {},
    forbade: () => {},
  })
  for (const body of ['', '{', 'x', '5', 'null', '['.repeat(5000) + ']'.repeat(5000)])
    for await (const text of jolokia.answer({
      path: '/',
      method: 'post',
      query: new Map(),
      body,
      caller: CALLER,
      onlyReads: null,
    }))
      t.regex(text, /Invalid JSON request/, body.slice(0, 20))
  let text = ''
  const path = `/read/${Q('orders')}/QueueSize`
  for await (const piece of jolokia.answer({
    path,
    method: 'post',
    query: new Map(),
    body: '',
    caller: CALLER,
    onlyReads: null,
  }))
    text += piece
  t.regex(text, /"value":4/, 'an empty POST is the GET of its path')
})

test('JE-12, JE-13, JP-01: a failure of the broker has its class; a fault of ours says nothing but that; ignoreErrors goes on', async t => {
  t.regex(
    await ask(`/exec/${Q('orders')}/fail`),
    /"error_type":"javax.jms.InvalidSelectorException","error":"javax.jms.InvalidSelectorException : a b c","status":500/,
  )
  const fault = await ask(`/exec/${Q('orders')}/break`)
  t.regex(fault, /"java.lang.RuntimeException : the node could not answer/)
  t.notRegex(fault, /secret|stack/)
  t.regex(await ask(`/read/${Q('orders')}`), /IllegalStateException : Broker is not yet started.","status":500/)
  t.regex(
    await ask(`/read/${Q('orders')}`, { query: { ignoreErrors: 'true' } }),
    /"SlowConsumerStrategy":"ERROR: Broker is not yet started. \(class java.lang.IllegalStateException\)".*"status":200/,
  )
})

test('P-03: a passive answers what reads, and names the active for what changes', async t => {
  const beans = shop()
  beans.readOnly = 'This broker is passive (epoch 7); the active is tcp://b:61616'
  t.regex(await ask(`/exec/${Q('orders')}/browse()`, { beans }), /"status":200/)
  t.regex(
    await ask(`/exec/${Q('orders')}/purge`, { beans }),
    /"java.lang.IllegalStateException : This broker is passive \(epoch 7\); the active is tcp:\/\/b:61616","status":500/,
  )
  t.regex(await ask(`/write/${Q('orders')}/MaxPageSize/1`, { beans }), /IllegalStateException/)
  t.is(beans.queues[0]?.size, 4)
})

test('JR-11: list describes domains, beans, attributes and operations, to the depth that is asked', async t => {
  const value = async (path: string, query: Readonly<Record<string, string>> = {}): Promise<unknown> =>
    (JSON.parse(await ask(path, { query })) as { value: unknown }).value
  t.deepEqual(await value('/list', { maxDepth: '1' }), { 'org.apache.activemq': '1' })
  const two = (await value('/list', { maxDepth: '2' })) as Record<string, Record<string, unknown>>
  t.is(two['org.apache.activemq']?.['brokerName=localhost,type=Broker'], '1')
  const beans = (await value('/list/org.apache.activemq', { maxDepth: '2' })) as Record<string, unknown>
  const queue = CANONICAL('orders').replace('org.apache.activemq:', '')
  t.deepEqual(beans[queue], {
    op: '1',
    attr: '1',
    class: 'org.apache.activemq.broker.jmx.QueueView',
    desc: 'Information on the management interface of the MBean',
  })
  const full = (await value('/list')) as Record<string, Record<string, { attr: object; op: Record<string, unknown> }>>
  const { attr, op } = full['org.apache.activemq']![queue]!
  t.like(attr, { MaxPageSize: { rw: true, type: 'int', desc: 'Page' }, QueueSize: { rw: false, type: 'long' } })
  t.true(Array.isArray(op['browse']))
  t.deepEqual(op['sendTextMessage'], {
    args: [{ name: 'body', type: 'java.lang.String', desc: 'body' }],
    ret: 'java.lang.String',
    desc: 'Sends',
  })
  t.deepEqual(await value(`/list/org.apache.activemq/${queue}/attr/QueueSize`), {
    rw: false,
    type: 'long',
    desc: 'Messages',
  })
  t.regex(await ask('/list/hawtio/type=security,name=RBACRegistry'), /InstanceNotFoundException.*"status":404/)
})

test('JR-12: list is not changed since a time to come', async t => {
  t.is(
    await ask('/list', { query: { ifModifiedSince: String(T + 100) } }),
    `{"request":{"type":"list"},"status":304,"timestamp":${T}}`,
  )
  t.regex(await ask('/list', { query: { ifModifiedSince: String(T - 100) } }), /"status":200/)
})

test('T-11: list of 10,000 queues is sent in small pieces as it is made, and with listCache stays small', async t => {
  const beans = new Double(...Array.from({ length: 10_000 }, (_, i) => new DoubleQueue(`q.${i}`)))
  const jolokia = new Jolokia({
    beans,
    policy: POLICIES.compat,
    log: silentLog,
    now: Date.now,
    version: '',
    record: () => {},
    forbade: () => {},
  })
  const call = { path: '/list', method: 'get', body: null, caller: CALLER, onlyReads: null }
  let longest = 0
  let pieces = 0
  for await (const piece of jolokia.answer({ ...call, query: new Map() })) {
    longest = Math.max(longest, piece.length)
    pieces++
  }
  t.true(longest < 10_000 && pieces > 10_000)
  let text = ''
  const hawtio = new Map([
    ['listCache', 'true'],
    ['maxDepth', '9'],
  ])
  for await (const piece of jolokia.answer({ ...call, query: hawtio })) text += piece
  const { value } = JSON.parse(text) as {
    value: { cache: Record<string, object>; domains: Record<string, Record<string, string>> }
  }
  t.true(text.length < 2_000_000)
  const key = value.domains['org.apache.activemq']?.[CANONICAL('q.7').replace('org.apache.activemq:', '')] ?? ''
  t.like(value.cache[key], { class: 'org.apache.activemq.broker.jmx.QueueView' })
})

test('ON-14: names from before 5.8 are understood, and never listed', async t => {
  t.regex(
    await ask('/read/org.apache.activemq:BrokerName=localhost,Type=Queue,Destination=orders/QueueSize'),
    /"value":4/,
  )
  t.regex(await ask('/read/org.apache.activemq:BrokerName=localhost,Type=Broker/Slave'), /"value":false/)
  t.regex(
    await ask('/search/org.apache.activemq:BrokerName=*,Type=Queue,Destination=*'),
    /"value":\["org[^"]*destinationName=a\/b c/,
  )
  t.notRegex(await ask('/list'), /BrokerName=/)
})

test('JA-07: who may only read is told which role it takes, and nothing happens', async t => {
  const beans = shop()
  const no = { beans, onlyReads: 'the role admin is needed' }
  t.regex(
    await ask(`/exec/${Q('orders')}/purge`, no),
    /"java.lang.Exception : Operation purge forbidden for MBean .*: the role admin is needed","status":403/,
  )
  t.regex(await ask(`/write/${Q('orders')}/MaxPageSize/1`, no), /"status":403/)
  t.regex(await ask(`/read/${Q('orders')}/QueueSize`, no), /"status":200/)
  t.is(beans.queues[0]?.size, 4)
})

test('JA-03, JA-04, JA-05, JE-02, JE-03, JE-04: the policies forbid by method, command, bean and member; deny beats allow', async t => {
  const beans = shop()
  const hardened = { beans, policy: POLICIES.hardened }
  t.regex(
    await ask(`/read/${Q('orders')}/QueueSize`, hardened),
    /^\{"request":.*"java.lang.Exception : HTTP method get is not allowed according to the installed security policy","status":403/,
  )
  t.regex(await ask({ type: 'read', mbean: Q('orders'), attribute: 'QueueSize' }, hardened), /"value":4/)
  for (const operation of ['purge', 'purge()', 'sendTextMessage', 'sendTextMessage(java.lang.String)'])
    t.regex(
      await ask({ type: 'exec', mbean: Q('orders'), operation, arguments: [] }, hardened),
      /Operation .* forbidden for MBean org.*","status":403/,
      operation,
    )
  t.regex(await ask({ type: 'exec', mbean: Q('orders'), operation: 'browse()' }, hardened), /"status":200/)
  t.regex(
    await ask({ type: 'write', mbean: Q('orders'), attribute: 'MaxPageSize', value: 1 }, hardened),
    /"status":403/,
  )
  t.is(beans.queues[0]?.size, 4)
  t.regex(await ask(`/exec/${Q('orders')}/purge`, { beans, policy: POLICIES.strict }), /"status":200/)
  const listless: AccessPolicy = { ...POLICIES.compat, commands: new Set(['version']), allow: [] }
  t.regex(await ask('/list', { policy: listless }), /Command list not allowed due to policy used","status":403/)
  t.regex(
    await ask(`/read/${Q('orders')}/QueueSize`, { policy: listless }),
    /Reading attribute QueueSize is forbidden for MBean/,
  )
})

test('D-01: what is let through is recorded without bodies, and what is forbidden is told to the log', async t => {
  const deeds: string[] = []
  const forbidden: string[] = []
  const record: JolokiaOptions['record'] = ({ caller, what, parameters, reads }) =>
    void deeds.push(`${caller.user ?? ''} ${what} ${parameters.join()} ${reads}`)
  const forbade: JolokiaOptions['forbade'] = ({ from }, message) => void forbidden.push(`${from} ${message}`)
  const by = { record, forbade }
  await ask(`/exec/${Q('orders')}/sendTextMessage/hidden`, by)
  await ask(`/exec/${Q('orders')}/purge(long)/8`, by)
  await ask(`/exec/${Q('orders')}/browse()`, by)
  await ask(`/write/${Q('orders')}/MaxPageSize/7`, by)
  await ask(`/exec/${Q('orders')}/nosuch`, by)
  t.deepEqual(deeds, [
    'admin sendTextMessage **** false',
    'admin purge 8 false',
    'admin browse  true',
    'admin MaxPageSize 7 false',
  ])
  t.deepEqual(forbidden, [])
  await ask(`/exec/${Q('orders')}/purge()`, { ...by, onlyReads: 'the role admin is needed' })
  t.regex(forbidden.join(), /^127.0.0.1:1 Operation purge\(\) forbidden/)
})

test('no request is work for long, whatever it repeats: its names, attributes and paths have an end', async t => {
  const many = (text: string, times: number): string => text.repeat(times)
  const beans = new Double(...Array.from({ length: 2000 }, (_, i) => new DoubleQueue(`q${i}`)))
  const names = Array.from({ length: 100_000 }, (_, i) => `a${i}`)
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ type: 'exec', mbean: Q('q1'), operation: many('(', 1_000_000) }, /operation has more than 1000 characters/],
    [{ type: 'read', mbean: 'org.apache.activemq:*', attribute: names }, /More than 1000 attributes/],
    [{ type: 'read', mbean: 'org.apache.activemq:*', attribute: names.join(',') }, /More than 1000 attributes/],
    [{ type: 'read', mbean: Q('*'), attribute: ['Subscriptions'], path: many('*/', 500_000) }, /more than 100 parts/],
    [{ type: 'read', mbean: `a:${names.map(name => `${name}=1`).join(',')}` }, /more than 65536 characters/],
  ]
  const began = performance.now()
  for (const [request, wanted] of cases) t.regex(await ask(request, { beans }), wanted)
  t.true(performance.now() - began < 10_000, 'it took minutes, in which no client of STOMP was served')
})

test('a pattern whose beans have nothing of what is asked lets others go first all the same', async t => {
  const beans = new Double(...Array.from({ length: 500 }, (_, i) => new DoubleQueue(`q${i}`)))
  const options = { policy: POLICIES.compat, log: silentLog, now: Date.now, version: '1', record() {}, forbade() {} }
  const body = JSON.stringify({ type: 'read', mbean: Q('*'), attribute: ['None'] })
  const call = { path: '/', method: 'post', query: new Map(), body, caller: CALLER, onlyReads: null }
  let pieces = 0
  for await (const piece of new Jolokia({ beans, ...options }).answer(call)) pieces += piece === '' ? 1 : 0
  t.true(pieces >= 500, `${pieces} places to pause`)
})

test('JA-04: hardened lets nobody take a message either', async t => {
  const { hardened } = POLICIES
  const may = accessTo(hardened, 'exec', parseObjectName('io.tandemmq:type=Messages,brokerName=localhost'))
  t.false(may('take'))
  t.false(may('take(java.lang.String,java.lang.String)'))
  t.true(may('page'))
})

test('an answer that would fill the memory is refused with what to ask instead, and the next one is answered', async t => {
  const beans = new Double(...Array.from({ length: 20 }, (_, i) => new DoubleQueue(`${i}${'x'.repeat(1 << 20)}`)))
  t.regex(
    await ask(`/read/${Q('*')}/Name`, { beans }),
    /The answer is too large: name the attributes that you need.*"status":400/,
  )
  t.regex(await ask(`/read/${Q('*')}/QueueSize`, { beans: shop() }), /"status":200/)
})
