import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { brokerXml, deadlineMs } from '../contract/world.ts'
import { root as ROOT } from './process.ts'

function place(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-bundle-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

test('the command runs from its bundle, unless a later build has left that behind', t => {
  const root = place(t)
  cpSync(join(ROOT, 'bin'), join(root, 'bin'), { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(root, 'package.json'))
  for (const kind of ['src', 'bundle']) {
    mkdirSync(join(root, 'dist', kind, 'cli'), { recursive: true })
    const answer = `export const main = async terminal => { terminal.out('${kind}'); return 0 }`
    writeFileSync(join(root, 'dist', kind, 'cli/cli.js'), answer)
  }
  const runs = (...args: readonly string[]): string =>
    spawnSync(process.execPath, [join(root, 'bin/tandemmq.js'), ...args], { encoding: 'utf8' }).stdout
  t.is(runs(), 'src', 'a bundle of no known build')
  const build = join(root, 'dist/.tsbuildinfo')
  writeFileSync(build, '')
  writeFileSync(join(root, 'dist/bundle/of'), `${statSync(build).mtimeMs}`)
  t.is(runs(), 'bundle', 'of this build')
  t.is(runs('start'), 'bundle', 'one that has no file for start')
  utimesSync(build, 1, 1)
  t.is(runs(), 'src', 'of another build')
  t.is(runs('start'), 'src', 'of another build')
  rmSync(build)
  t.is(runs(), 'bundle', 'as it is installed')
})

test('a build makes what it can: where no tests are, as in an image, where no broker starts, and without esbuild', async t => {
  const root = place(t)
  for (const name of ['.ci', 'bin', 'package.json']) cpSync(join(ROOT, name), join(root, name), { recursive: true })
  for (const name of ['fixtures', 'node_modules', 'schemas']) symlinkSync(join(ROOT, name), join(root, name))
  mkdirSync(join(root, 'dist'))
  symlinkSync(join(ROOT, 'dist/src'), join(root, 'dist/src'))
  writeFileSync(join(root, 'dist/.tsbuildinfo'), '')
  const build = (): string => {
    const { status, stderr } = spawnSync(process.execPath, ['.ci/bundle.mjs'], { cwd: root, encoding: 'utf8' })
    t.is(status, 0, stderr)
    return stderr
  }
  t.is(build(), '')
  t.deepEqual((await runs(t, root, ['start', '--help'])).scripts, COMPILED)
  t.deepEqual(readdirSync(join(root, 'dist')).toSorted(), ['.tsbuildinfo', 'bundle', 'src'])
  rmSync(join(root, 'fixtures'))
  t.regex(build(), /no dist\/bundle\/cli\/start\.v\S+\.cache, so each start takes longer/)
  t.deepEqual((await runs(t, root, ['start', '--help'])).scripts, TEXT)
  rmSync(join(root, 'node_modules'))
  t.regex(build(), /^no dist\/bundle, so each start takes longer: .*esbuild/)
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  const { scripts, out } = await runs(t, root, ['start', '--help'])
  t.deepEqual(scripts, SPLIT)
  t.regex(out, /^Usage: tandemmq start/)
})

/** What is installed of this package, in a directory that may be damaged. */
function installed(t: ExecutionContext): { root: string; code: string; cache: string } {
  const root = place(t)
  for (const name of ['bin', 'schemas', 'package.json', 'dist/bundle'])
    cpSync(join(ROOT, name), join(root, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  const names = readdirSync(join(root, 'dist/bundle/cli'))
  const cache = names.find(name => name.startsWith(`start.${process.version}-`) && name.endsWith('.cache'))
  t.truthy(cache, 'the build has compiled no start')
  return { root, code: join(root, 'dist/bundle/cli/start.cjs'), cache: join(root, 'dist/bundle/cli', cache ?? '') }
}

/** Says of every script that is compiled through node:vm whether there was a cache, and whether V8 has taken it. */
const TOLD = `const vm = require('node:vm')
vm.Script = class extends vm.Script {
  constructor(text, options) {
    super(text, options)
    process.on('exit', () => console.log('script', options.cachedData !== undefined, this.cachedDataRejected === false))
  }
}`

interface Ended {
  readonly scripts: readonly string[]
  readonly out: string
  readonly err: string
}

/** Runs a call to its end, which must be a good one; a broker that became ready is stopped. */
async function runs(
  t: ExecutionContext,
  root: string,
  args: readonly string[],
  flags: readonly string[] = [],
): Promise<Ended> {
  const hook = join(root, 'told.cjs')
  writeFileSync(hook, TOLD)
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(process.execPath, [...flags, '--require', hook, join(root, 'bin/tandemmq.js'), ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const late = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
    if (err.includes('"NODE_READY"')) child.kill('SIGTERM')
  })
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(late)
  t.is(code, 0, out + err)
  const scripts = out.split('\n').filter(line => line.startsWith('script '))
  return { scripts, out, err }
}

const COMPILED = ['script true true']
const TEXT = ['script false false']
const SPLIT: readonly string[] = []

/** As `runs`, for a broker, which must say nothing that is not its log. */
async function broker(t: ExecutionContext, root: string, flags: readonly string[] = []): Promise<readonly string[]> {
  writeFileSync(join(root, 'activemq.xml'), brokerXml())
  const args = ['start', '-Dtandemmq.http=off', `-Dactivemq.data=${join(place(t), 'data')}`, 'activemq.xml']
  const { err, scripts } = await runs(t, root, args, flags)
  for (const line of err.trimEnd().split('\n')) t.notThrows(() => JSON.parse(line) as unknown, line)
  t.regex(err, /"NODE_READY"/)
  t.regex(err, /"NODE_STOPPED"/)
  return scripts
}

test('a start runs from one file with what the build has compiled of it; other verbs load no more than theirs', async t => {
  const { root } = installed(t)
  t.deepEqual(await broker(t, root), COMPILED)
  for (const args of [
    ['start', '--help'],
    ['console', '--help'],
    ['--compat', 'start', '--help'],
    ['start', '--compat', '--help'],
  ]) {
    const { scripts, out } = await runs(t, root, args)
    t.deepEqual(scripts, COMPILED, args.join(' '))
    t.regex(out, /^Usage: tandemmq start/)
  }
  for (const args of [['version'], ['help', 'start'], ['stop', '--help'], ['--compat', 'status', '--help']])
    t.deepEqual((await runs(t, root, args)).scripts, SPLIT, args.join(' '))
})

test('start --check, and a start in the background, run from that file too', async t => {
  const { root } = installed(t)
  writeFileSync(join(root, 'activemq.xml'), brokerXml())
  const data = join(place(t), 'data')
  const check = await runs(t, root, [
    'start',
    '--check',
    '-Dtandemmq.http=off',
    `-Dactivemq.data=${data}`,
    'activemq.xml',
  ])
  t.deepEqual(check.scripts, COMPILED)
  t.regex(check.out, /a start would be let through/)
  const detached = ['start', '--detach', '-Dtandemmq.http=off', `-Dactivemq.data=${data}`, 'activemq.xml']
  const started = await runs(t, root, detached)
  t.deepEqual(started.scripts, COMPILED)
  const pid = Number(/pid '(\d+)'/.exec(started.out)?.[1])
  t.true(pid > 0, started.out)
  const ended = await runs(t, root, ['stop', `-Dactivemq.data=${data}`])
  t.deepEqual(ended.scripts, SPLIT)
})

test('what V8 has compiled is taken whole and for this text only; without it a start compiles the text', async t => {
  const { root, code, cache } = installed(t)
  const bytes = readFileSync(cache)
  const middle = Math.floor(bytes.length / 2)
  for (const [name, damaged] of [
    ['a bit', bytes.with(middle, bytes[middle]! ^ 1)],
    ['cut', bytes.subarray(0, middle)],
    ['empty', bytes.subarray(0, 0)],
  ] as const) {
    writeFileSync(cache, damaged)
    t.deepEqual(await broker(t, root), TEXT, name)
  }
  rmSync(cache)
  t.deepEqual(await broker(t, root), TEXT, 'none')
  writeFileSync(cache, bytes)
  // A V8 with other flags takes it for a foreign one.
  t.deepEqual(await broker(t, root, ['--no-lazy-feedback-allocation']), ['script true false'])
  // As long as the text that it was made of, and another.
  const text = readFileSync(code, 'latin1')
  writeFileSync(code, text.replace('NODE_STOPPED', 'NODE_STOPPAD'))
  t.deepEqual(await broker(t, root), SPLIT)
  rmSync(code)
  t.deepEqual(await broker(t, root), SPLIT)
})

test('a start from files that cannot be written runs from that file, and what fails there is named by its function', async t => {
  const { root } = installed(t)
  writeFileSync(join(root, 'activemq.xml'), brokerXml())
  const files = ['dist/bundle/cli', 'dist/bundle', 'bin', 'schemas'].map(name => join(root, name))
  for (const path of files) chmodSync(path, 0o555)
  t.teardown(() => {
    for (const path of files) chmodSync(path, 0o755)
  })
  t.deepEqual(await broker(t, root), COMPILED)
  const program = `const { load } = require('./bin/start.js')
const { main } = load(require('node:fs').readFileSync('dist/bundle/of', 'utf8').split('\\n'))
main({ args: ['start', '--no-such-option'], env: {}, err: () => { throw new Error('told') } }).catch(error => console.log(error.stack))`
  const { stdout } = spawnSync(process.execPath, ['-e', program], { cwd: root, encoding: 'utf8' })
  t.regex(stdout, /at wrongCall \(tandemmq\/dist\/bundle\/cli\/start\.cjs:\d+:\d+\)/)
  t.regex(stdout, /at (Object\.)?start .*\(tandemmq\/dist\/bundle\/cli\/start\.cjs:\d+:\d+\)/)
})
