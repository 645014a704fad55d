import test, { type ExecutionContext } from 'ava'
import { epoch, lsn, type Lsn } from '../../src/base/lsn.ts'
import {
  RECORD_HEADER,
  RecordFlag,
  RecordType,
  type Files,
  type JournalOptions,
  type JournalWriter,
  type Peeked,
} from '../../src/journal/journal.ts'
import { FaultyFiles } from './faulty-files.ts'
import { append, DIRECTORY, opened, recovered, texts, type Opened } from './open.ts'
import { between, freshSeed, randomFrom } from './random.ts'

const OPTIONS: Partial<JournalOptions> = { segmentBytes: 4000, blockBytes: 1024 }
/** Segments in which more than one batch of the active lies. */
const LONG: Partial<JournalOptions> = { segmentBytes: 20_000, blockBytes: 1024 }

/** A random record: mostly small, now and then larger than a block or a segment; some volatile, some groups. */
function appendRandom(journal: JournalWriter, random: () => number): void {
  const dice = random()
  const bytes =
    dice < 0.02 ? between(random, 4000, 9000) : dice < 0.1 ? between(random, 900, 2000) : between(random, 0, 300)
  const length = RECORD_HEADER + bytes
  journal.reserve(length)
  for (let i = 0; i < bytes; i++) journal.block[journal.at + RECORD_HEADER + i] = Math.floor(random() * 256)
  const volatile = random() < 0.4
  const type = random() < 0.1 ? RecordType.group : RecordType.messageAdded
  journal.seal(type, volatile ? RecordFlag.volatile : RecordFlag.none, length)
}

/** Everything in [from, to), from memory where it is there, else from the files. */
async function shipped(journal: JournalWriter, from: Lsn, to: Lsn): Promise<Buffer> {
  const parts: Buffer[] = []
  const into: Peeked = { block: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)), offset: 0 }
  for (let at = from; at < to;) {
    const got = journal.shipFrom(at, to - at, into)
    if (got > 0) parts.push(Buffer.from(into.block.subarray(into.offset, into.offset + got)))
    else {
      const read = Buffer.alloc(to - at)
      const count = await journal.readRange(at, to, read)
      if (count === 0) throw new Error(`nothing at ${at}`)
      parts.push(read.subarray(0, count))
    }
    at = (at + (parts.at(-1)?.length ?? 0)) as Lsn
  }
  return Buffer.concat(parts)
}

/** Journal bytes of several activations, synced in random batches, so with barriers. */
async function activeBytes(
  files: FaultyFiles,
  random: () => number,
  records: number,
  options: Partial<JournalOptions> = OPTIONS,
): Promise<{ active: Opened; bytes: Buffer }> {
  const active = await opened(files, options)
  for (let i = 0; i < records; i++) {
    if (i % 60 === 0) active.journal.beginEpoch(epoch(i / 60 + 1), Buffer.alloc(16, i / 60 + 1), i, i === 0 ? 0 : 1)
    appendRandom(active.journal, random)
    if (random() < 0.2) active.journal.flush()
    if (random() < 0.1) await active.journal.sync()
  }
  await active.journal.sync()
  return { active, bytes: await shipped(active.journal, lsn(0), active.journal.end) }
}

/** Feeds in random cuts. */
async function feed(
  follower: JournalWriter,
  bytes: Buffer,
  random: () => number,
  stopAt = bytes.length,
  longest = 3000,
): Promise<void> {
  for (let at = follower.received as number; at < stopAt;) {
    const dice = random()
    const to = Math.min(stopAt, at + (dice < 0.3 ? between(random, 1, 20) : between(random, 1, longest)))
    follower.receive(bytes, at, to)
    at = to
    if (random() < 0.3) await new Promise(resolve => setImmediate(resolve))
  }
}

const bytesOf = (files: FaultyFiles): Record<string, string> =>
  Object.fromEntries(files.names().map(name => [name, files.bytesOf(name).toString('hex')]))

function sameFiles(t: ExecutionContext, a: FaultyFiles, b: FaultyFiles): void {
  const [left, right] = [bytesOf(a), bytesOf(b)]
  t.deepEqual(Object.keys(left), Object.keys(right))
  for (const [name, bytes] of Object.entries(left)) t.true(bytes === right[name], `${name} differs`)
}

