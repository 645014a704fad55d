import test from 'ava'
import { silentLog } from '../../src/base/log.ts'
import { lsn } from '../../src/base/lsn.ts'
import type { Hello, PairLink } from '../../src/pair/pair.ts'
import { Links } from '../../src/twin/links.ts'
import type { NodePort } from '../../src/twin/twin.ts'

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
