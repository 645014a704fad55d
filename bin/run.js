// The command's process: its arguments, streams and signals. Everything else is in dist/, which `npm run build` makes.
'use strict'
const { readFileSync, statSync } = require('node:fs')
const { basename, join } = require('node:path')
const { isatty } = require('node:tty')
const { version } = require('../package.json')

const onTerminal = isatty(2)

// Whoever reads our answer may stop reading it: `tandemmq validate … | head`.
process.stdout.on('error', error => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
// And who reads the log may go away: a broker does not end by it.
process.stderr.on('error', () => {})

// A question goes to stderr: stdout is for the answer. Whoever ends it with Ctrl-C means the whole call.
async function ask(question) {
  const { createInterface } = await import('node:readline')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  lines.on('SIGINT', () => process.exit(130))
  return new Promise(answer => {
    lines.on('close', () => answer(''))
    lines.question(question, line => {
      answer(line)
      lines.close()
    })
  })
}

// A password: what is typed is not shown.
function askSecret(question) {
  const { stdin, stderr } = process
  stderr.write(question)
  return new Promise(answer => {
    let typed = ''
    const end = text => {
      stdin.setRawMode(false).off('data', read).pause()
      stderr.write('\n')
      answer(text)
    }
    const read = text => {
      for (const key of text) {
        if (key === '\u0003') {
          end('')
          process.exit(130)
        }
        if (key === '\r' || key === '\n' || key === '\u0004') return end(typed)
        typed = key === '\u007f' || key === '\b' ? typed.slice(0, -1) : typed + key
      }
    }
    // A second question: what was paused does not flow by itself.
    stdin.setRawMode(true).setEncoding('utf8').on('data', read).resume()
  })
}

// Who started this in the background may have gone by now; a broker does not end by it.
function ready(http) {
  if (process.connected) process.send({ ready: true, http }, () => {})
}

// A broker of a demonstration ends as the terminal does in which that was looked at.
if (process.connected && process.env.TANDEMMQ_ENDS_WITH_PARENT === '1')
  process.on('disconnect', () => process.emit('SIGTERM', 'SIGTERM'))

// The lines of bundle/of: which build the bundle was made of, then its files that must be whole. Null: there is none.
function bundled() {
  const at = name => join(__dirname, '../dist', name)
  try {
    const [of, ...lines] = readFileSync(at('bundle/of'), 'utf8').split('\n')
    const build = statSync(at('.tsbuildinfo'), { throwIfNoEntry: false }) // not there: it was installed, not built
    if (build === undefined || build.mtimeMs === Number(of)) return lines
  } catch {
    // there is no bundle
  }
  return null
}

// As src/cli/cli.ts reads the verb.
function starts([first, second]) {
  const verb = first === '--compat' ? second : first
  return verb === 'start' || verb === 'console'
}

// The same code in fewer files starts in half the time; a build without a bundle of its own is taken as it is.
async function command(args) {
  const lines = bundled()
  if (lines === null) return import('../dist/src/cli/cli.js')
  return (starts(args) && require('./start.js').load(lines)) || import('../dist/bundle/cli/cli.js')
}

async function run() {
  const args = process.argv.slice(2)
  const { main } = await command(args).catch(error => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    console.error('TandemMQ is not built yet: run `npm run build` in its folder.')
    process.exit(1)
  })
  process.exitCode = await main({
    args,
    env: process.env,
    cwd: process.cwd(),
    version,
    out: text => process.stdout.write(text),
    err: text => process.stderr.write(text),
    input: async () => (await process.stdin.setEncoding('utf8').toArray()).join(''),
    ...(process.stdin.isTTY && process.stderr.isTTY && { ask, askSecret }),
    ...(process.send && { ready }),
    compat: basename(process.argv[1] ?? '') === 'activemq',
    onStop: stop => {
      process.on('SIGTERM', stop)
      process.on('SIGINT', stop)
    },
    onSignal: (signal, act) =>
      process.on(signal, () => {
        // Its terminal was closed: that is the end of what runs there, as with any program.
        if (signal === 'SIGHUP' && onTerminal && !isatty(2)) process.emit('SIGTERM', 'SIGTERM')
        else act()
      }),
  })
  // A pipe takes an answer in parts: what was written must be through before the process ends.
  await Promise.all([process.stdout, process.stderr].map(stream => new Promise(done => stream.write('', done))))
  // A stopped broker must not hang on a forgotten handle.
  process.exit()
}

void run()
