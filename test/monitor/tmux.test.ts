import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { freePort } from '../bench/ports.ts'
import { Tandem } from '../cli/process.ts'
import { brokerXml, deadlineMs } from '../contract/world.ts'

const tmuxIsHere = ((): boolean => {
  try {
    execFileSync('tmux', ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** A real terminal, as far as there is one without a person: what it shows can be read. */
class Terminal {
  readonly #socket: string

  constructor(t: ExecutionContext, size: string, command: string) {
    this.#socket = join(mkdtempSync(join(tmpdir(), 'tandemmq-tmux-')), 'socket')
    const [width = '', height = ''] = size.split('x')
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', width, '-y', height, command)
    t.teardown(() => {
      this.#tmux('kill-server')
      rmSync(join(this.#socket, '..'), { recursive: true, force: true })
    })
  }

  #tmux(...args: readonly string[]): string {
    const env = { PATH: process.env['PATH'], LANG: 'C.UTF-8', TERM: 'xterm-256color' }
    return execFileSync('tmux', ['-S', this.#socket, ...args], { encoding: 'utf8', env, stdio: 'pipe' })
  }

  press(...keys: readonly string[]): this {
    this.#tmux('send-keys', ...keys)
    return this
  }

  resize(width: number, height: number): void {
    this.#tmux('resize-window', '-x', String(width), '-y', String(height))
  }

  /** A property of the terminal, such as `alternate_on`. */
  format(name: string): string {
    return this.#tmux('display-message', '-p', `#{${name}}`).trim()
  }

  /** Waits until it shows something. */
  async shows(pattern: RegExp): Promise<string> {
    const late = performance.now() + deadlineMs * 2
    for (;;) {
      const screen = this.#tmux('capture-pane', '-p')
      if (pattern.test(screen)) return screen
      if (performance.now() > late) throw new Error(`the terminal never showed ${pattern}:\n${screen}`)
      await sleep(50)
    }
  }
}

const BIN = resolve('bin/tandemmq.js')
const LIVE = tmuxIsHere ? test.serial : test.serial.skip
if (!tmuxIsHere) test('tmux is not installed: the dashboard was not looked at on a terminal', t => t.pass())

/** A shell script that runs the dashboard, and shows what it left behind. */
function script(directory: string, args: string, term = 'screen-256color'): string {
  const path = join(directory, 'run.sh')
  const lines = [
    `export TERM=${term}`,
    `sh -c 'echo $$ >pid; exec node ${BIN} monitor ${args}'`,
    'echo "code $?"',
    'stty -a',
    'sleep 1000',
  ]
  writeFileSync(path, `cd ${directory}\n${lines.join('\n')}\n`)
  return `sh ${path}`
}

function sane(t: ExecutionContext, terminal: Terminal, screen: string): void {
  t.regex(screen, /(?<!-)\bicanon\b/)
  t.regex(screen, /(?<!-)\becho\b/)
  t.is(terminal.format('alternate_on'), '0')
}

function temporary(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-monitor-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

LIVE(
  'a live pair on a real terminal: kill -9 of the active, the take-over on the screen, and the dead one back',
  async t => {
    const directory = temporary(t)
    const [stompA, stompB, httpA, httpB] = [await freePort(), await freePort(), await freePort(), await freePort()]
    const write = (name: string, port: number, attributes = ''): void => {
      const connectors = { stomp: `stomp://127.0.0.1:${port}` }
      const xml = brokerXml({ attributes, connectors }).replace('brokerName="test"', `brokerName="${name}"`)
      writeFileSync(join(directory, `${name}.xml`), xml)
    }
    write('alpha', stompA)
    write('beta', stompB, `masterConnectorURI="tcp://127.0.0.1:${stompA}"`)
    const start = (name: string, http: number): Tandem => {
      const args = [`-Dactivemq.data=${name}`, `-Dtandemmq.http=127.0.0.1:${http}`, `xbean:file:${name}.xml`]
      const node = new Tandem(['start', ...args], directory)
      t.teardown(async () => {
        node.child.kill('SIGKILL')
        await node.ended
      })
      return node
    }
    const alpha = start('alpha', httpA)
    await alpha.port('stomp')
    start('beta', httpB)

    const terminal = new Terminal(t, '120x40', script(directory, `127.0.0.1:${httpB} --interval=0.5`))
    const screen = await terminal.shows(/ACTIVE {2}alpha {2}PAIRED.*PASSIVE {2}beta {2}IN_SYNC/)
    // BL-03, BL-04: boxes as they are, and nothing of terminfo on the screen.
    t.regex(screen, /^┌─ ACTIVE/m)
    t.notRegex(screen, /plab_norm|Error on/)
    t.is(terminal.format('alternate_on'), '1')

    terminal.resize(80, 24)
    await terminal.shows(/^ A alpha ACTIVE[^]*^ P beta PASSIVE/m)
    await terminal.press('?').shows(/Keys {3}\/ find/)
    await terminal.press('Escape').shows(/1\]queues 2 topics/)
    terminal.resize(120, 40)

    alpha.child.kill('SIGKILL')
    await terminal.shows(/ACTIVE {2}beta {2}SOLO {2}◄ was passive 00:0\d ago.*alpha {2}UNREACHABLE \(ECONNREFUSED\)/)
    await terminal.shows(/SOLO since \d\d:\d\d:\d\dZ: beta has no passive/)
    start('alpha', httpA)
    await terminal.shows(/ACTIVE {2}beta {2}PAIRED.*PASSIVE {2}alpha {2}IN_SYNC/)

    // BL-05: the terminal is as it was.
    sane(t, terminal, await terminal.press('q').shows(/code 0[^]*icanon/))
  },
)

LIVE('BL-05, UD-09: SIGTERM and SIGHUP leave a sane terminal; TERM=dumb gets one plain frame', async t => {
  const url = `127.0.0.1:${await freePort()}`
  for (const [term, signal] of [
    ['linux', 'SIGTERM'],
    ['tmux-256color', 'SIGHUP'],
  ] as const) {
    const directory = temporary(t)
    const terminal = new Terminal(t, '80x24', script(directory, url, term))
    // BL-03: whatever the terminal is called, boxes are boxes.
    t.regex(await terminal.shows(/UNREACHABLE ECONNREFUSED/), /^┌─ \[1\]queues/m)
    const pid = Number(readFileSync(join(directory, 'pid'), 'utf8'))
    // Where no shell could wake it, Ctrl-Z stops nothing: it goes on by itself.
    await terminal.press('C-z', '?').shows(/Keys {3}\/ find/)
    process.kill(pid, signal)
    sane(t, terminal, await terminal.shows(/code 0[^]*icanon/))
  }
  const shell = new Terminal(t, '80x24', 'bash --norc --noprofile -i')
  await shell.press(`node ${BIN} monitor ${url}`, 'Enter').shows(/UNREACHABLE ECONNREFUSED/)
  // UK-06: Ctrl-Z gives the terminal back to the shell.
  await shell.press('C-z').shows(/Stopped/)
  t.is(shell.format('alternate_on'), '0')
  await shell.press('fg', 'Enter').shows(/UNREACHABLE ECONNREFUSED/)
  await shell.press('q').shows(/Stopped/)
  const dumb = new Terminal(
    t,
    '130x50',
    `sh -c 'TERM=dumb node ${BIN} monitor ${url} --interval=0.5; echo "code $?"; sleep 1000'`,
  )
  t.regex(await dumb.shows(/code 3/), /UNREACHABLE \(ECONNREFUSED\)/)
  t.is(dumb.format('alternate_on'), '0')
})
