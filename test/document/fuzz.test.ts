import test from 'ava'
import fc from 'fast-check'
import { convertTree, readTree } from '../../src/document/document.ts'
import { Findings } from '../../src/base/findings.ts'
import { convert, samples, tools } from './converting.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const RUNS = Number(process.env['RUNS'] ?? 2500)

/** Every sixth sample, as JSON and as YAML. */
const texts = samples()
  .filter((_, index) => index % 6 === 0)
  .flatMap(({ text }) =>
    (['json', 'yaml'] as const).map(to => ({ file: `activemq.${to}`, text: convert(text, 'activemq.xml', to) })),
  )

/** What is in the way of parsers: their own signs, names they know, and letters from outside. */
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"',
  "'",
  '\\',
  '\n',
  '\r',
  '\t',
  ' ',
  '  ',
  '- ',
  '? ',
  ': ',
  '#',
  '# x',
  '&a ',
  '*a',
  '!x ',
  '|',
  '>',
  '|-\n',
  '%',
  '@',
  '`',
  '---\n',
  '...\n',
  'null',
  'true',
  '0',
  '-',
  '{}',
  '[]',
  '""',
  '<<: ',
  '__proto__',
  '"__proto__": {}',
  '"element": ',
  '\u0000',
  '\u0001',
  '\ud800',
  '\ufeff',
  '\u2028',
  '{{ x }}',
  '${',
  '[[[[[[[[',
  '{"a":{"a":{"a":',
]

interface Edit {
  readonly kind: 'cut' | 'put' | 'copy' | 'swap'
  readonly at: number
  readonly length: number
  readonly piece: string
}

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('cut', 'put', 'copy', 'swap'),
  at: fc.nat(1_000_000),
  length: fc.nat(40),
  piece: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 })),
})

function apply(text: string, { kind, at, length, piece }: Edit): string {
  const place = text.length === 0 ? 0 : at % text.length
  const [before, span, after] = [text.slice(0, place), text.slice(place, place + length), text.slice(place + length)]
  switch (kind) {
    case 'cut':
      return before + after
    case 'put':
      return before + piece + span + after
    case 'copy':
      return before + span + span + after
    case 'swap':
      return before + piece + after
    default:
      return kind satisfies never
  }
}

test('whatever becomes of a JSON or YAML file, it is read or told, and what was read can be written', t => {
  t.log(`seed ${seed}`)
  let read = 0
  fc.assert(
    fc.property(fc.nat(), fc.array(edit, { minLength: 1, maxLength: 4 }), (which, edits) => {
      const sample = texts[which % texts.length]
      if (sample === undefined) return
      const text = edits.reduce(apply, sample.text)
      const findings = new Findings()
      const began = process.cpuUsage()
      const tree = readTree(text, sample.file, tools, findings)
      const took = process.cpuUsage(began).user
      if (took > 1_000_000) throw new Error(`${took} µs`)
      if ((tree === null) !== findings.stops > 0) throw new Error('a tree or findings, never both')
      for (const { at, message } of findings.list())
        if (at.line < 1 || at.column < 1 || /undefined|\[object/.test(message)) throw new Error(message)
      if (tree === null) return
      read++
      const json = convertTree(tree, 'json', tools).text
      const xml = convertTree(tree, 'xml', tools).text
      if (convert(xml, 'a.xml', 'json') !== json) throw new Error(`${json}\n${xml}`)
    }),
    { numRuns: RUNS, seed, includeErrorInReport: true },
  )
  t.log(`${read} of ${RUNS} were still configurations`)
  t.true(read > RUNS / 20)
})
