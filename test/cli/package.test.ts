import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { brokerXml, Client, deadlineMs } from '../contract/world.ts'

const ROOT = fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../../../' : '../../', import.meta.url))

function place(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-package-'))
  chmodSync(directory, 0o755)
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Runs until it is ready; answers its JSON lines, and ends it. */
async function serves(t: ExecutionContext, child: ChildProcess, use: (port: number) => Promise<void>): Promise<string> {
  t.teardown(() => child.kill('SIGKILL'))
  const late = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (more: string) => (text += more))
  const ended = once(child, 'close')
  while (!text.includes('"NODE_READY"') && child.exitCode === null && child.signalCode === null)
    await Promise.race([once(child.stderr!, 'data'), ended])
  const port = Number(/stomp:\/\/127\.0\.0\.1:(\d+)/.exec(text)?.[1])
  if (!(port > 0)) throw new Error(text)
  await use(port)
  child.kill('SIGTERM')
  const [code] = (await ended) as [number | null]
  clearTimeout(late)
  t.is(code, 0, text)
  return text
}

async function sends(port: number, login: Readonly<Record<string, string>> = {}): Promise<void> {
  const client = await Client.dial(port)
  client.send('CONNECT', { 'accept-version': '1.2', ...login })
  await client.expect('CONNECTED')
  client.version = '1.2'
  await client.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  client.destroy()
}

/** The packages that this one needs at run time, and theirs. */
function needed(): readonly string[] {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>
  }
  return Object.entries(lock.packages).flatMap(([path, { dev }]) =>
    dev !== true && /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) ? path.slice('node_modules/'.length) : [],
  )
}

test('npm pack: what is packed installs into an empty directory elsewhere, and runs there with nothing but its dependencies', async t => {
  const directory = place(t)
  const packed = spawnSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', directory], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, npm_config_update_notifier: 'false' },
  })
  t.is(packed.status, 0, packed.stderr)
  const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }]
  const names = files.map(({ path }) => path)
  for (const file of [
    'bin/tandemmq.js',
    'bin/run.js',
    'bin/package.json',
    'bin/start.js',
    'dist/src/cli/cli.js',
    'dist/bundle/cli/cli.js',
    'dist/bundle/cli/start.cjs',
    'dist/bundle/of',
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
  ])
    t.true(names.includes(file), file)
  t.deepEqual(
    names.filter(name => /^(test|dist\/tests?|src|\.ci)\//.test(name)),
    [],
  )
  // As npm install lays it out, without a registry.
  const at = join(directory, 'elsewhere', 'node_modules', 'tandemmq')
  mkdirSync(at, { recursive: true })
  t.is(spawnSync('tar', ['-xzf', join(directory, filename), '-C', at, '--strip-components=1']).status, 0)
  for (const name of needed()) {
    mkdirSync(dirname(join(at, '..', name)), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), join(at, '..', name))
  }
  mkdirSync(join(at, '..', '.bin'))
  symlinkSync('../tandemmq/bin/tandemmq.js', join(at, '..', '.bin', 'tandemmq'))
  chmodSync(join(at, 'bin/tandemmq.js'), 0o755)
  const cwd = join(directory, 'elsewhere')
  const tandemmq = (...args: readonly string[]): { status: number | null } =>
    spawnSync(join('node_modules', '.bin', 'tandemmq'), args, { cwd, encoding: 'utf8' })
  t.is(tandemmq('create', 'shop').status, 0)
  writeFileSync(join(cwd, 'activemq.xml'), brokerXml())
  const args = ['start', '-Dtandemmq.http=off', '-Dactivemq.data=data', 'activemq.xml']
  const child = spawn(join('node_modules', '.bin', 'tandemmq'), args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
  await serves(t, child, port => sends(port))
})

test('a test that dist/ has left behind is not run from its bundle', t => {
  const root = place(t)
  mkdirSync(join(root, 'dist/tests'), { recursive: true })
  const [made, module] = [join(root, 'dist/tests/a.test.js.of'), join(root, 'dist/a.js')]
  const program = `import { behind } from ${JSON.stringify(pathToFileURL(join(ROOT, '.ci/behind.mjs')).href)}
console.log(behind('a.test.js'))`
  const why = (): string =>
    spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd: root, encoding: 'utf8' }).stdout.trim()
  t.is(why(), 'dist/tests has no a.test.js')
  writeFileSync(module, '')
  const write = (place: string): void => writeFileSync(made, `${place}\n${statSync(module).mtimeMs} dist/a.js`)
  write(realpathSync(root))
  t.is(why(), 'undefined')
  utimesSync(module, 1, 1)
  t.is(why(), 'dist/a.js has changed since dist/tests was made')
  rmSync(module)
  t.is(why(), 'dist/a.js has changed since dist/tests was made')
  writeFileSync(module, '')
  write('/elsewhere')
  t.is(why(), 'dist/tests was made in /elsewhere')
})

