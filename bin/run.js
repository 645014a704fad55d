// The command's process: its arguments, streams and signals. Everything else is in dist/, which `npm run build` makes.
'use strict'
const { version } = require('../package.json')

// Whoever reads our answer may stop reading it: `tandemmq validate … | head`.
process.stdout.on('error', error => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
// And who reads the log may go away: a broker does not end by it.
process.stderr.on('error', () => {})

async function run() {
  const { main } = await import('../dist/src/cli/cli.js').catch(error => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    console.error('TandemMQ is not built yet: run `npm run build` in its folder.')
    process.exit(1)
  })
  process.exitCode = await main({
    args: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    version,
    out: text => process.stdout.write(text),
    err: text => process.stderr.write(text),
    onStop: stop => {
      process.on('SIGTERM', stop)
      process.on('SIGINT', stop)
    },
    onSignal: (signal, act) => process.on(signal, act),
  })
  // A pipe takes an answer in parts: what was written must be through before the process ends.
  await Promise.all([process.stdout, process.stderr].map(stream => new Promise(done => stream.write('', done))))
  // A stopped broker must not hang on a forgotten handle.
  process.exit()
}

void run()
