import test from 'ava'
import { World, brokerXml } from './world.ts'

test('a message sent with a receipt is delivered, and after a restart it is still there', async t => {
  const world = await new World().start(brokerXml())
  t.teardown(() => world.end())
  const producer = await world.connect()
  await producer.receipted('SEND', { destination: '/queue/a', persistent: 'true', custom: 'x' }, 'one')
  await producer.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'two')
  const consumer = await world.connect()
  consumer.send('SUBSCRIBE', { id: '7', destination: '/queue/a', ack: 'client-individual' })
  const first = await consumer.expect('MESSAGE')
  t.is(first.body.toString(), 'one')
  t.is(first.headers.get('custom'), 'x')
  t.is(first.headers.get('subscription'), '7')
  await consumer.expect('MESSAGE')
  await consumer.receipted('ACK', { id: first.headers.get('ack') ?? '' })
  await world.stop()
  await world.start(brokerXml())
  const again = await world.connect()
  again.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'auto' })
  t.is((await again.expect('MESSAGE')).body.toString(), 'two')
  await again.quiet()
})
