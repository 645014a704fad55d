import { bodies, drain, lost, take } from '../contract/consuming.ts'
import { error } from '../contract/exchange.ts'
import type { Client, WireFrame } from '../contract/world.ts'
import { INDIVIDUAL, all, exists, holds, interceptors, send, subscribe, type Feature } from './feature.ts'

const origin = ({ headers }: WireFrame): (string | undefined)[] => [
  headers.get('destination'),
  headers.get('original-destination'),
]

export const routes: readonly Feature[] = [
  {
    name: 'virtual topics',
    rows: 'V-01, V-03, V-04',
    async before(world) {
      await lost(world, await subscribe(world, CONSUMER))
      await send(world, '/topic/VirtualTopic.t', ['m1'])
    },
    async after(world, t) {
      await send(world, '/topic/VirtualTopic.t', ['m2'])
      const frames = await drain(world, CONSUMER.slice('/queue/'.length))
      t.deepEqual(bodies(frames), ['m1', 'm2'])
      for (const frame of frames) t.deepEqual(origin(frame), [CONSUMER, '/topic/VirtualTopic.t'])
    },
  },
  {
    name: 'composite destinations',
    rows: 'C-01, C-02, C-03, W-04, W-05',
    xml: {
      body: interceptors(
        '<compositeQueue name="IN" forwardOnly="false"><forwardTo><queue physicalName="X"/><topic physicalName="T"/></forwardTo></compositeQueue>',
      ),
    },
    async before(world) {
      await send(world, '/queue/IN,/queue/Y', ['m1'])
    },
    async after(world, t) {
      const topic = await subscribe(world, '/topic/T')
      await send(world, '/queue/IN', ['m2'])
      t.deepEqual(await all(topic, 1), ['m2'])
      await holds(world, t, '/queue/X', ['m1', 'm2'])
      await holds(world, t, '/queue/IN', ['m1', 'm2'])
      await holds(world, t, '/queue/Y', ['m1'])
    },
  },
  {
    name: 'filtered destinations',
    rows: 'C-04, C-05',
    xml: {
      body: interceptors(
        `<compositeQueue name="IN" sendWhenNotMatched="true"><forwardTo><filteredDestination selector="kind = 'x'" queue="X"/></forwardTo></compositeQueue>`,
      ),
    },
    async before(world) {
      for (const kind of ['x', 'y']) await send(world, '/queue/IN', [kind], { kind })
    },
    async after(world, t) {
      for (const kind of ['x', 'y']) await send(world, '/queue/IN', [`${kind}2`], { kind })
      await holds(world, t, '/queue/X', ['x', 'x2'])
      await holds(world, t, '/queue/IN', ['y', 'y2'])
    },
  },
  {
    name: 'mirrored queues',
    rows: 'C-08',
    xml: { attributes: 'useMirroredQueues="true"' },
    async before(world) {
      await lost(world, await subscribe(world, '/queue/Consumer.w.VirtualTopic.Mirror.Q'))
      await send(world, '/queue/Q', ['m1'])
    },
    async after(world, t) {
      const mirror = await subscribe(world, '/topic/VirtualTopic.Mirror.Q')
      await send(world, '/queue/Q', ['m2'])
      t.deepEqual(await all(mirror, 1), ['m2'])
      await holds(world, t, '/queue/Q', ['m1', 'm2'])
      await holds(world, t, '/queue/Consumer.w.VirtualTopic.Mirror.Q', ['m1', 'm2'])
    },
  },
  {
    name: 'wildcards',
    rows: 'W-01, W-02, W-03, U-07',
    async before(world) {
      const name = { 'activemq.subscriptionName': 's' }
      await lost(world, await subscribe(world, '/topic/a.>', name, { 'client-id': 'c' }))
      for (const destination of ['/queue/a.b', '/queue/a.c', '/queue/a.b.c', '/topic/a.b'])
        await send(world, destination, ['m'])
    },
    async after(world, t) {
      await send(world, '/queue/a.late', ['m'])
      await send(world, '/topic/a.late', ['m'])
      const queues = await subscribe(world, '/queue/a.*')
      t.deepEqual(destinations(await take(queues, 3)), ['/queue/a.b', '/queue/a.c', '/queue/a.late'])
      await queues.quiet()
      const name = { 'activemq.subscriptionName': 's' }
      const durable = await subscribe(world, '/topic/a.>', name, { 'client-id': 'c' })
      t.deepEqual(destinations(await take(durable, 2)), ['/topic/a.b', '/topic/a.late'])
    },
  },
  {
    name: 'temporary destinations and reply-to',
    rows: 'TD-01, TD-02, TD-03, ST-04',
    async before(world, t) {
      const requester = await subscribe(world, '/temp-queue/r')
      await request(requester, '1')
      await request(requester, '2')
      const service = await subscribe(world, '/queue/service', { ...INDIVIDUAL, 'activemq.prefetchSize': '1' })
      t.is((await answer(service)).toString(), '1')
      t.deepEqual(await all(requester, 1), ['answer to 1'])
    },
    async after(world, t) {
      const service = await subscribe(world, '/queue/service', { ...INDIVIDUAL, 'activemq.prefetchSize': '1' })
      await answer(service)
      t.regex(await error(service), /^temp-queue:\/\/ID:/, 'who asked is gone, and its queue with it')
      t.false(exists(world, 'r'))
      const requester = await subscribe(world, '/temp-queue/r')
      await request(requester, '3')
      await answer(service)
      t.deepEqual(await all(requester, 1), ['answer to 3'])
    },
  },
  {
    name: 'advisories',
    rows: 'AD-02, AD-03, AD-16',
    async before(world, t) {
      const watcher = await subscribe(world, '/topic/ActiveMQ.Advisory.Queue')
      await send(world, '/queue/made', ['m'])
      t.regex((await watcher.expect('MESSAGE')).body.toString(), /made/)
    },
    async after(world, t) {
      const watcher = await subscribe(world, '/topic/ActiveMQ.Advisory.Queue')
      t.regex((await watcher.expect('MESSAGE')).body.toString(), /made/, 'what exists is told again')
      const consumers = await subscribe(world, '/topic/ActiveMQ.Advisory.Consumer.Queue.made')
      await subscribe(world, '/queue/made')
      t.is((await consumers.expect('MESSAGE')).headers.get('consumerCount'), '1')
      await send(world, '/queue/new', ['m'])
      t.regex((await watcher.expect('MESSAGE')).body.toString(), /new/)
    },
  },
]

const CONSUMER = '/queue/Consumer.a.VirtualTopic.t'

const destinations = (frames: readonly WireFrame[]): string[] =>
  frames.map(({ headers }) => headers.get('destination') ?? '').toSorted()

const request = (requester: Client, text: string): Promise<unknown> =>
  requester.receipted('SEND', { destination: '/queue/service', persistent: 'true', 'reply-to': '/temp-queue/r' }, text)

/** The service answers one request, settles it, and says what was asked. */
async function answer(service: Client): Promise<string> {
  const { headers, body } = await service.expect('MESSAGE')
  service.send('SEND', { destination: headers.get('reply-to')! }, `answer to ${body.toString()}`)
  service.send('ACK', { id: headers.get('ack')! })
  return body.toString()
}
