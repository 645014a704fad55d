import test from 'ava'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { Bench, joined, keyOf, type Taker } from './bench.ts'

const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i)

test('Q-01: messages are handed over in their order, as many as there is room for, and dispatch goes on there', t => {
  const bench = new Bench()
  bench.posts(5)
  const taker = joined(bench, { room: 2 })
  bench.dispatch()
  t.deepEqual(taker.got, [1, 2])
  bench.dispatch()
  t.deepEqual(taker.got, [1, 2])
  taker.room = 10
  bench.dispatch()
  bench.post()
  bench.dispatch()
  t.deepEqual(taker.got, upTo(6))
})

test('S-ACK-07: what an auto consumer was given leaves the queue at once, with others it stays', t => {
  const bench = new Bench()
  bench.posts(2)
  joined(bench, { auto: true, room: 1 })
  bench.dispatch()
  t.deepEqual(bench.settled, [1])
  joined(bench, { room: 1 })
  bench.dispatch()
  t.deepEqual(bench.settled, [1])
  t.is(bench.messages.live, 1)
})

test('Q-04: consumers of equal rank are served in turn, and whoever is full misses its turn', t => {
  const bench = new Bench()
  const [a, b, c] = [joined(bench), joined(bench, { room: 1 }), joined(bench)]
  bench.posts(6)
  bench.dispatch()
  t.deepEqual([a.got, b.got, c.got], [[1, 4, 6], [2], [3, 5]])
  b.room = 1
  bench.posts(2)
  bench.dispatch()
  t.deepEqual(
    [a.got, b.got, c.got],
    [
      [1, 4, 6],
      [2, 7],
      [3, 5, 8],
    ],
  )
})

test('Q-04: a consumer that ends does not disturb the turn of the others', t => {
  const bench = new Bench()
  const takers = [joined(bench), joined(bench), joined(bench)] as const
  bench.posts(2)
  bench.dispatch()
  bench.queue.consumers.remove(takers[0])
  bench.posts(4)
  bench.dispatch()
  t.deepEqual(
    takers.map(({ got }) => got),
    [[1], [2, 4, 6], [3, 5]],
  )
})

test('S-SUB-08, Q-06: a lower priority is served only while every higher one is full', t => {
  const bench = new Bench()
  const low = joined(bench, { priority: -128 })
  const middle = joined(bench, { room: 2 })
  const high = joined(bench, { priority: 9, room: 1 })
  bench.posts(5)
  bench.dispatch()
  t.deepEqual([high.got, middle.got, low.got], [[1], [2, 3], [4, 5]])
  high.room = 1
  bench.posts(2)
  bench.dispatch()
  t.deepEqual(
    [high.got, low.got],
    [
      [1, 6],
      [4, 5, 7],
    ],
  )
})

test('Q-07: with an exclusive consumer exactly one is served, also while it is full; its heir is the next exclusive', t => {
  const bench = new Bench()
  const plain = joined(bench, { priority: 5 })
  const first = joined(bench, { exclusive: true, room: 1 })
  const second = joined(bench, { exclusive: true })
  bench.posts(3)
  bench.dispatch()
  t.deepEqual([first.got, second.got, plain.got], [[1], [], []])
  bench.end(first)
  bench.dispatch()
  t.deepEqual(second.got, [1, 2, 3])
  bench.end(second)
  bench.dispatch()
  t.deepEqual(plain.got, [1, 2, 3])
})

test('Q-07: a later exclusive consumer takes over when its priority is higher, or 127; at any other equal one it waits', t => {
  const served = (...priorities: readonly number[]): number => {
    const bench = new Bench()
    const takers = priorities.map(priority => joined(bench, { exclusive: true, priority }))
    bench.post()
    bench.dispatch()
    return takers.findIndex(({ got }) => got.length > 0)
  }
  t.is(served(0, 0), 0)
  t.is(served(0, 1), 1)
  t.is(served(1, 0), 0)
  t.is(served(126, 126), 0)
  t.is(served(127, 127), 1)
  t.is(served(127, 127, 126), 1)
  t.is(served(127, 127, 127), 2)
})

test('Q-05: strictOrderDispatch fills the window of one consumer before it turns to the next', t => {
  const bench = new Bench({ strictOrderDispatch: true })
  const [a, b] = [joined(bench, { room: 3 }), joined(bench)]
  bench.posts(5)
  bench.dispatch()
  t.deepEqual([a.got, b.got], [upTo(3), [4, 5]])
  a.room = 1
  bench.posts(2)
  bench.dispatch()
  t.deepEqual(
    [a.got, b.got],
    [
      [1, 2, 3, 6],
      [4, 5, 7],
    ],
  )
})

