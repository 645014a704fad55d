// ava loads this before each test, in its process.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import test from 'ava'
import { behind } from './behind.mjs'

// Most of these processes live for a second: V8 would spend a tenth of the whole suite on optimizing what soon ends. What
// runs longer is optimized all the same, after nine times as much of it. A V8 that has no such flag says so and goes on.
setFlagsFromString('--interrupt-budget=600000')

// What dist/ has left behind does not run.
const name = fileURLToPath(test.meta.file).slice(resolve('test').length + 1)
const why = behind(name.replaceAll('\\', '/').replace(/ts$/, 'js'))
if (why !== undefined) throw new Error(`${why}: run \`npm run build\``)
