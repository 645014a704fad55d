import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { checksum } from '../../src/journal/journal.ts'
import { lsn } from '../../src/base/lsn.ts'
import { loadConfig } from '../../src/config/config.ts'
import type { LinkFrame, PairLink, PairLinkEvents } from '../../src/pair/pair.ts'
import { createReplicatorRight, decryptJasypt, isPairLogin } from '../../src/security/security.ts'
import type { Identity, ReplicationPort } from '../../src/session/session.ts'
import { DialFailure, dial, type DialOptions } from '../../src/transport/transport.ts'
import { FRAMES, hasBody } from '../pair/frames.ts'
import { Client, World, brokerXml, type WireFrame, type XmlParts } from './world.ts'

const JOURNAL = '/replication/journal'
const SECRET = 'twins only'

/** Something happens later: `next` waits for it, in order. */
class Mailbox<T> {
  readonly #items: T[] = []
  #wake: (() => void) | null = null

  put(item: T): void {
    this.#items.push(item)
    this.#wake?.()
  }

  get size(): number {
    return this.#items.length
  }

  async next(): Promise<T> {
    while (this.#items.length === 0) await new Promise<void>(resolve => (this.#wake = resolve))
    return this.#items.shift()! // the loop ends with one
  }
}

interface Got {
  readonly frame: LinkFrame
  readonly body: Buffer
}

/** One end of a link, as the pair's shell would hold it. */
class End implements PairLinkEvents {
  readonly frames: Mailbox<Got> = new Mailbox<Got>()
  readonly closes: Mailbox<string> = new Mailbox<string>()
  readonly drains: Mailbox<null> = new Mailbox<null>()
  link!: PairLink

  frame(frame: LinkFrame, block: Buffer, from: number, to: number): void {
    this.frames.put({ frame, body: Buffer.from(block.subarray(from, to)) })
  }
  drained(): void {
    this.drains.put(null)
  }
  closed(text: string): void {
    this.closes.put(text)
  }
}

/** The pair as a broker sees it. */
class Port implements ReplicationPort {
  readonly attached: Mailbox<End> = new Mailbox<End>()
  readonly #right: (identity: Identity) => string | null

  constructor(right: (identity: Identity) => string | null) {
    this.#right = right
  }

