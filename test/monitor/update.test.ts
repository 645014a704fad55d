import test from 'ava'
import { readAnswers } from '../../src/monitor/answers.ts'
import { COMMAND_WORDS } from '../../src/monitor/commands.ts'
import { demandOf } from '../../src/monitor/demand.ts'
import type { Job } from '../../src/monitor/confirm.ts'
import type { MessageFacts } from '../../src/monitor/facts.ts'
import { jsonOf } from '../../src/monitor/json.ts'
import { KEYS } from '../../src/monitor/keys.ts'
import { raisedOf } from '../../src/monitor/alerts.ts'
import type { Effect, Message, Model } from '../../src/monitor/model.ts'
import { retryAfterMs } from '../../src/monitor/node.ts'
import { age, bytes, clock, count, dayAndTime, delay, rate } from '../../src/monitor/numbers.ts'
import { ALL_ROWS_MAX, questionsFor } from '../../src/monitor/questions.ts'
import { gauge, sparkline } from '../../src/monitor/sparkline.ts'
import { wrap } from '../../src/monitor/text.ts'
import { view } from '../../src/monitor/view.ts'
import {
  after,
  ALPHA,
  answer,
  BETA,
  factsAt,
  frame,
  letters,
  model,
  NOW,
  pair,
  passiveFactsAt,
  passivePair,
  press,
  queue,
  queueBean,
  queuesAt,
  watched,
} from './scene.ts'

const names = ({ sheet }: Model): readonly string[] => Array.from({ length: sheet.length }, (_, at) => sheet.name(at))
const typed = (start: Model, text: string): Model => press(start, '/', ...letters(text), 'enter')[0]
const lastLog = ({ log }: Model): string => log.at(-1)?.text ?? ''
const jobOf = (effects: readonly Effect[]): Job | undefined => effects.find(effect => effect.type === 'run')?.job
const seen = (second: number, rows = queuesAt(second)): Message =>
  answer(ALPHA, NOW + second * 1000, factsAt(60 + second, { queues: { rows, total: rows.length, chosen: false } }))

test('UL-06: numbers as people read them', t => {
  t.is(count(48_211, 'human'), '48,211')
  t.is(count(123_456, 'human'), '123k')
  t.is(count(12_345_678, 'human'), '12.3M')
  t.is(count(123_456, 'exact'), '123,456')
  t.deepEqual(
    [0, 0.1, 0.01, 12, 840, 1240, 999.9].map(one => rate(one, 'human')),
    ['0', '0.1', '<0.1', '12', '840', '1.2k', '1.0k'],
  )
  t.is(rate(null, 'human'), '-')
  t.deepEqual([0, 999, 9_800_000, 64_000].map(bytes), ['0 B', '999 B', '9.8 MB', '64.0 KB'])
  t.deepEqual([0.9, 31, 4200, 120_000].map(delay), ['0.9 ms', '31 ms', '4.2 s', '2m00s'])
  t.deepEqual(
    [41_000, 7_440_000, 270_000_000].map(ms => age(ms)),
    ['41s', '2h04m', '3d3h'],
  )
  t.is(clock(NOW), '12:04:31')
  for (const at of [0, NOW, Date.UTC(2024, 1, 29, 23, 59, 59), Date.UTC(2027, 0, 1), Date.UTC(2026, 11, 31)])
    t.is(dayAndTime(at), new Date(at).toISOString().slice(5, 19).replace('T', ' '))
})

test('text is wrapped at blanks, long words where they must be, wide characters by their cells', t => {
  t.deepEqual(wrap('one two three', 7), ['one two', 'three'])
  t.deepEqual(wrap('abcdefghij k', 4), ['abcd', 'efgh', 'ij k'])
  t.deepEqual(wrap('漢字キュー', 4), ['漢字', 'キュ', 'ー'])
  t.deepEqual(wrap('', 4), [''])
  t.is(wrap('漢'.repeat(60_000), 100).length, 1200)
})

test('UL-07: a sparkline shows its newest samples, and leaves out what was not measured', t => {
  t.is(sparkline([0, 7, 3.5, null, 7], 4, 7), '█▅ █')
  t.is(sparkline([1], 3, 1), '█  ')
  t.is(gauge(0.41, 14), '[######--------]')
  t.is(gauge(7, 4), '[####]')
})

