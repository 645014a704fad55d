import test from 'ava'
import { lsn } from '../../src/base/lsn.ts'
import { PairCore } from '../../src/pair/pair.ts'
import type { EpochEntry, Hello, PairEffect, PairEvent, PairFrame, PairMeta, Welcome } from '../../src/pair/pair.ts'
import { metaOf, profileOf, settingsOf } from './profile.ts'

const id = (text: string): string => text.repeat(32).slice(0, 32)
const one: EpochEntry = { n: 1, uid: id('e'), start: lsn(0) }
const profile = profileOf(() => 0, { policy: 'auto', waitForPassive: false })

/** A core and a shell that answers saves, comparisons and epochs at once. */
class Node {
  readonly core: PairCore
  readonly effects: PairEffect[] = []
  end: number
  now = 0

  constructor(name: 'A' | 'P', end: number, change: Partial<PairMeta> = {}) {
    let ids = 0
    this.end = end
    this.core = new PairCore(settingsOf(name, profile), () => (++ids).toString(16).padStart(32, '0'))
    const meta = { ...metaOf(name), ...change }
    const epochs = end === 0 ? [] : [one]
    this.hear({ type: 'boot', meta, end: lsn(end), chain: 7, epochs, retainedFrom: lsn(0) })
  }

  hear(event: PairEvent): PairEffect[] {
    const from = this.effects.length
    for (const effect of this.core.handle(event, ++this.now)) {
      this.effects.push(effect)
      if (effect.type === 'save') this.hear({ type: 'saved', save: effect.save })
      else if (effect.type === 'compare') this.#compared(effect)
      else if (effect.type === 'begin') this.#begun(effect)
    }
    return this.effects.slice(from)
  }

  #compared({ at }: Extract<PairEffect, { type: 'compare' }>): void {
    this.hear({ type: 'compared', at, chain: 7 })
  }

  #begun({ n, uid }: Extract<PairEffect, { type: 'begin' }>): void {
    const start = lsn(this.end)
    this.end += 40
    this.hear({ type: 'began', epoch: { n, uid, start }, end: lsn(this.end) })
  }

  says(frame: PairFrame): PairEffect[] {
    return this.hear({ type: 'frame', link: 1, frame })
  }

  sent<T extends PairFrame['type']>(type: T): Extract<PairFrame, { type: T }> | undefined {
    const found = this.effects.findLast(effect => effect.type === 'send' && effect.frame.type === type)
    return found?.type === 'send' ? (found.frame as Extract<PairFrame, { type: T }>) : undefined
  }
}

const identity = { storeId: id('9'), brokerName: 'twin', uris: ['tcp://twin:1'], http: null }
const session = id('a')

const welcome = (change: Partial<Welcome> = {}): Welcome => ({
  type: 'welcome',
  proto: 1,
  format: 1,
  session,
  epoch: 1,
  pairId: id('c'),
  secret: id('d'),
  identity,
  policy: 'auto',
  plan: 'tail',
  at: lsn(500),
  chainAt: 7,
  epochs: [one],
  commit: lsn(400),
  windowBytes: 1 << 20,
  beatMs: 250,
  nonce: id('b'),
  rev: 0,
  ...change,
})

const hello = (change: Partial<Hello> = {}): Hello => ({
  type: 'hello',
  proto: [1, 1],
  format: [1, 1],
  pairId: null,
  identity,
  incarnation: id('1'),
  role: 'passive',
  paired: false,
  end: lsn(0),
  dur: lsn(0),
  chain: 0,
  epochs: [],
  inSyncTo: lsn(0),
  rev: 0,
  nonce: id('2'),
  configDigest: '',
  ...change,
})

/** A passive that holds 500 bytes, of which it knows 400 to be committed, and is in sync. */
function following(): Node {
  const node = new Node('P', 500)
  node.hear({ type: 'dialled', link: 1 })
  node.says(welcome())
  node.says({ type: 'insync', session, epoch: 1, lsn: lsn(400), policy: 'auto', rev: 0 })
  return node
}

test('B5: a node that is handed the lead has applied everything before it serves anybody', t => {
  const node = following()
  const effects = node.says({ type: 'handover', session, epoch: 1, lsn: lsn(500), rev: 0, stopping: false })
  const applied = effects.findIndex(effect => effect.type === 'apply' && effect.to === 500)
  const open = effects.findIndex(({ type }) => type === 'open')
  t.true(applied >= 0, 'the active committed it all before it handed over')
  t.true(open > applied)
})

test('I18: whose attempt to follow came to nothing asks the witness again, which may name this very store', t => {
  const node = new Node('P', 500, { role: 'passive', policy: 'witness', pairId: id('c'), secret: id('d') })
  node.hear({ type: 'dialled', link: 1 })
  node.says(welcome({ policy: 'witness', plan: 'base' }))
  t.like(node.sent('ready'), { needBase: true })
  node.hear({ type: 'closed', link: 1 })
  t.false(node.effects.some(({ type }) => type === 'readWitness'))
  for (let ms = 0; ms < 5000; ms += 100) {
    node.now += 100
    node.hear({ type: 'time' })
  }
  t.true(node.effects.some(({ type }) => type === 'readWitness'))
})

