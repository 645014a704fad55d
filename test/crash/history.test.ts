import test from 'ava'
import { checkHistory, judgeHistory, type Event, type FaultKind } from './history.ts'

const sent = (message: string, transaction: string | null = null, queue = 'q'): Event => ({
  type: 'sent',
  message,
  producer: 'p',
  queue,
  transaction,
})
const receipted = (message: string): Event => ({ type: 'receipted', message })
const delivered = (
  message: string,
  subscription = 's',
  more: { queue?: string; auto?: boolean; redelivered?: boolean } = {},
): Event => ({
  type: 'delivered',
  message,
  queue: 'q',
  subscription,
  auto: false,
  redelivered: false,
  ...more,
})
const acked = (message: string, transaction: string | null = null, ack = `ack of ${message}`): Event => ({
  type: 'acked',
  ack,
  messages: [message],
  transaction,
})
const ackReceipted = (message: string): Event => ({ type: 'ack-receipted', ack: `ack of ${message}` })
const commit = (type: 'committing' | 'committed' | 'aborted', transaction = 't'): Event => ({ type, transaction })
/** The final drain takes a message out. */
const drained = (...messages: string[]): Event[] =>
  messages.flatMap(message => [
    delivered(message, 'drain'),
    acked(message, null, `drain of ${message}`),
    { type: 'ack-receipted', ack: `drain of ${message}` },
  ])

const good: Record<string, Event[]> = {
  'a message sent, receipted, drained': [sent('a'), receipted('a'), ...drained('a')],
  'a message without receipt may be there or not': [sent('a'), sent('b'), ...drained('b')],
  'an ACK without receipt may count or not': [
    sent('a'),
    sent('b'),
    delivered('a'),
    delivered('b'),
    acked('a'),
    acked('b'),
    ...drained('b'),
  ],
  'a committed transaction shows whole': [
    sent('x'),
    delivered('x'),
    sent('a', 't'),
    sent('b', 't'),
    acked('x', 't'),
    commit('committing'),
    commit('committed'),
    ...drained('a', 'b'),
  ],
  'a COMMIT without receipt did nothing': [
    sent('x'),
    delivered('x'),
    sent('a', 't'),
    acked('x', 't'),
    commit('committing'),
    ...drained('x'),
  ],
  'a COMMIT without receipt did everything': [
    sent('x'),
    delivered('x'),
    sent('a', 't'),
    acked('x', 't'),
    commit('committing'),
    ...drained('a'),
  ],
  'an automatic delivery that a crash swallowed': [
    sent('a'),
    receipted('a'),
    sent('b'),
    receipted('b'),
    sent('c'),
    receipted('c'),
    delivered('a', 's1', { auto: true }),
    delivered('c', 's2', { auto: true }),
  ],
}

