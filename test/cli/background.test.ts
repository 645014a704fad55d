import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { PidFile } from '../../src/cli/pid-file.ts'
import { SSL_CONTEXT } from '../contract/tls.ts'
import { eventually } from '../contract/twins.ts'
import { brokerXml, type XmlParts } from '../contract/world.ts'
import { Tandem } from './process.ts'
import { call, type Answer } from './terminal.ts'

interface Place {
  readonly directory: string
  readonly pidFile: string
  pid(): number
  run(...args: readonly string[]): Promise<Answer>
}

const BIN = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../../../bin/tandemmq.js' : '../../bin/tandemmq.js', import.meta.url),
)
const HTTP = '-Dtandemmq.http=127.0.0.1:0'

/** The directory of an instance. What still runs in the background when the test is over is killed. */
function place(t: ExecutionContext): Place {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-background-'))
  mkdirSync(join(directory, 'conf'))
  writeFileSync(join(directory, 'conf', 'activemq.xml'), brokerXml())
  const pidFile = join(directory, 'data', 'activemq.pid')
  const run = (...args: readonly string[]): Promise<Answer> =>
    call(args, directory, { env: { ACTIVEMQ_BASE: directory } })
  t.teardown(async () => {
    await run('kill')
    rmSync(directory, { recursive: true, force: true })
  })
  return { directory, pidFile, pid: () => Number(readFileSync(pidFile, 'utf8')), run }
}

test('CS-01 CS-04 CS-05 CE-07: start --detach, status, restart and kill find one another by the pid file', async t => {
  const { directory, pidFile, pid, run } = place(t)
  t.deepEqual(await run('status'), { code: 3, out: 'not running\n', err: '' })
  t.deepEqual(await run('--compat', 'status'), { code: 1, out: 'ActiveMQ not running\n', err: '' })
  t.like(await run('stop'), { code: 0, out: 'not running\n' })

  const started = await run('start', '--detach', HTTP)
  t.is(started.code, 0, started.err)
  t.regex(readFileSync(pidFile, 'utf8'), /^\d+\n$/)
  t.is(started.out, `INFO: pidfile created : '${pidFile}' (pid '${pid()}')\n`)
  t.regex(
    readFileSync(join(directory, 'data', 'activemq.out'), 'utf8'),
    /ready after \d+ ms/,
    'it returned before that',
  )

  const shown = await run('status')
  t.is(shown.code, 0)
  t.regex(shown.out, new RegExp(`^test on .* active {3}ALONE .* pid ${pid()} [^]*web http://127.0.0.1:\\d+`))
  const { running, report } = JSON.parse((await run('status', '--json')).out) as Record<string, unknown>
  t.true(running)
  t.like(report, { brokerName: 'test', role: 'active', pid: pid() })
  t.is((await run('--compat', 'status')).out, `ActiveMQ is running (pid '${pid()}')\n`)
  t.deepEqual(await run('start', '-d', HTTP), {
    code: 0,
    out: `INFO: Process with pid '${pid()}' is already running\n`,
    err: '',
  })

  const other = await run('stop', 'another')
  t.deepEqual([other.code, other.out], [5, 'another did not match any running brokers.\n'])
  // Another process, by another pid; and one that is killed says nothing more.
  const first = pid()
  const again = await run('restart', HTTP)
  t.is(again.code, 0, again.err)
  t.regex(again.out, new RegExp(`^stopped pid ${first}\nINFO: pidfile created`))
  t.not(pid(), first)
  t.is((await run('kill')).out.replace(/\d+/, ''), 'killed pid \n')
  t.is((await run('status')).code, 3)
  const [, ofFirst = '', ofSecond = ''] = readFileSync(join(directory, 'data', 'activemq.out'), 'utf8').split(
    'ready after',
  )
  t.regex(ofFirst, /stopped in good order/)
  t.notRegex(ofSecond, /stopped/)
})

test('CS-05, CE-07: a restart that no start would follow stops nothing, and a start that took too long is found all the same', async t => {
  const { directory, pid, run } = place(t)
  const late = await run('start', '--detach', '--timeout', '1ms', HTTP)
  t.is(late.code, 8)
  const first = pid()
  await eventually('the pid file says where it can be asked', () =>
    /"http":"127/.test(readFileSync(join(directory, 'data', 'activemq.pid.json'), 'utf8')),
  )
  t.regex((await run('status')).out, /^test on .* active/)
  for (const words of [['--log-file-count', '2'], ['--no-such-option'], ['--check'], ['nowhere.xml']]) {
    const refused = await run('restart', HTTP, ...words)
    t.is(refused.code, 2, words.join(' '))
    t.is(refused.out, '')
    t.is(pid(), first)
  }
  t.regex((await run('restart', HTTP, 'nowhere.xml')).err, /does not exist[^]*nothing was stopped\n$/)
  t.like(await run('status'), { code: 0 })
  t.is((await run('restart', '--timeout', '60s', HTTP)).code, 0)
  t.not(pid(), first)
})

