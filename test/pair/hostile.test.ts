import test from 'ava'
import { lsn } from '../../src/base/lsn.ts'
import { PairCore } from '../../src/pair/pair.ts'
import type { EpochEntry, Hello, PairEffect, PairEvent, PairFrame, PairMeta } from '../../src/pair/pair.ts'
import { metaOf, profileOf, settingsOf } from './profile.ts'

const profile = profileOf(() => 0, { policy: 'auto', waitForPassive: false })
const uid = (text: string): string => text.repeat(32).slice(0, 32)
const one: EpochEntry = { n: 1, uid: uid('e'), start: lsn(0) }

/** A core whose disk answers at once. */
class Rig {
  readonly core: PairCore
  readonly effects: PairEffect[] = []
  #now = 0
  #ids = 0

  constructor(name: 'A' | 'P', end: number, inSyncTo = 0, change: Partial<PairMeta> = {}) {
    this.core = new PairCore(settingsOf(name, profile), () => (++this.#ids).toString(16).padStart(32, '0'))
    const meta = { ...metaOf(name), inSyncTo: lsn(inSyncTo), ...change }
    const epochs = end === 0 ? [] : [one]
    this.hear({ type: 'boot', meta, end: lsn(end), chain: 7, epochs, retainedFrom: lsn(0) })
  }

  hear(event: PairEvent): PairEffect[] {
    const from = this.effects.length
    for (const effect of this.core.handle(event, ++this.#now)) {
      this.effects.push(effect)
      if (effect.type === 'save') this.hear({ type: 'saved', save: effect.save })
      else if (effect.type === 'compare') this.hear({ type: 'compared', at: effect.at, chain: 7 })
      else if (effect.type === 'begin') {
        const { n, uid: own } = effect
        this.hear({ type: 'began', epoch: { n, uid: own, start: lsn(0) }, end: lsn(40) })
      }
    }
    return this.effects.slice(from)
  }

  pass(ms: number): PairEffect[] {
    this.#now += ms
    return this.hear({ type: 'time' })
  }

  says(link: number, frame: PairFrame): PairEffect[] {
    return this.hear({ type: 'frame', link, frame })
  }

  sent<T extends PairFrame['type']>(type: T): Extract<PairFrame, { type: T }> | undefined {
    const found = this.effects.findLast(effect => effect.type === 'send' && effect.frame.type === type)
    return found?.type === 'send' ? (found.frame as Extract<PairFrame, { type: T }>) : undefined
  }
}

const hello = (change: Partial<Hello> = {}): Hello => ({
  type: 'hello',
  proto: [1, 1],
  format: [1, 1],
  pairId: null,
  identity: { storeId: uid('9'), brokerName: 'p', uris: ['tcp://p:1'], http: null },
  incarnation: uid('1'),
  role: 'passive',
  paired: false,
  end: lsn(0),
  dur: lsn(0),
  chain: 0,
  epochs: [],
  inSyncTo: lsn(0),
  rev: 0,
  nonce: uid('2'),
  configDigest: '',
  ...change,
})

/** An active with a passive in its stream; and the session's name. */
function attached(): { rig: Rig; session: string } {
  const rig = new Rig('A', 0)
  rig.hear({ type: 'attached', link: 1, remote: 'p' })
  rig.says(1, hello())
  const session = rig.sent('welcome')?.session ?? ''
  rig.says(1, { type: 'ready', session, epoch: 1, at: lsn(0), needBase: false })
  return { rig, session }
}

const ack = (session: string, dur: number, change: Partial<Extract<PairFrame, { type: 'ack' }>> = {}): PairFrame => ({
  type: 'ack',
  session,
  epoch: 1,
  recv: lsn(dur),
  dur: lsn(dur),
  beat: 0,
  stall: 0,
  ...change,
})

test('I13, B6: an acknowledgement of another session or epoch counts for nothing', t => {
  const { rig, session } = attached()
  rig.says(1, ack(uid('8'), 40))
  rig.says(1, ack(session, 40, { epoch: 2 }))
  t.is(rig.core.status(0).state, 'SYNCING')
  rig.says(1, ack(session, 40))
  t.is(rig.core.status(0).state, 'PAIRED')
})

test('I4: an active never counts an acknowledgement of more than it shipped, nor of less than before', t => {
  for (const bad of [{ recv: lsn(41), dur: lsn(40) }, { dur: lsn(41) }, { dur: lsn(-1) }, { recv: lsn(NaN) }]) {
    const { rig, session } = attached()
    rig.says(1, ack(session, 40, bad))
    t.is(rig.sent('refuse')?.code, 'malformed')
    t.is(rig.core.status(0).state, 'SOLO')
  }
})

test('A replayed hello and one with impossible positions change nothing', t => {
  const { rig } = attached()
  rig.hear({ type: 'attached', link: 2, remote: 'x' })
  rig.says(2, hello())
  t.is(rig.sent('refuse')?.code, 'replayed')
  rig.hear({ type: 'attached', link: 3, remote: 'x' })
  rig.says(3, hello({ nonce: uid('3'), end: lsn(-5) }))
  t.is(rig.sent('refuse')?.code, 'malformed')
  t.is(rig.core.status(0).peer?.position, lsn(0), 'the first session lives')
})

test('A second passive, another pair and a copy of the own store are refused', t => {
  const { rig } = attached()
  const other = { ...hello().identity, storeId: uid('7') }
  const refusals = [
    { identity: other },
    { identity: other, pairId: uid('6') },
    { identity: { ...other, storeId: metaOf('A').storeId } },
  ].map((change, at) => {
    rig.hear({ type: 'attached', link: 10 + at, remote: 'x' })
    rig.says(10 + at, hello({ ...change, nonce: uid(String(at + 4)) }))
    return rig.sent('refuse')?.code
  })
  t.deepEqual(refusals, ['already-attached', 'pair-mismatch', 'same-store'])
})

test('a second process on a copy of the passive’s disk does not push the first one out; one that came back does', t => {
  const { rig, session } = attached()
  rig.says(1, ack(session, 40))
  t.is(rig.core.status(0).state, 'PAIRED')
  const again = (link: number, incarnation: string): PairEffect[] => {
    rig.hear({ type: 'attached', link, remote: 'p' })
    return rig.says(link, hello({ pairId: rig.sent('welcome')?.pairId ?? null, incarnation, nonce: uid(String(link)) }))
  }
  again(2, uid('5'))
  t.is(rig.sent('refuse')?.code, 'already-attached')
  t.is(rig.core.status(0).state, 'PAIRED')
  // The same process by a new connection; or another one, when nothing comes from the first.
  const welcomed = (effects: readonly PairEffect[]): boolean =>
    effects.some(effect => effect.type === 'send' && effect.frame.type === 'welcome')
  t.true(welcomed(again(3, uid('1'))))
  for (let beats = 0; beats < 5; beats++) rig.pass(100)
  t.true(welcomed(again(4, uid('6'))))
})

test('an active that waits for its twin says what a person can do', t => {
  const rig = new Rig('A', 40, 0, { paired: true, role: 'active' })
  const { state, detail } = rig.core.status(0)
  t.is(state, 'WAITING')
  t.regex(detail, /may have taken over: start that one, or `tandemmq pair promote` leads without it/)
})

test('why the active refuses this passive is in its state, not in the log alone', t => {
  const rig = new Rig('P', 500)
  rig.hear({ type: 'dialled', link: 1 })
  rig.says(1, { type: 'refuse', code: 'already-attached', text: '"other" is attached' })
  t.regex(rig.core.status(0).detail, /Last attempt: refused \(already-attached\): "other" is attached/)
})

test('a passive that was in step says nothing of attempts from before that', t => {
  const rig = new Rig('P', 500)
  rig.hear({ type: 'dialFailed', why: 'refused', text: 'refused once' })
  t.regex(rig.core.status(0).detail, /Last attempt: refused once/)
  rig.pass(1000)
  rig.hear({ type: 'dialled', link: 1 })
  const fields = {
    session: uid('a'),
    nonce: uid('b'),
    pairId: uid('c'),
    secret: uid('d'),
    policy: 'auto',
    plan: 'tail',
  } as const
  const numbers = { proto: 1, format: 1, epoch: 1, chainAt: 7, commit: lsn(0), windowBytes: 1000, beatMs: 100, rev: 0 }
  rig.says(1, { type: 'welcome', ...numbers, ...fields, identity: hello().identity, at: lsn(500), epochs: [one] })
  t.is(rig.core.status(0).state, 'SYNCING')
  rig.hear({ type: 'closed', link: 1 })
  t.notRegex(rig.core.status(0).detail, /refused once/)
})

test('I7, G2: a passive does not cut what it acknowledged while in sync on its peer’s word', t => {
  const rig = new Rig('P', 500, 400)
  rig.hear({ type: 'dialled', link: 1 })
  const [session, nonce, pairId, secret] = [uid('a'), uid('b'), uid('c'), uid('d')]
  const epochs = [one, { n: 2, uid: uid('f'), start: lsn(300) }]
  const { identity } = hello()
  const numbers = {
    proto: 1,
    format: 1,
    epoch: 2,
    chainAt: 7,
    commit: lsn(340),
    windowBytes: 1000,
    beatMs: 100,
    rev: 0,
  }
  const strings = { session, nonce, pairId, secret, policy: 'auto' } as const
  rig.says(1, { type: 'welcome', ...numbers, ...strings, identity, plan: 'cut', at: lsn(300), epochs })
  t.is(rig.sent('refuse')?.code, 'diverged')
  t.false(rig.effects.some(({ type }) => type === 'cut'))
})

test('Rule 7, I15: after a disk error the node says so, remembers it, and ends', t => {
  const { rig } = attached()
  const effects = rig.hear({ type: 'diskFailed' })
  t.is(rig.sent('resign')?.reason, 'disk')
  t.true(effects.some(effect => effect.type === 'save' && effect.meta.suspect))
  t.true(effects.some(effect => effect.type === 'stop' && effect.failed))
  t.is(rig.core.status(0).state, 'HALTED')
})
