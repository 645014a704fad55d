import { bodies, depth, drain, lost, take, until } from '../contract/consuming.ts'
import { eventually } from '../contract/twins.ts'
import type { Client, World } from '../contract/world.ts'
import { INDIVIDUAL, VOLATILE, exists, holds, refuse, send, subscribe, type Feature } from './feature.ts'

const A = '/queue/a'
const DLQ = 'ActiveMQ.DLQ'
const plugins = (xml: string): string => `<plugins>${xml}</plugins>`
const SCHEDULER = 'schedulerSupport="true"'
const MANAGEMENT = '/topic/ActiveMQ.Scheduler.Management'
const far = { AMQ_SCHEDULED_DELAY: '3600000' }

export const extras: readonly Feature[] = [
  {
    name: 'the scheduler',
    rows: 'SC-01, SC-10',
    xml: { attributes: SCHEDULER },
    async before(world, t) {
      const often = { AMQ_SCHEDULED_DELAY: '1', AMQ_SCHEDULED_PERIOD: '1500', AMQ_SCHEDULED_REPEAT: '1' }
      await send(world, '/queue/often', ['m'], often)
      await send(world, A, ['soon'], { AMQ_SCHEDULED_DELAY: '1500' })
      await send(world, A, ['volatile'], { AMQ_SCHEDULED_DELAY: '1500', ...VOLATILE })
      await send(world, A, ['far'], far)
      await send(world, A, ['monthly'], { AMQ_SCHEDULED_CRON: '0 0 1 * *' })
      const client = await subscribe(world, '/queue/often')
      t.deepEqual(bodies(await take(client, 1)), ['m'])
      await lost(world, client)
    },
    async after(world, t) {
      const client = await subscribe(world, A)
      t.deepEqual(bodies(await take(client, 2)).toSorted(), ['soon', 'volatile'])
      const often = await subscribe(world, '/queue/often')
      await take(often, 1)
      await eventually('the last repeat is over', () => world.running.broker.state.schedule.size === 2)
      await client.quiet()
    },
  },
  {
    name: 'the scheduler’s management destination',
    rows: 'SC-11',
    xml: { attributes: SCHEDULER },
    async before(world, t) {
      await send(world, A, ['first'], far)
      await send(world, A, ['second'], { AMQ_SCHEDULED_DELAY: '7200000' })
      const [told] = await browsed(world, 2)
      await send(world, MANAGEMENT, [''], { AMQ_SCHEDULER_ACTION: 'REMOVE', scheduledJobId: told!.id })
      t.is(world.running.broker.state.schedule.size, 1)
    },
    async after(world, t) {
      const [told] = await browsed(world, 1)
      t.is(told?.text, 'second')
      await send(world, MANAGEMENT, [''], { AMQ_SCHEDULER_ACTION: 'REMOVEALL' })
      t.is(world.running.broker.state.schedule.size, 0)
    },
  },
  {
    name: 'statisticsBrokerPlugin',
    rows: 'PL-01, PL-02, A-07',
    xml: { body: plugins('<statisticsBrokerPlugin/>') },
    async before(world, t) {
      await send(world, A, ['m1', 'm2', 'm3'])
      const consumer = await subscribe(world, A)
      await take(consumer, 3)
      await send(world, '/queue/b', ['m1'])
      t.deepEqual(await counted(world, 'a'), { size: 0, enqueueCount: 3, dequeueCount: 3 })
    },
    async after(world, t) {
      // Counters count since the broker began to serve; what is in the queue is there.
      t.deepEqual(await counted(world, 'b'), { size: 1, enqueueCount: 0, dequeueCount: 0 })
      await drain(world, 'b')
      t.deepEqual(await counted(world, 'b'), { size: 0, enqueueCount: 0, dequeueCount: 1 })
    },
  },
  {
    name: 'timeStampingBrokerPlugin',
    rows: 'PL-06',
    xml: { body: plugins('<timeStampingBrokerPlugin zeroExpirationOverride="3600000"/>') },
    async before(world) {
      await send(world, A, ['m1'], { timestamp: '1000' })
    },
    async after(world, t) {
      await send(world, A, ['m2'], { timestamp: '1000' })
      for (const { headers } of await drain(world, 'a')) {
        const timestamp = Number(headers.get('timestamp'))
        t.true(timestamp > 1000)
        t.is(Number(headers.get('expires')), timestamp + 3_600_000)
      }
    },
  },
  {
    name: 'forcePersistencyModeBrokerPlugin',
    rows: 'PL-08, ST-04',
    xml: { body: plugins('<forcePersistencyModeBrokerPlugin persistenceFlag="true"/>') },
    async before(world) {
      await send(world, A, ['m1'], VOLATILE)
    },
    async after(world, t) {
      await send(world, A, ['m2'], VOLATILE)
      const frames = await drain(world, 'a')
      t.deepEqual(bodies(frames), ['m1', 'm2'], 'made persistent, it survives')
      t.true(frames.every(({ headers }) => headers.get('persistent') === 'true'))
    },
  },
  {
    name: 'discardingDLQBrokerPlugin',
    rows: 'PL-12',
    xml: { body: plugins('<discardingDLQBrokerPlugin dropOnly="a" dropAll="false"/>') },
    async before(world) {
      for (const name of ['a', 'b']) await died(world, `/queue/${name}`, 'm1')
    },
    async after(world, t) {
      for (const name of ['a', 'b']) await died(world, `/queue/${name}`, 'm2')
      t.deepEqual(bodies(await drain(world, DLQ)), ['m1', 'm2'])
      t.deepEqual([depth(world, 'a'), depth(world, 'b')], [0, 0])
    },
  },
  {
    name: 'redeliveryPlugin',
    rows: 'PL-10, PL-11, SC-10',
    xml: {
      attributes: SCHEDULER,
      body: plugins(
        '<redeliveryPlugin><redeliveryPolicyMap><redeliveryPolicyMap><defaultEntry><redeliveryPolicy maximumRedeliveries="1" initialRedeliveryDelay="1000"/></defaultEntry></redeliveryPolicyMap></redeliveryPolicyMap></redeliveryPlugin>',
      ),
    },
    async before(world, t) {
      await died(world, A, 'm1')
      t.is(world.running.broker.state.schedule.size, 1)
    },
    async after(world, t) {
      const client = await subscribe(world, A, INDIVIDUAL)
      const [again] = await take(client, 1)
      t.deepEqual([again!.body.toString(), again!.headers.get('redelivered')], ['m1', 'true'])
      await client.receipted('NACK', { id: again!.headers.get('ack')! })
      t.deepEqual(bodies(await drain(world, DLQ)), ['m1'], 'it was the last time')
    },
  },
  {
    name: 'loggingBrokerPlugin',
    rows: 'PL-07',
    xml: { body: plugins('<loggingBrokerPlugin logConnectionEvents="true"/>') },
    async before(world) {
      await told(world, 'before')
    },
    async after(world) {
      await told(world, 'after')
    },
  },
  {
    name: 'destinationPathSeparatorPlugin',
    rows: 'PL-09',
    xml: { body: plugins('<destinationPathSeparatorPlugin pathSeparator="/"/>') },
    async before(world) {
      await send(world, '/queue/orders/new', ['m1'])
    },
    async after(world, t) {
      await send(world, '/queue/orders/new', ['m2'])
      t.true(exists(world, 'orders.new'))
      await holds(world, t, '/queue/orders/*', ['m1', 'm2'])
    },
  },
]