test('UL-06: a rate is the difference of two readings, and none when the counters were set back', t => {
  const rows = (enqueued: number): Message => seen(enqueued / 10, [queue('a', { enqueued, dequeued: 0 })])
  const start = after(model(), rows(10))
  const cell = (one: Model): string => one.sheet.cell(0, 'enqueue', 'human', NOW).text
  t.is(cell(start), '-')
  const second = after(start, rows(30))
  t.is(cell(second), '10')
  const restarted = after(second, seen(4, [queue('a', { enqueued: 5 })]))
  t.is(cell(restarted), '-')
  t.is(cell(after(restarted, seen(5, [queue('a', { enqueued: 9 })]))), '4')
})

test('UL-05: the state of a queue is computed, the worst first', t => {
  const states = (from: Model): Readonly<Record<string, string>> =>
    Object.fromEntries(names(from).map((name, at) => [name, from.sheet.cell(at, 'state', 'human', NOW).text]))
  const rows = (second: number): Message =>
    seen(second, [
      queue('lonely', { size: 5, consumers: 0 }),
      queue('held', { size: 5, inFlight: 5, dequeued: 7 }),
      queue('blocked', { size: 5, blockedSends: second }),
      queue('DLQ.orders', { size: 5, consumers: 0 }),
      queue('growing', { size: 1000 + second * 100, enqueued: second * 100 }),
      queue('paused', { paused: true }),
      queue('draining', { size: 5000 - second, dequeued: second }),
      queue('idle'),
      queue('busy', { enqueued: second, dequeued: second }),
    ])
  const watchedFor = (seconds: number): Model =>
    after(model(), ...Array.from({ length: seconds / 10 + 1 }, (_, i) => rows(i * 10)))
  t.like(states(watchedFor(20)), { held: 'ok', growing: 'ok' })
  t.deepEqual(states(watchedFor(400)), {
    lonely: 'no consumer',
    held: 'slow cons.',
    blocked: 'blocked',
    'DLQ.orders': 'DLQ',
    growing: 'growing',
    paused: 'paused',
    draining: 'empty 1h16m',
    idle: 'idle',
    busy: 'ok',
  })
})

test('UK-02: the filter knows text, wildcards, negation and conditions, works while it is typed, and says how many', t => {
  const start = watched()
  t.deepEqual(names(typed(start, 'orders')), ['orders.in', 'orders.retry'])
  t.deepEqual(names(typed(start, '*.out')), ['mail.out', 'sms.out'])
  t.deepEqual(names(typed(start, '>1000')), ['orders.in', 'orders.retry'])
  t.deepEqual(names(typed(start, '>9k !retry')), ['orders.in'])
  t.deepEqual(names(typed(start, 'cons=0')), ['orders.retry', 'ActiveMQ.DLQ', 'report.daily'])
  t.deepEqual(names(typed(start, 'cons=0 size<100')), ['report.daily'])
  t.is(names(typed(start, '!orders')).length, 11)
  const [typing] = press(start, '/', 'o', 'r', 'd')
  t.regex(frame(typing), /Queues 2 of 13/)
  t.deepEqual(names(press(typing, 'escape')[0]).length, 13)
  t.is(names(press(typed(start, 'orders'), 'escape')[0]).length, 13, 'Esc clears it')
})

test('UK-02, UL-04: rows are sorted, columns chosen, rows pinned, marked and shown as a tree of wildcards', t => {
  const start = watched()
  t.is(names(press(start, 'r')[0])[0], 'audit.archive')
  t.is(names(press(start, '>', '>')[0])[0], 'price.tick', 'by consumers')
  t.is(names(press(start, 's', 'g', 'enter', 'r')[0])[0], 'web.session', 'by name, downwards')
  t.is(names(press(start, 'G', '*')[0])[0], 'web.session', 'pinned to the top')
  t.regex(frame(start), / CONS /)
  t.notRegex(frame(press(start, 'w', 'j', 'j', 'j', 'space', 'escape')[0]), / CONS /)
  const [tree] = press(start, '.')
  t.deepEqual(names(tree).slice(0, 3), ['orders.>', 'orders.in', 'orders.retry'])
  t.is(tree.sheet.cell(0, 'size', 'exact', NOW).text, '57,331')
  t.is(tree.sheet.cell(0, 'state', 'exact', NOW).text, 'no consumer')
  t.is(names(press(tree, 'enter')[0])[1], 'ActiveMQ.DLQ', 'folded')
  t.is(names(press(tree, 'left', 'right')[0])[1], 'orders.in')
  t.regex(lastLog(press(tree, 'X')[0]), /many destinations/)
})

