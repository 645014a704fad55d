import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { Terminal } from '../../src/cli/cli.ts'
import { verifyDirectories } from '../../src/cli/pair-verify.ts'
import { diskFiles } from '../../src/journal/journal.ts'
import { newMeta, writeMeta } from '../../src/twin/twin.ts'
import { World, brokerXml } from '../contract/world.ts'
import { tandem } from './process.ts'

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  const terminal: Terminal = {
    args,
    env: {},
    cwd: tmpdir(),
    version: '0',
    out: text => void (said.out += text),
    err: text => void (said.err += text),
    onStop: () => {},
  }
  const [a, b] = [args[0] ?? '', args[1] ?? ''].map(named => ({ named, properties: {} }))
  const code = await verifyDirectories(terminal, a!, b!, args.includes('--json'))
  return { code, ...said }
}

test('I6: pair verify follows the meta file to the journal, answers 0 for the same bytes and 1 with the place otherwise', async t => {
  const world = await new World().start(brokerXml())
  t.teardown(() => world.end())
  const producer = await world.connect()
  for (let i = 0; i < 3; i++) await producer.receipted('SEND', { destination: '/queue/a', persistent: 'true' }, 'x')
  await world.stop()
  const a = join(world.directory, 'data', 'test', 'KahaDB')
  const b = join(world.directory, 'b')
  const copy = join(b, 'copy-0000000000000001')
  cpSync(a, b, { recursive: true })
  mkdirSync(copy)
  for (const name of readdirSync(b))
    if (/^tandemmq-.*(journal|snapshot)$/.test(name)) renameSync(join(b, name), join(copy, name))
  await writeMeta(diskFiles, b, { ...newMeta('ab'.repeat(16)), journal: 'copy-0000000000000001' })
  const same = await run(a, b)
  t.is(same.code, 0, same.err)
  t.regex(same.out, /\d+ bytes that both hold are the same\n$/)
  const check = await tandem(['store', 'check', b], world.directory)
  t.regex(check.out, /copy-0000000000000001: \d+ records[^]*every record verifies/)
  const [segment = ''] = readdirSync(copy).filter(name => name.endsWith('.journal'))
  const bytes = readFileSync(join(copy, segment))
  bytes[bytes.length - 3]! ^= 1
  writeFileSync(join(copy, segment), bytes)
  const other = await run(a, b)
  t.is(other.code, 1)
  t.regex(
    other.out,
    /they differ at position \d+[^]*A: tandemmq-0{16}.journal at byte \d+, in the \w+ record at \d+ of epoch 1/,
  )
  const json = await run(a, b, '--json')
  t.is(json.code, 1)
  t.like(JSON.parse(json.out), { a: { damage: null } })
})

test('pair verify of a directory that is not there, or of one, is a wrong call', async t => {
  const cwd = mkdtempSync(join(tmpdir(), 'tandemmq-'))
  t.teardown(() => rmSync(cwd, { recursive: true }))
  const absent = await run(join(cwd, 'nowhere'), cwd)
  t.is(absent.code, 2)
  t.regex(absent.err, /does not exist/)
  const empty = await run(cwd, cwd)
  t.is(empty.code, 2, 'two empty ones are no copies of anything')
  t.regex(empty.err, /holds no journal/)
})
