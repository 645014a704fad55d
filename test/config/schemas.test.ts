import { readFileSync, readdirSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { resolve } from 'node:path'
import test from 'ava'
import { CODES } from '../../src/base/codes.ts'
import type { TransportData } from '../../src/vocabulary/vocabulary.ts'
import type { VocabularyData } from '../../src/vocabulary/vocabulary.ts'

const read = (name: string): unknown => JSON.parse(readFileSync(resolve('schemas', name), 'utf8'))
const vocabulary = read('activemq.json') as VocabularyData
const transports = read('transports.json') as TransportData

test('every word has a verdict, and whoever is warned or refused is told why', t => {
  const elements = Object.entries(vocabulary.elements)
  t.true(elements.length >= 165)
  for (const [name, element] of elements)
    for (const [word, judgement] of [[name, element] as const, ...Object.entries(element.attributes)]) {
      t.regex(judgement.verdict, /^(HONOUR|ACCEPT|WARN|REFUSE)$/, `${name} ${word}`)
      if (judgement.verdict === 'WARN' || judgement.verdict === 'REFUSE') t.truthy(judgement.reason, `${name} ${word}`)
    }
  for (const [name, scheme] of Object.entries(transports.schemes))
    if (scheme.verdict === 'HONOUR') t.truthy(scheme.transport, name)
    else t.truthy(scheme.reason, name)
})

test('a slot names only elements that exist, and an alias only a word that exists', t => {
  for (const [name, { slots = {}, attributes }] of Object.entries(vocabulary.elements)) {
    for (const allowed of Object.values(slots).flat()) t.true(allowed in vocabulary.elements, `${name}: ${allowed}`)
    for (const { alias } of Object.values(attributes)) if (alias !== undefined) t.true(alias in attributes, alias)
  }
})

test('the compiled check of the model is the one that broker.json compiles to', async t => {
  const made = (await import(pathToFileURL(resolve('.ci/schemas.mjs')).href)) as { compile(): string }
  t.true(made.compile() === readFileSync(resolve('schemas/broker.validate.js'), 'utf8'), 'run node .ci/schemas.mjs')
})

test('every CONFIG_ code of the catalogue is reported somewhere in this room', t => {
  const sources = readdirSync('src/config')
    .map(name => readFileSync(resolve('src/config', name), 'utf8'))
    .join('')
  for (const code of Object.keys(CODES).filter(name => name.startsWith('CONFIG_')))
    t.true(sources.includes(`'${code}'`), code)
})
