import { readFileSync, readdirSync } from 'node:fs'
import test from 'ava'
import { VERB_NAMES } from '../../src/cli/cli.ts'
import { ACTIONS } from '../../src/cli/completion.ts'
import { root, tandem } from './process.ts'
import { call } from './terminal.ts'

test('help shows every verb, in groups, and every verb has a help with an example', async t => {
  const { code, out } = await call(['help'])
  t.is(code, 0)
  t.is((await call([])).out, out)
  t.is((await call(['--help'])).out, out)
  t.is((await call(['help', '--help'])).out, out)
  const shown = [...out.matchAll(/^ {2}([a-z]+) +\S/gm)].map(([, name = '']) => name)
  t.deepEqual(shown.toSorted(), VERB_NAMES.toSorted())
  for (const line of out.split('\n')) t.true(line.length <= 80, line)
  t.regex(out, /^Run$[^]*^Configuration$[^]*^Pair$[^]*^Store$/m)
  for (const name of shown.filter(verb => verb !== 'help' && verb !== 'version')) {
    const own = await call(['help', name])
    t.is(own.code, 0, name)
    t.regex(own.out, new RegExp(`Usage: tandemmq ${name}`))
    t.regex(own.out, /Examples?:/, name)
    t.is((await call([name, '--help'])).out, own.out)
  }
})

test('TU-08: an unknown verb exits with 2, and says what was probably meant', async t => {
  const typo = await call(['stat'])
  t.is(typo.code, 2)
  t.regex(typo.err, /^tandemmq: unknown verb "stat"; did you mean "start"\?/)
  t.is(typo.out, '')
  t.regex((await call(['frobnicate'])).err, /^tandemmq: unknown verb "frobnicate"\n\nTandemMQ runs/)
  t.is((await call(['help', 'slavage'])).code, 2)
  t.is((await call(['constructor'])).code, 2)
})

test('TU-08: the words of other tools, a file without a verb, and an unknown action are understood too', async t => {
  const said = async (...args: readonly string[]): Promise<string> => {
    const { code, err } = await call(args)
    t.is(code, 2, args.join(' '))
    return err.split('\n')[0] ?? ''
  }
  t.is(await said('check', 'a.xml'), 'tandemmq: unknown verb "check"; did you mean "validate"?')
  t.is(await said('promote'), 'tandemmq: unknown verb "promote"; did you mean "pair promote"?')
  t.is(
    await said('conf/activemq.xml'),
    'tandemmq: unknown verb "conf/activemq.xml"; did you mean "start conf/activemq.xml"?',
  )
  t.is(await said('pair', 'stats'), 'tandemmq pair: unknown action "stats"; did you mean "status"?')
  t.is(await said('salvage', 'lst'), 'tandemmq salvage: unknown action "lst"; did you mean "list"?')
  t.is(await said('store', 'chek', 'x'), 'tandemmq store: unknown action "chek"; did you mean "check"?')
  t.is(await said('store', 'check'), 'tandemmq store: name one data directory')
  t.is(await said('start', '--verbos'), 'tandemmq start: unknown option --verbos; did you mean --verbose?')
  // What is named must exist.
  for (const text of [await said('run'), await said('compare'), await said('lint')])
    t.true(VERB_NAMES.includes(/"(\w+)"\?$/.exec(text)?.[1] ?? ''), text)
})

test('a wrong call is told what is wrong, how the verb is called, and where its help is, on one screen', async t => {
  for (const name of VERB_NAMES.filter(verb => !['help', 'version', 'dstat'].includes(verb))) {
    const { code, out, err } = await call([name, '--no-such-option'])
    t.is(code, 2, name)
    t.is(out, '', name)
    const [said = '', usage = ''] = err.split('\n\n')
    t.regex(said, new RegExp(`^tandemmq ${name}[ a-z]*: (unknown option --no-such-option|say what: )`), err)
    t.regex(usage, new RegExp(`^Usage: tandemmq ${name}`), err)
    t.true(err.endsWith(`\nAll options: tandemmq ${name} --help\n`), err)
    t.true(err.split('\n').length < 24, err)
  }
  t.is((await call(['stat'])).err.split('\n').at(-2), 'All verbs: tandemmq help')
})

