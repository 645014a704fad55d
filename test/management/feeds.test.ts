import test from 'ava'
import { Parser } from 'xml2js'
import {
  queueFeed,
  queuesXml,
  subscribersXml,
  topicsXml,
  writeQueuesXml,
  type QueueFeedOptions,
} from '../../src/management/management.ts'
import { DestinationKind } from '../../src/base/destination.ts'
import { exec, BROKER, queueBean, read, send, world } from './shown.ts'

test('X-01 X-02: queues.jsp has ActiveMQ’s lines, one by one', async t => {
  const node = await world(t)
  const { beans } = node.running
  const client = await node.connect()
  await send(client, '/queue/orders', ['1', '2'])
  await exec(beans, BROKER, 'addQueue', `a<b&"c'd`)
  t.is(
    queuesXml({ beans, brokerName: 'test' }),
    `<queues>
<queue name="a&lt;b&amp;&#034;c&#039;d">
  <stats size="0"
         consumerCount="0"
         enqueueCount="0"
         dequeueCount="0"/>
  <feed>
    <atom>queueBrowse/a%3Cb&amp;%22c&#039;d?view=rss&amp;feedType=atom_1.0</atom>
    <rss>queueBrowse/a%3Cb&amp;%22c&#039;d?view=rss&amp;feedType=rss_2.0</rss>
  </feed>
</queue>
<queue name="orders">
  <stats size="2"
         consumerCount="0"
         enqueueCount="2"
         dequeueCount="0"/>
  <feed>
    <atom>queueBrowse/orders?view=rss&amp;feedType=atom_1.0</atom>
    <rss>queueBrowse/orders?view=rss&amp;feedType=rss_2.0</rss>
  </feed>
</queue>
</queues>
`,
  )
})

test('X-03: names of topics end with a blank, unless that is not wanted', async t => {
  const node = await world(t)
  const { beans } = node.running
  await send(await node.connect(), '/topic/prices', ['1'])
  const source = { beans, brokerName: 'test' }
  t.is(
    topicsXml(source, false),
    '<topics>\n<topic name="prices ">\n  <stats size="0"\n         consumerCount="0"\n         enqueueCount="1"\n         dequeueCount="0"/>\n</topic>\n</topics>\n',
  )
  t.regex(topicsXml(source, true), /<topic name="prices">/)
})

test('X-04: subscribers.jsp lists durable subscriptions, those with a consumer first', async t => {
  const node = await world(t)
  const { beans } = node.running
  await exec(beans, BROKER, 'createDurableSubscriber', 'a', 'off', 'news', 'n > 1')
  const client = await node.connect({ 'client-id': 'b' })
  await client.receipted('SUBSCRIBE', {
    id: '1',
    destination: '/topic/news',
    'activemq.subscriptionName': 'on',
    ack: 'client',
  })
  // On a connection of its own: which comes first there, RECEIPT or MESSAGE, is not promised.
  await send(await node.connect(), '/topic/news', ['x'], { n: '2' })
  await client.expect('MESSAGE')
  const text = subscribersXml({ beans, brokerName: 'test' })
  const found = [
    ...text.matchAll(
      /<subscriber clientId="(\w)"\s+subscriptionName="(\w+)"\s+connectionId="([^"]*)"\s+destinationName="news"\s+selector="([^"]*)"\s+active="(yes|no)" >/g,
    ),
  ]
  t.deepEqual(
    found.map(([, id, name, , selector, active]) => [id, name, selector, active]),
    [
      ['b', 'on', '', 'yes'],
      ['a', 'off', 'n &gt; 1', 'no'],
    ],
  )
  t.is(found[1]![3], 'NOTSET')
  const stats = [
    ...text.matchAll(
      /<stats pendingQueueSize="(\d+)"\s+dispatchedQueueSize="(\d+)"\s+dispatchedCounter="(\d+)"\s+enqueueCounter="(\d+)"\s+dequeueCounter="(\d+)" \/>/g,
    ),
  ]
  t.deepEqual(
    stats.map(row => row.slice(1)),
    [
      ['0', '1', '1', '1', '0'],
      ['1', '0', '0', '1', '0'],
    ],
  )
})

test('X-05: queueBrowse lists ids, and feeds with text', async t => {
  const node = await world(t)
  const { beans } = node.running
  await send(await node.connect(), '/queue/q', ['<one>', 'two'])
  const source = { beans, brokerName: 'test' }
  const options: QueueFeedOptions = {
    view: 'simple',
    feedType: 'rss_2.0',
    selector: '',
    maxMessages: Infinity,
    messageId: null,
    path: '/admin/queueBrowse/q',
  }
  const rows = (await exec(beans, queueBean('q'), 'browse')) as Record<string, string>[]
  const [first, second] = rows.map(row => row['JMSMessageID'])
  t.is(
    await queueFeed(source, 'q', options),
    `<messages queue='queue://q'>\n<message id='${first}'/>\n<message id='${second}'/>\n</messages>\n`,
  )
  const rss = (await queueFeed(source, 'q', { ...options, view: 'rss', maxMessages: 1 }))!
  t.regex(rss, /<description>&lt;one&gt;<\/description>/)
  t.notRegex(rss, /two/)
  const atom = (await queueFeed(source, 'q', { ...options, view: 'rss', feedType: 'atom_1.0', messageId: second! }))!
  t.regex(atom, /<summary>two<\/summary>/)
  for (const text of [rss, atom]) await t.notThrowsAsync(new Parser().parseStringPromise(text))
  t.is(await queueFeed(source, 'q', { ...options, messageId: 'ID:nobody' }), null)
  t.is(await queueFeed(source, 'nowhere', options), null)
  t.is(read(beans, queueBean('q'), 'QueueSize')['QueueSize'], 2)
})

test('X-01: the feed of thousands of queues is made with rests', async t => {
  const node = await world(t)
  const { beans, broker } = node.running
  for (let i = 0; i < 5000; i++) broker.create({ kind: DestinationKind.queue, name: `many.${i}` }, null)
  const work = writeQueuesXml({ beans, brokerName: 'test' })
  let rests = 0
  let step = work.next()
  for (; step.done !== true; step = work.next()) rests++
  t.true(rests >= 20, `${rests} rests`)
  t.is(step.value, queuesXml({ beans, brokerName: 'test' }))
})
