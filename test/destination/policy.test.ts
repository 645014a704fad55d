import test from 'ava'
import { DestinationKind, destinationMatches, type DestinationName } from '../../src/base/destination.ts'
import {
  builtInPolicy,
  deadLetterTarget,
  following,
  policyFor,
  type DeadLetterPolicy,
  type PolicyEntry,
} from '../../src/destination/destination.ts'

const queue = (name: string): DestinationName => ({ kind: DestinationKind.queue, name })
const topic = (name: string): DestinationName => ({ kind: DestinationKind.topic, name })
const temporary = { tempQueue: false, tempTopic: false }

/** Entries for queues, each with the number of its place as its prefetch. */
const entries = (...names: readonly string[]): PolicyEntry[] =>
  names.map((name, i) => ({ ...temporary, destination: queue(name), queuePrefetch: i + 1 }))

/** The name of the entry that applies, however the entries are ordered. */
function chosen(names: readonly string[], name: string): string | undefined {
  const one = names[policyFor(entries(...names), null, queue(name)).queuePrefetch - 1]
  const reversed = names.toReversed()
  const other = reversed[policyFor(entries(...reversed), null, queue(name)).queuePrefetch - 1]
  return one === other ? one : `${one} or ${other}, as they stand`
}

test('PM-01: an exact name wins over every pattern, and a pattern over a wider one', t => {
  t.is(chosen(['>', 'a.>', 'a.*', 'a.b'], 'a.b'), 'a.b')
  t.is(chosen(['>', 'a.>', 'a.b.>'], 'a.b.c'), 'a.b.>')
  t.is(chosen(['>', 'a.>'], 'a.x'), 'a.>')
  t.is(chosen(['>', 'a.>'], 'a'), 'a.>')
  t.is(chosen(['>', 'a.>'], 'b'), '>')
  t.is(chosen(['*', 'a.*'], 'a.b'), 'a.*')
})

test('PM-01: entries are not merged, the one that applies is all', t => {
  const policy = policyFor(
    [
      { ...temporary, destination: queue('>'), queuePrefetch: 7, strictOrderDispatch: true },
      { ...temporary, destination: queue('a'), expireMessagesPeriod: 5 },
    ],
    { ...temporary, destination: null, producerFlowControl: false },
    queue('a'),
  )
  t.like(policy, { ...builtInPolicy, expireMessagesPeriod: 5, maxBrowsePageSize: 400 })
})

test('PM-01: an entry for queues says nothing about topics', t => {
  const policies: PolicyEntry[] = [
    { ...temporary, destination: queue('>'), topicPrefetch: 1 },
    { ...temporary, destination: topic('a.>'), topicPrefetch: 2 },
  ]
  t.is(policyFor(policies, null, topic('a.b')).topicPrefetch, 2)
  t.is(policyFor(policies, null, topic('b')).topicPrefetch, builtInPolicy.topicPrefetch)
})

test('PM-02: at equal reach * beats >, and unrelated patterns fall back to the order of their text', t => {
  t.is(chosen(['a.>', 'a.*'], 'a.b'), 'a.*')
  t.is(chosen(['a.>', '*.b'], 'a.b'), '*.b')
  t.is(chosen(['*.b', 'a.*'], 'a.b'), 'a.*')
  t.is(chosen(['*.b.>', 'a.*.>'], 'a.b.c'), 'a.*.>')
  t.is(chosen(['*.>', '*.*'], 'a.b'), '*.*')
})

test('PM-03: without an entry the default entry applies, and without that what is built in', t => {
  const fallback: PolicyEntry = { ...temporary, destination: null, queuePrefetch: 9 }
  t.is(policyFor(entries('a'), fallback, queue('b')).queuePrefetch, 9)
  t.is(policyFor(entries('a'), fallback, queue('a')).queuePrefetch, 1)
  t.deepEqual(policyFor(entries('a'), null, queue('b')), builtInPolicy)
})

test('PM-04: what the entry does not set is what is built in, not what a wider entry or the default entry says', t => {
  const bare: PolicyEntry = { ...temporary, destination: queue('a.b') }
  const fallback: PolicyEntry = { ...temporary, destination: null, queuePrefetch: 4 }
  t.is(policyFor([...entries('>'), bare], fallback, queue('a.b')).queuePrefetch, builtInPolicy.queuePrefetch)
})

test('PM-05: tempQueue and tempTopic entries govern all temporary destinations, and no name does', t => {
  const policies: PolicyEntry[] = [
    { ...temporary, destination: queue('>'), queuePrefetch: 1 },
    { destination: null, tempQueue: true, tempTopic: false, queuePrefetch: 2 },
    { destination: null, tempQueue: false, tempTopic: true, topicPrefetch: 3 },
  ]
  const name = 'ID:host-1-2-0:1:1'
  t.is(policyFor(policies, null, { kind: DestinationKind.tempQueue, name }).queuePrefetch, 2)
  t.is(policyFor(policies, null, { kind: DestinationKind.tempTopic, name }).topicPrefetch, 3)
  t.is(policyFor(policies, null, queue(name)).queuePrefetch, 1)
})

test('PM-05: a wildcard subscription takes the entry of its own pattern', t => {
  t.is(chosen(['a.>', 'a.b'], 'a.*'), 'a.>')
  t.is(chosen(['a.>', 'a.*'], 'a.*'), 'a.*')
  t.is(chosen(['>', 'a.b'], 'a.*'), '>')
})

