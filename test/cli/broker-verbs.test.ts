import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import type { Terminal } from '../../src/cli/cli.ts'
import { jettyXml, REALM } from '../config/jetty-files.ts'
import { pair } from '../contract/twins.ts'
import { brokerXml, World } from '../contract/world.ts'
import { HTTP, shop } from './shop.ts'
import { connection, ofInstance } from '../../src/cli/connection.ts'
import { PidFile } from '../../src/cli/pid-file.ts'
import { call, type Answer } from './terminal.ts'

const BIN = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../../../bin/tandemmq.js' : '../../bin/tandemmq.js', import.meta.url),
)
test('CT-03 CT-04 CT-05: list, bstat and dstat print the lines that ActiveMQ prints', async t => {
  const { run, send } = await shop(t)
  t.deepEqual(await run('list'), { code: 0, out: 'brokerName = test\n\n', err: '' })
  await send('/queue/orders', 'a')
  await send('/queue/orders', 'b')
  await send('/topic/news', 'c')
  const row = (name: string, ...cells: readonly unknown[]): string =>
    `${[name.padEnd(50), ...cells.map(cell => String(cell).padStart(10))].join('  ')}\n`
  const titles = ['Queue Size', 'Producer #', 'Consumer #', 'Enqueue #', 'Dequeue #', 'Forward #', 'Memory %']
  t.is(
    (await run('dstat')).out,
    row('Name', ...titles) + row('news', 0, 0, 0, 1, 0, 0, 0) + row('orders', 2, 0, 0, 2, 0, 0, 0),
  )
  t.is((await run('dstat', 'queues')).out, row('Name', ...titles, 'Inflight #') + row('orders', 2, 0, 0, 2, 0, 0, 0, 0))
  t.is((await run('dstat', 'topics', '-o', 'name')).out, 'news\n')
  const bstat = (await run('bstat')).out
  t.regex(bstat, /^BrokerName = test\n(?:\w+ = .*\n)*TotalMessageCount = 2\n/)
  t.regex(bstat, /\n\nName = orders\ndestinationName = orders\ndestinationType = Queue\nEnqueueCount = 2\n/)
  t.is((await run('bstat', 'tes*')).code, 0)
  const other = await run('bstat', 'another')
  t.deepEqual([other.code, other.out], [5, ''])
  t.regex(other.err, /is "test", not "another"/)
})

test('CT-06: query finds beans by type and pattern, shows what is asked for, and calls operations', async t => {
  const { run } = await shop(t)
  for (const name of ['orders', 'other', 'x']) await run('queues', 'create', name)
  await run('topics', 'create', 'orders')
  t.is(
    (await run('query', '-QQueue=o*', '--view', 'QueueSize,Name')).out,
    'QueueSize = 0\nName = orders\n\nQueueSize = 0\nName = other\n\n',
  )
  t.is((await run('query', '-QQueue=*', '-xQQueue=o*', '--view=Name')).out, 'Name = x\n\n')
  t.is(
    (await run('query', '--objname', 'type=Broker,brokerName=*', '--view', 'BrokerName')).out,
    'BrokerName = test\n\n',
  )
  t.regex(
    (await run('query', '-QQueue=orders')).out,
    /^brokerName = test\n(?:.+ = .*\n)*destinationName = orders\n(?:.+ = .*\n)*QueueSize = 0\n/,
  )
  t.like(JSON.parse((await run('query', '-QTopic=orders', '--json')).out), [
    { Name: 'orders', destinationType: 'Topic' },
  ])
  const bean = 'org.apache.activemq:brokerName=test,destinationName=orders,destinationType=Queue,type=Broker'
  t.deepEqual(await run('query', '-QQueue=orders', '--invoke', 'pause'), {
    code: 0,
    out: `[${bean}].pause = null\n`,
    err: '',
  })
  t.is((await run('query', '-QQueue=orders', '--view=Paused')).out, 'Paused = true\n\n')
  // A topic has no such operation: what could be done is done, and the other is named.
  const some = await run('query', '-QQueue=orders', '-QTopic=orders', '--invoke', 'resume')
  t.is(some.code, 7)
  t.regex(some.err, /destinationType=Topic,type=Broker\]\.resume: No operation resume found/)
  const purging = await run('query', '-QQueue=*', '--invoke', 'purge')
  t.is(purging.code, 6)
  t.regex(purging.err, /not confirmed: call purge of 3 beans at/)
  t.is((await run('query', '-QQueue=x', '--invoke', 'purge', '--dry-run')).out, 'would call purge of 1 beans\n')
  t.is((await run('query', '-QQueue=x', '--invoke', 'purge', '--yes')).code, 0)
  t.is((await run('query', '-QQueue=o*', '--view=Name', '-o', 'jsonl')).out, '{"Name":"orders"}\n{"Name":"other"}\n')
  t.regex((await run('query', '-o', 'csv')).err, /-o csv: choose one of json, jsonl, yaml/)
  t.is((await run('query', '-QQueue=nobody')).code, 0)
  t.regex((await run('query', '-QQueues=x')).err, /^tandemmq query: -QQueues: choose one of Broker, Connection/)
})