interface Instruction {
  readonly word: string
  readonly rest: string
}

/** The instructions of a Dockerfile, continued lines joined, by stage. */
function stages(text: string): readonly (readonly Instruction[])[] {
  const all: Instruction[][] = []
  for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
    const [, word = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? []
    if (word === 'FROM') all.push([])
    if (word !== '') all.at(-1)?.push({ word, rest })
  }
  return all
}

test('D-08, D-10, CE-04: the image, laid out without Docker, runs as uid 1000 from files it cannot write, with the login of its environment', async t => {
  const text = readFileSync(join(ROOT, 'fixtures/docker/Dockerfile'), 'utf8')
  const [build = [], image = []] = stages(text)
  t.true(build.length > 0 && image.length > 0)
  const said = (word: string): string => image.find(one => one.word === word)?.rest ?? ''
  t.is(said('USER'), '1000:1000')
  t.deepEqual(JSON.parse(said('ENTRYPOINT')), ['tandemmq'])
  t.is(said('STOPSIGNAL'), 'SIGTERM')
  t.regex(said('HEALTHCHECK'), /health\/live/)
  t.regex(said('FROM'), /^node:(\d+)-/)
  const root = place(t)
  for (const { word, rest } of image) {
    if (word !== 'COPY') continue
    const [source = '', target = ''] = rest.replace(/--\S+ /g, '').split(' ')
    const from = join(ROOT, source.replace(/^\/src\//, ''))
    mkdirSync(dirname(join(root, target)), { recursive: true })
    // The packages are the same, and many.
    if (source.endsWith('node_modules')) symlinkSync(from, join(root, target))
    else cpSync(from, join(root, target), { recursive: true })
  }
  const home = join(root, 'opt/apache-activemq')
  mkdirSync(join(home, 'data'))
  // Where the checkout is readable for its owner only, its packages are no use to anybody else.
  const reads = (): boolean =>
    spawnSync('test', ['-r', join(root, 'opt/tandemmq/node_modules/ws')], { uid: 1000, gid: 1000 }).status === 0
  const uid = userInfo().uid === 0 && reads() ? { uid: 1000, gid: 1000 } : {}
  if (!('uid' in uid)) t.log('runs as the user of the tests')
  if ('uid' in uid) chownSync(join(home, 'data'), 1000, 1000)
  const file = join(home, 'conf/activemq.xml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/0\.0\.0\.0:\d+/g, '127.0.0.1:0'))
  if ('uid' in uid) chmodSync(file, 0o444)
  const environment = Object.fromEntries(
    [...said('ENV').matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [
      name,
      value.replace(/^\/opt/, join(root, 'opt')),
    ]),
  )
  const before = readdirSync(join(home, 'conf'))
  const [verb = ''] = JSON.parse(said('CMD')) as string[]
  // The file itself is what `tandemmq` in the image is a link to.
  const child = spawn(join(root, 'opt/tandemmq/bin/tandemmq.js'), [verb, '-Dtandemmq.http=off'], {
    cwd: home,
    ...uid,
    env: {
      ...environment,
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      ACTIVEMQ_CONNECTION_USER: 'shop',
      ACTIVEMQ_CONNECTION_PASSWORD: 's3cret',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const log = await serves(t, child, async port => {
    const stranger = await Client.dial(port)
    stranger.send('CONNECT', { 'accept-version': '1.2' })
    t.is((await stranger.frame()).command, 'ERROR')
    await sends(port, { login: 'shop', passcode: 's3cret' })
  })
  t.notRegex(log, /s3cret/)
  t.deepEqual(readdirSync(join(home, 'conf')), before, 'nothing is written beside the configuration')
  t.true(readdirSync(join(home, 'data')).length > 0)
})

test('D-09: the systemd unit is one that systemd takes', t => {
  const unit = readFileSync(join(ROOT, 'fixtures/systemd/tandemmq.service'), 'utf8')
  for (const line of [
    'Type=notify',
    'NotifyAccess=all',
    'ExecReload=/bin/kill -HUP $MAINPID',
    'KillSignal=SIGTERM',
    'TimeoutStopSec=60',
    'TimeoutStartSec=infinity',
    'Restart=on-failure',
    'RestartPreventExitStatus=2',
    'LimitNOFILE=65536',
    'User=tandemmq',
    'StateDirectory=tandemmq',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'ReadWritePaths=/var/lib/tandemmq',
  ])
    t.true(unit.split('\n').includes(line), line)
  const directory = place(t)
  const path = join(directory, 'tandemmq.service')
  // The program is not installed where the tests run.
  writeFileSync(path, unit.replaceAll('/usr/bin/env tandemmq', '/bin/true'))
  const { error, status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' })
  if (error !== undefined) return t.log('systemd-analyze is not here: only the text was read')
  t.is(status, 0, stderr)
  t.is(stderr.trim(), '')
})
