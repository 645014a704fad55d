import test, { type ExecutionContext } from 'ava'
import { main, type Terminal } from '../../src/cli/cli.ts'
import { commonRanges } from '../../src/cli/pair-verify-online.ts'
import { nodeUrl, twinUrl, type NodeReport } from '../../src/admin/admin.ts'
import { freePort } from '../bench/ports.ts'
import { call } from './terminal.ts'
import { FakeNode, peer, serve } from '../http/node.ts'

interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** `tandemmq pair …` in this process. */
async function pair(...args: readonly string[]): Promise<Said> {
  let [out, err] = ['', '']
  const terminal: Terminal = {
    args: ['pair', ...args],
    env: {},
    cwd: process.cwd(),
    version: '0.0.0',
    out: text => (out += text),
    err: text => (err += text),
    onStop() {},
  }
  return { code: await main(terminal), out, err }
}

interface Pair {
  readonly active: FakeNode
  readonly passive: FakeNode
  /** Addresses of their interfaces. */
  readonly a: string
  readonly b: string
}

/** Two nodes in sync that know one another. */
async function twins(t: ExecutionContext): Promise<Pair> {
  const active = new FakeNode('alpha', {
    role: 'active',
    state: 'PAIRED',
    inSync: true,
    detail: 'the passive has it all',
  })
  const passive = new FakeNode('beta', { role: 'passive', state: 'IN_SYNC', inSync: true, detail: 'follows alpha' })
  const [a, b] = [await serve(t, active), await serve(t, passive)]
  active.view = { ...active.view, peer: peer('beta', 'passive', b) }
  passive.view = { ...passive.view, peer: peer('alpha', 'active', a) }
  return { active, passive, a, b }
}

/** An address where nobody listens. */
const closed = async (): Promise<string> => `127.0.0.1:${await freePort()}`

test('status of one node shows both, and exits with 0 when they are in sync', async t => {
  const { a } = await twins(t)
  const { code, out } = await pair('status', `http://${a}`)
  t.is(code, 0)
  t.regex(out, /active "alpha".*\n {2}state {5}PAIRED: the passive has it all[^]*passive "beta"[^]*IN_SYNC/)
  t.regex(out, /either node can be lost without losing a message/)
})

test('TC-11: status exits with 6 when the twin is gone or both lead, and with 3 when nobody answers', async t => {
  const { active, passive, a, b } = await twins(t)
  active.view = { ...active.view, state: 'SOLO', inSync: false, peer: peer('beta', 'passive', await closed()) }
  const gone = await pair('status', a)
  t.is(gone.code, 6)
  t.regex(gone.out, /does not answer: .*ECONNREFUSED[^]*"?alpha"? serves without a copy/)
  const nobody = await pair('status', await closed())
  t.is(nobody.code, 3)
  t.regex(nobody.out, /No node answers/)
  passive.view = { ...passive.view, role: 'active', state: 'SOLO' }
  const both = await pair('status', a, b)
  t.is(both.code, 6)
  t.regex(both.out, /Both nodes are active/)
})

test('TU-08: status can be watched: it shows what has changed, and ends with what it saw last', async t => {
  const { active, a } = await twins(t)
  let [stop, shown]: [() => void, string] = [() => undefined, '']
  const out = (text: string): void => {
    shown += text
    if (shown.includes('Not in sync')) return stop()
    active.view = { ...active.view, state: 'SOLO', inSync: false }
  }
  const more = { out, onStop: (end: () => void) => void (stop = end) }
  t.is((await call(['pair', 'status', '--watch=1ms', a], '/', more)).code, 6)
  t.regex(shown, /^active "alpha"[^]*without losing a message\.\n\nactive "alpha"[^]*Not in sync: alpha serves/)
})

test('status --json is one object that says what the exit code says', async t => {
  const { a, b } = await twins(t)
  const { code, out } = await pair('status', '--json', a)
  const body = JSON.parse(out) as { inSync: boolean; nodes: { url: string; report: NodeReport }[] }
  t.is(code, 0)
  t.true(body.inSync)
  t.deepEqual(
    body.nodes.map(({ url, report }) => [url, report.role]),
    [
      [`http://${a}`, 'active'],
      [`http://${b}`, 'passive'],
    ],
  )
})