test('a name of thousands of parts makes a tree that is deep enough, and no deeper', t => {
  const name = 'a.'.repeat(5000)
  const deep = after(model(), seen(0, [queue(`${name}b`), queue(`${name}c`)]))
  const [tree] = press(deep, '.')
  t.is(tree.sheet.length, 18)
  t.is(tree.sheet.name(0), 'a.>')
})

test('UK-01: the cursor follows its row while the list sorts itself anew', t => {
  const [start] = press(watched(), 'j', 'j')
  t.is(start.tables.queues.selected, queueBean('ActiveMQ.DLQ'))
  const rows = queuesAt(61).map(one => (one.name === 'ActiveMQ.DLQ' ? { ...one, size: 99_999 } : one))
  const later = after(start, seen(1, rows))
  t.is(names(later)[0], 'ActiveMQ.DLQ')
  t.regex(frame(later), /> +ActiveMQ\.DLQ/)
  t.is(later.tables.queues.selectedAt, 0)
  const without = after(later, seen(2, rows.slice(3)))
  t.regex(frame(without), /> +billing\.events/, 'a row that is gone leaves the cursor where it was')
})

test('UK-03: a frozen screen shows what was, and says since when; what is alarming is heard all the same', t => {
  const [frozen] = press(watched(), 'space')
  const later = after(frozen, seen(42, [queue('new', { size: 1 })]))
  t.regex(frame(later), /FROZEN 00:42/)
  t.true(names(later).includes('orders.in'))
  t.deepEqual(names(press(later, 'space')[0]), ['new'])
  t.is(press(watched(), '-')[0].intervalMs, 2000)
  t.is(press(watched(), '+', '+', '+')[0].intervalMs, 500)
  t.is(press(watched(), 'u')[0].units, 'exact')
})

test('UK-06: every key of the table does something, no key is in it twice, and every command can be typed', t => {
  const keys = KEYS.flatMap(group => group.keys)
  const all = keys.flatMap(one => one.keys)
  t.is(new Set(all).size, all.length)
  const [start] = press(watched(), 'j')
  for (const {
    keys: [first = ''],
    command,
  } of keys) {
    const [next, effects] = press(command === 'unfold' || command === 'fold' ? press(start, '.', 'g')[0] : start, first)
    const idle = ['back', 'unfold'].includes(command)
    t.true(idle || next !== start || effects.length > 0, first)
    t.true(COMMAND_WORDS.includes(command))
  }
  const line = (text: string): Model => press(start, ':', ...letters(text), 'enter')[0]
  t.is(line('topics').tab, 'topics')
  t.is(line('interval 5').intervalMs, 5000)
  t.is(line('sort cons').tables.queues.sort, 'consumers')
  t.deepEqual(names(line('filter orders')), ['orders.in', 'orders.retry'])
  t.regex(lastLog(line('purg')), /unknown command "purg"; did you mean "purge"\?/)
  t.deepEqual(press(start, ':', 'e', 'x', 'tab')[0].overlays.at(-1), {
    kind: 'input',
    purpose: { kind: 'command' },
    text: 'export ',
    before: '',
  })
})

test('UK-05: with --read-only no key changes anything, and each says so', t => {
  const start = watched({ readOnly: true })
  for (const {
    keys: [first = ''],
  } of KEYS.flatMap(group => group.keys).filter(({ changes }) => changes)) {
    const [next, effects] = press(start, first)
    t.deepEqual([next.overlays, effects], [[], []], first)
    t.regex(lastLog(next), /--read-only/)
    t.notRegex(frame(next).split('\n')[39] ?? '', new RegExp(` ${first} `))
  }
  const [pressed, effects] = press(start, 'b', ...letters('xR'))
  t.is(pressed.overlays.length, 1)
  t.is(jobOf(effects), undefined)
})

test('UA-01: nothing is done without its own yes; Enter alone is none', t => {
  const start = watched()
  const [asked, none] = press(start, 'j', 'j', 'X')
  t.is(jobOf(none), undefined)
  t.regex(frame(asked), /Purge ActiveMQ\.DLQ[^]*on alpha[^]*312 messages are removed for good/)
  for (const key of ['enter', 'n', 'escape', 'x', 'Y']) t.is(jobOf(press(asked, key)[1]), undefined, key)
  t.deepEqual(jobOf(press(asked, 'y')[1]), {
    label: 'purge ActiveMQ.DLQ',
    url: ALPHA,
    calls: [{ kind: 'exec', bean: queueBean('ActiveMQ.DLQ'), operation: 'purge()', args: [] }],
  })
})

