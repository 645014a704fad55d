#!/usr/bin/env node
// The command. Everything else is in dist/, which `npm run build` makes.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const { main } = await import('../dist/src/cli/cli.js').catch(error => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
  console.error('TandemMQ is not built yet: run `npm run build` in its folder.')
  process.exit(1)
})

// Whoever reads our answer may stop reading it: `tandemmq validate … | head`.
process.stdout.on('error', error => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

// A question goes to stderr: stdout is for the answer.
async function ask(question) {
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}

process.exitCode = await main({
  args: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  version,
  out: text => process.stdout.write(text),
  err: text => process.stderr.write(text),
  input: async () => (await process.stdin.setEncoding('utf8').toArray()).join(''),
  ...(process.stdin.isTTY && process.stderr.isTTY && { ask }),
  ...(process.send && { ready: http => process.send({ ready: true, http }) }),
  compat: basename(process.argv[1] ?? '') === 'activemq',
  onStop: stop => {
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  },
})
// A pipe takes an answer in parts: what was written must be through before the process ends.
await Promise.all([process.stdout, process.stderr].map(stream => new Promise(done => stream.write('', done))))
// A stopped broker must not hang on a forgotten handle.
process.exit()
