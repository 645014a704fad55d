import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { diskFiles, verifyJournal } from '../../src/journal/journal.ts'
import { aheadBytes } from '../../src/journal/preallocation.ts'
import { compareJournals } from '../../src/twin/twin.ts'
import { temporary } from '../temporary.ts'
import { DiskFull, FaultyFiles } from './faulty-files.ts'
import { commit, DIRECTORY, opened, recovered, texts, type Opened } from './open.ts'
import { between, freshSeed, randomFrom } from './random.ts'

const FIRST = 'tandemmq-0000000000000000.journal'
const path = `${DIRECTORY}/${FIRST}`
const ahead = { preallocate: true, segmentBytes: 8 << 20 }

/** Resolves once the file has this length: the zeros are written while nothing else happens. */
async function grown(open: Opened, length: () => number | Promise<number>, to: number): Promise<void> {
  while ((await length()) < to) {
    await new Promise(resolve => setImmediate(resolve))
    if (open.failures[0] !== undefined) throw open.failures[0]
  }
}

test('zeros lie behind the end while the journal is open, and are gone after an orderly end', async t => {
  const directory = temporary('ahead')
  const open = await opened(diskFiles, { ...ahead, directory })
  await commit(open, 'one', 'two')
  const file = join(directory, FIRST)
  await grown(open, async () => (await stat(file)).size, aheadBytes)
  await commit(open, 'three')
  const { end } = open.journal
  t.true((await readFile(file)).subarray(end).every(byte => byte === 0))
  await open.journal.close()
  t.is((await stat(file)).size, end)
  t.deepEqual(texts((await recovered(diskFiles, directory)).seen), ['one', 'two', 'three'])
})

test('a killed journal with zeros behind its end is whole: nothing was torn, store check and pair verify find nothing wrong', async t => {
  const directory = temporary('ahead')
  const open = await opened(diskFiles, { ...ahead, directory })
  await commit(open, 'one', 'two')
  await grown(open, async () => (await stat(join(directory, FIRST))).size, aheadBytes)
  t.is((await verifyJournal(diskFiles, directory)).damage, undefined)
  const plain = temporary('plain')
  const other = await opened(diskFiles, { directory: plain, segmentBytes: 8 << 20 })
  await commit(other, 'one', 'two')
  await other.journal.close()
  t.true((await compareJournals(diskFiles, directory, plain)).same)
  const { result, seen } = await recovered(diskFiles, directory)
  t.deepEqual(texts(seen), ['one', 'two'])
  t.is(result.truncatedBytes, 0)
  t.is((await stat(join(directory, FIRST))).size, result.end)
  await open.journal.close() // no process ended: its files are still open
})

test('a segment that is full has no zeros behind it, so that the next one continues it', async t => {
  const files = new FaultyFiles(true)
  const open = await opened(files, { preallocate: true, segmentBytes: 4096 })
  for (let i = 0; i < 8; i++) await commit(open, Buffer.alloc(900, `${i}`))
  const { segments } = open.journal
  t.true(segments.length > 1)
  for (const { base, end } of segments.slice(0, -1)) {
    const name = `${DIRECTORY}/tandemmq-${base.toString(16).padStart(16, '0')}.journal`
    t.is(files.bytesOf(name).length, end - base)
  }
  t.is((await recovered(files.kill())).seen.length, 8)
})

test('no space for zeros stops nothing: the journal goes on without them', async t => {
  const files = new FaultyFiles(true)
  const open = await opened(files, ahead)
  let writes = 0
  let refused = 0
  files.before = operation => {
    if (operation !== 'write' || ++writes !== 2) return undefined
    refused++
    throw new DiskFull('no space for zeros')
  }
  await commit(open, 'one')
  await grown(open, () => refused, 1)
  await commit(open, 'two', 'three')
  t.deepEqual(open.failures, [])
  t.deepEqual(texts((await recovered(files.kill())).seen), ['one', 'two', 'three'])
})

test('any other error of a zero is as final as one of a sync', async t => {
  const files = new FaultyFiles(true)
  const open = await opened(files, ahead)
  files.before = (operation, at) => {
    if (operation === 'sync' && at === path && open.journal.committed > 0) throw new Error('EIO')
  }
  await commit(open, 'one').catch(() => undefined)
  t.regex((await open.failed()).message, /EIO/)
})

test('the power goes at random moments, zeros or not: what was committed is there, and nothing else is made up', async t => {
  const seed = freshSeed()
  t.log(`TANDEMMQ_SEED=${seed}`)
  const random = randomFrom(seed)
  let inline = 0
  for (let round = 0; round < 60; round++) {
    let files = new FaultyFiles(true)
    const kept: string[] = []
    for (let life = 0; life < 3; life++) {
      const start = (await recovered(files)).result
      const open = await opened(files, { preallocate: true, segmentBytes: 64 << 10 }, start)
      for (let i = between(random, 1, 40); i > 0; i--) {
        const text = `${round} ${life} ${i} ${'.'.repeat(between(random, 0, 3000))}`
        await commit(open, text)
        kept.push(text)
        for (let wait = between(random, 0, 3); wait > 0; wait--) await new Promise(resolve => setImmediate(resolve))
      }
      inline += files.inlineWrites
      files = files.crash(random, random() < 0.5 ? 'prefix' : 'sectors')
    }
    t.deepEqual(texts((await recovered(files)).seen), kept, `round ${round}`)
  }
  t.true(inline > 0)
})
