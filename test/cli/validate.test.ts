import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { spawnSync } from 'node:child_process'
import test from 'ava'
import { loadConfig } from '../../src/config/config.ts'
import type { Code } from '../../src/base/codes.ts'
import { silentLog } from '../../src/base/log.ts'
import { TandemError } from '../../src/base/errors.ts'
import { startServer } from '../../src/server/server.ts'
import { beans, broker, directoryWith, STOMP } from '../config/loading.ts'
import { tandem } from './process.ts'
import { tandem as called } from './terminal.ts'
import { call, type Answer } from './terminal.ts'

const MISTAKES = resolve('fixtures/config/mistakes.xml')
const TLS = resolve('fixtures/tls')

const run = (cwd: string, ...args: readonly string[]): Promise<Answer> => call(['validate', ...args], cwd)

const FINE = beans(broker('', STOMP))
const OPEN = FINE.replace('127.0.0.1', '0.0.0.0')

test('the command: all mistakes at once with their places, exit code 1, no colour in a pipe, no password', async t => {
  const { code, out, err } = await tandem(['validate', 'mistakes.xml'], resolve('fixtures/config'))
  t.is(code, 1)
  t.is(err, '')
  t.regex(
    out,
    /^mistakes\.xml:7:78 {2}error {4}CONFIG_UNKNOWN_ATTRIBUTE {2}unknown attribute "persistant" on <broker>\n {4}did you mean "persistent"\?$/m,
  )
  t.regex(out, /^6 errors, 4 warnings in 1 file; 3 notes not shown, --verbose shows them$/m)
  t.notRegex(out, /\u001b|correct-horse|battery-staple|old-secret|template-secret/)
})

test('the command: a fine file ends with 0, a warning with --strict with 1, a wrong call with 2', async t => {
  const directory = directoryWith({ 'fine.xml': FINE, 'open.xml': OPEN })
  const fine = await called(['validate', 'fine.xml'], directory)
  t.deepEqual(fine, { code: 0, out: 'nothing found in 1 file\n', err: '' })
  const strict = await called(['validate', '--strict', 'fine.xml', 'open.xml'], directory)
  t.is(strict.code, 1)
  t.regex(strict.out, /^open\.xml:\d+:\d+ {2}warning {2}CONFIG_OPEN.*\n[^]*1 warning in 2 files\n$/)
  const wrong = await called(['validate', '--strikt', 'fine.xml'], directory)
  t.is(wrong.code, 2)
  t.is(wrong.out, '')
  t.regex(wrong.err, /unknown option --strikt; did you mean --strict\?/)
})

test('the command: an answer of any length comes whole through a pipe', t => {
  const binary = resolve('bin/tandemmq.js')
  const many = Array.from({ length: 60 }, (_, i) => {
    const path = join(directoryWith({}), `m${i}.xml`)
    copyFileSync(MISTAKES, path)
    return path
  })
  const shell = spawnSync(
    'sh',
    ['-c', `"$0" "$@" | (sleep 0.3; tail -n 1)`, process.execPath, binary, 'validate', ...many],
    {
      encoding: 'utf8',
    },
  )
  t.regex(shell.stdout, /^360 errors, 240 warnings in 60 files/)
})

test('the command: the standard input is a file too', t => {
  const given = spawnSync(process.execPath, [resolve('bin/tandemmq.js'), 'validate', '-'], {
    cwd: tmpdir(),
    input: OPEN,
    encoding: 'utf8',
  })
  t.is(given.status, 0)
  t.regex(given.stdout, /^<stdin>:\d+:\d+ {2}warning/)
})

test('a call that is wrong says why', async t => {
  const directory = directoryWith({ 'fine.xml': FINE })
  t.regex((await run(directory, 'fine.xml', '--target', '5.71')).err, /did you mean "5\.17"\?/)
  t.regex((await run(directory, 'fine.xml', '--json', '--sarif')).err, /not both/)
  const { code, out } = await run(directory, 'nowhere.xml')
  t.is(code, 1)
  t.regex(out, /^nowhere\.xml:1:1 {2}error {4}CONFIG_NOT_FOUND/)
})

test('without a file the one is checked that start would take, and its name is said', async t => {
  const directory = directoryWith({ 'activemq.xml': OPEN, 'conf/activemq.xml': FINE, 'other/activemq.xml': OPEN })
  const usual = await run(directory)
  t.deepEqual(usual, { code: 0, out: 'nothing found in 1 file\n', err: 'tandemmq validate: conf/activemq.xml\n' })
  const told = await called(['validate', '--strict'], directory, { ACTIVEMQ_CONF: join(directory, 'other') })
  t.is(told.code, 1)
  t.regex(told.out, /^other\/activemq\.xml:\d+:\d+ {2}warning {2}CONFIG_OPEN/)
  t.is((await run(directory, '--quiet')).err, '')
  const none = await run(directoryWith({}))
  t.is(none.code, 1)
  t.regex(none.out, /^activemq\.xml:1:1 {2}error {4}CONFIG_NOT_FOUND/)
})

