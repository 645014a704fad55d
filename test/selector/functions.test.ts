import test, { type ExecutionContext } from 'ava'
import { subscribed, type Written } from './message.ts'

function rows(t: ExecutionContext, table: readonly (readonly [string, boolean | 'error'])[], written?: Written): void {
  for (const [text, expected] of table) t.is(subscribed(text, written), expected, text)
}

test('S-13: REGEX searches', t => {
  rows(t, [
    ["REGEX('r.d', color)", true],
    ["REGEX('e', color)", true],
    ["REGEX('^e', color)", false],
    ["REGEX('^red$', color)", true],
    ["REGEX('RED', color)", false],
    ["REGEX('(?i)RED', color)", true],
    ["REGEX('(?i:R)ed', color)", true],
    ["REGEX('(?i:R)ED', color)", false],
    ["REGEX('\\d+', size)", true],
    ["REGEX('^[0-9]{2}$', size)", true],
    ["REGEX('4', JMSPriority)", true],
    ['REGEX(4, JMSPriority)', true],
    ["REGEX('^1.5$', 1.5)", true],
    ["REGEX(color, 'a red b')", true],
    ['REGEX(missing, color)', false],
    ["REGEX('a', missing)", false],
    ["NOT REGEX('a', missing)", true],
    ["REGEX('r', color) = TRUE", true],
    ["REGEX('r', (color + a))", true],
    ["REGEX('\\bred\\b', 'a red b')", true],
    ["REGEX('\\Bred', 'ared')", true],
    ["REGEX('a{2,3}', 'aa')", true],
    ["REGEX('^a{2,3}$', 'aaaa')", false],
    ["REGEX('\\Qa.b\\E', 'a.b')", true],
    ["REGEX('\\Qa.b\\E', 'axb')", false],
    ["REGEX('\\p{Alpha}\\p{Lu}', 'aB')", true],
    ["REGEX('\\P{Lu}', 'AB')", false],
    ["REGEX('\\x41\\u0042', 'AB')", true],
    ["REGEX('[]a]', ']')", true],
    ["REGEX('[a-]', '-')", true],
    ["REGEX('[^a-c]', a)", false],
    ["REGEX('a$', 'a\n')", true],
    ["REGEX('a\\z', 'a\n')", false],
    ["REGEX('^b', 'a\nb')", false],
    ["REGEX('(?m)^b', 'a\nb')", true],
    ["REGEX('a.b', 'a\nb')", false],
    ["REGEX('(?s)a.b', 'a\nb')", true],
    ["REGEX('^.$', '😀')", true],
    ["REGEX('(a|b)*c', 'ababc')", true],
    ["REGEX('', empty)", true],
  ])
})

test('S-13: a pattern that is wrong, or not served, is refused when it is written and matches nothing when it comes in a header', t => {
  // ActiveMQ 5.17 answers: a wrong pattern is accepted by SUBSCRIBE and raises for every message.
  const patterns = ['(', '[', '*a', 'a**', 'a{2', 'a{3,2}', '\\', '\\y', '[b-a]', '(?<n>a)(?<n>b)', ')']
  const unserved = [
    '(?=a)',
    '(?!a)',
    '(?<=a)',
    '(?>a)',
    'a++',
    '(a)\\1',
    '[a[b]]',
    '[a&&b]',
    '\\X',
    '\\p{IsGreek}',
    '(?x)a',
  ]
  for (const pattern of [...patterns, ...unserved]) {
    rows(t, [[`REGEX('${pattern}', color)`, 'error']])
    rows(t, [['REGEX(p, color) OR TRUE', false]], { headers: { p: pattern, color: 'red' } })
  }
  rows(t, [["INLIST(SPLIT(color, '(a*?)*'), 'x')", 'error']])
  rows(t, [["REGEX('(a*?)*', color)", true]])
})

test('S-13: no pattern makes a search slow', t => {
  const headers = { s: `${'a'.repeat(5000)}!`, x: 'x'.repeat(5000) }
  const started = process.cpuUsage().user
  rows(
    t,
    [
      ["REGEX('^(a+)+$', s)", false],
      ["REGEX('^(a|aa)+$', s)", false],
      ["REGEX('(x+x+)+y', x)", false],
      ["REGEX('^(([a-z])+.)+[A-Z]$', s)", false],
      ["REGEX('(.*)*=(.*)*;', x)", false],
    ],
    { headers },
  )
  t.true(process.cpuUsage().user - started < 10_000_000, 'a backtracking matcher would not be done in a lifetime')
})

test('S-13: a search that costs too much ends, and the message does not match', t => {
  const headers = { s: 'a'.repeat(100_000) }
  rows(t, [["REGEX('(a?){300}b', s) OR TRUE", false]], { headers })
  rows(t, [["REPLACE(s, 'a', 'aaaa') IS NULL OR TRUE", false]], { headers })
  rows(t, [[`s LIKE '%${'a_'.repeat(500)}b%' OR TRUE`, false]], { headers })
})

