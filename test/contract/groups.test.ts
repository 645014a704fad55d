import test from 'ava'
import { bodies, fresh } from './exchange.ts'
import { World, brokerXml, type Client } from './world.ts'

const world = new World()
const body = `<destinationPolicy><policyMap><policyEntries><policyEntry queue="strict.>" strictOrderDispatch="true"/>
  </policyEntries></policyMap></destinationPolicy>`
test.before(() => world.start(brokerXml({ body })))
test.after.always(() => world.end())

async function subscribed(destination: string, headers: Readonly<Record<string, string>> = {}): Promise<Client> {
  const client = await world.connect()
  await client.receipted('SUBSCRIBE', { id: '1', destination, ack: 'client-individual', ...headers })
  return client
}

/** Sends to the group in one connection: `a1` is member 1 of group a; a number behind a colon is its sequence. */
async function send(destination: string, ...members: string[]): Promise<void> {
  const client = await world.connect()
  for (const member of members) {
    const [name = '', sequence] = member.split('/')
    client.send(
      'SEND',
      { destination, JMSXGroupID: name[0] ?? '', ...(sequence !== undefined && { JMSXGroupSeq: sequence }) },
      name,
    )
  }
  await client.quiet()
}

test('G-01, G-02, S-SND-16: a group stays with one consumer, and groups spread over consumers', async t => {
  const destination = `/queue/${fresh()}`
  const consumers = [await subscribed(destination), await subscribed(destination), await subscribed(destination)]
  await send(destination, 'a1', 'b1', 'c1', 'a2', 'a3', 'b2', 'c2', 'a4')
  const got = await Promise.all(
    consumers.map(async client => {
      const first = (await bodies(client, 1))[0] ?? ''
      return [first, ...(await bodies(client, first.startsWith('a') ? 3 : 1))]
    }),
  )
  t.deepEqual(
    got.toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1)),
    [
      ['a1', 'a2', 'a3', 'a4'],
      ['b1', 'b2'],
      ['c1', 'c2'],
    ],
  )
})

test('G-01: when the owner is full, later members wait and other groups overtake', async t => {
  const destination = `/queue/${fresh()}`
  const owner = await subscribed(destination, { 'activemq.prefetchSize': '1' })
  await send(destination, 'a1')
  const first = await owner.expect('MESSAGE')
  const other = await subscribed(destination)
  await send(destination, 'a2', 'a3', 'b1', 'a4', 'b2')
  t.deepEqual(await bodies(other, 2), ['b1', 'b2'])
  await other.quiet()
  let message = first
  for (const body of ['a1', 'a2', 'a3', 'a4']) {
    t.is(message.body.toString(), body)
    await owner.receipted('ACK', { id: message.headers.get('ack') ?? '' })
    if (body !== 'a4') message = await owner.expect('MESSAGE')
  }
})

test('Q-06, G-04: who owns fewer groups comes first, with messages of no group too, until its groups are closed', async t => {
  const destination = `/queue/${fresh()}`
  const owner = await subscribed(destination)
  await send(destination, 'a1')
  t.deepEqual(await bodies(owner, 1), ['a1'])
  const free = await subscribed(destination)
  const sender = await world.connect()
  for (const body of ['1', '2', '3']) await sender.receipted('SEND', { destination }, body)
  t.deepEqual(await bodies(free, 3), ['1', '2', '3'])
  await send(destination, 'a2/-1')
  t.deepEqual(await bodies(owner, 1), ['a2'])
  for (const body of ['4', '5']) await sender.receipted('SEND', { destination }, body)
  t.deepEqual(await bodies(free, 1), ['4'])
  t.deepEqual(await bodies(owner, 1), ['5'])
})

test('Q-05, Q-06: with strictOrderDispatch those who own groups go behind when another consumer joins', async t => {
  const destination = `/queue/strict.${fresh()}`
  const [a, b] = [await subscribed(destination), await subscribed(destination)]
  const sender = await world.connect()
  await send(destination, 'a1')
  await sender.receipted('SEND', { destination }, '1')
  t.deepEqual(await bodies(a, 2), ['a1', '1'])
  await subscribed(destination)
  await sender.receipted('SEND', { destination }, '2')
  t.deepEqual(await bodies(b, 1), ['2'])
})

