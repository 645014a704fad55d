import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { durableWrite } from '../../src/journal/files.ts'
import { RecordFlag, diskFiles } from '../../src/journal/journal.ts'
import { FaultyFiles } from './faulty-files.ts'
import { append, commit, commitOnFullDisk, opened, recovered, texts } from './open.ts'

test('a write that is its own sync keeps a volatile record that was written before it without one', async t => {
  const files = new FaultyFiles(true)
  const open = await opened(files)
  await commit(open, 'warm')
  append(open.journal, 'chatter', RecordFlag.volatile)
  open.journal.flush()
  await open.until(open.journal.end)
  await commit(open, 'payment')
  // Were the payment synced alone, the chatter before it could be lost, and the payment behind the hole with it.
  const left = files.crash(() => 0, 'prefix')
  t.deepEqual(texts((await recovered(left)).seen), ['warm', 'chatter', 'payment'])
})

test('after ENOSPC a durable write is tried again; any other error of it ends the journal like one of fsync', async t => {
  const files = new FaultyFiles(true)
  const open = await opened(files)
  await commit(open, 'warm')
  await commitOnFullDisk(open, files)
  t.is(open.writeErrors.length, 1)
  files.before = operation => {
    if (operation === 'sync') throw new Error('EIO: i/o error')
  }
  open.onWriteError = () => 10
  append(open.journal, 'lost')
  open.journal.flush()
  t.regex((await open.failed()).message, /EIO/)
  t.throws(() => open.journal.reserve(100), { code: 'JOURNAL_FAILED' })
})

const linuxTest = process.platform === 'linux' ? test : test.skip

linuxTest('two durable writes at once, of records and of zeros ahead of them, leave no file open', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-durable-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'a.journal')
  const openNow = (): number =>
    readdirSync('/proc/self/fd').filter(fd => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === path
      } catch {
        return false // the one of this very look
      }
    }).length
  const file = await diskFiles.open(path)
  const block = Buffer.alloc(4096, 'x')
  await Promise.all([0, 1, 2].map(n => durableWrite(file, block, 0, block.length, n * block.length)))
  t.is(openNow(), 2)
  await file.close()
  t.is(openNow(), 0)
})

linuxTest('a file is closed only when no durable write is under way in it', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-durable-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const file = await diskFiles.open(join(directory, 'a.journal'))
  const block = Buffer.alloc(1 << 20, 'x')
  await durableWrite(file, block, 0, 4096, 0) // it is open for such writes
  const ended: (Error | null)[] = []
  for (const n of [0, 1, 2]) file.writeDurably!(block, 0, block.length, n * block.length, error => ended.push(error))
  await file.close()
  t.deepEqual(ended, [null, null, null])
})
