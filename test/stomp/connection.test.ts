import test from 'ava'
import {
  connectedFrame,
  errorFrame,
  HEART_BEAT,
  heartBeatAction,
  heartBeatTimes,
  invalidVersion,
  negotiateVersion,
  nextLookAt,
  parseHeartBeat,
  receiptFrame,
  timerDelay,
  Version,
  versionText,
} from '../../src/stomp/stomp.ts'

const { v10, v11, v12 } = Version
const usual = { grace: 1, keepAlive: true }
const times = (value: string, options = usual): { incoming: number; outgoing: number } => {
  const beat = parseHeartBeat(value)
  if (typeof beat === 'string') throw new Error(beat)
  return heartBeatTimes(beat, options)
}

test('S-CON-02: the highest common version wins, and list elements are not trimmed', t => {
  t.is(negotiateVersion(undefined), v10)
  const cases = { '1.0': v10, '1.0,1.1': v11, '1.2,1.1,1.0': v12, ' 1.1,': v11, '1.0, 1.2': v10, '2.0,1.1,x': v11 }
  for (const [offered, version] of Object.entries(cases)) t.is(negotiateVersion(offered), version, offered)
  t.deepEqual([v10, v11, v12].map(versionText), ['1.0', '1.1', '1.2'])
})

test('S-CON-03: without a common version the refusal quotes the value', t => {
  for (const offered of ['', '9.0', '1', '1.0;1.1', '1.3, 1.2']) t.is(negotiateVersion(offered), null, offered)
  t.is(invalidVersion('9.0'), 'Invalid Protocol version[9.0], supported versions are: [1.2, 1.1, 1.0]')
})

test('S-HB-01: heart-beat takes two 64-bit integers and nothing else', t => {
  t.like(parseHeartBeat(' 100,200 '), { clientSends: 100, clientWants: 200 })
  t.like(parseHeartBeat('5,6,,'), { clientSends: 5, clientWants: 6 })
  t.like(parseHeartBeat('9223372036854775807,+0'), { reply: '0,9223372036854775807' })
  const bad = [
    '',
    ',',
    'T,0',
    '0,',
    '5',
    '5,',
    ',5',
    '1,2,3',
    '1, 2',
    '1 ,2',
    '1.5,2',
    '0x1,2',
    '9223372036854775808,0',
  ]
  for (const value of bad) t.is(parseHeartBeat(` ${value}\n`), `Invalid heart-beat header:${value}`)
})

test('S-HB-03: CONNECTED mirrors the numbers', t => {
  t.like(parseHeartBeat('0100,+2'), { reply: '2,100' })
  t.like(parseHeartBeat('-1,5'), { reply: '5,-1' })
})

test('S-HB-04: the server never leaves a gap longer than cy, and a frame counts as heart-beat', t => {
  const kept = times('0,1000')
  t.is(heartBeatAction(kept, 0, 5000, 5700), 'wait')
  const due = nextLookAt(kept, 0, 5000)
  t.true(due > 5000 && due < 6000)
  t.is(heartBeatAction(kept, 0, 5000, due), 'beat')
  t.is(heartBeatAction(kept, 0, due, due), 'wait', 'once is enough')
  t.deepEqual(times('0,1000', { grace: 1, keepAlive: false }), { incoming: 0, outgoing: 0 })
  t.is(HEART_BEAT.toString(), '\n')
})

test('S-HB-05, S-HB-06: a silent client is dropped between P and 3 P after its last byte', t => {
  const kept = times('1000,0')
  t.is(heartBeatAction(kept, 5000, 0, 6000), 'wait')
  const due = nextLookAt(kept, 5000, 0)
  t.true(due > 6000 && due < 8000)
  t.is(heartBeatAction(kept, 5000, 0, due), 'drop')
  t.is(heartBeatAction(kept, due - 1, 0, due), 'wait', 'any byte is a sign of life')
})