test('I6: a follower fed in any cuts has the same files, byte for byte, and the same epochs and chain', async t => {
  const seed = freshSeed()
  t.log(`TANDEMMQ_SEED=${seed}`)
  const random = randomFrom(seed)
  for (let round = 0; round < 10; round++) {
    const there = new FaultyFiles()
    const here = new FaultyFiles(random() < 0.5)
    const { active, bytes } = await activeBytes(there, random, 200)
    const { journal: follower, commits } = await opened(here, OPTIONS)
    follower.honourBarriers(random() < 0.5)
    await feed(follower, bytes, random)
    await follower.sync()
    t.is(follower.end, active.journal.end)
    t.is(follower.chain, active.journal.chain)
    t.deepEqual(follower.epochs, active.journal.epochs)
    t.is(commits.at(-1), follower.end)
    await active.journal.close()
    await follower.close()
    sameFiles(t, there, here)
  }
})

test('I6: a follower that goes on as the active writes on in the same files, under the epoch it begins', async t => {
  const random = randomFrom(7)
  const { active, bytes } = await activeBytes(new FaultyFiles(), random, 50)
  const files = new FaultyFiles()
  const follower = await opened(files, OPTIONS)
  await feed(follower.journal, bytes, random, bytes.length - 3)
  t.is(follower.journal.received, lsn(bytes.length - 3))
  t.true(follower.journal.end < follower.journal.received)
  follower.journal.dropPartial()
  t.is(follower.journal.received, follower.journal.end)
  await follower.journal.sync()
  const begun = follower.journal.beginEpoch(epoch(9), Buffer.alloc(16, 0xab), 5, 2)
  t.deepEqual(begun, { n: 9, uid: 'ab'.repeat(16), start: begun.start })
  for (let i = 0; i < 50; i++) appendRandom(follower.journal, random)
  await follower.journal.sync()
  t.deepEqual(follower.journal.epochs, [...active.journal.epochs, begun])
  await follower.journal.close()
  const { result } = await recovered(files)
  t.is(result.end, follower.journal.end)
  t.is(result.chain, follower.journal.chain)
  t.is(result.epochUid.toString('hex'), 'ab'.repeat(16))
  t.deepEqual(result.epochs, follower.journal.epochs)
})

test('rule 8: a flipped bit, a foreign history or a nonsense length is refused, and nothing of it is kept', async t => {
  const random = randomFrom(11)
  const { bytes } = await activeBytes(new FaultyFiles(), random, 60)
  for (let round = 0; round < 60; round++) {
    const files = new FaultyFiles()
    const { journal } = await opened(files, OPTIONS)
    const bad = Buffer.from(bytes)
    const place = between(random, 0, bad.length)
    bad[place] = (bad[place] as number) ^ (1 << between(random, 0, 8))
    const error = await t.throwsAsync(
      async () => {
        await feed(journal, bad, random)
        // A length that grew waits for more than there is: what comes then does not fit either.
        for (let more = 0; more < 1 << 21; more += 1 << 16) journal.receive(Buffer.alloc(1 << 16), 0, 1 << 16)
      },
      undefined,
      `byte ${place}`,
    )
    t.is((error as { code?: string } | undefined)?.code, 'JOURNAL_CHAIN', String(error))
    t.true(journal.end <= place)
    t.is(journal.received, journal.end)
    await feed(journal, bytes, random)
    t.is(journal.end, lsn(bytes.length), 'and the good bytes are taken afterwards')
    await journal.close()
  }
})

test('a journal begins with its first SEGMENT record and nothing else', async t => {
  const { journal } = await opened(new FaultyFiles(), OPTIONS)
  const { active } = await activeBytes(new FaultyFiles(), randomFrom(3), 5)
  const all = await shipped(active.journal, lsn(0), active.journal.end)
  t.throws(() => journal.receive(all, 56, all.length), { code: 'JOURNAL_CHAIN' })
  t.is(journal.end, lsn(0))
  t.is(journal.segments.length, 0)
})

test('A10: a record far larger than any frame comes in pieces, and memory grows with what came', async t => {
  const { journal: active } = await opened(new FaultyFiles())
  append(active, 3 << 20)
  append(active, 'behind')
  await active.sync()
  const bytes = await shipped(active, lsn(0), active.end)
  const files = new FaultyFiles()
  const { journal } = await opened(files, { blockBytes: 1 << 16 })
  for (let at = 0; at < bytes.length; at += 70_001) journal.receive(bytes, at, Math.min(bytes.length, at + 70_001))
  await journal.close()
  const { seen } = await recovered(files)
  t.deepEqual(
    seen.map(({ payload }) => payload.length),
    [3 << 20, 6],
  )
})