  refusal(identity: Identity): string | null {
    return identity.twin === true ? null : this.#right(identity)
  }
  pairLogin(login: string, passcode: string): boolean {
    return isPairLogin({ pairId: 'p1', secret: SECRET }, login, passcode)
  }
  attach(link: PairLink): PairLinkEvents {
    const end = new End()
    end.link = link
    this.attached.put(end)
    return end
  }
}

interface Stage {
  readonly world: World
  readonly port: Port
  readonly warnings: readonly string[]
}

/** A broker that serves a pair, with the right `replicator` as its own XML and `replicators` give it. */
async function stage(t: ExecutionContext, parts: XmlParts = {}, replicators?: string): Promise<Stage> {
  const world = await new World().start(brokerXml(parts))
  t.teardown(() => world.end())
  const options = { properties: { 'activemq.data': 'x' }, env: {}, cwd: world.directory, decrypt: decryptJasypt }
  const { config } = await loadConfig(join(world.directory, 'activemq.xml'), options)
  const right = createReplicatorRight({
    authentication: config!.authentication,
    authorization: config!.authorization,
    replicators,
  })
  const port = new Port(identity => right.refusal(identity))
  world.running.broker.replication = port
  return { world, port, warnings: right.warnings }
}

const dialOptions = (world: World, more: Partial<DialOptions> = {}): DialOptions => ({
  uris: [`tcp://127.0.0.1:${world.port()}`],
  tls: null,
  connectTimeoutMs: 10_000,
  checksum,
  subscription: 'r',
  leadsBack: () => false,
  ...more,
})

/** Both ends of a link. */
async function linked({ world, port }: Stage, more: Partial<DialOptions> = {}): Promise<{ near: End; far: End }> {
  const far = new End()
  far.link = await dial(dialOptions(world, more), far)
  return { near: await port.attached.next(), far }
}

const refusedDial = async (t: ExecutionContext, world: World, more: Partial<DialOptions>): Promise<string> => {
  const failure = await t.throwsAsync(dial(dialOptions(world, more), new End()), { instanceOf: DialFailure })
  t.is(failure.why, 'rejected')
  return failure.text
}

const message = (frame: WireFrame): string => frame.headers.get('message') ?? ''

const USERS = `<authenticationUser username="root" password="r" groups="admins"/>
  <authenticationUser username="app" password="a" groups="apps"/>`
const simple = (attributes = ''): string =>
  `<simpleAuthenticationPlugin ${attributes}><users>${USERS}</users></simpleAuthenticationPlugin>`
const grants = (...entries: readonly string[]): string =>
  `<authorizationPlugin><map><authorizationMap><authorizationEntries>${entries
    .map(entry => `<authorizationEntry ${entry}/>`)
    .join('')}</authorizationEntries></authorizationMap></map></authorizationPlugin>`
const plugins = (...all: readonly string[]): XmlParts => ({ body: `<plugins>${all.join('')}</plugins>` })
const GRANTS = grants(
  'queue="&gt;" read="apps" write="apps" admin="admins"',
  'topic="&gt;" read="apps" write="apps" admin="admins"',
)

test('every frame goes over an ordinary connector and back, in order, whatever its body', async t => {
  const { near, far } = await linked(await stage(t))
  const body = Buffer.from('a\0b\nc\0\n\n\n', 'latin1')
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    for (const frame of FRAMES) from.link.send(frame, hasBody(frame) ? body : undefined, 0, body.length)
    for (const frame of FRAMES) {
      const got = await to.frames.next()
      t.is(got.frame.type, frame.type)
      if (hasBody(frame)) t.deepEqual(got.body, body)
      else t.deepEqual(got.frame, frame)
    }
  }
  t.is(near.link.localHost, '127.0.0.1')
  t.regex(near.link.remote, /^tcp:\/\/127\.0\.0\.1:\d+$/)
})

test('the block may be used again as soon as send returns, and drained tells when the socket has it all', async t => {
  const { near, far } = await linked(await stage(t))
  const block = Buffer.alloc(256 * 1024)
  const frame = (at: number): LinkFrame => ({
    type: 'data',
    session: 's',
    epoch: 1,
    lsn: lsn(at),
    bytes: block.length,
    commit: lsn(0),
  })
  for (let i = 0; i < 40; i++) {
    block.fill(i)
    near.link.send(frame(i), block, 0, block.length)
  }
  t.true(near.link.queued > 0)
  for (let i = 0; i < 40; i++) {
    const got = await far.frames.next()
    t.is(got.body.length, block.length)
    t.is(got.body[0], i)
    t.is(got.body.at(-1), i)
  }
  await near.drains.next()
  t.is(near.link.queued, 0)
})

test('a paused link gives no frames until it is resumed, on either side', async t => {
  const { near, far } = await linked(await stage(t))
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    to.link.pause()
    for (let i = 0; i < 3; i++) from.link.send({ type: 'copy-done', session: `s${i}` })
    // Another way round: what this answers was sent later than what is held back.
    to.link.send({ type: 'copy-done', session: 'back' })
    await from.frames.next()
    const early = to.frames.size
    to.link.resume()
    for (let i = 0; i < 3; i++) t.deepEqual((await to.frames.next()).frame, { type: 'copy-done', session: `s${i}` })
    t.true(early <= 1)
  }
})

test('when one side closes, what it sent before arrives and the other side is told once', async t => {
  const s = await stage(t)
  for (const closing of ['near', 'far'] as const) {
    const ends = await linked(s)
    const [here, there] = closing === 'near' ? [ends.near, ends.far] : [ends.far, ends.near]
    here.link.send({ type: 'refuse', code: 'stopping', text: 'until soon' })
    here.link.close()
    here.link.close()
    t.deepEqual((await there.frames.next()).frame, { type: 'refuse', code: 'stopping', text: 'until soon' })
    t.truthy(await there.closes.next())
    t.is(here.closes.size, 0, 'no event after close')
    t.is(there.closes.size, 0)
  }
})

