// What tsc has built, in fewer files, which node loads in half the time.
// dist/bundle is the command: bin/run.js takes it while `of` names the build it was made from, else dist/src; so a machine
// that has no esbuild, and whoever runs tsc by hand, lose nothing but that time. In it `start` has a file of its own.
// dist/tests is every test with what it imports; .ci/tests.mjs lets none run that dist/ has left behind.
// `bundle.mjs` makes both, `bundle.mjs command` the one, `bundle.mjs tests` the other unless there is nothing to do.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { crc32 } from 'node:zlib'
import { CACHE, CODE, line } from '../bin/start.js'
import { behind } from './behind.mjs'

const common = {
  bundle: true,
  splitting: true, // what a verb loads when it is asked for stays apart
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  external: ['#schemas/*'],
  logLevel: 'error',
}

/** Makes a directory anew; without esbuild it is as `otherwise` makes it. */
async function make(directory, bundle, otherwise = () => {}) {
  rmSync(directory, { recursive: true, force: true })
  try {
    await bundle(await import('esbuild'))
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    console.error(`no ${directory}, so each start takes longer: ${error.message}`)
    otherwise()
  }
}

const command = () =>
  make('dist/bundle', async ({ build }) => {
    await build({
      ...common,
      entryPoints: ['dist/src/cli/cli.js'],
      outdir: 'dist/bundle/cli', // as deep as dist/src/cli: what a module finds relative to itself is where it was
    })
    await start(build)
    const lines = [CODE, CACHE].flatMap(name => {
      const path = `dist/bundle/${name}`
      return existsSync(path) ? [line(name, readFileSync(path))] : []
    })
    writeFileSync('dist/bundle/of', [statSync('dist/.tsbuildinfo').mtimeMs, ...lines, ''].join('\n'))
  })

/**
 * All that `start` loads in one file, as bin/start.js takes it, and what V8 makes of it. It is no ES module, as of such a one
 * Node keeps nothing that V8 has compiled.
 */
async function start(build) {
  const { outputFiles } = await build({
    ...common,
    splitting: false,
    format: 'cjs',
    external: [],
    entryPoints: ['dist/src/cli/cli.js'],
    write: false,
    define: { 'import.meta.url': 'url' },
    banner: { js: '(function (module, require, url, otherVerb) {' },
    footer: { js: '})' },
    plugins: [atOnce],
  })
  // esbuild leaves what is not ASCII in comments and regular expressions, where this says the same.
  const escape = unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  writeFileSync(`dist/bundle/${CODE}`, outputFiles[0].text.replace(/[^\0-\x7f]/g, escape))
  const { NODE_OPTIONS: _, ...env } = process.env
  const made = spawnSync(process.execPath, ['.ci/cache.mjs'], { env, stdio: 'inherit', timeout: 30_000 })
  if (made.status === 0) return
  rmSync(`dist/bundle/${CACHE}`, { force: true })
  console.error(`no dist/bundle/${CACHE}, so each start takes longer`)
}

/**
 * What a module loads when it is needed is loaded with it: esbuild would put every module that such a one shares with the
 * broker behind a function, and the broker would be slower for all its life. The verbs that nobody asks for stay elsewhere.
 */
const atOnce = {
  name: 'at once',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      const elsewhere = name => path.endsWith('cli.js') && name !== './start.js'
      const names = []
      const contents = readFileSync(path, 'utf8').replace(/\bimport\('([.#][^']+)'\)/g, (_, name) =>
        elsewhere(name) ? `otherVerb('${name}')` : `Promise.resolve(__loaded${names.push(name)})`,
      )
      const imports = names.map((name, index) => `\nimport * as __loaded${index + 1} from '${name}'`)
      return { contents: contents + imports.join(''), loader: 'js' }
    }),
}

/** Of what is in test/ today: what tsc made of an older one stays in dist/. Not there: this is the build of an image. */
const tests = (existsSync('test') ? readdirSync('test', { recursive: true }) : [])
  .filter(name => name.endsWith('.test.ts'))
  .map(name => name.replace(/ts$/, 'js').replaceAll('\\', '/'))

/** A module of a bundle of several directories finds what it looks for relative to itself where it was. */
const urls = {
  name: 'urls',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      if (!text.includes('import.meta.url')) return
      return { contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)), loader: 'js' }
    }),
}

/** Beside each test the modules it was made from, each with its time: what behind.mjs compares. */
function note({ inputs, outputs }) {
  const times = new Map(Object.keys(inputs).map(path => [path, statSync(path).mtimeMs]))
  for (const name of tests) {
    const files = new Set()
    const add = path => {
      if (files.has(path)) return
      files.add(path)
      for (const { path: other, external } of outputs[path].imports) if (external !== true) add(other)
    }
    const made = `dist/tests/${name}`
    add(made)
    const modules = new Set([...files].flatMap(path => Object.keys(outputs[path].inputs)))
    writeFileSync(`${made}.of`, [resolve('.'), ...[...modules].map(path => `${times.get(path)} ${path}`)].join('\n'))
  }
}

const bundleTests = () =>
  make(
    'dist/tests',
    async ({ build }) => {
      const { metafile } = await build({
        ...common,
        entryPoints: tests.map(name => `dist/test/${name}`),
        outbase: 'dist/test',
        outdir: 'dist/tests',
        plugins: [urls],
        metafile: true,
        sourcemap: true,
        sourcesContent: false,
      })
      note(metafile)
    },
    () => {
      for (const name of tests) {
        const path = join('dist/tests', name)
        mkdirSync(dirname(path), { recursive: true })
        const original = relative(dirname(path), join('dist/test', name)).replaceAll('\\', '/')
        writeFileSync(path, `import '${original}'\n`)
        writeFileSync(`${path}.of`, resolve('.'))
      }
    },
  )

const [only] = process.argv.slice(2)
if (only !== 'tests') await command()
const wanted = only === undefined ? tests.length > 0 : only === 'tests' && tests.some(name => behind(name) !== undefined)
if (wanted) await bundleTests()
