import test from 'ava'
import { masked, secretNames } from '../../src/inspect/inspect.ts'
import type { Attribute, Element } from '../../src/xml/xml.ts'
import { convert, parse, samples, tools } from '../document/converting.ts'

const isSecret = secretNames(tools.vocabulary)

test('a password in JSON or YAML is masked however it is written', t => {
  const texts = [
    '{"authenticationUser":{"username":"u","password":"hunter2"}}',
    '{"a": 1, "password" : "hunter2 \\" hunter2", "b": 2}',
    '{"password": "hunter2',
    'password: hunter2',
    '- authenticationUser: {username: u, password: hunter2, groups: g}',
    "keyStorePassword: 'hunter2'",
    'password: |\n  hunter2\n\n  hunter2\nnext: 1',
    'x:\n  - password: >-\n      hunter2\n      hunter2\n    next: 1',
    'password:\n  hunter2\n',
    'attributes:\n  value: hunter2\n  name: dbPassword\n',
    '{"element": {"name": "prop", "attributes": {"key": "a.password"}, "text": "hunter2"}}',
  ]
  for (const text of texts) t.notRegex(masked(text, isSecret), /hunter2/, text)
  t.is(masked('username: u\npassword: x\nuri: tcp://h:1', isSecret), 'username: u\npassword: •••\nuri: tcp://h:1')
})

test('no secret of any sample is left in the masked text of what it was converted to', t => {
  let found = 0
  for (const { name, text } of samples()) {
    const { tree } = parse(text, 'activemq.xml')
    if (tree === null) continue
    const spans: Attribute['span'][] = []
    const visit = (element: Element): void => {
      const named = element.attributes.some(({ local, value }) => /^(name|key)$/.test(local) && isSecret(value))
      for (const one of element.attributes)
        if (isSecret(one.local) || (named && one.local === 'value')) spans.push(one.span)
      for (const child of element.children) visit(child)
    }
    visit(tree.root)
    let marked = text
    for (const { valueStart, valueEnd } of spans.toReversed())
      marked = `${marked.slice(0, valueStart)}hunter2${marked.slice(valueEnd)}`
    found += spans.length
    for (const to of ['json', 'yaml'] as const)
      t.notRegex(masked(convert(marked, 'activemq.xml', to), isSecret), /hunter2/, `${name} as ${to}`)
  }
  t.true(found > 0)
})
