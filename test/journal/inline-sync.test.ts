import test from 'ava'
import { InlineSync } from '../../src/journal/inline-sync.ts'
import { FaultyFiles } from './faulty-files.ts'
import { append, commit, commitOnFullDisk, opened, recovered, texts, type Opened } from './open.ts'

/** Enough syncs are watched to know the disk. */
async function warm(open: Opened, times = 20): Promise<string[]> {
  const kept: string[] = []
  for (let i = 0; i < times; i++) {
    kept.push(`warm ${i}`)
    await commit(open, `warm ${i}`)
  }
  return kept
}

/** Syncs of `ms` each, with a pause after each. */
function watch(inline: InlineSync, ms: number, pauseMs = 1, from = 0): number {
  let now = from
  for (let i = 0; i < 20; i++) {
    now += ms
    inline.took(ms, now)
    now += pauseMs
  }
  return now
}

test('a small batch is written in line once the disk is known to be fast and has been idle for as long as a sync takes', t => {
  const inline = new InlineSync()
  t.false(inline.allows(1000, 0), 'nothing is known of the disk')
  const now = watch(inline, 0.2)
  t.true(inline.allows(1000, now))
  t.true(inline.allows(64 << 10, now))
  t.false(inline.allows((64 << 10) + 1, now), 'a large batch leaves the loop time for other work')
  const busy = watch(inline, 0.2, 0, now)
  t.false(inline.allows(1000, busy + 0.1), 'under load, batch follows batch')
  t.true(inline.allows(1000, busy + 0.3))
})

test('two messages that come together do not make a disk busy that rests most of the time', t => {
  const inline = new InlineSync()
  const now = watch(inline, 0.2)
  inline.took(0.2, now + 0.2)
  t.true(inline.allows(1000, now + 0.2))
  let after = watch(inline, 0.2, 0, now + 0.2)
  t.false(inline.allows(1000, after), 'and many make it busy')
  after += 0.4
  inline.took(0.2, after)
  t.false(inline.allows(1000, after), 'a short rest does not end that')
  after += 10
  inline.took(0.2, after)
  t.true(inline.allows(1000, after), 'a long one does')
})

test('nobody stands still for a slow disk, nor soon after a single slow sync', t => {
  const slow = new InlineSync()
  t.false(slow.allows(1000, watch(slow, 5)))
  const hiccup = new InlineSync()
  let now = watch(hiccup, 0.2)
  hiccup.took(30, now)
  t.false(hiccup.allows(1000, now + 500))
  now = watch(hiccup, 0.2, 100, now)
  t.true(hiccup.allows(1000, now))
})

test('what is written in line is on disk before it counts', async t => {
  const files = new FaultyFiles(true)
  const open = await opened(files)
  const kept = await warm(open)
  t.true(files.inlineWrites > 0)
  t.deepEqual(texts((await recovered(files.crash(() => 0, 'prefix'))).seen), kept)
})

test('a twin is sent a batch before this disk stands still for it', async t => {
  const order: string[] = []
  const files = new FaultyFiles(true)
  const open = await opened(files, {}, undefined, undefined, { flushed: () => order.push('sent') })
  await warm(open)
  const { inlineWrites } = files
  order.length = 0
  files.before = operation => {
    if (operation === 'write') order.push('written')
  }
  await commit(open, 'order')
  t.is(files.inlineWrites, inlineWrites + 1)
  t.deepEqual(order, ['sent', 'written'])
})

for (const durableWrites of [true, false]) {
  const how = durableWrites ? 'in line' : 'by write and sync'
  test(`records flushed lazily, or while a batch is in flight, are told before a byte of them is written ${how}`, async t => {
    let told = 0
    const files = new FaultyFiles(durableWrites)
    const open = await opened(files, {}, undefined, undefined, { flushed: end => (told = end) })
    await warm(open)
    const { journal } = open
    const toldAtWrites: number[] = []
    files.before = operation => {
      if (operation === 'write') toldAtWrites.push(told)
    }
    append(journal, 'acknowledgement')
    journal.flush(true)
    open.clock.advance(1000)
    const lazily = journal.end
    await open.until(lazily)
    append(journal, 'order')
    journal.flush()
    append(journal, 'behind it')
    journal.flush()
    await open.until(journal.end)
    t.is(toldAtWrites[0], lazily)
    t.is(toldAtWrites.at(-1), journal.end)
  })
}

test('with a twin in step nobody stands still: it must hear from this node whatever the disk does', async t => {
  let durable = 0
  const files = new FaultyFiles(true)
  const open = await opened(files, {}, undefined, undefined, { durable: to => (durable = to) })
  await warm(open)
  const { inlineWrites } = files
  open.journal.limitCommit(open.journal.end)
  append(open.journal, 'order')
  open.journal.flush()
  while (durable < open.journal.end) await new Promise(setImmediate)
  t.is(files.inlineWrites, inlineWrites)
})

test('no commit comes from within the call that flushes, in line or not', async t => {
  const files = new FaultyFiles(true)
  const open = await opened(files)
  await warm(open)
  const told = open.commits.length
  append(open.journal, 'later')
  const later = open.until(open.journal.end)
  open.journal.flush()
  t.is(open.commits.length, told)
  await later
})

test('in line, ENOSPC is tried again as well, and any other error ends the journal', async t => {
  const files = new FaultyFiles(true)
  const open = await opened(files)
  await warm(open)
  const { inlineWrites } = files
  await commitOnFullDisk(open, files)
  t.is(files.inlineWrites, inlineWrites + 1)
  files.before = operation => {
    if (operation === 'sync') throw new Error('EIO: i/o error')
  }
  append(open.journal, 'lost')
  open.journal.flush()
  t.regex((await open.failed()).message, /EIO/)
  t.throws(() => open.journal.reserve(100), { code: 'JOURNAL_FAILED' })
})
