import test from 'ava'
import { fresh } from './exchange.ts'
import { started } from './consuming.ts'
import { fail, pair } from './twins.ts'
import { World, brokerXml, type WireFrame } from './world.ts'

const world = new World()
test.before(() => world.start(brokerXml()))
test.after.always(() => world.end())

const XML =
  '<map><entry><string>name</string><string>Dejan</string></entry><entry><string>n</string><int>5</int></entry></map>'
const JSON_MAP = '{"map":{"entry":[{"string":["name","Dejan"]},{"string":"n","int":5}]}}'
const PRETTY =
  '<map>\n  <entry>\n    <string>name</string>\n    <string>Dejan</string>\n  </entry>\n' +
  '  <entry>\n    <string>n</string>\n    <int>5</int>\n  </entry>\n</map>'

/** One message as a subscriber with these headers gets it. */
async function got(
  subscribe: Record<string, string>,
  send: Record<string, string>,
  body: string,
  version = '1.2',
): Promise<WireFrame> {
  const client = await world.connect({ 'accept-version': version })
  const destination = `/queue/${fresh()}`
  await client.receipted('SUBSCRIBE', { id: 's', destination, ...subscribe })
  client.send('SEND', { destination, ...send }, body)
  return client.expect('MESSAGE')
}

const asked = (transformation: string): Record<string, string> => ({ transformation })

for (const version of ['1.0', '1.1', '1.2'] as const)
  for (const [name, payload] of [
    ['jms-map-xml', XML],
    ['jms-map-json', JSON_MAP],
  ] as const)
    test(`S-TRF-02, S-TRF-04: a ${name} reaches a subscriber in the form that he asks for (${version})`, async t => {
      for (const [wish, shown, body] of [
        ['jms-xml', 'jms-map-xml', PRETTY],
        ['jms-json', 'jms-map-json', JSON_MAP],
        ['jms-map-xml', 'jms-map-xml', PRETTY],
        ['jms-map-json', 'jms-map-json', JSON_MAP],
      ] as const) {
        const message = await got(asked(wish), asked(name), payload, version)
        t.is(message.body.toString(), body)
        t.is(message.headers.get('transformation'), shown)
        t.false(message.headers.has('content-length'))
        t.false(message.headers.has('transformation-error'))
      }
    })

test('S-TRF-05, S-MSG-09: without a wish the sender’s value is echoed and a map has no body', async t => {
  const message = await got({}, { ...asked('jms-map-xml'), foo: 'bar' }, XML)
  t.is(message.headers.get('transformation'), 'jms-map-xml')
  t.is(message.headers.get('foo'), 'bar')
  t.is(message.body.toString(), '')
  const unknown = await got(asked('blah'), asked('jms-map-xml'), XML)
  t.is(unknown.headers.get('transformation'), 'blah')
  t.is(unknown.body.toString(), '')
})

test('S-TRF-03: a payload that is no map stays a text, and says why; no ERROR', async t => {
  for (const [name, payload] of [
    ['jms-map-xml', '<map><entry>'],
    ['jms-map-json', 'nonsense'],
    ['jms-object-xml', '<pojo/>'],
    ['jms-object-json', '{"pojo":1}'],
    ['jms-xml', XML],
    ['jms-map-xml', '<!DOCTYPE map SYSTEM "file:///etc/passwd"><map/>'],
  ] as const) {
    for (const wish of [{}, asked('jms-xml')]) {
      const message = await got(wish, asked(name), payload)
      t.is(message.body.toString(), payload)
      t.true(message.headers.has('transformation-error'), name)
    }
  }
})

test('S-TRF-01, S-SND-22: an unknown transformation is a property like any other', async t => {
  for (const name of ['foo', '../foo', 'JMS-MAP-XML']) {
    const message = await got({}, asked(name), XML)
    t.is(message.headers.get('transformation'), name)
    t.is(message.body.toString(), XML)
    t.false(message.headers.has('transformation-error'))
  }
})