test('promote waits until the node leads, and says so', async t => {
  const { passive, b } = await twins(t)
  passive.onAsked = () => {
    passive.view = { ...passive.view, state: 'PROMOTING', inSync: false }
    let looks = 0
    passive.onLook = () => {
      if (++looks === 3) passive.view = { ...passive.view, role: 'active', state: 'SOLO', epoch: 8 }
    }
  }
  const { code, out, err } = await pair('promote', '--force', b)
  t.deepEqual([code, err], [0, ''])
  t.regex(out, /"beta" leads now: SOLO, epoch 8 \(after \d+ ms\)/)
  t.deepEqual(passive.asked, ['promote true'])
  t.regex((await pair('promote', b)).out, /is the active already; nothing was changed/)
  t.is(passive.asked.length, 1)
})

test('TX-06 TX-08: promote exits with 6 when it is refused and with 8 when it does not come to pass, and says why', async t => {
  const { passive, b } = await twins(t)
  passive.outcome = { accepted: false, code: 'other-is-active', message: 'alpha answers as active' }
  const refused = await pair('promote', b)
  t.is(refused.code, 6)
  t.regex(refused.err, /refused: alpha answers as active\n.*pair handover/)
  passive.outcome = { accepted: true }
  const late = await pair('promote', b, '--timeout=0.1')
  t.is(late.code, 8)
  t.regex(late.err, /accepted, but not done after 100 ms; its log says why; last seen: passive, IN_SYNC: follows alpha/)
})

test('TC-12: a promotion by force is confirmed with the epoch, by whoever sits at the terminal or in the call', async t => {
  const { passive, b } = await twins(t)
  passive.view = { ...passive.view, state: 'DISCONNECTED', epoch: 7 }
  let [question, shown] = ['', '']
  const typing = (answer: string): Promise<Said> =>
    call(['pair', 'promote', '--force', b], '/', {
      err: text => (shown += text),
      ask: async text => ((question = text), answer),
    })
  t.is((await typing('y')).code, 6)
  t.regex(question, /^Two actives part ways\. Type 7, the epoch, to promote "beta": $/)
  t.regex(shown, /^"beta" is passive, DISCONNECTED since .*, epoch 7: .*\n"alpha" is active, PAIRED since /)
  const stale = await pair('promote', '--force', '--yes-epoch=6', b)
  t.is(stale.code, 6)
  t.regex(stale.err, /"beta" is at epoch 7, not 6: look again/)
  t.deepEqual(passive.asked, [])
  passive.onAsked = () => (passive.view = { ...passive.view, role: 'active', state: 'SOLO', epoch: 8 })
  t.is((await typing('7')).code, 0)
  t.deepEqual(passive.asked, ['promote true'])
})

test('status of a node whose twin cannot be asked from here says what that one says, and that it is half of it', async t => {
  const { active, passive, a, b } = await twins(t)
  for (const node of [active, passive]) node.view = { ...node.view, peer: { ...node.view.peer!, http: null } }
  const one = await pair('status', a)
  t.is(one.code, 6)
  t.regex(one.out, /the twin cannot be asked from here \(.*-Dtandemmq\.http=HOST:PORT there\)/)
  t.regex(one.out, /^"alpha", the active, says that both are in sync; the other was not asked\.$/m)
  t.regex(
    (await pair('status', b)).out,
    /^"beta", the passive, says that both are in sync; the other was not asked\.$/m,
  )
  active.view = { ...active.view, inSync: false, state: 'SOLO' }
  passive.view = { ...passive.view, inSync: false, state: 'DISCONNECTED' }
  t.regex(
    (await pair('status', b)).out,
    /^"beta" serves no client; whether the other node leads cannot be seen from here/m,
  )
  t.regex((await pair('status', a)).out, /^Not in sync: alpha serves without a copy that is complete/m)
})

