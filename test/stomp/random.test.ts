import { isDeepStrictEqual } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { encode, FrameParser, type Version } from '../../src/stomp/stomp.ts'
import { feed, type Seen } from './frames.ts'

const seed = Date.now() % 2 ** 31
const versions = fc.constantFrom<Version[]>(0, 1, 2)

/** Says the seed first; a failure also says the path to its smallest example. */
function holds<T>(t: ExecutionContext, property: fc.IProperty<T>, numRuns: number): void {
  t.log(`seed ${seed}`)
  t.notThrows(() => fc.assert(property, { seed, numRuns, interruptAfterTimeLimit: 30_000 }))
}

/** Cuts the bytes after each of the lengths in turn. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? 1
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return pieces
}

const names = fc.oneof(
  fc.constantFrom('destination', 'receipt', 'id', 'activemq.prefetchSize', 'Aa', 'BB'),
  fc.string({ minLength: 2, maxLength: 6 }).filter(name => !/[:\r\n]/.test(name) && name !== 'content-length'),
)
const texts = fc.string({ unit: fc.constantFrom('a', ' b', '\\', ':', '\n', '\r', 'ß', '𝄞'), maxLength: 6 })
const frames = fc.record({
  headers: fc.uniqueArray(fc.tuple(names, texts), { selector: ([name]) => name, maxLength: 40 }),
  body: fc.uint8Array({ maxLength: 60 }),
  counted: fc.boolean(),
  noise: fc.stringMatching(/^[\n\0]{0,4}$/),
})
const lengths = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 8 })

test('S-FRM-01: any split of a valid stream gives the frames that were written', t => {
  const property = fc.property(fc.array(frames, { maxLength: 8 }), lengths, fc.boolean(), (written, sizes, repeat) => {
    const expected: Seen[] = []
    const parts: Buffer[] = []
    for (const { headers, body, counted, noise } of written) {
      const bytes = Buffer.from(counted ? body : body.filter(byte => byte !== 0))
      const all: [string, string][] = counted ? [...headers, ['content-length', String(bytes.length)]] : headers
      const lines = all.map(([name, value]) => `${name}:${encode(value, 2)}\n`).join('')
      const repeats = repeat ? headers.map(([name]) => `${name}:again\n`).join('') : ''
      parts.push(Buffer.from(`${noise}SEND\n${lines}${repeats}\n`), bytes, Buffer.from('\0'))
      expected.push({ command: 'SEND', headers: all, body: bytes.toString('latin1') })
    }
    return isDeepStrictEqual(feed(cut(Buffer.concat(parts), sizes), { version: 2 }), { frames: expected, fatal: [] })
  })
  holds(t, property, 300)
})

const words = fc.constantFrom(
  'SEND',
  'CONNECT',
  'SUB',
  'ERROR',
  'foo',
  '\n',
  '\n',
  '\n\n',
  '\0',
  '\r\n',
  '\r',
  ':',
  ' ',
  '\\',
  '\\n',
  '\xff',
  'content-length:',
  'content-length:3\n',
  'a:b\n',
  '-1',
  '7',
  'destination:/queue/a\n',
  'xxxxxxxxxxxxxxxxxxxx',
)
const rubbish = fc.oneof(
  fc.array(words, { maxLength: 60 }).map(all => Buffer.from(all.join(''), 'latin1')),
  fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
)
const limits = { maxCommandLength: 12, maxHeaderLength: 24, maxHeaders: 3, maxDataLength: 20, maxFrameSize: 60 }

test('S-FRM-24: rubbish never throws, is refused at most once, and the answer does not depend on the cut', t => {
  const property = fc.property(rubbish, lengths, versions, fc.boolean(), (bytes, sizes, version, tight) => {
    const options = { version, limits: tight ? limits : {} }
    const whole = feed([bytes], options)
    const same = [sizes, [1]].every(lengths => isDeepStrictEqual(feed(cut(bytes, lengths), options), whole))
    return same && whole.fatal.length <= 1
  })
  holds(t, property, 2000)
})

test('S-FRM-24: back-pressure at random moments changes nothing but the time', t => {
  const property = fc.property(rubbish, lengths, fc.array(fc.boolean(), { minLength: 1 }), (bytes, sizes, answers) => {
    const seen: string[] = []
    const parser = new FrameParser(limits, {
      frame: frame => answers[seen.push(`${frame.commandText} ${frame.lines}`) % answers.length] ?? true,
      fatal: message => void seen.push(message),
    })
    for (const piece of cut(bytes, sizes)) {
      parser.push(Buffer.from(piece))
      if (piece.length % 2 === 0) parser.resume()
    }
    while (parser.paused) parser.resume()
    const { frames: read, fatal } = feed([bytes], { limits, version: 0 })
    return isDeepStrictEqual(seen, [...read.map(({ command, headers }) => `${command} ${headers.length}`), ...fatal])
  })
  holds(t, property, 500)
})
