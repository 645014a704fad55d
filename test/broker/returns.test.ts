import test from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { lsn } from '../../src/base/lsn.ts'
import type { JournalWriter } from '../../src/journal/journal.ts'
import { LoneBroker } from './lone-broker.ts'

const at = (name: string) => ({ kind: DestinationKind.queue, name })

test('A-04, R-02: what is moved while it is on its way back from its consumer is in one queue, and reaches nobody from the other', async t => {
  const lone = await new LoneBroker().start()
  const { broker, clock } = lone
  const journal = broker.journal as JournalWriter
  const [first, second] = [lone.client(), lone.client()]
  first.send('SEND', { destination: '/queue/a', persistent: 'true' }, 'once')
  first.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'client-individual' })
  await lone.rest()
  t.is(first.frames().length, 1)
  second.send('SUBSCRIBE', { id: '2', destination: '/queue/a', ack: 'client-individual' })
  await lone.rest()
  // From here on the disk is slow: records are appended and not committed.
  journal.limitCommit(journal.end)
  const moved = broker.operations.move(at('a'), at('b'))
  first.send('UNSUBSCRIBE', { id: '1' })
  const returned = journal.end
  clock.advance(0)
  for (let turns = 0; turns < 5; turns++) await new Promise(resolve => setImmediate(resolve))
  t.true(journal.end > returned, 'the move is journaled behind the return')
  journal.limitCommit(returned)
  for (let turns = 0; turns < 5; turns++) await new Promise(resolve => setImmediate(resolve))
  t.deepEqual(second.frames(), [])
  journal.limitCommit(lsn(Number.MAX_SAFE_INTEGER))
  await lone.pass(1)
  t.is(await moved, 1)
  t.deepEqual(second.frames(), [])
  t.is(broker.operations.statistics(at('a'))?.size, 0)
  t.is(broker.operations.statistics(at('b'))?.size, 1)
})