test('R-02, R-06: what came back goes out first, then what was passed over, then what is new', t => {
  const bench = new Bench()
  bench.posts(6)
  const even = joined(bench, { room: 2, accepts: number => number % 2 === 0 })
  bench.dispatch()
  t.deepEqual(even.got, [2, 4])
  bench.end(even)
  const heir = joined(bench)
  bench.dispatch()
  t.deepEqual(heir.got, [2, 4, 1, 3, 5, 6])
})

test('R-06: batches that come back line up behind batches that came back earlier', t => {
  const bench = new Bench()
  bench.posts(4)
  const [first, second] = [joined(bench, { room: 2 }), joined(bench, { room: 2 })]
  bench.dispatch()
  t.deepEqual(
    [first.got, second.got],
    [
      [1, 3],
      [2, 4],
    ],
  )
  bench.end(second)
  bench.end(first)
  const heir = joined(bench)
  bench.dispatch()
  t.deepEqual(heir.got, [2, 4, 1, 3])
})

test('R-02: nothing new overtakes a batch that is on its way back', t => {
  const bench = new Bench()
  bench.posts(1)
  const first = joined(bench)
  bench.dispatch()
  bench.queue.consumers.remove(first)
  bench.queue.returning++
  const heir = joined(bench)
  bench.posts(1)
  bench.dispatch()
  t.deepEqual(heir.got, [])
  bench.queue.returning--
  bench.end(first)
  bench.dispatch()
  t.deepEqual(heir.got, [1, 2])
})

test('what was removed while it waited to be offered again is skipped', t => {
  const bench = new Bench()
  bench.posts(3)
  const first = joined(bench)
  bench.dispatch()
  bench.end(first)
  bench.remove(2)
  const heir = joined(bench)
  bench.dispatch()
  t.deepEqual(heir.got, [1, 3])
})

test('Q-12: behind 200 messages that nobody wants no message is looked at until one of them goes', t => {
  const bench = new Bench()
  bench.posts(300)
  // ActiveMQ 5.17 with maxPageSize 5: the fifth is delivered, the sixth is not.
  const at = joined(bench, { accepts: number => number === 200 || number === 202 })
  bench.dispatch()
  t.deepEqual(at.got, [200])
  bench.queue.consumers.remove(at)
  const late = joined(bench, { accepts: number => number > 202 })
  bench.dispatch()
  t.deepEqual(late.got, [])
  const any = joined(bench, { room: 3, priority: 1 })
  bench.dispatch()
  t.deepEqual(any.got, [1, 2, 3])
  t.deepEqual(late.got, upTo(300, 203))
})

test('G-01: a group stays with its owner: members wait for it when it is full, others overtake them', t => {
  const bench = new Bench()
  const [a, b] = [joined(bench, { room: 1 }), joined(bench)]
  bench.post({ group: 'red' })
  bench.post({ group: 'red' })
  bench.post()
  bench.post({ group: 'red' })
  bench.dispatch()
  t.deepEqual([a.got, b.got], [[1], [3]])
  a.room = 10
  bench.post()
  bench.post()
  bench.dispatch()
  t.deepEqual(
    a.got.filter(number => [1, 2, 4].includes(number)),
    [1, 2, 4],
  )
  t.is(a.got.length + b.got.length, 6)
})

test('G-02: a new group goes to the consumer that owns the fewest', t => {
  const bench = new Bench()
  const a = joined(bench, { room: 2 })
  bench.post({ group: 'one' })
  bench.post({ group: 'two' })
  bench.dispatch()
  const b = joined(bench)
  a.room = 10
  bench.post({ group: 'three' })
  bench.post({ group: 'four' })
  bench.dispatch()
  t.deepEqual(
    [a.got, b.got],
    [
      [1, 2],
      [3, 4],
    ],
  )
})

test('G-04: a negative sequence reaches the owner and closes the group', t => {
  const bench = new Bench()
  const a = joined(bench, { room: 1 })
  bench.post({ group: 'g' })
  bench.dispatch()
  const b = joined(bench)
  a.room = 1
  bench.post({ group: 'g', sequence: -1 })
  bench.post({ group: 'g' })
  bench.dispatch()
  t.deepEqual([a.got, b.got], [[1, 2], [3]])
})

test('G-05: when the owner ends, its members go to one new owner, in order', t => {
  const bench = new Bench()
  const a = joined(bench)
  for (let i = 0; i < 4; i++) bench.post({ group: 'g' })
  bench.dispatch()
  const [b, c] = [joined(bench), joined(bench)]
  bench.end(a)
  bench.dispatch()
  t.deepEqual(
    [b.got, c.got].filter(got => got.length > 0),
    [upTo(4)],
  )
})

