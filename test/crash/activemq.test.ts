import test from 'ava'
import { call } from '../cli/terminal.ts'
import { drain } from '../contract/consuming.ts'
import { World, brokerXml } from '../contract/world.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { isActiveMqInstalled, startActiveMq } from './activemq.ts'
import { Program } from './broker-process.ts'
import { Tap } from './tap.ts'

const MESSAGES = 200
const ROUNDS = 4
const seed = freshSeed()
const title = `CP-06: a real ActiveMQ is used by producer, consumer and browse, and emptied by migrate through kills -9 (seed ${seed})`

const body = test.macro(async t => {
  t.timeout(120_000)
  const { stomp, openWire } = await startActiveMq(t)
  const url = ['--brokerUrl', `stomp://127.0.0.1:${stomp}`]
  const wrong = await call(['producer', '--brokerUrl', `tcp://127.0.0.1:${openWire}`, '--messageCount', '1'])
  t.is(wrong.code, 3)
  t.regex(wrong.err, /speaks OpenWire.*\n {2}next: .*61613/)
  const sends = [
    'producer',
    ...url,
    '--messageCount',
    String(MESSAGES),
    '--transactionBatchSize',
    '60',
    '--verify',
    '--quiet',
  ]
  t.is((await call([...sends, '--destination', 'Q', '--header', 'kind=a:b'])).code, 0)
  t.is((await call([...sends, '--destination', 'mine'])).code, 0)
  const takes = ['consumer', ...url, '--messageCount', String(MESSAGES), '--verify', '--quiet', '--destination', 'mine']
  const taken = await call([...takes, '--ackMode', 'CLIENT', '--batchSize', '30', '--timeout', '10'])
  t.is(taken.code, 0, taken.out + taken.err)
  t.is((await call([...takes, '--timeout', '300ms'])).code, 8, 'each was acknowledged')
  const looked = await call(['browse', '--amqurl', `stomp://127.0.0.1:${stomp}`, '-Vcustom', 'Q'])
  t.is(looked.out.match(/^JMS_CUSTOM_FIELD:kind = a:b$/gm)?.length, MESSAGES)

  const next = await new World().start(brokerXml())
  t.teardown(() => next.end())
  const random = randomFrom(seed)
  const taps = [await new Tap().open(t, stomp), await new Tap().open(t, next.port())]
  const [from, to] = taps.map(({ port }) => `stomp://127.0.0.1:${port}`)
  const args = [
    'migrate',
    '--from',
    from!,
    '--to',
    to!,
    '--queues',
    'Q,G',
    '--batch',
    '10',
    '--idle',
    '100ms',
    '--json',
  ]
  for (let round = 0; round < ROUNDS; round++) {
    const program = new Program(args)
    t.teardown(() => program.child.kill('SIGKILL'))
    const rest = random() < 0.5 ? 'arrives' : 'is lost'
    taps[between(random, 0, 2)]!.after(between(random, 1000, 15_000), rest, () => program.child.kill('SIGKILL'))
    await program.exited
  }
  t.is(
    (await call(['producer', ...url, '--destination', 'G', '--messageCount', '2', '--msgGroupID', 'g', '--quiet']))
      .code,
    0,
  )
  const last = await call(args)
  // What is in a group stays, as this broker shows the group to nobody.
  t.is(last.code, 7, last.err)
  t.like(JSON.parse(last.out), {
    queues: [
      { queue: 'Q', left: 0, problem: null },
      { queue: 'G', moved: 0, left: 2 },
    ],
  })
  const ungrouped = await call([...args, '--without-groups'])
  t.is(ungrouped.code, 0, ungrouped.out)
  const frames = await drain(next, 'Q')
  t.is(frames.length, MESSAGES)
  t.is(new Set(frames.map(({ headers }) => headers.get('tandemmq-sequence'))).size, MESSAGES)
  t.true(frames.every(({ headers }) => headers.get('kind') === 'a:b' && headers.get('persistent') === 'true'))
  t.is((await drain(next, 'G')).length, 2)
})

if (isActiveMqInstalled) test(title, body)
else test('a real ActiveMQ is not installed here (apt-get install activemq): not tried', t => t.pass())
