import test from 'ava'
import { TurnList } from '../../src/broker/turn-list.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { LoneBroker } from './lone-broker.ts'

test('a list gives what was added, in order, while it grows, and what is kept comes first the next time', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const list = new TurnList<number>()
  let expected: number[] = []
  let next = 0
  for (let round = 0; round < 500; round++) {
    const add = (): void => {
      expected.push(next)
      list.add(next++)
    }
    for (let n = between(random, 0, random() < 0.01 ? 3000 : 5); n > 0; n--) add()
    if (random() < 0.3 && expected.length > 0) {
      const last = expected.at(-1)!
      t.false(list.drop(last - 1))
      t.true(list.drop(last))
      expected.pop()
    }
    const taken: number[] = []
    const kept: number[] = []
    const stays = random()
    for (let i = 0; i < list.size; i++) {
      const one = list.take(i)
      taken.push(one)
      if (random() < 0.1) add()
      if (random() >= stays / 2) continue
      list.keep(one)
      kept.push(one)
    }
    list.end()
    t.deepEqual(taken, expected)
    t.is(list.size, kept.length)
    expected = kept
  }
  t.false(new TurnList<number>().drop(1))
})

test('S-RCP-01: a SEND whose receipt waits for its commit has no turn besides: it is dispatched once', async t => {
  const lone = await new LoneBroker().start()
  const { dispatching } = lone.broker
  const client = lone.client()
  client.send('SEND', { destination: '/queue/b', receipt: 'first', persistent: 'true' })
  await lone.rest()
  let runs = 0
  const run = dispatching.run.bind(dispatching)
  dispatching.run = () => {
    runs++
    run()
  }
  client.send('SEND', { destination: '/queue/b', receipt: 'r', persistent: 'true' })
  await lone.rest()
  t.is(runs, 1)
})

test('S-RCP-01: nor does any wait for one: whatever several clients ask for before a commit is answered', async t => {
  const lone = await new LoneBroker().start()
  const clients = [lone.client(), lone.client(), lone.client()]
  await lone.rest()
  for (const [i, client] of clients.entries()) {
    client.send('SEND', { destination: '/queue/b', receipt: `a${i}`, persistent: 'true' })
    client.send('BEGIN', { transaction: 'other', receipt: `b${i}` })
    client.send('BEGIN', { transaction: 't', receipt: `c${i}` })
    client.send('SEND', { destination: '/queue/b', receipt: `d${i}`, persistent: 'true' })
  }
  await lone.rest()
  for (const [i, client] of clients.entries())
    t.deepEqual(
      client.receipts(),
      ['a', 'b', 'c', 'd'].map(each => `${each}${i}`),
    )
})
