import test from 'ava'
import { World, brokerXml } from './world.ts'
import {
  about,
  bodies,
  connect,
  depth,
  drain,
  fill,
  flags,
  forVersions,
  named,
  lost,
  names,
  queueOf,
  refused,
  started,
  take,
  until,
  versions,
} from './consuming.ts'

let world: World
test.before(async () => {
  world = await new World().start(brokerXml())
})
test.after.always(() => world.end())

const tx = { transaction: 'tx' }
const committing = 'Must specify the transaction you are committing'
const rollbackOnly = 'COMMIT FAILED: Transaction marked rollback only xaErrorCode:100'

forVersions(test, versions, 'S-TX-01, X-01: BEGIN needs a name, and the empty one is a name', async (t, version) => {
  const client = await connect(world, version)
  t.is(await refused(client, 'BEGIN', {}), 'Must specify the transaction you are beginning')
  await client.receipted('BEGIN', { transaction: '' })
  await client.receipted('SEND', { destination: `/queue/t01.${version}`, transaction: '' }, 'm1')
  await client.receipted('COMMIT', { transaction: '' })
  t.is(depth(world, `t01.${version}`), 1)
})

forVersions(
  test,
  versions,
  'S-TX-02, X-06: a name is taken while its transaction is open, on its connection only, and free again after COMMIT and ABORT',
  async (t, version) => {
    const client = await connect(world, version)
    const other = await connect(world, version)
    await client.receipted('BEGIN', tx)
    t.is(await refused(client, 'BEGIN', tx), 'The transaction was already started: tx')
    await other.receipted('BEGIN', tx)
    for (const end of ['COMMIT', 'ABORT', 'COMMIT']) {
      await client.receipted(end, tx)
      await client.receipted('BEGIN', tx)
    }
  },
)

forVersions(test, versions, 'S-TX-03: COMMIT and ABORT need the name of an open transaction', async (t, version) => {
  const client = await connect(world, version)
  for (const end of ['COMMIT', 'ABORT']) {
    t.is(await refused(client, end, {}), committing)
    t.is(await refused(client, end, { transaction: 'no' }), 'Invalid transaction id: no')
  }
})

forVersions(test, versions, 'S-TX-04: a frame in an unknown transaction has no effect', async (t, version) => {
  const client = await connect(world, version)
  const name = `t04.${version}`
  await fill(world, `/queue/${name}`, 1)
  client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client' })
  const [message] = await take(client, 1)
  const no = { transaction: 'no' }
  t.is(await refused(client, 'SEND', { destination: `/queue/${name}`, ...no }), 'Invalid transaction id: no')
  t.is(await refused(client, 'ACK', about(client, message!, no)), 'Invalid transaction id: no')
  if (version !== '1.0') {
    t.is(await refused(client, 'NACK', about(client, message!, no)), 'Invalid transaction id: no')
  }
  t.is(depth(world, name), 1)
  await client.receipted('ACK', about(client, message!))
  t.is(depth(world, name), 0)
})

for (const kind of ['queue', 'topic']) {
  forVersions(
    test,
    versions,
    `S-TX-05, X-02: messages to a ${kind} appear at COMMIT, in order of SEND; transactions may interleave`,
    async (t, version) => {
      const client = await connect(world, version)
      const reader = await connect(world, version)
      const destination = `/${kind}/t05.${version}`
      await reader.receipted('SUBSCRIBE', { id: '1', destination })
      const send = async (body: string, transaction?: string): Promise<void> => {
        const headers = { destination, persistent: 'true', ...(transaction !== undefined && { transaction }) }
        await client.receipted('SEND', headers, body)
      }
      await client.receipted('BEGIN', { transaction: 'a' })
      await client.receipted('BEGIN', { transaction: 'b' })
      await send('a1', 'a')
      await send('b1', 'b')
      await reader.quiet()
      await send('now')
      t.deepEqual(bodies(await take(reader, 1)), ['now'])
      await send('a2', 'a')
      await send('b2', 'b')
      await client.receipted('COMMIT', { transaction: 'b' })
      t.deepEqual(bodies(await take(reader, 2)), ['b1', 'b2'])
      await reader.quiet()
      await client.receipted('COMMIT', { transaction: 'a' })
      t.deepEqual(bodies(await take(reader, 2)), ['a1', 'a2'])
      await reader.quiet()
    },
  )
}

