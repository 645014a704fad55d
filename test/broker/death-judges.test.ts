import test from 'ava'
import { DestinationKind } from '../../src/base/destination.ts'
import { DeathJudges, nextDelay, type Death } from '../../src/broker/death-judges.ts'
import type { PluginRule, RedeliveryPolicy, RedeliveryRule } from '../../src/broker/plugin-rules.ts'

const policy: RedeliveryPolicy = {
  destination: null,
  tempQueue: false,
  tempTopic: false,
  maximumRedeliveries: 6,
  initialRedeliveryDelay: 1000,
  redeliveryDelay: 2000,
  maximumRedeliveryDelay: -1,
  backOffMultiplier: 1,
  collisionAvoidance: 0,
}
const never = (): number => 0.5
const rule = (
  policies: readonly RedeliveryPolicy[],
  defaultPolicy: RedeliveryPolicy | null = null,
): RedeliveryRule => ({
  kind: 'redelivery',
  sendToDlqIfMaxRetriesExceeded: true,
  fallbackToDeadLetter: true,
  policies,
  defaultPolicy,
})
const died = (name: string, kind: DestinationKind = DestinationKind.queue, redelivered = 0): Death => ({
  source: { kind, name },
  expired: false,
  redelivered,
  lastDelay: 0,
})
const judge = (rules: readonly PluginRule[], death: Death): unknown => DeathJudges.of(rules, never)!.judge(death)

test('PL-10: with useExponentialBackOff each delay is the one before times the multiplier, up to the greatest', t => {
  const growing = { ...policy, backOffMultiplier: 3 }
  t.is(nextDelay(growing, 0, never), 2000)
  t.is(nextDelay(growing, 1000, never), 3000)
  t.is(nextDelay(growing, 3000, never), 9000)
  t.is(nextDelay({ ...growing, maximumRedeliveryDelay: 5000 }, 3000, never), 5000)
  t.is(nextDelay({ ...growing, maximumRedeliveryDelay: 500 }, 3000, never), 2000)
  t.is(nextDelay(policy, 9000, never), 2000)
})

test('PL-10: with useCollisionAvoidance a delay is longer or shorter by chance, by no more than the share', t => {
  const spread = { ...policy, collisionAvoidance: 0.15 }
  const delays = new Set<number>()
  let i = 0
  for (let n = 0; n < 200; n++)
    delays.add(nextDelay(spread, 0, () => (i = (i * 16_807 + 11) % 2_147_483_647) / 2_147_483_647))
  t.true(delays.size > 50)
  t.true([...delays].every(delay => delay >= 1700 && delay <= 2300))
  t.true(Math.min(...delays) < 2000 && Math.max(...delays) > 2000)
})

test('PL-10: the first retry waits initialRedeliveryDelay; -1 retries for ever', t => {
  const rules = [rule([], { ...policy, maximumRedeliveries: -1 })]
  t.deepEqual(judge(rules, died('a')), { retryAfter: 1000 })
  t.deepEqual(judge(rules, died('a', DestinationKind.queue, 1000)), { retryAfter: 2000 })
  t.is(judge([rule([], policy)], died('a', DestinationKind.queue, 6)), 'letter')
})

test('PL-10, PM-01: the policy is that of the destination: exact names, patterns, temporary ones, queues apart from topics', t => {
  const at = (name: string, kind: DestinationKind, delay: number, more = {}): RedeliveryPolicy => ({
    ...policy,
    destination: { kind, name },
    initialRedeliveryDelay: delay,
    ...more,
  })
  const rules = [
    rule([
      at('>', DestinationKind.queue, 1),
      at('a.b', DestinationKind.queue, 2),
      at('a.>', DestinationKind.topic, 3),
      { ...policy, tempQueue: true, initialRedeliveryDelay: 4 },
      { ...policy, tempTopic: true, initialRedeliveryDelay: 5 },
    ]),
  ]
  const delay = (name: string, kind: DestinationKind): unknown => judge(rules, died(name, kind))
  t.deepEqual(delay('x', DestinationKind.queue), { retryAfter: 1 })
  t.deepEqual(delay('a.b', DestinationKind.queue), { retryAfter: 2 })
  t.deepEqual(delay('a.b', DestinationKind.topic), { retryAfter: 3 })
  t.deepEqual(delay('ID:1', DestinationKind.tempQueue), { retryAfter: 4 })
  t.deepEqual(delay('ID:1', DestinationKind.tempTopic), { retryAfter: 5 })
  t.is(delay('b', DestinationKind.topic), 'letter')
})

test('PL-12: dropTemporaryTopics and dropTemporaryQueues are for temporary sources alone', t => {
  const discard = {
    kind: 'discardDeadLetters',
    dropAll: false,
    dropTemporaryTopics: false,
    dropTemporaryQueues: false,
    dropOnly: [],
  } as const
  const { tempQueue, tempTopic, queue, topic } = DestinationKind
  const kinds = [queue, topic, tempQueue, tempTopic]
  const dropped = (more: object): unknown[] =>
    kinds.filter(kind => judge([{ ...discard, ...more }], died('x', kind)) === 'drop')
  t.deepEqual(dropped({}), [])
  t.deepEqual(dropped({ dropTemporaryTopics: true }), [tempTopic])
  t.deepEqual(dropped({ dropTemporaryQueues: true }), [tempQueue])
  t.deepEqual(dropped({ dropOnly: ['x'] }), kinds)
  t.deepEqual(dropped({ dropAll: true }), kinds)
})
