import test from 'ava'
import fc from 'fast-check'
import { codePoint } from '../code-points.ts'
import { parseSelector, SELECTOR_LIMITS, SelectorError } from '../../src/selector/selector.ts'
import { messageOf, SAMPLE, subscribed } from './message.ts'

const error = (text: string): SelectorError => {
  const answer = parseSelector(text, { convert: true })
  if (answer instanceof SelectorError) return answer
  throw new Error(`${text} is a selector`)
}

test('S-01: NOT binds tighter than a comparison', t => {
  // ActiveMQ 5.17 answers by raising: TRUE is compared with a text. (NOT color) is FALSE's opposite, never = 'red'.
  t.false(subscribed("NOT color = 'red'"))
  t.false(subscribed("NOT color = 'blue'"))
  t.true(subscribed("NOT (color = 'blue')"))
  t.true(subscribed('NOT JMSRedelivered = TRUE'))
  t.true(subscribed('NOT NULL IS NULL'))
  t.true(subscribed('NOT TRUE = FALSE'))
})

test('S-02, S-SEL-05: what is no selector is refused', t => {
  const texts = [
    "color == 'red'",
    "color != 'red'",
    'color = "red"',
    'color IN ()',
    '',
    '   ',
    '1',
    "'a'",
    '1 + 1',
    "FOO('a')",
    "regex('r', color)",
    'MAKELIST()',
    "REGEX('r')",
    "(color = 'red'",
    "color = 'red')",
    "color = 'red' garbage",
    "color = 'red' AND",
    'color.x = 5',
    "color = 'red",
    "color = 'red' /* open",
    'size = 08',
    '5d = 5',
    '0l = 0',
    '0x = 0',
    '0xFFFFFFFFFFFFFFFF = 1',
    '07777777777777777777777 = 1',
    "color LIKE 'r' ESCAPE ''",
    "color LIKE 'r' ESCAPE 'ab'",
    'color LIKE color',
    "'red' IN ('red')",
    'color IN (1)',
    "color IN ('a',)",
    'color IS',
    'color IS NOT',
    'color NOT NULL',
    'color < > 1',
    "REGEX('r', color + a)",
    "REPLACE(color, 'e', 'o')",
    "SPLIT('a', ',')",
    '- color',
    "'a' OR TRUE",
    '5 AND TRUE',
    'é IS NULL',
    'BETWEEN = 1',
  ]
  for (const text of texts) t.is(subscribed(text), 'error', text)
})

test('S-03: order is for numbers and names, and nothing equals the literal NULL', t => {
  for (const operator of ['<', '<=', '>', '>=']) {
    for (const operand of ["'blue'", 'TRUE', 'NULL', "(color = 'red')", "XPATH '/a'", "REGEX('a', a)"]) {
      t.is(subscribed(`color ${operator} ${operand}`), 'error')
      t.is(subscribed(`${operand} ${operator} size`), 'error')
    }
  }
  t.is(subscribed("color BETWEEN 'a' AND 'z'"), 'error')
  t.is(subscribed("size BETWEEN 1 AND 'z'"), 'error')
  t.is(subscribed('color = NULL'), 'error')
  t.is(subscribed('NULL <> color'), 'error')
  // ActiveMQ 5.17 answers: TRUE = 1 is an error, 1 = TRUE is FALSE.
  t.is(subscribed('TRUE = 1'), 'error')
  t.false(subscribed('1 = TRUE'))
  t.true(subscribed('n9 > n10'), 'two names are texts, and texts compare unit by unit')
  t.true(subscribed('color > a'))
})

test('semantics 1.5: the grammar takes what ActiveMQ takes', t => {
  const holds = [
    "color = 'red'",
    'COLOR IS NULL AND color Is noT nUll',
    "a = 'a' AND b = 'b' OR color = 'blue'",
    "color = 'blue' OR a = 'a' AND b = 'b'",
    "color='red'or 1=2",
    '1=1and 2=2',
    'size = 0xC',
    'size = 0Xc',
    'size = 014',
    'size = 12L',
    'size = 12.',
    'size = 1.2e1',
    '.5 = 0.5',
    '5e1 = 50',
    '08.5 = 8.5',
    '08e1 = 80',
    '00 = 0',
    '+1 = 1',
    '+ + size = 12',
    '- - 5 = 5',
    '--5 = 5',
    '1 --1 = 2',
    "''''=''''",
    "color /* a comment */ = /***/ 'red' -- another\n",
    "color = 'red' /*/ AND FALSE */",
    "-- first\ncolor = 'red'",
    '$x IS NULL AND _ IS NULL',
    'nulls IS NULL',
    "((((a = 'a'))))",
    'size NOT BETWEEN 13 AND 20',
    'size BETWEEN 10 + 2 AND 6 * 2',
    "color NOT IN ('blue', 'green')",
    "(color) IN ('red')",
    "color = 'red' = TRUE",
    'color IS NULL IS NOT NULL',
    "NULL OR color = 'red'",
    'TRUE',
  ]
  for (const text of holds) t.true(subscribed(text), text)
  t.false(subscribed('NULL'))
  t.false(subscribed('FALSE'))
})

test('S-17: a hyphen is a minus sign', t => {
  t.false(subscribed('content-length = 5'))
  t.false(subscribed('color-size = 5'), 'texts cannot be subtracted')
})