test('a twin that vanishes is told as closed', async t => {
  const { world, port } = await stage(t)
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: 'r', destination: JOURNAL, ack: 'client' })
  const near = await port.attached.next()
  client.socket.resetAndDestroy()
  t.truthy(await near.closes.next())
})

test('I19: what is no replication frame ends the link with an ERROR, and its owner is told why', async t => {
  const { world, port } = await stage(t)
  const bad: readonly (readonly [string, Record<string, string>, string])[] = [
    ['SEND', { destination: '/replication/control', type: 'hello' }, '{"proto":'],
    ['SEND', { destination: '/replication/elsewhere', type: 'copy-done' }, '{"session":"a"}'],
    ['SEND', { destination: '/queue/a' }, 'x'],
    ['SUBSCRIBE', { destination: '/queue/a', id: '2' }, ''],
    ['BEGIN', { transaction: 't' }, ''],
    ['ACK', { id: 'x' }, ''],
  ]
  for (const [command, headers, body] of bad) {
    const client = await world.connect()
    await client.receipted('SUBSCRIBE', { id: 'r', destination: JOURNAL })
    const near = await port.attached.next()
    client.send(command, headers, body)
    t.truthy(message(await client.expect('ERROR')))
    t.truthy(await near.closes.next())
    t.deepEqual(await client.closed(), [])
  }
  t.is(world.running.broker.find(0, 'a'), null)
})

test('G1: /replication/ is no destination: without a pair SEND and SUBSCRIBE are refused and nothing is made', async t => {
  const { world } = await stage(t)
  world.running.broker.replication = null
  const client = await world.connect()
  client.send('SEND', { destination: '/replication/control' }, 'x')
  t.regex(message(await client.expect('ERROR')), /replication is not served/)
  client.send('SUBSCRIBE', { id: '1', destination: JOURNAL })
  t.regex(message(await client.expect('ERROR')), /replication is not served/)
  await client.quiet()
  t.is(world.running.broker.find(0, JOURNAL), null)
  t.is(world.running.broker.find(0, '/replication/control'), null)
})

test('G1: a SEND to /replication/ of a connection that is no link is refused, whatever its rights', async t => {
  const { world } = await stage(t)
  const client = await world.connect()
  client.send('SEND', { destination: '/replication/control', type: 'copy-done' }, '{}')
  t.is(message(await client.expect('ERROR')), `SUBSCRIBE to ${JOURNAL} comes first`)
  client.send('SUBSCRIBE', { id: '1', destination: JOURNAL })
  t.is(message(await client.expect('ERROR')), `${JOURNAL} needs a connection of its own`)
  await client.receipted('SEND', { destination: '/queue/still-works' }, 'x')
})

test('rule 10: read and write on > do not give the journal, admin on both > does', async t => {
  const s = await stage(t, plugins(simple(), GRANTS))
  t.deepEqual(s.warnings, [])
  t.regex(await refusedDial(t, s.world, { login: 'app', passcode: 'a' }), /app is not authorized to replicate/)
  t.regex(await refusedDial(t, s.world, { login: 'root', passcode: 'wrong' }), /root\] or password is invalid/)
  t.regex(await refusedDial(t, s.world, {}), /password is invalid/)
  await linked(s, { login: 'root', passcode: 'r' })
})

test('rule 10: admin on > for queues alone, or on everything below a name, is not enough', async t => {
  const queues = await stage(
    t,
    plugins(
      simple(),
      grants(
        'queue="&gt;" read="admins" write="admins" admin="admins"',
        'topic="a.&gt;" read="admins" write="admins" admin="admins"',
      ),
    ),
  )
  t.regex(await refusedDial(t, queues.world, { login: 'root', passcode: 'r' }), /not authorized to replicate/)
})

