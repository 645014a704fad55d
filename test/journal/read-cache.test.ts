import test from 'ava'
import type { Lsn } from '../../src/base/lsn.ts'
import { RECORD_HEADER, type Peeked } from '../../src/journal/journal.ts'
import { FaultyFiles } from './faulty-files.ts'
import { commit, DIRECTORY, opened } from './open.ts'

const FIRST = `${DIRECTORY}/tandemmq-0000000000000000.journal`
const nothing = (): Peeked => ({ block: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)), offset: 0 })

test('memory stays bounded: old blocks are given up and their records are read back from disk', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { blockBytes: 4096, cacheBytes: 8192, readCacheBytes: 1 << 20 })
  const at: Lsn[] = []
  for (let i = 0; i < 100; i++) at.push(...(await commit(open, Buffer.alloc(1000, i))))
  const into = nothing()
  t.true(open.journal.peek(at[99] as Lsn, 1016, into), 'the newest are in memory')
  t.is(into.block[into.offset + RECORD_HEADER], 99)
  t.false(open.journal.peek(at[0] as Lsn, 1016, into), 'the oldest are not')
  const reads = files.counts.get('read') ?? 0
  await Promise.all([open.journal.fetch(at[0] as Lsn, 1016), open.journal.fetch(at[1] as Lsn, 1016)])
  t.is((files.counts.get('read') ?? 0) - reads, 1, 'one read for both: they share the page')
  for (let i = 0; i < 80; i++) {
    t.true(open.journal.peek(at[i] as Lsn, 1016, into))
    t.is(into.block[into.offset + RECORD_HEADER + 999], i)
    t.is(into.view.getUint32(into.offset + 4, true), 1016)
  }
})

test('fetch finds records on a page border, larger than a page, and appended since the page was read', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { blockBytes: 4096, readCacheBytes: 4 << 20, segmentBytes: 8 << 20 })
  const into = nothing()
  const sizes = [200_000, 61_000, 30_000, 900_000, 10]
  const at = await commit(open, ...sizes.map((size, i) => Buffer.alloc(size, i)))
  await commit(open, 10)
  for (const [i, size] of sizes.entries()) {
    const bytes = RECORD_HEADER + size
    await open.journal.fetch(at[i] as Lsn, bytes)
    t.true(open.journal.peek(at[i] as Lsn, bytes, into), `record ${i}`)
    t.is(into.block[into.offset + bytes - 1], i)
  }
  const [later] = await commit(open, 'later')
  await commit(open, 5000)
  await open.journal.fetch(later as Lsn, 21)
  t.true(open.journal.peek(later as Lsn, 21, into))
})

test('the pages that are kept stay within readCacheBytes', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { blockBytes: 4096, readCacheBytes: 600_000, segmentBytes: 8 << 20 })
  const at: Lsn[] = []
  for (let i = 0; i < 20; i++) at.push(...(await commit(open, 100_000)))
  await commit(open, 5000)
  for (const place of at) await open.journal.fetch(place, 100_016)
  t.false(open.journal.peek(at[0] as Lsn, 100_016, nothing()))
  t.true(open.journal.peek(at[19] as Lsn, 100_016, nothing()))
})

test('fetch refuses a record whose length is not what the index says, and a file that ends early', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { blockBytes: 64 })
  const [at] = await commit(open, 'payload')
  await commit(open, 'more', 'and more')
  const bytes = Buffer.from(files.bytesOf(FIRST))
  bytes.writeUInt32LE(7, (at as number) + 4)
  files.replace(FIRST, bytes)
  const error = await t.throwsAsync(open.journal.fetch(at as Lsn, 23))
  t.like(error, { code: 'JOURNAL_CORRUPT' })
  t.regex(error?.message ?? '', /tandemmq-0000000000000000\.journal at byte 56: .*length is 7, expected 23/)
  files.replace(FIRST, bytes.subarray(0, 60))
  t.like(await t.throwsAsync(open.journal.fetch(at as Lsn, 23)), { code: 'JOURNAL_CORRUPT' })
})

test('a read error is reported once for everyone who waits, and the next fetch tries again', async t => {
  const files = new FaultyFiles()
  const open = await opened(files, { blockBytes: 64, readCacheBytes: 1 << 20 })
  const [at] = await commit(open, 'payload')
  await commit(open, 'more', 'and more')
  files.before = operation => {
    if (operation === 'read') throw new Error('EIO')
  }
  const results = await Promise.allSettled([open.journal.fetch(at as Lsn, 23), open.journal.fetch(at as Lsn, 23)])
  for (const result of results) t.like(result, { status: 'rejected', reason: { code: 'JOURNAL_IO' } })
  files.before = () => undefined
  await open.journal.fetch(at as Lsn, 23)
  t.true(open.journal.peek(at as Lsn, 23, nothing()))
})
