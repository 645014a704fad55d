import { connect } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { silentLog, type Log } from '../../src/base/log.ts'
import { startHttp, type HttpOptions, type WebAccess } from '../../src/http/http.ts'
import { POLICIES } from '../../src/management/management.ts'
import { Double, DoubleQueue, Q } from '../management/double.ts'
import { FakeNode } from './node.ts'

const READ = `/api/jolokia/read/${Q('orders')}/QueueSize`
const EXEC = `/api/jolokia/exec/${Q('orders')}/purge`

/** As jetty.xml and jetty-realm.properties of ActiveMQ ship them. */
const SHIPPED: WebAccess = {
  login: {
    realm: 'ActiveMQRealm',
    rolesOf: (user, password) => (user === password ? ({ admin: ['admin'], user: ['user'] }[user] ?? null) : null),
  },
  constraints: [
    { pathSpec: '/,/api/*'.split(',')[1]!, authenticate: true, roles: ['user', 'admin'] },
    { pathSpec: '/', authenticate: true, roles: ['user', 'admin'] },
    { pathSpec: '*.action', authenticate: true, roles: ['admin'] },
  ],
  userExec: false,
  inet: null,
  headers: [],
  requestsPerSecond: null,
}

interface Shop {
  readonly address: string
  readonly orders: DoubleQueue
  readonly lines: readonly string[]
}

async function shop(t: ExecutionContext, options: Partial<HttpOptions> = {}): Promise<Shop> {
  const orders = new DoubleQueue('orders', 4)
  const node = new FakeNode('localhost')
  node.beans = new Double(orders)
  const lines: string[] = []
  const say: Log['warn'] = (text, about) => void lines.push(`${text}; ${about?.hint ?? ''}`)
  const log: Log = { debug() {}, info: say, warn: say, error: say }
  const http = await startHttp({ host: '127.0.0.1', port: 0, log, ...options }, node)
  if (http === null) throw new Error('no port')
  t.teardown(() => http.close())
  return { address: http.address, orders, lines }
}

