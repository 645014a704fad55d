import test from 'ava'
import {
  Command,
  DUPLICATE_CONNECT,
  type Frame,
  frameBeforeConnect,
  FrameParser,
  type FrameSink,
  Header,
  HEADER_NAMES,
  unknownCommand,
  Version,
} from '../../src/stomp/stomp.ts'
import { Intake } from '../../src/stomp/intake.ts'
import { cuts, feed, seen } from './frames.ts'

const refuse = (message: string): never => {
  throw new Error(message)
}
const begin = (id: number): string => `BEGIN\ntransaction:${id}\n\n\0\n`
/** Reads one frame and looks at the view. */
function look(text: string | Buffer, version: Version, see: (frame: Frame) => void): void {
  const sink: FrameSink = { frame: frame => (see(frame), true), fatal: refuse }
  const parser = new FrameParser({}, sink)
  parser.version = version
  parser.push(Buffer.from(text))
}

test('S-CON-13: a version set by the sink holds from the next frame on, even inside one chunk', t => {
  const input = Buffer.from('CONNECT\nk: 1 \n\n\0SEND\nk: 1 \n\n\0SEND\nk: a\\rb\n\n\0')
  for (const pieces of cuts(input)) {
    const values: string[] = []
    const parser = new FrameParser(
      {},
      {
        frame(frame) {
          values.push(frame.value(0))
          parser.version = frame.command === Command.connect ? Version.v11 : Version.v12
          return true
        },
        fatal: refuse,
      },
    )
    for (const piece of pieces) parser.push(piece)
    t.deepEqual(values, ['1', ' 1 ', ' a\rb'])
  }
})

test('back-pressure: after false no frame is read until resume, and none is lost or repeated', t => {
  const input = Buffer.from(Array.from({ length: 20 }, (_, i) => begin(i)).join(''))
  for (const pieces of cuts(input)) {
    const ids: string[] = []
    let open = false
    const parser = new FrameParser({}, { frame: frame => ids.push(frame.value(0)) < 3 || open, fatal: refuse })
    for (const piece of pieces) parser.push(Buffer.from(piece))
    t.deepEqual(ids, ['0', '1', '2'])
    t.true(parser.paused)
    for (let n = 4; n < 10; n++) {
      parser.resume()
      t.is(ids.length, n, 'each resume lets one frame through, for the sink says false again')
    }
    open = true
    parser.resume()
    t.deepEqual(
      ids,
      Array.from({ length: 20 }, (_, i) => String(i)),
    )
    t.deepEqual([parser.paused, parser.incomplete, parser.buffered], [false, false, 0])
  }
})

test('back-pressure: a resume from inside the sink is not lost', t => {
  let frames = 0
  const parser = new FrameParser(
    {},
    {
      frame() {
        frames++
        parser.resume()
        return false
      },
      fatal: refuse,
    },
  )
  parser.push(Buffer.from(begin(1) + begin(2) + begin(3)))
  t.deepEqual([frames, parser.paused], [3, false])
})

test('stop inside the sink ends the reading at once', t => {
  let frames = 0
  const parser = new FrameParser(
    {},
    {
      frame() {
        frames++
        parser.stop()
        return true
      },
      fatal: refuse,
    },
  )
  parser.push(Buffer.from(begin(1) + begin(2)))
  parser.push(Buffer.from(begin(3)))
  parser.resume()
  t.deepEqual([frames, parser.stopped, parser.buffered], [1, true, 0])
})

test('a sink that throws does not leave the parser stuck', t => {
  let frames = 0
  const parser = new FrameParser({}, { frame: () => (++frames === 1 ? refuse('first') : true), fatal: refuse })
  t.throws(() => parser.push(Buffer.from(begin(1) + begin(2))), { message: 'first' })
  parser.push(Buffer.from(begin(3)))
  t.is(frames, 3)
})

