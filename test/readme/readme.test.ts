import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'
import { deadlineMs } from '../contract/world.ts'
import { elements } from '../vocabulary/words.ts'
import { blocksOf, patternOf, type Block } from './blocks.ts'
import { Reader } from './reader.ts'

const README = readFileSync('README.md', 'utf8')
const blocks = blocksOf(README)
const runnable = blocks.filter(({ language, notRun }) => language === 'sh' && notRun === null)
const sections = [...new Set(runnable.map(({ section }) => section))]

for (const section of sections)
  test(`README, ${section}: every command works as it is written, and prints what is shown`, async t => {
    t.timeout(180_000)
    const reader = await Reader.start()
    t.teardown(() => reader.end())
    for (const block of runnable.filter(one => one.section === section)) {
      if (block.before !== null) await reader.prepare(block.before)
      if (block.before === 'kill') t.regex(reader.log, /recovered 1 messages/)
      const out = await reader.shell(block.code)
      if (block.shows !== null) t.regex(out, patternOf(reader.here(block.shows)), `README.md:${block.line}`)
    }
    await reader.stop('SIGTERM')
  })

const snippet = (language: string): Block => {
  const found = blocks.filter(block => block.language === language)
  if (found.length !== 1 || found[0] === undefined) throw new Error(`README.md has ${found.length} ${language} blocks`)
  return found[0]
}

/** Runs to the end, or until `enough` was printed. */
async function node(args: readonly string[], cwd: string, enough: RegExp | null): Promise<string> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
  const late = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    out += more
    if (enough?.test(out) === true) child.kill('SIGKILL')
  })
  await once(child, 'close')
  clearTimeout(late)
  return out
}

test('README: the snippet that embeds a broker compiles, starts one and stops it', async t => {
  const reader = await Reader.start()
  t.teardown(() => reader.end())
  const { directory } = reader
  copyFileSync(join(directory, 'fixtures/first/activemq.xml'), join(directory, 'activemq.xml'))
  writeFileSync(join(directory, 'embed.ts'), snippet('ts').code)
  const { compilerOptions } = JSON.parse(readFileSync('tsconfig.json', 'utf8')) as {
    readonly compilerOptions: Readonly<Record<string, unknown>>
  }
  // As strict as we are ourselves.
  const { incremental: _, tsBuildInfoFile: __, ...strict } = compilerOptions
  const options = { ...strict, outDir: 'out', rootDir: '.', declaration: false, isolatedDeclarations: false }
  const config = { compilerOptions: options, include: ['embed.ts'] }
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config))
  t.is(await node([resolve('node_modules/typescript/bin/tsc')], directory, null), '')
  t.regex(await node(['out/embed.js'], directory, null), /scheme: 'stomp', host: '127\.0\.0\.1', port: \d+/)
})

test('README: the client with failover gets its receipts from the pair', async t => {
  const { before, code } = snippet('js')
  const reader = await Reader.start()
  t.teardown(() => reader.end())
  await reader.prepare(before ?? '')
  writeFileSync(join(reader.directory, 'client.mjs'), reader.here(code))
  t.regex(await node(['client.mjs'], reader.directory, /order 2: receipted/), /order 1: receipted\n/)
  await reader.stop('SIGTERM')
})

test('README: what no test runs is marked with its reason, and is little', t => {
  const marked = blocks.filter(({ notRun }) => notRun !== null)
  for (const { line, notRun } of marked) t.log(`README.md:${line}: ${notRun}`)
  t.true(marked.length <= 3, 'run it, or take it out')
  for (const { language, line } of blocks)
    t.true(['sh', 'ts', 'js', 'xml'].includes(language), `README.md:${line}: nobody runs ${language}`)
})

test('README: no word that it lists as not in this version is in force', t => {
  const list = /^## Not in this version\n([^]*?)^## /m.exec(README)?.[1] ?? ''
  // `name="false"` is about that value, not about the word.
  const words = [...list.matchAll(/`([A-Za-z]+)(?:="true")?`/g)].map(([, word = '']) => word)
  const told = words.filter(word => {
    const verdicts = [...elements].flatMap(([name, { verdict, attributes }]) => [
      ...(name === word ? [verdict] : []),
      ...(Object.hasOwn(attributes, word) ? [attributes[word]?.verdict] : []),
    ])
    t.false(verdicts.includes('HONOUR'), `${word} is in force`)
    return verdicts.length > 0
  })
  t.true(told.length > 0, 'it names no word of a configuration')
})

test('README: the drawing and the walk name every room of the house, and no file that is not there', t => {
  const tour = /^## Finding your way in the code\n([^]*)$/m.exec(README)?.[1] ?? ''
  const drawing = /```\n([^]*?)```/.exec(tour)?.[1] ?? ''
  const rooms = readdirSync('src', { withFileTypes: true }).filter(
    entry => entry.isDirectory() && entry.name !== 'base',
  )
  for (const { name } of rooms) t.regex(drawing, new RegExp(`\\b${name}\\b`))
  const walk = [...tour.matchAll(/`([a-z]+\/[a-z-]+\.ts)`/g)].map(([, path = '']) => path)
  t.true(walk.length > 10)
  for (const path of walk) t.true(existsSync(`src/${path}`) || existsSync(path), path)
})

test('README: every file and directory that it links to is there', t => {
  const targets = [...README.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target)
  t.true(targets.length > 5)
  for (const target of targets) t.true(existsSync(target), target)
})
