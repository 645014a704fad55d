import { readFileSync, readdirSync } from 'node:fs'
import test from 'ava'
import { CODES } from '../src/base/codes.ts'
import { EVENTS } from '../src/base/event-codes.ts'

/** Which rooms a room may import. The drawing of the house; the arrows point one way. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  stomp: ['base'],
  selector: ['base'],
  transformation: [],
  xml: ['base'],
  vocabulary: ['base'],
  document: ['base', 'xml', 'vocabulary'],
  config: ['base', 'xml', 'vocabulary', 'document', 'selector'],
  upgrade: ['base', 'xml', 'vocabulary', 'config'],
  inspect: ['base', 'xml', 'vocabulary', 'document', 'config'],
  security: ['base'],
  journal: ['base'],
  store: ['base', 'journal'],
  destination: ['base', 'selector', 'journal', 'store'],
  pair: ['base', 'stomp'],
  twin: ['base', 'journal', 'store', 'pair'],
  session: ['base', 'stomp', 'journal', 'destination', 'pair', 'transformation'],
  broker: ['base', 'journal', 'store', 'destination', 'session', 'pair', 'transformation'],
  transport: ['base', 'stomp', 'pair', 'session', 'broker'],
  management: ['base', 'xml'],
  admin: ['base'],
  client: ['base', 'stomp'],
  monitor: ['base', 'admin'],
  http: ['base', 'management'],
  beans: [
    'base',
    'config',
    'journal',
    'store',
    'destination',
    'session',
    'transformation',
    'pair',
    'broker',
    'management',
  ],
  server: [
    'base',
    'config',
    'security',
    'journal',
    'store',
    'destination',
    'pair',
    'twin',
    'broker',
    'transport',
    'management',
    'beans',
    'http',
  ],
  cli: [
    'base',
    'stomp',
    'xml',
    'vocabulary',
    'document',
    'config',
    'upgrade',
    'inspect',
    'security',
    'journal',
    'store',
    'destination',
    'pair',
    'twin',
    'transport',
    'server',
    'admin',
    'client',
    'monitor',
  ],
}

/** Rooms that take time, chance and I/O as arguments. */
const PURE = [
  'base',
  'xml',
  'vocabulary',
  'document',
  'stomp',
  'selector',
  'transformation',
  'store',
  'destination',
  'session',
  'config',
  'upgrade',
  'inspect',
  'broker',
  'journal',
  'pair',
  'management',
  'monitor',
]
/** The only files of those rooms that touch the world. */
const EDGE = [
  'journal/disk.ts',
  'journal/lock.ts',
  'journal/checksum.ts',
  'config/load.ts',
  'monitor/poll.ts',
  'monitor/run-job.ts',
  'monitor/once.ts',
  'monitor/watch.ts',
  'monitor/terminal.ts',
]
const IMPURE = /from 'node:|\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bset(Timeout|Interval|Immediate)\(|\bprocess\./

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map(path => path.replaceAll('\\', '/'))
  .filter(path => path.endsWith('.ts'))

for (const path of sources) {
  const [room = '', file] = path.split('/')
  if (file === undefined) continue
  test(`src/${path} keeps to its room`, t => {
    const text = readFileSync(`src/${path}`, 'utf8')
    t.true(text.split('\n').length <= 401, 'over 400 lines: split it by what changes together')
    t.notRegex(text, /\bexport default\b/, 'named exports only')
    if (PURE.includes(room) && !EDGE.includes(path)) {
      t.notRegex(text, IMPURE, 'take time, chance and I/O as arguments; see EDGE in test/tidy.test.ts')
    }
    for (const [, other = '', door = ''] of text.matchAll(/from '\.\.\/([\w-]+)\/([\w-]+)\.ts'/g)) {
      t.true(MAY_IMPORT[room]?.includes(other), `${room}/ may not import ${other}/: the arrows point one way`)
      if (other !== 'base') t.is(door, other, `enter ${other}/ by its door, ${other}/${other}.ts`)
    }
    const own = text.match(new RegExp(`from '\\./${room}\\.ts'`))
    if (own !== null) {
      t.regex(
        text,
        new RegExp(`import type [^\\n]*from '\\./${room}\\.ts'`),
        'a file never imports its own door, types aside',
      )
    }
  })
}