test('rule 10: whom -Dtandemmq.pair.replicators names may replicate, and nobody else', async t => {
  const byGroup = await stage(t, plugins(simple(), GRANTS), 'other, group:apps')
  await linked(byGroup, { login: 'app', passcode: 'a' })
  await refusedDial(t, byGroup.world, { login: 'root', passcode: 'r' })
  const byUser = await stage(t, plugins(simple(), GRANTS), 'app')
  await linked(byUser, { login: 'app', passcode: 'a' })
  await refusedDial(t, byUser.world, { login: 'root', passcode: 'r' })
})

test('rule 10: without authorization any user may, an anonymous one never, and the start warns', async t => {
  const s = await stage(t, plugins(simple('anonymousAccessAllowed="true"')))
  t.regex(s.warnings.join(), /every authenticated user may copy the whole journal/)
  t.regex(await refusedDial(t, s.world, {}), /not authorized to replicate/)
  await linked(s, { login: 'app', passcode: 'a' })
})

test('rule 10: without authentication anyone may, and the start warns', async t => {
  const s = await stage(t)
  t.regex(s.warnings.join(), /anyone who reaches a connector may copy the whole journal/)
  await linked(s)
})

test("the pair's own login replicates with the pair's secret and can do nothing else", async t => {
  const s = await stage(t, plugins(simple(), GRANTS))
  await linked(s, { login: 'tandemmq-pair/p1', passcode: SECRET })
  for (const [login, passcode] of [
    ['tandemmq-pair/p1', 'wrong'],
    ['tandemmq-pair/p2', SECRET],
    ['tandemmq-pair/p1', ''],
  ] as const)
    t.regex(await refusedDial(t, s.world, { login, passcode }), /or password is invalid/)
  const client = await s.world.connect({ login: 'tandemmq-pair/p1', passcode: SECRET })
  client.send('SEND', { destination: '/queue/a' }, 'x')
  t.regex(message(await client.expect('ERROR')), /own login and is not authorized/)
  client.send('SUBSCRIBE', { destination: '/topic/b', id: '1' })
  t.regex(message(await client.expect('ERROR')), /own login and is not authorized/)
})

test('a list of destinations is no way around that, nor is a broker without authorization', async t => {
  const s = await stage(t)
  const ordinary = await s.world.connect()
  await ordinary.receipted('SEND', { destination: '/queue/a,/queue/b,/topic/a,/topic/b' }, 'x')
  const client = await s.world.connect({ login: 'tandemmq-pair/p1', passcode: SECRET })
  client.send('SEND', { destination: '/queue/a,/queue/b', receipt: 'r' }, 'x')
  t.regex(message(await client.expect('ERROR')), /own login and is not authorized/)
  client.send('SUBSCRIBE', { destination: '/topic/a,/topic/b', id: '1', receipt: 'r' })
  t.regex(message(await client.expect('ERROR')), /own login and is not authorized/)
  const durable = { destination: '/topic/a', id: 'd', 'activemq.subscriptionName': 'd' }
  const subscriber = await s.world.connect({ 'client-id': 'd' })
  await subscriber.receipted('SUBSCRIBE', durable)
  await subscriber.receipted('DISCONNECT', {})
  // In STOMP 1.0 the name of the subscription is taken for the client id too.
  const old = await s.world.connect({ login: 'tandemmq-pair/p1', passcode: SECRET, 'accept-version': '1.0' })
  old.send('UNSUBSCRIBE', { ...durable, receipt: 'r' })
  t.regex(message(await old.expect('ERROR')), /own login is not authorized/)
})

test("an open broker does not take the pair's login with a wrong secret for just another name", async t => {
  const s = await stage(t)
  await refusedDial(t, s.world, { login: 'tandemmq-pair/p1', passcode: 'guess' })
})

test('two twins have two links, and ordinary clients notice neither', async t => {
  const s = await stage(t)
  const [one, two] = [await linked(s), await linked(s)]
  const client = await s.world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/queue/a' })
  client.send('SEND', { destination: '/queue/a' }, 'hello')
  t.is((await client.expect('MESSAGE')).body.toString(), 'hello')
  one.near.link.send({ type: 'copy-done', session: 'one' })
  two.near.link.send({ type: 'copy-done', session: 'two' })
  t.deepEqual((await two.far.frames.next()).frame, { type: 'copy-done', session: 'two' })
  t.deepEqual((await one.far.frames.next()).frame, { type: 'copy-done', session: 'one' })
})

