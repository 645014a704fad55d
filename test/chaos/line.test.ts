import test from 'ava'
import { Client } from '../contract/world.ts'
import { PairSite } from './pair.ts'
import { firstHello, Peer } from './peer.ts'
import { freshSeed } from '../journal/random.ts'
import { Rounds } from './rounds.ts'
import { paired, survives } from './survive.ts'
import { thorough } from './thorough.ts'

/** Short times, so that the tests are; the longest freeze is the same sum of them as with the defaults (G10). */
const ackTimeout = 600
const takeoverAfter = 1200
const freezeMax = ackTimeout + 1000
const properties = {
  'tandemmq.pair.ackTimeout': ackTimeout,
  'tandemmq.pair.beat': 100,
  'tandemmq.pair.takeoverAfter': takeoverAfter,
}
/** A line that fails for less than the passive waits splits nothing. */
const patient = { ...properties, 'tandemmq.pair.takeoverAfter': 4 * freezeMax }

for (const [blow, what] of [
  ['pause passive', 'the passive hangs'],
  ['stall link', 'the line between the nodes falls silent'],
  ['cut link', 'the line between the nodes is cut'],
  ['half-close link', 'the line between the nodes is half closed'],
] as const) {
  const attempt = blow === 'stall link' ? test.serial : thorough
  attempt(
    `G10, I18: ${what}: the active goes on within ackTimeout + 1 s, nothing is lost, and they find one another again`,
    async t => {
      const options = { properties: patient, proxied: true }
      const [outageMs = Infinity] = await survives(t, { blows: [blow], pauseMs: freezeMax, options })
      t.true(outageMs < freezeMax, `${outageMs} ms without a receipt`)
    },
  )
}

thorough(
  'policy auto: a line that fails for longer than takeoverAfter splits the pair, as documented: the checker sees what was lost, salvage holds it, and both end with one history',
  async t => {
    const site = await paired(t, { properties, proxied: true })
    const rounds = new Rounds(site, freshSeed())
    await rounds.strike('stall link', 2 * takeoverAfter)
    const { counts } = await rounds.finish()
    t.log(JSON.stringify(counts))
    t.true(counts.lost > 0)
    t.regex(site.one.log, /was exported to \S+salvage-/)
  },
)

thorough('the active hangs for less than takeoverAfter: it goes on, and nothing is lost', async t => {
  await survives(t, { blows: ['pause active'], pauseMs: 300, options: { properties } })
})

test.serial(
  'the active hangs for longer than takeoverAfter: the passive leads, the old active follows it, and nothing is lost',
  async t => {
    const heir = /taking over: nothing was heard/
    await survives(t, { blows: ['pause active'], pauseMs: 2 * takeoverAfter, options: { properties }, heir })
  },
)

test.serial(
  '4.9: a bit that flips on the line is noticed: the bytes are asked for again, and the stores stay the same',
  async t => {
    const site = await paired(t, { properties, proxied: true })
    const client = await Client.dial(site.one.port)
    client.send('CONNECT', { 'accept-version': '1.2', host: 'localhost' })
    await client.expect('CONNECTED')
    const body = 'x'.repeat(20_000)
    site.link!.corrupt('back', 10_000)
    for (let i = 0; i < 5; i++) await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, body)
    await site.two.program.says(/WARN.*malformed replication frame.*(checksum|crc|changed)/i)
    await site.inSync(site.one)
    await site.killAndVerify()
    t.true(site.link!.connections > 1)
  },
)

/** What a peer with the right `replicator` may say to an active that has no passive, and what the log says of it. */
const attacks: Record<string, { attack: (peer: Peer) => void; says: RegExp }> = {
  'a hello that is no JSON': { attack: peer => peer.say('hello', '{'), says: /JSON|malformed/i },
  'a hello of another pair': {
    attack: peer => peer.say('hello', firstHello({ pairId: 'd'.repeat(32) })),
    says: /pair-mismatch/,
  },
  'a hello from the future': { attack: peer => peer.say('hello', firstHello({ proto: [7, 9] })), says: /\(proto\)/ },
  'a position below zero': { attack: peer => peer.say('hello', firstHello({ end: -1 })), says: /end is not|malformed/ },
  'an ack before the hello': { attack: peer => peer.ack('e'.repeat(32), 1, 1000), says: /WARN.*dropped an? ack/ },
  'a frame type that does not exist': { attack: peer => peer.say('obey', {}), says: /WARN.*(type|obey)/ },
  'a body larger than any frame': {
    attack: peer => peer.say('hello', 'x'.repeat(17 * 1024 * 1024)),
    says: /WARN.*a body of/,
  },
}

for (const [title, { attack, says }] of Object.entries(attacks)) {
  test.serial(
    `I13, I19: ${title} on /replication: the peer is dropped, the log says so, the active is unharmed`,
    async t => {
      const site = await PairSite.create({ inside: true, properties })
      t.teardown(() => site.end())
      site.one.start()
      await site.one.serves()
      const peer = await Peer.attach(site.one.port)
      attack(peer)
      await peer.client.closed()
      await site.one.program.says(says)
      await serves(site)
      t.is((await site.one.report())?.state, 'ALONE')
    },
  )
}

test.serial('I3, I13: acks of another session, of another epoch or beyond the end count for nothing', async t => {
  const site = await PairSite.create({ inside: true, properties })
  t.teardown(() => site.end())
  site.one.start()
  await site.one.serves()
  const peer = await Peer.attach(site.one.port)
  peer.say('hello', firstHello())
  const { fields } = await peer.hears('welcome')
  const [session, epoch] = [String(fields['session']), Number(fields['epoch'])]
  peer.ack('0'.repeat(32), epoch, 1e9)
  peer.ack(session, epoch - 1, 1e9)
  await site.one.program.says(/dropped an? ack of another session or epoch/)
  peer.ack(session, epoch, 1e12)
  const report = await site.one.until(({ state }) => state !== 'PAIRED')
  t.false(report.inSync)
  await serves(site)
})

test.serial('a replayed hello is refused', async t => {
  const site = await PairSite.create({ inside: true, properties })
  t.teardown(() => site.end())
  site.one.start()
  await site.one.serves()
  const first = await Peer.attach(site.one.port)
  first.say('hello', firstHello())
  await first.hears('welcome')
  first.client.destroy()
  await site.one.until(({ state }) => state !== 'PAIRED' && state !== 'SYNCING')
  const second = await Peer.attach(site.one.port)
  second.say('hello', firstHello())
  await second.client.closed()
  await site.one.program.says(/\(replayed\)/)
  await serves(site)
  t.pass()
})

/** A client of the first node gets its receipt. */
async function serves(site: PairSite): Promise<void> {
  const client = await Client.dial(site.one.port)
  client.send('CONNECT', { 'accept-version': '1.2', host: 'localhost' })
  await client.expect('CONNECTED')
  await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  client.destroy()
}
