import { connect } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { freeFailuresMax } from '../../src/security/login-guard.ts'
import { exec, queueBean } from '../management/shown.ts'
import { eventually } from './twins.ts'
import { Client, World, brokerXml, type WireFrame } from './world.ts'

const USERS = `<plugins><simpleAuthenticationPlugin><users>
  <authenticationUser username="user" password="pass" groups="users"/>
  <authenticationUser username="other" password="word" groups="users"/>
</users></simpleAuthenticationPlugin></plugins>`
const right = { login: 'user', passcode: 'pass' }

/** A broker at which somebody of this address has just tried some wrong passwords. */
async function guessed(t: ExecutionContext, connectors = {}, properties = {}, body = USERS): Promise<World> {
  const world = new World()
  t.teardown(() => world.end())
  await world.start(brokerXml({ body, connectors: { stomp: 'stomp://127.0.0.1:0', ...connectors } }), {
    properties,
  })
  for (let i = 0; i < freeFailuresMax; i++) {
    const client = await begin(world, { login: 'user', passcode: `guess-${i}` })
    const [answer] = await client.closed()
    t.regex(answer?.headers.get('message') ?? '', /or password is invalid/)
  }
  return world
}

/** A CONNECT that was sent: its answer. */
async function begin(
  world: World,
  headers: Readonly<Record<string, string>>,
  behind = '',
  name?: string,
): Promise<Client> {
  const client = await world.dial(name)
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
  client.socket.write(`CONNECT\naccept-version:1.2\n${lines.join('')}\n\0${behind}`)
  return client
}

/** The answers in the order in which they came. */
async function inOrder(...asked: readonly (readonly [string, Promise<WireFrame>])[]): Promise<string[]> {
  const order: string[] = []
  await Promise.all(
    asked.map(async ([name, answer]) => {
      const { command } = await answer
      order.push(`${name} ${command}`)
    }),
  )
  return order
}

test('after some wrong passwords an address waits, also with a right one, and gets in; another one does not wait', async t => {
  const world = await guessed(t)
  const slow = await begin(world, right)
  const wrong = await begin(world, { ...right, passcode: 'guess-again' })
  const elsewhere = new Client(connect({ port: world.port(), host: '127.0.0.1', localAddress: '127.0.0.2' }))
  elsewhere.send('CONNECT', { 'accept-version': '1.2', ...right })
  const order = await inOrder(['elsewhere', elsewhere.frame()], ['right', slow.frame()], ['wrong', wrong.frame()])
  t.deepEqual(order, ['elsewhere CONNECTED', 'right CONNECTED', 'wrong ERROR'])
  const told = world.lines.filter(line => line.includes('logins from there wait'))
  t.is(told.length, 1)
  t.regex(told[0] ?? '', /^WARN 5 different failed logins came from 127\.0\.0\.1: /)
  t.notRegex(world.lines.join('\n'), /guess-|pass\b/, 'no passcode is in the log')
})

test('who was let in from this address before does not wait behind its guesses', async t => {
  const world = new World()
  t.teardown(() => world.end())
  await world.start(brokerXml({ body: USERS }))
  await (await world.connect(right)).quiet()
  for (let i = 0; i < freeFailuresMax; i++)
    await t.throwsAsync(world.connect({ login: 'user', passcode: `guess-${i}` }))
  const stranger = await begin(world, { login: 'other', passcode: 'word' })
  const known = await begin(world, right)
  const order = await inOrder(['stranger', stranger.frame()], ['known', known.frame()])
  t.deepEqual(order, ['known CONNECTED', 'stranger CONNECTED'])
})

test('who gives no name and no password guesses none, and does not wait', async t => {
  const open = USERS.replace(
    '<simpleAuthenticationPlugin>',
    '<simpleAuthenticationPlugin anonymousAccessAllowed="true">',
  )
  const world = await guessed(t, {}, {}, open)
  const slow = await begin(world, right)
  const nobody = await begin(world, {})
  const order = await inOrder(['slow', slow.frame()], ['nobody', nobody.frame()])
  t.deepEqual(order, ['nobody CONNECTED', 'slow CONNECTED'])
})

