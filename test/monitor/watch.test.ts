import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { freePort } from '../bench/ports.ts'
import { call } from '../cli/terminal.ts'
import { brokerXml, World } from '../contract/world.ts'
import { eventually } from '../contract/twins.ts'
import type { Node } from '../../src/server/node.ts'
import { NodeClient } from '../../src/admin/admin.ts'
import { screenOptions } from '../../src/cli/monitor.ts'
import { temporary } from '../temporary.ts'
import { activemq } from './activemq.ts'
import { letters, pair as facts } from './scene.ts'
import { TestScreen } from './screen.ts'

const properties = { 'tandemmq.http': '127.0.0.1:0' }

/** alpha and beta, which follows it, both with their HTTP interface, at ports at which they find one another again. */
async function pair(t: ExecutionContext): Promise<readonly [World, World]> {
  const start = async (name: string, attributes: string): Promise<World> => {
    const connectors = { stomp: `stomp://127.0.0.1:${await freePort()}` }
    const xml = brokerXml({ attributes, connectors }).replace('brokerName="test"', `brokerName="${name}"`)
    const world = await new World().start(xml, { properties })
    t.teardown(() => world.end())
    return world
  }
  const alpha = await start('alpha', '')
  const beta = await start('beta', `masterConnectorURI="tcp://127.0.0.1:${alpha.port()}"`)
  await eventually('the passive is in sync', () => (alpha.running as Node).pair.state === 'PAIRED')
  return [alpha, beta]
}

const urlOf = ({ running }: World): string => `http://${running.http ?? ''}`

test('of one address the whole pair is watched; messages are looked at, purged and moved, and the lead handed over', async t => {
  const [alpha, beta] = await pair(t)
  const client = await alpha.connect()
  for (const body of ['one', 'two', 'three'])
    await client.receipted('SEND', { destination: '/queue/orders', persistent: 'true', kind: body }, `body ${body}`)
  await client.receipted('SEND', { destination: '/queue/other', persistent: 'true' }, 'x')
  const { verify } = screenOptions({ args: [], env: {}, cwd: '', version: '', out() {}, err() {}, onStop() {} })
  const screen = TestScreen.open([], { verify, clients: [new NodeClient(urlOf(beta), { actor: 'me@desk monitor' })] })
  t.teardown(() => screen.press('C-c'))

  // M-10, UL-02: who leads stands left although the passive was named.
  await screen.shows(/ACTIVE {2}alpha {2}PAIRED.*PASSIVE {2}beta {2}IN_SYNC/)
  await screen.shows(/> +orders +3 +0 +0 .*no consumer/)
  await screen.shows(/conns +1 /)

  // UK-04: read-only, with headers and body.
  await screen.press('b').shows(/Messages of orders[^]*body one[^]*body three/)
  await screen.press('j', 'enter').shows(/kind: two[^]*body two/)
  screen.press('y')
  t.is(screen.copied, 'body two')
  await screen.press('escape', 'D').shows(/Delete one message/)
  await screen.press('y').shows(/done on alpha: delete one message/)
  await screen.press('escape', 'enter').shows(/Attributes[^]*AverageEnqueueTime/)
  await screen.press('escape').shows(/> +orders +2 /)

  await screen.press('P').shows(/Pause orders/)
  await screen.press('y').shows(/> +orders +2 .*paused/)
  await screen.press('M', ...letters('basket'), 'enter').shows(/Move orders to basket[^]*There is no queue basket yet/)
  await screen.press('y').shows(/basket +2 /)
  await screen.press('g', 'X').shows(/Purge basket[^]*2 messages are removed/)
  await screen.press('y').shows(/basket +0 /)

  // UA-03: and it is on record who did it.
  t.true(alpha.lines.some(one => /requested purge.* on .*basket.*\(me@desk monitor\)/.test(one)))

  await screen.press('4').shows(/ID:.* 127\.0\.0\.1:\d+ .*stomp/)
  await screen.press('5').shows(/FILE FROM[^]*open .*queue:\/\/other/)
  await screen.press('K').shows(/only connections can be dropped/)
  await screen.press('4', 'K').shows(/Drop ID:/)
  await screen.press('y').shows(/done on alpha: drop/)

  await screen.press('1', 'V').shows(/the copies are compared/)
  await screen.shows(/info .* the copies are equal: \d+ bytes/)
  await screen.shows(/verify ok \d+s ago/)
  for (const node of [alpha, beta]) t.true(node.lines.some(one => /both copies are equal: \d+ bytes/.test(one)))
  await screen.press('F').shows(/Hand over to beta[^]*nothing is lost/)
  await screen.press(...letters('beta'), 'enter').shows(/ACTIVE {2}beta {2}(?:SOLO|PAIRED) .*was passive[^]*/)
  await screen.shows(/PASSIVE {2}alpha {2}IN_SYNC/)
  await screen.press('l').shows(/beta is active now, epoch 2/)
  screen.press('escape', 'q')
  t.is(await screen.ended, 0)
})