test('CT-07 TU-05: purge removes after a yes, of a person or in the call, and says what it would remove', async t => {
  const { run, as, send, world } = await shop(t)
  for (let i = 0; i < 3; i++) await send('/queue/orders', `${i}`, { customer: i === 0 ? 'acme-1' : 'other' })
  await send('/queue/payments', 'p')
  const sizes = async (): Promise<string> =>
    (await run('queues', 'list', '-o', 'csv', '--columns', 'size', '--no-headers')).out
  t.is((await run('purge', '--dry-run', 'ord*')).out, 'would remove 3 messages of orders\n')
  const unasked = await run('purge', 'orders')
  t.is(unasked.code, 6)
  t.regex(unasked.err, /not confirmed: remove all 3 messages of queue "orders" at http.*\n {2}next: add --yes/)
  let question = ''
  const no = await as({ ask: async text => ((question = text), 'n') }, 'purge', 'orders')
  t.is(no.code, 6)
  t.regex(question, /^remove all 3 messages of queue "orders" at http:\/\/127\.0\.0\.1:\d+\? \[y\/N\] $/)
  t.is(await sizes(), '3\n1\n')

  const some = await run('purge', '--yes', '--msgsel', "customer='acme-*',JMSPriority<9", 'orders')
  t.is(some.out, "INFO: Removed: 1 messages for message selector (customer LIKE 'acme-%') AND (JMSPriority<9)\n")
  t.is(await sizes(), '2\n1\n')
  t.is((await as({ ask: async () => 'y' }, 'purge', 'orders')).out, 'INFO: Purging all messages in queue: orders\n')
  t.is(await sizes(), '0\n1\n')
  const unknown = await run('purge', '--yes', 'ordres')
  t.deepEqual([unknown.code, unknown.out], [5, ''])
  t.regex(unknown.err, /queue "ordres" does not exist at .*\n {2}next: did you mean "orders"\?/)
  // A script that was written for ActiveMQ cannot answer.
  const compat = await as({ compat: true }, 'purge')
  t.is(compat.out, 'INFO: Purging all messages in queue: orders\nINFO: Purging all messages in queue: payments\n')
  t.is(await sizes(), '0\n0\n')
  t.is((await call(['purge', '--yes', 'nothing*', '--url', `http://${world.running.http}`])).code, 0)
})

test('a destination in use is not deleted, and that is a state it is in, as of a durable subscription', async t => {
  const { run, world } = await shop(t)
  const client = await world.connect()
  for (const destination of ['/queue/used', '/topic/used'])
    await client.receipted('SUBSCRIBE', { id: destination, destination })
  for (const noun of ['queues', 'topics']) {
    const { code, err } = await run(noun, 'delete', 'used', '--yes')
    t.is(code, 6, err)
    t.regex(err, /Destination still has an active subscription/)
  }
})

test('a selector that cannot be read is said to be one', async t => {
  const { run, send } = await shop(t)
  await send('/queue/orders', 'one')
  for (const words of [
    ['browse', 'orders'],
    ['queues', 'peek', 'orders'],
    ['purge', 'orders', '--yes'],
  ]) {
    const { code, err } = await run(...words, '--msgsel', 'customer=')
    t.is(code, 1, words.join(' '))
    t.regex(err, /this selector cannot be read: \(?customer=\)?\n/, words.join(' '))
  }
})