test('UA-02: what loses more than 1,000 messages takes the typed name of the queue', t => {
  const [asked] = press(watched(), 'X')
  t.is(jobOf(press(asked, 'y')[1]), undefined)
  t.is(jobOf(press(asked, ...letters('orders.i'), 'enter')[1]), undefined)
  t.is(jobOf(press(asked, ...letters('orders.in'), 'enter')[1])?.label, 'purge orders.in')
})

test('UA-04: a question whose answer changed meanwhile is asked again, not done', t => {
  const [asked] = press(watched(), 'j', 'j', 'X')
  const rows = queuesAt(61).map(one => (one.name === 'ActiveMQ.DLQ' ? { ...one, size: 700 } : one))
  const changes: readonly (readonly [RegExp, Message])[] = [
    [/it has 700 messages by now/, seen(1, rows)],
    [/another epoch began/, answer(ALPHA, NOW + 1000, factsAt(61, { pair: pair({ epoch: 9 }) }))],
  ]
  for (const [why, message] of changes) {
    const [again, effects] = press(after(asked, message), 'y')
    t.is(jobOf(effects), undefined)
    t.regex(frame(again), why)
    t.not(jobOf(press(again, 'y')[1]), undefined, 'asked anew it can be answered')
  }
  const [gone, effects] = press(
    after(
      asked,
      seen(
        1,
        queuesAt(61).filter(({ name }) => name !== 'ActiveMQ.DLQ'),
      ),
    ),
    'y',
  )
  t.is(jobOf(effects), undefined)
  t.regex(lastLog(gone), /not done, it is gone meanwhile/)
})

test('UK-05: pause, move, retry, delete, drop and verify ask the broker what they say', t => {
  const start = watched()
  const calls = (...keys: readonly string[]): readonly unknown[] => jobOf(press(start, ...keys)[1])?.calls ?? []
  const on = (name: string, operation: string, ...args: readonly unknown[]): unknown => ({
    kind: 'exec',
    bean: queueBean(name),
    operation,
    args,
  })
  const broker = 'org.apache.activemq:brokerName=shop,type=Broker'
  t.deepEqual(calls('P', 'y'), [on('orders.in', 'pause')])
  t.deepEqual(calls(...letters('jjjjjj'), 'P', 'y'), [on('audit.archive', 'resume')])
  t.deepEqual(calls('j', 'j', 'R', 'y'), [on('ActiveMQ.DLQ', 'retryMessages')])
  t.deepEqual(calls('j', 'j', 'M', ...letters('mail'), 'tab', 'enter', 'y'), [
    on('ActiveMQ.DLQ', 'moveMatchingMessagesTo(java.lang.String,java.lang.String)', null, 'mail.out'),
  ])
  t.deepEqual(calls('j', 'j', 'M', ...letters('topic://t'), 'enter', 'y'), [], 'it would keep nothing')
  t.deepEqual(calls('j', 'j', 'D', 'y'), [
    { kind: 'exec', bean: broker, operation: 'removeQueue', args: ['ActiveMQ.DLQ'] },
  ])
  t.deepEqual(calls('4', 'K', 'y'), [{ kind: 'exec', bean: 'connection 0', operation: 'stop', args: [] }])
  t.deepEqual(press(start, 'V')[1], [{ type: 'verify', urls: [ALPHA, BETA] }])
  // The twin cannot be asked from here, as on two machines by default: the two compare over their own link.
  const one = (inSync: boolean): Model => after(model(), answer(ALPHA, NOW, factsAt(0, { pair: pair({ inSync }) })))
  t.deepEqual(press(one(true), 'V')[1], [{ type: 'verify', urls: [ALPHA] }])
  t.deepEqual(press(one(false), 'V')[1], [])
  t.deepEqual(
    calls('j', 'j', 'v', 'v', 'P', 'y'),
    [on('ActiveMQ.DLQ', 'pause'), on('billing.events', 'pause')],
    'marked rows',
  )
  const subscription = {
    bean: 'sub',
    destination: 'prices',
    kind: 'topic',
    clientId: 'c',
    name: 'd',
    selector: null,
    active: false,
    slow: false,
    pending: 9,
    dispatched: 0,
    enqueued: 0,
    dequeued: 0,
  } as const
  const offline = after(
    start,
    answer(ALPHA, NOW + 1000, factsAt(61, { subscriptions: [subscription], durables: [subscription] })),
  )
  t.deepEqual(jobOf(press(offline, '3', 'D', 'y')[1])?.calls, [
    { kind: 'exec', bean: broker, operation: 'destroyDurableSubscriber', args: ['c', 'd'] },
  ])
  t.regex(frame(press(offline, 'a')[0]), /9 messages kept for 1 offline durable subscriber/)
})