test('UD-09, TC-11: --once prints a plain frame, --json an object, and the exit code says how the pair is', async t => {
  const [alpha, beta] = await pair(t)
  const plain = await call(['monitor', urlOf(alpha), '--once', '--interval=0.5', '--size=80x24'])
  t.is(plain.err, '')
  t.is(plain.code, 0)
  t.regex(plain.out, /^ A alpha ACTIVE[^]*^ P beta PASSIVE e1 .*IN_SYNC/m)
  t.notRegex(plain.out, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
  // Where there is no terminal it is by itself; no Unicode without a locale that says so.
  t.regex((await call(['monitor', urlOf(alpha), '--interval=0.5'])).out, /^\+- ACTIVE {2}alpha {2}PAIRED/m)
  const json = await call(['monitor', urlOf(alpha), urlOf(beta), '--json', '--once', '--interval=0.5'])
  t.like(JSON.parse(json.out), { pair: 'PAIRED', active: { name: 'alpha' }, passive: { name: 'beta' }, queues: [] })
  await beta.stop()
  t.is((await call(['monitor', urlOf(alpha), '--once', '--interval=0.5'])).code, 6)
  await alpha.stop()
  const none = await call(['monitor', `127.0.0.1:${await freePort()}`, '--once', '--interval=0.5'])
  t.is(none.code, 3)
  t.regex(none.out, /UNREACHABLE \(ECONNREFUSED\)/)
})

test('a wrong call is told, and what was meant', async t => {
  t.regex((await call(['monitor', '--intervall=2'])).err, /did you mean --interval\?/)
  t.regex((await call(['monitor', '--interval=3'])).err, /--interval takes 0\.5s, 1s/)
  t.regex((await call(['monitor', '--size=big'])).err, /--size is WIDTHxHEIGHT/)
  t.regex((await call(['monitor', '--tab=quews'])).err, /--tab is one of queues, topics/)
  t.is((await call(['monitor', 'http://user:pw@host:1'])).code, 2)
})

test('an ActiveMQ 5.17 is watched through its Jolokia: without a pair panel, after a login in place', async t => {
  const url = await activemq(t)
  const screen = TestScreen.open([url])
  t.teardown(() => screen.press('C-c'))
  await screen.shows(/Login[^]*asks for a name and a password/)
  await screen.press(...letters('admin'), 'enter', ...letters('wrong'), 'enter').shows(/user name or password is wrong/)
  await screen.press(':', ...letters('login'), 'enter').shows(/> user/)
  await screen.press(...letters('admin'), 'enter', ...letters('admin'), 'enter').shows(/BROKER {2}localhost .*OK/)
  const frame = await screen.shows(/> +orders +4 +0 +0 .*no consumer/)
  t.regex(frame, /openwire 61616 {2}stomp 61613 {2}web \d+ {3}up 1m 30s {3}v5\.17\.2/)
  t.notRegex(frame, /PASSIVE|epoch|Getting Worried/)
  await screen.shows(/in +\d+(?:\.\d+)?\/s/)
  await screen.press('F').shows(/not part of a pair/)

  const actors = new Set<string>()
  const other = await activemq(t, { actors })
  const file = join(temporary('monitor'), 'password')
  writeFileSync(file, 'admin\n', { mode: 0o600 })
  const login = ['--user=admin', `--password-file=${file}`]
  const filter = ['--filter=!orders', '--sort=name']
  const shown = await call(['monitor', `${other}/api/jolokia`, '--once', '--interval=0.5', ...filter, ...login])
  t.is(shown.code, 0, shown.err)
  t.regex(shown.out, /filter: !orders[^]*BROKER {2}localhost[^]*Queues 0 of 1 .*sort: QUEUE/)
  // UA-03: who sits in front of it is told with each request.
  t.is(actors.size, 1)
  t.regex(actors.values().next().value ?? '', /^\w+@\S+ monitor$/)
  t.is((await call(['monitor', url, '--once', '--interval=0.5'])).code, 4)
})

test('UD-06: a TandemMQ that tells nothing without a login is one after it; its names reach no terminal as they are', async t => {
  const hostile = 'a\x9b2J\u202eb\x1b[2J'
  const { peer: _, ...told } = { ...facts(), brokerName: hostile }
  const url = await activemq(t, { pair: { ...told, peer: null } })
  const screen = TestScreen.open([url])
  t.teardown(() => screen.press('C-c'))
  await screen.shows(/NODE {2}127.*LOGIN[^]*Login/)
  await screen
    .press(...letters('admin'), 'enter', ...letters('admin'), 'enter')
    .shows(/ACTIVE {2}a\ufffd2J\ufffdb\ufffd\[2J {2}PAIRED/)
  const file = join(temporary('monitor'), 'password')
  writeFileSync(file, 'admin\n', { mode: 0o600 })
  const json = await call([
    'monitor',
    url,
    '--json',
    '--once',
    '--interval=0.5',
    '--user=admin',
    `--password-file=${file}`,
  ])
  t.like(JSON.parse(json.out), { active: { name: hostile } })
  t.notRegex(json.out, /[\x00-\x09\x0b-\x1f\x7f-\x9f]|\p{Cf}/u)
})

test('UD-02: a node that never answers holds up neither a key nor the other node, and is asked one thing at a time', async t => {
  const live = await new World().start(brokerXml(), { properties })
  t.teardown(() => live.end())
  const open = new Set<Socket>()
  let most = 0
  const mute = createServer(socket => {
    open.add(socket)
    most = Math.max(most, open.size)
    // What was asked is read, or the end behind it would never be seen.
    socket
      .on('error', () => {})
      .on('close', () => open.delete(socket))
      .resume()
  }).listen(0, '127.0.0.1')
  await once(mute, 'listening')
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    mute.close()
  })
  const port = (mute.address() as AddressInfo).port
  const screen = TestScreen.open([`http://127.0.0.1:${port}`, urlOf(live)], { roundMs: 1000 })
  t.teardown(() => screen.press('C-c'))
  await screen.shows(/ACTIVE {2}test {2}ALONE/)
  for (let i = 0; i < 20; i++) {
    const began = performance.now()
    await screen.press('?').shows(/Keys {3}\/ find/)
    await screen.press('escape').shows(/\[1\] queues/)
    // Each of the two was drawn before anything else happened.
    t.true(performance.now() - began < 1000)
    screen.press('1')
  }
  await screen.shows(/UNREACHABLE \(TIMEOUT\)[^]*nothing is known of it yet/)
  await screen.shows(/ACTIVE {2}test {2}ALONE/)
  t.is(most, 1)
})