test('Q-04, G-01: a message of its group counts as a turn of the owner', async t => {
  const destination = `/queue/${fresh()}`
  const [a, b] = [await subscribed(destination), await subscribed(destination)]
  await send(destination, 'a1', 'b1', 'a2')
  t.deepEqual(await bodies(a, 2), ['a1', 'a2'])
  t.deepEqual(await bodies(b, 1), ['b1'])
  await (await world.connect()).receipted('SEND', { destination }, '1')
  t.deepEqual(await bodies(b, 1), ['1'])
})

test('Q-07, G-01: an exclusive consumer gets the groups that nobody owns; what has another owner waits until it leaves', async t => {
  const destination = `/queue/${fresh()}`
  const owner = await subscribed(destination)
  await send(destination, 'a1')
  t.deepEqual(await bodies(owner, 1), ['a1'])
  const exclusive = await subscribed(destination, { 'activemq.exclusive': 'true' })
  await send(destination, 'a2', 'b1')
  t.deepEqual(await bodies(exclusive, 1), ['b1'])
  await owner.quiet()
  await exclusive.receipted('UNSUBSCRIBE', { id: '1' })
  t.deepEqual((await bodies(owner, 2)).toSorted(), ['a2', 'b1'])
})

test('G-03: sequence 1 re-assigns the group to the consumer first in rank', async t => {
  const destination = `/queue/${fresh()}`
  const low = await subscribed(destination)
  await send(destination, 'a1')
  t.deepEqual(await bodies(low, 1), ['a1'])
  const high = await subscribed(destination, { 'activemq.priority': '5' })
  await send(destination, 'a2', 'a3/1', 'a4')
  t.deepEqual(await bodies(low, 1), ['a2'])
  t.deepEqual(await bodies(high, 2), ['a3', 'a4'])
})

test('G-04, S-SND-16: a negative sequence goes to the owner and closes the group; 0 is an ordinary member', async t => {
  const destination = `/queue/${fresh()}`
  const low = await subscribed(destination)
  await send(destination, 'a1')
  const high = await subscribed(destination, { 'activemq.priority': '5' })
  await send(destination, 'a2/0', 'a3/-1', 'a4')
  t.deepEqual(await bodies(low, 3), ['a1', 'a2', 'a3'])
  t.deepEqual(await bodies(high, 1), ['a4'])
})

test('G-05, R-02: when the owner ends, a new owner gets the unsettled members and the waiting ones, all in order', async t => {
  const destination = `/queue/${fresh()}`
  const owner = await subscribed(destination, { 'activemq.prefetchSize': '2' })
  await send(destination, 'a1')
  const heir = await subscribed(destination)
  await send(destination, 'a2', 'a3', 'a4', 'b1')
  t.deepEqual(await bodies(owner, 2), ['a1', 'a2'])
  t.deepEqual(await bodies(heir, 1), ['b1'])
  owner.destroy()
  const got = []
  for (let i = 0; i < 4; i++) got.push(await heir.expect('MESSAGE'))
  t.deepEqual(
    got.map(({ body }) => body.toString()),
    ['a1', 'a2', 'a3', 'a4'],
  )
  t.deepEqual(
    got.map(({ headers }) => headers.get('redelivered')),
    ['true', 'true', undefined, undefined],
  )
})

test('G-06: a member that its owner does not accept waits for it, nobody else takes it', async t => {
  const destination = `/queue/${fresh()}`
  const owner = await subscribed(destination, { 'activemq.noLocal': 'true' })
  await send(destination, 'a1')
  t.deepEqual(await bodies(owner, 1), ['a1'])
  const other = await subscribed(destination)
  await owner.receipted('SEND', { destination, JMSXGroupID: 'a' }, 'own')
  await other.quiet()
  await owner.receipted('UNSUBSCRIBE', { id: '1' })
  t.deepEqual(await bodies(other, 2), ['a1', 'own'])
})