forVersions(
  test,
  versions,
  'S-TX-06, X-06, ST-03: after ABORT, DISCONNECT or a lost connection nothing of the transaction is left',
  async (t, version) => {
    const name = `t06.${version}`
    for (const end of ['ABORT', 'DISCONNECT', 'lost']) {
      await fill(world, `/queue/${name}`, 2)
      const client = await connect(world, version)
      client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client' })
      const messages = await take(client, 2)
      await client.receipted('BEGIN', tx)
      await client.receipted('SEND', { destination: `/queue/${name}`, persistent: 'true', ...tx }, 'never')
      await client.receipted('ACK', about(client, messages[1]!, tx))
      const watch = await connect(world, version)
      await watch.receipted('SUBSCRIBE', { id: '2', destination: `/queue/${name}`, ack: 'auto' })
      if (end === 'lost') await lost(world, client)
      else await client.receipted(end, end === 'ABORT' ? tx : {})
      if (end === 'ABORT') {
        await client.quiet()
        await watch.quiet()
        client.destroy()
      }
      const back = await take(watch, 2)
      t.deepEqual(bodies(back), names(1, 2))
      t.deepEqual(flags(back), [true, true])
      await watch.quiet()
      await lost(world, watch)
    }
  },
)

forVersions(
  test,
  versions,
  'S-TX-07, S-ACK-13, ST-03: what a COMMIT with receipt did is there after a restart, all of it',
  async (t, version) => {
    const own = await started(t)
    await fill(own, '/queue/in', 3)
    const client = await connect(own, version)
    client.send('SUBSCRIBE', { id: '1', destination: '/queue/in', ack: 'client' })
    const messages = await take(client, 3)
    await client.receipted('BEGIN', tx)
    client.send('SEND', { destination: '/queue/out', persistent: 'true', ...tx }, 'o1')
    client.send('SEND', { destination: '/queue/out', ...tx }, 'volatile')
    client.send('SEND', { destination: '/queue/other', persistent: 'true', ...tx }, 'o2')
    client.send('ACK', about(client, messages[1]!, tx))
    await client.receipted('COMMIT', tx)
    t.is(depth(own, 'in'), 1)
    t.is(depth(own, 'out'), 2)
    t.is(queueOf(own, 'in').dequeued, 2)
    t.is(queueOf(own, 'out').enqueued, 2)
    await client.receipted('BEGIN', tx)
    await client.receipted('SEND', { destination: '/queue/out', persistent: 'true', ...tx }, 'never')
    await own.stop()
    await own.start(brokerXml())
    t.deepEqual(bodies(await drain(own, 'in')), ['m3'])
    t.deepEqual(bodies(await drain(own, 'out')), ['o1'])
    t.deepEqual(bodies(await drain(own, 'other')), ['o2'])
  },
)

forVersions(
  test,
  versions,
  'S-TX-08, S-TX-11: an ACK in a transaction takes effect at COMMIT; then the id is unknown; in client mode it is cumulative',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `t08.${version}`
    await fill(world, `/queue/${name}`, 4)
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client' })
    const messages = await take(client, 4)
    await client.receipted('BEGIN', tx)
    const ack = about(client, messages[2]!, tx)
    await client.receipted('ACK', ack)
    t.is(depth(world, name), 4)
    for (const again of [messages[2]!, messages[0]!]) {
      const repeat = about(client, again, tx)
      const text = `Unexpected ACK received for message-id [${named(client, again)}]`
      if (version === '1.2') t.is(await refused(client, 'ACK', repeat), text)
      else await client.receipted('ACK', repeat)
    }
    await client.receipted('COMMIT', tx)
    t.is(depth(world, name), 1)
    for (const id of messages.slice(0, 3)) {
      const text = `Unexpected ACK received for message-id [${named(client, id)}]`
      t.is(await refused(client, 'ACK', about(client, id)), text)
    }
    await client.receipted('ACK', about(client, messages[3]!))
  },
)

