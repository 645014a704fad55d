import test from 'ava'
import type { JournalWriter } from '../../src/journal/journal.ts'
import { LoneBroker } from './lone-broker.ts'

for (const cause of ['expired', 'refused'])
  test(`R-11: a broker that ends while the bytes of a dead message are read leaves it where it is (${cause})`, async t => {
    const lone = await new LoneBroker().start(0)
    const { broker, clock } = lone
    const journal = broker.journal as JournalWriter
    const client = lone.client()
    const expires = cause === 'expired' ? { expires: String(clock.now() + 1000) } : {}
    client.send('SEND', { destination: '/queue/a', persistent: 'true', ...expires }, 'dies')
    client.send('SUBSCRIBE', { id: '1', destination: '/queue/b', ack: 'client' })
    if (cause === 'refused') client.send('SUBSCRIBE', { id: '2', destination: '/queue/a', ack: 'client-individual' })
    await lone.rest()
    const [message] = client.frames()
    // Its segment is full, and not in memory any more.
    for (let i = 0; i < 100; i++)
      client.send('SEND', { destination: '/queue/other', persistent: 'true' }, 'x'.repeat(1000))
    await lone.rest()
    let read: () => void = () => {}
    const gate = new Promise<void>(resolve => (read = resolve))
    let reading = 0
    const fetch = journal.fetch.bind(journal)
    journal.fetch = async (at, bytes) => {
      reading++
      await fetch(at, bytes)
      await gate
    }
    if (cause === 'expired') {
      await lone.pass(2000)
      client.send('SUBSCRIBE', { id: '2', destination: '/queue/a', ack: 'client' })
    } else client.send('NACK', { id: message?.headers.get('ack') ?? '' })
    for (let turns = 0; turns < 5; turns++) await new Promise(resolve => setImmediate(resolve))
    t.is(reading, 1)
    broker.stop()
    await journal.close()
    read()
    // A rejection that nobody handles would end the process, and this test.
    for (let turns = 0; turns < 5; turns++) await new Promise(resolve => setImmediate(resolve))
    t.is(broker.state.messages, 101)
  })
