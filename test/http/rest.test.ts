import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { jettyXml, REALM } from '../config/jetty-files.ts'
import { brokerXml, World } from '../contract/world.ts'

const ADMIN = { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` }
const USER = { authorization: `Basic ${Buffer.from('user:user').toString('base64')}` }

async function served(
  t: ExecutionContext,
  properties: Record<string, string> = { 'tandemmq.rest': 'true' },
): Promise<World> {
  const world = new World()
  t.teardown(() => world.end())
  writeFileSync(join(world.directory, 'jetty.xml'), jettyXml({ port: '0', roles: 'user,admin' }))
  writeFileSync(join(world.directory, 'jetty-realm.properties'), REALM)
  const xml = brokerXml().replace('</beans>', '<import resource="jetty.xml"/></beans>')
  return world.start(xml, {
    properties: { 'tandemmq.http': '127.0.0.1:0', 'activemq.conf': world.directory, ...properties },
  })
}

const ask = (world: World, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://${world.running.http ?? ''}/api/message/${path}`, { headers: ADMIN, ...init })

/** The first line of the answer to a request that announces so many bytes and sends none. */
function headOf(world: World, line: string, bytes: number): Promise<string> {
  const [host = '', port = ''] = (world.running.http ?? '').split(':')
  const head = `${line} HTTP/1.1\r\nhost: ${host}:${port}\r\nauthorization: ${ADMIN.authorization}\r\ncontent-length: ${bytes}\r\n\r\n`
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => socket.write(head))
    socket.on('error', reject)
    socket.once('data', data => {
      resolve(data.toString('latin1').split('\r\n')[0] ?? '')
      socket.destroy()
    })
  })
}

test('R-04: REST messages are off, and the answer names the switch', async t => {
  const world = await served(t, {})
  for (const method of ['GET', 'POST', 'DELETE']) {
    const answer = await ask(world, 'q?type=queue', { method })
    t.is(answer.status, 404)
    t.regex(await answer.text(), /-Dtandemmq\.rest=true/)
  }
})

test('R-01, R-02: POST sends a form or what it carries, with headers and properties', async t => {
  const world = await served(t)
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a.b' })
  const form = { method: 'POST', headers: { ...ADMIN, 'content-type': 'application/x-www-form-urlencoded' } }
  const sent = await ask(world, 'a/b?type=queue&color=red&JMSCorrelationID=c1', { ...form, body: 'body=h%C3%A9' })
  t.is(sent.status, 200)
  t.is(await sent.text(), 'Message sent')
  const message = await client.expect('MESSAGE')
  t.is(message.body.toString(), 'hé')
  t.is(message.headers.get('message-id'), sent.headers.get('messageid') ?? '')
  t.like(Object.fromEntries(message.headers), {
    persistent: 'true',
    priority: '5',
    color: 'red',
    'correlation-id': 'c1',
  })
  const raw = { method: 'POST', headers: { ...ADMIN, 'content-type': 'application/json' }, body: '{"n":1}' }
  t.is((await ask(world, '?destination=queue://a.b&JMSDeliveryMode=other', raw)).status, 200)
  const second = await client.expect('MESSAGE')
  t.is(second.body.toString(), '{"n":1}')
  t.false(second.headers.has('persistent'))
  await client.receipted('SUBSCRIBE', { id: '2', destination: '/topic/news' })
  await ask(world, 'news', raw)
  t.is((await client.expect('MESSAGE')).headers.get('destination'), '/topic/news', 'a topic unless told otherwise')
  t.regex(await headOf(world, 'POST /api/message/a?type=queue', 100_001), /^HTTP\/1\.1 413 /)
})