const letters = (given: Partial<DeadLetterPolicy> = {}): DeadLetterPolicy => ({ ...builtInPolicy.deadLetter, ...given })
const orders = queue('orders')

test('D-02: a message that is not persistent dies without a trace, unless processNonPersistent', t => {
  t.is(deadLetterTarget(letters(), orders, false, false), null)
  t.deepEqual(deadLetterTarget(letters({ processNonPersistent: true }), orders, false, false), queue('ActiveMQ.DLQ'))
})

test('D-03: processExpired="false" drops what expired, and only that', t => {
  const policy = letters({ processExpired: false })
  t.is(deadLetterTarget(policy, orders, true, true), null)
  t.deepEqual(deadLetterTarget(policy, orders, true, false), queue('ActiveMQ.DLQ'))
  t.deepEqual(deadLetterTarget(letters(), orders, true, true), queue('ActiveMQ.DLQ'))
})

test('D-04: the shared strategy puts everything into one queue, ActiveMQ.DLQ or the one that is named', t => {
  t.deepEqual(deadLetterTarget(letters(), orders, true, false), queue('ActiveMQ.DLQ'))
  t.deepEqual(deadLetterTarget(letters(), topic('news'), true, false), queue('ActiveMQ.DLQ'))
  t.deepEqual(deadLetterTarget(letters({ queueName: 'dead' }), orders, true, false), queue('dead'))
})

test('D-05: the individual strategy builds the name from prefix, source and suffix', t => {
  const policy = letters({ kind: 'individual', queueSuffix: '.x', topicPrefix: 'T.', topicSuffix: '.y' })
  t.deepEqual(deadLetterTarget(policy, orders, true, false), queue('ActiveMQ.DLQ.Queue.orders.x'))
  t.deepEqual(deadLetterTarget(policy, topic('news'), true, false), queue('T.news.y'))
  const topics = { ...policy, useQueueForQueueMessages: false, useQueueForTopicMessages: false }
  t.deepEqual(deadLetterTarget(topics, orders, true, false), topic('ActiveMQ.DLQ.Queue.orders.x'))
  t.deepEqual(deadLetterTarget(topics, topic('news'), true, false), topic('T.news.y'))
})

test('D-05: destinationPerDurableSubscriber puts client id and name before the suffix, of durable subscriptions only', t => {
  const policy = letters({ kind: 'individual', topicPrefix: 'T.', topicSuffix: '.y', perDurableSubscriber: true })
  const durable = { clientId: 'c', name: 'n' }
  t.deepEqual(deadLetterTarget(policy, topic('news'), true, false, durable), queue('T.news.c:n.y'))
  t.deepEqual(deadLetterTarget(policy, topic('news'), true, false), queue('T.news.y'))
  const off = { ...policy, perDurableSubscriber: false }
  t.deepEqual(deadLetterTarget(off, topic('news'), true, false, durable), queue('T.news.y'))
})

test('D-06: discarding drops everything', t => {
  const policy = letters({ kind: 'discarding', processNonPersistent: true })
  for (const persistent of [true, false])
    for (const expired of [true, false]) t.is(deadLetterTarget(policy, orders, persistent, expired), null)
})

test('D-09: what dies in its own dead letter queue is destroyed; a topic of that name is another place', t => {
  t.is(deadLetterTarget(letters(), queue('ActiveMQ.DLQ'), true, false), null)
  t.deepEqual(deadLetterTarget(letters(), topic('ActiveMQ.DLQ'), true, false), queue('ActiveMQ.DLQ'))
  const same = letters({ kind: 'individual', queuePrefix: '' })
  t.is(deadLetterTarget(same, orders, true, false), null)
})

test('W-01: a pattern accepts what its levels say, one by one', t => {
  const byLevels = (pattern: string, name: string): boolean => {
    const [wanted, given] = [pattern.split('.'), name.split('.')]
    if (wanted.at(-1) === '>')
      return given.length >= wanted.length - 1 && wanted.slice(0, -1).every((one, i) => one === '*' || one === given[i])
    return wanted.length === given.length && wanted.every((one, i) => one === '*' || one === given[i])
  }
  const names: string[] = ['']
  for (const one of names)
    if (one.length < 5)
      names.push(...['a', '.', '*', '>'].map(char => one + char).filter(text => !/[a*>]{3}/.test(text)))
  let accepted = 0
  for (const pattern of names)
    for (const name of names) {
      const is = destinationMatches(pattern, name)
      if (is) accepted++
      if (is !== byLevels(pattern, name)) t.fail(`"${pattern}" ${is ? 'accepts' : 'does not accept'} "${name}"`)
    }
  t.true(accepted > names.length)
})

test('PM-01, RC-01: ten thousand entries are no work: not for a new destination, and not for a reload', t => {
  const name = (i: number): string => (i % 10 === 0 ? `app${i}.*.>` : `app${i}.orders.new`)
  const make = (): PolicyEntry[] => entries(...Array.from({ length: 10_000 }, (_, i) => name(i)))
  const spent = (work: () => void): number => {
    const began = process.cpuUsage()
    work()
    return process.cpuUsage(began).user / 1000
  }
  const [old, now] = [make(), make()]
  t.true(spent(() => t.deepEqual(following(now, old), old)) < 2000)
  const asked = spent(() => {
    for (let i = 0; i < 2000; i++) t.is(policyFor(old, null, queue(`app${i}.orders.new`)).queuePrefetch, i + 1)
  })
  t.true(asked < 1000, `${asked} ms`)
})