test('UK-04: messages are a list over the screen; one can be read, copied, retried, moved or deleted', t => {
  const [asked, effects] = press(watched(), 'j', 'j', 'b')
  const bean = queueBean('ActiveMQ.DLQ')
  const own = 'io.tandemmq:type=Messages,brokerName=shop'
  const browsing = { url: ALPHA, bean, name: 'ActiveMQ.DLQ', own, after: null }
  t.deepEqual(effects, [{ type: 'browse', asked: browsing }])
  const one = { key: null, id: 'ID:1', at: NOW - 5000, priority: 4, persistent: true, redelivered: true } as const
  const whole = { ...one, body: 'hello', headers: [['dlqDeliveryFailureCause', 'poison']] } as const
  const page = (list: readonly MessageFacts[], next: number | null, after: number | null = null): Message => ({
    type: 'messages',
    asked: { ...browsing, after },
    page: { list, next },
    problem: null,
  })
  const list = after(asked, page([whole], null))
  t.regex(frame(list), /ID:1 .* 5s +4 persist again hello/)
  const [open] = press(list, 'enter')
  t.regex(frame(open), /dlqDeliveryFailureCause: poison/)
  t.deepEqual(press(open, 'y')[1], [{ type: 'copy', text: 'hello' }])
  const call = (...keys: readonly string[]): unknown => jobOf(press(list, ...keys)[1])?.calls
  const on = (operation: string, ...args: readonly unknown[]): unknown => [{ kind: 'exec', bean, operation, args }]
  t.deepEqual(call('R', 'y'), on('retryMessage', 'ID:1'))
  t.deepEqual(call('D', 'y'), on('removeMessage', 'ID:1'))
  t.deepEqual(call('M', 'q', 'enter', 'y'), on('moveMessageTo', 'ID:1', 'q'))
  t.is(call('M', ...letters('topic://t'), 'enter', 'y'), undefined)
  // A TandemMQ sends pages without bodies: one more behind the end, and a body when it is opened.
  const short = { ...whole, key: 42, body: 'hel', headers: [] }
  const paged = after(asked, page([short], 42))
  t.regex(frame(paged), /1\/1\+/)
  const [, more] = press(paged, 'j')
  t.deepEqual(more, [{ type: 'browse', asked: { ...browsing, after: 42 } }])
  const longer = after(paged, page([{ ...short, id: 'ID:2' }], null, 42))
  t.regex(frame(longer), /ID:1 [^]*ID:2 /)
  const [opened, read] = press(longer, 'enter')
  t.deepEqual(read, [{ type: 'read', url: ALPHA, own, name: 'ActiveMQ.DLQ', key: 42 }])
  t.regex(frame(after(opened, { type: 'message', key: 42, message: { ...whole, key: 42 } })), /poison[^]*hello/)
  t.regex(frame(after(opened, { type: 'message', key: 42, message: null })), /not in the queue any more/)
})

test('UA-02: handover where the active answers; promotion where it does not, and force as a second question', t => {
  const start = watched()
  t.is(jobOf(press(start, 'F', ...letters('beta'))[1]), undefined)
  t.deepEqual(jobOf(press(start, 'F', ...letters('beta'), 'enter')[1]), {
    label: 'hand over to beta',
    url: ALPHA,
    calls: [{ kind: 'handover' }],
  })
  const failed: Message = { type: 'failed', url: ALPHA, reason: 'connect ECONNREFUSED', now: NOW + 3000, failures: 1 }
  const alone = { ...passiveFactsAt(61), pair: passivePair({ state: 'DISCONNECTED', inSync: false, policy: 'manual' }) }
  const [asked] = press(after(start, failed, answer(BETA, NOW + 3000, alone)), 'F')
  t.regex(frame(asked), /Promote beta[^]*policy manual[^]*heard 3s ago/)
  const job = jobOf(press(asked, ...letters('beta'), 'enter')[1])
  t.deepEqual(job?.calls, [{ kind: 'promote', force: false }])
  const refused = after(press(asked, ...letters('beta'), 'enter')[0], {
    type: 'ran',
    job: job as Job,
    tookMs: 3,
    problems: ['the other node answers as active'],
    said: '',
  })
  t.regex(frame(refused), /Force beta to lead[^]*refused: the other node answers as active[^]*salvaged by hand/)
  t.deepEqual(jobOf(press(refused, ...letters('beta'), 'enter')[1])?.calls, [{ kind: 'promote', force: true }])
  t.regex(lastLog(press(after(model(), answer(ALPHA, NOW, factsAt(0, { pair: null }))), 'F')[0]), /not part of a pair/)
})