test('an error says where, what is wrong, and what to write', t => {
  const rows: readonly (readonly [text: string, column: number, message: RegExp, expected: RegExp])[] = [
    ['', 1, /empty/, /condition/],
    ["color == 'red'", 7, /"=="/, /single/],
    ["color != 'red'", 7, /"!"/, /<>/],
    ['color = "red"', 9, /double quotes/, /single quotes/],
    ["color = 'red", 9, /not closed/, /closing/],
    ['a.b = 1', 2, /dots/, /letters/],
    ['color = 5 AND', 14, /ends too early/, /name/],
    ["(color = 'red'", 15, /ends too early/, /"\)"/],
    ["color = 'red')", 14, /"\)"/, /the end/],
    ['a = 1 AND 5', 11, /no condition/, /condition/],
    ["1 < 2 AND color > 'x'", 19, /no order/, /number/],
    ['color = NULL', 9, /NULL/, /IS NULL/],
    ["5 IN ('a')", 1, /left/, /name/],
    ['FOO(1)', 1, /FOO/, /REGEX/],
    ["a = 'a' AND REGEX('x')", 13, /1 arguments/, /2 arguments/],
    ["REGEX('(', a)", 1, /not closed/, /regular expression/],
    ["REGEX('(?=x)', a)", 1, /not served/, /regular expression/],
    ["XPATH '//namespace::*'", 7, /namespace axis/, /XPath/],
    ['a = 0xFFFFFFFFFFFFFFFF', 5, /64 bits/, /64 bits/],
    ['a = #', 5, /#/, /value/],
  ]
  for (const [text, column, message, expected] of rows) {
    const answer = error(text)
    t.is(answer.column, column, text)
    t.regex(answer.message, message, text)
    t.regex(answer.expected, expected, text)
  }
})

test('a selector knows its text, the headers it reads and whether it reads the body', t => {
  const text =
    "color = 'x' AND JMSPriority > 3 AND REGEX(a, b) AND (size IN ('1') OR color LIKE 'y') AND -n + 1 IS NULL"
  const selector = parseSelector(text)
  if (selector instanceof SelectorError) return t.fail(selector.message)
  t.is(selector.text, text)
  t.deepEqual(selector.properties, ['color', 'a', 'b', 'size', 'n'])
  t.false(selector.readsBody)
  const reading = parseSelector("color = 'x' OR NOT XPATH '/a'")
  t.true(!(reading instanceof SelectorError) && reading.readsBody)
})

test('S-06: the words that mark a converting selector count where nothing converts yet', t => {
  const converts = 'convert_string_expressions:size > 5'
  const marked = parseSelector(converts)
  t.true(!(marked instanceof SelectorError) && marked.matches(messageOf(SAMPLE)) && marked.text === converts)
  const broken = parseSelector('convert_string_expressions:size >')
  t.is(broken instanceof SelectorError && broken.column, 34)
  t.is(subscribed(converts), 'error', 'ActiveMQ puts the words in front itself, and strips them once')
})

test('limits: a selector too long or too deep is refused, and a large one is not', t => {
  const padded = (length: number): string => `a = 'a'${' '.repeat(length - 7)}`
  t.true(subscribed(padded(SELECTOR_LIMITS.text)))
  const long = error(padded(SELECTOR_LIMITS.text + 1))
  t.is(long.column, SELECTOR_LIMITS.text + 1)
  for (const deep of ['('.repeat(30_000), '-'.repeat(60_000), 'NOT '.repeat(15_000), '+'.repeat(60_000)]) {
    const answer = error(`${deep}a`)
    t.regex(answer.message, /nesting/)
    t.true(answer.column > 1 && answer.column < 1000)
  }
  t.regex(error(`1${' + 1'.repeat(10_000)} = 1`).message, /nesting/)
  t.regex(error(`1 = 1${' = TRUE'.repeat(5000)}`).message, /nesting/)
  t.regex(error(`a${' IS NULL'.repeat(5000)}`).message, /nesting/)
  t.regex(error('MAKELIST('.repeat(5000)).message, /nesting/)
  t.true(subscribed(`${'('.repeat(150)}a = 'a'${')'.repeat(150)}`))
  t.true(subscribed(`1${' + 1'.repeat(150)} = 151`))
  t.true(subscribed(`${'color = 5 OR '.repeat(4000)}TRUE`))
  t.true(subscribed(`${'TRUE AND '.repeat(4000)}TRUE`))
  t.true(subscribed(`color IN (${"'x',".repeat(10_000)}'red')`))
})

test('limits: comments and signs without end are read in linear time', t => {
  for (const text of ['-'.repeat(65_000), '/*'.repeat(32_000), "'".repeat(64_001), '/'.repeat(65_000)])
    t.true(parseSelector(text) instanceof SelectorError)
})

test('whatever the text, there is an answer and nothing is thrown', t => {
  const seed = Date.now() & 0x7fffffff
  t.log(`seed ${seed}`)
  const word = fc.constantFrom(
    ...'a = <> < >= + - * / % ( ) , . NOT AND OR IN IS NULL LIKE ESCAPE BETWEEN TRUE XPATH XQUERY REGEX( SPLIT('.split(
      ' ',
    ),
    "'x'",
    "'(a'",
    "'['",
    "'a*'",
    '1',
    '0x',
    '9223372036854775808',
    '1e9',
    "'",
    '"',
    '--',
    '/*',
    '*/',
    '\n',
    '\0',
    '😀',
  )
  const garbage = fc.oneof(
    fc.string({ unit: codePoint, maxLength: 40 }),
    fc.array(word, { maxLength: 25 }).map(words => words.join(' ')),
    fc.array(word, { maxLength: 25 }).map(words => words.join('')),
  )
  const message = messageOf(SAMPLE)
  fc.assert(
    fc.property(garbage, fc.boolean(), (text, convert) => {
      const answer = parseSelector(text, { convert })
      if (!(answer instanceof SelectorError)) return typeof answer.matches(message) === 'boolean'
      return answer.column >= 1 && answer.column <= text.length + 1 && answer.expected !== ''
    }),
    { seed, numRuns: 20_000 },
  )
  t.pass()
})