test('CE-07: where a broker can be asked stays in its pid file, though whoever started it names it there later', async t => {
  const { directory } = place(t)
  const file = new PidFile({ env: {}, cwd: directory }, { 'activemq.data': join(directory, 'named') })
  t.true(await file.claim())
  // The broker was ready between two steps of the process that started it.
  await file.write(process.ppid, '127.0.0.1:1')
  await file.name(process.ppid)
  t.deepEqual(await file.read(), { pid: process.ppid, http: '127.0.0.1:1' })
  rmSync(file.path)
  t.true(await file.claim())
  await file.name(process.ppid)
  t.deepEqual(await file.read(), { pid: process.ppid, http: null }, 'what was said of another start is forgotten')
})

test('CE-01 CE-03: the pid file lies where ActiveMQ has it, whichever way the directory is named', t => {
  const at = (env: Record<string, string>, properties: Record<string, string> = {}): string =>
    new PidFile({ env, cwd: '/srv' }, properties).path
  t.is(at({}), '/srv/data/activemq.pid')
  t.is(at({ ACTIVEMQ_CONF: '/etc/mq/conf' }), '/etc/mq/data/activemq.pid')
  t.is(at({ ACTIVEMQ_BASE: '/opt/mq' }), '/opt/mq/data/activemq.pid')
  t.is(at({ ACTIVEMQ_BASE: '/opt/mq', ACTIVEMQ_DATA: '/var/mq' }), '/var/mq/activemq.pid')
  t.is(at({ ACTIVEMQ_DATA: '/var/mq', ACTIVEMQ_OPTS: '-Xmx1g -Dactivemq.data=/var/other' }), '/var/other/activemq.pid')
  t.is(at({ ACTIVEMQ_OPTS: '-Dactivemq.data=/var/other' }, { 'activemq.data': 'here' }), '/srv/here/activemq.pid')
  t.is(at({ ACTIVEMQ_PIDFILE: '/run/mq.pid', ACTIVEMQ_DATA: '/var/mq' }), '/run/mq.pid')
})

test('CE-07: a pid file that is left over stands in no way, though another process has its pid by now', async t => {
  const { directory, pidFile, run } = place(t)
  mkdirSync(join(directory, 'data'))
  writeFileSync(pidFile, `${process.pid}\n`)
  writeFileSync(`${pidFile}.json`, JSON.stringify({ pid: process.pid, started: 'before the last boot', http: null }))
  t.is((await run('status')).code, 3)
  const stop = await run('stop')
  t.deepEqual([stop.code, stop.out], [0, 'not running\n'])
  t.regex(stop.err, /^INFO: removing the pid file of a process that is gone/)
  t.false(existsSync(pidFile))
})

test('CE-06 CE-07: a broker in the foreground has a pid file too, reloads when it is told, and takes it away when it ends', async t => {
  const { directory, pidFile, pid, run } = place(t)
  mkdirSync(join(directory, 'data'))
  writeFileSync(pidFile, '1234567\n') // of one that is gone
  const broker = new Tandem(['start', HTTP], directory, { ACTIVEMQ_BASE: directory })
  t.teardown(() => broker.child.kill('SIGKILL'))
  await broker.says(/ready after/)
  t.is((await run('status')).code, 0)
  t.is(pid(), broker.child.pid ?? 0)
  t.regex((await run('reload')).out, new RegExp(`^pid ${pid()} was told to reload`))
  await broker.says(/reload/)
  t.is((await run('stop')).out, `stopped pid ${broker.child.pid}\n`)
  t.is((await broker.ended).code, 0)
  t.false(existsSync(pidFile))
  t.is((await run('reload')).code, 3)
})

test('stop, kill and start leave alone what another program started, and say so', async t => {
  const { directory, pidFile, run } = place(t)
  const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
  await once(other, 'spawn')
  t.teardown(() => other.kill('SIGKILL'))
  mkdirSync(join(directory, 'data'))
  writeFileSync(pidFile, `${other.pid}\n`)
  for (const args of [['stop'], ['kill'], ['start', '-d', HTTP]]) {
    const { code, err } = await run(...args)
    t.is(code, 6, args.join(' '))
    t.true(err.includes(`pid ${other.pid} in ${pidFile} is not a TandemMQ`), err)
  }
  t.is(other.exitCode, null)
  t.is(readFileSync(pidFile, 'utf8'), `${other.pid}\n`)
})