const basic = (user: string, password = user): string =>
  `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

interface Reply {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** One request with exactly these headers: fetch would add its own. */
async function send(
  address: string,
  line: string,
  headers: readonly string[] = [],
  body: string | null = null,
): Promise<Reply> {
  const [host = '', port] = address.split(':')
  const socket = connect(Number(port), host)
  let text = ''
  socket.setEncoding('utf8').on('data', (part: string) => (text += part))
  socket.on('error', () => {}) // a reset is an answer too
  const length = body === null ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  const own = headers.some(one => one.startsWith('Host:')) ? [] : [`Host: ${address}`]
  socket.write([`${line} HTTP/1.1`, ...own, 'Connection: close', ...length, ...headers, '', body ?? ''].join('\r\n'))
  await new Promise(resolve => socket.on('close', resolve))
  const [head = '', ...rest] = text.split('\r\n\r\n')
  return { status: Number(/^HTTP\/1.1 (\d+)/.exec(head)?.[1]), head, body: rest.join('\r\n\r\n') }
}

test('F-01, F-02, J-07: a login by the realm ActiveMQRealm comes before anything else; all that follows is HTTP 200', async t => {
  const { address, lines } = await shop(t, { access: SHIPPED })
  for (const headers of [[], [basic('admin', 'wrong')], ['Authorization: Basic !!'], ['Authorization: Bearer x']]) {
    const { status, head, body } = await send(address, `GET ${READ}`, headers)
    t.is(status, 401)
    t.regex(head, /www-authenticate: basic realm="ActiveMQRealm"/i)
    t.regex(head, /cache-control: must-revalidate,no-cache,no-store/i)
    t.regex(head, /content-type: text\/html/i)
    t.regex(body, /^<html>/)
  }
  t.is(lines.filter(line => line.includes('user name or password of "admin" is wrong, from 127.0.0.1')).length, 1)
  t.notRegex(lines.join(), /wrong[^,]*wrong/, 'no password in the log')
  const right = await send(address, `GET ${READ}`, [basic('admin')])
  t.is(right.status, 200)
  t.regex(right.body, /"value":4,"timestamp":\d{10},"status":200\}$/)
  const missing = await send(address, `GET ${READ.replace('orders', 'nosuch')}`, [basic('admin')])
  t.is(missing.status, 200)
  t.regex(missing.body, /"status":404\}$/)
})

test('J-01, JA-07, W-08: user may read and not execute; admin may; each alias of the path is guarded as the path is', async t => {
  const { address, orders } = await shop(t, { access: SHIPPED })
  t.regex((await send(address, `GET ${READ}`, [basic('user')])).body, /"value":4/)
  t.regex((await send(address, `GET ${EXEC}`, [basic('user')])).body, /the role admin is needed","status":403/)
  t.is(orders.size, 4)
  for (const base of ['/jolokia', '/hawtio/jolokia', '/api/jolokia']) {
    t.is((await send(address, `GET ${READ.replace('/api/jolokia', base)}`)).status, 401, base)
    t.regex((await send(address, `GET ${READ.replace('/api/jolokia', base)}`, [basic('admin')])).body, /"value":4/)
  }
  for (const path of ['/api//jolokia', '/api/../api/jolokia', '/%61pi/jolokia', '/api/jolokiax'])
    t.is((await send(address, `GET ${path}`)).status, 404, path)
  t.regex((await send(address, `GET ${EXEC}`, [basic('admin')])).body, /"value":null/)
  t.is(orders.size, 0)
  const old = await shop(t, { access: { ...SHIPPED, userExec: true } })
  t.regex((await send(old.address, `GET ${EXEC}`, [basic('user')])).body, /"value":null/)
  const hard = {
    ...SHIPPED,
    constraints: [...SHIPPED.constraints, { pathSpec: '/api/jolokia/*', authenticate: true, roles: ['admin'] }],
  }
  t.is((await send((await shop(t, { access: hard })).address, `GET ${READ}`, [basic('user')])).status, 403)
})

test('JA-06: without a login, this machine may manage, and no page of a browser, rebound name or proxy', async t => {
  const { address, orders } = await shop(t)
  t.regex((await send(address, `GET ${READ}`)).body, /"value":4/)
  const strangers = [
    ['Host: evil.example'],
    ['Origin: http://evil.example'],
    ['Sec-Fetch-Site: cross-site'],
    ['Sec-Fetch-Site: same-site'],
    ['User-Agent: Mozilla/5.0'],
    ['Cookie: a=b'],
    ['X-Forwarded-For: 10.0.0.9'],
  ]
  for (const headers of strangers) t.is((await send(address, `GET ${EXEC}`, headers)).status, 403, headers.join())
  t.is(orders.size, 4)
  const opened = ['Sec-Fetch-Site: none', 'User-Agent: Mozilla/5.0']
  t.regex((await send(address, `GET ${READ}`, opened)).body, /"value":4/)
  t.regex(
    (await send(address, `GET ${EXEC}`, opened)).body,
    /Operation purge forbidden .* a browser changes something only/,
  )
  t.is(orders.size, 4)
  t.regex(
    (await send(address, `GET ${READ}`, [`Origin: http://${address}`, 'User-Agent: Mozilla/5.0'])).body,
    /"value":4/,
  )
})