test('incomplete tells a frame under way from silence between frames', t => {
  const parser = new FrameParser({}, { frame: () => true, fatal: refuse })
  t.false(parser.incomplete)
  parser.push(Buffer.from('\n\n'))
  t.false(parser.incomplete)
  for (const part of ['S', 'END\n', 'a:', '1\n\n', 'body']) {
    parser.push(Buffer.from(part))
    t.true(parser.incomplete)
  }
  parser.push(Buffer.from('\0\n'))
  t.false(parser.incomplete)
})

test('every known header is recognised by its wire name, and by nothing close to it', t => {
  for (const [key, name] of Object.entries(HEADER_NAMES)) {
    const header = Header[key as keyof typeof HEADER_NAMES]
    look(`MESSAGE2\n${name}:v\n${name}x:w\nx${name}:w\n\n\0`, Version.v12, frame => {
      t.deepEqual([...frame.known.subarray(0, frame.lines)], [header, 0, 0], name)
      t.is(frame.get(header), 'v')
    })
  }
})

test('a known header is absent again in the next frame', t => {
  const lines: number[] = []
  const sink: FrameSink = { frame: frame => lines.push(frame.line(Header.receipt)) > 0, fatal: refuse }
  new FrameParser({}, sink).push(Buffer.from('SEND\na:1\nreceipt:2\n\n\0SEND\na:1\n\n\0'))
  t.deepEqual(lines, [1, -1])
})

test('S-SUB-06: headers under activemq. keep their names and are found by the first of them', t => {
  look('SUBSCRIBE\nid:1\nactivemq.a:1\nactivemq.b:2\nactivemq.a:3\n\n\0', Version.v12, frame => {
    t.deepEqual([...frame.known.subarray(0, 4)], [Header.id, Header.activemqPrefix, Header.activemqPrefix, 0])
    t.deepEqual([frame.lines, frame.line(Header.activemqPrefix), frame.find('activemq.b')], [3, 1, 2])
  })
})

test('S-FRM-12: plain marks exactly the values whose bytes are their 1.2 encoding', t => {
  const cases: readonly (readonly [string | Buffer, readonly number[]])[] = [
    ['abc', [1, 1, 1]],
    ['', [1, 1, 1]],
    ['grün', [1, 1, 1]],
    ['a:b', [0, 0, 0]],
    ['a\\cb', [0, 0, 0]],
    ['a\rb', [0, 0, 0]],
    ['ab\r', [1, 0, 1]],
    [Buffer.from('a\xffb', 'latin1'), [0, 0, 0]],
  ]
  for (const [value, expected] of cases) {
    const bytes = Buffer.concat([Buffer.from('SEND\nk:'), Buffer.from(value), Buffer.from('\n\n\0')])
    const plain = ([0, 1, 2] as const).map(version => {
      let mark = -1
      look(bytes, version, frame => void (mark = frame.plain[0] ?? -1))
      return mark
    })
    t.deepEqual(plain, [...expected], JSON.stringify(value))
  }
})

test('S-FRM-12: copyLine writes each line as a 1.2 client would get it', t => {
  const canonical = (text: string | Buffer, version: Version): string => {
    let out = ''
    look(text, version, frame => {
      const into = Buffer.alloc(frame.lineLengthMax(0), 0x23)
      out = into.toString('utf8', 0, frame.copyLine(0, into, 0))
    })
    return out
  }
  t.is(canonical('SEND\nk: a:b\\cc\\rd\\x\\\n\n\0', Version.v12), 'k: a\\cb\\cc\\rd\\\\x\\\\\n')
  t.is(canonical('SEND\nk: a\\rb \r\n\n\0', Version.v10), 'k:a\\\\rb\n')
  t.is(canonical('SEND\nk: a\r\n\n\0', Version.v11), 'k: a\\r\n')
  t.is(canonical('SEND\nalone\n\n\0', Version.v12), 'alone:\n')
  t.is(canonical('SEND\nklück:grün\n\n\0', Version.v12), 'klück:grün\n')
  t.is(canonical(Buffer.from('SEND\n\xff:a:\xff\n\n\0', 'latin1'), Version.v12), '\ufffd:a\\c\ufffd\n')
})