/** Follows until the power goes somewhere, then recovers; answers what was promised durable at that moment. */
async function followAndCrash(
  random: () => number,
  bytes: Buffer,
  strict: boolean,
  loss: 'prefix' | 'sectors',
): Promise<{ durable: number; left: FaultyFiles }> {
  const files = new FaultyFiles(random() < 0.5)
  let left: FaultyFiles | undefined
  let durable = 0
  let told = 0
  let operations = between(random, 1, 40)
  files.before = () => {
    if (--operations !== 0) return
    durable = told
    left = files.crash(random, loss)
  }
  const { journal } = await opened(files, LONG, undefined, undefined, { durable: upTo => (told = upTo) })
  journal.honourBarriers(strict)
  await feed(journal, bytes, random, bytes.length, 12_000)
  await journal.close()
  return left === undefined ? { durable: told, left: files.crash(random, loss) } : { durable, left }
}

for (const strict of [true, false]) {
  const how = strict ? 'in sync it honours barriers' : 'catching up it is recovered leniently'
  test(`A7, A8: a follower that loses power at any step keeps what it called durable and goes on; ${how}`, async t => {
    const seed = freshSeed()
    t.log(`TANDEMMQ_SEED=${seed}`)
    const random = randomFrom(seed)
    const { bytes } = await activeBytes(new FaultyFiles(), random, 80, LONG)
    for (let round = 0; round < 120; round++) {
      const { durable, left } = await followAndCrash(random, bytes, strict, round % 2 === 0 ? 'prefix' : 'sectors')
      const { result } = await recovered(left, DIRECTORY, { lenientFrom: strict ? null : lsn(0) })
      t.true(result.end >= persistentPart(bytes, durable), `round ${round}: ${result.end} of ${durable}`)
      const again = await opened(left, LONG, result)
      await feed(again.journal, bytes, random)
      t.is(again.journal.end, lsn(bytes.length))
      await again.journal.close()
    }
  })
}

/** `durable` without the run of volatile records before it: those promise nothing over a crash. */
function persistentPart(bytes: Buffer, durable: number): number {
  let behind = 0
  for (let at = 0; at < durable; at += bytes.readUInt32LE(at + 4)) {
    if ((bytes[at + 9] as number) === RecordFlag.none) behind = at + bytes.readUInt32LE(at + 4)
  }
  return behind
}

test('rule 2, I3: nothing commits above the limit; what a risen limit lets go is told at once; no commit is taken back', async t => {
  const own: number[] = []
  const limited = await opened(new FaultyFiles(), {}, undefined, undefined, { durable: upTo => own.push(upTo) })
  append(limited.journal, 'a')
  await limited.journal.sync()
  // The SEGMENT record is volatile and was committed by itself.
  t.is(limited.commits.shift(), own.shift())
  const first = limited.journal.end
  t.deepEqual(limited.commits, [first])
  limited.journal.limitCommit(first)
  const at = append(limited.journal, 'b')
  append(limited.journal, 'c')
  await limited.journal.sync()
  t.deepEqual(own, [first, limited.journal.end])
  t.deepEqual(limited.commits, [first])
  t.is(limited.journal.pendingBytes, limited.journal.end - first)
  const between = (at + RECORD_HEADER + 1) as Lsn
  limited.journal.limitCommit(between)
  t.deepEqual(limited.commits, [first, between])
  limited.journal.limitCommit(first)
  t.is(limited.journal.committed as number, between)
  limited.journal.limitCommit(Infinity as Lsn)
  t.deepEqual(limited.commits, [first, between, limited.journal.end])
})

