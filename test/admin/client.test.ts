import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { AdminError, destinationBean, keysOf, NodeClient } from '../../src/admin/admin.ts'
import { tlsFile } from '../contract/tls.ts'
import { FakeNode, serve } from '../http/node.ts'
import { Failure, jolokiaDouble } from './jolokia-double.ts'

const BROKER = 'org.apache.activemq:brokerName=test,type=Broker'

/** An HTTP server that answers as it is told. */
async function answering(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function failureOf(t: ExecutionContext, asked: Promise<unknown>): Promise<AdminError> {
  return t.throwsAsync(asked, { instanceOf: AdminError })
}

test('J-03: a bulk request is answered in its order, each with its value or its error', async t => {
  const node = await jolokiaDouble(t, request => {
    if (request.type === 'search') return [BROKER]
    if (request.type === 'write') return 1024
    if (request.type === 'exec') return request.arguments ?? null
    throw new Failure(404, 'javax.management.InstanceNotFoundException', request.mbean)
  })
  const client = new NodeClient(node.url)
  const answers = await client.beans([
    { type: 'search', mbean: 'org.apache.activemq:*' },
    { type: 'read', mbean: 'org.apache.activemq:type=No', attribute: 'X' },
    { type: 'write', mbean: BROKER, attribute: 'MemoryLimit', value: 2048 },
    { type: 'exec', mbean: BROKER, operation: 'addQueue', arguments: ['a'] },
  ])
  const timestamp = 1_700_000_000
  t.deepEqual(answers, [
    { ok: true, value: [BROKER], timestamp },
    {
      ok: false,
      status: 404,
      type: 'javax.management.InstanceNotFoundException',
      message: 'org.apache.activemq:type=No',
    },
    { ok: true, value: 1024, timestamp },
    { ok: true, value: ['a'], timestamp },
  ])
  t.is(node.asked.length, 1)
  t.like(node.asked[0], { path: '/api/jolokia/', headers: { 'content-type': 'application/json' } })
  // ActiveMQ answers nobody without an Origin, and this node takes none but its own address (management F-06).
  t.is(node.asked[0]?.headers.origin, node.url)
  t.deepEqual(await client.beans([]), [])
})

test('JE: what a node refuses is told apart: role 4, no such bean 5, passive 6, anything else 1', async t => {
  const failures = [
    [new Failure(403, 'java.lang.Exception', 'Operation purge forbidden for MBean x'), 'refused', 4],
    [new Failure(404, 'javax.management.InstanceNotFoundException', 'x'), 'unknown', 5],
    [new Failure(500, 'java.lang.IllegalStateException', 'This broker is passive (epoch 7)'), 'state', 6],
    [new Failure(500, 'java.lang.Exception', 'a b c'), 'failed', 1],
    [
      new Failure(500, 'javax.jms.InvalidSelectorException', 'a b c'),
      'failed',
      1,
      'this selector cannot be read: a b c',
    ],
  ] as const
  for (const [failure, kind, exitCode, said = failure.message] of failures) {
    const node = await jolokiaDouble(t, () => {
      throw failure
    })
    const error = await failureOf(t, new NodeClient(node.url).exec(BROKER, 'purge'))
    t.like(error, { kind, exitCode, code: failure.type, message: `${node.url}: ${said}` })
  }
})

test('TU-03: the login goes to the node that it was given for, and is in no message', async t => {
  const elsewhere: string[] = []
  const other = await answering(t, ({ headers }, response) => {
    elsewhere.push(headers.authorization ?? 'none')
    response.end('{}')
  })
  const seen: string[] = []
  const url = await answering(t, (request, response) => {
    seen.push(request.headers.authorization ?? 'none')
    response.writeHead(request.url === '/moved' ? 302 : 401, { location: other }).end('<html>no</html>')
  })
  const client = new NodeClient(url, { login: { user: 'admin', password: 'sécret' } })
  const denied = await failureOf(t, client.pair())
  t.like(denied, { kind: 'refused', exitCode: 4, message: `${url}/api/pair: user name or password is wrong` })
  const moved = await failureOf(t, client.get('/moved'))
  t.like(moved, { kind: 'failed', message: `${url}/moved sends elsewhere, which is not followed` })
  t.notRegex(`${denied.stack}${denied.hint}${moved.stack}${moved.hint}`, /cret/)
  const basic = `Basic ${Buffer.from('admin:sécret').toString('base64')}`
  t.deepEqual(seen, [basic, basic])
  t.deepEqual(elsewhere, [])
  t.like(await failureOf(t, new NodeClient(url).pair()), {
    kind: 'refused',
    message: `${url}/api/pair asks for a login`,
  })
})

test('TX-03 TX-08: nobody there is told apart from somebody who never answers, or stops in the middle', async t => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  closed.close()
  const nobody = await failureOf(t, new NodeClient(`http://127.0.0.1:${port}`).pair())
  t.like(nobody, { kind: 'unreachable', exitCode: 3 })
  t.regex(nobody.message, /does not answer: .*ECONNREFUSED/)
  const silent = await answering(t, () => undefined)
  const late = await failureOf(t, new NodeClient(silent, { timeoutMs: 50 }).pair())
  t.like(late, { kind: 'timeout', exitCode: 8, message: `${silent} did not answer within 50 ms` })
  const broken = await answering(t, (_, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{"a":')
    setImmediate(() => response.destroy())
  })
  t.like(await failureOf(t, new NodeClient(broken).pair()), { kind: 'unreachable' })
})

test('TU-03: a certificate that nobody vouches for ends the call before the login is sent, and says what would be trusted', async t => {
  const pem = readFileSync(tlsFile('stranger.pem'))
  let asked = 0
  const server = createTlsServer({ key: pem, cert: pem }, (_, response) => void response.end(`${++asked}`))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const error = await failureOf(t, new NodeClient(url, { login: { user: 'a', password: 'b' } }).pair())
  t.is(error.kind, 'unreachable')
  t.regex(error.hint ?? '', /^NODE_EXTRA_CA_CERTS=FILE/)
  t.is(asked, 0)
})

test('what answers, but is no node, is said to be none', async t => {
  const url = await answering(t, (_, response) => void response.end('<html>hello</html>'))
  const client = new NodeClient(url)
  t.regex((await failureOf(t, client.pair())).message, /answers, but not with JSON/)
  t.regex((await failureOf(t, client.beans([{ type: 'search', mbean: '*:*' }]))).message, /not as Jolokia does/)
  const other = await answering(t, (_, response) => void response.end('{"brokerName":"x"}'))
  t.regex((await failureOf(t, new NodeClient(other).pair())).message, /not as a TandemMQ node/)
})

test('a node is asked for its pair, and its refusals keep their code and sentence', async t => {
  const node = new FakeNode('alpha')
  const client = new NodeClient(`http://${await serve(t, node)}`)
  t.like(await client.pair(), { brokerName: 'alpha', role: 'active', state: 'ALONE' })
  await client.promote(true)
  t.deepEqual(node.asked, ['promote true'])
  node.outcome = { accepted: false, code: 'PAIR_NOT_IN_SYNC', message: 'no passive is in sync' }
  t.like(await failureOf(t, client.handover()), {
    kind: 'state',
    code: 'PAIR_NOT_IN_SYNC',
    message: 'no passive is in sync',
  })
})

test('ON-11: the name of a destination is encoded in the name of its bean', t => {
  const name = destinationBean('b', 'Queue', 'a:b*c?d=e,f/g h')
  t.is(
    name,
    'org.apache.activemq:type=Broker,brokerName=b,destinationType=Queue,destinationName=a_b&ast;c&qe;d&amp;e_f/g h',
  )
  t.is(keysOf(name).get('destinationName'), 'a_b&ast;c&qe;d&amp;e_f/g h')
})
