import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import test from 'ava'
import { confOf, convert, read, samples } from './converting.ts'

const schema: unknown = JSON.parse(readFileSync('schemas/activemq.json', 'utf8'))
const dialect = typeof schema === 'object' && schema !== null && '$schema' in schema ? String(schema.$schema) : ''
const withSchema = dialect.includes('2020-12') ? test : test.skip
if (!dialect.includes('2020-12')) console.log('schemas/activemq.json is no JSON Schema 2020-12: its test is skipped')

withSchema('every converted document that reads without an error is valid by schemas/activemq.json', async t => {
  const ajv = new Ajv2020({ strict: false, allErrors: false })
  const validate = ajv.compile(schema as object)
  let valid = 0
  for (const sample of samples()) {
    const { findings } = await read(confOf(sample), 'activemq.xml', sample.text)
    const document: unknown = JSON.parse(convert(sample.text, 'activemq.xml', 'json'))
    const words = /^CONFIG_(UNKNOWN|MISPLACED|VALUE|TEMPLATE|EXPRESSION|REFERENCE)/
    const wrong = findings.some(({ severity, code }) => ['error', 'refuse'].includes(severity) && words.test(code))
    if (wrong) continue
    valid++
    const errors = validate(document) ? [] : (validate.errors ?? [])
    t.deepEqual(errors.map(({ instancePath, message }) => `${instancePath} ${message}`).slice(0, 5), [], sample.name)
  }
  t.log(`${valid} documents`)
  t.true(valid >= 4)
})