test('A passive that lacks what was cleaned up since the start gets a base copy, also when it has nothing yet', t => {
  for (const end of [0, 20]) {
    const node = new Node('A', 500)
    node.hear({ type: 'attached', link: 1, remote: 'p', retainedFrom: lsn(300) })
    node.says(hello({ end: lsn(end), dur: lsn(end), chain: 7, epochs: end === 0 ? [] : [one] }))
    t.is(node.sent('welcome')?.plan, 'base', `from ${end}`)
  }
})

test('A base copy whose files take longer than the silence that is borne goes on: both sides hear that the other lives', t => {
  const active = new Node('A', 500)
  active.hear({ type: 'attached', link: 1, remote: 'p', retainedFrom: lsn(300) })
  active.says(hello())
  const { session: copying = '', epoch = 0 } = active.sent('welcome') ?? {}
  const passive = new Node('P', 0)
  passive.hear({ type: 'dialled', link: 1 })
  passive.says(
    welcome({ session: copying, epoch, plan: 'base', at: lsn(0), epochs: active.sent('welcome')?.epochs ?? [] }),
  )
  const asked = passive.sent('ready')
  t.true(asked?.needBase)
  if (asked !== undefined) t.true(active.says(asked).some(({ type }) => type === 'serveCopy'))
  for (let ms = 0; ms < 30_000; ms += 50) {
    active.now += 50
    active.hear({ type: 'time' })
    const beat = active.sent('beat')
    if (beat === undefined) continue
    passive.now = active.now
    passive.says(beat)
    const ack = passive.sent('ack')
    if (ack !== undefined) active.says(ack)
  }
  t.regex(active.core.status(active.now).detail, /catching up/)
  t.regex(passive.core.status(passive.now).detail, /Copying/)
})

test('Rule 9: a history that cannot be cut where the twins part is replaced by a copy', t => {
  const node = new Node('P', 500)
  node.hear({ type: 'dialled', link: 1 })
  const two = { n: 2, uid: id('f'), start: lsn(300) }
  node.says(welcome({ plan: 'cut', at: lsn(300), epoch: 2, epochs: [one, two] }))
  const effects = node.hear({ type: 'cut', end: lsn(500), chain: 7, epochs: [one] })
  t.true(node.sent('ready')?.needBase)
  t.true(effects.some(({ type }) => type === 'copy'))
})

test('I15: a passive whose disk failed does not take over after its restart, in any policy', t => {
  const node = new Node('P', 500, {
    role: 'passive',
    policy: 'stop-on-loss',
    peer: identity,
    mayPromote: true,
    suspect: true,
  })
  for (let i = 0; i < 100; i++) {
    node.now += 1000
    for (const effect of node.hear({ type: 'time' }))
      if (effect.type === 'probe') node.hear({ type: 'probed', answer: 'refused' })
  }
  t.false(node.effects.some(({ type }) => type === 'begin'))
})

test('shutdownOnMasterFailure: a passive stops although the dying active still had its port open at the first look', t => {
  const node = new Node('P', 500)
  node.hear({ type: 'dialled', link: 1 })
  node.says(welcome({ policy: 'manual' }))
  node.says({ type: 'insync', session, epoch: 1, lsn: lsn(400), policy: 'manual', rev: 0 })
  const looked = [...node.hear({ type: 'closed', link: 1 }), ...node.hear({ type: 'probed', answer: 'open' })]
  t.false(looked.some(effect => effect.type === 'stop'))
  const refused = node.hear({ type: 'dialFailed', why: 'refused', text: 'nobody listens' })
  t.like(
    refused.find(effect => effect.type === 'stop'),
    { failed: false },
  )
})

test('a passive that stood still for longer than its active waits for it does not take a death it then finds for proof', t => {
  for (const stoodStill of [false, true]) {
    const node = following()
    const { ackTimeoutMs } = settingsOf('P', profile)
    // Its deadline was heard in time before: the gap is its own.
    if (stoodStill) node.now += ackTimeoutMs
    const after = [...node.hear({ type: 'closed', link: 1 }), ...node.hear({ type: 'probed', answer: 'refused' })]
    t.is(
      after.some(effect => effect.type === 'begin'),
      !stoodStill,
      stoodStill ? 'it waits for takeoverAfter' : 'a proved death is taken over from at once',
    )
  }
})

test('A passive that is turned away while it could take over asks again after a pause, and does not take over', t => {
  const node = following()
  let dials = 0
  const turnedAway = (effects: readonly PairEffect[]): void => {
    for (const { type } of effects) {
      if (type !== 'dial' || ++dials > 100) continue
      turnedAway(node.hear({ type: 'dialFailed', why: 'rejected', text: 'who are you?' }))
    }
  }
  turnedAway([...node.hear({ type: 'closed', link: 1 }), ...node.hear({ type: 'probed', answer: 'silent' })])
  for (let i = 0; i < 60; i++) {
    node.now += 1000
    turnedAway(node.hear({ type: 'time' }))
  }
  t.true(dials > 5 && dials <= 60, `${dials} dials in a minute`)
  t.is(node.core.status(node.now).role, 'passive')
})