test('S-TRF-04: a text passes with the wish echoed, bytes pass as they are', async t => {
  const text = await got(asked('jms-json'), {}, 'text')
  t.is(text.body.toString(), 'text')
  t.is(text.headers.get('transformation'), 'jms-json')
  const bytes = await got(asked('jms-json'), { 'content-length': '4' }, 'text')
  t.is(bytes.body.toString(), 'text')
  t.false(bytes.headers.has('transformation'))
  const sized = await got(asked('jms-json'), { ...asked('jms-map-xml'), 'content-length': `${XML.length}` }, XML)
  t.is(sized.body.toString(), XML)
  t.is(sized.headers.get('transformation'), 'jms-map-xml')
})

test('S-MSG-10: values print as their decimal or true and false text', async t => {
  const payload = `<map><entry><string>b</string><boolean>true</boolean></entry><entry><string>d</string><double>1e10</double></entry></map>`
  const message = await got(asked('jms-xml'), asked('jms-map-xml'), payload)
  t.regex(message.body.toString(), /<boolean>true<\/boolean>/)
  t.regex(message.body.toString(), /<double>1\.0E10<\/double>/)
})

test('S-TRF-02: a map survives a restart, and its death: it is a map in the dead letter queue', async t => {
  const mine = await started(t)
  const sender = await mine.connect()
  const send = { destination: '/queue/kept', persistent: 'true', transformation: 'jms-map-json' }
  await sender.receipted('SEND', send, JSON_MAP)
  await mine.stop()
  await mine.start(brokerXml())
  const client = await mine.connect()
  await client.receipted('SUBSCRIBE', {
    id: 's',
    destination: '/queue/kept',
    ack: 'client-individual',
    ...asked('jms-xml'),
  })
  const message = await client.expect('MESSAGE')
  t.is(message.body.toString(), PRETTY)
  await client.receipted('SUBSCRIBE', { id: 'd', destination: '/queue/ActiveMQ.DLQ', ...asked('jms-json') })
  client.send('NACK', { id: message.headers.get('ack')! })
  const dead = await client.expect('MESSAGE')
  t.is(dead.body.toString(), JSON_MAP)
  t.is(dead.headers.get('transformation'), 'jms-map-json')
})

test('S-TRF-04: a topic’s subscribers each get their own form, also those that are slow', async t => {
  const destination = `/topic/${fresh()}`
  const wishes = [{}, asked('jms-xml'), asked('jms-json')]
  const clients = await Promise.all(wishes.map(() => world.connect()))
  for (const [i, client] of clients.entries())
    await client.receipted('SUBSCRIBE', { id: 's', destination, ...wishes[i] })
  const sender = await world.connect()
  sender.send('SEND', { destination, ...asked('jms-map-xml') }, XML)
  const seen = await Promise.all(clients.map(async client => (await client.expect('MESSAGE')).body.toString()))
  t.deepEqual(seen, ['', PRETTY, JSON_MAP])
})

test('S-TRF-02: a map survives a take-over, in a queue and in a durable subscription', async t => {
  const [one, two] = await pair(t)
  const client = await one.connect({ 'client-id': 'c' })
  const durable = { id: 'd', destination: '/topic/t', 'activemq.subscriptionName': 'd', ...asked('jms-json') }
  await client.receipted('SUBSCRIBE', durable)
  await client.receipted('UNSUBSCRIBE', { id: 'd' })
  const send = { persistent: 'true', ...asked('jms-map-xml') }
  await client.receipted('SEND', { destination: '/queue/kept', ...send }, XML)
  await client.receipted('SEND', { destination: '/topic/t', ...send }, XML)
  await fail(t, [one, two])
  const again = await two.connect({ 'client-id': 'c' })
  again.send('SUBSCRIBE', durable)
  t.is((await again.expect('MESSAGE')).body.toString(), JSON_MAP)
  again.send('SUBSCRIBE', { id: 'q', destination: '/queue/kept' })
  t.is((await again.expect('MESSAGE')).body.toString(), '')
})