const bad: Record<string, { events: Event[]; says: RegExp }> = {
  'a receipted message is lost': { events: [sent('a'), receipted('a')], says: /a .*receipted.* lost/ },
  'a delivered message vanishes without an ACK': {
    events: [sent('a'), receipted('a'), delivered('a')],
    says: /a .*never acknowledged/,
  },
  'a message whose ACK was only in an aborted transaction vanishes': {
    events: [sent('a'), receipted('a'), delivered('a'), acked('a', 't'), commit('aborted')],
    says: /a .*never acknowledged/,
  },
  'a message comes back after its ACK was receipted': {
    events: [sent('a'), delivered('a'), acked('a'), ackReceipted('a'), ...drained('a')],
    says: /a came back after/,
  },
  'a message comes back after the COMMIT of its ACK was receipted': {
    events: [sent('a'), delivered('a'), acked('a', 't'), commit('committing'), commit('committed'), ...drained('a')],
    says: /a came back after/,
  },
  'only some sends of a transaction show': {
    events: [sent('a', 't'), sent('b', 't'), commit('committing'), ...drained('a')],
    says: /t was done in part/,
  },
  'a receipted COMMIT left nothing': {
    events: [sent('a', 't'), commit('committing'), commit('committed')],
    says: /t was done in part/,
  },
  'the sends of a transaction show, its ACK was undone': {
    events: [sent('x'), delivered('x'), sent('a', 't'), acked('x', 't'), commit('committing'), ...drained('x', 'a')],
    says: /t was done in part.*x came back/,
  },
  'the ACK of a transaction counts, its sends are gone': {
    events: [sent('x'), delivered('x'), sent('a', 't'), acked('x', 't'), commit('committing')],
    says: /t was done in part.*x stayed acknowledged.*a was not delivered/,
  },
  'something comes that was never sent': { events: [delivered('a')], says: /a was delivered but never sent/ },
  'something comes from another queue': {
    events: [sent('a'), delivered('a', 's', { queue: 'other' }), acked('a')],
    says: /sent to q and delivered from other/,
  },
  'a message of an aborted transaction comes': {
    events: [sent('a', 't'), commit('aborted'), ...drained('a')],
    says: /t was not committed/,
  },
  'a message of an open transaction comes': { events: [sent('a', 't'), ...drained('a')], says: /t was not committed/ },
  'one subscription sees two messages the wrong way round': {
    events: [sent('a'), sent('b'), ...drained('b', 'a')],
    says: /a was delivered behind b/,
  },
  'one subscription sees a message twice': {
    events: [sent('a'), delivered('a'), delivered('a'), acked('a')],
    says: /delivered twice/,
  },
  'an automatic subscription has a hole': {
    events: [
      sent('a'),
      sent('b'),
      receipted('b'),
      sent('c'),
      delivered('a', 's', { auto: true }),
      delivered('c', 's', { auto: true }),
    ],
    says: /b .* lost/,
  },
  'a message that was redelivered comes as if it were new': {
    events: [sent('a'), delivered('a', 's1'), delivered('a', 's2', { redelivered: true }), ...drained('a')],
    says: /a was delivered as redelivered, and later as if it were new/,
  },
}

for (const [title, events] of Object.entries(good)) {
  test(`the history checker accepts: ${title}`, t => {
    t.deepEqual(checkHistory(events), [])
  })
}

for (const [title, { events, says }] of Object.entries(bad)) {
  test(`the history checker finds it when ${title}`, t => {
    t.regex(checkHistory(events).join('\n'), says)
  })
}

test('the history checker finds wrong order over several subscriptions of a queue with one consumer', t => {
  const events = [sent('a'), sent('b'), delivered('b', 's1'), acked('b'), ...drained('a')]
  t.deepEqual(checkHistory(events), [])
  t.regex(checkHistory(events, { soleConsumer: new Set(['q']) }).join(), /a was delivered behind b/)
})

const kinds: Record<FaultKind, Event[]> = {
  lost: [sent('a'), receipted('a')],
  phantom: [delivered('a')],
  torn: [sent('a', 't'), sent('b', 't'), commit('committing'), ...drained('a')],
  resurrected: [sent('a'), delivered('a'), acked('a'), ackReceipted('a'), ...drained('a')],
  reordered: [sent('a'), sent('b'), ...drained('b', 'a')],
  doubled: [sent('a'), delivered('a'), delivered('a', 's', { redelivered: true }), acked('a')],
  uncounted: [sent('a'), delivered('a', 's', { redelivered: true }), ...drained('a')],
}

for (const [kind, events] of Object.entries(kinds)) {
  test(`C1 … C5, C10: the history checker counts what is ${kind}, and nothing else`, t => {
    const { counts, faults } = judgeHistory(events)
    t.is(faults.length, 1)
    const { duplicated: _, ...broken } = counts
    t.deepEqual(
      Object.entries(broken).filter(([, count]) => count > 0),
      [[kind, 1]],
    )
  })
}

test('the history checker counts what came twice rightly as duplicated, which is no fault', t => {
  const { counts, faults } = judgeHistory([sent('a'), delivered('a', 's1'), ...drained('a')])
  t.deepEqual(faults, [])
  t.is(counts.duplicated, 1)
})
