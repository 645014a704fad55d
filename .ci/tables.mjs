// Writes the README's compatibility table from schemas/. Run it after a change of a word, with dist/ built; a test
// notices when it was forgotten.
import { readFileSync, writeFileSync } from 'node:fs'
import { readTransports, Vocabulary, withTable } from '../dist/src/vocabulary/vocabulary.js'

const at = name => new URL(`../${name}`, import.meta.url)
const read = name => JSON.parse(readFileSync(at(`schemas/${name}`), 'utf8'))
const words = {
  vocabulary: new Vocabulary(read('activemq.json')),
  transports: readTransports(read('transports.json')),
}
const made = withTable(readFileSync(at('README.md'), 'utf8'), words)
if (made === null) throw new Error('README.md has no <!-- words … --> markers')
writeFileSync(at('README.md'), made)
