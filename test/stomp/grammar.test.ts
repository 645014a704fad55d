import test, { type ExecutionContext } from 'ava'
import { Version } from '../../src/stomp/stomp.ts'
import { cuts, feed, type Feed, type Seen } from './frames.ts'

const { v10, v11, v12 } = Version
const ALL = [v10, v11, v12]
type Input = string | Buffer
const bytesOf = (input: Input): Buffer => (typeof input === 'string' ? Buffer.from(input) : input)

/** However the bytes are cut, exactly these frames come out and nothing is refused. */
function reads(t: ExecutionContext, input: Input, frames: readonly Seen[], options: Feed = {}): void {
  for (const pieces of cuts(bytesOf(input))) t.deepEqual(feed(pieces, options), { frames, fatal: [] })
}

/** However the bytes are cut, these frames come out and then exactly this fatal text. */
function refuses(t: ExecutionContext, input: Input, text: string, options: Feed = {}, frames: Seen[] = []): void {
  for (const pieces of cuts(bytesOf(input))) t.deepEqual(feed(pieces, options), { frames, fatal: [text] })
}

const frame = (command: string, headers: Record<string, string> = {}, body = ''): Seen => ({
  command,
  headers: Object.entries(headers),
  body,
})
/** One header of a SEND, read under a version. */
const value = (raw: string, version: Version, eol = '\n'): string | undefined =>
  feed([Buffer.from(`SEND\nk:${raw}${eol}\n\0`)], { version }).frames[0]?.headers[0]?.[1]

test('S-FRM-01: frames arrive whole however the stream is cut, also pipelined behind CONNECT', t => {
  const input = 'CONNECT\nlogin:me\n\n\0SEND\ndestination:/queue/a\nx:1\n\nhello\0\nDISCONNECT\nreceipt:1\n\n\0\n'
  reads(t, input, [
    frame('CONNECT', { login: 'me' }),
    frame('SEND', { destination: '/queue/a', x: '1' }, 'hello'),
    frame('DISCONNECT', { receipt: '1' }),
  ])
})

test('S-FRM-03: LF, CRLF, blank lines and NULs between frames are skipped', t => {
  const noise = '\n\r\n\r\n\0\0\n \t \n\0\r\n'
  reads(t, `${noise}BEGIN\n\n\0${noise}COMMIT\n\n\0${noise}`, [frame('BEGIN'), frame('COMMIT')])
})

test('S-FRM-04: the command line is trimmed of everything up to a space; commands are case-sensitive', t => {
  reads(t, ' \t\0BEGIN \t\r\n\n\0', [frame('BEGIN')])
  reads(t, 'begin\n\n\0', [frame('begin')])
})

test('S-FRM-05: 1.0 and 1.2 take CRLF line ends', t => {
  const input = 'SEND\r\na:1\r\nb\r\n\r\nhi\0\r\nBEGIN\r\n\r\n\0'
  for (const version of [v10, v12])
    reads(t, input, [frame('SEND', { a: '1', b: '' }, 'hi'), frame('BEGIN')], { version })
  t.is(value('a\r\r', v12), 'a\r', 'one CR only')
})

test('S-FRM-06: 1.1 keeps the CR of a header line, and a CRLF empty line still ends the block', t => {
  reads(t, 'SEND\r\na:1\r\n\r\nhi\0\r\n', [frame('SEND', { a: '1\r' }, 'hi')], { version: v11 })
  reads(t, 'CONNECT\r\naccept-version:1.1\r\n\r\n\0', [frame('CONNECT', { 'accept-version': '1.1' })], { version: v11 })
})

test('S-FRM-07: a header splits at its first colon; a line without colon is a name without value', t => {
  for (const version of ALL)
    reads(t, 'SEND\na:b:c\nalone\n:x\n\n\0', [frame('SEND', { a: 'b:c', alone: '', '': 'x' })], { version })
})

test('S-FRM-08: a one-byte line that is not CR is a header without value', t => {
  reads(t, 'BEGIN\nx\n\n\0', [frame('BEGIN', { x: '' })])
  reads(t, 'BEGIN\n\r\n\0', [frame('BEGIN')])
})

test('S-FRM-09: the first occurrence of a repeated header wins, and names are case-sensitive', t => {
  const input =
    'SEND\ndestination:/queue/a\nk:1\ndestination:/queue/b\nk:2\nK:3\ncontent-length:2\ncontent-length:x\nDestination:c\n\n\0\0\0'
  const headers = { destination: '/queue/a', k: '1', K: '3', 'content-length': '2', Destination: 'c' }
  reads(t, input, [frame('SEND', headers, '\0\0')])
})

test('S-FRM-09: also with more unknown names than are compared one by one, activemq.* included', t => {
  const names = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? `activemq.n${i}` : `n${i}`))
  const input = `SEND\n${names.map(n => `${n}:1\n${n}:2\n`).join('')}${names.map(n => `${n}:3\n`).join('')}\n\0`
  reads(t, input, [frame('SEND', Object.fromEntries(names.map(name => [name, '1'])))])
})