test('a node on hold closes on clients without an ERROR, which would make failover clients give it up, and lets its twin in', async t => {
  const s = await stage(t, plugins(simple(), GRANTS))
  const { broker } = s.world.running
  broker.hold = 'Broker test is not active yet: waiting for its twin'
  const before = broker.journal.end
  const client = await s.world.dial()
  client.send('CONNECT', { 'accept-version': '1.2', login: 'app', passcode: 'a' })
  t.deepEqual(await client.closed(), [])
  const denied = await s.world.dial()
  denied.send('CONNECT', { 'accept-version': '1.2', login: 'app', passcode: 'a', destination: JOURNAL })
  t.regex(message(await denied.expect('ERROR')), /replicator/)
  const replicator = await s.world.connect({ login: 'root', passcode: 'r', destination: JOURNAL })
  replicator.send('SEND', { destination: '/queue/a' }, 'x')
  t.deepEqual(await replicator.closed(), [])
  const { near, far } = await linked(s, { login: 'root', passcode: 'r' })
  broker.sweep('expired')
  near.link.send({ type: 'copy-done', session: 'held' })
  t.deepEqual((await far.frames.next()).frame, { type: 'copy-done', session: 'held' })
  t.is(broker.journal.end, before, 'nothing was journaled')
  broker.hold = null
  await (await s.world.connect({ login: 'app', passcode: 'a' })).receipted('BEGIN', { transaction: 't' })
})

test('a hand-over stops the reading of clients and not of the twin; whoever waited goes on when it is called off', async t => {
  const all = 'read="apps,admins" write="apps,admins" admin="admins"'
  const s = await stage(t, plugins(simple(), grants(`queue="&gt;" ${all}`, `topic="&gt;" ${all}`)))
  const { broker } = s.world.running
  const { near, far } = await linked(s, { login: 'root', passcode: 'r' })
  const root = { login: 'root', passcode: 'r' }
  const client = await s.world.connect(root)
  await client.receipted('SEND', { destination: '/queue/a' }, 'before')
  broker.quiesce()
  const end = broker.journal.end
  client.send('SEND', { destination: '/queue/a', receipt: 'later' }, 'during')
  // One that arrives now is answered, and read no further either.
  const late = await s.world.connect({ login: 'app', passcode: 'a' })
  late.send('BEGIN', { transaction: 't', receipt: 'too' })
  far.link.send({ type: 'copy-done', session: 'read' })
  await near.frames.next()
  const again = await linked(s, root)
  t.is(again.far.closes.size, 0, 'a twin can attach')
  t.is(broker.journal.end, end)
  broker.resume()
  t.is((await client.expect('RECEIPT')).headers.get('receipt-id'), 'later')
  t.is((await late.expect('RECEIPT')).headers.get('receipt-id'), 'too')
})

test('an overload, which only the acknowledgements of the twin can end, holds up neither its link nor its coming', async t => {
  const s = await stage(t)
  const { broker } = s.world.running
  Object.defineProperty(broker, 'overloaded', { value: () => true })
  const { near, far } = await linked(s)
  for (let i = 0; i < 3; i++) {
    far.link.send({ type: 'ack', session: 's', epoch: 1, recv: lsn(i), dur: lsn(i), beat: i, stall: 0 })
    await near.frames.next()
  }
  t.pass()
})

test('a client of the journal that speaks an old STOMP, or names another place, is told so', async t => {
  const { world } = await stage(t)
  const old = await world.connect({ 'accept-version': '1.1' })
  old.send('SUBSCRIBE', { id: '1', destination: JOURNAL })
  t.is(message(await old.expect('ERROR')), 'Replication needs STOMP 1.2')
  const lost = await Client.dial(world.port())
  lost.send('CONNECT', { 'accept-version': '1.2' })
  await lost.expect('CONNECTED')
  lost.send('SUBSCRIBE', { id: '1', destination: '/replication/copy' })
  t.regex(message(await lost.expect('ERROR')), /^Only \/replication\/journal/)
})
