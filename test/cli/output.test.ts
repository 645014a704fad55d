import test from 'ava'
import { parse } from 'yaml'
import { pair } from '../contract/twins.ts'
import { HTTP, shop } from './shop.ts'
import { call } from './terminal.ts'

test('TU-02: -o yaml is what -o json is, in every list, also where a name would be something else in YAML', async t => {
  const { world, run, send } = await shop(t, { attributes: 'schedulerSupport="true"' })
  const names = [
    'no',
    '12:30',
    '0755',
    'null',
    '<<',
    'a: b # c',
    'long '.repeat(40),
    'bad\u001b[2J\u009b\u202e',
    'two\nlines',
  ]
  for (const name of names) t.is((await run('queues', 'create', name)).code, 0, name)
  await run('topics', 'create', 'news')
  const reader = await world.connect({ 'client-id': 'reader' })
  await reader.receipted('SUBSCRIBE', { id: 's', destination: '/topic/news', 'activemq.subscriptionName': 'daily' })
  await send('/queue/later', 'x', { AMQ_SCHEDULED_DELAY: '3600000' })
  for (const verb of [
    'queues list',
    'topics list',
    'connections list',
    'subscriptions list',
    'schedule list',
    'dstat',
    'list',
    'bstat',
    'query -QTopic=news',
    'topics show news',
  ]) {
    const words = verb.split(' ')
    const json = await run(...words, '-o', 'json')
    const yaml = await run(...words, '-o', 'yaml')
    t.deepEqual([yaml.code, yaml.err], [0, ''], verb)
    // A reader of YAML 1.1 takes a bare `no` for a boolean: both must read the same.
    for (const version of ['1.2', '1.1'] as const)
      t.deepEqual(
        withoutClock(parse(yaml.out, { version })),
        withoutClock(JSON.parse(json.out)),
        `${verb}, YAML ${version}`,
      )
    t.notRegex(yaml.out, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  }
  t.regex((await run('queues', 'list', '-o', 'yaml', '--columns=name,size')).out, /^- name: "<<"\n {2}size: 0\n/m)
})

/** What goes on between two answers. */
const withoutClock = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, one: unknown) => (/uptime/i.test(key) ? null : one))

test('TU-02: -o wide is the table and further columns, which programs get too and a plain table leaves out', async t => {
  const { world, run, send } = await shop(t)
  await send('/queue/orders', 'hello', { expires: '0' })
  const titles = async (...args: readonly string[]): Promise<readonly string[]> =>
    ((await run(...args)).out.split('\n')[0] ?? '').split(/ {2,}/)
  const client = await world.connect({ 'client-id': 'reader' })
  await client.receipted('SUBSCRIBE', { id: '1', destination: '/topic/news' })
  for (const [noun, further] of [
    ['queues list', 'STORE BYTES'],
    ['topics list', 'BYTES EACH'],
    ['connections list', 'PROTOCOL'],
    ['subscriptions list --all', 'PREFETCH'],
    ['dstat', 'Store bytes'],
  ] as const) {
    const words = noun.split(' ')
    const [plain, wide] = [await titles(...words), await titles(...words, '-o', 'wide')]
    t.false(plain.includes(further), noun)
    t.true(wide.includes(further), noun)
    if (noun !== 'dstat') t.deepEqual(wide.slice(0, plain.length), plain, 'what was there stays where it was')
  }
  const [queue] = JSON.parse((await run('queues', 'list', '--json')).out) as [Readonly<Record<string, unknown>>]
  t.like(queue, { name: 'orders', size: 1, dispatched: 0, memoryLimit: queue['memoryLimit'] })
  t.true(Number(queue['storeBytes']) > 5)
  t.is((await run('queues', 'list', '--columns', 'storeBytes', '--no-headers')).out, `${String(queue['storeBytes'])}\n`)
  const [connection] = JSON.parse((await run('connections', 'list', '--filter=reader', '--json')).out) as [
    { connected: string; protocol: string },
  ]
  t.is(connection.protocol, 'STOMP 1.2')
  t.is(new Date(connection.connected).toISOString(), connection.connected)
  t.regex((await run('list', '-o', 'wide')).err, /^tandemmq list: -o wide: choose one of json, jsonl, yaml\n/)
})

test('TU-02: a format that does not exist is noticed before anything is purged, with the one that was meant', async t => {
  const { run, send } = await shop(t)
  await send('/queue/orders', 'x')
  for (const args of [
    ['purge', 'orders', '--yes'],
    ['queues', 'purge', 'orders', '--yes'],
  ]) {
    const { code, out, err } = await run(...args, '-o', 'jsno')
    t.deepEqual([code, out], [2, ''])
    t.regex(err, /-o jsno: choose one of json, jsonl, yaml; did you mean json\?\n/)
  }
  t.is((await run('queues', 'list', '--columns=size', '--no-headers')).out, '1\n')
})

test('TU-02: contexts and a pair are told as YAML too, and -o wide names the process of each node', async t => {
  const [one] = await pair(t, {}, HTTP)
  const url = `http://${one.running.http}`
  const env = { XDG_CONFIG_HOME: one.directory, HOME: one.directory }
  await call(['context', 'set', 'prod', '--url', url], one.directory, { env })
  const contexts = await call(['context', 'list', '-o', 'yaml'], one.directory, { env })
  t.deepEqual(parse(contexts.out), [{ name: 'prod', inUse: true, url, user: null, passwordFile: null }])
  const yaml = await call(['pair', 'status', url, '-o', 'yaml'])
  t.is(yaml.code, 0, yaml.err)
  const told = parse(yaml.out) as { inSync: boolean; nodes: readonly { url: string }[] }
  t.deepEqual([told.inSync, told.nodes.length, told.nodes[0]?.url], [true, 2, url])
  t.notRegex((await call(['pair', 'status', url])).out, /process {3}/)
  const wide = await call(['pair', 'status', url, '-o', 'wide'])
  t.is(wide.out.match(/^ {2}process {3}.*, on \S+, pid \d+, up \d/gm)?.length, 2, wide.out)
  t.regex((await call(['pair', 'handover', url, '-o', 'yaml'])).err, /handover takes no -o; it has --json/)
})

test('TU-08: with --watch each answer in YAML is a document of its own', async t => {
  const { run, as } = await shop(t)
  await run('queues', 'create', 'a')
  let [stop, shown]: [() => void, string] = [() => undefined, '']
  const more = {
    onStop: (end: () => void) => void (stop = end),
    out: (text: string) => {
      shown += text
      if (shown.match(/^- /gm)?.length === 2) stop()
    },
  }
  await as(more, 'queues', 'list', '--watch=1ms', '--columns=name', '-o', 'yaml')
  t.is(shown, '- name: a\n---\n- name: a\n')
})
