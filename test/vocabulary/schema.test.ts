import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Ajv2020, type AnySchemaObject, type ValidateFunction } from 'ajv/dist/2020.js'
import test from 'ava'
import { ANNOTATIONS, attributeOf } from '../../src/vocabulary/vocabulary.ts'
import { elements, readSchema, transports, vocabulary } from './words.ts'

/** One compiler for all schemas, with every check of its own on. */
const ajv = new Ajv2020({
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  validateSchema: true,
  code: { optimize: false },
})
ajv.addVocabulary([...ANNOTATIONS])
const documents = ajv.compile(readSchema('activemq.json') as AnySchemaObject)
const addresses = ajv.compile(readSchema('transports.json') as AnySchemaObject)

const accepted = (check: ValidateFunction, value: unknown): boolean => check(value)

test('the schemas are JSON Schemas of draft 2020-12, and ajv takes them in its strict mode', t => {
  for (const name of ['activemq.json', 'transports.json', 'broker.json']) {
    const schema = readSchema(name) as AnySchemaObject
    t.true(ajv.validateSchema(schema), `${name}: ${ajv.errorsText()}`)
    t.is(schema.$schema, 'https://json-schema.org/draft/2020-12/schema', name)
  }
})

test('a configuration may be written as a document; what ActiveMQ has no word for is an error', t => {
  const connector = { transportConnector: { name: 'stomp', uri: 'stomp://${host}:61613' } }
  const broker = { brokerName: 'a', persistent: false, transportConnectors: [connector] }
  t.true(accepted(documents, { broker }), ajv.errorsText(documents.errors))
  const bean = { element: { name: 'bean', attributes: { class: 'a.B' }, children: [{ element: { name: 'value' } }] } }
  t.true(accepted(documents, { beans: [bean, { broker: { ...broker, plugins: ['#x', bean] } }] }))
  t.true(accepted(documents, { broker: { ...broker, persistent: '${p}', networkConnectors: '#null' } }))
  const wrong = [
    {},
    { broker, beans: [] },
    { broker: { brokreName: 'a' } },
    { broker: { persistent: 'maybe' } },
    { broker: { plugins: [{ kahaDB: {} }] } },
    { beans: [{ nothing: {} }] },
    { beans: [{ ...bean, broker }] },
  ]
  for (const document of wrong) t.false(accepted(documents, document), JSON.stringify(document))
})

test('a listening address is a scheme with options that it knows', t => {
  const options = { maximumConnections: 1000, 'wireFormat.maxFrameSize': '104857600', 'transport.trace': true }
  t.true(accepted(addresses, { scheme: 'stomp', host: '0.0.0.0', port: 61613, options }))
  t.false(accepted(addresses, { scheme: 'stomp', options: { maximumConnection: 1000 } }))
  t.false(accepted(addresses, { scheme: 'stump' }))
})

test('every word has a class; HONOUR says what it changes, the others why they do not', t => {
  t.true(elements.length >= 167, `${elements.length} elements`)
  for (const [name, element] of elements)
    for (const [word, { verdict, reason, effect, doc }] of [
      [name, element] as const,
      ...Object.entries(element.attributes),
    ]) {
      const id = `${name} ${word}`
      t.regex(verdict, /^(HONOUR|ACCEPT|WARN|REFUSE)$/, id)
      if (verdict === 'HONOUR') t.truthy(effect, id)
      else t.is(effect, undefined, `${id} is not in force and has an effect`)
      if (verdict === 'WARN' || verdict === 'REFUSE') t.truthy(reason, id)
      if (verdict === 'ACCEPT') t.truthy(reason ?? element.reason, id)
      if (verdict !== 'ACCEPT' || word === name) t.truthy(doc, id)
    }
  for (const [name, scheme] of Object.entries(transports.schemes)) {
    t.truthy(scheme.doc, name)
    t.truthy(scheme.verdict === 'HONOUR' ? scheme.transport && scheme.effect : scheme.reason, name)
  }
  for (const [name, option] of Object.entries(transports.options))
    t.truthy(option.verdict === 'HONOUR' ? option.field && option.effect && option.doc : option.reason, name)
})

