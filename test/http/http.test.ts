import { once } from 'node:events'
import { connect } from 'node:net'
import test from 'ava'
import { startHttp } from '../../src/http/http.ts'
import { silentLog } from '../../src/base/log.ts'
import { FakeNode, peer, serve } from './node.ts'

/** Sends bytes as they are; everything that came until the other side closed. */
async function raw(address: string, ...chunks: readonly (string | Buffer)[]): Promise<string> {
  const [host = '', port] = address.split(':')
  const socket = connect(Number(port), host)
  let text = ''
  socket.setEncoding('latin1').on('data', (part: string) => (text += part))
  socket.on('error', () => {}) // a reset is an answer too
  for (const chunk of chunks) socket.write(chunk)
  await new Promise(resolve => socket.on('close', resolve))
  return text
}

const get = (path: string, ...headers: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n')

const post = (path: string, body: string, ...headers: readonly string[]): string =>
  [
    `POST ${path} HTTP/1.1`,
    ...(headers.some(one => one.startsWith('Host:')) ? [] : ['Host: 127.0.0.1:8161']),
    'Connection: close',
    `Content-Length: ${body.length}`,
    ...headers,
    '',
    body,
  ].join('\r\n')

const JSON_TYPE = 'Content-Type: application/json'
const json = async (address: string, path: string): Promise<{ status: number; body: Record<string, unknown> }> => {
  const response = await fetch(`http://${address}${path}`)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

test('architecture.md: GET /api/pair has the ten fields that others depend on, and unknown ones are null', async t => {
  const node = new FakeNode('shop', { role: 'active', state: 'PAIRED', inSync: true, epoch: 7 })
  node.view = { ...node.view, peer: peer('twin', 'passive', '127.0.0.1:8162') }
  const { status, body } = await json(await serve(t, node), '/api/pair')
  t.is(status, 200)
  t.like(body, {
    brokerName: 'shop',
    role: 'active',
    state: 'PAIRED',
    epoch: 7,
    position: 10,
    committed: 10,
    inSync: true,
    since: '2026-01-02T03:04:05.000Z',
  })
  t.deepEqual(body['peer'], {
    brokerName: 'twin',
    role: 'passive',
    http: '127.0.0.1:8162',
    connectors: ['tcp://127.0.0.1:61615'],
    position: 10,
    lagBytes: 0,
    lagMs: 1,
    lagRecords: null,
    rttMs: 0.4,
  })
  t.is(body['lastFailover'], null)
  node.view = { ...node.view, peer: null }
  t.is((await json(await serve(t, node), '/api/pair')).body['peer'], null)
})

test('CE-06: GET /api/state has the lines of SIGUSR2, for this machine where there is no login', async t => {
  const address = await serve(t, new FakeNode('shop'))
  t.deepEqual(await json(address, '/api/state'), { status: 200, body: { lines: ['store: 0 messages in 0 queues'] } })
  t.regex(await raw(address, get('/api/state').replace('localhost', 'evil.example')), /^HTTP\/1.1 403 /)
})

test('P-04: GET /api/pair says whether it would lead, what happened last, and how far a copy is', async t => {
  const node = new FakeNode('shop', { role: 'passive', state: 'SYNCING', position: 10 })
  const lastFailover = { at: Date.UTC(2026, 0, 2), from: 'twin', why: 'the active is gone' }
  node.view = {
    ...node.view,
    peer: { ...peer('twin', 'active', null)!, position: 4 },
    lastFailover,
    failovers: 3,
    outageMs: 420,
  }
  const { body } = await json(await serve(t, node), '/api/pair')
  t.like(body, {
    canPromote: false,
    canPromoteReason: 'this node leads already',
    failovers: 3,
    syncProgress: 0.4,
    lastFailover: { at: '2026-01-02T00:00:00.000Z', from: 'twin', reason: 'the active is gone', outageMs: 420 },
    verify: null,
  })
  node.view = { ...node.view, inSync: true }
  t.is((await json(await serve(t, node), '/api/pair')).body['syncProgress'], 1)
})

test('P-04: a node that is told what a comparison of both copies found says so, as long as it was within its journal', async t => {
  const node = new FakeNode('shop')
  const address = await serve(t, node)
  const found = { ok: true, position: 10, compared: 8 }
  t.regex(await raw(address, post('/api/pair/verified', JSON.stringify(found), JSON_TYPE)), /^HTTP\/1.1 202 /)
  const at = '2026-01-02T03:04:06.000Z'
  t.deepEqual((await json(address, '/api/pair')).body['verify'], { at, ...found, replacedAt: null })
  const wrong = [
    { position: 10, compared: 8 },
    { ...found, ok: 'yes' },
    { ...found, position: 11 },
    { ...found, position: -1 },
    { ...found, position: 1.5 },
    { ...found, compared: 11 },
    { ...found, compared: null },
    { ...found, more: 1 },
  ]
  for (const body of [...wrong.map(one => JSON.stringify(one)), '', '[]', '{'])
    t.regex(await raw(address, post('/api/pair/verified', body, JSON_TYPE)), /^HTTP\/1.1 400 /, body)
  t.deepEqual((await json(address, '/api/pair')).body['verify'], { at, ...found, replacedAt: null })
})

test('D-06: live as long as the journal works; ready when clients are let in, or when a passive is in sync', async t => {
  const node = new FakeNode('shop')
  const address = await serve(t, node)
  const status = async (path: string): Promise<number> => (await json(address, path)).status
  t.deepEqual([await status('/health/live'), await status('/health/ready'), await status('/readyz')], [200, 200, 200])
  node.state = { serving: false, failure: null }
  node.view = { ...node.view, state: 'WAITING', detail: 'waits for its first passive' }
  const waiting = await json(address, '/health/ready')
  t.is(waiting.status, 503)
  t.regex(JSON.stringify(waiting.body), /"status":"fail".*waits for its first passive/)
  t.is(await status('/health/live'), 200)
  node.view = { ...node.view, role: 'passive', state: 'IN_SYNC', inSync: true }
  t.is(await status('/health/ready'), 200)
  t.deepEqual([await status('/health/ready?role=active'), await status('/health/ready?role=passive')], [503, 200])
  t.is(await status('/health/ready?role=master'), 400)
  node.view = { ...node.view, state: 'SYNCING', inSync: false }
  t.is(await status('/health/ready'), 503)
  node.state = { serving: false, failure: 'the disk failed' }
  t.is(await status('/health/live'), 503)
})

test('a process on this machine can ask for promotion and handover, and is told why not', async t => {
  const node = new FakeNode('shop')
  const address = await serve(t, node)
  t.regex(await raw(address, post('/api/pair/promote', '{"force":true}', JSON_TYPE)), /^HTTP\/1.1 202 /)
  t.regex(await raw(address, post('/api/pair/promote', '', JSON_TYPE)), /^HTTP\/1.1 202 /)
  t.regex(await raw(address, post('/api/pair/handover', '{}', `${JSON_TYPE}; charset=utf-8`)), /^HTTP\/1.1 202 /)
  t.deepEqual(node.asked, ['promote true', 'promote false', 'handover'])
  node.outcome = { accepted: false, code: 'other-is-active', message: 'the other node answers as active' }
  const refused = await raw(address, post('/api/pair/promote', '{}', JSON_TYPE))
  t.regex(refused, /^HTTP\/1.1 409 [^]*"code":"other-is-active","message":"the other node/)
})

test('a page in a browser, a rebound name, a form and a proxy change nothing and read no journal', async t => {
  const node = new FakeNode('shop')
  const address = await serve(t, node)
  const strangers: readonly (readonly [headers: readonly string[], code: string])[] = [
    [[JSON_TYPE, 'Host: evil.example'], 'not-local'],
    [[JSON_TYPE, 'Host: 127.0.0.1.evil.example:8161'], 'not-local'],
    [[JSON_TYPE, 'Origin: http://evil.example'], 'not-local'],
    [[JSON_TYPE, 'Origin: null'], 'not-local'],
    [[JSON_TYPE, 'X-Forwarded-For: 10.0.0.9'], 'not-local'],
    [['Content-Type: text/plain'], 'not-json'],
    [['Content-Type: application/x-www-form-urlencoded'], 'not-json'],
    [[], 'not-json'],
  ]
  for (const [headers, code] of strangers)
    t.regex(
      await raw(address, post('/api/pair/promote', '{}', ...headers)),
      new RegExp(`^HTTP/1.1 403 [^]*"code":"${code}"`),
      headers.join(),
    )
  const forged = post('/api/pair/verified', '{"ok":true,"position":1,"compared":1}', JSON_TYPE, 'Host: evil.example')
  t.regex(await raw(address, forged), /^HTTP\/1.1 403 /)
  t.is(node.verified, null)
  for (const path of ['/api/pair/segments', '/api/pair/segment/0'])
    t.regex(await raw(address, get(path).replace('localhost', 'evil.example')), /^HTTP\/1.1 403 /)
  t.deepEqual(node.asked, [])
})

test('the journal is given out in ranges by position, and what is not there is said', async t => {
  const address = await serve(t, new FakeNode('shop'))
  const { body } = await json(address, '/api/pair/segments')
  t.deepEqual(body, {
    committed: 10,
    segments: [
      { base: 0, bytes: 4, sealed: true },
      { base: 4, bytes: 4, sealed: true },
      { base: 8, bytes: 2, sealed: false },
    ],
  })
  const bytes = await fetch(`http://${address}/api/pair/segment/4?from=5&to=8`)
  t.is(bytes.headers.get('content-type'), 'application/octet-stream')
  t.is(await bytes.text(), '567')
  t.is((await json(address, '/api/pair/segment/8?from=8&to=99')).status, 404)
  for (const query of ['?from=3&to=5', '?from=6&to=6', '?from=4&to=9999999999', '?from=-1&to=8', '?from=x', '?to=1e3'])
    t.is((await json(address, `/api/pair/segment/4${query}`)).status, 400, query)
})

test('an unknown path, a wrong method and HEAD are answered as HTTP says', async t => {
  const address = await serve(t, new FakeNode('shop'))
  t.is((await json(address, '/nothing/')).status, 404)
  t.is((await json(address, '//evil/api/pair')).status, 404)
  const wrong = await fetch(`http://${address}/api/pair/promote`)
  t.is(wrong.status, 405)
  t.is(wrong.headers.get('allow'), 'POST')
  t.is((await fetch(`http://${address}/api/pair`, { method: 'DELETE' })).headers.get('allow'), 'GET, HEAD')
  const head = await fetch(`http://${address}/api/pair`, { method: 'HEAD' })
  t.is(head.status, 200)
  t.true(Number(head.headers.get('content-length')) > 100)
  t.is(await head.text(), '')
})

test('garbage, oversized headers and bodies get one answer and the end of their connection', async t => {
  const node = new FakeNode('shop')
  const address = await serve(t, node)
  t.regex(await raw(address, 'CONNECT\naccept-version:1.2\n\n\0'), /^HTTP\/1.1 400 /)
  t.regex(await raw(address, Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc])), /^HTTP\/1.1 400 /)
  t.regex(await raw(address, get('/api/pair', `X-Big: ${'x'.repeat(20_000)}`)), /^HTTP\/1.1 431 /)
  t.regex(await raw(address, 'GET /api/pair HTTP/1.1\r\nConnection: close\r\n\r\n'), /^HTTP\/1.1 400 /)
  t.regex(await raw(address, post('/api/pair/promote', 'x'.repeat(5000), JSON_TYPE)), /^HTTP\/1.1 413 /)
  for (const body of ['[]', 'null', '{', '{"force":"yes"}', '{"forse":true}'])
    t.regex(await raw(address, post('/api/pair/promote', body, JSON_TYPE)), /^HTTP\/1.1 400 /, body)
  const smuggled = post('/api/pair/promote', '{}', JSON_TYPE, 'Transfer-Encoding: chunked')
  t.regex(await raw(address, smuggled), /^HTTP\/1.1 400 /)
  t.deepEqual(node.asked, [])
  t.is((await json(address, '/health/live')).status, 200)
})

test('a slow client is closed, and meanwhile others are served', async t => {
  const address = await serve(t, new FakeNode('shop'), { headersMs: 100, requestMs: 200, idleMs: 400 })
  const slow = raw(address, 'GET /api/pair HTTP/1.1\r\nHost: localhost\r\nX-Slow:')
  const slowBody = raw(address, post('/api/pair/promote', '{}', JSON_TYPE).replace('Length: 2', 'Length: 9'))
  const silent = raw(address)
  t.is((await json(address, '/api/pair')).status, 200)
  t.regex(await slow, /^HTTP\/1.1 408 /)
  t.regex(await slowBody, /^(HTTP\/1.1 408 |$)/)
  t.regex(await silent, /^(HTTP\/1.1 408 |$)/)
  t.is((await json(address, '/api/pair')).status, 200)
})

test('more connections than the limit are turned away; when they go, others get in', async t => {
  const address = await serve(t, new FakeNode('shop'), { connections: 2 })
  const [host = '', port] = address.split(':')
  const held = [connect(Number(port), host), connect(Number(port), host)]
  await Promise.all(held.map(socket => once(socket, 'connect')))
  t.is(await raw(address, get('/api/pair')), '')
  await Promise.all(held.map(socket => (socket.destroy(), once(socket, 'close'))))
  const deadline = Date.now() + 10_000
  while ((await raw(address, get('/api/pair'))) === '') if (Date.now() > deadline) return t.fail('nobody gets in')
  return t.pass()
})

test('an answer that failed tells the caller nothing of the reason, and the log everything', async t => {
  const lines: string[] = []
  const node = new FakeNode('shop')
  node.promote = () => Promise.reject(new Error('password is swordfish'))
  const address = await serve(t, node, {}, { ...silentLog, error: text => lines.push(text) })
  const answer = await raw(address, post('/api/pair/promote', '{}', JSON_TYPE))
  t.regex(answer, /^HTTP\/1.1 500 /)
  t.notRegex(answer, /swordfish/)
  t.regex(lines.join('\n'), /swordfish/)
})

test('W-01: a port that is taken is a warning, and the broker goes on', async t => {
  const address = await serve(t, new FakeNode('one'))
  const warnings: string[] = []
  const log = { ...silentLog, warn: (text: string) => warnings.push(text) }
  const port = Number(address.split(':')[1])
  t.is(await startHttp({ host: '127.0.0.1', port, log }, new FakeNode('two')), null)
  t.regex(warnings.join(), /cannot open 127.0.0.1:\d+: .*EADDRINUSE.*tandemmq.http=HOST:PORT/)
})