test('S-FRM-09: two names with equal hashes stay two headers', t => {
  reads(t, 'SEND\nAa:1\nBB:2\nAa:3\nBB:4\n\n\0', [frame('SEND', { Aa: '1', BB: '2' })])
})

test('S-FRM-10: escapes are decoded in every version, \\r in 1.2 only, unknown ones are kept', t => {
  for (const version of ALL) {
    t.is(value('a\\nb\\cc\\\\d', version), 'a\nb:c\\d')
    t.is(value('\\\\n', version), '\\n', 'an escaped backslash does not escape')
    t.is(value('x\\t\\', version), 'x\\t\\')
    t.is(value('a\\rb', version), version === v12 ? 'a\rb' : 'a\\rb')
  }
})

test('S-FRM-11: CONNECT and STOMP are read by 1.0 rules whatever the version', t => {
  const headers = { login: 'a\nb\\r', passcode: 'p' }
  for (const command of ['CONNECT', 'STOMP']) {
    reads(t, `${command}\nlogin: a\\nb\\r \npasscode:p\r\n\n\0`, [frame(command, headers)])
  }
})

test('S-FRM-13: header names are not decoded', t => {
  reads(t, 'SEND\na\\nb:1\n\n\0', [frame('SEND', { 'a\\nb': '1' })])
})

test('S-FRM-14: values are trimmed in 1.0 and kept exactly from 1.1; names never are', t => {
  t.deepEqual([value(' \ta b ', v10), value(' a ', v11), value(' a ', v12)], ['a b', ' a ', ' a '])
  reads(t, 'SEND\n k :v\n\n\0', [frame('SEND', { ' k ': 'v' })], { version: v10 })
  reads(t, 'SEND\ncontent-length: 2 \n\n\0\0\0', [frame('SEND', { 'content-length': ' 2 ' }, '\0\0')])
})

test('S-FRM-15: headers are UTF-8, and a broken sequence becomes U+FFFD', t => {
  reads(t, 'SEND\nklücké:𝄞ß\n\n\0', [frame('SEND', { klücké: '𝄞ß' })])
  const broken = Buffer.from('SEND\na\xff:b\xc0c\n\n\0', 'latin1')
  reads(t, broken, [frame('SEND', { 'a\ufffd': 'b\ufffdc' })])
})

test('S-FRM-16, S-CON-01: content-length counts on SEND only; other bodies end at NUL and are discarded', t => {
  const input = 'CONNECT\ncontent-length:9\n\nxx\0SUBSCRIBE\nid:1\ncontent-length:-1\n\nbody\0BEGIN\n\n\0'
  reads(t, input, [
    frame('CONNECT', { 'content-length': '9' }),
    frame('SUBSCRIBE', { id: '1', 'content-length': '-1' }),
    frame('BEGIN'),
  ])
})

const NO_NUL = 'content-length bytes were read and there was no trailing null byte'
test('S-FRM-17: a SEND of n bytes may hold NULs and must be followed by one', t => {
  reads(t, 'SEND\ncontent-length:4\n\n\0a\0b\0BEGIN\n\n\0', [
    frame('SEND', { 'content-length': '4' }, '\0a\0b'),
    frame('BEGIN'),
  ])
  reads(t, 'SEND\ncontent-length:0\n\n\0', [frame('SEND', { 'content-length': '0' })])
  refuses(t, 'SEND\ncontent-length:2\nreceipt:1\n\nabc\0', NO_NUL)
})

test('S-FRM-18: content-length is a decimal int32', t => {
  reads(t, 'SEND\ncontent-length:+1\n\n\0\0', [frame('SEND', { 'content-length': '+1' }, '\0')])
  for (const bad of ['', ' ', 'x', '1x', '0x1', '1.0', '+', '--1', '1 2', '2147483648', '-2147483649']) {
    refuses(t, `SEND\ncontent-length:${bad}\n\n\0`, 'Specified content-length is not a valid integer')
  }
})

test('S-FRM-19: a negative content-length is refused', t => {
  for (const bad of ['-1', ' -2147483648']) {
    refuses(t, `SEND\ncontent-length:${bad}\n\n\0`, 'Specified content-length may not be negative')
  }
})

test('S-FRM-20: a SEND without content-length ends at its first NUL', t => {
  reads(t, 'SEND\na:1\n\nline\n\nline\n\0', [frame('SEND', { a: '1' }, 'line\n\nline\n')])
})

test('S-FRM-21: all client commands are recognised, with the short forms of SUBSCRIBE and UNSUBSCRIBE', t => {
  const words = 'CONNECT STOMP SEND SUBSCRIBE UNSUBSCRIBE ACK NACK BEGIN COMMIT ABORT DISCONNECT SUB UNSUB SUBX'.split(
    ' ',
  )
  reads(
    t,
    words.map(word => `${word}\n\n\0`).join(''),
    words.map(word => frame(word)),
  )
})

