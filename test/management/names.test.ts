import test from 'ava'
import fc from 'fast-check'
import { codePoint } from '../code-points.ts'
import { silentLog } from '../../src/base/log.ts'
import {
  brokerBean,
  destinationKeys,
  globMatches,
  Jolokia,
  nameMatches,
  objectName,
  parseObjectName,
  POLICIES,
} from '../../src/management/management.ts'
import { BadName } from '../../src/management/object-name.ts'
import { CALLER, Double, DoubleQueue, Q } from './double.ts'

test('ON-11, ON-12: whatever a queue is called, its name is read back, in either order of keys, and matches its pattern', t => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint, minLength: 1 }), name => {
      const bean = brokerBean('localhost', destinationKeys(0, name))
      for (const text of [bean.text, bean.canonical]) t.is(parseObjectName(text).canonical, bean.canonical)
      t.true(nameMatches(parseObjectName('org.apache.activemq:destinationType=Queue,*'), bean))
      t.true(nameMatches(parseObjectName(Q('*')), bean))
      t.false(nameMatches(parseObjectName('org.apache.activemq:destinationType=Queue,destinationName=*'), bean))
    }),
  )
})

test('ON-12: a pattern is matched as the regular expression that it stands for', t => {
  const unit = fc.constantFrom('a', 'b', '*', '?')
  fc.assert(
    fc.property(
      fc.string({ unit, maxLength: 8 }),
      fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 }),
      (pattern, text) => {
        const meant = new RegExp(`^${pattern.replaceAll('*', '[^]*').replaceAll('?', '[^]')}$`)
        t.is(globMatches(pattern, text), meant.test(text), `${pattern} ${text}`)
      },
    ),
  )
})

test('a text that is no name is told as that, and quoted values keep their commas', t => {
  t.is(parseObjectName('d:a="x,y=z",b=1').keys.get('a'), '"x,y=z"')
  t.is(parseObjectName('d:b=1,a=2').canonical, 'd:a=2,b=1')
  t.deepEqual(parseObjectName('d:*').open, true)
  t.is(objectName('d', [['k', 'v']], true).text, 'd:k=v,*')
  for (const text of ['', 'd', 'd:', 'd:a', 'd:=1', 'd:a=1,a=2', 'd:a=b=c', 'd:*,*', 'd:a*=1', 'd:a="x'])
    t.throws(() => parseObjectName(text), { instanceOf: BadName }, text)
})

/** Texts that look like parts of requests, and some that do not. */
const word = fc.oneof(
  fc.constantFrom(
    'read',
    'write',
    'exec',
    'search',
    'list',
    'version',
    'QueueSize',
    'MaxPageSize',
    'purge',
    'browse()',
  ),
  fc.constantFrom(
    Q('orders'),
    Q('*'),
    '*:*',
    'd:',
    '[null]',
    '""',
    '!/',
    '!',
    '%2F',
    '%',
    '*',
    '__proto__',
    'constructor',
  ),
  fc.string({ maxLength: 12 }),
)

test('whatever is asked, the answer is JSON: an answer, or an error of Jolokia’s form', async t => {
  const jolokia = new Jolokia({
    beans: new Double(new DoubleQueue('orders', 4)),
    policy: POLICIES.compat,
    log: silentLog,
    now: Date.now,
    version: '',
    record: () => {},
    forbade: () => {},
  })
  const element = fc.dictionary(
    fc.constantFrom('type', 'mbean', 'attribute', 'operation', 'arguments', 'value', 'path', 'config', 'target'),
    fc.oneof(word, fc.array(word, { maxLength: 3 }), fc.jsonValue({ maxDepth: 3 })),
  )
  const body = fc
    .oneof(fc.array(element, { maxLength: 4 }), element, fc.jsonValue())
    .map(value => JSON.stringify(value))
  const call = fc.record({
    path: fc.array(word, { maxLength: 6 }).map(parts => `/${parts.join('/')}`),
    query: fc.dictionary(
      fc.constantFrom('maxDepth', 'ignoreErrors', 'maxObjects', 'p', 'canonicalNaming', 'listCache'),
      word,
    ),
    body: fc.option(fc.oneof(body, fc.string())),
  })
  await fc.assert(
    fc.asyncProperty(call, async ({ path, query, body: text }) => {
      let answer = ''
      const method = text === null ? 'get' : 'post'
      const asked = { path, method, query: new Map(Object.entries(query)), body: text, caller: CALLER, onlyReads: null }
      for await (const piece of jolokia.answer(asked)) answer += piece
      for (const one of [JSON.parse(answer)].flat() as Record<string, unknown>[]) {
        t.is(typeof one['status'], 'number')
        t.true('value' in one !== 'error' in one || one['status'] === 304)
        t.notRegex(answer, /the node could not answer/, 'a fault of ours')
      }
    }),
    { numRuns: 500 },
  )
})
