import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { TandemError } from '../../src/base/errors.ts'
import { logError, LogFile, NodeLog, type LogFormat } from '../../src/server/server.ts'
import { RecoveryProgress } from '../../src/server/recovery-progress.ts'
import { VirtualClock } from '../journal/virtual-clock.ts'

function logOf(format: LogFormat): { readonly log: NodeLog; readonly lines: string[]; readonly clock: VirtualClock } {
  const lines: string[] = []
  const clock = new VirtualClock()
  clock.advance(Date.UTC(2026, 0, 2, 3, 4, 5, 6))
  const log = new NodeLog({ format, level: 'info', write: text => void lines.push(text.replace(/\n$/, '')), clock })
  return { log, lines, clock }
}

function place(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-log-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const CLIENT = { code: 'CLIENT_REFUSED', remote: 'tcp://10.0.0.7:50112', client: 'shop-1', user: 'ann' } as const

test('D-02: a JSON line has the eight keys that others depend on, then what it is about', t => {
  const { log, lines } = logOf('json')
  log.info('hello')
  log.who = () => ({ broker: 'shop', role: 'active', epoch: 7, paired: true })
  log.warn('bad\nframe', CLIENT)
  const [first, second] = lines.map(line => JSON.parse(line) as Record<string, unknown>)
  t.deepEqual(Object.keys(first ?? {}), ['time', 'level', 'code', 'msg', 'broker', 'node', 'role', 'epoch'])
  t.like(first, { time: '2026-01-02T03:04:05.006Z', level: 'info', code: null, msg: 'hello', broker: null, role: null })
  t.like(second, { level: 'warn', msg: 'bad\nframe', broker: 'shop', role: 'active', epoch: 7, ...CLIENT })
  t.is(lines.join('').split('\n').length, 1, 'one event is one line')
})

test('D-01: activemq lines are what log4j wrote, and say what people search an activemq.log for', t => {
  const { log, lines } = logOf('activemq')
  log.info('connector "stomp" listens', {
    code: 'CONNECTOR_OPEN',
    classic: 'Listening for connections at: stomp://h:1',
  })
  log.error('it is full', { code: 'JOURNAL_FAILED', hint: 'Look at the disk.' })
  // As Elastic's ingest pipeline takes it apart: time, level, message, logger, thread.
  const shape = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \| (.{5}) \| (.*) \| (\S+) \| (\S+)$/
  t.deepEqual(shape.exec(lines[0] ?? '')?.slice(1), [
    'INFO ',
    'Listening for connections at: stomp://h:1',
    'tandemmq.CONNECTOR_OPEN',
    'main',
  ])
  t.deepEqual(shape.exec(lines[1] ?? '')?.slice(1, 3), ['ERROR', 'it is full; Look at the disk.'])
})

test('C-13, C-18: a pretty line says role, level, client, user and code; what a client sent cannot begin a line', t => {
  const { log, lines } = logOf('pretty')
  log.who = () => ({ broker: 'shop', role: 'passive', epoch: 7, paired: true })
  log.warn('User name [x\n2026 INFO all is well\u001b[2J\u202e] or password is invalid', CLIENT)
  log.debug('nobody asked for this')
  t.deepEqual(lines, [
    '2026-01-02T03:04:05.006Z passive WARN  User name [x\\u000a2026 INFO all is well\\u001b[2J\\u202e] or password is invalid' +
      ' (client shop-1, user ann) [CLIENT_REFUSED]',
  ])
  log.who = () => ({ broker: 'shop', role: 'active', epoch: 1, paired: false })
  logError(log, new TandemError('JOURNAL_LOCKED', 'the directory is locked', { hint: 'Stop the other broker.' }))
  t.is(
    lines[1],
    '2026-01-02T03:04:05.006Z ERROR the directory is locked [JOURNAL_LOCKED]\n  Stop the other broker.',
    'without a twin the role says nothing',
  )
  log.info('x'.repeat(10_000))
  t.true((lines[2] ?? '').length < 5000, 'a line has an end')
})

test('C-18: the same event of one host ten times in a minute is written, then counted; other hosts are not', t => {
  const { log, lines, clock } = logOf('pretty')
  const refused = (host: string, port: number): void =>
    log.info(`tcp://${host}:${port}: no`, { code: 'CLIENT_REFUSED', remote: `tcp://${host}:${port}` })
  for (let port = 1; port <= 500; port++) refused('10.0.0.7', port)
  refused('10.0.0.8', 1)
  t.is(lines.length, 11)
  clock.advance(59_999)
  t.is(lines.length, 11)
  clock.advance(1)
  t.is(lines.length, 12)
  t.regex(lines[11] ?? '', /490 further lines like this within a minute, the last one: .*:500: no .*\[LOG_FOLDED\]/)
  refused('10.0.0.7', 501)
  t.is(lines.length, 13, 'a new minute')
  for (let n = 0; n < 100; n++) log.info('asked for: a message') // a logging plugin, a trace
  t.is(lines.length, 113)
  for (let n = 0; n < 20; n++) refused('10.0.0.9', n)
  log.end()
  t.regex(lines.at(-1) ?? '', /10 further lines/, 'what was counted is told at the end')
  t.is(clock.waiting, 0)
})

test('C-18: a crowd of hosts, each with a line of its own, does not fill the memory', t => {
  const { log, lines, clock } = logOf('pretty')
  for (let n = 0; n < 5000; n++) log.info('no', { code: 'CLIENT_REFUSED', remote: `tcp://10.0.${n >> 8}.${n & 255}:1` })
  t.true(clock.waiting <= 1001, String(clock.waiting))
  t.true(lines.length < 1100, 'nor the log')
})

test('D-02: a log file is put aside when it is full, and only so many are kept', t => {
  const directory = place(t)
  const path = join(directory, 'log', 'broker.log')
  const elsewhere: string[] = []
  const file = new LogFile({ path, bytesMax: 100, kept: 2, otherwise: lines => void elsewhere.push(lines) })
  for (let n = 0; n < 20; n++) file.write(`${String(n).padStart(39, '.')}\n`)
  t.deepEqual(readdirSync(join(directory, 'log')).sort(), ['broker.log', 'broker.log.1', 'broker.log.2'])
  t.regex(readFileSync(path, 'utf8'), /18\n\.*19\n$/)
  t.regex(readFileSync(`${path}.1`, 'utf8'), /16\n\.*17\n$/)
  for (const name of ['broker.log', 'broker.log.1']) t.true(statSync(join(directory, 'log', name)).size <= 100)
  t.is(statSync(path).mode & 0o007, 0, 'not for everybody')
  renameSync(path, `${path}.moved`)
  file.reopen()
  file.write('after it was moved away\n')
  t.is(readFileSync(path, 'utf8'), 'after it was moved away\n')
  rmSync(join(directory, 'log'), { recursive: true })
  file.reopen()
  file.write('kept all the same\n')
  file.write('this too\n')
  file.close()
  t.is(elsewhere.length, 3, 'a log file that is gone stops nobody')
  t.regex(elsewhere[0] ?? '', /broker\.log cannot be written: .*; its lines go here\n/)
  t.is(elsewhere.slice(1).join(''), 'kept all the same\nthis too\n')
})

test('C-14, D-04: a long recovery says every two seconds how far it is and how long it will take', t => {
  const { log, lines, clock } = logOf('pretty')
  const heard: string[] = []
  const progress = new RecoveryProgress(log, clock, text => void heard.push(text))
  const total = 4_000_000_000
  for (let read = 0; read < 100; read++) {
    clock.advance(100) // 40 MB in 100 ms: ten seconds in all
    progress.report((read + 1) * 40_000_000, total)
  }
  t.deepEqual(
    lines.map(line => line.replace(/^\S+ INFO {2}/, '')),
    [
      'recovering: 20 % of 4.0 GB of journal read, about 8 s left [STORE_RECOVERING]',
      'recovering: 40 % of 4.0 GB of journal read, about 6 s left [STORE_RECOVERING]',
      'recovering: 60 % of 4.0 GB of journal read, about 4 s left [STORE_RECOVERING]',
      'recovering: 80 % of 4.0 GB of journal read, about 2 s left [STORE_RECOVERING]',
      'recovering: 100 % of 4.0 GB of journal read, about 0 ms left [STORE_RECOVERING]',
    ],
  )
  t.is(heard.length, 5)
  t.is(progress.text, heard[4] ?? '')
})