test('status of a node whose twin cannot be asked from here goes by their link, while the twin is heard over it', async t => {
  const { active, a } = await twins(t)
  const heard = (heardMs: number | null): void => {
    active.view = { ...active.view, peer: { ...active.view.peer!, http: null, heardMs } }
  }
  heard(120)
  const fresh = await pair('status', a)
  t.is(fresh.code, 0)
  t.regex(
    fresh.out,
    /^The pair is in sync, as "alpha" says, which heard from "beta" 120 ms ago: either node can be lost/m,
  )
  heard(4000)
  t.is((await pair('status', a)).code, 6)
  heard(120)
  active.view = { ...active.view, inSync: false, state: 'SYNCING' }
  t.is((await pair('status', a)).code, 6)
})

test('handover asked of either node goes to the active, and waits until the other leads', async t => {
  const { active, passive, a, b } = await twins(t)
  active.onAsked = () => {
    active.view = { ...active.view, role: 'passive', state: 'SYNCING' }
    passive.view = { ...passive.view, role: 'active', state: 'SYNCING', epoch: 2 }
  }
  const { code, out, err } = await pair('handover', b)
  t.is(code, 0)
  t.regex(err, new RegExp(`"beta" is the passive: asking its active at http://${a}`))
  t.regex(out, /"beta" leads now, epoch 2; "alpha" follows/)
  t.deepEqual([active.asked, passive.asked], [['handover'], []])
})

