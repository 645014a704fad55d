import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import test from 'ava'
import type { Format } from '../../src/document/document.ts'
import { same } from '../same.ts'
import { confOf, convert, meaningOf, read, samples } from './converting.ts'

for (const sample of samples()) {
  test(`${sample.name} says the same as JSON, as YAML and as XML again, and converted twice is converted once`, async t => {
    const conf = confOf(sample)
    const before = meaningOf(await read(conf, 'activemq.xml', sample.text))
    const once = (to: Format): string => convert(sample.text, 'activemq.xml', to)
    const [json, yaml, xml] = [once('json'), once('yaml'), once('xml')]
    const texts = {
      'a.json': json,
      'a.yaml': yaml,
      'json.xml': convert(json, 'activemq.json', 'xml'),
      'yaml.xml': convert(yaml, 'activemq.yaml', 'xml'),
      'xml.xml': xml,
    }
    const readBefore = new Set<string>()
    for (const [name, text] of Object.entries(texts)) {
      // The same text in the same format means the same.
      if (readBefore.has(text)) continue
      readBefore.add(text)
      same(t, meaningOf(await read(conf, name, text)), before, `${name}\n${text}`)
    }
    t.is(convert(convert(json, 'a.json', 'yaml'), 'a.yaml', 'json'), json)
    t.is(convert(json, 'a.json', 'json'), json)
    t.is(convert(yaml, 'a.yaml', 'yaml'), yaml)
    t.is(convert(xml, 'a.xml', 'xml'), xml)
    t.is(texts['yaml.xml'], xml)
    t.is(convert(xml, 'a.xml', 'yaml'), yaml)
    t.is(convert(xml, 'a.xml', 'json'), json)
  })
}

const schema: unknown = JSON.parse(readFileSync('schemas/activemq.json', 'utf8'))
const dialect = typeof schema === 'object' && schema !== null && '$schema' in schema ? String(schema.$schema) : ''
const withSchema = dialect.includes('2020-12') ? test : test.skip
if (!dialect.includes('2020-12')) console.log('schemas/activemq.json is no JSON Schema 2020-12: its test is skipped')

withSchema('every converted document that reads without an error is valid by schemas/activemq.json', async t => {
  const ajv = new Ajv2020({ strict: false, allErrors: false, code: { optimize: false } })
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
