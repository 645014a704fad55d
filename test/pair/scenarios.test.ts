import test from 'ava'
import type { Policy } from '../../src/pair/pair.ts'
import type { Host } from './host.ts'
import { profileOf } from './profile.ts'
import { World } from './world.ts'

/** A pair in sync, with clients at work, and no fault. */
function paired(policy: Policy, both = true): { world: World; a: Host; p: Host; until: (ms: number) => void } {
  const plain = { faults: [], strict: true, witnessLoses: 0, gone: 0, late: 0, hasty: false, waitForPassive: false }
  const world = new World(
    7,
    profileOf(() => 0.9, { policy, ...plain }),
  )
  const [a, p] = world.hosts as readonly [Host, Host]
  const { agenda } = world
  const until = (ms: number): void => {
    const end = agenda.now + ms
    while (agenda.step(end));
    agenda.now = end
  }
  const work = (): void => {
    world.clients.act()
    agenda.after(5, work)
  }
  if (both) a.start()
  p.start()
  work()
  until(500)
  return { world, a, p, until }
}

const state = (host: Host): string => host.core?.status(host.clock()).state ?? 'ended'
const POLICIES: readonly Policy[] = ['auto', 'manual', 'stop-on-loss', 'witness']

for (const policy of POLICIES) {
  test(`${policy}: two nodes pair up by themselves`, t => {
    const { a, p } = paired(policy)
    t.deepEqual([state(a), state(p)], ['PAIRED', 'IN_SYNC'])
  })

  test(`G5, ${policy}: a handover swaps the roles at once, and back`, t => {
    const { world, a, p, until } = paired(policy)
    a.hear({ type: 'handover' })
    until(500)
    t.deepEqual([state(p), state(a)], ['PAIRED', 'IN_SYNC'])
    p.hear({ type: 'handover' })
    until(500)
    t.deepEqual([state(a), state(p)], ['PAIRED', 'IN_SYNC'])
    world.checks.converged()
  })

  test(`${policy}: an active that is stopped passes the lead on, and follows when it is back`, t => {
    const { world, a, p, until } = paired(policy)
    a.hear({ type: 'stop', handover: true })
    until(200)
    t.false(a.stopped?.failed)
    t.true(p.serving)
    a.start()
    until(1500)
    t.deepEqual([state(p), state(a)], ['PAIRED', 'IN_SYNC'])
    world.checks.converged()
  })
}

for (const policy of ['auto', 'stop-on-loss', 'witness'] as const)
  test(`G3, ${policy}: when the process of the active dies the passive serves at once`, t => {
    const { world, a, p, until } = paired(policy)
    a.end('kill')
    until(50)
    t.true(p.serving)
    a.start()
    until(3000)
    t.deepEqual([state(p), state(a)], ['PAIRED', 'IN_SYNC'])
    world.checks.converged()
  })

for (const policy of ['auto', 'manual', 'witness'] as const)
  test(`G6, ${policy}: when the process of the passive dies the active carries on alone at once`, t => {
    const { world, a, p, until } = paired(policy)
    p.end('kill')
    const before = world.clients.receipts
    until(100)
    t.is(state(a), 'SOLO')
    t.true(world.clients.receipts > before)
  })

test('stop-on-loss: an active that loses its passive acknowledges nothing more and ends', t => {
  const { a, p, until } = paired('stop-on-loss')
  p.end('kill')
  until(100)
  t.true(a.stopped?.failed)
})

test('manual: a passive that loses its active ends in good order; promote leads with its copy', t => {
  const { a, p, until } = paired('manual')
  a.end('kill')
  until(100)
  t.false(p.stopped?.failed)
  p.start()
  until(100)
  p.hear({ type: 'promote', force: false })
  until(100)
  t.true(p.serving)
})

test('promote is refused while the other node answers as active', t => {
  const { a, p, until } = paired('auto')
  p.hear({ type: 'promote', force: false })
  until(100)
  t.deepEqual([state(a), state(p)], ['PAIRED', 'IN_SYNC'])
})

test('auto: after a long silence both lead; when they meet the newer history leads and the other tail is exported', t => {
  const { world, a, p, until } = paired('auto')
  const lossy: { strict: boolean } = world.profile
  lossy.strict = false
  world.cut = true
  until(4000)
  t.deepEqual([state(a), state(p)], ['SOLO', 'SOLO'])
  world.heal()
  until(3000)
  t.deepEqual([state(p), state(a)], ['PAIRED', 'IN_SYNC'])
  t.true(a.disk.salvage.size > 0)
})

test('P-04: the active knows how long its passive takes to answer, and the line is heard in it', t => {
  const { world, a, p, until } = paired('auto')
  const rtt = (host: Host): number | null | undefined => host.core?.status(host.clock()).peer?.rttMs
  const quick = rtt(a) ?? -1
  t.true(quick >= 0 && quick < 50, String(quick))
  t.is(rtt(p), null)
  world.slow = 40
  until(1000)
  const slow = rtt(a) ?? -1
  t.true(slow > quick, `${slow}`)
})