test('CT-08: browse prints the fields of each message, and nothing that a client sent reaches the terminal as a command', async t => {
  const { run, send } = await shop(t)
  await send('/queue/orders', 'hello\nworld', { colour: 'red', 'correlation-id': 'c1' })
  await send('/queue/orders', 'bad \u001b[2J\u009b2J end', { 'evil\u001b]0;x\u0007': '\u001b[31m' })
  const all = (await run('browse', 'orders')).out
  const [first = '', second = ''] = all.split('\n\n')
  for (const line of [
    'JMS_HEADER_FIELD:JMSCorrelationID = c1',
    'JMS_HEADER_FIELD:JMSDestination = queue://orders',
    'JMS_HEADER_FIELD:JMSDeliveryMode = PERSISTENT',
    'JMS_CUSTOM_FIELD:colour = red',
    'JMS_BODY_FIELD:JMSText = hello\nworld',
  ])
    t.true(`${first}\n`.includes(`${line}\n`), `${line} in\n${first}`)
  t.notRegex(all, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  t.true(second.includes('JMS_BODY_FIELD:JMSText = bad \\u001b[2J\\u009b2J end'))
  t.regex((await run('browse', '-Vheader', 'orders')).out, /^(?:JMS_HEADER_FIELD.*\n)+\n(?:JMS_HEADER_FIELD.*\n)+\n$/)
  const viewed = await run('browse', '-Vbody', '--view', 'custom:colour', '--msgsel', "colour='r*'", 'queue:orders')
  t.is(viewed.out, 'JMS_CUSTOM_FIELD:colour = red\nJMS_BODY_FIELD:JMSText = hello\nworld\n\n')
  t.is((JSON.parse((await run('browse', '--json', 'orders')).out) as unknown[]).length, 2)
  await run('queues', 'create', 'pay\u001b[2J')
  const suggested = (await run('browse', 'pay')).err + (await run('browse', 'pay\u001b[2')).err
  t.true(suggested.includes('did you mean "pay\\u001b[2J"?'), suggested)
  t.notRegex(suggested, /\u001b/)
  t.is((await run('browse', 'nobody')).code, 5)
  t.regex((await run('browse', '-Vall', 'orders')).err, /-Vall: choose header, custom or body/)
  t.regex((await run('queues', 'peek', 'orders', '--limit', '1')).out, /^ID:\S+ {2}hello\\u000aworld\n$/)
})

test('TC-06 TU-02: queues are listed in several forms, filtered, sorted and limited', async t => {
  const { run, as, send } = await shop(t)
  for (const [name, count] of [
    ['a', 1],
    ['b', 3],
    ['c "d"', 2],
  ] as const)
    for (let i = 0; i < count; i++) await send(`/queue/${name}`, 'x')
  const list = async (...args: readonly string[]): Promise<string> => (await run('queues', 'list', ...args)).out
  t.is(await list('--columns', 'name,size'), 'NAME   SIZE\na         1\nb         3\nc "d"     2\n')
  t.is(await list('--sort=size', '--limit=2', '-o', 'name'), 'b\nc "d"\n')
  t.is(await list('--filter', '?', '--columns=size', '-ocsv'), 'size\n1\n3\n')
  t.is(await list('--columns=name', '-o', 'csv', '--no-headers'), 'a\nb\n"c ""d"""\n')
  t.is(await list('--columns=name,size', '--filter=b', '-o', 'jsonl'), '{"name":"b","size":3}\n')
  t.like(JSON.parse(await list('--json')), [{ name: 'a', size: 1, paused: false, consumers: 0 }])
  for (const [args, said] of [
    [['--columns', 'nam'], /there is no column "nam"; there are name, size/],
    [['-o', 'yml'], /-o yml: choose one of table, wide, json, jsonl, yaml, csv, name; did you mean yaml\?/],
    [['--sort', 'x'], /--sort x: choose one of name, size/],
    [['--limit', 'x'], /--limit x: write a number/],
    [['--watch', 'x'], /--watch: "x" is no time/],
    [['--watch', '0'], /--watch 0 would not rest between two requests; write 2s/],
    [['more'], /"more" is one word too many/],
  ] as const) {
    const { code, err } = await run('queues', 'list', ...args)
    t.is(code, 2)
    t.regex(err, said)
  }
  let [stop, shown]: [() => void, string] = [() => undefined, '']
  const more = { onStop: (end: () => void) => void (stop = end), out: say }
  function say(text: string): void {
    shown += text
    if (shown === 'a\n\na\n\na\n') stop()
  }
  t.is((await as(more, 'queues', 'list', '--watch=1ms', '--no-headers', '--filter=a', '--columns=name')).code, 0)
})

test('TC-06: queues are created, paused, resumed, shown and deleted, and their messages moved, copied and sent back', async t => {
  const { run, send } = await shop(t)
  const said = async (...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await run('queues', ...args)
    t.deepEqual([code, err], [0, ''], args.join(' '))
    return out
  }
  const sizes = (): Promise<string> => said('list', '-o', 'jsonl', '--columns', 'name,size')
  t.is(await said('create', '--dry-run', 'a'), 'would create queue a\n')
  t.is(await said('create', 'a'), 'created queue a\n')
  t.is(await said('pause', 'a'), 'paused a\n')
  t.is(await said('list', '--columns', 'paused', '--no-headers'), 'true\n')
  t.is(await said('resume', 'a'), 'resumed a\n')
  t.regex(await said('show', 'a'), /^Name +a\nQueueSize +0\n/)
  for (const kind of ['x', 'y', 'y']) await send('/queue/a', kind, { kind })
  t.is(await said('copy', 'a', 'b', '--max', '2'), 'copied 2 messages to b\n')
  t.is(await said('move', 'a', 'b', '--msgsel', "kind='y'", '--yes'), 'moved 2 messages to b\n')
  t.is(await sizes(), '{"name":"a","size":1}\n{"name":"b","size":4}\n')
  const [{ JMSMessageID: id }] = JSON.parse(await said('peek', 'a', '--json')) as [{ JMSMessageID: string }]
  t.is(await said('move', 'a', 'c', '--id', id, '--yes'), 'moved 1 messages to c\n')
  t.is((await run('queues', 'move', 'a', 'c', '--id', id, '--yes')).code, 5)
  t.is((await run('queues', 'move', 'b', 'c')).code, 6)
  t.is(
    await said('purge', 'b', '--yes', '--json'),
    '[\n  {\n    "queue": "b",\n    "removed": 4,\n    "error": null\n  }\n]\n',
  )
  t.is(await said('delete', 'c', '--dry-run'), 'would delete queue "c" with 1 messages\n')
  t.is(await said('delete', 'c', '--yes'), 'deleted queue c\n')
  t.is(await sizes(), '{"name":"a","size":0}\n{"name":"b","size":0}\n')
  t.is((await run('queues', 'delete', 'c', '--yes')).code, 5)
  t.is(await said('purge', 'nothing*', '--json'), '[]\n')
  t.is((await run('queues', 'purge')).code, 2)
  t.regex((await run('queues', 'lst')).err, /^tandemmq queues: unknown action "lst"; did you mean "list"\?\n\nUsage/)
  t.regex((await run('queues', 'move', 'a')).err, /name the queue that they go to/)
  const lost = await run('queues', 'move', 'a', 'topic://nobody', '--yes')
  t.is(lost.code, 2)
  t.regex(lost.err, /topic:\/\/nobody is a topic, which keeps nothing/)
})

test('TC-06: dead letters go back to the queue they came from', async t => {
  const { world, run } = await shop(t)
  const client = await world.connect()
  await client.receipted('SEND', { destination: '/queue/orders', persistent: 'true' }, 'x')
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/orders', ack: 'client-individual' })
  const { headers } = await client.expect('MESSAGE')
  await client.receipted('NACK', { id: headers.get('ack') ?? '' })
  await client.receipted('UNSUBSCRIBE', { id: '1' })
  t.is((await run('queues', 'retry', 'ActiveMQ.DLQ', '--yes')).out, 'moved 1 messages back\n')
  t.is((await run('queues', 'list', '--filter=orders', '--columns=size', '--no-headers')).out, '1\n')
  const other = await run('queues', 'retry', 'orders', '--yes')
  t.deepEqual([other.code, other.out], [6, ''])
  t.regex(other.err, /queue "orders" is no dead letter queue: .*\n {2}next: tandemmq queues move orders TO\n$/)
})

test('TC-06: topics are created, listed, shown and deleted', async t => {
  const { run } = await shop(t)
  t.is((await run('topics', 'create', 'news')).out, 'created topic news\n')
  t.regex((await run('topics', 'list')).out, /^NAME +CONSUMERS .*\nnews +0 /)
  t.regex((await run('topics', 'show', 'news', '--json')).out, /^\{\n {2}"Name": "news"/)
  t.is((await run('topics', 'delete', 'news', '--yes')).code, 0)
  t.is((await run('topics', 'delete', 'news', '--yes')).code, 5)
})

test('TC-06: connections, durable subscriptions and scheduled messages are listed and removed', async t => {
  const { world, run, send } = await shop(t, { attributes: 'schedulerSupport="true"' })
  const subscriber = await world.connect({ 'client-id': 'reader' })
  const durable = { id: 's', destination: '/topic/news', 'activemq.subscriptionName': 'daily' }
  await subscriber.receipted('SUBSCRIBE', durable)
  await send('/topic/news', 'kept')
  const subscriptions = async (): Promise<string> =>
    (await run('subscriptions', 'list', '-o', 'jsonl', '--columns', 'client,name,destination,active')).out
  t.is(await subscriptions(), '{"client":"reader","name":"daily","destination":"news","active":true}\n')
  const used = await run('subscriptions', 'delete', 'reader', 'daily', '--yes')
  t.is(used.code, 6, used.err)
  t.regex(used.err, /in use/)
  t.regex((await run('connections', 'list')).out, /^CLIENT .*\n[^]*^reader +tcp:\/\/127\.0\.0\.1:\d+ +- +stomp /m)
  const wrong = await run('connections', 'kill', 'raeder', '--yes')
  t.is(wrong.code, 5)
  t.regex(wrong.err, /did you mean "reader"\?/)
  t.is((await run('connections', 'kill', 'reader', '--yes')).out, 'closed the connection of "reader"\n')
  await subscriber.closed()
  t.is(await subscriptions(), '{"client":"reader","name":"daily","destination":"news","active":false}\n')
  t.is((await run('subscriptions', 'delete', 'reader', 'daily', '--yes')).code, 0)
  t.is(await subscriptions(), '')

  await send('/queue/later', 'x', { AMQ_SCHEDULED_DELAY: '3600000' })
  const [job] = JSON.parse((await run('schedule', 'list', '--json')).out) as [Readonly<Record<string, unknown>>]
  t.like(job, { delay: 3_600_000 })
  t.is((await run('schedule', 'cancel', 'nobody', '--yes')).code, 5)
  t.is((await run('schedule', 'cancel', String(job['job']), '--yes')).code, 0)
  t.is((await run('schedule', 'list', '-o', 'name')).out, '')

  // A table shows 5000 of them, those that are due first; the others are there all the same.
  const many = await world.connect()
  const later = { destination: '/queue/later', AMQ_SCHEDULED_DELAY: '3600000' }
  for (let i = 0; i < 5000; i++) many.send('SEND', later)
  await many.receipted('SEND', { ...later, AMQ_SCHEDULED_DELAY: '7200000' })
  const listed = await run('schedule', 'list', '-o', 'name')
  t.regex(listed.err, /of 5001 jobs, those 5000 that are due first/)
  const last = [...world.running.broker.state.schedule.keys()].at(-1)
  t.false(listed.out.includes(`job-${last}`))
  t.is((await run('schedule', 'cancel', 'nobody', '--yes')).code, 5)
  t.is((await run('schedule', 'cancel', `job-${last}`, '--yes')).code, 0)
  t.is((await run('schedule', 'list', '-o', 'name')).err, '')
  const without = await shop(t)
  t.regex((await without.run('schedule', 'list')).err, /has no scheduler\n {2}next: schedulerSupport="true"/)
})

test('CT-02: stop asks a broker elsewhere over HTTP, waits until it is gone, and leaves one of another name alone', async t => {
  const { world, run, url } = await shop(t)
  const other = await run('stop', 'another')
  t.deepEqual([other.code, other.out], [5, 'another did not match any running brokers.\n'])
  const stopped = await run('stop', 'test', 'another')
  t.is(stopped.code, 0, stopped.err)
  t.is(
    stopped.out,
    'another did not match any running brokers.\nStopping broker: test\nSuccesfully stopped broker: test\n',
  )
  await world.running.stopped
  const gone = await run('stop', '--url', url)
  t.is(gone.code, 3)
  t.regex(gone.err, /does not answer: .*ECONNREFUSED/)
})

test('TU-04: what is asked of the passive is done by its active, unless it is about itself or says --no-follow', async t => {
  const [one, two] = await pair(t, {}, HTTP)
  const [active, passive] = [`http://${one.running.http}`, `http://${two.running.http}`]
  const refused = await call(['queues', 'create', 'orders', '--no-follow', '--url', passive])
  t.is(refused.code, 6)
  t.regex(refused.err, /is the passive: it changes nothing/)
  const done = await call(['queues', 'create', 'orders', '--url', passive])
  t.deepEqual([done.code, done.out], [0, 'created queue orders\n'])
  t.is(done.err, `INFO: ${passive} is the passive; its active at ${active} is asked\n`)
  t.deepEqual(await call(['queues', 'create', 'more', '--url', `${passive},${active}`]), {
    code: 0,
    out: 'created queue more\n',
    err: '',
  })
  t.is((await call(['queues', 'list', '-o', 'name', '--url', active])).out, 'more\norders\n')
  // To stop is about the node itself.
  t.is((await call(['stop', '--url', passive])).code, 0)
  await two.running.stopped
  t.is((await call(['status', '--url', active])).code, 0)
})

test('TC-03: the flags of JMX mean the local node, and of another machine the address to give instead', async t => {
  const rmi = 'service:jmx:rmi:///jndi/rmi://broker-1:1099/jmxrmi'
  const other = await call(['dstat', '--jmxurl', rmi])
  t.is(other.code, 2)
  t.regex(other.err, /^tandemmq dstat: TandemMQ has no RMI port; use --url http:\/\/broker-1:8161\n/)
  t.regex((await call(['bstat', `-Dactivemq.jmx.url=${rmi}`])).err, /use --url http:\/\/broker-1:8161/)
  t.regex((await call(['browse', '--amqurl', 'tcp://broker-1:61616', 'q'])).err, /use --url http:\/\/broker-1:8161/)
  const env = { TANDEMMQ_URL: 'http://127.0.0.1:1' }
  for (const args of [['--jmxlocal'], ['--pid', '1'], ['--jmxurl', rmi.replace('broker-1', 'localhost')]])
    t.not((await call(['list', ...args, '--timeout', '50ms'], '/', { env })).code, 2, args.join(' '))
  // Of several brokers on this machine the one that the environment names.
  const { url, world } = await shop(t)
  const pidFile = { ACTIVEMQ_PIDFILE: join(world.directory, 'pid') }
  await new PidFile({ env: pidFile, cwd: '/' }, {}).write(process.pid, new URL(url).host)
  for (const args of [['--jmxlocal'], ['--pid', '1'], ['--jmxurl', rmi.replace('broker-1', 'localhost')]]) {
    const { code, out, err } = await call(['list', ...args], '/', { env: { ...env, ...pidFile } })
    t.is(code, 0, err)
    t.is(out, 'brokerName = test\n\n')
  }
})

test('TC-03: an instance that runs and says no address is not taken for another broker that has the usual one', async t => {
  const { url, world } = await shop(t)
  const at = { env: { ACTIVEMQ_PIDFILE: join(world.directory, 'pid') }, cwd: '/' }
  const file = new PidFile(at, {})
  t.is(await ofInstance(at, {}, url), null)
  // Its own process, as far as that broker says, and another one that lives.
  await file.write(process.pid, null)
  t.is(await ofInstance(at, {}, url), null)
  await file.write(process.ppid, null)
  await t.throwsAsync(ofInstance(at, {}, url), { message: /is another broker's: pid \d+ of .* has no HTTP interface/ })
  // Nobody answers there.
  t.is(await ofInstance(at, {}, 'http://127.0.0.1:1'), null)
})

test('TC-03: where addresses are given, the instance of the environment is none of their business', async t => {
  const asked = {
    get ACTIVEMQ_PIDFILE(): string {
      throw new Error('it was looked for')
    },
  }
  const terminal = { args: [], env: asked, cwd: '/', version: '0', out: () => {}, err: () => {}, onStop: () => {} }
  const nothing = { flags: new Set<string>(), values: new Map<string, string>(), properties: {} }
  const { clients } = await connection(terminal, nothing, ['http://a:1', ' b:2'])
  t.deepEqual(
    clients.map(({ url }) => url),
    ['http://a:1', 'http://b:2'],
  )
  await t.throwsAsync(connection(terminal, nothing), { message: 'it was looked for' })
})

test('TU-03: a password comes from a file, from stdin or the environment, and is never said again', async t => {
  const { url, world } = await shop(t)
  const file = join(world.directory, 'password')
  writeFileSync(file, 'sésame\n')
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(401).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const input = { input: async () => 'sésame\n' }
  const calls: readonly (readonly [args: readonly string[], more: Partial<Terminal>])[] = [
    [['--user', 'admin', '--password-file', file], {}],
    [['--user=admin', '--password', '-'], input],
    [['--jmxuser', 'admin', '--jmxpassword', '-'], input],
    [[], { env: { TANDEMMQ_USER: 'admin', TANDEMMQ_PASSWORD_FILE: file } }],
    [['--user', 'admin', '--password', 'sésame'], {}],
    [['--user', 'admin'], { askSecret: async question => (t.is(question, 'password of admin: '), 'sésame') }],
  ]
  for (const [args, more] of calls) {
    const { code, out, err } = await call(['list', '--url', at, ...args], world.directory, more)
    t.is(code, 4, args.join(' '))
    t.regex(err, /user name or password is wrong\n {2}next: the users of this interface/)
    t.notRegex(out + err, /same/)
  }
  t.deepEqual([...new Set(seen)], [`Basic ${Buffer.from('admin:sésame').toString('base64')}`])
  for (const [args, said] of [
    [['--user', 'admin'], /a user needs a password/],
    [['--password-file', file], /a password needs a name/],
    [['--user', 'a', '--password-file', '/none/such'], /the password file cannot be read/],
    [
      ['--url', 'http://admin:sésame@127.0.0.1:1'],
      /^tandemmq list: a URL holds no login; give --user and --password-file\n/,
    ],
  ] as const) {
    const { code, err } = await call(['list', '--url', url, ...args])
    t.is(code, 2)
    t.regex(err, said)
  }
  const nobody = await call(['dstat', '--url', '127.0.0.1:1', '--json'])
  t.is(nobody.code, 3)
  t.like(JSON.parse(nobody.out), { done: false, kind: 'unreachable' })
})

test('TX-04: where jetty.xml asks for a login, a verb without one, a wrong one, or a role that only reads exits with 4', async t => {
  const world = new World()
  t.teardown(() => world.end())
  const file = (name: string): string => join(world.directory, name)
  writeFileSync(file('jetty.xml'), jettyXml({ port: '0', roles: 'user,admin' }))
  writeFileSync(file('jetty-realm.properties'), REALM)
  for (const user of ['admin', 'user', 'wrong']) writeFileSync(file(user), user)
  const xml = brokerXml().replace('</beans>', '<import resource="jetty.xml"/></beans>')
  await world.start(xml, { properties: { ...HTTP, 'activemq.conf': world.directory } })
  const env = { TANDEMMQ_URL: `http://${world.running.http}` }
  const run = (user: string | null, ...args: readonly string[]): Promise<Answer> => {
    const login = user === null ? [] : ['--user', user === 'wrong' ? 'admin' : user, '--password-file', user]
    return call([...args, ...login], world.directory, { env })
  }
  t.regex((await run(null, 'dstat')).err, /asks for a login\n {2}next: give --user NAME with --password-file/)
  t.is((await run(null, 'dstat')).code, 4)
  t.is((await run('wrong', 'list')).code, 4)
  t.is((await run('user', 'list')).out, 'brokerName = test\n\n')
  t.is((await run('user', 'queues', 'create', 'orders')).code, 4)
  t.is((await run('admin', 'queues', 'create', 'orders')).out, 'created queue orders\n')
  t.is((await run('user', 'purge', '--yes', 'orders')).code, 4)
  t.regex((await run('admin', 'status')).out, /store \d+ %/)
  // From this machine the pair is shown to everybody.
  t.is((await run(null, 'status')).code, 0)
  t.is((await run(null, 'stop', 'test')).code, 4)
  t.is((await run('admin', 'stop', 'test')).code, 0)
})

test('TU-03: a context stands for an address and its login, which goes nowhere else', async t => {
  const { url, world } = await shop(t)
  const env = { HOME: world.directory }
  const run = (...args: readonly string[]): Promise<Answer> => call(args, world.directory, { env })
  writeFileSync(join(world.directory, 'password'), 'sésame\n')
  t.is((await run('context', 'set', 'local', '--url', url)).code, 0)
  t.is((await run('context', 'set', 'prod', '--url=127.0.0.1:1', '--user=a', '--password-file=password')).code, 0)
  t.is((await run('list')).out, 'brokerName = test\n\n')
  t.regex(
    (await run('context', 'list')).out,
    /^NAME .*\nlocal +true +http.*\nprod +false +http:\/\/127.0.0.1:1 +a +\/.*password\n$/,
  )
  t.is((await run('list', '--context', 'prod')).code, 3)
  t.is((await run('context', 'use', 'prod')).out, 'prod is in use\n')
  t.is((await run('list')).code, 3)
  t.is((await run('list', '--url', url)).code, 0)
  const path = join(world.directory, '.config', 'tandemmq', 'contexts.json')
  t.is(statSync(path).mode & 0o777, 0o600)
  t.notRegex(readFileSync(path, 'utf8'), /same/)
  // What stops one broker is never meant for another.
  t.regex((await run('stop')).err, /^no pid file at/)
  t.is((await run('context', 'delete', 'prod')).code, 0)
  for (const [args, said] of [
    [['list', '--context', 'prod'], /there is no context "prod"/],
    [['context', 'use', 'locl'], /did you mean "local"\?/],
    [['context', 'set', 'x'], /say where it is/],
    [['context', 'set', 'x', '--url', 'http://a:b@c'], /no login in it/],
    [['list', '--context', 'local', '--url', url], /one place to ask/],
  ] as const) {
    const { code, err } = await run(...args)
    t.is(code, 2)
    t.regex(err, said)
  }
  writeFileSync(path, '{')
  t.regex((await run('list')).err, /contexts\.json is not as "tandemmq context" writes it/)
})

test('TC-16: the completion of bash offers verbs, actions and live queues, and runs nothing that a queue is named', async t => {
  const { url, run } = await shop(t)
  const evil = '$(touch pwned)`touch pwned`'
  for (const name of ['orders', 'other', evil]) t.is((await run('queues', 'create', name)).code, 0)
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-completion-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'script'), (await run('completion', 'bash')).out)
  const offered = async (...words: readonly string[]): Promise<string> => {
    const line = words.map(word => `'${word}'`).join(' ')
    const script = `tandemmq() { "${process.execPath}" "${BIN}" "$@" 2>&1 | sed 's/$//'; }
      . ./script; COMP_WORDS=(tandemmq ${line}); COMP_CWORD=${words.length}; _tandemmq; printf '%s\\n' "\${COMPREPLY[@]}"`
    const child = spawn('bash', ['-c', script], {
      cwd: directory,
      env: { PATH: process.env['PATH'], TANDEMMQ_URL: url },
    })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    await once(child, 'close')
    return out
  }
  /** Where all takes long the broker has not answered in the time that somebody waits for a completion: it is asked again. */
  const live = async (...words: readonly string[]): Promise<string> => {
    let found = await offered(...words)
    for (let tries = 0; tries < 20 && found === '\n'; tries++) found = await offered(...words)
    return found
  }
  t.is(await offered('sched'), 'schedule\n')
  t.is(await offered('queues', 'p'), 'peek\npause\npurge\n')
  t.is(await offered('queues', 'list', '-o', 'j'), 'json\njsonl\n')
  t.is(await offered('status', '--output', 'y'), 'yaml\n')
  t.is(await offered('pair', 'status', '-o', 'w'), 'wide\n')
  t.regex(await live('purge', 'o'), /^orders\nother\n$/)
  t.is(await live('queues', 'purge', '$'), `${evil.replaceAll(/[$()` ]/g, '\\$&')}\n`)
  t.false(existsSync(join(directory, 'pwned')))
  for (const shell of ['zsh', 'fish']) t.regex((await run('completion', shell)).out, /tandemmq queues list -o name/)
  t.is((await run('completion', 'csh')).code, 2)
})