test('dispatch stops at bytes that are not in memory, asks for them once, and goes on with that very message', t => {
  const bench = new Bench()
  bench.posts(4)
  bench.onDisk.add(2)
  const taker = joined(bench)
  bench.dispatch()
  t.deepEqual([taker.got, bench.fetched], [[1], [2]])
  bench.post()
  bench.dispatch()
  t.deepEqual([taker.got, bench.fetched], [[1], [2]])
  bench.fetchDone()
  bench.dispatch()
  t.deepEqual([taker.got, bench.fetched], [upTo(5), [2]])
})

test('bytes that are missing for a message that came back stop everything behind it', t => {
  const bench = new Bench()
  bench.posts(3)
  const first = joined(bench, { room: 2 })
  bench.dispatch()
  bench.end(first)
  bench.onDisk.add(1)
  const heir = joined(bench)
  bench.dispatch()
  t.deepEqual([heir.got, bench.fetched], [[], [1]])
  bench.fetchDone()
  bench.dispatch()
  t.deepEqual(heir.got, [1, 2, 3])
})

test('nothing is read from disk while nobody could be given it', t => {
  const bench = new Bench()
  bench.posts(2)
  bench.onDisk.add(2)
  joined(bench, { room: 1 })
  bench.dispatch()
  t.deepEqual(bench.fetched, [])
})

test('E-01: what has expired when its turn comes reaches nobody and expires once', t => {
  const bench = new Bench()
  bench.post({ expires: 999 })
  bench.post({ expires: 1001 })
  bench.post({ expires: 1000 })
  bench.post()
  const taker = joined(bench)
  bench.dispatch()
  bench.dispatch()
  t.deepEqual(
    [taker.got, bench.expired],
    [
      [2, 4],
      [1, 3],
    ],
  )
})

test('E-01: what expires before it goes out again after it came back expires', t => {
  const bench = new Bench()
  bench.post({ expires: 1001 })
  const first = joined(bench)
  bench.dispatch()
  t.deepEqual(first.got, [1])
  bench.end(first)
  bench.now = 1001
  const heir = joined(bench)
  bench.dispatch()
  t.deepEqual([heir.got, bench.expired], [[], [1]])
})

test('Q-12: what came back and nobody wants is read once, not again and again, until somebody else may want it', t => {
  const bench = new Bench()
  bench.posts(50)
  const first = joined(bench, { room: 50 })
  bench.dispatch()
  bench.end(first)
  const picky = joined(bench, { accepts: number => number === 99 })
  // Nothing stays in memory for long: what was read before is on disk again.
  const more = (): void => {
    for (let i = 1; i <= 50; i++) bench.onDisk.add(i)
    if (bench.queue.fetching) bench.fetchDone()
    bench.queue.onlyMore = true
    bench.dispatch()
  }
  for (let i = 0; i < 200; i++) more()
  t.deepEqual([bench.fetched.length, picky.got], [50, []])
  bench.post()
  more()
  t.is(bench.fetched.length, 50, 'a new message has none of them read')
  const other = joined(bench, { room: 3 })
  for (let i = 1; i <= 50; i++) bench.onDisk.delete(i)
  bench.dispatch()
  t.deepEqual(other.got, [1, 2, 3])
  // Those in the middle go, the others stay in their order.
  const some = joined(bench, { room: 9, accepts: number => number % 10 === 0 })
  bench.dispatch()
  t.deepEqual(some.got, [10, 20, 30, 40, 50])
  const rest = joined(bench, { room: 100 })
  bench.dispatch()
  t.deepEqual(
    rest.got,
    upTo(51, 4).filter(number => number % 10 !== 0),
  )
})

test('E-03: the sweep finds what expired among the first waiting messages, and touches nothing that was delivered', t => {
  const bench = new Bench()
  for (let i = 0; i < 6; i++) bench.post({ expires: 1001 })
  const taker = joined(bench, { room: 1 })
  bench.dispatch()
  bench.now = 1001
  bench.queue.sweep(bench, 3)
  t.deepEqual(bench.expired, [2, 3, 4])
  bench.queue.sweep(bench, 3)
  bench.queue.sweep(bench, 3)
  t.deepEqual([bench.expired, taker.got], [upTo(6, 2), [1]])
})

test('E-02: a message that was expired when it came is handed over to nobody', t => {
  const bench = new Bench()
  bench.post({ expires: 5 })
  bench.queue.expireArrived(bench, keyOf(1))
  bench.queue.expireArrived(bench, keyOf(1))
  const taker = joined(bench)
  bench.dispatch()
  t.deepEqual([bench.expired, taker.got], [[1], []])
})

