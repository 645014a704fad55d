import test from 'ava'
import { lsn, type Lsn } from '../../src/base/lsn.ts'
import { silentLog } from '../../src/base/log.ts'
import { cutJournal, readNewestSnapshot, writeSnapshot } from '../../src/journal/journal.ts'
import { FaultyFiles } from './faulty-files.ts'
import { append, DIRECTORY, opened, recovered, texts } from './open.ts'
import { freshSeed, randomFrom } from './random.ts'

/** Six segments of records `0` to `29`, a snapshot in the middle and one at the end; answers where each record ends. */
async function written(): Promise<{ files: FaultyFiles; ends: Lsn[] }> {
  const files = new FaultyFiles()
  const { journal } = await opened(files, { segmentBytes: 600 })
  const ends: Lsn[] = []
  for (let i = 0; i < 30; i++) {
    append(journal, `${i}`.padEnd(80))
    ends.push(journal.end)
  }
  await journal.close()
  await writeSnapshot(files, DIRECTORY, ends[9] as Lsn, [Buffer.from('middle')])
  await writeSnapshot(files, DIRECTORY, ends[29] as Lsn, [Buffer.from('end')])
  return { files, ends }
}

const kept = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`)
const trimmed = (seen: Parameters<typeof texts>[0]): string[] => texts(seen).map(text => text.trim())

test('A4: after a cut nothing behind it exists, no snapshot reaches beyond it, and the journal goes on there', async t => {
  for (let last = 10; last < 30; last++) {
    const { files, ends } = await written()
    const at = ends[last] as Lsn
    await cutJournal(files, DIRECTORY, at, silentLog)
    t.false(files.names().some(name => name.endsWith('.cut')))
    const { snapshot, committed } = await readNewestSnapshot(files, DIRECTORY, silentLog)
    t.is(snapshot?.lsn, last === 29 ? ends[29] : ends[9])
    const { result, seen } = await recovered(files, DIRECTORY, { committed })
    t.is(result.end, at)
    t.deepEqual(trimmed(seen), kept(last + 1))
    const again = await opened(files, { segmentBytes: 600 }, result)
    append(again.journal, 'afterwards')
    await again.journal.close()
    t.deepEqual(trimmed((await recovered(files)).seen), [...kept(last + 1), 'afterwards'])
  }
})

test('A5: a cut that loses power before any of its steps is either not begun or finished by the next start', async t => {
  const seed = freshSeed()
  t.log(`TANDEMMQ_SEED=${seed}`)
  const random = randomFrom(seed)
  const outcomes = new Set<number>()
  for (let step = 1, over = false; !over; step++) {
    for (const loss of ['prefix', 'sectors', 'kill'] as const) {
      const { files, ends } = await written()
      const at = ends[14] as Lsn
      let left: FaultyFiles | undefined
      let operations = 0
      files.before = () => {
        if (++operations === step) left = loss === 'kill' ? files.kill() : files.crash(random, loss)
      }
      await cutJournal(files, DIRECTORY, at, silentLog)
      files.before = () => undefined
      over = left === undefined
      const after = left ?? files.crash(random, 'sectors')
      const { result, seen } = await recovered(after)
      outcomes.add(result.end)
      t.true(result.end === at || result.end === ends[29], `step ${step}: ${result.end}`)
      t.deepEqual(trimmed(seen), kept(result.end === at ? 15 : 30))
      t.is(result.truncatedBytes, 0)
      const { snapshot } = await readNewestSnapshot(after, DIRECTORY, silentLog)
      t.is(snapshot?.lsn, result.end === at ? ends[9] : ends[29])
      // Whatever the start found: once more, and it is where it should be.
      await cutJournal(after, DIRECTORY, at, silentLog)
      t.is((await recovered(after)).result.end, at)
    }
  }
  t.is(outcomes.size, 2)
})

test('a start that is itself interrupted while it finishes a cut leaves it to the next one', async t => {
  const random = randomFrom(1)
  for (let step = 1; step < 40; step++) {
    const { files, ends } = await written()
    const at = ends[14] as Lsn
    let operations = 0
    let left: FaultyFiles = files
    files.before = () => {
      if (++operations === 25) left = files.kill()
    }
    await cutJournal(files, DIRECTORY, at, silentLog)
    t.true(
      left.names().some(name => name.endsWith('.cut')),
      'it is under way',
    )
    let second: FaultyFiles | undefined
    operations = 0
    left.before = () => {
      if (++operations === step) second = left.crash(random, 'sectors')
    }
    await recovered(left)
    t.is((await recovered(second ?? left)).result.end, at)
  }
})

test('a cut inside a record, behind the end, or before what is left is refused, and nothing was changed', async t => {
  const { files, ends } = await written()
  const names = files.names()
  for (const at of [(ends[14] as number) + 1, (ends[29] as number) + 1, 5]) {
    await t.throwsAsync(cutJournal(files, DIRECTORY, lsn(at), silentLog), { code: 'JOURNAL_CUT' }, `at ${at}`)
  }
  t.deepEqual(files.names(), names)
  await files.remove(names.find(name => name.endsWith('0000.journal')) as string)
  await t.throwsAsync(cutJournal(files, DIRECTORY, ends[2] as Lsn, silentLog), { code: 'JOURNAL_CUT' })
  await cutJournal(files, DIRECTORY, ends[14] as Lsn, silentLog)
})

test('a cut at the very beginning leaves an empty store', async t => {
  const { files } = await written()
  await cutJournal(files, DIRECTORY, lsn(0), silentLog)
  t.deepEqual(files.names(), [])
})
