// ava loads this before each test, in whose process it is: what dist/ has left behind does not run.
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { behind } from './behind.mjs'

const name = fileURLToPath(test.meta.file).slice(resolve('test').length + 1)
const why = behind(name.replaceAll('\\', '/').replace(/ts$/, 'js'))
if (why !== undefined) throw new Error(`${why}: run \`npm run build\``)