test('S-FRM-23: an unknown word reaches the session with its receipt, and the refusal names it as received', t => {
  look('\u00e4cht \nreceipt:r\n\n\0', Version.v12, frame => {
    t.is(frame.command, Command.unknown)
    t.is(unknownCommand(frame.commandText), 'Unknown STOMP action: ächt')
    t.is(frame.get(Header.receipt), 'r')
  })
})

test('S-CON-16, S-CON-17: the refusals of a frame out of turn have their texts', t => {
  const mode = "StompWireFormat is configured for 'server' mode and received"
  t.is(frameBeforeConnect('SEND'), `${mode} an unexpected frame before CONNECT or STOMP frame: SEND`)
  t.is(DUPLICATE_CONNECT, `${mode} a duplicate CONNECT or STOMP frame`)
})

test('S-LIM-04: an announced length takes no memory; what arrives is copied a bounded number of times', t => {
  const intake = new Intake()
  const chunk = Buffer.alloc(65_536, 1)
  let buffers = 0
  let moved = 0
  for (let received = 0; received < 32 * 1024 * 1024; received += chunk.length) {
    const before = intake.bytes
    intake.accept(chunk)
    intake.settle()
    if (intake.bytes !== before) {
      buffers++
      moved += received
    }
    t.true(intake.bytes.length <= 2 * (received + chunk.length) + 1024)
    t.is(intake.bytes[intake.end], 0, 'a search for NUL stops where the received bytes end')
  }
  t.true(buffers < 12, `${buffers} buffers`)
  t.true(moved < 3 * intake.end, `${moved} bytes moved`)
  intake.from = intake.end - 100
  intake.settle()
  t.true(intake.bytes.length <= 1024, 'a large buffer is given back when little of it is in use')
})

test('S-LIM-09: a large body in small chunks arrives unharmed, between other frames', t => {
  const body = Buffer.alloc(3_000_000)
  for (let i = 0; i < body.length; i++) body[i] = (i * 31) % 251
  const header = Buffer.from(`${begin(1)}SEND\ncontent-length:${body.length}\n\n`)
  const input = Buffer.concat([header, body, Buffer.from(`\0\n${begin(2)}`)])
  const frames: string[] = []
  const sink: FrameSink = {
    frame(frame) {
      frames.push(frame.commandText)
      if (frame.command === Command.send) t.true(frame.bytes.subarray(frame.bodyStart, frame.bodyEnd).equals(body))
      return true
    },
    fatal: refuse,
  }
  const parser = new FrameParser({}, sink)
  for (let at = 0; at < input.length; at += 1460) parser.push(input.subarray(at, at + 1460))
  t.deepEqual(frames, ['BEGIN', 'SEND', 'BEGIN'])
  t.is(parser.buffered, 0)
})

test('a view kept only for the call can be copied out in full', t => {
  look('SEND\na:1\n\nx\0', Version.v12, frame => {
    t.deepEqual(seen(frame), { command: 'SEND', headers: [['a', '1']], body: 'x' })
  })
  t.deepEqual(feed([Buffer.alloc(0)]), { frames: [], fatal: [] })
})

test('S-FRM-01: a stop at the last frame of a chunk ends with resume(), and the next chunk is read', t => {
  const commands: string[] = []
  let goOn = false
  const parser = new FrameParser(
    {},
    {
      frame: frame => {
        commands.push(frame.commandText)
        return goOn
      },
      fatal: message => t.fail(message),
    },
  )
  parser.push(Buffer.from('BEGIN\ntransaction:t\n\n\0'))
  t.true(parser.paused)
  goOn = true
  parser.resume()
  parser.push(Buffer.from('ABORT\ntransaction:t\n\n\0'))
  t.deepEqual(commands, ['BEGIN', 'ABORT'])
})
