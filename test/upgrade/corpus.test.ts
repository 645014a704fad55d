import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { loadTools } from '../../src/config/config.ts'
import type { Target } from '../../src/upgrade/upgrade.ts'
import { attributeOf, type Vocabulary } from '../../src/vocabulary/vocabulary.ts'
import { decodeXml, parseTree, type Element, type Xml2js } from '../../src/xml/xml.ts'
import { Findings } from '../../src/base/findings.ts'
import { promises } from './promises.ts'
import { rules, targetOf, upgradeAt, type Ask, type Upgraded } from './upgrading.ts'

const CORPUS = resolve('../shared/corpus')
const present = existsSync(join(CORPUS, 'CORPUS.tsv'))
const overCorpus = present ? test : test.skip
if (!present) console.log('the corpus of configuration files is not here: its tests are skipped')

const files = present
  ? readFileSync(join(CORPUS, 'CORPUS.tsv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map(line => join(CORPUS, line.split('\t')[0] ?? ''))
  : []

const ASKS: readonly Ask[] = [{}, { names: 'active-passive' }, { to: '6.x' }]
/** The rest of the ways to ask, with `npm run test:upgrade`. */
const MORE: readonly Ask[] = [{ names: 'master-slave' }, { to: '5.x' }, { to: '5.7' }]
const all = process.env['npm_lifecycle_event'] === 'test:upgrade'

for (const ask of all ? [...ASKS, ...MORE] : ASKS) {
  overCorpus(
    `upgrade ${JSON.stringify(ask)}: every file of the corpus keeps its meaning, and is done at once`,
    async t => {
      const seen = new Set<string>()
      for (const file of files) {
        const result = await upgradeAt(file, ask)
        await promises(t, result, ask)
        for (const rule of rules(result)) seen.add(rule)
        if (ask.to !== undefined) await onlyKnown(t, result, ask.to)
      }
      // The files call for these, whatever is asked: a rule that does nothing keeps every promise.
      for (const rule of ['memory', 'namespace', 'nesting', 'removed', 'uri-option']) t.true(seen.has(rule), rule)
    },
  )
}

/** After `--to V` no word is left that V does not know, but those that were reported. */
async function onlyKnown(t: ExecutionContext, result: Upgraded, to: string): Promise<void> {
  const { vocabulary, xml2js } = await loadTools()
  const target = await targetOf(to)
  const reported = new Set(result.left.map(({ now }) => `${now.line}:${now.column}`))
  for (const { what, at } of unknownWords(result, vocabulary, xml2js, target))
    t.true(reported.has(at) || reported.has(at.split(' ')[0] ?? ''), `${result.file}: ${what} at ${at}`)
}

interface Stranger {
  readonly what: string
  readonly at: string
}

const number = (text: string): number => {
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number)
  return major * 1e6 + minor * 1e3 + patch
}

/** A walk of its own over the text, that shares nothing with the rules but the words. */
function unknownWords(result: Upgraded, vocabulary: Vocabulary, xml2js: Xml2js, target: Target): readonly Stranger[] {
  const tree = parseTree(xml2js, decodeXml(result.bytesAfter) ?? '', result.file, new Findings())
  if (tree === null || target.kind === 'tandemmq') return []
  const version = number(target.version.join('.'))
  const known = ({ since = '0', until = '99' }: { readonly since?: string; readonly until?: string }): boolean =>
    since !== 'documentation' && number(since) <= version && version <= number(until)
  const strangers: Stranger[] = []
  const note = (what: string, { line, column }: Element['at']): unknown =>
    strangers.push({ what, at: `${line}:${column}` })
  const visit = (element: Element, owner: string | null): void => {
    const core = element.uri === 'http://activemq.apache.org/schema/core'
    const slot = owner === null ? undefined : attributeOf(vocabulary.element(owner)?.word ?? NOTHING, element.local)
    const word = core && slot === undefined ? vocabulary.word(element.local) : null
    if (slot !== undefined && !known(slot)) note(`<${element.local}>`, element.at)
    if (word !== null && !known(word)) note(`<${element.local}>`, element.at)
    if (word !== null)
      for (const one of element.attributes) {
        const given = attributeOf(vocabulary.element(element.local)?.word ?? NOTHING, one.local)
        if (one.uri === '' && given !== undefined && !known(given)) note(`"${one.local}"`, one.at)
      }
    for (const child of element.children) visit(child, word === null ? null : element.local)
  }
  visit(tree.root, null)
  return strangers
}

const NOTHING = { verdict: 'ACCEPT', doc: '', attributes: {}, slots: {} } as const

overCorpus('upgrade leaves alone what needs nothing: today’s own configuration file, byte for byte', async t => {
  for (const name of ['amq-head--conf-activemq.xml', 'amq-head--example-activemq-stomp.xml']) {
    const result = await upgradeAt(join(CORPUS, name), { to: '6.x' })
    t.is(result.bytes, null)
    t.deepEqual(result.changes, [])
  }
})