test('UA-03: what was done is in the log with its time; a failure stays until it is acknowledged', t => {
  const start = watched()
  const job = { label: 'purge orders.in', url: ALPHA, calls: [] }
  t.is(
    lastLog(after(start, { type: 'ran', job, tookMs: 31, problems: [], said: '' })),
    'done on alpha: purge orders.in, 31 ms',
  )
  const failed = after(start, { type: 'ran', job, tookMs: 31, problems: ['Access denied'], said: '' })
  const hourLater = after(failed, { type: 'tick', now: NOW + 3_600_000 })
  t.true(
    raisedOf(hourLater.alerts).some(({ condition }) =>
      /failed on alpha: purge orders\.in: Access denied/.test(condition.sentence),
    ),
  )
  const at = raisedOf(hourLater.alerts).findIndex(({ condition }) => condition.id.startsWith('failure'))
  const [seenIt] = press(hourLater, 'a', ...Array.from({ length: at }, () => 'j'), 'a')
  const over = after(seenIt, { type: 'tick', now: NOW + 3_600_500 })
  t.false(raisedOf(over.alerts).some(({ condition }) => condition.id.startsWith('failure')))
})

test('UD-08: an alert must hold before it is raised and stay away before it is over; acknowledged it dims', t => {
  const rows = (size: number): readonly ReturnType<typeof queue>[] => [queue('orders', { size, consumers: 0 })]
  const at = (start: Model, second: number, size: number): Model => after(start, seen(second, rows(size)))
  const alert = (one: Model): string | undefined => raisedOf(one.alerts)[0]?.condition.sentence
  let now = at(model(), 0, 7)
  t.is(alert(now), undefined)
  now = at(now, 9, 7)
  t.is(alert(now), undefined)
  now = at(now, 10, 8)
  t.is(alert(now), 'orders has 8 messages, no consumer')
  now = at(now, 12, 0)
  t.is(alert(now), 'orders has 8 messages, no consumer', 'not over at once')
  now = at(now, 18, 0)
  t.is(alert(now), undefined)
  const [seenIt] = press(at(at(model(), 0, 7), 10, 7), 'a', 'a')
  t.regex(frame(press(seenIt, 'escape')[0]), /CRIT 12:04 orders has 7 messages, no consumer \(seen\)/)
  t.regex(frame(press(at(at(model(), 0, 7), 10, 7), 'a')[0]), /next: start its consumer/)
})

