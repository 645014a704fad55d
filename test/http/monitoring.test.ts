import { join } from 'node:path'
import { writeFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { silentLog } from '../../src/base/log.ts'
import { startMetrics } from '../../src/http/http.ts'
import { jettyXml, REALM } from '../config/jetty-files.ts'
import { brokerXml, deadlineMs, World, type XmlParts } from '../contract/world.ts'
import { FakeNode } from './node.ts'

interface Reply {
  readonly status: number
  readonly type: string | null
  readonly headers: Headers
  readonly text: string
}

async function get(world: World, path: string, headers: Record<string, string> = {}): Promise<Reply> {
  const response = await fetch(`http://${world.running.http ?? ''}${path}`, { headers })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    headers: response.headers,
    text: await response.text(),
  }
}

const LOGIN = { authorization: `Basic ${Buffer.from('user:user').toString('base64')}` }

/** A broker with a port for HTTP; with a jetty.xml and its realm when `login`. */
async function served(
  t: ExecutionContext,
  properties: Record<string, string> = {},
  login = false,
  parts: XmlParts = {},
): Promise<World> {
  const world = new World()
  t.teardown(() => world.end())
  let xml = brokerXml(parts)
  if (login) {
    writeFileSync(join(world.directory, 'jetty.xml'), jettyXml({ port: '0', roles: 'user,admin' }))
    writeFileSync(join(world.directory, 'jetty-realm.properties'), REALM)
    xml = xml.replace('</beans>', '<import resource="jetty.xml"/></beans>')
  }
  const all = { 'tandemmq.http': '127.0.0.1:0', 'activemq.conf': world.directory, ...properties }
  await world.start(xml, { version: '1.2.3', properties: all })
  const client = await world.connect()
  for (const body of ['one', 'two'])
    await client.receipted('SEND', { destination: '/queue/a.b', persistent: 'true' }, body)
  await client.receipted('SEND', { destination: '/topic/prices' }, 'x')
  return world
}