test('F-06, JE-01, C-10: compat lets programs in without an Origin and browsers from this address only; strict demands it', async t => {
  const { address, orders, lines } = await shop(t, { access: SHIPPED })
  const admin = basic('admin')
  t.regex((await send(address, `GET ${READ}`, [admin])).body, /"value":4/)
  t.regex((await send(address, `GET ${READ}`, [admin, 'Origin: http://monitor:8161'])).body, /"value":4/)
  const powerShell = 'User-Agent: Mozilla/5.0 (Windows NT; en-US) WindowsPowerShell/5.1'
  t.regex((await send(address, `GET ${READ}`, [admin, powerShell])).body, /"value":4/)
  for (const headers of [
    ['Sec-Fetch-Site: cross-site'],
    ['Cookie: JSESSIONID=1'],
    ['Sec-Fetch-Site: cross-site', 'Origin: http://evil.example'],
    ['Sec-Fetch-Site: same-site', 'Referer: http://evil.example/page'],
    ['User-Agent: Mozilla/5.0 (Macintosh) Version/15.0 Safari/605.1', 'Referer: http://evil.example/page'],
    ['User-Agent: Mozilla/5.0 (Macintosh) Version/15.0 Safari/605.1'],
  ]) {
    const { status, body } = await send(address, `GET ${EXEC}`, [admin, ...headers])
    t.is(status, 200)
    t.regex(
      body,
      /^\{"error_type":"java.lang.Exception","error":"java.lang.Exception : Origin \S+ is not allowed to call this agent","status":403\}$/,
    )
  }
  t.is(orders.size, 4)
  t.is(lines.filter(line => /policy compat.*Origin null.*let the client send the header Origin/.test(line)).length, 1)
  const strict = await shop(t, { access: SHIPPED, policy: POLICIES.strict })
  t.regex((await send(strict.address, `GET ${READ}`, [admin])).body, /Origin null is not allowed/)
  for (const header of ['Origin: http://any', 'Referer: http://any/x'])
    t.regex((await send(strict.address, `GET ${READ}`, [admin, header])).body, /"value":4/)
})

test('JA-05: where a policy names no origin every page may read, and a page of another origin changes nothing with the login of its browser', async t => {
  const strict = await shop(t, { access: SHIPPED, policy: POLICIES.strict })
  const post = (address: string, ...headers: string[]): Promise<Reply> =>
    send(
      address,
      'POST /api/jolokia',
      [basic('admin'), ...headers],
      JSON.stringify({ type: 'exec', mbean: Q('orders'), operation: 'purge()' }),
    )
  const page = ['User-Agent: Mozilla/5.0', 'Sec-Fetch-Site: cross-site', 'Origin: http://evil.example']
  t.regex((await send(strict.address, `GET ${READ}`, [basic('admin'), ...page])).body, /"value":4/)
  t.regex((await post(strict.address, ...page)).body, /a page of another origin.*"status":403/)
  t.is(strict.orders.size, 4)
  t.regex((await post(strict.address, 'Origin: http://any')).body, /"status":200/, 'a program')
  const own = await shop(t, { access: SHIPPED, policy: POLICIES.strict })
  t.regex((await post(own.address, 'User-Agent: Mozilla/5.0', `Origin: http://${own.address}`)).body, /"status":200/)
  const origins = { ...POLICIES.strict.origins, allowed: ['http://evil.example'] }
  const named = await shop(t, { access: SHIPPED, policy: { ...POLICIES.strict, origins } })
  t.regex((await post(named.address, ...page)).body, /"status":200/)
})

test('J-04, J-05, J-06: any content type; an empty POST counts by its path; the headers are those of Jolokia', async t => {
  const { address } = await shop(t, { access: SHIPPED })
  const body = JSON.stringify({ type: 'read', mbean: Q('orders'), attribute: 'QueueSize' })
  const admin = basic('admin')
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded'])
    t.regex((await send(address, 'POST /api/jolokia/', [admin, `Content-Type: ${type}`], body)).body, /"value":4/)
  t.regex((await send(address, `POST ${READ}`, [admin], '')).body, /"value":4/)
  t.regex((await send(address, 'POST /api/jolokia', [admin], '')).body, /Invalid JSON request/)
  const { head } = await send(address, `GET ${READ}`, [admin, 'Origin: http://monitor'])
  t.regex(head, /content-type: application\/json;charset=utf-8/i)
  t.regex(head, /cache-control: no-cache/i)
  t.regex(head, /pragma: no-cache/i)
  t.regex(head, /access-control-allow-origin: http:\/\/monitor/i)
  t.true(Date.parse(/expires: (.*)/i.exec(head)?.[1] ?? '') < Date.now())
  t.notRegex((await send(address, `GET ${READ}`, [admin, 'Referer: http://monitor/'])).head, /access-control/i)
  t.regex(
    (await send(address, `GET ${READ}?mimeType=text/plain`, [admin])).head,
    /content-type: text\/plain;charset=utf-8/i,
  )
})

