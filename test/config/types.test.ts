import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import fc from 'fast-check'
import { PARSERS } from '../../src/config/values.ts'

const checks = (await import(pathToFileURL(resolve('schemas/types.validate.js')).href)) as Record<
  string,
  (text: string) => boolean
>

/** What a user may write, near the edges of every grammar. */
const piece = fc.oneof(
  fc.constantFrom(
    ' ',
    '\t',
    '\u00a0',
    '+',
    '-',
    '.',
    ',',
    'b',
    'B',
    'k',
    'KB',
    'm',
    'G',
    'e',
    'f',
    't',
    'true',
    'FALSE',
  ),
  fc.constantFrom('0', '00', '1', '9', '2147483647', '2147483648', '9223372036854775807', '9223372036854775808'),
  fc.constantFrom(
    '8589934591',
    '8589934592',
    '8796093022207',
    '9007199254740991',
    '9007199254740992',
    '2097151',
    '2048',
  ),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.integer().map(String),
)
const text = fc.array(piece, { maxLength: 4 }).map(pieces => pieces.join(''))

for (const [type, check] of Object.entries(checks))
  test(`what the schema takes as ${type} is exactly what the reader of values can convert`, t => {
    const seed = Date.now()
    const parse = PARSERS[type]
    t.not(parse, undefined)
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ maxLength: 6 })), one => {
        const parsed = parse?.(one)
        return parsed !== undefined && check(one) === 'value' in parsed
      }),
      { seed, numRuns: 3000 },
    )
    t.log(`seed ${seed}`)
  })

test('every type of text that has a check of its own has a reader, and the other way round', t => {
  const read = Object.keys(PARSERS).filter(type => type !== 'boolean-strict')
  t.deepEqual(Object.keys(checks).toSorted(), read.toSorted())
})