/** Sends one message and refuses it. */
async function died(world: World, destination: string, text: string): Promise<void> {
  const client = await subscribe(world, destination, INDIVIDUAL)
  await send(world, destination, [text])
  await refuse(client)
  client.destroy()
}

/** What the scheduler says that it holds, in the order of its times. */
async function browsed(world: World, count: number): Promise<{ readonly id: string; readonly text: string }[]> {
  const answers = await subscribe(world, '/queue/answers')
  await send(world, MANAGEMENT, [''], { AMQ_SCHEDULER_ACTION: 'BROWSE', 'reply-to': '/queue/answers' })
  const frames = await take(answers, count)
  await lost(world, answers)
  return frames.map(({ headers, body }) => ({ id: headers.get('scheduledJobId')!, text: body.toString() }))
}

/** Of a queue, as the plugin answers. */
async function counted(world: World, name: string): Promise<Readonly<Record<string, number>>> {
  const client = await subscribe(world, '/temp-queue/r', { transformation: 'jms-map-json' })
  client.send('SEND', { destination: `/queue/ActiveMQ.Statistics.Destination.${name}`, 'reply-to': '/temp-queue/r' })
  const body = (await client.expect('MESSAGE')).body.toString()
  client.destroy()
  const values = ['size', 'enqueueCount', 'dequeueCount'].map(key => {
    const value = new RegExp(`"string":"${key}","long":"?(\\d+)`).exec(body)?.[1]
    return [key, Number(value)] as const
  })
  return Object.fromEntries(values)
}

/** The log tells of a connection with this client id. */
async function told(world: World, clientId: string): Promise<void> {
  const client: Client = await world.connect({ 'client-id': clientId })
  await until(world, 'the log tells of it', () => world.lines.some(line => line.includes(clientId)))
  client.destroy()
}
