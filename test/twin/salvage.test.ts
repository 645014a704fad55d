import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { lsn, type Lsn } from '../../src/base/lsn.ts'
import { silentLog, type Log } from '../../src/base/log.ts'
import { MemoryFiles, diskFiles, type Files } from '../../src/journal/journal.ts'
import {
  exportTail,
  listSalvage,
  readListing,
  visitTail,
  type TailInfo,
  type TailListing,
  type TailMessage,
} from '../../src/twin/twin.ts'
import { FaultyFiles } from '../journal/faulty-files.ts'
import { randomFrom } from '../journal/random.ts'
import { Records, bytesOf } from './records.ts'

const info: TailInfo = {
  journal: '.',
  now: Date.UTC(2026, 0, 31, 23, 59, 59),
  why: 'the twin led',
  receipted: true,
  log: silentLog,
}

interface Cut {
  readonly records: Records
  readonly at: Lsn
}

/** A journal with a tail behind `at`: three messages, one of them consumed there, a transaction, and an old one consumed. */
async function journal(files: Files, directory: string): Promise<Cut> {
  const records = await Records.at(files, directory)
  records.epoch(1)
  records.queue(1, 'orders')
  const old = records.message(1, 'old')
  for (let i = 0; i < 30; i++) records.message(1, `before ${i} ${'x'.repeat(80)}`)
  const at = records.epoch(2)
  records.queue(2, 'news', 1)
  records.message(1, 'first', 'kind:a\\cb\n')
  const gone = records.message(1, 'gone')
  records.group(2, 'in a group', 'and another')
  for (let i = 0; i < 20; i++) records.message(1, `behind ${i} ${'x'.repeat(80)}`)
  records.remove(1, gone, old)
  await records.commit()
  return { records, at }
}

async function messagesOf(files: Files, salvage: string): Promise<TailMessage[]> {
  const found: TailMessage[] = []
  await visitTail(files, salvage, (await readListing(files, salvage)) as TailListing, async message => {
    found.push(message)
  })
  return found
}

test('rule 9, A5: a cut tail is exported whole: every message comes back with its destination, headers and body', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const { records, at } = await journal(diskFiles, directory)
  await records.journal.close()
  const done = await exportTail(diskFiles, directory, at, info)
  t.is(done?.name, 'salvage-20260131T235959Z')
  const salvage = join(directory, done!.name)
  const listing = (await readListing(diskFiles, salvage)) as TailListing
  t.like(listing, { kind: 'tail', from: at, to: records.journal.end, receipted: true, why: 'the twin led' })
  t.deepEqual(listing.counts, { messages: 24, persistent: 24, removed: 1, acknowledgements: 1 })
  t.deepEqual(
    listing.epochs.map(({ start }) => start),
    [at],
  )
  t.like(listing.messages[0], { destination: 'queue://orders', messageId: 'ID:a-first', bodyBytes: 5, removed: false })
  t.is(listing.messages.find(({ messageId }) => messageId === 'ID:a-gone')?.removed, true)
  const found = await messagesOf(diskFiles, salvage)
  t.deepEqual(
    found.map(({ body }) => body.toString().slice(0, 11)).slice(0, 3),
    ['first', 'in a group ', 'and another'].map(text => text.trim()),
  )
  t.is(found.length, 23, 'all but the consumed one')
  t.is(found[1]?.destination, 'topic://news')
  t.regex(found[0]!.headers, /^message-id:ID\\ca-first\n[^]*kind:a\\cb\n$/)
})

test('A5: the exported bytes are those of the journal, also when the tail begins in the middle of a segment', async t => {
  const files = new MemoryFiles()
  const { records, at } = await journal(files, '/d')
  const done = await exportTail(files, '/d', at, info)
  const parts = await Promise.all(done!.listing.parts.map(part => bytesOf(files, `/d/${done!.name}/${part.file}`)))
  const { segments } = records.journal
  const names = segments.map(({ base }) => `/d/tandemmq-${base.toString(16).padStart(16, '0')}.journal`)
  const all = Buffer.concat(await Promise.all(names.map(name => bytesOf(files, name))))
  t.true(Buffer.concat(parts).equals(all.subarray(at)))
})

test('destinations that were made known before a snapshot keep their names in a tail', async t => {
  const files = new MemoryFiles()
  const { records } = await journal(files, '/d')
  await records.snapshot()
  const at = records.journal.end
  records.message(1, 'late')
  await records.commit()
  const done = await exportTail(files, '/d', at, info)
  t.deepEqual(done?.listing.destinations, { 1: 'queue://orders' })
  t.is((await messagesOf(files, `/d/${done!.name}`)).length, 1)
})

