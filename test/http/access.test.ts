import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import test from 'ava'
import { silentLog } from '../../src/base/log.ts'
import { admit, constraintOf, NO_LOGIN, type Constraint, type WebAccess } from '../../src/http/access.ts'
import { hostAllowed } from '../../src/http/inet.ts'
import { Rate } from '../../src/http/rate.ts'
import { Refusal } from '../../src/http/refusal.ts'
import { Router } from '../../src/http/router.ts'
import { POLICIES } from '../../src/management/management.ts'
import { Double } from '../management/double.ts'
import { FakeNode } from './node.ts'

/** A request from an address, as the listener would hand it over. */
function from(address: string, headers: Readonly<Record<string, string>> = {}, url = '/'): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: address })
  const request = new IncomingMessage(socket)
  Object.assign(request.headers, { host: 'broker:8161', ...headers })
  return Object.assign(request, { url, method: 'GET' })
}

const basic = (user: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${user}`).toString('base64')}`,
})

const ROLES: Readonly<Record<string, readonly string[]>> = {
  admin: ['admin'],
  user: ['user'],
  ops: ['ops'],
  both: ['user', 'ops'],
}
const access = (constraints: readonly Constraint[], more: Partial<WebAccess> = {}): WebAccess => ({
  ...NO_LOGIN,
  login: { realm: 'ActiveMQRealm', rolesOf: (user, password) => (user === password ? (ROLES[user] ?? null) : null) },
  constraints,
  ...more,
})
const rule = (pathSpec: string, roles: readonly string[], authenticate = true): Constraint => ({
  pathSpec,
  roles,
  authenticate,
})

/** The status that is answered to one who asks for Jolokia: 200, or that of the refusal. */
async function statusOf(request: IncomingMessage, to: WebAccess): Promise<number> {
  try {
    await admit(request, '/api/jolokia', to)
    return 200
  } catch (thrown) {
    return thrown instanceof Refusal ? thrown.status : 500
  }
}

test('W-08: the longest match counts, and of equal ones the first', t => {
  const all = [
    rule('*.action', ['a']),
    rule('/', ['b']),
    rule('/*', ['c']),
    rule('/api/*', ['d']),
    rule('/api/*', ['e']),
    rule('/api/jolokia/*', ['f']),
    rule('/exact', ['g']),
  ]
  const at = (path: string): string | undefined => constraintOf(all, path)?.roles[0]
  t.deepEqual(['/api/jolokia', '/api/jolokia/x', '/api/pair', '/metrics', '/exact', '/admin/x.action'].map(at), [
    'f',
    'f',
    'd',
    'c',
    'g',
    'c',
  ])
  t.is(constraintOf([rule('*.action', ['a']), rule('/', ['b'])], '/admin/x.action')?.roles[0], 'a')
  t.is(constraintOf([rule('/api/*', ['a'])], '/apis'), null)
})

test('W-07: authenticate="false" is open to everybody; what no constraint covers is open, as in Jetty', async t => {
  t.is(await statusOf(from('10.0.0.9'), access([rule('/*', ['admin'], false)])), 200)
  t.is(await statusOf(from('10.0.0.9'), access([rule('/admin/*', ['admin'])])), 200)
  t.is(await statusOf(from('10.0.0.9'), access([rule('/*', ['admin'])])), 401)
})

test('W-07: what is open to everybody is not open to a page whose name was pointed at this machine', async t => {
  const open = access([rule('/*', ['admin'], false)])
  const page = { 'user-agent': 'Mozilla/5.0', host: 'evil.example:8161', origin: 'http://evil.example:8161' }
  t.is(await statusOf(from('127.0.0.1', page), open), 403)
  t.is(await statusOf(from('127.0.0.1', { ...page, host: 'localhost:8161' }), open), 200)
  t.is(await statusOf(from('127.0.0.1', { host: 'broker:8161' }), open), 200, 'a program, which nobody rebinds')
  t.is(await statusOf(from('10.0.0.9', page), open), 200, 'who reaches it from elsewhere needs no page for it')
})

test('JA-07: who holds a role of the constraint besides user may change something', async t => {
  const mayChange = (user: string, roles: readonly string[], more: Partial<WebAccess> = {}): Promise<boolean> =>
    admit(from('10.0.0.9', basic(user)), '/api/jolokia', access([rule('/*', roles)], more)).then(
      asker => asker.mayChange,
    )
  t.true(await mayChange('admin', ['user', 'admin']))
  t.false(await mayChange('user', ['user', 'admin']))
  t.false(await mayChange('both', ['user', 'admin']))
  t.true(await mayChange('ops', ['ops']))
  t.true(await mayChange('admin', ['*']))
  t.false(await mayChange('ops', ['*']))
  t.true(await mayChange('user', ['user', 'admin'], { userExec: true }))
  t.is(await statusOf(from('10.0.0.9', basic('user')), access([rule('/*', ['admin'])])), 403)
})