test('BL-09: blessed is known to one file only, so that another library can take its place', t => {
  for (const path of sources)
    if (path !== 'monitor/terminal.ts') t.notRegex(readFileSync(`src/${path}`, 'utf8'), /['"]blessed['"]/, path)
})

test('every room has a door with a tour', t => {
  for (const room of Object.keys(MAY_IMPORT)) {
    if (room === 'base') continue
    const door = readFileSync(`src/${room}/${room}.ts`, 'utf8')
    t.regex(door, /Promises: /, `${room}/${room}.ts says what the room promises`)
    t.regex(door, /Refuses: /, `${room}/${room}.ts says what the room refuses`)
  }
})

test('every error code is reported somewhere, and every reported code is in the catalogue', t => {
  const elsewhere = sources
    .filter(path => !['base/codes.ts', 'base/event-codes.ts'].includes(path))
    .map(path => readFileSync(`src/${path}`, 'utf8'))
  const data = readdirSync('schemas').map(name => readFileSync(`schemas/${name}`, 'utf8'))
  const text = [...elsewhere, ...data].join('\n')
  for (const code of [...Object.keys(CODES), ...Object.keys(EVENTS)]) {
    t.true(
      text.includes(`'${code}'`) || text.includes(`"${code}"`),
      `${code} is in the catalogue, and nothing reports it`,
    )
  }
  for (const [, code = ''] of text.matchAll(/new TandemError\(\s*'([A-Z_]+)'/g))
    t.true(code in CODES, `${code} is not in the catalogue`)
})

test('every CONFIG_ code of the catalogue is reported somewhere in the room of the configuration, or in the readers below it', t => {
  const readers = ['src/config', 'src/document', 'src/xml']
    .flatMap(room => readdirSync(room).map(name => readFileSync(`${room}/${name}`, 'utf8')))
    .join('')
  for (const code of Object.keys(CODES).filter(name => name.startsWith('CONFIG_')))
    t.true(readers.includes(`'${code}'`), code)
})

/** Lines that were asked for as they are: a logging plugin, a trace of frames. What somebody wrote is no event of ours. */
const AS_ASKED = ['broker/event-log.ts', 'session/session.ts']

test('C-18: every line of the log above debug has a code', t => {
  for (const path of sources) {
    const text = readFileSync(`src/${path}`, 'utf8')
    for (const { index } of text.matchAll(/\blog\.(?:info|warn|error)\(/g)) {
      const call = argumentsAt(text, index)
      const coded = /\bcode\b|\babout\b|logError|\(this\)/.test(call) || AS_ASKED.includes(path)
      t.true(coded, `src/${path}: ${call.slice(0, 100)}`)
    }
  }
})

/** The call that begins at an index, up to the parenthesis that closes it. */
function argumentsAt(text: string, index: number): string {
  let depth = 0
  for (let at = text.indexOf('(', index); at < text.length; at++) {
    if ('([{'.includes(text[at] ?? '')) depth++
    else if (')]}'.includes(text[at] ?? '') && --depth === 0) return text.slice(index, at + 1)
  }
  return text.slice(index)
}

test('the top level holds what the design card names, and nothing else', t => {
  const allowed = ['src', 'schemas', 'fixtures', 'bin', 'test', 'package.json', 'package-lock.json', 'tsconfig.json']
  allowed.push('CHANGELOG.md', 'README.md', 'LICENSE', 'node_modules', 'dist')
  for (const name of readdirSync('.'))
    t.true(name.startsWith('.') || allowed.includes(name), `${name} at the top level`)
})
