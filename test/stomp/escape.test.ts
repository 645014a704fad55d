import test from 'ava'
import fc from 'fast-check'
import { copyDecoded, decode, encode, encodedLength, Version } from '../../src/stomp/stomp.ts'

const { v10, v11, v12 } = Version
const seed = Date.now() % 2 ** 31

/** What a consumer of `version` gets of 1.2 header lines. */
function forConsumer(lines: string, version: Version): string {
  const from = Buffer.from(`##${lines}##`)
  const into = Buffer.alloc(from.length, 0x23)
  const end = copyDecoded(from, 2, from.length - 2, into, 1, version)
  return into.toString('utf8', 1, end)
}

test('S-FRM-12: values are encoded for 1.1 and 1.2, CR for 1.2 only', t => {
  t.is(encode('a\\b\nc:d\re', v12), 'a\\\\b\\nc\\cd\\re')
  t.is(encode('a\\b\nc:d\re', v11), 'a\\\\b\\nc\\cd\re')
})

test('S-FRM-12a: nothing is encoded for 1.0, and a value cannot inject a header line', t => {
  t.is(encode('a\\b:c', v10), 'a\\b:c')
  t.is(encode('a\nadmin:true\r\0', v10), 'a admin:true  ')
})

test('S-FRM-10, S-FRM-12: what was encoded is decoded to the same text', t => {
  t.log(`seed ${seed}`)
  const texts = fc.string({ unit: fc.constantFrom('a', '\\', ':', '\n', '\r', 'n', 'c', 'r', 'ß', '𝄞') })
  const property = fc.property(texts, fc.constantFrom(v11, v12), (text, version) => {
    const encoded = encode(text, version)
    const length = encodedLength(text, version)
    const safe = !(version === v12 ? /[\n:\r]/ : /[\n:]/).test(encoded)
    return safe && decode(encoded, version) === text && length === Buffer.byteLength(encoded)
  })
  t.notThrows(() => fc.assert(property, { seed, numRuns: 500 }))
})

test('S-FRM-12: a 1.1 consumer gets CR raw and every other escape as it was, names untouched', t => {
  t.is(forConsumer('a\\rb:x\\ry\\nz\\c\\\\r\nb:\\\\\\r\n', v11), 'a\\rb:x\ry\\nz\\c\\\\r\nb:\\\\\r\n')
})

test('S-FRM-12a: a 1.0 consumer gets decoded values without line ends, names untouched', t => {
  t.is(forConsumer('a\\nb:x\\ny\\r\\c\\\\n:\0\nb:\nc:1\n', v10), 'a\\nb:x y :\\n: \nb:\nc:1\n')
})

test('S-FRM-12: the block for a consumer is what encoding each value for it gives', t => {
  t.log(`seed ${seed}`)
  const names = fc.string({ unit: fc.constantFrom('a', '\\n', '\\', 'ß'), maxLength: 4 })
  const values = fc.string({ unit: fc.constantFrom('a', '\\', ':', '\n', '\r', 'r', 'ß'), maxLength: 8 })
  const property = fc.property(fc.array(fc.tuple(names, values)), fc.constantFrom(v10, v11, v12), (lines, version) => {
    const block = (as: Version): string => lines.map(([name, value]) => `${name}:${encode(value, as)}\n`).join('')
    return forConsumer(block(v12), version) === block(version)
  })
  t.notThrows(() => fc.assert(property, { seed, numRuns: 500 }))
})

test('a header block can be rewritten in place', t => {
  const bytes = Buffer.from('a:\\c\\c\nb:\\n\n')
  t.is(bytes.toString('utf8', 0, copyDecoded(bytes, 0, bytes.length, bytes, 0, v10)), 'a:::\nb: \n')
})

test('a damaged block is copied without reading past its end', t => {
  for (const version of [v10, v11, v12]) t.is(forConsumer('a:\\x\\', version), 'a:\\x\\')
})