/** Each long option that the source of the command declares for some verb. */
function declared(): Set<string> {
  const names = new Set<string>()
  for (const file of readdirSync(`${root}src/cli`)) {
    const source = readFileSync(`${root}src/cli/${file}`, 'utf8')
    for (const [, name = ''] of source.matchAll(
      /[\s{]'?([A-Za-z][A-Za-z-]*)'?: (?:text|flag|'value'|'switch'|'flag'|\{ type:)/g,
    ))
      names.add(name)
  }
  return names
}

/** Options of ActiveMQ's command that are understood as there, and `-o` by its long name. */
const UNSAID = [
  'jmxurl',
  'jmxuser',
  'jmxpassword',
  'jmxlocal',
  'pid',
  'extdir',
  'noDefExt',
  'factory',
  'passwordFactory',
  'output',
]

/** Options that a help speaks of and that are another verb's, or taken with --amqurl only. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = { context: ['context'], browse: ['ca', 'cert', 'key'] }

test('every option that a verb takes is in its help, and every one that its help names is taken', async t => {
  const names = declared()
  t.true(names.size > 80)
  // Of these the help is short for several, or the arguments are read in another way.
  for (const verb of VERB_NAMES.filter(name => !['help', 'version', 'demo', 'restart', 'migrate'].includes(name))) {
    const { out } = await call([verb, '--help'])
    const shown = new Set([...out.matchAll(/--([A-Za-z][A-Za-z-]*)/g)].map(([, name = '']) => name))
    const taken = new Set<string>()
    for (const action of ACTIONS[verb]?.split(' ') ?? [null])
      for (const name of new Set([...names, ...shown])) {
        // The last one is known to nobody: nothing is done.
        const args = [verb, ...(action === null ? [] : [action]), `--${name}=1`, '--no-such-option']
        const { code, err } = await call(args)
        t.is(code, 2, args.join(' '))
        if (!err.includes(`unknown option --${name}`)) taken.add(name)
      }
    t.deepEqual(
      [...taken].filter(name => !shown.has(name) && !UNSAID.includes(name)),
      [],
      `${verb} takes, and does not say`,
    )
    t.deepEqual(
      [...shown].filter(name => !taken.has(name) && ELSEWHERE[verb]?.includes(name) !== true),
      [],
      `${verb} says, and does not take`,
    )
  }
})

/** `room/module` of each module in a file that node has loaded; those of the bundle are marked where they begin. */
const modulesOf = (file: string): readonly string[] => {
  const marks = file.startsWith('dist/bundle/')
    ? readFileSync(root + file, 'utf8').match(/^\/\/ dist\/src.*/gm)
    : [file]
  return (marks ?? []).map(mark => /dist\/src\/(.*)\.js/.exec(mark)?.[1] ?? mark)
}

test('TU-10: help and version load no verb, and status only what asks a node', async t => {
  // Counted, as a time would be that of the machine: what node has loaded at the end of the process.
  const loaded = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { err } = await tandem(args, '.', { NODE_DEBUG: 'esm' })
    const files = new Set([...err.matchAll(/dist\/(?:src|bundle)\/[\w-]+\/[\w-]+\.js/g)].map(([path]) => path))
    return [...files].flatMap(modulesOf)
  }
  for (const args of [['help'], ['version'], []]) {
    const files = new Set(await loaded(...args))
    t.true(files.has('cli/cli'), 'nothing was seen')
    t.deepEqual(
      [...files].filter(path => !/^(cli\/(cli|environment)|base\/)/.test(path)),
      [],
    )
  }
  t.true(new Set(await loaded('help', 'start')).has('cli/start'))
  // What is asked every few seconds by a monitor reads no configuration and starts no broker.
  const rooms = new Set((await loaded('status', '--url', '127.0.0.1:1')).map(path => path.split('/')[0] ?? ''))
  t.deepEqual([...rooms].toSorted(), ['admin', 'base', 'cli'])
})