for (const ack of ['client', 'client-individual']) {
  forVersions(
    test,
    versions,
    `S-TX-08: in ${ack} mode ACKs in a transaction may come out of order`,
    async (t, version) => {
      const client = await connect(world, version)
      const name = `t08.order.${ack}.${version}`
      await fill(world, `/queue/${name}`, 6)
      client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack })
      const messages = await take(client, 6)
      await client.receipted('BEGIN', tx)
      const order = ack === 'client' ? [1, 4] : [4, 1, 3, 0, 2]
      for (const i of order) await client.receipted('ACK', about(client, messages[i]!, tx))
      if (version !== '1.2') await client.receipted('ACK', about(client, messages[0]!, tx))
      await client.receipted('COMMIT', tx)
      t.is(depth(world, name), 1)
      await client.receipted('UNSUBSCRIBE', { id: '1' })
      t.deepEqual(bodies(await drain(world, name)), ['m6'])
    },
  )
}

forVersions(
  test,
  versions,
  'S-TX-08, S-TX-09, P-06: 50 transactions that each acknowledge one message, window 1, and the window does not drift',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `t09.${version}`
    await fill(world, `/queue/${name}`, 53)
    const window = { ack: 'client-individual', 'activemq.prefetchSize': '1' }
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ...window })
    let [message] = await take(client, 1)
    for (let i = 1; i <= 50; i++) {
      t.is(message!.body.toString(), `m${i}`)
      client.send('BEGIN', { transaction: `tx${i}` })
      client.send('ACK', about(client, message!, { transaction: `tx${i}` }))
      ;[message] = await take(client, 1)
      await client.receipted('COMMIT', { transaction: `tx${i}` })
    }
    await client.quiet()
    client.send('ACK', about(client, message!))
    await take(client, 1)
    await client.quiet()
    t.is(depth(world, name), 2)
  },
)

forVersions(
  test,
  versions,
  'S-TX-09, S-TX-10, P-06, R-05: an ACK in a transaction widens the window by what it covers; ABORT takes it back, delivers nothing and flags nothing',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `t10.${version}`
    await fill(world, `/queue/${name}`, 7)
    const window = { ack: 'client', 'activemq.prefetchSize': '2' }
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ...window })
    const messages = await take(client, 2)
    await client.quiet()
    await client.receipted('BEGIN', tx)
    client.send('ACK', about(client, messages[1]!, tx))
    messages.push(...(await take(client, 2)))
    await client.quiet()
    await client.receipted('ABORT', tx)
    await client.quiet()
    // Four in flight, window two: two settled ones open nothing, three open one place.
    await client.receipted('ACK', about(client, messages[1]!))
    await client.quiet()
    await client.receipted('BEGIN', tx)
    client.send('ACK', about(client, messages[2]!, tx))
    messages.push(...(await take(client, 1)))
    await client.receipted('COMMIT', tx)
    await client.quiet()
    client.send('ACK', about(client, messages[4]!))
    messages.push(...(await take(client, 2)))
    t.deepEqual(bodies(messages), names(1, 7))
    t.false(flags(messages).includes(true))
    t.is(depth(world, name), 2)
  },
)

