import { readFileSync } from 'node:fs'
import test from 'ava'
import { withTable } from '../../src/vocabulary/vocabulary.ts'
import { elements, transports, vocabulary } from './words.ts'

test('the compatibility table of the README is the one that the schemas make', t => {
  const readme = readFileSync('README.md', 'utf8')
  t.true(withTable(readme, { vocabulary, transports }) === readme, 'run node .ci/tables.mjs')
})

test('the table names every element, every attribute in force, and the reason of every word that is not served', t => {
  const readme = readFileSync('README.md', 'utf8')
  const table = readme.slice(readme.indexOf('### What each word becomes'), readme.indexOf('<!-- /words -->'))
  for (const [name, { attributes, verdict }] of elements) {
    const row = table
      .split('\n')
      .find(line => line.startsWith('| ') && (line.split('|')[1] ?? '').includes(`\`${name}\``))
    t.truthy(row, name)
    if (verdict !== 'HONOUR') continue
    for (const [attribute, word] of Object.entries(attributes)) {
      if (word.verdict !== 'ACCEPT') t.true(row?.includes(`\`${attribute}\``), `${name}@${attribute}`)
      if (word.verdict === 'WARN' || word.verdict === 'REFUSE')
        t.true(row?.includes(word.reason?.replaceAll('<', '&lt;') ?? 'no reason'), `${name}@${attribute}`)
    }
  }
  for (const name of [...Object.keys(transports.schemes), ...Object.keys(transports.options)])
    t.true(table.includes(`\`${name}\``), name)
})