test('-D sets placeholders, --quiet prints nothing, notes come with --verbose', async t => {
  const xml = beans(broker('brokerName="${name}"', `<shutdownHooks/>${STOMP}`))
  const directory = directoryWith({ 'a.xml': xml })
  t.is((await run(directory, 'a.xml')).code, 1)
  t.deepEqual(await run(directory, '-Dname=x', 'a.xml', '--quiet'), { code: 0, out: '', err: '' })
  t.deepEqual(await run(directory, 'a.xml', '--quiet'), { code: 1, out: '', err: '' })
  // Where start finds them too.
  const env = { ACTIVEMQ_OPTS: '-Xmx1g -Dname=x' }
  for (const verb of ['validate', 'doctor'])
    t.is((await call([verb, '-Dtandemmq.http=off', 'a.xml'], directory, { env })).code, 0, verb)
  const jmx = directoryWith({ 'a.xml': beans(broker('useJmx="false" taskRunnerPriority="3"', STOMP)) })
  t.regex((await run(jmx, 'a.xml')).out, /^nothing found in 1 file; \d notes? not shown, --verbose shows/)
  t.regex((await run(jmx, 'a.xml', '--verbose')).out, /^a\.xml:\d+:\d+ {2}note {5}CONFIG_NO_EFFECT/)
})

test('the same import in two files is told once', async t => {
  const part = '<beans xmlns="http://www.springframework.org/schema/beans"><broker xmlns=""/></beans>'
  const importing = FINE.replace('<broker', '<import resource="part.xml"/>\n<broker')
  const directory = directoryWith({ 'a.xml': importing, 'b.xml': importing, 'part.xml': part })
  const { out } = await run(directory, 'a.xml', 'b.xml')
  t.is(out.match(/part\.xml:1:\d+ {2}error {4}CONFIG_NO_NAMESPACE/g)?.length, 1)
  t.regex(out, /in 3 files/)
})

test('--json: every finding with its place and source, secrets masked', async t => {
  const { code, out } = await run(resolve('fixtures/config'), '--json', 'mistakes.xml')
  t.is(code, 1)
  const report = JSON.parse(out) as {
    ok: boolean
    target: string
    summary: { errors: number; notes: number }
    files: string[]
    findings: { file: string; line: number; code: string; severity: string; source: { text: string } }[]
  }
  t.like(report, { ok: false, target: 'tandemmq', files: ['mistakes.xml'] })
  t.is(report.summary.errors, 6)
  t.is(report.findings.filter(({ severity }) => severity === 'note').length, report.summary.notes)
  const misspelt = report.findings.find(({ line }) => line === 19)
  t.is(misspelt?.source.text.trim(), '<authenticationUser username="clerk" pasword="•••" groups="clerks"/>')
})

test('--sarif: places are relative to where a repository is checked out', async t => {
  const { out } = await run(resolve('fixtures'), '--sarif', 'config/mistakes.xml')
  const log = JSON.parse(out) as {
    version: string
    runs: {
      tool: { driver: { version: string } }
      results: { level: string; locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }[]
    }[]
  }
  t.is(log.version, '2.1.0')
  t.is(log.runs[0]?.tool.driver.version, 'test')
  t.is(log.runs[0]?.results.length, 10, 'notes only with --verbose')
  for (const { locations } of log.runs[0]?.results ?? [])
    t.is(locations[0]?.physicalLocation.artifactLocation.uri, 'config/mistakes.xml')
})

test('--target: what an ActiveMQ version says, and which one it was', async t => {
  const directory = directoryWith({ 'a.xml': beans(broker('masterConnectorURI="tcp://127.0.0.1:1"', STOMP)) })
  const fine = await run(directory, '--target', '5.7', 'a.xml')
  t.deepEqual([fine.code, fine.out], [0, 'nothing found in 1 file for ActiveMQ 5.7.0\n'])
  const gone = await run(directory, '--target=activemq-5.18.3', 'a.xml')
  t.is(gone.code, 1)
  t.regex(gone.out, /1 error in 1 file for ActiveMQ 5\.18\.3, by the words of 5\.18\.0\n$/)
})