for (const ack of ['client', 'client-individual']) {
  for (const how of ['ACK', 'NACK', 'ACK in a new transaction'] as const) {
    forVersions(
      test,
      how === 'NACK' ? ['1.1', '1.2'] : versions,
      `S-TX-10, R-05: after ABORT the same ids are good for ${how} (${ack})`,
      async (t, version) => {
        const client = await connect(world, version)
        const name = `t10.${ack}.${how.length}.${version}`
        await fill(world, `/queue/${name}`, 3, {})
        client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack })
        const messages = await take(client, 3)
        await client.receipted('BEGIN', tx)
        for (const message of messages) await client.receipted('ACK', about(client, message, tx))
        await client.receipted('ABORT', tx)
        t.is(depth(world, name), 3)
        const again = how === 'ACK in a new transaction' ? { transaction: 'new' } : {}
        if (again.transaction !== undefined) await client.receipted('BEGIN', again)
        for (const message of messages) {
          await client.receipted(how === 'NACK' ? 'NACK' : 'ACK', about(client, message, again))
        }
        if (again.transaction !== undefined) await client.receipted('COMMIT', again)
        t.is(depth(world, name), 0)
      },
    )
  }
}

for (const receipted of [false, true]) {
  forVersions(
    test,
    versions,
    receipted
      ? 'S-TX-12, X-03, X-05: when a receipted frame of a transaction fails, COMMIT does the rest'
      : 'S-TX-12, X-03, X-04: when a frame without receipt fails in a transaction, COMMIT fails and nothing happens',
    async (t, version) => {
      const client = await connect(world, version)
      const name = `t12.${receipted}.${version}`
      await fill(world, `/queue/${name}`, 1)
      client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client' })
      const messages = await take(client, 1)
      await client.receipted('BEGIN', tx)
      await client.receipted('SEND', { destination: `/queue/${name}.out`, ...tx }, 'm1')
      await client.receipted('ACK', about(client, messages[0]!, tx))
      const dead = { destination: '/remote-temp-queue/ID:gone:1', ...tx }
      if (receipted) {
        t.is(await refused(client, 'SEND', dead), 'temp-queue://ID:gone:1')
        await client.receipted('COMMIT', tx)
        t.deepEqual(bodies(await drain(world, `${name}.out`)), ['m1'])
        t.is(depth(world, name), 0)
        return
      }
      client.send('SEND', dead)
      const error = await client.expect('ERROR')
      t.is(error.headers.get('message'), 'temp-queue://ID:gone:1')
      t.false(error.headers.has('receipt-id'))
      t.is(await refused(client, 'COMMIT', tx), rollbackOnly)
      t.is(await refused(client, 'COMMIT', tx), 'Invalid transaction id: tx')
      t.is(depth(world, `${name}.out`), 0)
      t.is(depth(world, name), 1)
      await client.receipted('ACK', about(client, messages[0]!))
    },
  )
}

forVersions(
  test,
  versions,
  'X-03, S-TX-12: rights are asked for at SEND, and a refused one makes the transaction fail',
  async (t, version) => {
    const own = await started(t, {
      body: `<plugins>
        <simpleAuthenticationPlugin><users>
          <authenticationUser username="u" password="p" groups="g"/>
        </users></simpleAuthenticationPlugin>
        <authorizationPlugin><map><authorizationMap><authorizationEntries>
          <authorizationEntry queue=">" read="g" write="none" admin="g"/>
          <authorizationEntry queue="open" read="g" write="g" admin="g"/>
        </authorizationEntries></authorizationMap></map></authorizationPlugin></plugins>`,
    })
    const client = await own.connect({ 'accept-version': version, login: 'u', passcode: 'p' })
    await client.receipted('BEGIN', tx)
    await client.receipted('SEND', { destination: '/queue/open', ...tx }, 'm1')
    client.send('SEND', { destination: '/queue/closed', ...tx }, 'm1')
    const error = await client.expect('ERROR')
    t.is(error.headers.get('message'), 'User u is not authorized to write to: queue://closed')
    t.is(await refused(client, 'COMMIT', tx), rollbackOnly)
    t.is(depth(own, 'open'), 0)
  },
)