test('X-01 X-03 X-05 M-01: the paths that monitors read, and their content types', async t => {
  const world = await served(t)
  const queues = await get(world, '/admin/xml/queues.jsp')
  t.like(queues, { status: 200, type: 'text/xml;charset=UTF-8' })
  t.regex(queues.text, /^<queues>\n<queue name="a\.b">\n {2}<stats size="2"\n {9}consumerCount="0"\n/)
  t.is(queues.headers.get('x-tandemmq-role'), 'active')
  t.regex((await get(world, '/admin/xml/topics.jsp')).text, /<topic name="prices ">/)
  t.is((await get(world, '/admin/xml/subscribers.jsp')).text, '<subscribers>\n</subscribers>\n')
  for (const path of ['a.b', 'a/b', 'a%2Fb'])
    t.regex(
      (await get(world, `/admin/queueBrowse/${path}`)).text,
      /^<messages queue='queue:\/\/a\.b'>\n<message id='ID:/,
      path,
    )
  t.like(await get(world, '/admin/queueBrowse/a.b?view=rss&maxMessages=1'), {
    status: 200,
    type: 'application/rss+xml;charset=UTF-8',
  })
  t.is((await get(world, '/admin/queueBrowse/nowhere')).status, 404)
  t.is((await get(world, '/admin/queueBrowse/a.b?view=xml')).status, 400)
  t.is((await get(world, '/admin/queueBrowse/a.b?selector=a%20b')).status, 400)
  const metrics = await get(world, '/metrics')
  t.like(metrics, { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' })
  t.regex(metrics.text, /^tandemmq_build_info\{version="1\.2\.3"\} 1$/m)
  const open = await get(world, '/metrics?name[]=tandemmq_up', {
    accept: 'application/openmetrics-text; version=1.0.0',
  })
  t.is(open.type, 'application/openmetrics-text; version=1.0.0; charset=utf-8')
  t.is(open.text, '# TYPE tandemmq_up gauge\n# HELP tandemmq_up Clients are let in.\ntandemmq_up 1\n# EOF\n')
})

test('M-01 X-01: with a jetty.xml feeds and metrics want its login, of any of its roles', async t => {
  const world = await served(t, {}, true)
  for (const path of ['/metrics', '/admin/xml/queues.jsp', '/admin/queueBrowse/a.b']) {
    t.is((await get(world, path)).status, 401, path)
    t.is((await get(world, path, LOGIN)).status, 200, path)
  }
})

test('M-01: metrics.auth=none lets scrapers in, and nobody else', async t => {
  const world = await served(t, { 'tandemmq.metrics.auth': 'none' }, true)
  t.is((await get(world, '/metrics')).status, 200)
  t.is((await get(world, '/admin/xml/queues.jsp')).status, 401)
})

test('M-01: metrics on an address of their own, without a login and without anything else', async t => {
  const world = await served(t, { 'tandemmq.metrics': '127.0.0.1:0', 'tandemmq.metrics.compat': 'flat' }, true)
  const url = /metrics: (http:\S+\/metrics)/.exec(world.lines.join('\n'))?.[1] ?? ''
  const answer = await fetch(url)
  t.is(answer.status, 200)
  t.regex(await answer.text(), /^activemq_queue_queuesize\{destination="a\.b"\} 2$/m)
  t.is((await fetch(url.replace('/metrics', '/api/pair'))).status, 404)
  t.is((await fetch(url, { method: 'POST' })).status, 404)
})

test('M-01, D-04: a scrape while the store is read is told to come back, and one that fails ends no broker', async t => {
  const node = new FakeNode('a', { state: 'STARTING', detail: 'Reading the journal.' })
  const broken = (): never => {
    throw new Error('nothing is open yet')
  }
  node.beans = { find: broken, query: broken, readOnly: null }
  const metrics = await startMetrics({ host: '127.0.0.1', port: 0, log: silentLog }, node)
  t.teardown(() => metrics?.close())
  const url = `http://${metrics?.address ?? ''}/metrics`
  const early = await fetch(url)
  t.is(early.status, 503)
  t.regex(await early.text(), /Reading the journal/)
  node.view = { ...node.view, state: 'ALONE' }
  t.is((await fetch(url)).status, 500)
  t.is((await fetch(url.replace('/metrics', '/'))).status, 404, 'it still answers')
})

test('a misspelt setting of the metrics stops the start, and says what may be written', async t => {
  const error = await t.throwsAsync(served(t, { 'tandemmq.metrics.auth': 'off' }))
  t.regex(error?.message ?? '', /-Dtandemmq\.metrics\.auth="off" is none of login, none/)
  const wrong = await t.throwsAsync(served(t, { 'tandemmq.metrics.auht': 'none' }))
  t.regex(wrong?.message ?? '', /metrics\.auht is no setting/)
})

test('X-07: a passive answers with its replica, and says that it is one', async t => {
  const one = await served(t)
  const two = new World()
  t.teardown(() => two.end())
  const xml = brokerXml({ attributes: `masterConnectorURI="tcp://127.0.0.1:${one.port()}"` })
  await two.start(xml, { properties: { 'tandemmq.http': '127.0.0.1:0' } })
  let answer = await get(two, '/admin/xml/queues.jsp')
  const late = Date.now() + deadlineMs
  while (!answer.text.includes('size="2"') && Date.now() < late) answer = await get(two, '/admin/xml/queues.jsp')
  t.regex(answer.text, /<queue name="a\.b">\n {2}<stats size="2"\n {9}consumerCount="0"/)
  t.is(answer.status, 200)
  t.is(answer.headers.get('x-tandemmq-role'), 'passive')
  t.regex((await get(two, '/metrics')).text, /^tandemmq_pair_role\{role="passive"\} 1$/m)
  t.regex((await get(two, '/admin/queueBrowse/a.b')).text, /<message id='ID:/)
})