const EXPECTED =
  "StompWireFormat is configured for 'server' mode and received a frame that is only expected when configured for 'client' mode: "
test('S-FRM-22: a server-only command is refused as soon as it is read', t => {
  for (const word of ['CONNECTED', 'MESSAGE', 'RECEIPT', 'ERROR'])
    refuses(t, `${word}\r\nreceipt:1\n\n\0`, EXPECTED + word)
})

test('S-FRM-24: after a fatal error nothing more is read, even if already buffered', t => {
  refuses(t, 'BEGIN\n\n\0ERROR\n\n\0BEGIN\n\n\0ERROR\n\n\0', `${EXPECTED}ERROR`, {}, [frame('BEGIN')])
})

test('S-LIM-01: a command line of 1025 bytes passes, 1026 do not', t => {
  const line = (length: number): string => 'X'.repeat(length)
  for (const eol of ['\n', '\r\n']) reads(t, `${line(1025)}${eol}\n\0`, [frame(line(1025))])
  refuses(t, `${line(1026)}\n\n\0`, 'The maximum command length was exceeded')
  refuses(t, line(1026), 'The maximum command length was exceeded')
})

test('S-LIM-02: a header line of 10241 bytes passes, 10242 do not', t => {
  const line = (length: number): string => `k:${'v'.repeat(length - 2)}`
  for (const eol of ['\n', '\r\n']) {
    reads(t, `SEND\n${line(10241)}${eol}\n\0`, [frame('SEND', { k: 'v'.repeat(10239) })])
  }
  for (const version of ALL) {
    refuses(t, `SEND\n${line(10242)}\n\n\0`, 'The maximum header length was exceeded', { version })
    refuses(t, `SEND\n${line(10242)}`, 'The maximum header length was exceeded', { version })
  }
})

test('S-LIM-03: 1001 distinct names pass, 1002 do not, repeats are free', t => {
  const lines = (count: number): string => Array.from({ length: count }, (_, i) => `n${i}:1\n`).join('')
  const outcome = feed([Buffer.from(`SEND\n${lines(1001)}${lines(1001)}\n\0`)])
  t.deepEqual([outcome.frames[0]?.headers.length, outcome.fatal], [1001, []])
  refuses(t, `SEND\n${lines(1002)}\n\0`, 'The maximum number of headers was exceeded')
})

test('S-LIM-03: endless repeats of one name are refused before they fill the memory', t => {
  const lines = Buffer.from(`SEND\n${'a:12345678\n'.repeat(1000)}`)
  const outcome = feed([lines, ...Array.from({ length: 1000 }, () => lines.subarray(5))])
  t.deepEqual(outcome, { frames: [], fatal: ['The maximum number of headers was exceeded'] })
})

const DATA = 'The maximum data length was exceeded'
test('S-LIM-04: the body limit is inclusive, one byte more passes without content-length', t => {
  const limits = { maxDataLength: 4 }
  reads(t, 'SEND\ncontent-length:4\n\nabcd\0', [frame('SEND', { 'content-length': '4' }, 'abcd')], { limits })
  refuses(t, 'SEND\ncontent-length:5\n\n', DATA, { limits })
  reads(t, 'SEND\n\nabcde\0', [frame('SEND', {}, 'abcde')], { limits })
  refuses(t, 'SEND\n\nabcdef', DATA, { limits })
  refuses(t, 'BEGIN\n\nabcdef', DATA, { limits })
})

const SIZE = 'The maximum frame size was exceeded'
test('S-LIM-05: command, header lines and body together obey maxFrameSize; nio names the header block', t => {
  const limits = { maxFrameSize: 20 }
  // SEND 4 + content-length:1 16 = 20
  reads(t, ' SEND \r\nabc:56\r\nabc:56\r\n\r\n1234\0', [frame('SEND', { abc: '56' }, '1234')], { limits })
  refuses(t, 'SEND\nabc:56\nabc:56\n\n12345', SIZE, { limits })
  refuses(t, 'SEND\ncontent-length:1\n\n', SIZE, { limits })
  refuses(t, 'SEND\nabc:56\nabc:56\nabc:5\n', SIZE, { limits })
  const nio = { maxFrameSize: 20, nio: true }
  refuses(t, 'SEND\nabc:56\nabc:56\nabc:5\n', `${SIZE} while processing headers.`, { limits: nio })
  refuses(t, 'SEND\nabc:56\nabc:56\n\n12345', SIZE, { limits: nio })
  refuses(t, 'SEND\n\n1234567', DATA, { limits: { maxFrameSize: 10, maxDataLength: 5 } })
})

test('S-LIM-06: limits apply to CONNECT too', t => {
  refuses(t, `CONNECT\nlogin:${'x'.repeat(10240)}\n\n\0`, 'The maximum header length was exceeded', { version: v10 })
})