for (const end of ['COMMIT', 'ABORT']) {
  forVersions(
    test,
    versions,
    `S-TX-13: an ACK in a transaction outlives its subscription until ${end}`,
    async (t, version) => {
      const client = await connect(world, version)
      const name = `t13.${end}.${version}`
      await fill(world, `/queue/${name}`, 3)
      client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'client-individual' })
      const messages = await take(client, 3)
      await client.receipted('BEGIN', tx)
      for (const i of [2, 1]) await client.receipted('ACK', about(client, messages[i]!, tx))
      await client.receipted('UNSUBSCRIBE', { id: '1' })
      const other = await connect(world, version)
      other.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ack: 'auto' })
      t.deepEqual(bodies(await take(other, 1)), ['m1'])
      await other.quiet()
      await client.receipted(end, tx)
      if (end === 'ABORT') {
        const back = await take(other, 2)
        t.deepEqual(bodies(back), ['m2', 'm3'])
        t.deepEqual(flags(back), [true, true])
      }
      await other.quiet()
    },
  )
}

forVersions(
  test,
  versions,
  'S-TX-14: a COMMIT without ACKs disturbs no subscription of the connection',
  async (t, version) => {
    const client = await connect(world, version)
    const name = `t14.${version}`
    await fill(world, `/queue/${name}`, 4)
    const options = { ack: 'client', 'activemq.prefetchSize': '2' }
    client.send('SUBSCRIBE', { id: '1', destination: `/queue/${name}`, ...options })
    const messages = await take(client, 2)
    await client.receipted('BEGIN', tx)
    await client.receipted('SEND', { destination: `/queue/${name}.out`, ...tx }, 'm1')
    await client.receipted('COMMIT', tx)
    await client.quiet()
    client.send('ACK', about(client, messages[0]!))
    t.deepEqual(bodies(await take(client, 1)), ['m3'])
    await client.quiet()
  },
)

forVersions(
  test,
  versions,
  'X-02, F-12: a SEND that waits for space is part of its transaction when COMMIT is answered',
  async (t, version) => {
    const own = await started(t, {
      body: `<destinationPolicy><policyMap><policyEntries>
        <policyEntry queue="full" memoryLimit="10kb"><pendingQueuePolicy><vmQueueCursor/></pendingQueuePolicy></policyEntry>
      </policyEntries></policyMap></destinationPolicy>`,
    })
    const client = await connect(own, version)
    const body = 'x'.repeat(6000)
    for (let i = 0; i < 2; i++) await client.receipted('SEND', { destination: '/queue/full' }, body)
    client.send('BEGIN', tx)
    client.send('SEND', { destination: '/queue/full', receipt: 'late', ...tx }, 'last')
    client.send('COMMIT', { ...tx, receipt: 'done' })
    await until(own, 'the SEND waits', () => own.running.broker.spaceWanted)
    const other = await connect(own, version)
    other.send('SUBSCRIBE', { id: '1', destination: '/queue/full', ack: 'auto' })
    t.is((await client.expect('RECEIPT')).headers.get('receipt-id'), 'late')
    t.is((await client.expect('RECEIPT')).headers.get('receipt-id'), 'done')
    t.deepEqual(bodies(await take(other, 3)), [body, body, 'last'])
  },
)