test('nothing behind the cut: nothing is exported; a cut inside a record is refused', async t => {
  const files = new MemoryFiles()
  const { records, at } = await journal(files, '/d')
  t.is(await exportTail(files, '/d', records.journal.end, info), null)
  await t.throwsAsync(exportTail(files, '/d', lsn(at + 1), info), {
    code: 'TWIN_SALVAGE',
    message: /no record boundary/,
  })
  t.deepEqual(await listSalvage(files, '/d'), [])
})

test('a tail without messages and acknowledgements, as a node has that only began to lead, is no reason to act', async t => {
  const files = new MemoryFiles()
  const { records } = await journal(files, '/d')
  const at = records.journal.end
  records.epoch(2)
  await records.commit()
  const told: string[] = []
  const log: Log = { ...silentLog, info: text => void told.push(text), warn: text => void told.push(`! ${text}`) }
  await exportTail(files, '/d', at, { ...info, log })
  t.is(told.length, 1)
  t.regex(told[0]!, /^pair: .* was exported to \/d\/salvage-.*: no message and no acknowledgement is in it$/)
})

test('two exports of one second have two names, and too many are warned about, never removed', async t => {
  const files = new MemoryFiles()
  const { at } = await journal(files, '/d')
  const warnings: string[] = []
  const log: Log = { ...silentLog, warn: text => void warnings.push(text) }
  for (let i = 0; i < 17; i++) await exportTail(files, '/d', at, { ...info, log })
  const found = await listSalvage(files, '/d')
  t.is(new Set(found.map(({ name }) => name)).size, 17)
  t.is(warnings.filter(text => text.includes('17 exported tails')).length, 1)
})

test('a damaged tail is refused as a whole: no message of it is handed out', async t => {
  const files = new FaultyFiles()
  const { at } = await journal(files, '/d')
  const done = await exportTail(files, '/d', at, info)
  const path = `/d/${done!.name}/${done!.listing.parts.at(-1)!.file}`
  const bytes = Buffer.from(files.bytesOf(path))
  bytes[bytes.length - 5]! ^= 1
  files.replace(path, bytes)
  let visited = 0
  const listing = (await readListing(files, `/d/${done!.name}`)) as TailListing
  const visit = async (): Promise<void> => void visited++
  await t.throwsAsync(visitTail(files, `/d/${done!.name}`, listing, visit), { code: 'TWIN_SALVAGE' })
  t.is(visited, 0)
})

test('A5, I7: once an export is reported, a power cut takes nothing of it; before, it is known as unfinished', async t => {
  let step = 1
  for (let over = false; !over; step++) {
    const files = new FaultyFiles()
    const { records, at } = await journal(files, '/d')
    await records.journal.close()
    let steps = 0
    files.before = () => {
      if (++steps >= step) throw new Error('the power is gone')
    }
    over = await exportTail(files, '/d', at, info).then(
      () => true,
      () => false,
    )
    const left = files.crash(randomFrom(step), 'sectors')
    const found = await listSalvage(left, '/d')
    for (const { name, kind } of found) {
      if (kind === 'unfinished') continue
      t.is((await messagesOf(left, `/d/${name}`)).length, 23, `step ${step}`)
    }
    if (over) t.is(found[0]?.kind, 'tail')
  }
  t.true(step > 20)
})

test('a message of several destinations, and what a durable subscription had collected, come back with where they go', async t => {
  const files = new MemoryFiles()
  const records = await Records.at(files, '/d')
  records.epoch(1)
  records.queue(1, 'a')
  records.queue(2, 'b')
  const at = records.epoch(2)
  records.subscription(3, 'news.>')
  const both = records.message(1, 'both', '', '', [2])
  const half = records.message(1, 'half', '', 'JMSXGroupID:g\n', [2])
  const gone = records.message(1, 'gone', '', '', [2])
  records.message(3, 'durable', '', '@destination:/topic/news.a\\cb\n')
  records.remove(1, half, gone)
  records.remove(2, gone)
  await records.commit()
  await records.journal.close()
  const done = await exportTail(files, '/d', at, info)
  const salvage = `/d/${done!.name}`
  const listing = (await readListing(files, salvage)) as TailListing
  t.is(both > at, true)
  t.deepEqual(
    listing.messages.map(({ destination, removed }) => [destination, removed]),
    [
      ['queue://a,queue://b', false],
      ['queue://a,queue://b', false],
      ['queue://a,queue://b', true],
      ['topic://news.a:b', false],
    ],
  )
  t.like(listing.counts, { messages: 4, removed: 1 })
  t.is(listing.destinations['3'], 'subscription://c:s')
  const found = await messagesOf(files, salvage)
  t.deepEqual(
    found.map(({ destination, body }) => [destination, body.toString()]),
    [
      ['queue://a,queue://b', 'both'],
      ['queue://b', 'half'],
      ['topic://news.a:b', 'durable'],
    ],
  )
  t.true(found[1]!.headers.endsWith('JMSXGroupID:g\n'))
})