test('rule 2: what a frozen commit holds back stays in memory whatever the cache allows, and is given up afterwards', async t => {
  const { journal } = await opened(new FaultyFiles(), { blockBytes: 1024, cacheBytes: 0, segmentBytes: 10_000 })
  append(journal, 'before')
  await journal.sync()
  const from = journal.end
  journal.limitCommit(from)
  for (let i = 0; i < 100; i++) append(journal, `${i} `.repeat(100))
  await journal.sync()
  journal.limitCommit(Infinity as Lsn)
  // The scan of the records comes in the event that tells of them.
  t.throws(() => journal.scan(from, journal.end, () => undefined), { code: 'JOURNAL_FAILED' })
  const again = await opened(new FaultyFiles(), { blockBytes: 1024, cacheBytes: 0 }, undefined, undefined, {
    durable: () => undefined,
  })
  const seen: number[] = []
  again.onCommit = upTo => again.journal.scan(lsn(0), upTo as Lsn, (_block, _view, _offset, at) => seen.push(at))
  again.journal.limitCommit(lsn(0))
  const all = Array.from({ length: 100 }, (_, i) => append(again.journal, `${i} `.repeat(100)))
  await again.journal.sync()
  again.journal.limitCommit(Infinity as Lsn)
  t.deepEqual(seen, [0, ...all])
})

test('what was flushed is told soon and before it is durable, lazily flushed records with their batch', async t => {
  const told: string[] = []
  const { journal } = await opened(new FaultyFiles(), { segmentBytes: 1 << 20 }, undefined, undefined, {
    flushed: end => told.push(`flushed ${end}`),
    durable: end => told.push(`durable ${end}`),
  })
  append(journal, 'first')
  await journal.sync()
  told.length = 0
  append(journal, 'a')
  journal.flush()
  t.deepEqual(told, [], 'not from within flush')
  await Promise.resolve()
  const first = journal.end
  t.deepEqual(told, [`flushed ${first}`])
  await journal.sync()
  t.deepEqual(told, [`flushed ${first}`, `durable ${first}`])
  append(journal, 'b')
  journal.flush(true)
  await Promise.resolve()
  t.is(told.length, 2)
  await journal.sync()
  t.deepEqual(told.slice(2), [`flushed ${journal.end}`, `durable ${journal.end}`])
})

test('chainAt knows the crc at every record boundary, in memory or not, and at nothing else', async t => {
  const random = randomFrom(5)
  const { active, bytes } = await activeBytes(new FaultyFiles(), random, 80)
  const { journal } = active
  for (let i = 0; i < 5; i++) appendRandom(journal, random)
  const all = Buffer.concat([bytes, await shipped(journal, lsn(bytes.length), journal.end)])
  const boundaries = new Map<number, number>([[0, 0]])
  for (let at = 0; at < all.length; at += all.readUInt32LE(at + 4)) {
    boundaries.set(at + all.readUInt32LE(at + 4), all.readUInt32LE(at))
  }
  for (const [at, crc] of boundaries) {
    t.is(await journal.chainAt(lsn(at)), crc)
    if (!boundaries.has(at + 1)) t.is(await journal.chainAt(lsn(at + 1)), null)
  }
  t.is(await journal.chainAt(lsn(all.length + 100)), null)
})

test('E2: retainedFrom is where the unbroken rest of the journal begins; what is gone has no chain and cannot be read', async t => {
  const { active } = await activeBytes(new FaultyFiles(), randomFrom(5), 100)
  const { journal } = active
  t.is(journal.retainedFrom, lsn(0))
  const [first, second, third] = journal.segments.map(({ base }) => base) as [Lsn, Lsn, Lsn]
  const chain = await journal.chainAt(third)
  await journal.removeSegment(second)
  t.is(journal.retainedFrom, third)
  await journal.removeSegment(first)
  t.is(journal.retainedFrom, third)
  t.is(await journal.chainAt(second), null)
  t.is(await journal.chainAt(third), chain, 'or who ends there gets a copy of what it has')
  t.is(await journal.readRange(second, journal.end, Buffer.alloc(100)), 0)
  t.not(await journal.chainAt((third + 56) as Lsn), null)
})

test('rule 3: nothing of an epoch lies before its start, also where a new segment is due', async t => {
  const files: Files = new FaultyFiles()
  const { journal } = await opened(files, { segmentBytes: 200 })
  const first = journal.beginEpoch(epoch(1), Buffer.alloc(16, 1), 0, 0)
  append(journal, 150)
  const end = journal.end
  const second = journal.beginEpoch(epoch(2), Buffer.alloc(16, 2), 0, 1)
  append(journal, 'x')
  t.is(second.start, end)
  await journal.close()
  const { result, seen } = await recovered(files)
  t.deepEqual(result.epochs, [first, second])
  t.is(texts(seen).at(-1), 'x')
})