test('a start in the background that fails exits with the code of the broker, names its log, and leaves no pid file', async t => {
  const { directory, pidFile, run } = place(t)
  writeFileSync(join(directory, 'conf', 'activemq.xml'), '<beans>')
  const { code, err } = await run('start', '--detach')
  t.is(code, 2)
  t.is(err, `tandemmq start: the broker ended with exit code 2; ${join(directory, 'data', 'activemq.out')} says why\n`)
  t.regex(readFileSync(join(directory, 'data', 'activemq.out'), 'utf8'), /activemq\.xml:1:/)
  t.false(existsSync(pidFile))
})

test('CS-01 CS-04 CS-06: through a link named activemq it answers as ActiveMQ does', async t => {
  const { directory, pid } = place(t)
  const env = { ACTIVEMQ_BASE: directory }
  const link = join(directory, 'activemq')
  symlinkSync(BIN, link)
  const activemq = (...args: readonly string[]): { readonly status: number | null; readonly stdout: string } =>
    spawnSync(process.execPath, [link, ...args], {
      cwd: directory,
      env,
      encoding: 'utf8',
    })
  t.like(activemq('status'), { status: 1, stdout: 'ActiveMQ not running\n' })
  t.is(activemq('start', HTTP).status, 0)
  t.is((await call(['status'], directory, { env, compat: true })).out, `ActiveMQ is running (pid '${pid()}')\n`)
  t.like(activemq('stop'), { status: 0, stdout: ' FINISHED\n' })
  t.is((await call(['stop'], directory, { env, compat: true })).out, 'ActiveMQ not running\n')
  t.is((await call([], directory, { env, compat: true })).code, 1)
})

test('TC-15: doctor names what of this machine stands in the way, each with a next step', async t => {
  const { directory, run } = place(t)
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const write = (parts: XmlParts): void => writeFileSync(join(directory, 'conf', 'activemq.xml'), brokerXml(parts))
  const found = async (...args: readonly string[]): Promise<[code: number, lines: readonly string[]]> => {
    const { code, out } = await run('doctor', '-Dtandemmq.http=off', '--json', ...args)
    const checks = JSON.parse(out) as { status: string; subject: string; text: string; next: string | null }[]
    return [code, checks.map(({ status, subject, text, next }) => `${status} ${subject}: ${text}; ${next ?? ''}`)]
  }
  // A disk may be slow here; that stands in no way.
  const [code, lines] = await found()
  t.is(code, 0, lines.join('\n'))
  t.true(lines.some(line => /^(ok|warning) disk: a write is on the disk after [\d.]+ ms, of 30 /.test(line)))
  t.false(existsSync(join(directory, 'data')), 'it leaves nothing behind')

  write({ connectors: { stomp: `stomp://127.0.0.1:${port}`, tls: 'stomp+ssl://127.0.0.1:0' }, body: SSL_CONTEXT })
  const [wrong, taking] = await found()
  t.is(wrong, 1)
  t.true(
    taking.includes(
      `error port: 127.0.0.1:${port} for connector "stomp" is taken by another program; who: ss -ltnp 'sport = :${port}'`,
    ),
  )
  t.true(
    taking.some(line => /^(ok|warning) certificate: .*CN=.* is good /.test(line)),
    taking.join('\n'),
  )

  write({ attributes: `masterConnectorURI="tcp://127.0.0.1:${port}"` })
  t.true((await found())[1].includes(`ok twin: tcp://127.0.0.1:${port} answers; `))
  write({ attributes: 'masterConnectorURI="tcp://127.0.0.1:1"' })
  t.true(
    (await found())[1].some(line => /^warning twin: tcp:\/\/127\.0\.0\.1:1 does not answer: .*pair check/.test(line)),
  )

  writeFileSync(join(directory, 'data'), '')
  const [blocked, data] = await found()
  t.is(blocked, 1)
  t.true(data.some(line => line.startsWith(`error data: ${join(directory, 'data')} is no directory; `)))
  t.regex((await run('doctor')).out, /\nThis broker would not run here\.\n$/)
  write({ body: '<nonsense/>' })
  const [unread, reason] = await found()
  t.is(unread, 1)
  t.regex(reason[0] ?? '', /^error configuration: .*activemq\.xml:\d+:\d+: .*nonsense.*; tandemmq validate/)
})
