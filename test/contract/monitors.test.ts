import { connect } from 'node:net'
import { readFileSync, writeFileSync } from 'node:fs'
import { request as requestByTls } from 'node:https'
import { join, resolve } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { jettyXml, REALM, secureConnector } from '../config/jetty-files.ts'
import { brokerXml, World } from './world.ts'

/** A stock installation: jetty.xml imported, with the realm and a connector by TLS beside the plain one. */
async function installed(world: World): Promise<World> {
  const store = resolve('fixtures/tls/server-keytool.p12')
  writeFileSync(
    join(world.directory, 'jetty.xml'),
    jettyXml({ port: '0', connectors: secureConnector(store, '0'), roles: 'user,admin' }),
  )
  writeFileSync(join(world.directory, 'jetty-realm.properties'), REALM)
  // A limit far below the room on any disk: the broker is to be healthy.
  const body =
    '<systemUsage><systemUsage><storeUsage><storeUsage limit="64 mb"/></storeUsage></systemUsage></systemUsage>'
  const xml = brokerXml({ body }).replace('brokerName="test"', 'brokerName="localhost"')
  await world.start(xml.replace('</beans>', '<import resource="jetty.xml"/></beans>'), {
    version: '1.2.3',
    properties: { 'tandemmq.http': '127.0.0.1:0', 'activemq.conf': world.directory },
  })
  return world
}

let world: World
let url = ''

test.before(async () => {
  world = await installed(new World())
  url = `http://${world.running.http ?? ''}`
  const client = await world.connect()
  for (const body of ['one', 'two', 'three'])
    await client.receipted('SEND', { destination: '/queue/orders', persistent: 'true' }, body)
  await client.receipted('SUBSCRIBE', { destination: '/topic/prices', id: '1' })
  client.send('DISCONNECT')
})
test.after.always(() => world.end())

const LOGIN = { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` }
const B = 'org.apache.activemq:type=Broker,brokerName=localhost'

interface Reply {
  readonly status: number
  readonly value?: unknown
  readonly request?: Record<string, unknown>
  readonly error_type?: string
}

/** As curl and most libraries send it: no Origin, a login. */
async function ask(
  path: string,
  init: Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> } = {},
): Promise<{ readonly http: number; readonly text: string; readonly json: Reply }> {
  const response = await fetch(url + path, { ...init, headers: { ...LOGIN, ...init.headers } })
  const text = await response.text()
  return { http: response.status, text, json: JSON.parse(text) as Reply }
}

const post = (body: unknown, query = '', headers: Record<string, string> = {}): ReturnType<typeof ask> =>
  ask(`/api/jolokia/${query}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })

test('T-01: KEDA reads the size of a queue', async t => {
  const path = `/api/jolokia/read/${B},destinationType=Queue,destinationName=orders/QueueSize`
  const { http, json } = await ask(path, { headers: { 'content-type': 'application/json', origin: url } })
  t.is(http, 200)
  t.like(json, { status: 200, value: 3 })
  t.is((await ask(path.replace('orders', 'nosuch'))).json.status, 404)
})

test('T-03, F-05: Telegraf posts its reads, a list, to a path', async t => {
  const attribute = [
    'QueueSize',
    'EnqueueCount',
    'ConsumerCount',
    'DispatchCount',
    'DequeueCount',
    'ProducerCount',
    'InFlightCount',
  ]
  const reads = [
    {
      type: 'read',
      mbean: 'org.apache.activemq:brokerName=*,destinationName=*,destinationType=Queue,type=Broker',
      attribute,
    },
    {
      type: 'read',
      mbean: 'org.apache.activemq:brokerName=*,destinationName=*,destinationType=Topic,type=Broker',
      attribute: attribute.filter(one => one !== 'InFlightCount'),
    },
    {
      type: 'read',
      mbean: 'org.apache.activemq:brokerName=*,type=Broker',
      attribute: [
        'TotalConsumerCount',
        'TotalMessageCount',
        'TotalEnqueueCount',
        'TotalDequeueCount',
        'MemoryLimit',
        'MemoryPercentUsage',
        'StoreLimit',
        'StorePercentUsage',
        'TempPercentUsage',
        'TempLimit',
      ],
    },
    { type: 'read', mbean: 'java.lang:type=Runtime', attribute: 'Uptime' },
    { type: 'read', mbean: 'java.lang:type=Memory', attribute: ['HeapMemoryUsage', 'NonHeapMemoryUsage'] },
  ]
  const { text } = await ask('/api/jolokia/read?ignoreErrors=true', { method: 'POST', body: JSON.stringify(reads) })
  const answers = JSON.parse(text) as Reply[]
  t.deepEqual(
    answers.map(one => one.status),
    [200, 200, 200, 200, 200],
  )
  const queues = answers[0]?.value as Record<string, Record<string, number>>
  t.like(queues['org.apache.activemq:brokerName=localhost,destinationName=orders,destinationType=Queue,type=Broker'], {
    QueueSize: 3,
    EnqueueCount: 3,
  })
  t.like(answers[2]?.value, { 'org.apache.activemq:brokerName=localhost,type=Broker': { MemoryPercentUsage: 0 } })
  t.is(typeof answers[3]?.value, 'number')
})

