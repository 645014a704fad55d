import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import test from 'ava'
import { loadTools } from '../../src/config/config.ts'
import {
  advice,
  Excerpts,
  Explainer,
  findingText,
  itemText,
  plain,
  RELEASES,
  surroundings,
  surroundingsText,
  targetFindings,
} from '../../src/inspect/inspect.ts'
import { reading, secrets, STYLE } from './reading.ts'

const MISTAKES = readFileSync('fixtures/config/mistakes.xml', 'utf8')

/** All that can be said about a text. */
async function said(text: string, release: string): Promise<string> {
  const { vocabulary, transports } = await loadTools()
  const isSecret = await secrets()
  const read = await reading({ 'activemq.xml': text })
  const excerpts = new Excerpts(new Map([['/in-memory/activemq.xml', text]]), isSecret)
  const findings = [...read.findings, ...advice(read), ...targetFindings(read, vocabulary, release, 'activemq.xml')]
  const told = findings.map(finding => findingText(finding, excerpts.at(finding.at), STYLE.show, plain)).join('')
  if (read.broker === null) return told
  const tree = new Explainer(read, { all: true, isSecret, vocabulary, transports }).object(read.broker)
  return told + itemText(tree, STYLE) + surroundingsText(surroundings(read, vocabulary, isSecret), STYLE)
}

test('a file that is cut off anywhere is told about without a word of its passwords', async t => {
  const places = fc.integer({ min: 0, max: MISTAKES.length })
  await fc.assert(
    fc.asyncProperty(places, async length => {
      const text = await said(MISTAKES.slice(0, length), '5.7.0')
      t.notRegex(text, /orrect-hors|attery-stap|ld-secret|emplate-secr/)
    }),
    { seed: 20_240_603, numRuns: 150 },
  )
})

test('whatever is in a file, something is said about it', async t => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '/>',
    '"',
    '&',
    '${',
    '}',
    '#',
    '\t',
    '\r',
    '</broker>',
    '<!--',
    '注',
    '\u0000',
    '',
  )
  const change = fc.record({ at: fc.nat(MISTAKES.length), drop: fc.nat(30), put: piece })
  const changes = fc.array(change, { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(changes, fc.constantFrom(...RELEASES), async (all, release) => {
      const text = all.reduce((now, { at, drop, put }) => now.slice(0, at) + put + now.slice(at + drop), MISTAKES)
      t.notRegex(await said(text, release), /undefined|\[object/)
    }),
    { seed: 20_240_604, numRuns: 200 },
  )
})
