// Before `npm start` and `npm test`: install when the lock file is newer than what is installed, then build and bundle.
// A fresh clone therefore needs nothing but Node and npm. `setup.mjs tests` also makes what ava runs.
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'

const at = path => {
  try {
    return statSync(path).mtimeMs
  } catch {
    return 0
  }
}
const run = (command, args) => {
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) process.exit(status ?? 1)
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`TandemMQ needs Node.js 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}
const installed = at('node_modules/.package-lock.json')
if (installed === 0 || installed < at('package-lock.json')) run('npm', ['ci', '--no-audit', '--no-fund'])
run(process.execPath, ['node_modules/typescript/bin/tsc'])
if (at('dist/bundle/of') < at('dist/.tsbuildinfo')) run(process.execPath, ['.ci/bundle.mjs', 'command'])
if (process.argv[2] === 'tests') run(process.execPath, ['.ci/bundle.mjs', 'tests'])
