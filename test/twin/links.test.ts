import test from 'ava'
import { silentLog } from '../../src/base/log.ts'
import { lsn } from '../../src/base/lsn.ts'
import type { Hello, LinkFrame, PairFrame, PairLink } from '../../src/pair/pair.ts'
import { Links } from '../../src/twin/links.ts'
import type { NodePort, StoreFacts } from '../../src/twin/twin.ts'

const hello = (role: 'active' | 'passive'): Hello => ({
  type: 'hello',
  proto: [1, 1],
  format: [1, 1],
  pairId: null,
  identity: { storeId: 'a', brokerName: 'a', uris: [], http: null },
  incarnation: 'i',
  role,
  paired: false,
  end: lsn(0),
  dur: lsn(0),
  chain: 0,
  epochs: [],
  inSyncTo: lsn(0),
  rev: 0,
  nonce: 'n',
  configDigest: '',
})

test('an active that asks its twin who leads goes on syncing each batch; only a passive gathers its writes', t => {
  const gathered: boolean[] = []
  const node = { following: (settled: boolean) => gathered.push(settled), signed: (frame: unknown) => frame }
  const link = { remote: 'tcp://twin:1', send: () => {}, close: () => {} }
  // What a hello does not touch is not there.
  const links = new Links(node as unknown as NodePort, silentLog, () => {})
  links.attached(link as unknown as PairLink)
  links.send(1, hello('active'))
  t.deepEqual(gathered, [])
  links.send(1, hello('passive'))
  t.deepEqual(gathered, [false])
  links.end()
})

const welcome = (proto: number): PairFrame => ({
  type: 'welcome',
  proto,
  format: 1,
  session: 's',
  epoch: 1,
  pairId: 'p',
  secret: null,
  identity: { storeId: 'a', brokerName: 'a', uris: [], http: null },
  policy: 'auto',
  plan: 'tail',
  at: lsn(0),
  chainAt: 0,
  epochs: [],
  commit: lsn(0),
  windowBytes: 1,
  beatMs: 1,
  nonce: 'n',
  rev: 0,
})

/** A node whose links are bare, and the positions from which on it was told that the passive's copy is another one. */
function bare() {
  const renewed: number[] = []
  let copied: (facts: StoreFacts) => void = () => {}
  const node = {
    following: () => {},
    signed: (frame: unknown) => frame,
    comparing: () => ({ renewed: (from: number) => renewed.push(from) }),
    copyTarget: (_link: unknown, _session: string, done: typeof copied) => ((copied = done), { end: () => {} }),
    journal: {},
  }
  const links = new Links(node as unknown as NodePort, silentLog, () => {})
  const link = { remote: 'tcp://twin:1', send: () => {}, close: () => {} }
  const events = links.attached(link as unknown as PairLink)
  const heard = (frame: LinkFrame): void => events.frame(frame, Buffer.alloc(0), 0, 0)
  return { links, renewed, heard, finish: () => copied({} as StoreFacts) }
}

test('P-05: a twin of an older version is not asked for a comparison, which would end its link', async t => {
  const { links } = bare()
  t.is(await links.compare(), 'there is no connection to a twin')
  links.send(1, welcome(1))
  t.is(await links.compare(), 'the twin is of an older version, which cannot compare; upgrade it')
  links.end()
})

test('P-05: a comparison whose link ends is broken off, and says why', async t => {
  const { links } = bare()
  links.send(1, welcome(2))
  const asked = links.compare()
  links.end()
  t.is(await asked, 'the comparison was broken off: the connection of the two ended')
})

test('P-05: a whole copy leaves nothing of what the passive held, on both sides; a session that goes on, what lies before', t => {
  const active = bare()
  active.heard({ type: 'copy-done', session: 's' })
  t.deepEqual(active.renewed, [0])
  const passive = bare()
  passive.links.copy(1, 's', () => {})
  t.deepEqual(passive.renewed, [])
  passive.finish()
  t.deepEqual(passive.renewed, [0])
  passive.links.send(1, { type: 'ready', session: 's', epoch: 1, at: lsn(7), needBase: true })
  passive.links.send(1, { type: 'ready', session: 's', epoch: 1, at: lsn(9), needBase: false })
  t.deepEqual(passive.renewed, [0, 9])
})