test('J-08, J-09: HEAD and OPTIONS execute nothing, other methods are refused, and JSONP is not served', async t => {
  const { address, orders } = await shop(t, { access: SHIPPED })
  const admin = basic('admin')
  t.like(await send(address, `HEAD ${EXEC}`, [admin]), { status: 200, body: '' })
  const options = await send(address, `OPTIONS ${EXEC}`, [admin])
  t.like(options, { status: 200, body: '' })
  t.regex(options.head, /access-control-max-age: 3600/i)
  for (const method of ['PUT', 'DELETE', 'PATCH'])
    t.like(await send(address, `${method} ${EXEC}`, [admin]), { status: 405, body: '' })
  t.is((await send(address, `GET ${EXEC}?callback=f`, [admin])).status, 400)
  t.is(orders.size, 4)
})

test('J-14: a body that is too large, or no JSON at all, harms nobody; nothing is read of it before the login', async t => {
  const { address } = await shop(t, { access: SHIPPED })
  const admin = basic('admin')
  t.is((await send(address, 'POST /api/jolokia', [admin, 'Content-Length: 99999999'])).status, 413)
  t.is((await send(address, 'POST /api/jolokia', ['Content-Length: 99999999'])).status, 401)
  const broken = await send(address, 'POST /api/jolokia', [admin], '['.repeat(100_000))
  t.is(broken.status, 200, 'as 1.x: older clients read the status of the body')
  t.regex(broken.body, /Invalid JSON request.*"status":400/)
  t.regex((await send(address, `GET ${READ}`, [admin])).body, /"value":4/)
})

test('D-08: Prometheus, sent here by the Helm chart, is answered, and the log says once where it should ask', async t => {
  const { address, lines } = await shop(t, { access: SHIPPED })
  const headers = [basic('admin'), 'User-Agent: Prometheus/2.53.0']
  for (let i = 0; i < 2; i++) t.regex((await send(address, 'GET /api/jolokia', headers)).body, /"status":200/)
  t.is(lines.filter(line => /Prometheus .*scrapes \/api\/jolokia.*let it scrape \/metrics/.test(line)).length, 1)
})

test('D-04, D-08: while the store is read, /admin/ answers a probe and Jolokia says what is being done', async t => {
  const node = new FakeNode('localhost')
  node.beans = new Double()
  node.view = { ...node.view, state: 'STARTING', detail: 'the store is being read' }
  const http = await startHttp({ host: '127.0.0.1', port: 0, log: silentLog }, node)
  t.teardown(() => http?.close())
  const address = http?.address ?? ''
  t.is((await send(address, 'GET /admin/')).status, 200)
  const { status, head, body } = await send(address, `GET ${READ}`)
  t.is(status, 503)
  t.regex(head, /retry-after: 1/i)
  t.regex(body, /the store is being read/)
})

test('JA-04: hardened takes POST from admins only, and changes nothing', async t => {
  const { address, orders } = await shop(t, { access: SHIPPED, policy: POLICIES.hardened })
  const origin = 'Origin: http://localhost'
  const post = (user: string, body: object): Promise<Reply> =>
    send(address, 'POST /api/jolokia', [basic(user), origin], JSON.stringify(body))
  const read = { type: 'read', mbean: Q('orders'), attribute: 'QueueSize' }
  t.is((await post('user', read)).status, 403)
  t.regex((await post('admin', read)).body, /"value":4/)
  t.regex((await send(address, `GET ${READ}`, [basic('admin'), origin])).body, /HTTP method get is not allowed/)
  t.regex((await post('admin', { type: 'exec', mbean: Q('orders'), operation: 'purge()' })).body, /"status":403/)
  t.is(orders.size, 4)
})
