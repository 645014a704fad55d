import test from 'ava'
import { Inbox, NOBODY, StompConnection, browse, parseAddress } from '../../src/client/client.ts'
import { World, brokerXml } from '../contract/world.ts'

test('a queue is browsed to its end over a connection whose consumer has more than it has room for', async t => {
  const world = await new World().start(brokerXml())
  t.teardown(() => world.end())
  const sender = await world.connect()
  const headers = { destination: '/queue/Q', persistent: 'true', 'content-length': String(3 << 20) }
  for (let i = 0; i < 10; i++) await sender.receipted('SEND', headers, Buffer.alloc(3 << 20, 'x'))
  const connection = await StompConnection.connect(parseAddress(`stomp://127.0.0.1:${world.port()}`), NOBODY)
  t.teardown(() => connection.destroy())
  const inbox = new Inbox(connection)
  const consume = [
    ['destination', '/queue/Q'],
    ['ack', 'client-individual'],
    ['activemq.prefetchSize', '10'],
  ] as const
  await connection.subscribe('c', consume, inbox.take)
  while (inbox.size < 6) await new Promise(setImmediate)
  t.true(inbox.size < 10, 'nothing more is read for now')
  t.is(await browse(connection, 'Q', null), 10)
  const signal = new AbortController().signal
  let taken = 0
  while ((await inbox.next(1000, signal)) !== null) if (++taken === 10) break
  t.is(taken, 10)
})