test('T-04: Metricbeat asks in one bulk without canonical names, its config in each element', async t => {
  const config = { ignoreErrors: true, canonicalNaming: true }
  const { text } = await post(
    [
      {
        type: 'read',
        mbean: 'org.apache.activemq:brokerName=*,type=Broker',
        attribute: ['MemoryLimit', 'StorePercentUsage', 'TotalMessageCount'],
        config,
      },
      {
        type: 'read',
        mbean: 'org.apache.activemq:brokerName=*,destinationName=*,destinationType=Queue,type=Broker',
        attribute: ['Name', 'QueueSize', 'AverageEnqueueTime', 'NoSuch'],
        config,
      },
    ],
    '?ignoreErrors=true&canonicalNaming=false',
  )
  const [broker, queues] = JSON.parse(text) as Reply[]
  t.is(broker?.status, 200)
  const name = 'org.apache.activemq:brokerName=localhost,destinationName=orders,destinationType=Queue,type=Broker'
  t.like((queues?.value as Record<string, unknown> | undefined)?.[name], { Name: 'orders', QueueSize: 3 })
})

test('T-05: check_activemq.py walks from the broker to its queues, health and subscribers, its login in the URL', async t => {
  const broker = (await ask(`/api/jolokia/read/${B}`)).json.value as {
    Queues: { objectName: string }[]
    Topics: { objectName: string }[]
  }
  const sizes = await Promise.all(
    broker.Queues.map(async ({ objectName }) => (await ask(`/api/jolokia/read/${objectName}`)).json.value),
  )
  t.true(sizes.some(queue => (queue as { Name: string; QueueSize: number }).Name === 'orders'))
  const health = (await ask(`/api/jolokia/read/${B},service=Health`)).json.value
  t.is((health as { CurrentStatus: string }).CurrentStatus, 'Good')
  const topics = await Promise.all(
    broker.Topics.map(async ({ objectName }) => (await ask(`/api/jolokia/read/${objectName}`)).json.value),
  )
  t.true(topics.every(topic => Array.isArray((topic as { Subscriptions: unknown }).Subscriptions)))
})

test('T-06: Centreon reads usages, destinations and health by patterns', async t => {
  const [broker, health] = JSON.parse(
    (
      await post([
        {
          type: 'read',
          mbean: 'org.apache.activemq:brokerName=*,type=Broker',
          attribute: ['StorePercentUsage', 'TempPercentUsage', 'MemoryPercentUsage'],
        },
        {
          type: 'read',
          mbean: 'org.apache.activemq:brokerName=*,service=Health,type=Broker',
          attribute: 'CurrentStatus',
        },
      ])
    ).text,
  ) as Reply[]
  t.is(broker?.status, 200)
  t.deepEqual(health?.value, {
    'org.apache.activemq:brokerName=localhost,service=Health,type=Broker': { CurrentStatus: 'Good' },
  })
})

test('T-07, F-03: the health check of a container greps for Good in an exec by GET', async t => {
  const { http, text } = await ask(`/api/jolokia/exec/${B},service=Health/healthStatus`, {
    headers: { origin: 'http://localhost' },
  })
  t.is(http, 200)
  t.regex(text, /"value":"Good","timestamp"/)
})

test('T-10: agents bound to the realm are asked for a login by its name', async t => {
  const { status, headers } = await fetch(`${url}/api/jolokia/read/${B}/UptimeMillis`)
  t.is(status, 401)
  t.is(headers.get('www-authenticate'), 'basic realm="ActiveMQRealm"')
})

test('T-11: hawtio finds the agent, its version, the beans and no RBAC registry', async t => {
  t.like((await post({ type: 'version' })).json, {
    status: 200,
    value: { agent: '1.7.1', info: { product: 'activemq' }, tandemmq: '1.2.3' },
  })
  t.is((await ask('/hawtio/jolokia/version')).json.status, 200)
  t.is((await post({ type: 'list', path: 'hawtio/type=security,name=RBACRegistry' })).json.status, 404)
  const list = (
    await post({ type: 'list' }, '?maxDepth=7&maxCollectionSize=50000&ignoreErrors=true&canonicalNaming=false')
  ).json.value
  const beans = (list as Record<string, Record<string, { op: Record<string, unknown> }>>)['org.apache.activemq'] ?? {}
  t.truthy(beans['type=Broker,brokerName=localhost,destinationType=Queue,destinationName=orders']?.op['purge'])
})