for (const policy of ['auto', 'stop-on-loss', 'witness'] as const)
  test(`E7, ${policy}: an active whose disk is full passes the lead to a passive that has room, and follows`, t => {
    const { world, a, p, until } = paired(policy)
    a.full = true
    until(900)
    t.is(state(a), 'PAIRED', 'not before ackTimeout')
    until(300)
    t.true(p.serving)
    const before = world.clients.receipts
    until(2000)
    t.regex(a.core?.status(a.clock()).detail ?? '', /takes nothing more/)
    t.true(world.clients.receipts > before + 50, 'and nobody waits for the full one')
    a.full = false
    until(2000)
    t.deepEqual([state(p), state(a)], ['PAIRED', 'IN_SYNC'])
    world.checks.converged()
  })

test('E7: a full disk keeps the lead when the passive has no room either, and in policy manual', t => {
  for (const policy of ['auto', 'manual'] as const) {
    const { world, a, p, until } = paired(policy)
    a.full = true
    // Of the few bytes that wait for the active the passive's disk has taken all; more it could not.
    if (policy === 'auto') p.room = 1 << 20
    until(5000)
    t.deepEqual([state(a), state(p)], ['PAIRED', 'IN_SYNC'])
    a.full = false
    until(500)
    t.deepEqual([state(a), state(p)], ['PAIRED', 'IN_SYNC'])
    world.checks.converged()
  }
})

test('E7, manual: a handover that a person asks for does not wait for the full disk', t => {
  const { world, a, p, until } = paired('manual')
  a.full = true
  until(500)
  a.hear({ type: 'handover' })
  until(300)
  t.true(p.serving)
  a.full = false
  until(2000)
  t.deepEqual([state(p), state(a)], ['PAIRED', 'IN_SYNC'])
  world.checks.converged()
})

test('E5: a passive whose disk is full is waited for once, not again at each of its attempts', t => {
  const { world, a, p, until } = paired('auto')
  p.full = true
  until(1200)
  const before = world.clients.receipts
  until(5000)
  t.true(world.clients.receipts > before + 500, `${world.clients.receipts - before} receipts in 5 s`)
  t.is(state(a), 'SYNCING')
  t.regex(p.core?.status(p.clock()).detail ?? '', /takes nothing more/)
  p.full = false
  until(2000)
  t.deepEqual([state(a), state(p)], ['PAIRED', 'IN_SYNC'])
  world.checks.converged()
})

test('E6: a copy that cannot be stored is tried less and less often, and the passive says why', t => {
  const { world, a, p, until } = paired('auto')
  const plan: { gone: number } = world.profile
  plan.gone = 1
  let copies = 0
  world.trace = (_, what) => {
    if (what.type === 'copyFailed') copies++
  }
  p.end('kill')
  p.full = true
  p.start()
  until(20_000)
  t.true(copies >= 4 && copies <= 8, `${copies} copies in 20 s`)
  t.regex(p.core?.status(p.clock()).detail ?? '', /the base copy failed: no space/)
  plan.gone = 0
  p.full = false
  until(8000)
  t.deepEqual([state(a), state(p)], ['PAIRED', 'IN_SYNC'])
})

test('a passive that never met its active is promoted by force only, and says when the other leads too', t => {
  const { world, a, p, until } = paired('auto', false)
  const lossy: { strict: boolean } = world.profile
  lossy.strict = false
  const detail = (): string => p.core?.status(p.clock()).detail ?? ''
  p.hear({ type: 'promote', force: false })
  until(500)
  t.is(state(p), 'CONNECTING')
  p.hear({ type: 'promote', force: true })
  until(500)
  t.true(p.serving)
  t.regex(detail(), /one copy only/)
  a.start()
  until(120_000)
  t.deepEqual([state(a), state(p)], ['ALONE', 'ALONE'])
  t.regex(detail(), /leads too, and the two never were a pair/)
  a.end('kill')
  until(120_000)
  t.regex(detail(), /one copy only/)
})

test('both know how long ago the other was heard, and neither does without a link', t => {
  const { world, a, p, until } = paired('auto')
  const heard = (host: Host): number | null | undefined => host.core?.status(host.clock()).peer?.heardMs
  for (const host of [a, p]) t.true((heard(host) ?? Infinity) <= 150, `${host.name} ${heard(host)}`)
  world.cut = true
  until(600)
  for (const host of [a, p]) t.true((heard(host) ?? 0) > 400, `${host.name} ${heard(host)}`)
  until(1000)
  t.deepEqual([heard(a), heard(p)], [null, null])
})

test('E5, E7: an active that lost its passive while both disks were full goes on alone as soon as its own takes bytes', t => {
  const { world, a, p, until } = paired('auto')
  a.full = p.full = true
  until(100)
  for (const link of world.links) link.reset()
  until(3000)
  t.is(state(a), 'SYNCING', 'the passive holds more than it, so it does not lead without that')
  t.true(a.disk.meta.paired)
  const before = world.clients.receipts
  a.full = false
  until(150)
  t.true(world.clients.receipts > before + 10, `${world.clients.receipts - before} receipts`)
  p.full = false
  until(2000)
  t.deepEqual([state(a), state(p)], ['PAIRED', 'IN_SYNC'])
  world.checks.converged()
})
