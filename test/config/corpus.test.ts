import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import test from 'ava'
import { formatFinding } from '../../src/config/config.ts'
import { CODES } from '../../src/base/codes.ts'
import { codes, find, load, stops } from './loading.ts'

const CORPUS = resolve('../shared/corpus')
const MISSION = resolve('../shared/mission/pure-active-passive.md')
const present = existsSync(join(CORPUS, 'CORPUS.tsv'))
const overCorpus = present ? test : test.skip
if (!present) console.log('the corpus of configuration files is not here: its tests are skipped')

const rows = present
  ? readFileSync(join(CORPUS, 'CORPUS.tsv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map(line => line.split('\t'))
      .map(([file = '', , , , expected = '']) => ({ file, expected }))
  : []

/** Values of everything called password in a file, as long as they are not placeholders. */
const passwordsIn = (text: string): readonly string[] =>
  [...text.matchAll(/[pP]assword="([^"$#{%]{6,})"/g)].map(match => match[1] ?? '')

overCorpus('every file of the corpus answers a model or reasons with places, and shows no password', async t => {
  for (const { file, expected } of rows) {
    const path = join(CORPUS, file)
    const result = await load(path, { cwd: tmpdir() })
    t.is(result.config === null, stops(result).length > 0, file)
    for (const finding of result.findings) {
      t.true(finding.code in CODES, `${file}: ${finding.code} is in the catalogue`)
      t.true(finding.at.line >= 1 && finding.at.column >= 1 && finding.at.file !== '', `${file}: ${finding.message}`)
      t.notRegex(formatFinding(finding), /undefined|\[object|null\b/, file)
      for (const secret of passwordsIn(readFileSync(path, 'utf8')))
        if (!['password', 'manager'].includes(secret)) t.false(formatFinding(finding).includes(`"${secret}"`), file)
    }
    if (expected === 'invalid') t.true(codes(result, 'error').length > 0, `${file} must be rejected`)
    if (expected === 'no-broker') t.deepEqual(codes(result, 'error'), ['CONFIG_NO_BROKER'], file)
  }
})

const ENCRYPTED = 'activemq.username=system\nactivemq.password=ENC(abc)\nguest.password=ENC(def)\n'
const PLAIN = 'activemq.username=system\nactivemq.password=secret-1\nguest.password=secret-2\n'

/** Stock files that must start as they are, and what stands beside them in a conf directory. */
const STOCK: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'amq-5.7.0--conf-activemq.xml': {},
  'amq-head--conf-activemq.xml': {},
  'amq-5.7.0--sample-activemq-stomp.xml': {},
  'amq-head--example-activemq-stomp.xml': {},
  'amq-5.7.0--sample-activemq-security.xml': { 'credentials-enc.properties': ENCRYPTED },
  'amq-head--example-activemq-security.xml': { 'credentials-enc.properties': ENCRYPTED },
  'amq-5.9.1--security-simple-auth-separator.xml': { 'credentials.properties': PLAIN },
  'amq-head--security-broker1.xml': {
    'login.config': 'broker1 {};',
    'org/apache/activemq/security/broker1.ks': 'key store',
    'org/apache/activemq/security/broker1.ts': 'trust store',
  },
}

for (const [file, beside] of Object.entries(STOCK)) {
  overCorpus(`the stock file ${file} loads unchanged`, async t => {
    const conf = join(mkdtempSync(join(tmpdir(), 'tandemmq-stock-')), 'conf')
    mkdirSync(conf)
    cpSync(join(CORPUS, file), join(conf, 'activemq.xml'))
    for (const [name, text] of Object.entries(beside)) {
      mkdirSync(join(conf, name, '..'), { recursive: true })
      writeFileSync(join(conf, name), text)
    }
    const asked: string[] = []
    const result = await load(join(conf, 'activemq.xml'), {
      env: { ACTIVEMQ_ENCRYPTION_PASSWORD: 'activemq' },
      decrypt: (algorithm, password, base64) => {
        asked.push(`${algorithm} ${password}`)
        return `clear-${base64}`
      },
    })
    t.deepEqual(stops(result).map(formatFinding), [])
    t.true((result.config?.connectors.length ?? 0) > 0)
    t.false(JSON.stringify(result.findings).includes('clear-'))
    t.false(JSON.stringify(result.config).includes('ENC('))
    if (beside['credentials-enc.properties']) t.true(asked.includes('PBEWithMD5AndDES activemq'))
    if (file.includes('separator')) t.is(result.config?.pathSeparator, '/')
  })
}

const mission = existsSync(MISSION) ? test : test.skip

mission("the mission page's two examples load as passives, and are told what a witness would remove", async t => {
  const page = readFileSync(MISSION, 'utf8')
  const examples = [...page.matchAll(/```\n(<broker[^]*?)```/g)].map(match => match[1] ?? '')
  t.is(examples.length, 2)
  for (const [index, text] of examples.entries()) {
    const directory = mkdtempSync(join(tmpdir(), 'tandemmq-mission-'))
    writeFileSync(join(directory, 'broker.xml'), text)
    const result = await load(join(directory, 'broker.xml'))
    t.deepEqual(stops(result).map(formatFinding), [])
    t.regex(find(result, 'CONFIG_PAIR')?.message ?? '', /policy auto.*a witness removes this risk/)
    t.is(result.config?.pair.policy, 'auto')
    t.regex(result.config?.pair.activeConnector?.uri ?? '', /^tcp:\/\/\w+:62001$/)
    if (index === 0) t.is(result.config?.store.directory, join(directory, 'data/broker2'))
    else t.is(result.config?.pair.activeConnector?.password, 'Cheese')
  }
})

test('the fixture of a first broker loads without a warning', async t => {
  const result = await load(resolve('fixtures/first/activemq.xml'))
  t.deepEqual(result.findings, [])
  t.is(result.config?.connectors[0]?.host, '127.0.0.1')
  t.is(result.config?.store.directory, resolve('fixtures/first/data/first'))
})

test("the shape of a distribution's package loads: one OpenWire port on loopback, served as STOMP", async t => {
  const result = await load(resolve('fixtures/config/loopback-openwire.xml'))
  // useJmx="false" asks for what is so here.
  t.deepEqual(
    result.findings.map(({ severity, message }) => `${severity}: ${message}`),
    ['accept: "useJmx" on <broker> has no effect here: there is no JMX here'],
  )
  t.like(result.config, { useJmx: false, brokerName: 'localhost' })
  t.like(result.config?.connectors[0], { scheme: 'tcp', port: 61616, tls: false, auto: false })
})