test('T-12: scripts create, fill, purge and remove a queue by GET and by an empty POST', async t => {
  const exec = (path: string, method = 'GET'): Promise<Reply> =>
    ask(`/api/jolokia/exec/${path}`, { method }).then(({ json }) => json)
  const queue = `${B},destinationType=Queue,destinationName=script.q`
  t.is((await exec(`${B}/addQueue/script.q`)).status, 200)
  t.is((await exec(`${queue}/sendTextMessage(java.lang.String)/hello%20there`)).status, 200)
  const rows = (await exec(`${queue}/browse()`)).value as { Text: string; JMSDestination: string }[]
  t.like(rows[0], { Text: 'hello there', JMSDestination: 'queue://script.q' })
  t.like(await exec(`${queue}/purge`, 'POST'), { status: 200, value: null })
  t.is((await ask(`/api/jolokia/read/${queue}/QueueSize`)).json.value, 0)
  t.is((await exec(`${B}/removeQueue/script.q`)).status, 200)
  t.is((await ask(`/api/jolokia/read/${queue}/QueueSize`)).json.status, 404)
})

test('W-09, X-06, D-08: /admin/ is one page behind the login, a form names its Jolokia call, headers are those of jetty.xml', async t => {
  t.is((await fetch(`${url}/admin/`)).status, 401)
  const page = await fetch(`${url}/admin/`, { headers: LOGIN })
  t.is(page.headers.get('x-frame-options'), 'SAMEORIGIN')
  t.regex(await page.text(), /<title>localhost: TandemMQ<\/title>[^]*Uptime[^]*tandemmq monitor/)
  const form = await fetch(`${url}/admin/purgeDestination.action?JMSDestination=orders`, {
    method: 'POST',
    headers: LOGIN,
  })
  t.is(form.status, 404)
  t.regex(await form.text(), /GET \/api\/jolokia\/exec\/.*destinationName=QUEUE\/purge\(\)/)
})

test('W-04: the same by TLS, with the certificate of jetty.xml', async t => {
  const line = world.lines.find(one => one.includes('https://'))
  const port = Number(/https:\/\/127\.0\.0\.1:(\d+)/.exec(line ?? '')?.[1])
  const status = await new Promise<number | undefined>((done, fail) => {
    requestByTls(
      {
        host: '127.0.0.1',
        port,
        path: `/api/jolokia/read/${B}/Slave`,
        headers: LOGIN,
        ca: readFileSync('fixtures/tls/ca.pem'),
      },
      response => done(response.resume().statusCode),
    )
      .on('error', fail)
      .end()
  })
  t.is(status, 200)
})

test('D-06, P-04: health and, from this machine, the state of the pair need no login', async t => {
  for (const path of ['/health/live', '/health/ready', '/api/pair']) t.is((await fetch(url + path)).status, 200, path)
})

/** A client that asks for everything many times over and then hardly reads. */
function slowReader(t: ExecutionContext): Promise<void> {
  const [host = '', port] = url.replace('http://', '').split(':')
  const body = JSON.stringify(Array.from({ length: 3000 }, () => ({ type: 'read', mbean: B })))
  const socket = connect(Number(port), host)
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  socket.write(
    `POST /api/jolokia HTTP/1.1\r\nHost: x\r\nAuthorization: ${LOGIN.authorization}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  return new Promise(done => {
    socket.once('data', () => {
      socket.pause()
      done()
    })
  })
}

test.serial('a slow reader, a trickle of headers and a bulk of thousands of reads delay no STOMP client', async t => {
  const [host = '', port] = url.replace('http://', '').split(':')
  const trickle = connect(Number(port), host, () =>
    trickle.write('POST /api/jolokia HTTP/1.1\r\nHost: x\r\nContent-Le'),
  )
  trickle.on('error', () => {})
  t.teardown(() => trickle.destroy())
  const started = Promise.all([slowReader(t), slowReader(t), slowReader(t)])
  const client = await world.connect()
  let worst = 0
  for (let i = 0; i < 50; i++) {
    const from = performance.now()
    await client.receipted('SEND', { destination: '/topic/busy' }, 'x')
    worst = Math.max(worst, performance.now() - from)
  }
  await started
  t.true(worst < 2000, `a receipt took ${Math.round(worst)} ms`)
  t.is((await ask(`/api/jolokia/read/${B}/Slave`)).json.status, 200)
})