test('S-TX-05: a transaction has a limit, and all that are open, and what has ended holds nothing', async t => {
  const own = await started(t)
  const { uncommitted } = own.running.broker
  uncommitted.transactionMax = 2 << 20
  uncommitted.allMax = 4 << 20
  const client = await own.connect()
  const body = 'x'.repeat(400_000)
  const send = { destination: '/queue/large', persistent: 'true' }
  for (const transaction of ['a', 'b', 'c']) await client.receipted('BEGIN', { transaction })
  for (let i = 0; i < 5; i++) await client.receipted('SEND', { ...send, transaction: 'a' }, body)
  const one = 'A transaction holds at most 2 MiB, commit in smaller parts'
  t.is(await refused(client, 'SEND', { ...send, transaction: 'a' }, body), one)
  for (let i = 0; i < 5; i++) await client.receipted('SEND', { ...send, transaction: 'b' }, body)
  const all = 'Open transactions hold at most 4 MiB together, commit or abort some'
  t.is(await refused(client, 'SEND', { ...send, transaction: 'c' }, body), all)
  // What was refused with a receipt is not in it; without one it is lost unseen, and so is the rest.
  await client.receipted('COMMIT', { transaction: 'a' })
  t.is(depth(own, 'large'), 5)
  client.send('SEND', { ...send, transaction: 'b' }, body)
  t.is((await client.expect('ERROR')).headers.get('message'), one)
  t.is(await refused(client, 'COMMIT', { transaction: 'b' }), rollbackOnly)
  await client.receipted('SEND', { ...send, transaction: 'c' }, body)
  t.true(uncommitted.bytes > 400_000 && uncommitted.bytes < 500_000)
  client.destroy()
  await until(own, 'nothing is held', () => uncommitted.bytes === 0)
})

test('S-TX-09: acknowledgements count for what a transaction may hold, as its window widens for ever', async t => {
  const own = await started(t)
  const { uncommitted } = own.running.broker
  uncommitted.transactionMax = 1 << 20
  await fill(own, '/queue/acked', 300)
  const client = await own.connect()
  client.send('SUBSCRIBE', { id: 's', destination: '/queue/acked', ack: 'client', 'activemq.prefetchSize': '300' })
  const messages = await take(client, 300)
  await client.receipted('BEGIN', tx)
  await client.receipted('SEND', { destination: '/queue/large', ...tx }, 'x'.repeat(1_040_000))
  const held = uncommitted.bytes
  const full = 'A transaction holds at most 1 MiB, commit in smaller parts'
  t.is(await refused(client, 'ACK', about(client, messages[299]!, tx)), full)
  t.is(uncommitted.bytes, held)
  await client.receipted('ACK', about(client, messages[49]!, tx))
  t.true(uncommitted.bytes >= 1_040_000 + 50 * 64)
  await client.receipted('COMMIT', tx)
  t.is(uncommitted.bytes, 0)
  t.is(depth(own, 'acked'), 250)
  // Without a receipt the refusal is not seen, and nothing of the transaction is done.
  await client.receipted('BEGIN', tx)
  await client.receipted('SEND', { destination: '/queue/large', ...tx }, 'x'.repeat(1_040_000))
  client.send('ACK', about(client, messages[299]!, tx))
  t.is((await client.expect('ERROR')).headers.get('message'), full)
  t.is(await refused(client, 'COMMIT', tx), rollbackOnly)
  t.is(depth(own, 'acked'), 250)
  t.is(depth(own, 'large'), 1)
  await client.receipted('ACK', about(client, messages[299]!))
  t.is(depth(own, 'acked'), 0)
})

test('S-TX-08: an ACK in client mode looks only at what the transaction does not hold yet', async t => {
  const own = await started(t)
  const count = 200
  await fill(own, '/queue/many', count)
  const client = await own.connect()
  client.send('SUBSCRIBE', { id: 's', destination: '/queue/many', ack: 'client' })
  const messages = await take(client, count)
  const { window } = [...own.running.broker.sessions].flatMap(({ subscriptions }) => [...subscriptions.values()])[0]!
  let looks = 0
  const state = window.state.bind(window)
  window.state = index => {
    looks++
    return state(index)
  }
  await client.receipted('BEGIN', tx)
  for (const message of messages) client.send('ACK', about(client, message, tx))
  await client.receipted('COMMIT', tx)
  t.is(depth(own, 'many'), 0)
  t.true(looks < 4 * count, `${looks} looks for ${count} acknowledgements`)
})
