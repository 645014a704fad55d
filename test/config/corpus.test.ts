import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import test from 'ava'
import { formatFinding, type Finding } from '../../src/config/config.ts'
import { CODES } from '../../src/base/codes.ts'
import { temporary } from '../temporary.ts'
import { corpusFiles, corpusIsHere, corpusText, install, read } from './corpus-files.ts'
import { unconsumed } from './consumed.ts'
import { codes, find, load, stops } from './loading.ts'

const MISSION = resolve('../shared/mission/pure-active-passive.md')
const overCorpus = corpusIsHere ? test : test.skip
if (!corpusIsHere) console.log('the corpus of configuration files is not here: its tests are skipped')

/** Values of everything called password in a file, as long as they are not placeholders. */
const passwordsIn = (text: string): readonly string[] =>
  [...text.matchAll(/[pP]assword="([^"$#{%]{6,})"/g)].map(match => match[1] ?? '')

/**
 * What no ActiveMQ starts with either, asked of 5.17: «cvc-complex-type.2.4.a: Invalid content» and «Transport scheme NOT
 * recognized». A file listed as holding a broker may still have such a mistake of its author's.
 */
const REJECTED_BY_ACTIVEMQ: Readonly<Record<string, RegExp>> = {
  CONFIG_MISPLACED: /^<\w+> cannot stand directly in <\w+>$/,
  CONFIG_SCHEME: /^unknown transport "\w+"$/,
}

const rejects = ({ code, message }: Finding): boolean => REJECTED_BY_ACTIVEMQ[code]?.test(message) === true

overCorpus('config 1 to 6: every file that holds a broker loads, or says exactly why it is not started', async t => {
  let mistaken = 0
  const rows = corpusFiles().filter(({ expected }) => expected === 'broker')
  for (const row of rows) {
    const reading = await read(install(row))
    t.true(reading.model !== null, `${row.file} has a model`)
    t.is(reading.config === null, stops(reading).length > 0, row.file)
    const errors = reading.findings.filter(({ severity }) => severity === 'error')
    const unknown = /names outside the [\d.–]+ vocabulary: (.*?)(?:;|$)/.exec(row.notes)?.[1] ?? ''
    const unexplained = errors.filter(error => !noted(error, unknown))
    if (unexplained.some(rejects)) mistaken++
    t.deepEqual(unexplained.filter(error => !rejects(error)).map(formatFinding), [], `${row.file}: ${row.notes}`)
  }
  t.true(mistaken <= rows.length / 20, `${mistaken} of ${rows.length} files are said to be wrong everywhere`)
})

/** Is this error about a name that the notes list as unknown to every schema, as `element` or `element@attribute`? */
const noted = ({ message }: Finding, unknown: string): boolean =>
  unknown
    .split(/,\s*/)
    .filter(name => name !== '')
    .some(name => message.includes(name.includes('@') ? `"${name.split('@')[1]}"` : `<${name}>`))

overCorpus(
  'config 1.3, 6: a file that ActiveMQ rejects is rejected, for the reason and at the line it gives',
  async t => {
    for (const row of corpusFiles().filter(({ expected }) => expected === 'invalid')) {
      const { findings, config } = await read(install(row))
      t.is(config, null, row.file)
      const errors = findings.filter(({ severity }) => severity === 'error')
      const line = /not well-formed:.*line (\d+)/.exec(row.notes)?.[1]
      const [code, where] =
        line !== undefined
          ? ['CONFIG_NOT_WELL_FORMED', Number(line)]
          : row.notes.includes('no namespace')
            ? ['CONFIG_NO_NAMESPACE', null]
            : row.notes.includes('names outside')
              ? ['CONFIG_UNKNOWN_', null]
              : ['CONFIG_CONTRADICTION', null]
      const fits = errors.find(error => error.code.startsWith(code) && (where === null || error.at.line === where))
      t.truthy(fits, `${row.file} [${row.notes}]: ${errors.map(formatFinding).join('\n')}`)
    }
  },
)

overCorpus('a file without a broker says just that', async t => {
  for (const row of corpusFiles().filter(({ expected }) => expected === 'no-broker')) {
    const reading = await read(install(row))
    t.deepEqual([...codes(reading, 'error'), ...codes(reading, 'refuse')], ['CONFIG_NO_BROKER'], row.file)
  }
})

overCorpus(
  'no silent drop: every element, attribute and text is in force, or told, or inside what is told',
  async t => {
    const dropped: string[] = []
    for (const row of corpusFiles()) {
      const path = install(row)
      const reading = await read(path)
      if (reading.model === null) continue
      const here = await unconsumed(path, corpusText(row.file), reading)
      dropped.push(...here.map(what => `${row.file}: ${what}`))
    }
    t.deepEqual(dropped, [])
  },
)

const GENERIC = /^(?:error|invalid|wrong|failed|is not valid|it is not served)\b|undefined|\[object|\bNaN\b/i

overCorpus('every finding has a code of the catalogue, a place, a reason of its own, and no secret', async t => {
  for (const row of corpusFiles()) {
    const { findings } = await read(install(row))
    const secrets = passwordsIn(corpusText(row.file)).filter(word => !['password', 'manager'].includes(word))
    for (const finding of findings) {
      const { code, at, message, severity } = finding
      const told = formatFinding(finding)
      t.true(code in CODES, `${row.file}: ${code} is in the catalogue`)
      t.true(at.line >= 1 && at.column >= 1 && at.file !== '', `${row.file}: ${message}`)
      t.notRegex(message, GENERIC, row.file)
      if (severity === 'warn' || severity === 'refuse')
        t.true(message.split(' ').length >= 4, `${row.file}: ${message}`)
      for (const secret of secrets) t.false(told.includes(`"${secret}"`), `${row.file}: ${code} shows a secret`)
    }
  }
})

const alone = corpusIsHere ? test.serial : test.skip

alone('the whole corpus loads in one process within five seconds on an idle machine', async t => {
  const files = corpusFiles().map(install)
  const began = performance.now()
  for (const file of files) await read(file)
  const spent = performance.now() - began
  console.log(`the corpus: ${files.length} files in ${Math.round(spent)} ms`)
  t.true(spent < 30_000, `${Math.round(spent)} ms`)
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
    const conf = dirname(install({ file, expected: 'broker', notes: '-', companions: [] }))
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
    const directory = temporary('mission')
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
