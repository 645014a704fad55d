import test from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { Queue } from '../../src/destination/destination.ts'
import { LoneBroker } from './lone-broker.ts'

test('S-ACK-07: of what several queues hand over in one turn each loses its own, persistent or not', async t => {
  const lone = await new LoneBroker().start()
  const names = ['a', 'b', 'c']
  const client = lone.client()
  for (const name of names)
    for (let n = 1; n <= 5; n++)
      client.send('SEND', { destination: `/queue/${name}`, persistent: String(n % 2 === 1) }, `${name}${n}`)
  await lone.rest()
  for (const name of names)
    client.send('SUBSCRIBE', { destination: `/queue/${name}`, id: name, ack: name === 'b' ? 'client' : 'auto' })
  for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve))
  client.send('SEND', { destination: '/queue/other', persistent: 'true' }, 'carries the rest to the disk')
  await lone.rest()
  t.deepEqual(
    client.frames().map(({ body }) => body),
    names.flatMap(name => [1, 2, 3, 4, 5].map(n => `${name}${n}`)),
  )
  for (const name of names) {
    const queue = lone.broker.find(DestinationKind.queue, name)
    if (!(queue instanceof Queue)) return t.fail()
    const left = name === 'b' ? 5 : 0
    t.like({ live: queue.stored?.messages.live, dequeued: queue.dequeued }, { live: left, dequeued: 5 - left })
  }
})
