import { bodies, depth, drain, take } from '../contract/consuming.ts'
import { eventually } from '../contract/twins.ts'
import type { WireFrame, World } from '../contract/world.ts'
import { INDIVIDUAL, VOLATILE, exists, holds, policies, refuse, send, subscribe, type Feature } from './feature.ts'

const A = '/queue/a'
const DLQ = 'ActiveMQ.DLQ'

const strategy = (xml: string, attributes = ''): string =>
  policies(`<policyEntry queue="a" ${attributes}><deadLetterStrategy>${xml}</deadLetterStrategy></policyEntry>`)

/** A consumer takes what is sent, and refuses it. */
async function refused(world: World, text: string, headers = {}): Promise<void> {
  const client = await subscribe(world, A, INDIVIDUAL)
  await send(world, A, [text], { key: 'v', ...headers })
  await refuse(client)
  client.destroy()
}

const shown = ({ headers }: WireFrame, ...names: readonly string[]): (string | undefined)[] =>
  names.map(name => headers.get(name))

export const deaths: readonly Feature[] = [
  {
    name: 'shared dead letters',
    rows: 'D-02, D-04, D-07, D-08, D-09',
    async before(world) {
      await refused(world, 'm1')
      await refused(world, 'volatile', VOLATILE)
    },
    async after(world, t) {
      await refused(world, 'm2')
      const client = await subscribe(world, `/queue/${DLQ}`, INDIVIDUAL)
      const letters = await take(client, 2)
      t.deepEqual(bodies(letters), ['m1', 'm2'])
      const names = ['original-destination', 'persistent', 'originalExpiration', 'key', 'dlqDeliveryFailureCause']
      for (const letter of letters) t.deepEqual(shown(letter, ...names), [A, 'true', '0', 'v', undefined])
      // What is refused there is gone.
      await client.receipted('NACK', { id: letters[0]!.headers.get('ack')! })
      t.is(depth(world, DLQ), 1)
    },
  },
  {
    name: 'individual dead letters',
    rows: 'D-05, D-02',
    xml: { body: strategy('<individualDeadLetterStrategy queuePrefix="DLQ." processNonPersistent="true"/>') },
    async before(world) {
      await refused(world, 'm1')
      await refused(world, 'promoted', VOLATILE)
    },
    async after(world, t) {
      await refused(world, 'm2')
      const letters = await drain(world, 'DLQ.a')
      t.deepEqual(bodies(letters), ['m1', 'promoted', 'm2'])
      t.deepEqual(shown(letters[1]!, 'persistent', 'originalDeliveryMode'), ['true', 'NON_PERSISTENT'])
      t.false(exists(world, DLQ))
    },
  },
  {
    name: 'discarded dead letters',
    rows: 'D-06',
    xml: { body: strategy('<discarding/>') },
    async before(world) {
      await refused(world, 'm1')
    },
    async after(world, t) {
      await refused(world, 'm2')
      t.deepEqual([depth(world, 'a'), exists(world, DLQ)], [0, false])
    },
  },
  {
    name: 'dead letters of expired messages',
    rows: 'E-02, E-04, D-03, D-08',
    xml: {
      body: policies(
        '<policyEntry queue="silent"><deadLetterStrategy><sharedDeadLetterStrategy processExpired="false"/></deadLetterStrategy></policyEntry>',
      ),
    },
    async before(world) {
      for (const name of ['a', 'silent']) await send(world, `/queue/${name}`, ['m1'], { expires: '1' })
      await eventually('it is dead', () => exists(world, DLQ) && depth(world, DLQ) === 1)
    },
    async after(world, t) {
      await send(world, A, ['m2'], { expires: '2' })
      await eventually('both are dead', () => depth(world, DLQ) === 2)
      const letters = await drain(world, DLQ)
      t.deepEqual(bodies(letters), ['m1', 'm2'])
      t.deepEqual(shown(letters[0]!, 'original-destination', 'originalExpiration', 'expires'), [A, '1', '0'])
      t.regex(letters[0]!.headers.get('dlqDeliveryFailureCause') ?? '', /Message Expired/)
      t.deepEqual([depth(world, 'a'), depth(world, 'silent')], [0, 0])
    },
  },
  {
    name: 'expiry',
    rows: 'E-01, E-03',
    xml: { body: policies('<policyEntry queue="a" expireMessagesPeriod="20"/>') },
    async before(world) {
      await send(world, A, ['soon'], { expires: String(Date.now() + 200) })
      await send(world, A, ['later'], { expires: String(Date.now() + 3_600_000) })
    },
    async after(world, t) {
      await eventually('it has expired', () => exists(world, DLQ) && depth(world, DLQ) === 1)
      t.deepEqual(bodies(await drain(world, DLQ)), ['soon'])
      await holds(world, t, A, ['later'])
    },
  },
]