test('what may protect is never without effect: it is in force, or it stops the start (config 5)', t => {
  const protects = [
    'authorizationEntry authorizationMap authorizationPlugin authenticationUser cachedLDAPAuthorizationMap',
    'clientIdFilterDispatchPolicy jaasAuthenticationPlugin jaasCertificateAuthenticationPlugin',
    'jaasDualAuthenticationPlugin lDAPAuthorizationMap simpleAuthenticationPlugin simpleAuthorizationMap sslContext',
    'tempDestinationAuthorizationEntry',
  ].join(' ')
  for (const name of protects.split(' ')) t.regex(vocabulary.word(name)?.verdict ?? '', /HONOUR|REFUSE/, name)
  const slots = 'plugins messageAuthorizationPolicy regionBroker destinationInterceptors destinationFactory sslContext'
  const broker = vocabulary.word('broker')
  for (const name of slots.split(' ')) t.is(broker?.attributes[name]?.beans, 'REFUSE', name)
  for (const [name, { security, verdict }] of Object.entries(transports.options))
    if (security === true) t.regex(verdict, /HONOUR|REFUSE/, name)
})

test('a slot names only elements that exist, and an alias only a word that exists and is none itself', t => {
  for (const [name, { slots, attributes, alias }] of elements) {
    for (const allowed of Object.values(slots).flat()) t.not(vocabulary.element(allowed), null, `${name}: ${allowed}`)
    if (alias !== undefined) t.is(vocabulary.word(alias)?.alias, undefined, name)
    for (const { alias: other, verdict } of Object.values(attributes))
      if (other !== undefined) t.like(attributes[other], { verdict }, `${name}: ${other}`)
  }
})

test('every default is a value that its own type accepts', async t => {
  const { Vocabulary } = await import('../../src/vocabulary/vocabulary.ts')
  const checks = (await import(pathToFileURL(resolve('schemas/types.validate.js')).href)) as Record<string, never>
  const checking = new Vocabulary(readSchema('activemq.json') as never, checks)
  for (const [name, { attributes }] of elements)
    for (const [attribute, { type, default: value }] of Object.entries(attributes))
      if (value !== undefined) t.true(checking.accepts(type, value), `${name}@${attribute}: "${value}"`)
  for (const [name, { type, default: value }] of Object.entries(transports.options))
    if (value !== undefined) t.true(checking.accepts(type, value), `${name}: "${value}"`)
})

test('what is compiled from the schemas is what they compile to', async t => {
  const made = (await import(pathToFileURL(resolve('.ci/schemas.mjs')).href)) as {
    compile(): string
    compileTypes(): string
  }
  const hint = 'run node .ci/schemas.mjs'
  t.true(made.compile() === readFileSync(resolve('schemas/broker.validate.js'), 'utf8'), hint)
  t.true(made.compileTypes() === readFileSync(resolve('schemas/types.validate.js'), 'utf8'), hint)
})

interface Spec {
  readonly elements: Readonly<
    Record<
      string,
      { readonly since: string; readonly until?: string; readonly attributes: Readonly<Record<string, Word>> }
    >
  >
}
interface Word {
  readonly type: string
  readonly since?: string
  readonly until?: string
  readonly doc?: string
}
const SPEC = resolve('../shared/spec/vocabulary.json')

test('every element and attribute of ActiveMQ 4.1 to 6.3 is there with its type and versions', t => {
  if (!existsSync(SPEC)) {
    console.log(`skipped: ${SPEC} is not here`)
    t.pass()
    return
  }
  const spec = JSON.parse(readFileSync(SPEC, 'utf8')) as Spec
  for (const [name, { since, until, attributes }] of Object.entries(spec.elements)) {
    const word = vocabulary.word(name)
    t.is(word?.since ?? '<=4.1.0', since, name)
    t.is(word?.until, until, name)
    for (const [attribute, wanted] of Object.entries(attributes)) {
      const found = word === null ? undefined : attributeOf(word, attribute)
      t.like(found, { type: wanted.type, since: wanted.since, until: wanted.until }, `${name}@${attribute}`)
      if (wanted.doc !== undefined && found?.alias === undefined) t.is(found?.doc, wanted.doc, `${name}@${attribute}`)
    }
  }
})
