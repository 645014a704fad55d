import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { loadConfig } from '../../src/config/config.ts'
import { brokerXml, Client, deadlineMs } from '../contract/world.ts'
import { tandemmq } from '../inspect/pair.ts'

/** A directory of the test's own. */
function place(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-create-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const read = (...path: readonly string[]): string => readFileSync(join(...path), 'utf8')

/** The passwords that were made: `app.password` and so on. */
const credentials = (instance: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    read(instance, 'conf', 'credentials.properties')
      .split('\n')
      .filter(line => /^[a-z]/.test(line))
      .map(line => line.split('=') as [string, string]),
  )

/** On a port that the system chooses, so that tests do not meet. */
function rewrite(instance: string, from: string, to: string): void {
  const file = join(instance, 'conf', 'activemq.xml')
  writeFileSync(file, read(file).replaceAll(from, to))
}

/** `DIR/bin/NAME …`, which must say a line; the environment is nearly empty. */
async function script(
  t: ExecutionContext,
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly says: (pattern: RegExp) => Promise<RegExpExecArray>; stop(): Promise<number | null> }> {
  const child = spawn(path, args, {
    cwd: '/',
    env: { PATH: process.env['PATH'], TANDEMMQ_LOG: 'pretty', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (more: string) => (text += more))
  const ended = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const over = ended.then(() => 'over')
  return {
    says: async pattern => {
      const late = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
      try {
        for (;;) {
          const found = pattern.exec(text)
          if (found !== null) return found
          const heard = [once(child.stdout, 'data'), once(child.stderr, 'data'), over]
          if ((await Promise.race(heard)) === 'over' && !pattern.test(text))
            throw new Error(`never said ${pattern}: ${text}`)
        }
      } finally {
        clearTimeout(late)
      }
    },
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      return child.exitCode
    },
  }
}

test('CT-09: a new instance starts by its own script from anywhere, serves its users, and ends with 0', async t => {
  const directory = place(t)
  const made = await tandemmq(['create', 'orders'], directory)
  t.deepEqual([made.code, made.err], [0, ''], made.err)
  const instance = join(directory, 'orders')
  t.regex(
    made.out,
    /made {2}orders\/bin\/orders\nmade {2}orders\/conf\/activemq\.xml\nmade {2}orders\/conf\/credentials\.properties\nmade {2}orders\/conf\/jetty\.xml\nmade {2}orders\/conf\/jetty-realm\.properties/,
  )
  t.regex(made.out, /next:\n {2}orders\/bin\/orders start\n/)
  const secret = credentials(instance)['app.password'] ?? ''
  t.false(made.out.includes(secret))
  rewrite(instance, '127.0.0.1:61613', '127.0.0.1:0')
  const link = join(directory, 'service')
  symlinkSync('orders/bin/orders', link)
  const running = await script(t, link, ['start', '-Dtandemmq.http=off'])
  const [, port = ''] = await running.says(/connector "stomp" listens on [^ ]*:(\d+)/)
  const client = await Client.dial(Number(port))
  client.send('CONNECT', { 'accept-version': '1.2', login: 'app', passcode: secret })
  await client.expect('CONNECTED')
  client.version = '1.2'
  await client.receipted('SEND', { destination: '/queue/first', persistent: 'true' }, 'kept')
  client.send('SEND', { destination: '/topic/of.admins' }, 'refused')
  t.regex((await client.expect('ERROR')).headers.get('message') ?? '', /User app is not authorized to create/)
  const stranger = await Client.dial(Number(port))
  stranger.send('CONNECT', { 'accept-version': '1.2', login: 'app', passcode: `${secret}x` })
  t.regex((await stranger.expect('ERROR')).headers.get('message') ?? '', /User name \[app\] or password is invalid/)
  t.is(await running.stop(), 0)
  t.true(existsSync(join(instance, 'data', 'kahadb')), 'data is in the instance')
})

test('W-02, W-05: the HTTP interface of a new instance is on this machine, lets in its admin only, and its script logs in', async t => {
  const directory = place(t)
  await tandemmq(['create', 'web'], directory)
  const instance = join(directory, 'web')
  rewrite(instance, '127.0.0.1:61613', '127.0.0.1:0')
  t.is(statSync(join(instance, 'conf', 'jetty-realm.properties')).mode & 0o777, 0o600)
  const program = join(instance, 'bin', 'web')
  const running = await script(t, program, ['start', '-Djetty.port=0'])
  const [, url = ''] = await running.says(/(http:\/\/127\.0\.0\.1:\d+); /)
  const secrets = credentials(instance)
  const status = async (login: string | null): Promise<number> => {
    const authorization = `Basic ${Buffer.from(login ?? '').toString('base64')}`
    const headers = login === null ? {} : { headers: { authorization } }
    return (await fetch(`${url}/api/jolokia/`, headers)).status
  }
  const explained = await script(t, program, ['explain', join(instance, 'conf', 'activemq.xml')])
  t.truthy(await explained.says(/import "jetty\.xml" .* read: /))
  t.is(await status(null), 401)
  t.is(await status(`app:${secrets['app.password']}`), 401, 'an application manages nothing')
  t.is(await status(`admin:${secrets['app.password']}`), 401)
  t.is(await status(`admin:${secrets['activemq.password']}`), 200)
  const made = await script(t, program, ['queues', 'create', 'first'])
  t.truthy(await made.says(/^created queue first$/m), 'neither an address nor a login was said')
  const elsewhere = await script(t, program, ['queues', 'list', `--url=${url}`])
  t.truthy(await elsewhere.says(/asks for a login/), 'to an address that was said goes no password that was not')
  t.is(await running.stop(), 0)
})

test('a new instance has nothing to be warned about, its passwords are its own, and only its owner reads them', async t => {
  const directory = place(t)
  for (const name of ['one', 'two']) t.is((await tandemmq(['create', name], directory)).code, 0)
  const [one, two] = [join(directory, 'one'), join(directory, 'two')]
  const { config, findings } = await loadConfig(join(one, 'conf', 'activemq.xml'), {
    properties: {},
    env: {},
    cwd: '/',
  })
  t.deepEqual(findings, [])
  t.like(config, { brokerName: 'one', dataDirectory: join(one, 'data') })
  t.is(
    config?.connectors.every(({ host }) => host === '127.0.0.1'),
    true,
  )
  t.is(statSync(join(one, 'conf', 'credentials.properties')).mode & 0o777, 0o600)
  t.is(statSync(join(one, 'bin', 'one')).mode & 0o777, 0o755)
  const all = [credentials(one), credentials(two)].flatMap(each => [each['app.password'], each['activemq.password']])
  t.is(new Set(all).size, 4)
  t.true(all.every(password => /^[\w-]{24}$/.test(password ?? '')))
})

test('the comment in the file is true: two instances make a pair as it says', async t => {
  const directory = place(t)
  for (const name of ['alpha', 'beta']) await tandemmq(['create', name], directory)
  const [alpha, beta] = [join(directory, 'alpha'), join(directory, 'beta')]
  const [comment = ''] = /<services>[^]*?<\/services>/.exec(read(alpha, 'conf', 'activemq.xml')) ?? []
  const uri = comment.replace('HOST-OF-THIS-BROKER', '127.0.0.1')
  rewrite(beta, '127.0.0.1:61613', '127.0.0.1:61643')
  rewrite(beta, '<plugins>', `${uri}<plugins>`)
  const files = [join(alpha, 'conf', 'activemq.xml'), join(beta, 'conf', 'activemq.xml')]
  const before = await tandemmq(['pair', 'check', ...files])
  t.regex(before.out, /error +attach +"alpha" would refuse its passive: User name \[admin\] or password is invalid/)
  writeFileSync(join(beta, 'conf', 'credentials.properties'), read(alpha, 'conf', 'credentials.properties'))
  const after = await tandemmq(['pair', 'check', ...files, '-Dtandemmq.http=off'])
  t.is(after.code, 0, after.out)
  t.regex(after.out, /ok +attach +"alpha" lets its passive in as admin/)
  t.regex(after.out, /These two make a working pair\.\n$/)
})

test('a directory that is not empty is refused; --force keeps what is there and makes the rest', async t => {
  const directory = place(t)
  const mine = join(directory, 'mine')
  mkdirSync(join(mine, 'conf'), { recursive: true })
  writeFileSync(join(mine, 'conf', 'activemq.xml'), brokerXml())
  const refused = await tandemmq(['create', mine])
  t.is(refused.code, 1)
  t.regex(refused.err, /mine is not empty; choose another, or use --force/)
  t.false(existsSync(join(mine, 'bin')))
  const forced = await tandemmq(['create', mine, '--force'])
  t.is(forced.code, 0, forced.err)
  t.regex(forced.out, /kept .*mine\/conf\/activemq\.xml: it was there/)
  t.is(read(mine, 'conf', 'activemq.xml'), brokerXml())
  t.true(existsSync(join(mine, 'bin', 'mine')))
  writeFileSync(join(directory, 'file'), '')
  t.regex((await tandemmq(['create', join(directory, 'file'), '--force'])).err, /file is not a directory/)
})

test('--force again makes anew what create made and nobody changed, but never passwords', async t => {
  const directory = place(t)
  const instance = join(directory, 'again')
  await tandemmq(['create', instance])
  const passwords = read(instance, 'conf', 'credentials.properties')
  const script = read(instance, 'bin', 'again')
  const realm = read(instance, 'conf', 'jetty-realm.properties')
  rmSync(join(instance, 'conf', 'jetty-realm.properties'))
  const same = await tandemmq(['create', instance, '--force'])
  t.regex(same.out, /made .*bin\/again\nmade .*activemq\.xml\n/)
  t.notRegex(same.out, /made .*credentials\.properties|kept/)
  t.is(read(instance, 'conf', 'credentials.properties'), passwords)
  t.is(read(instance, 'conf', 'jetty-realm.properties'), realm, 'of the passwords that are there')
  rewrite(instance, 'groups="apps"', 'groups="apps,more"')
  writeFileSync(join(instance, 'bin', 'again'), `${script}# mine\n`)
  const changed = await tandemmq(['create', instance, '--force'])
  t.regex(changed.out, /kept .*bin\/again.*\nkept .*activemq\.xml/)
  t.regex(read(instance, 'conf', 'activemq.xml'), /groups="apps,more"/)
  t.regex(read(instance, 'bin', 'again'), /# mine\n$/)
})

const JAAS = `<plugins><jaasAuthenticationPlugin configuration="activemq"/></plugins>`
const LOGIN = `activemq {
  org.apache.activemq.jaas.PropertiesLoginModule required
    org.apache.activemq.jaas.properties.user="people.properties" org.apache.activemq.jaas.properties.group="groups.properties";
};
`

test('--template takes a file with what it needs beside it, changes the name only, and starts', async t => {
  const directory = place(t)
  const conf = join(directory, 'old')
  mkdirSync(conf)
  const xml = brokerXml({ body: `<!-- brokerName="test" stays -->${JAAS}` })
  const files = {
    'broker.xml': xml,
    'login.config': LOGIN,
    'people.properties': 'joe=secret-joe\n',
    'groups.properties': 'g=joe\n',
    'jetty-realm.properties': 'joe: secret-joe, admin\n',
  }
  for (const [name, text] of Object.entries({ ...files, 'letters.txt': 'private' }))
    writeFileSync(join(conf, name), text)
  const made = await tandemmq(['create', 'new', '--amqconf', 'old/broker.xml'], directory)
  t.is(made.code, 0, made.err)
  const instance = join(directory, 'new')
  t.is(read(instance, 'conf', 'activemq.xml'), xml.replace('brokerName="test" d', 'brokerName="new" d'))
  t.is(read(instance, 'conf', 'people.properties'), files['people.properties'])
  t.is(read(instance, 'conf', 'jetty-realm.properties'), files['jetty-realm.properties'], 'and who may manage it')
  t.false(existsSync(join(instance, 'conf', 'letters.txt')), 'what nobody names stays where it is')
  const running = await script(t, join(instance, 'bin', 'new'), ['start', '-Dtandemmq.http=off'])
  const [, port = ''] = await running.says(/connector "stomp" listens on [^ ]*:(\d+)/)
  const client = await Client.dial(Number(port))
  client.send('CONNECT', { 'accept-version': '1.2', login: 'joe', passcode: 'secret-joe' })
  await client.expect('CONNECTED')
  t.is(await running.stop(), 0)
})

test('--template that does not start makes nothing, and says where it is wrong', async t => {
  const directory = place(t)
  writeFileSync(join(directory, 'a.xml'), brokerXml({ attributes: 'persistant="true"' }))
  const wrong = await tandemmq(['create', 'new', '--template', 'a.xml'], directory)
  t.is(wrong.code, 1)
  t.regex(wrong.err, /a\.xml:3:\d+: error: .*persistant[^]*no broker would start from .*a\.xml; nothing was made/)
  t.false(existsSync(join(directory, 'new')))
  writeFileSync(join(directory, 'b.xml'), brokerXml({ attributes: 'useJmx="${jmx.wanted}"' }))
  const given = await tandemmq(['create', 'new', '--template', 'b.xml', '-Djmx.wanted=false'], directory)
  t.is(given.code, 0, given.err)
  t.regex(given.out, /bin\/new start -Djmx\.wanted=…\n/)
})

test('the script finds a program that moved by TANDEMMQ, or says what to do', async t => {
  const directory = place(t)
  await tandemmq(['create', 'moved'], directory)
  const path = join(directory, 'moved', 'bin', 'moved')
  const gone = await script(t, path, ['version'], { TANDEMMQ: '/no/such/tandemmq.js' })
  t.truthy(await gone.says(/TandemMQ is no longer at \/no\/such\/tandemmq\.js: install it again/))
  const named = await script(t, path, ['version'], { TANDEMMQ: resolve('bin/tandemmq.js') })
  t.truthy(await named.says(/^TandemMQ \d/))
})

test('the script logs in as the administrator of its own broker only, and only by a password that its realm has', async t => {
  const directory = place(t)
  await tandemmq(['create', 'own'], directory)
  const [path, program] = [join(directory, 'own', 'bin', 'own'), join(directory, 'shown.cjs')]
  writeFileSync(
    program,
    `const { TANDEMMQ_USER: user = 'nobody', TANDEMMQ_PASSWORD_FILE: file } = process.env
    console.log(user, file === undefined ? 'none' : require('fs').readFileSync(file, 'utf8').trim())`,
  )
  const shown = async (args: readonly string[], env = {}): Promise<string> => {
    const called = await script(t, path, args, { TANDEMMQ: program, ...env })
    return (await called.says(/^(.*)\n/))[1] ?? ''
  }
  const password = credentials(join(directory, 'own'))['activemq.password'] ?? ''
  t.is(await shown(['queues', 'list']), 'nobody none', 'whoever else listens there')
  writeFileSync(join(directory, 'own', 'data', 'activemq.pid.json'), '{"pid":1,"started":null,"http":"127.0.0.1:8161"}')
  for (const args of [
    ['queues', 'list'],
    ['monitor', '--once'],
    ['pair', 'status'],
    ['browse', 'orders'],
  ])
    t.is(await shown(args), `admin ${password}`, args.join(' '))
  for (const args of [
    ['queues', 'list', '--url', 'http://10.0.0.1:8161'],
    ['queues', 'list', '--url=10.0.0.1:8161'],
    ['monitor', 'http://10.0.0.1:8161'],
    ['monitor', 'twin'],
    ['monitor', '--once', 'twin:8161'],
    ['pair', 'status', 'twin'],
    ['status', '--context', 'prod'],
    ['status', '--user', 'me'],
    ['start', '-d'],
  ])
    t.is(await shown(args), 'nobody none', args.join(' '))
  t.is(await shown(['status'], { TANDEMMQ_URL: 'http://10.0.0.1:8161' }), 'nobody none')
  const realm = join(directory, 'own', 'conf', 'jetty-realm.properties')
  writeFileSync(realm, 'admin: changed, admin\n')
  t.is(await shown(['status']), 'nobody none')
  rmSync(realm)
  t.is(await shown(['status']), 'nobody none', 'as in an instance of a template')
})

test('a wrong call of create exits with 2 and says what was meant', async t => {
  for (const [args, text] of [
    [[], /name the directory/],
    [['a', 'b'], /one directory at a time/],
    [['a', '--tmplate', 'x'], /did you mean --template/],
    [['a', '--template', 'x', '--amqconf', 'y'], /are one option/],
    [['a b'], /"a b" cannot be the name of a program/],
  ] as const) {
    const { code, err } = await tandemmq(['create', ...args], place(t))
    t.is(code, 2, args.join(' '))
    t.regex(err, text)
    t.regex(err, /Usage: tandemmq create DIR/)
  }
})

const CORPUS = resolve('../shared/corpus')
const STOCK = ['amq-head--conf-activemq', 'amq-5.7.0--conf-activemq']
const overCorpus = existsSync(join(CORPUS, 'CORPUS.tsv')) ? test : test.skip
if (overCorpus === test.skip) console.log('the corpus of configuration files is not here: no instance is made from it')

for (const name of STOCK) {
  overCorpus(`an instance of ActiveMQ's own ${name}.xml differs from it in the name only`, async t => {
    const directory = place(t)
    const made = await tandemmq(['create', 'stock', '--template', join(CORPUS, `${name}.xml`)], directory)
    t.is(made.code, 0, made.err)
    const text = read(CORPUS, `${name}.xml`)
    t.is(read(directory, 'stock', 'conf', 'activemq.xml'), text.replace('brokerName="localhost"', 'brokerName="stock"'))
    const { config } = await loadConfig(join(directory, 'stock', 'conf', 'activemq.xml'), {
      properties: {},
      env: {},
      cwd: '/',
    })
    t.is(config?.store.directory, join(directory, 'stock', 'data', 'kahadb'))
  })
}
