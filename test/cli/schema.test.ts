import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js'
import test from 'ava'
import { parseStringPromise } from 'xml2js'
import { ANNOTATIONS } from '../../src/vocabulary/vocabulary.ts'
import { same } from '../same.ts'
import { elements, readSchema, vocabulary } from '../vocabulary/words.ts'
import { Tandem, tandem } from './process.ts'
import { call } from './terminal.ts'

test('schema prints the JSON Schema that the broker itself reads, and a document can be checked by it', async t => {
  const { code, out } = await call(['schema'])
  t.is(code, 0)
  const schema = JSON.parse(out) as AnySchemaObject
  same(t, schema, readSchema('activemq.json'))
  const ajv = new Ajv2020({ strict: false, code: { optimize: false } })
  ajv.addVocabulary([...ANNOTATIONS])
  t.true(ajv.validate(schema, { broker: { brokerName: 'a' } }))
  t.false(ajv.validate(schema, { broker: { brokerNme: 'a' } }))
})

test('schema --element prints one definition, in either format; a misspelt name is a wrong call that helps', async t => {
  const { out } = await call(['schema', '--element', 'kahaDB'])
  t.like(JSON.parse(out), { type: 'object', 'x-class': 'HONOUR', properties: { directory: { 'x-type': undefined } } })
  t.regex((await call(['schema', '--format=xsd', '--element=kahaDB'])).out, /^ {2}<xs:element name="kahaDB">\n/)
  for (const format of ['json', 'xsd']) {
    const wrong = await call(['schema', '--format', format, '--element', 'kahaDb'])
    t.is(wrong.code, 2)
    t.regex(wrong.err, /did you mean "kahaDB"\?/)
  }
  t.is((await call(['schema', '--format', 'dtd'])).code, 2)
  t.is((await call(['schema', 'kahaDB'])).code, 2)
})

interface Node {
  readonly $?: Readonly<Record<string, string>>
  readonly [name: string]: unknown
}
const list = (value: unknown): readonly Node[] => (Array.isArray(value) ? (value as Node[]) : [])

test('the XML Schema is well-formed and declares every element and attribute, with its class', async t => {
  const { out, code } = await call(['schema', '--format', 'xsd'])
  t.is(code, 0)
  const parsed = (await parseStringPromise(out)) as { readonly 'xs:schema': Node }
  const declared = new Map(list(parsed['xs:schema']['xs:element']).map(one => [one.$?.['name'], one]))
  t.is(parsed['xs:schema'].$?.['targetNamespace'], 'http://activemq.apache.org/schema/core')
  const types = new Set(list(parsed['xs:schema']['xs:simpleType']).map(one => one.$?.['name']))
  for (const [name, word] of elements) {
    const element = declared.get(name)
    t.true(JSON.stringify(element?.['xs:annotation']).includes(word.verdict), name)
    const [complex] = list(element?.['xs:complexType'])
    const attributes = new Map(list(complex?.['xs:attribute']).map(one => [one.$?.['name'], one]))
    const [choice] = list(complex?.['xs:choice'])
    t.is(choice?.$?.['maxOccurs'], 'unbounded', 'children stand in any order')
    const children = new Set(list(choice?.['xs:element']).map(one => one.$?.['name']))
    const { attributes: words = {} } = vocabulary.element(name)?.word ?? {}
    for (const [attribute, { verdict }] of Object.entries(words)) {
      const found = attributes.get(attribute)
      t.true(JSON.stringify(found?.['xs:annotation']).includes(verdict), `${name}@${attribute}`)
      const type = found?.$?.['type'] ?? ''
      t.true(type === 'xs:string' || types.has(type), `${name}@${attribute} is of type ${type}`)
      t.true(children.has(attribute), `${name}@${attribute} may be a child element as well`)
    }
    t.true(attributes.has('id'), name)
  }
})

test("a value in the XML Schema may be a placeholder or a reference, and its type's grammar", t => {
  // XML Schema's patterns are anchored regular expressions; JavaScript reads those that are used here as they are.
  return call(['schema', '--format', 'xsd']).then(({ out }) => {
    const [, body = ''] = /<xs:simpleType name="bytes32">([^]*?)<\/xs:simpleType>/.exec(out) ?? []
    const patterns = [...body.matchAll(/value="(.*?)"/g)].map(([, pattern = '']) => new RegExp(`^(?:${pattern})$`))
    const takes = (text: string): boolean => patterns.some(pattern => pattern.test(text))
    t.deepEqual(['32mb', '1 g', '${size}', '#ref', '-1'].filter(takes), ['32mb', '1 g', '${size}', '#ref', '-1'])
    t.deepEqual(['2g', '32mib', 'x', ''].filter(takes), [])
  })
})

test('an answer that is longer than a pipe holds arrives whole, and whoever stops reading early ends it', async t => {
  const whole = await tandem(['schema', '--format', 'xsd'], '.')
  t.is(whole.code, 0)
  t.regex(whole.out, /<\/xs:schema>\n$/)
  const early = new Tandem(['schema'], '.')
  early.child.stdout.once('data', () => early.child.stdout.destroy())
  t.is((await early.ended).err, '')
})