test('handover where the twin cannot be asked waits until the old active follows, and names the new epoch', async t => {
  const { active, passive, a, b } = await twins(t)
  active.view = { ...active.view, peer: { ...peer('beta', 'passive', b)!, http: null } }
  passive.view = { ...passive.view, peer: { ...peer('alpha', 'active', a)!, http: null } }
  let looks = 0
  active.onAsked = () => {
    active.view = { ...active.view, role: 'passive', state: 'CONNECTING' }
    active.onLook = () => {
      if (++looks === 2) active.view = { ...active.view, state: 'SYNCING', epoch: 2 }
    }
  }
  const { code, out } = await pair('handover', a)
  t.is(code, 0)
  t.regex(out, /"beta" leads now, epoch 2; "alpha" follows/)
  const asked = await pair('handover', b)
  t.is(asked.code, 6)
  t.regex(asked.err, /"beta" is the passive; its active "alpha" cannot be asked from here\n.*on the active's machine/)
})

test('I6: verify compares what both committed, and names the first position that differs', async t => {
  const { active, passive, a } = await twins(t)
  const journal = Buffer.alloc(3 << 20, 7)
  for (const node of [active, passive]) {
    node.journal = Buffer.from(journal)
    node.segmentBytes = 1_500_000
    node.view = { ...node.view, committed: journal.length }
  }
  passive.view = { ...passive.view, committed: 2_000_000 }
  passive.journal[2_500_000] = 8
  const equal = await pair('verify', a)
  t.is(equal.code, 0)
  t.regex(equal.out, /are equal: 2000000 bytes compared, positions 0 to 2000000/)
  passive.journal[1_600_001] = 8
  const differs = await pair('verify', a, '--json')
  t.is(differs.code, 1)
  t.like(JSON.parse(differs.out), { equal: false, differsAt: 1_600_001, compared: 1_600_001 })
})

test('P-04: both nodes are told what verify found, and status shows it; one that cannot be told is named', async t => {
  const { active, passive, a } = await twins(t)
  t.notRegex((await pair('status', a)).out, /compared/)
  t.is((await pair('verify', a)).code, 0)
  for (const { verified } of [active, passive]) t.like(verified, { ok: true, position: 10, compared: 10 })
  t.is(
    (await pair('status', a)).out.match(/^ {2}compared {2}2026-01-02T03:04:06.000Z: equal up to position 10$/gm)
      ?.length,
    2,
  )
  passive.journal = Buffer.from('0123x56789')
  t.is((await pair('verify', a)).code, 1)
  for (const { verified } of [active, passive]) t.like(verified, { ok: false, position: 4, compared: 4 })
  t.regex((await pair('status', a)).out, /^ {2}compared {2}.*: different from position 4 on$/m)
  active.verified = { ...active.verified!, replacedAt: Date.UTC(2026, 0, 2, 3, 5, 0) }
  t.regex(
    (await pair('status', a)).out,
    /^ {2}compared .*: different from position 4 on; that is gone, the passive got it anew 2026-01-02T03:05:00.000Z: pair verify compares again$/m,
  )
  passive.journal = Buffer.from(active.journal)
  passive.onVerified = () => {
    throw new Error('no')
  }
  const untold = await pair('verify', a)
  t.is(untold.code, 0)
  t.regex(untold.err, /^INFO: http:.* does not show this comparison: /)
  t.like(active.verified, { ok: true })
  active.verified = null
  passive.view = { ...passive.view, committed: 0 }
  t.is((await pair('verify', a)).code, 1)
  t.is(active.verified, null, 'nothing was compared')
})

test('verify compares only what both still hold; nothing in common is no success', async t => {
  const journal = (
    committed: number,
    ...segments: readonly (readonly [number, number])[]
  ): Parameters<typeof commonRanges>[0] => ({
    committed,
    segments: segments.map(([base, bytes]) => ({ base, bytes })),
  })
  t.deepEqual(commonRanges(journal(50, [0, 10], [30, 40]), journal(99, [20, 20], [40, 40])), [
    { from: 30, to: 40, bases: [30, 20] },
    { from: 40, to: 50, bases: [30, 40] },
  ])
  const { passive, a, b } = await twins(t)
  passive.view = { ...passive.view, committed: 0 }
  const nothing = await pair('verify', a, b)
  t.is(nothing.code, 1)
  t.regex(nothing.out, /nothing to compare/)
})

test('a wrong call exits with 2 and says what was meant', async t => {
  const wrong: readonly (readonly [args: readonly string[], text: RegExp])[] = [
    [[], /say what: status, promote/],
    [['staus'], /did you mean "status"/],
    [['status', '--jsno'], /did you mean --json/],
    [['status', '--force'], /status takes no --force/],
    [['promote', 'a:1', 'b:1'], /at most one URL/],
    [['promote', '--timeout'], /--timeout needs a value/],
    [['promote', '--timeout=soon'], /"soon" is no time; write 500ms, 30s or 5m/],
    [['status', 'http://me:secret@a:1'], /a URL holds no login; give --user and --password-file\n/],
    [['status', 'ftp://a'], /is no address/],
    [['verify', '/only/one'], /compares two directories/],
    [['verify', 'http://127.0.0.1:1', '/dir'], /is no address/],
  ]
  for (const [args, text] of wrong) {
    const { code, err } = await pair(...args)
    t.is(code, 2, args.join(' '))
    t.regex(err, text)
    t.regex(err, /Usage: tandemmq pair status/)
  }
  const help = await pair('promote', '--help')
  t.is(help.code, 0)
  t.regex(help.out, /Examples: tandemmq pair status/)
})

test('an address is read as people write it, and a twin that named its own loopback is not mistaken for this machine', t => {
  t.is(nodeUrl('127.0.0.1:8161'), 'http://127.0.0.1:8161')
  t.is(nodeUrl('http://[::1]:8161/api/pair'), 'http://[::1]:8161')
  for (const bad of ['http://a@b:1', 'http://a:1/x', 'a b', '', 'http://a:99999']) t.is(nodeUrl(bad), null, bad)
  const named = (http: string): NodeReport =>
    ({ peer: { http, connectors: ['tcp://10.0.0.2:61613'] } }) as unknown as NodeReport
  t.is(twinUrl(named('127.0.0.1:8162'), 'http://127.0.0.1:8161'), 'http://127.0.0.1:8162')
  t.is(twinUrl(named('127.0.0.1:8161'), 'http://10.0.0.1:8161'), null)
  t.is(
    twinUrl(named('127.0.0.1:8161'), 'http://127.0.0.1:8161'),
    null,
    'of a twin on another machine, with the same port',
  )
  t.is(twinUrl(named('0.0.0.0:8161'), 'http://10.0.0.1:8161'), 'http://10.0.0.2:8161')
  // A login that goes out encrypted to the one goes out encrypted to the other.
  t.is(twinUrl(named('http://10.0.0.2:8161'), 'https://10.0.0.1:8161'), 'https://10.0.0.2:8161')
})