test('S-HB-07: grace stretches the read check only, and 1 or less is ignored', t => {
  t.deepEqual(times('1000,1000', { grace: 1.5, keepAlive: true }), { incoming: 1500, outgoing: 1000 })
  for (const grace of [1, 0.5, 0, -2, Number.NaN]) t.is(times('1000,0', { grace, keepAlive: true }).incoming, 1000)
})

test('S-HB-08: a negative number switches both directions off', t => {
  for (const value of ['-1,1000', '1000,-1']) t.deepEqual(times(value), { incoming: 0, outgoing: 0 })
})

test('S-HB-02, S-HB-09: 0,0 needs no timer and lets a connection idle for ever', t => {
  const kept = times('0,0')
  t.is(nextLookAt(kept, 0, 0), Number.POSITIVE_INFINITY)
  t.is(heartBeatAction(kept, 0, 0, Number.MAX_SAFE_INTEGER), 'wait')
})

test('S-HB-06: a timer delay stays within what timers can do', t => {
  t.deepEqual([timerDelay(10, 20), timerDelay(20.5, 20), timerDelay(1e18, 0)], [1, 1, 2147483647])
})

const connected = { version: v12, heartBeat: '0,0', session: 'ID:host-1', server: 'ActiveMQ/6.3.0' }

test('S-CON-04, S-FRM-02, S-FRM-12b: CONNECTED has its four headers, unescaped, and ends NUL LF', t => {
  t.is(
    connectedFrame(connected).toString(),
    'CONNECTED\nversion:1.2\nheart-beat:0,0\nsession:ID:host-1\nserver:ActiveMQ/6.3.0\n\n\0\n',
  )
  const injecting = connectedFrame({ ...connected, session: 'me\nadmin:true\0' }).toString()
  t.true(injecting.includes('\nsession:me admin:true \n'))
})

test('S-CON-07: the request id is echoed as response-id and receipt-id', t => {
  const text = connectedFrame({ ...connected, requestId: 'r:1' }).toString()
  t.true(text.includes('\nresponse-id:r:1\nreceipt-id:r:1\n'))
  t.true(
    connectedFrame({ ...connected, requestId: '' })
      .toString()
      .includes('\nresponse-id:\nreceipt-id:\n'),
  )
})

test('S-ERR-01: ERROR carries message, content-type and the receipt-id asked for; the body repeats the message', t => {
  t.is(
    errorFrame({ message: 'No: such', receiptId: 'r:1', version: v12 }).toString(),
    'ERROR\nmessage:No\\c such\ncontent-type:text/plain\nreceipt-id:r\\c1\n\nNo: such\n\0\n',
  )
  t.is(errorFrame({ message: 'No', version: v11 }).toString(), 'ERROR\nmessage:No\ncontent-type:text/plain\n\nNo\n\0\n')
})

test('S-ERR-01: the body of a security failure is the message and nothing else', t => {
  t.true(errorFrame({ message: 'Denied.', security: true }).toString().endsWith('\n\nDenied.\0\n'))
})

test('S-FRM-12b, S-FRM-12a: an ERROR before CONNECTED is not escaped, and what it quotes cannot end or split it', t => {
  const text = errorFrame({ message: 'Unknown: a\nb\0c', receiptId: 'r:1' }).toString()
  t.is(text, 'ERROR\nmessage:Unknown: a b c\ncontent-type:text/plain\nreceipt-id:r:1\n\nUnknown: a\nb c\n\0\n')
})

test('S-RCP-01, S-FRM-02: RECEIPT has only its id, encoded for the version', t => {
  t.is(receiptFrame('a:\r', v12).toString(), 'RECEIPT\nreceipt-id:a\\c\\r\n\n\0\n')
  t.is(receiptFrame('a:\r', v11).toString(), 'RECEIPT\nreceipt-id:a\\c\r\n\n\0\n')
  t.is(receiptFrame('', v10).toString(), 'RECEIPT\nreceipt-id:\n\n\0\n')
})
