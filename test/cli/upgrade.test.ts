import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { directoryWith } from '../config/loading.ts'
import { applyPatch } from '../upgrade/patch.ts'
import { tandem } from './terminal.ts'

const OLD = `<?xml version="1.0" encoding="ISO-8859-1"?>\r
<!-- é: masterConnectorURI -->\r
<beans xmlns="http://www.springframework.org/schema/beans">\r
  <broker xmlns="http://activemq.apache.org/schema/core" masterConnectorURI='tcp://a:1' destroyApplicationContextOnStop="true">\r
    <transportConnectors><transportConnector uri="stomp://127.0.0.1:0?wireformat.maxFrameSize=1"/></transportConnectors>\r
  </broker>\r
</beans>\r
`
const NEW = OLD.replace(' destroyApplicationContextOnStop="true"', '').replace('wireformat', 'wireFormat')

function place(t: ExecutionContext, text: string = OLD): string {
  const directory = directoryWith({})
  writeFileSync(join(directory, 'activemq.xml'), Buffer.from(text, 'latin1'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  return directory
}

const read = (directory: string, name = 'activemq.xml'): string => readFileSync(join(directory, name), 'latin1')

test('upgrade prints a patch and the reasons, writes nothing, and exits with 1', async t => {
  const directory = place(t)
  const { code, out, err } = await tandem(['upgrade', 'activemq.xml'], directory)
  t.is(code, 1)
  t.is(applyPatch(OLD, out.replaceAll('\uFFFD', 'é')), NEW)
  t.regex(err, /activemq\.xml:4:\d+: "destroyApplicationContextOnStop" on <broker> is removed: today's ActiveMQ/)
  t.regex(err, /activemq\.xml:5:\d+: option "wireformat\.maxFrameSize" becomes "wireFormat\.maxFrameSize": /)
  t.regex(err, /activemq\.xml: 2 changes, not written: give --write\n$/)
  t.deepEqual(readdirSync(directory), ['activemq.xml'])
  t.is(read(directory), OLD)
})

test('upgrade --write replaces the file in its encoding and mode, keeps what it was, and has nothing to do then', async t => {
  const directory = place(t)
  chmodSync(join(directory, 'activemq.xml'), 0o640)
  const first = await tandem(['upgrade', '--write', 'activemq.xml'], directory)
  t.is(first.code, 0, first.err)
  t.is(first.out, '')
  t.is(read(directory), NEW)
  t.is(read(directory, 'activemq.xml.bak'), OLD)
  for (const name of ['activemq.xml', 'activemq.xml.bak']) t.is(statSync(join(directory, name)).mode & 0o777, 0o640)
  const second = await tandem(['upgrade', 'activemq.xml', '--write'], directory)
  t.deepEqual(second, { code: 0, out: '', err: 'activemq.xml: nothing to do\n' })
  const third = await tandem(['upgrade', 'activemq.xml', '--write', '--names=active-passive'], directory)
  t.is(third.code, 0)
  t.is(read(directory), NEW.replace("masterConnectorURI='", "activeConnectorURI='"))
  t.is(read(directory, 'activemq.xml.bak'), OLD)
  t.is(read(directory, 'activemq.xml.bak.1'), NEW)
  t.deepEqual(readdirSync(directory).toSorted(), ['activemq.xml', 'activemq.xml.bak', 'activemq.xml.bak.1'])
})

test('upgrade follows a link to the file it leads to, and leaves the link', async t => {
  const directory = place(t)
  symlinkSync('activemq.xml', join(directory, 'link.xml'))
  const { code } = await tandem(['upgrade', 'xbean:file:link.xml', '--write'], directory)
  t.is(code, 0)
  t.true(lstatSync(join(directory, 'link.xml')).isSymbolicLink())
  t.is(read(directory), NEW)
})

test('upgrade --json answers one document for all files, with what is left to decide', async t => {
  const directory = place(t)
  writeFileSync(join(directory, 'other.xml'), '<broker')
  const args = ['upgrade', 'activemq.xml', 'other.xml', '--to', '6.x', '--json', '--write']
  const { code, out, err } = await tandem(args, directory)
  t.is(code, 1)
  t.is(err, '')
  const [one, other] = (JSON.parse(out) as { files: object[] }).files
  t.like(one, { file: 'activemq.xml', written: true, imports: [] })
  t.like(one, {
    changes: [
      { rule: 'removed', line: 4 },
      { rule: 'uri-option', line: 5 },
    ],
  })
  t.like(one, { left: [{ code: 'UPGRADE_NOT_IN_VERSION', line: 4 }] })
  t.like(other, { file: 'other.xml', written: false, backup: null, changes: [], diff: '' })
  t.like(other, { left: [{ code: 'CONFIG_NOT_WELL_FORMED' }] })
  t.false(existsSync(join(directory, 'other.xml.bak')))
})

test('upgrade tells what calls it does not understand, with its help, and exits with 2', async t => {
  const directory = place(t)
  const calls: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /name a file/],
    [['activemq.xml', '--to', '4.1'], /the oldest target is 5\.1/],
    [['activemq.xml', '--to', 'newest'], /is no target/],
    [['activemq.xml', '--names', 'old'], /active-passive or master-slave/],
    [['activemq.xml', '--to=6.x', '--names=active-passive'], /no ActiveMQ reads/],
    [['activemq.xml', '--wirte'], /did you mean --write/],
  ]
  for (const [args, says] of calls) {
    const { code, err } = await tandem(['upgrade', ...args], directory)
    t.is(code, 2)
    t.regex(err, says)
    t.regex(err, /Usage: tandemmq upgrade/)
  }
  t.is(read(directory), OLD)
})

test('a file that is not there, or is none, is a wrong call, and nothing is written of those beside it', async t => {
  const directory = place(t)
  for (const [file, says] of [
    ['nowhere.xml', 'nowhere.xml does not exist'],
    ['.', '. is a directory: name the file'],
  ] as const) {
    const { code, out, err } = await tandem(['upgrade', '--write', 'activemq.xml', file], directory)
    t.deepEqual([code, out, err], [2, '', `tandemmq upgrade: ${says}\n`])
  }
  t.is(read(directory), OLD)
})

test('only XML is rewritten: a JSON or YAML file is a wrong call, and nothing is written', async t => {
  const directory = place(t)
  writeFileSync(join(directory, 'a.yaml'), 'broker: {brokerName: a}\n')
  writeFileSync(join(directory, 'unnamed'), '{"broker": {"brokerName": "a"}}')
  const { code, out, err } = await tandem(['upgrade', '--write', 'activemq.xml', 'a.yaml'], directory)
  t.deepEqual([code, out], [2, ''])
  t.regex(err, /^tandemmq upgrade: a\.yaml is YAML, and only XML is rewritten; .*tandemmq convert a\.yaml --to xml\n$/)
  t.is(read(directory), OLD, 'the XML beside it neither')
  t.regex((await tandem(['upgrade', 'unnamed'], directory)).err, /unnamed is JSON, and only XML is rewritten/)
  const address = await tandem(['upgrade', 'broker:(stomp://127.0.0.1:0)/a'], directory)
  t.is(address.code, 2)
  t.regex(address.err, /broker:\(stomp:\/\/127\.0\.0\.1:0\)\/a is no XML file/)
  const properties = await tandem(['convert', 'properties:a', '--to', 'yaml'], directory)
  t.is(properties.code, 2)
  t.regex(properties.err, /properties:a is no configuration file/)
})

test('what is left is told on one line, even when it quotes lines of the file', async t => {
  const directory = place(t, OLD.replace('<transportConnectors>', 'one\r\ntwo<transportConnectors>'))
  const { err } = await tandem(['upgrade', 'activemq.xml'], directory)
  t.regex(
    err,
    /^.*activemq\.xml:\d+:\d+: warn: text stands directly inside <broker>: "one[ ·]+two" \[CONFIG_MISPLACED\]$/m,
  )
})
