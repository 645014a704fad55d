import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { beans, broker, directoryWith, STOMP } from '../config/loading.ts'
import { tandem, Tandem } from './process.ts'
import { call } from './terminal.ts'

const XML = beans(
  broker(
    'brokerName="${name}" useJmx="false"',
    `<!-- who --><plugins><simpleAuthenticationPlugin><users>
      <authenticationUser username="u" password="\${password}" groups="g"/></users></simpleAuthenticationPlugin></plugins>${STOMP.replace(':61613', ':0')}`,
  ),
  '<bean class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer"><property name="location" value="x.properties"/></bean>',
)
const FILES = { 'activemq.xml': XML, 'x.properties': 'name=one\npassword=hunter2\n' }

test('convert writes what the file says, resolves nothing, and the broker starts from it', async t => {
  const cwd = directoryWith(FILES)
  const yaml = await call(['convert', 'activemq.xml', '--to', 'yaml'], cwd)
  t.is(yaml.code, 0)
  t.regex(yaml.out, /brokerName: \$\{name\}/)
  t.regex(yaml.out, /# who/)
  t.notRegex(yaml.out + yaml.err, /hunter2/)
  const json = await call(['convert', 'xbean:file:activemq.xml', '--output', 'a.json'], cwd)
  t.deepEqual([json.code, json.out], [0, ''])
  t.regex(json.err, /not in the JSON: the comments/)
  const broker = new Tandem(['start', 'a.json'], cwd)
  t.teardown(() => broker.child.kill('SIGKILL'))
  t.true((await broker.port('stomp')) > 0)
  t.regex(broker.err, /broker "one", from .*a\.json/)
  t.is((await broker.stop()).code, 0)
})

test('convert never overwrites without --force, and its output is read by no more users than the source', async t => {
  const cwd = directoryWith(FILES)
  chmodSync(join(cwd, 'activemq.xml'), 0o600)
  const out = join(cwd, 'a.yaml')
  t.is((await call(['convert', 'activemq.xml', '--to=yaml', '-o', 'a.yaml'], cwd)).code, 0)
  t.is(statSync(out).mode & 0o777, 0o600)
  writeFileSync(out, 'mine')
  chmodSync(join(cwd, 'activemq.xml'), 0o644)
  const refused = await call(['convert', 'activemq.xml', '--to', 'yaml', '--output', out], cwd)
  t.is(refused.code, 2)
  t.regex(refused.err, /a\.yaml exists; --force replaces it/)
  t.is(readFileSync(out, 'utf8'), 'mine')
  t.is((await call(['convert', 'activemq.xml', '--to', 'yaml', '--output', out, '--force'], cwd)).code, 0)
  t.regex(readFileSync(out, 'utf8'), /brokerName/)
  // What is replaced was closed to others, and stays so.
  t.is(statSync(out).mode & 0o777, 0o600)
  t.is((await call(['convert', 'activemq.xml', '--to', 'json', '--output', 'nowhere/a.json'], cwd)).code, 2)
  t.deepEqual(readdirSync(cwd).toSorted(), ['a.yaml', 'activemq.xml', 'x.properties'])
})

test('convert of a file that is none prints the findings and exits 1, a wrong call exits 2', async t => {
  const cwd = directoryWith({
    'a.json': '{"broker": {"useJmx": true,}}',
    'b.xml': '<configuration xmlns="urn:activemq"/>',
    'c.xml': '<a>',
  })
  const json = await call(['convert', 'a.json', '--to', 'xml', '--output', 'out.xml'], cwd)
  t.is(json.code, 1)
  t.regex(json.err, /a\.json:1:27: error: .*CONFIG_NOT_WELL_FORMED/)
  t.false(existsSync(join(cwd, 'out.xml')))
  t.regex((await call(['convert', 'b.xml', '--to', 'json'], cwd)).err, /Artemis/)
  t.is((await call(['convert', 'c.xml', '--to', 'json'], cwd)).code, 1)
  t.is((await call(['convert', 'missing.xml', '--to', 'json'], cwd)).code, 1)
  for (const args of [
    [],
    ['a.json'],
    ['a.json', 'b.xml', '--to', 'xml'],
    ['a.json', '--to', 'toml'],
    ['a.json', '--too', 'xml'],
  ]) {
    const { code, err } = await call(['convert', ...args], cwd)
    t.is(code, 2, args.join(' '))
    t.regex(err, /Usage: tandemmq convert/)
  }
})

test('diff says "same meaning" and exits 0, or names what differs with both places and exits 1', async t => {
  const cwd = directoryWith({ ...FILES, 'b.xml': XML.replace('useJmx="false"', 'useJmx="true"'), 'no.xml': '<beans/>' })
  await call(['convert', 'activemq.xml', '--output', 'a.yaml'], cwd)
  const same = await call(['diff', 'activemq.xml', 'a.yaml'], cwd)
  t.deepEqual([same.code, same.out, same.err], [0, 'same meaning\n', ''])
  const other = await tandem(['diff', 'activemq.xml', 'b.xml'], cwd)
  t.is(other.code, 1)
  t.is(
    other.out,
    `broker/@useJmx: changes what this broker does\n  - activemq.xml:3:77  false\n  + b.xml:3:77  true\n1 difference, 1 of which matters to this broker\n`,
  )
  const json = await call(['diff', 'activemq.xml', 'b.xml', '--json'], cwd)
  t.like(JSON.parse(json.out), {
    same: false,
    differences: [{ path: 'broker/@useJmx', effect: 'behaviour', default: 'true' }],
  })
  t.is((await call(['diff', 'activemq.xml', 'b.xml', '-Dname=two'], cwd)).code, 1)
  const unreadable = await call(['diff', 'activemq.xml', 'no.xml'], cwd)
  t.is(unreadable.code, 2)
  t.regex(unreadable.err, /CONFIG_NO_BROKER/)
  t.is((await call(['diff', 'activemq.xml'], cwd)).code, 2)
})

test('diff of two nodes whose credentials differ says so and shows neither', async t => {
  const cwd = directoryWith({
    'a/activemq.xml': XML,
    'a/x.properties': FILES['x.properties'],
    'b/activemq.xml': XML,
    'b/x.properties': 'name=two\npassword=hunter3\n',
  })
  const { code, out } = await call(['diff', 'a/activemq.xml', 'b/activemq.xml'], cwd)
  t.is(code, 1)
  t.regex(
    out,
    /broker\/@brokerName: changes what this broker does\n {2}- .*\$\{name\} \(name from .*a\/x\.properties\)\n/,
  )
  t.regex(
    out,
    /authenticationUser\[@username='u'\]\/@password: changes what this broker does\n {2}- .*\(a secret, not shown\)\n/,
  )
  t.notRegex(out, /hunter/)
})