test('UD-08, M-10: lag, a full store, a clock that is off, two versions, damage and copies that differ are alerts', t => {
  const raisedBy = (change: Parameters<typeof factsAt>[1], seconds = 12): readonly string[] => {
    const messages = Array.from({ length: seconds }, (_, i) =>
      answer(
        ALPHA,
        NOW + i * 1000,
        factsAt(60 + i, {
          queues: { rows: [], total: 0, chosen: false },
          ...change,
          ...(change?.nodeSeconds === undefined ? {} : { nodeSeconds: change.nodeSeconds + i }),
        }),
      ),
    )
    return raisedOf(after(model(), ...messages).alerts).map(
      ({ condition: { level, sentence } }) => `${level} ${sentence}`,
    )
  }
  const peer = pair().peer as NonNullable<ReturnType<typeof pair>['peer']>
  t.deepEqual(raisedBy({}), [])
  t.deepEqual(raisedBy({ pair: pair({ peer: { ...peer, lagMs: 4200 } }) }), ['warn alpha: the passive is 4.2 s behind'])
  t.deepEqual(raisedBy({ pair: pair({ peer: { ...peer, lagMs: 4200 } }) }, 5), [])
  t.deepEqual(raisedBy({ pair: pair({ peer: { ...peer, lagMs: 42_000 } }) }), [
    'crit alpha: the passive is 42.0 s behind',
  ])
  const differs = { at: NOW, ok: false, replaced: false }
  t.deepEqual(raisedBy({ pair: pair({ verify: differs }) }), ['crit alpha: the copies differ'])
  t.deepEqual(raisedBy({ pair: pair({ verify: { ...differs, replaced: true } }) }), [
    'info alpha: the copies differed; the passive got what differed anew, and nobody has compared since',
  ])
  const damaged = ['tandemmq-0000000000000000.journal at byte 4096: the record does not verify']
  const health = `Getting Worried { io.tandemmq.damage: ERROR ${damaged[0]} from io.tandemmq:type=Store,brokerName=alpha }`
  t.deepEqual(raisedBy({ pair: pair({ damaged }), health }), [`crit alpha: 1 damaged file: ${damaged[0]}`])
  const broker = factsAt(0).broker as NonNullable<ReturnType<typeof factsAt>['broker']>
  t.deepEqual(raisedBy({ broker: { ...broker, storePercent: 84 } }), [
    'warn alpha: store is 84 % full; senders wait at 100 %',
  ])
  t.deepEqual(raisedBy({ nodeSeconds: NOW / 1000 + 60 }), ['warn alpha: its clock is 60.0 s ahead of this one'])
  t.deepEqual(
    raisedBy({
      health:
        'Getting Worried { org.apache.activemq.noConsumer: WARNING no , org.apache.activemq.FreeDiskSpaceLeft: WARNING little room }',
    }),
    ['info alpha: little room'],
  )
  const ends = (level: string, text: string): string =>
    `Getting Worried { io.tandemmq.certificate.ssl: ${level} connector "ssl": the certificate CN=a, O=b ${text} from x }`
  t.deepEqual(raisedBy({ health: ends('WARNING', 'expires on 2026-12-10, in 10 days') }, 1), [
    'warn alpha: connector "ssl": the certificate CN=a, O=b expires on 2026-12-10, in 10 days from x',
  ])
  t.deepEqual(raisedBy({ health: ends('ERROR', 'expired on 2026-11-20') }, 1), [
    'crit alpha: connector "ssl": the certificate CN=a, O=b expired on 2026-11-20 from x',
  ])
  const older = { ...passiveFactsAt(61), pair: passivePair({ version: '1.3.9' }) }
  const mixed = after(watched(), answer(BETA, NOW + 1000, older), answer(BETA, NOW + 7000, older))
  t.regex(frame(press(mixed, 'a')[0]), /the nodes run different versions, 1\.4\.0 and 1\.3\.9/)
})

test('UD-06: a login is asked for once, in place; the password is on no screen and goes to that node only', t => {
  const locked: Message = {
    type: 'answered',
    url: ALPHA,
    facts: { pair: pair() },
    now: NOW,
    tookMs: 5,
    locked: 'asks for a login',
    twin: null,
  }
  const asked = after(model(), locked)
  const [half] = press(asked, ...letters('admin'), 'enter', ...letters('s3cret'))
  t.regex(frame(half), /Login[^]*user +admin[^]*password +\*{6}_/)
  t.notRegex(frame(half), /s3cret/)
  const [done, effects] = press(half, 'enter')
  t.deepEqual(effects, [{ type: 'login', url: ALPHA, user: 'admin', password: 's3cret' }])
  t.notRegex(JSON.stringify(done), /s3cret/)
  const [declined] = press(asked, 'escape')
  t.deepEqual(after(declined, locked).overlays, [], 'not twice')
  t.regex(frame(declined), /ACTIVE {2}alpha {2}PAIRED[^\n]*LOGIN/, 'what needs no login is shown')
  t.regex(lastLog(press(after(declined, seen(0), locked), 'P')[0]), /asks for a login first/)
})

test('UD-04: a node that does not answer is asked again after 1 2 4 8 10 s; nothing is changed there', t => {
  t.deepEqual([1, 2, 3, 4, 5, 9].map(retryAfterMs), [1000, 2000, 4000, 8000, 10_000, 10_000])
  const failed: Message = {
    type: 'failed',
    url: ALPHA,
    reason: 'did not answer within 2000 ms',
    now: NOW + 1000,
    failures: 1,
  }
  const dead = after(watched(), failed)
  t.regex(lastLog(press(dead, 'P')[0]), /beta is the passive/)
  const none = after(dead, { ...failed, url: BETA })
  t.regex(lastLog(press(none, 'P')[0]), /does not answer; nothing can be changed/)
  t.regex(lastLog(after(none, seen(9))), /alpha answers again after 00:08/)
})