test('R-01, R-02: whoever joins, acknowledges and leaves, each message is in one hand, in order', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const bench = new Bench()
  const takers: Taker[] = []
  /** What came back, in its order, and what was never handed over. */
  const back: number[] = []
  const fresh: number[] = []
  const acknowledged: number[] = []
  for (let round = 0; round < 4000; round++) {
    const what = random()
    const taker = takers[between(random, 0, takers.length)]
    if (what < 0.3) for (let n = between(random, 1, 6); n > 0; n--) fresh.push(bench.post())
    else if (what < 0.4 && takers.length < 5) takers.push(joined(bench, { room: between(random, 0, 8) }))
    else if (what < 0.47 && taker !== undefined) {
      takers.splice(takers.indexOf(taker), 1)
      back.push(...taker.held)
      bench.end(taker)
    } else if (taker !== undefined) {
      for (let n = between(random, 0, taker.held.length + 1); n > 0; n--) {
        const [number] = taker.held.splice(between(random, 0, taker.held.length), 1)
        acknowledged.push(number!)
        bench.remove(number!)
        taker.room++
      }
    }
    const before = takers.map(one => one.got.length)
    bench.dispatch()
    const news = takers.map((one, i) => one.got.slice(before[i]))
    const count = news.flat().length
    const expected = back.splice(0, count)
    expected.push(...fresh.splice(0, count - expected.length))
    for (const got of news)
      if (String(got) !== String(expected.filter(number => got.includes(number))))
        return t.fail(`round ${round}: ${got.join()} handed over, ${expected.join()} were due`)
    if (back.length + fresh.length > 0 && takers.some(one => one.ready()))
      return t.fail(`round ${round}: a consumer with room was passed by`)
  }
  const hands = [...takers.flatMap(({ held }) => held), ...back, ...fresh, ...acknowledged]
  t.deepEqual(
    hands.toSorted((a, b) => a - b),
    upTo(hands.length),
  )
})

test('R-06: back in order: an older batch goes before what came back earlier', t => {
  const bench = new Bench()
  const taker = joined(bench, { room: 4 })
  bench.posts(4)
  bench.dispatch()
  bench.queue.consumers.remove(taker)
  bench.queue.giveBack([keyOf(3), keyOf(4)])
  bench.queue.giveBack([keyOf(1), keyOf(2)], true)
  const heir = joined(bench)
  bench.dispatch()
  t.deepEqual(heir.got, upTo(4))
})

test('Q-13: of ten priorities the highest goes first, in order within each, whatever arrives when', t => {
  const seed = freshSeed()
  t.log(`seed ${seed}`)
  const random = randomFrom(seed)
  const bench = new Bench({ prioritizedMessages: true })
  const taker = joined(bench, { room: 0 })
  const waiting: { number: number; priority: number }[] = []
  for (let round = 0; round < 300; round++) {
    for (let n = between(random, 0, 6); n > 0; n--) {
      const priority = between(random, 0, 10)
      waiting.push({ number: bench.post({ priority }), priority })
    }
    taker.room = between(random, 0, 6)
    const expected = waiting.toSorted((a, b) => b.priority - a.priority || a.number - b.number).slice(0, taker.room)
    const before = taker.got.length
    bench.dispatch()
    t.deepEqual(
      taker.got.slice(before),
      expected.map(({ number }) => number),
    )
    for (const one of expected) {
      waiting.splice(waiting.indexOf(one), 1)
      bench.remove(one.number)
    }
  }
})

test('R-08: with persistJMSRedelivered each persistent message is remembered once, before its consumer has it', t => {
  const bench = new Bench({ persistJMSRedelivered: true })
  joined(bench, { room: 2 })
  bench.post({ persistent: true })
  bench.post()
  bench.post({ persistent: true })
  bench.dispatch()
  t.deepEqual(bench.remembered, [1])
  joined(bench, { auto: true })
  bench.dispatch()
  t.deepEqual(bench.remembered, [1], 'what is settled at once need not be')
})

test('Q-15, Q-09: a queue that is paused, or gathers its consumers, hands nothing over', t => {
  for (const field of ['paused', 'gathering'] as const) {
    const bench = new Bench()
    const taker = joined(bench)
    bench.posts(2)
    bench.queue[field] = true
    bench.dispatch()
    t.deepEqual(taker.got, [])
    bench.queue[field] = false
    bench.dispatch()
    t.deepEqual(taker.got, [1, 2])
  }
})