test('S-13: large classes and many groups are paid for', t => {
  const members = Array.from({ length: 900 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join('')
  const long = (length: number): string => `(${Array.from({ length: length / 10_000 }, () => 'a').join(' + ')})`
  const written = { headers: { a: 'x'.repeat(10_000) } }
  rows(
    t,
    [
      [`REGEX('[${members}]', ${long(10_000)}) OR TRUE`, false],
      [`REGEX('[x${members.slice(0, 20)}]', ${long(100_000)})`, true],
      [`REPLACE(${long(200_000)}, '${'(x?)'.repeat(100)}z', '') = 'x' OR TRUE`, false],
    ],
    written,
  )
})

test('S-13: INLIST and MAKELIST', t => {
  rows(t, [
    ["INLIST(MAKELIST('red', 'blue'), color)", true],
    ["INLIST(MAKELIST('blue'), color)", false],
    ['INLIST(MAKELIST(4, 5), JMSPriority)', true],
    ["INLIST(MAKELIST('4'), JMSPriority)", false],
    ['INLIST(MAKELIST(4), 4.0)', false],
    ['INLIST(MAKELIST(1700000000000), JMSTimestamp)', true],
    // ActiveMQ 5.17 answers: the integer 4 is not the long 4.
    ['INLIST(MAKELIST(4), JMSTimestamp)', false],
    ["INLIST(MAKELIST('red', missing), color)", true],
    // It raises at a NULL in the list, at no list and at a text for a list.
    ["INLIST(MAKELIST(missing, 'red'), color)", false],
    ["INLIST('red', color)", false],
    ['INLIST(missing, color)', false],
    ["NOT INLIST('red', color)", false],
    ["INLIST(MAKELIST('red'), missing)", false],
    ["NOT INLIST(MAKELIST('red'), missing)", true],
    ['MAKELIST(1) = MAKELIST(1)', true],
    ['MAKELIST(1) = MAKELIST(1.0)', false],
    ['MAKELIST(missing) = MAKELIST(absent)', true],
    ['MAKELIST(1) = 1', false],
    ['1 < MAKELIST(1)', false],
    ['NOT (1 < MAKELIST(1))', false],
    ['(missing < MAKELIST(1)) IS NULL', true],
    ["MAKELIST(1) LIKE '%'", false],
  ])
})

test('S-13: SPLIT', t => {
  rows(t, [
    ["INLIST(SPLIT('red,blue', ','), color)", true],
    ["INLIST(SPLIT('red,,', ','), '')", false],
    ["INLIST(SPLIT(',red', ','), '')", true],
    ["INLIST(SPLIT('', ','), '')", true],
    ["INLIST(SPLIT(color, ''), 'e')", true],
    ["SPLIT('a1b22c', '[0-9]+') = MAKELIST('a', 'b', 'c')", true],
    ["SPLIT('a,b,c', ',', 2) = MAKELIST('a', 'b,c')", true],
    ["SPLIT('a,b,c', ',', 1) = MAKELIST('a,b,c')", true],
    ["SPLIT('a,b,,', ',', -1) = MAKELIST('a', 'b', '', '')", true],
    ["SPLIT('a,b', ',', 1.0) IS NULL OR TRUE", false],
    ["SPLIT('a,b', missing) IS NULL OR TRUE", false],
    ["SPLIT(missing, ',') IS NULL OR TRUE", false],
    ["SPLIT(JMSPriority, ',') IS NULL OR TRUE", false],
  ])
})

test('S-13: REPLACE', t => {
  rows(t, [
    ["REPLACE(color, 'e', 'o') = 'rod'", true],
    ["REPLACE('1,2/3', '[,/]', ';') = '1;2;3'", true],
    ["REPLACE(color, '(e)', '[$1]') = 'r[e]d'", true],
    ["REPLACE(color, '(e)', '$10') = 're0d'", true],
    ["REPLACE(color, '(x)|e', '<$1>') = 'r<>d'", true],
    ["REPLACE(color, '(?<n>e)', '${n}${n}') = 'reed'", true],
    ["REPLACE(color, 'e', '\\$') = 'r$d'", true],
    ["REPLACE(color, '', '-') = '-r-e-d-'", true],
    ["REPLACE(color, 'e*', '-') = '-r--d-'", true],
    ["REPLACE('aaa', 'a+?', 'b') = 'bbb'", true],
    ["REPLACE('abab', '(a|ab)(b?)', '$1.') = 'a.a.'", true],
    // It raises only where it gets to the replacement.
    ["REPLACE(color, 'x', '$2') = 'red'", true],
    ["REPLACE(color, 'e', '$2') <> 'red'", false],
    ["REPLACE(color, 'x', missing) = 'red'", true],
    ["REPLACE(color, 'e', missing) <> 'red'", false],
    ["REPLACE(color, 'e', '\\') <> 'red'", false],
    ["REPLACE(missing, 'e', 'o') <> 'rod'", false],
    ["REPLACE(color, 'e', 1) <> 'r1d'", false],
  ])
})