test('UD-01: one bulk request a tick; of more than 2,000 destinations the broker sends a page of what is sorted by', t => {
  const start = watched()
  const known = {
    bean: 'org.apache.activemq:brokerName=shop,type=Broker',
    queues: ALL_ROWS_MAX,
    topics: null,
    own: true,
  }
  const about = (one: Model, queues = ALL_ROWS_MAX): readonly string[] =>
    questionsFor(demandOf(one), { ...known, queues }).map(question => question.about)
  t.deepEqual(about(start), [
    'broker',
    'health',
    'queues',
    'durables',
    'connections',
    'pair',
    'traffic',
    'store',
    'oldest',
  ])
  t.true(about(press(start, '2')[0]).includes('topics'))
  t.true(about(press(start, '3')[0]).includes('subscriptions'))
  t.true(about(press(start, 'enter')[0]).includes('detail'))
  const many = questionsFor(demandOf(typed(start, 'orders')), { ...known, queues: 10_000 })
  t.deepEqual(many.find(question => question.about === 'queues-page')?.request, {
    type: 'exec',
    mbean: known.bean,
    operation: 'queryQueues',
    arguments: ['{"name":"orders","filter":"","sortColumn":"queueSize","sortOrder":"desc"}', 1, 500],
  })
  const page = {
    data: { 'x:destinationName=a': { name: 'a', queueSize: 7, dlq: true, inFlightCount: 2 } },
    count: 9999,
  }
  const { queues } = readAnswers(
    many,
    many.map(({ about: what }) => ({
      ok: true,
      value: what === 'queues-page' ? JSON.stringify(page) : {},
      timestamp: 1,
    })),
  )
  t.is(queues?.total, 9999)
  t.like(queues?.rows[0], { name: 'a', size: 7, dlq: true, inFlight: 2 })
})

test('an answer that is nonsense says nothing, and throws nowhere', t => {
  const questions = questionsFor(
    { ...demandOf(press(watched(), '3')[0]), detail: 'x' },
    { bean: 'b', queues: 10_000, topics: 10_000, own: true },
  )
  for (const value of [null, 7, 'text', [], {}, { a: null }, { a: [] }, { a: { Name: 7, QueueSize: 'x' } }]) {
    const facts = readAnswers(
      questions,
      questions.map(() => ({ ok: true, value, timestamp: 1 })),
    )
    t.notThrows(() => frame(after(watched(), answer(ALPHA, NOW + 1000, { ...facts, pair: null }))))
  }
  t.notThrows(() => readAnswers(questions, []))
})

test('e and --json: the table as CSV without formulas, the screen as JSON', t => {
  const rows = [queue('=cmd()', { size: 7 }), queue('a,"b"', { size: 1234 })]
  const [, effects] = press(after(model(), seen(0, rows)), 'e')
  const [effect] = effects
  t.like(effect, { type: 'export', name: 'tandemmq-queues-120431.csv' })
  t.regex(effect?.type === 'export' ? effect.text : '', /^QUEUE,SIZE,.*\n"a,""b""",1234,.*\n'=cmd\(\),7,/)
  t.like(jsonOf(watched()), {
    pair: 'PAIRED',
    split: false,
    active: { name: 'alpha' },
    passive: { name: 'beta' },
    queueTotal: 13,
  })
})

test('UK-07: a click selects a row, sorts by a column and changes the table; the wheel moves; under a box neither does', t => {
  const start = watched()
  const click = (from: Model, y: number, x: number): Model => {
    const hit = view(from).hits.find(one => one.y === y && x >= one.from && x < one.to)
    return hit === undefined ? from : after(from, { type: 'pick', what: hit.target })
  }
  const line = (text: string): readonly [number, number] => {
    const lines = frame(start).split('\n')
    const y = lines.findIndex(one => one.includes(text))
    return [y, lines[y]?.indexOf(text) ?? -1]
  }
  t.is(click(start, ...line('mail.out')).tables.queues.selected, queueBean('mail.out'))
  t.is(click(start, ...line('[2] topics')).tab, 'topics')
  const sorted = click(start, ...line('CONS'))
  t.is(names(sorted)[0], 'price.tick')
  t.not(names(click(sorted, ...line('CONS')))[0], 'price.tick', 'again: the other way')
  t.is(after(start, { type: 'wheel', by: 3 }).tables.queues.selectedAt, 3)
  const [help] = press(start, '?')
  t.deepEqual(view(help).hits, [])
  t.regex(frame(after(help, { type: 'wheel', by: 3 })), /Keys [^\n]* 4-\d+ of/)
  t.deepEqual(press(start, 'm')[1], [{ type: 'mouse', on: true }])
})
