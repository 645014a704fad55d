import test from 'ava'
import { World, brokerXml } from './world.ts'

const world = new World()
test.before(async () => void (await world.start(brokerXml())))
test.after.always(() => world.end())

type Step = readonly [command: string, headers: Readonly<Record<string, string>>, message: RegExp]

/** Frames that are refused in 1.2, each with what its ERROR says. */
const REFUSED: readonly Step[] = [
  ['SEND', {}, /^SEND received without a Destination specified!$/],
  ['SEND', { destination: '/queue/x', transaction: 'none' }, /^Invalid transaction id: none$/],
  ['SUBSCRIBE', { id: '9' }, /Destination/],
  ['SUBSCRIBE', { destination: '/queue/x' }, /id/],
  ['SUBSCRIBE', { id: '9', destination: '/queue/x', selector: 'a = = b' }, /./],
  ['UNSUBSCRIBE', {}, /./],
  ['UNSUBSCRIBE', { id: 'unknown' }, /^No subscription matched\.$/],
  ['ACK', {}, /^ACK received without an? /],
  ['ACK', { id: 'unknown' }, /^Unexpected ACK received for /],
  ['NACK', {}, /^NACK received without an? /],
  ['NACK', { id: 'unknown' }, /^Unexpected NACK received for /],
  ['BEGIN', {}, /transaction/],
  ['COMMIT', { transaction: 'none' }, /^Invalid transaction id: none$/],
  ['ABORT', { transaction: 'none' }, /^Invalid transaction id: none$/],
  ['SEND', { destination: '/remote-temp-queue/ID:gone-1-1-1:1:1' }, /^temp-queue:\/\/ID:gone-1-1-1:1:1$/],
]

for (const [command, headers, message] of REFUSED) {
  const shown = `${command} ${JSON.stringify(headers)}`
  test(`S-ERR-01, S-ERR-03, S-ERR-04, M-04: ${shown} is refused and harms nothing`, async t => {
    const client = await world.connect()
    const destination = `/queue/errors${REFUSED.findIndex(step => step[1] === headers)}`
    await client.receipted('SUBSCRIBE', { id: '1', destination })
    await client.receipted('BEGIN', { transaction: 'open' })
    await client.receipted('SEND', { destination, transaction: 'open' }, 'in the transaction')

    client.send(command, { ...headers, receipt: 'r:1' })
    const error = await client.expect('ERROR')
    t.regex(error.headers.get('message') ?? '', message)
    t.is(error.headers.get('receipt-id'), 'r:1')
    t.deepEqual([...error.headers.keys()].toSorted(), ['content-type', 'message', 'receipt-id'])
    t.is(error.headers.get('content-type'), 'text/plain')
    t.is(error.body.toString(), `${error.headers.get('message')}\n`)

    client.send(command, headers)
    const again = await client.expect('ERROR')
    t.is(again.headers.get('message'), error.headers.get('message'))
    t.deepEqual([...again.headers.keys()].toSorted(), ['content-type', 'message'])

    client.send('COMMIT', { transaction: 'open', receipt: 'commit' })
    const after = [await client.frame(), await client.frame()]
    t.deepEqual(after.map(frame => frame.command).toSorted(), ['MESSAGE', 'RECEIPT'])
    t.is(after.find(frame => frame.command === 'MESSAGE')?.body.toString(), 'in the transaction')
    await client.quiet()
  })
}

test('S-ERR-01, S-FRM-12: in 1.2 a colon in an ERROR is escaped, in 1.0 it is not', async t => {
  for (const [version, raw] of [
    ['1.2', 'temp-queue\\c//ID\\cx'],
    ['1.0', 'temp-queue://ID:x'],
  ] as const) {
    const client = await world.connect({ 'accept-version': version })
    client.send('SEND', { destination: '/remote-temp-queue/ID:x' })
    t.true((await client.expect('ERROR')).lines.includes(`message:${raw}`))
  }
})

test('S-ERR-02, M-05: after a fatal ERROR the socket closes, and other connections notice nothing', async t => {
  const other = await world.connect()
  const client = await world.connect()
  client.send('NOSUCH', { receipt: 'r' })
  const frames = await client.closed()
  t.deepEqual(
    frames.map(frame => frame.command),
    ['ERROR'],
  )
  await other.quiet()
})

test('S-ERR-03: a hundred errors later the connection still works', async t => {
  const client = await world.connect()
  for (let n = 0; n < 100; n++) client.send('ACK', { id: `unknown ${n}` })
  for (let n = 0; n < 100; n++) {
    t.is((await client.expect('ERROR')).headers.get('message'), 'Unexpected ACK received for message-id [null]')
  }
  await client.quiet()
})

test('M-06: a SEND with a number that is none has no effect, and leaves others alone', async t => {
  const watch = await world.connect()
  await watch.receipted('SUBSCRIBE', { id: '1', destination: '/queue/numbers' })
  for (const header of ['expires', 'priority', 'timestamp']) {
    const client = await world.connect()
    client.send('SEND', { destination: '/queue/numbers', [header]: 'soon', receipt: 'r' }, 'x')
    // An ERROR or a bare close: both are allowed.
    const frames = await Promise.race([client.closed(), client.expect('ERROR').then(frame => [frame])])
    t.true(frames.length === 0 || frames[0]?.command === 'ERROR')
    client.destroy()
  }
  await watch.quiet()
})
