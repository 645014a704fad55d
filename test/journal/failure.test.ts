import test from 'ava'
import { lsn } from '../../src/base/lsn.ts'
import { RecordFlag } from '../../src/journal/journal.ts'
import { DiskFull, FaultyFiles, type Operation } from './faulty-files.ts'
import { append, commit, DIRECTORY, opened, recovered, texts } from './open.ts'

const PATH = `${DIRECTORY}/tandemmq-0000000000000000.journal`

/** Fails the next operations of a kind, so many times. */
function failing(files: FaultyFiles, operation: Operation, error: Error, times: number = Infinity): void {
  let left = times
  files.before = asked => {
    if (asked !== operation || left <= 0) return
    left--
    throw error
  }
}

/** Lets everything run that can run without time passing. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
}

test('E4: after an fsync error nothing is acknowledged any more, and the sync is never tried again', async t => {
  const files = new FaultyFiles()
  const open = await opened(files)
  await commit(open, 'safe')
  const { committed } = open.journal
  const events = open.commits.length
  failing(files, 'sync', new Error('EIO: i/o error, fdatasync'), 1)
  const syncs = files.counts.get('sync') ?? 0
  append(open.journal, 'lost')
  open.journal.flush()
  t.is((await open.failed()).message, 'EIO: i/o error, fdatasync')
  t.throws(() => append(open.journal, 'late'), { code: 'JOURNAL_FAILED' })
  open.journal.flush()
  await t.throwsAsync(open.journal.sync(), { code: 'JOURNAL_FAILED' })
  await settled()
  await open.journal.close()
  t.is(files.counts.get('sync'), syncs + 1)
  t.is(open.journal.committed, committed)
  t.is(open.commits.length, events)
  t.is(open.failures.length, 1)
  t.deepEqual(open.writeErrors, [], 'nobody is asked about it')
})

test('a failed directory sync ends the journal, like that of a file', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { segmentBytes: 200 })
  await commit(open, 100)
  failing(files, 'syncDirectory', new Error('EIO'), 1)
  append(open.journal, 100)
  open.journal.flush()
  await open.failed()
  // The next segment's SEGMENT record is volatile, so it counts; the message behind it does not.
  t.is(open.commits.at(-1), 172 + 56)
})

test('a segment that cannot be synced is not followed by another', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { segmentBytes: 200, sync: 'never' })
  await commit(open, 100)
  failing(files, 'sync', new Error('EIO'), 1)
  append(open.journal, 100)
  open.journal.flush()
  await open.failed()
  t.deepEqual(files.names(), [PATH])
})

test('a write error ends the journal when its owner says stop, and nothing of it is acknowledged', async t => {
  const files = new FaultyFiles()
  const open = await opened(files)
  await commit(open, 'safe')
  failing(files, 'write', new Error('EIO: i/o error, write'))
  append(open.journal, 'lost')
  append(open.journal, 'lost too', RecordFlag.volatile)
  open.journal.flush()
  await open.failed()
  t.is(open.writeErrors.length, 1)
  t.is(open.commits.at(-1), 56 + 20)
  await open.journal.close()
  files.before = () => undefined
  t.deepEqual(texts((await recovered(files.crash(() => 0, 'prefix'))).seen), ['safe'])
})

test('a full disk: writing stops, appending goes on, and once there is room everything is committed', async t => {
  const files = new FaultyFiles()
  const open = await opened(files)
  await commit(open, 'safe')
  open.onWriteError = () => 500
  const before = open.journal.committed
  // A short write: the first 10 bytes reach the file, then there is no room.
  files.before = operation => (operation === 'write' ? 10 : undefined)
  append(open.journal, 'waits for room')
  open.journal.flush()
  await settled()
  append(open.journal, 'waits as well')
  open.journal.flush()
  for (let i = 0; i < 3; i++) {
    open.clock.advance(500)
    await settled()
  }
  t.is(open.writeErrors.length, 4)
  t.true(open.writeErrors[0] instanceof DiskFull)
  t.is(open.journal.committed, before)
  t.is(open.resumed, 0)
  t.deepEqual(texts((await recovered(files.kill())).seen), ['safe'], 'a crash now leaves a torn tail')

  files.before = () => undefined
  open.clock.advance(500)
  await open.until(open.journal.end)
  t.is(open.resumed, 1)
  t.deepEqual(open.failures, [])
  await open.journal.close()
  t.deepEqual(texts((await recovered(files)).seen), ['safe', 'waits for room', 'waits as well'])
})

test('a new segment that cannot be created is tried again like a write', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { segmentBytes: 200 })
  await commit(open, 100)
  open.onWriteError = () => 500
  failing(files, 'open', new DiskFull('ENOSPC: no space left on device, open'), 2)
  append(open.journal, 100)
  open.journal.flush()
  await settled()
  open.clock.advance(500)
  await settled()
  t.is(open.writeErrors.length, 2)
  open.clock.advance(500)
  await open.until(open.journal.end)
  t.is(open.resumed, 1)
})

test('closing does not wait for a disk that stays full', async t => {
  const files = new FaultyFiles()
  const open = await opened(files)
  open.onWriteError = () => 500
  failing(files, 'write', new DiskFull('ENOSPC'))
  append(open.journal, 'waits')
  open.journal.flush()
  await settled()
  const closing = open.journal.close()
  open.clock.advance(500)
  await closing
  t.is(open.failures.length, 1)
  t.deepEqual(open.commits, [56], 'only the segment header, which is volatile')
})

test('an error while reading at start is JOURNAL_IO and changes nothing', async t => {
  for (const operation of ['list', 'open', 'read', 'size', 'sync', 'syncDirectory'] as const) {
    const files = new FaultyFiles()
    const open = await opened(files)
    await commit(open, 'one')
    await open.journal.close()
    const whole = files.bytesOf(PATH)
    failing(files, operation, new Error('EIO'))
    t.like(await t.throwsAsync(recovered(files)), { code: 'JOURNAL_IO' }, operation)
    t.is(files.bytesOf(PATH), whole)
  }
})

test('A5: a crash in the middle of cutting a torn tail leaves a journal that starts', async t => {
  for (const operation of ['truncate', 'sync', 'syncDirectory'] as const) {
    const files = new FaultyFiles()
    const open = await opened(files)
    await commit(open, 'kept', 'torn')
    await open.journal.close()
    files.replace(PATH, files.bytesOf(PATH).subarray(0, 56 + 20 + 7))
    failing(files, operation, new Error('killed'))
    await t.throwsAsync(recovered(files))
    for (const left of [files.kill(), files.crash(() => 0, 'prefix'), files.crash(() => 0.99, 'prefix')]) {
      const { seen, result } = await recovered(left)
      t.deepEqual(texts(seen), ['kept'])
      t.is(result.end, lsn(76))
    }
  }
})