/** Files that stop a start only when it begins, and the place and code of the reason. */
const ONLY_AT_START: readonly {
  readonly title: string
  readonly files: Readonly<Record<string, string>>
  readonly code: Code
  readonly place: RegExp
}[] = [
  {
    title: 'a login module that is not served',
    files: {
      'activemq.xml': beans(broker('', `<plugins><jaasAuthenticationPlugin configuration="a"/></plugins>${STOMP}`)),
      'login.config': 'a {\n  org.apache.activemq.jaas.LDAPLoginModule required;\n};\n',
    },
    code: 'AUTH_MODULE_UNSUPPORTED',
    place: /^login\.config:2:\d+ /m,
  },
  {
    title: 'a realm that the login configuration has not',
    files: {
      'activemq.xml': beans(broker('', `<plugins><jaasAuthenticationPlugin configuration="b"/></plugins>${STOMP}`)),
      'login.config': 'a { org.apache.activemq.jaas.GuestLoginModule required; };\n',
    },
    code: 'AUTH_REALM_MISSING',
    place: /^activemq\.xml:3:\d+ /m,
  },
  {
    title: 'users that are not there',
    files: {
      'activemq.xml': beans(broker('', `<plugins><jaasAuthenticationPlugin configuration="a"/></plugins>${STOMP}`)),
      'login.config':
        'a { org.apache.activemq.jaas.PropertiesLoginModule required\n org.apache.activemq.jaas.properties.user="u.properties" org.apache.activemq.jaas.properties.group="g.properties"; };\n',
    },
    code: 'AUTH_FILE_UNREADABLE',
    place: /^login\.config:1:\d+ /m,
  },
  {
    title: 'a key store with another password',
    files: {
      'activemq.xml': beans(
        broker(
          '',
          `<sslContext><sslContext keyStore="${TLS}/server-openssl.p12" keyStorePassword="not-this-one"/></sslContext>${STOMP.replaceAll('stomp://', 'stomp+ssl://')}`,
        ),
      ),
    },
    code: 'TLS_PASSWORD_WRONG',
    place: /^activemq\.xml:3:\d+ /m,
  },
  {
    title: 'a key store that nobody listens with, but that links to the twin would use',
    files: {
      'activemq.xml': beans(
        broker('', `<sslContext><sslContext keyStore="${TLS}/nowhere.p12" keyStorePassword="x"/></sslContext>${STOMP}`),
      ),
    },
    code: 'TLS_STORE_UNREADABLE',
    place: /^activemq\.xml:3:\d+ /m,
  },
]

for (const { title, files, code, place } of ONLY_AT_START) {
  test(`management TC-07: validate and start agree about ${title}`, async t => {
    const directory = directoryWith(files)
    const { code: exit, out } = await run(directory, 'activemq.xml')
    t.is(exit, 1)
    t.regex(out, place)
    t.regex(out, new RegExp(`  refuse   ${code}  `))
    t.is(out.match(/ {2}(error|refuse) {3}/g)?.length, 1, 'once')
    t.false(out.includes('not-this-one'))
    const { config } = await loadConfig('activemq.xml', { properties: {}, env: {}, cwd: directory })
    if (config === null) throw new Error(out)
    const options = { log: silentLog, properties: {}, environment: {} }
    const refused = await t.throwsAsync(startServer(config, options), { instanceOf: TandemError })
    t.is((refused as TandemError | undefined)?.code, code)
  })
}

test('management W-13: the passwords of the examples are told, also when they stand in users.properties', async t => {
  const files = {
    'activemq.xml': beans(
      broker(
        '',
        `<plugins><jaasAuthenticationPlugin configuration="a"/></plugins>${STOMP.replace('127.0.0.1', '0.0.0.0')}`,
      ),
    ),
    'login.config':
      'a { org.apache.activemq.jaas.PropertiesLoginModule required\n org.apache.activemq.jaas.properties.user="users.properties" org.apache.activemq.jaas.properties.group="groups.properties"; };\n',
    'users.properties': 'clerk=c0rrect\nadmin=admin\n',
    'groups.properties': 'admins=admin\n',
  }
  const directory = directoryWith(files)
  const open = await run(directory, 'activemq.xml')
  t.is(open.code, 0)
  t.regex(open.out, /warning {2}CONFIG_OPEN {2}the user "admin" still has the password of ActiveMQ's examples/)
  writeFileSync(join(directory, 'users.properties'), 'admin=another\n')
  t.notRegex((await run(directory, 'activemq.xml')).out, /examples/)
  writeFileSync(join(directory, 'users.properties'), 'admin=admin\n')
  writeFileSync(join(directory, 'activemq.xml'), files['activemq.xml'].replace('0.0.0.0', '127.0.0.1'))
  t.notRegex((await run(directory, 'activemq.xml')).out, /examples/, 'nobody else reaches it')
})

test('what was found wrong while reading is not tried again', async t => {
  const xml = beans(broker('', `<plugins><jaasAuthenticationPlugin/></plugins>${STOMP}`))
  const { out } = await run(directoryWith({ 'a.xml': xml }), 'a.xml')
  t.is(out.match(/ {2}refuse /g)?.length, 1)
  t.regex(out, /CONFIG_LOGIN/)
})

test('the help of the verb shows an example that works', async t => {
  const help = await call(['help', 'validate'])
  t.is(help.code, 0)
  const example = /^Example: tandemmq (.*)$/m.exec(help.out)?.[1]?.split(' ') ?? []
  const directory = directoryWith({ 'conf/activemq.xml': readFileSync('fixtures/first/activemq.xml', 'utf8') })
  t.is((await run(directory, ...example.slice(1))).err, '')
})