test('R-03: GET takes one message, with its properties, and answers 204 when nothing comes in time', async t => {
  const world = await served(t)
  const client = await world.connect()
  for (const [n, body] of ['one', '<two/>', 'three'].entries())
    await client.receipted('SEND', { destination: '/queue/q', n: `${n}`, 'set-cookie': 'no', persistent: 'true' }, body)
  await client.receipted('SEND', { destination: '/queue/q', 'content-length': '2', n: '9' }, Buffer.from([0, 255]))
  const taken = await ask(world, 'q?type=queue&readTimeout=0', { headers: { ...ADMIN, selector: "n = '1'" } })
  t.is(taken.status, 200)
  t.is(await taken.text(), '<two/>')
  t.is(taken.headers.get('content-type'), 'application/xml;charset=utf-8')
  t.like(Object.fromEntries(taken.headers), { n: '1', destination: 'queue://q' })
  t.regex(taken.headers.get('id') ?? '', /^ID:/)
  t.false(taken.headers.has('set-cookie'))
  t.is((await ask(world, 'q?type=queue', { method: 'HEAD' })).status, 204, 'HEAD takes nothing')
  t.is(await (await ask(world, 'q?type=queue&readTimeout=0')).text(), 'one')
  t.is(await (await ask(world, 'q?type=queue&readTimeout=0', { method: 'DELETE' })).text(), 'three')
  const bytes = await ask(world, 'q?type=queue&readTimeout=0')
  t.deepEqual([...new Uint8Array(await bytes.arrayBuffer())], [0, 255])
  t.is((await ask(world, 'q?type=queue&readTimeout=0')).status, 204)
  const waits = ask(world, 'q?type=queue&readTimeout=5000')
  await client.receipted('SEND', { destination: '/queue/q' }, 'late')
  t.is(await (await waits).text(), 'late')
})

test('R-03: the name of a queue that HTTP cannot carry loses no message, and ends no broker', async t => {
  const world = await served(t)
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/日本\\nx', persistent: 'true' }, 'kept')
  const taken = await ask(world, `${encodeURIComponent('日本\nx')}?type=queue&readTimeout=0`)
  t.is(taken.status, 200)
  t.is(await taken.text(), 'kept')
  t.is(decodeURIComponent(taken.headers.get('destination') ?? ''), 'queue://日本\nx')
})

test('R-03: a message is not taken for somebody who waited and is gone', async t => {
  const world = await served(t)
  const [host = '', port = ''] = (world.running.http ?? '').split(':')
  const get = `GET /api/message/late?type=queue HTTP/1.1\r\nhost: ${host}:${port}\r\nauthorization: ${ADMIN.authorization}\r\n\r\n`
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/late' }, 'first')
  t.is(await (await ask(world, 'late?type=queue')).text(), 'first')
  // As many as may wait at once, so that the next is told when all of them have ended.
  const sockets = await Promise.all(
    Array.from(
      { length: 16 },
      () =>
        new Promise<Socket>(resolve => {
          const socket: Socket = connect(Number(port), host, () => socket.write(get, () => resolve(socket)))
        }),
    ),
  )
  const look = (): Promise<Response> => ask(world, 'late?type=queue&readTimeout=0')
  let answer = await look()
  while (answer.status !== 503) answer = await look()
  for (const socket of sockets) socket.destroy()
  await client.receipted('SEND', { destination: '/queue/late', persistent: 'true' }, 'kept')
  while (answer.status === 503) answer = await look()
  t.is(await answer.text(), 'kept')
})

test('R-03: what a consumer holds is not taken from it', async t => {
  const world = await served(t)
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/q', ack: 'client' })
  client.send('SEND', { destination: '/queue/q' }, 'held')
  await client.expect('MESSAGE')
  t.is((await ask(world, 'q?type=queue&readTimeout=0')).status, 204)
})

test('who may only read, who has no login, and a page of another origin send and take nothing', async t => {
  const world = await served(t)
  t.is((await ask(world, 'q?type=queue', { headers: {} })).status, 401)
  t.is((await ask(world, 'q?type=queue&readTimeout=0', { headers: USER })).status, 403)
  t.is((await ask(world, 'q?type=queue', { method: 'POST', body: 'x', headers: USER })).status, 403)
  const page = { ...ADMIN, origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' }
  t.is((await ask(world, 'q?type=queue', { method: 'POST', body: 'x', headers: page })).status, 403)
  t.is((await ask(world, 'q?type=nothing')).status, 400)
  t.is((await ask(world, 'news?type=topic')).status, 400)
})