test('JA-06: without a login another machine is refused, whatever it sends', async t => {
  t.is(await statusOf(from('10.0.0.9', { host: 'localhost' }), NO_LOGIN), 403)
  t.is(await statusOf(from('10.0.0.9', { host: 'localhost', ...basic('admin') }), NO_LOGIN), 403)
  t.is(await statusOf(from('127.0.0.1', { host: 'localhost:8161' }), NO_LOGIN), 200)
  t.is(await statusOf(from('::ffff:127.0.0.1', { host: 'localhost:8161' }), NO_LOGIN), 200)
  t.is(await statusOf(from('127.0.0.1', { host: 'rebound.example' }), NO_LOGIN), 403)
})

async function routed(request: IncomingMessage, to: WebAccess): Promise<number> {
  const node = new FakeNode('shop')
  node.beans = new Double()
  const router = new Router(node, silentLog, () => 0, { access: to, policy: POLICIES.compat, record: () => {} })
  const response = new ServerResponse(request)
  await router.handle(request, response)
  return response.statusCode
}

test('P-04: the state of the pair is shown to this machine, and to others with a login where there is one', async t => {
  const closed = access([rule('/*', ['user', 'admin'])])
  const pair = (address: string, headers = {}): IncomingMessage => from(address, headers, '/api/pair')
  t.is(await routed(pair('127.0.0.1'), closed), 200)
  t.is(await routed(pair('10.0.0.9'), closed), 401)
  t.is(await routed(pair('10.0.0.9', basic('user')), closed), 200)
  t.is(await routed(pair('10.0.0.9'), NO_LOGIN), 200)
  t.is(await routed(from('10.0.0.9', {}, '/health/ready'), closed), 200)
  t.is(await routed(from('10.0.0.9', {}, '/admin/'), closed), 401)
})

test('M-01: what ActiveMQ did not have is guarded as Jolokia is, whatever jetty.xml forgot', async t => {
  const metrics = async (constraints: readonly Constraint[], login = {}, path = '/metrics'): Promise<number> => {
    try {
      await admit(from('10.0.0.9', login), path, access(constraints))
      return 200
    } catch (thrown) {
      return thrown instanceof Refusal ? thrown.status : 500
    }
  }
  for (const constraints of [[rule('/api/*', ['user'])], [rule('/admin/*', ['user'])], []]) {
    t.is(await metrics(constraints), 401)
    t.is(await metrics(constraints, basic('user')), 200)
    t.is(await metrics(constraints, {}, '/api/state'), 401)
    t.is(await metrics(constraints, basic('user'), '/api/state'), 200)
  }
  t.is(await metrics([rule('/metrics', ['user'], false)]), 200)
  // As ActiveMQ 6.3 ships it: who may do the rest may not scrape.
  const shipped = [rule('/metrics/*', ['admin']), rule('/*', ['user', 'admin'])]
  t.deepEqual([await metrics(shipped, basic('user')), await metrics(shipped, basic('admin'))], [403, 200])
})

test('W-10: an address list keeps everybody else out of everything, and an exclusion beats an inclusion', async t => {
  const inet = { include: ['127.0.0.1', '10.0.0.0/8'], exclude: ['10.0.0.9'] }
  const at = (address: string, url: string): Promise<number> => routed(from(address, {}, url), { ...NO_LOGIN, inet })
  t.is(await at('127.0.0.1', '/health/live'), 200)
  t.is(await at('10.1.2.3', '/api/pair'), 200)
  for (const url of ['/health/live', '/api/pair', '/api/jolokia']) {
    t.is(await at('10.0.0.9', url), 403, url)
    t.is(await at('192.168.0.1', url), 403, url)
  }
})

test('W-11: an address that asks too often is answered 429 until its bucket has leaked, and no other is', async t => {
  const rate = new Rate(3)
  const at = (now: number, ...addresses: readonly string[]): readonly boolean[] =>
    addresses.map(one => rate.take(one, now))
  t.deepEqual(at(0, 'a', 'a', 'a', 'a', 'b'), [true, true, true, false, true])
  t.deepEqual(at(400, 'a', 'a'), [true, false])
  t.deepEqual(at(5000, 'a', 'a', 'a', 'a'), [true, true, true, false])
  const limited = { ...NO_LOGIN, requestsPerSecond: 0 }
  t.is(await routed(from('10.0.0.9', {}, '/health/live'), limited), 429)
})

test('JA-05: hosts are addresses, ranges by bits or mask, and localhost', t => {
  t.true(hostAllowed(['localhost'], '::1'))
  t.true(hostAllowed(['10.0.0.0/255.255.0.0'], '::ffff:10.0.77.1'))
  t.false(hostAllowed(['10.0.0.0/255.255.0.0'], '10.1.0.1'))
  t.true(hostAllowed(['fe80::/10'], 'fe80::1'))
  t.false(hostAllowed(['nonsense', '300.1.1.1'], '10.0.0.1'))
  t.false(hostAllowed([], ''))
})