test('the login of the pair is judged at once: strangers cannot keep the twin away', async t => {
  const world = await guessed(t)
  const slow = await begin(world, right)
  const pair = await begin(world, { login: 'tandemmq-pair/unknown', passcode: 'no secret' })
  const order = await inOrder(['slow', slow.frame()], ['pair', pair.frame()])
  t.deepEqual(order, ['pair ERROR', 'slow CONNECTED'])
})

test('S-CON-13: frames behind a CONNECT that waits are performed when it is over', async t => {
  const world = await guessed(t)
  const client = await begin(world, right, 'SEND\ndestination:/queue/a\nreceipt:1\n\nbody\0')
  t.is((await client.frame()).command, 'CONNECTED')
  t.is((await client.expect('RECEIPT')).headers.get('receipt-id'), '1')
})

test('S-LIM-07: the time for CONNECT runs on, and a right password is judged before it is over', async t => {
  const world = await guessed(t, { stomp: 'stomp://127.0.0.1:0?transport.connectAttemptTimeout=900' })
  const client = await begin(world, right)
  t.is((await client.frame()).command, 'CONNECTED')
})

test('a connection that waits counts among maximumConnections', async t => {
  const world = await guessed(t, { small: 'stomp://127.0.0.1:0?maximumConnections=1' })
  const slow = await begin(world, right, '', 'small')
  await t.throwsAsync(world.connect(right, 'small'), { message: /closed the connection/ })
  t.true(world.lines.some(line => line.includes('is full: it takes 1 connections')))
  t.is((await slow.frame()).command, 'CONNECTED')
})

test('-Dtandemmq.loginDelay=false: nobody waits', async t => {
  const world = await guessed(t, {}, { 'tandemmq.loginDelay': 'false' })
  for (let i = 0; i < 20; i++) await t.throwsAsync(world.connect({ login: 'user', passcode: `more-${i}` }))
  await (await world.connect(right)).quiet()
  t.false(world.lines.some(line => line.includes('logins from there wait')))
})

test('a client that hangs up while it waits leaves nothing behind', async t => {
  const world = await guessed(t)
  const gone = await begin(world, { login: 'other', passcode: 'word' })
  const slow = await begin(world, right)
  gone.socket.resetAndDestroy()
  t.is((await slow.frame()).command, 'CONNECTED')
  t.is(world.running.broker.sessions.size, 1)
})

test('OQ-03: nor are passwords guessed by sending with them over management: one waits, the next is refused', async t => {
  const world = new World()
  t.teardown(() => world.end())
  await world.start(brokerXml({ body: USERS }))
  const { beans, broker } = world.running
  broker.create({ kind: 0, name: 'q' }, null)
  await eventually('the queue is there', () => beans.find(queueBean('q')) !== null)
  const send = (user: string, password: string): Promise<unknown> =>
    exec(beans, queueBean('q'), 'sendTextMessage', 'x', user, password)
  await send('user', 'pass')
  for (let i = 0; i < freeFailuresMax; i++)
    await t.throwsAsync(send('user', `guess-${i}`), { message: /or password is invalid/ })
  const order: string[] = []
  const sent = async (name: string, answer: Promise<unknown>): Promise<void> => {
    await answer
    order.push(name)
  }
  await Promise.all([
    sent('right', send('other', 'word')),
    sent('behind it', t.throwsAsync(send('user', 'guess-again'), { message: /another login waits/ })),
    sent('known', send('user', 'pass')),
  ])
  t.is(order.at(-1), 'right')
  const told = world.lines.filter(line => line.includes('logins from there wait'))
  t.is(told.length, 1)
  t.notRegex(world.lines.join('\n'), /guess-/)
})
