import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { bareWrites } from './disk.ts'
import { startFakeBroker } from './fake-broker.ts'
import type { Fault } from './fake-broker.ts'
import { runLoad } from './generator.ts'
import type { LoadResult } from './generator.ts'
import { DEFAULTS, parseLoadOptions, toArguments } from './options.ts'
import type { LoadOptions } from './options.ts'

/** What never comes is waited for this long; what does come, at most so long. */
const SHORT_S = 1
const LONG_S = 60

async function loadOn(fault: Fault, options: Partial<LoadOptions> = {}): Promise<LoadResult> {
  const broker = await startFakeBroker(fault)
  const few: Partial<LoadOptions> = { producers: 2, consumers: 2, dests: 2, messages: 40, window: 7, prefix: 'test.' }
  try {
    return await runLoad({ ...DEFAULTS, ...few, port: broker.port, timeoutS: LONG_S, ...options })
  } finally {
    broker.close()
  }
}

const CLEAN = {
  ok: true,
  lost: 0,
  unconfirmed: 0,
  duplicates: 0,
  outOfOrder: 0,
  strays: 0,
  timedOut: false,
  errors: [],
}

test('a load on a faultless broker is fine, with every message confirmed and received', async t => {
  t.like(await loadOn('none'), { ...CLEAN, messages: 80, confirmed: 80, received: 80 })
})

test('a topic counts one delivery for each subscriber', async t => {
  const result = await loadOn('none', { producers: 1, consumers: 3, dests: 1, kind: '/topic/' })
  t.like(result, { ...CLEAN, messages: 40, received: 120 })
})

test('a load without consumers is fine when every message is confirmed', async t => {
  t.like(await loadOn('none', { consumers: 0 }), { ...CLEAN, confirmed: 80, received: 0 })
})

test('a receipt on every third message, and on the last, is asked and counted', async t => {
  t.like(await loadOn('none', { receipt: 3 }), { ...CLEAN, confirmed: 28, received: 80 })
})

test('messages larger than one read are put together again', async t => {
  t.like(await loadOn('none', { size: 700_000, messages: 3 }), { ...CLEAN, received: 6 })
})

test('a fixed rate is kept', async t => {
  const result = await loadOn('none', { producers: 1, consumers: 1, dests: 1, rate: 200, messages: 41 })
  t.like(result, CLEAN)
  // 41 messages at 200/s span 200 ms at least: never faster than asked
  t.true(result.sendPerS <= 206, `${result.sendPerS}/s`)
})

test('a lost message is reported, and the load fails', async t => {
  t.like(await loadOn('drop', { timeoutS: SHORT_S }), {
    ok: false,
    lost: 1,
    received: 79,
    duplicates: 0,
    timedOut: true,
  })
})

test('a message delivered twice is reported, and the load fails', async t => {
  t.like(await loadOn('duplicate'), { ok: false, lost: 0, received: 80, duplicates: 1 })
})

test('a duplicate that comes after everything else is still reported', async t => {
  t.like(await loadOn('duplicate-late'), { ok: false, lost: 0, received: 80, duplicates: 1 })
})

test('two messages of one producer swapped are reported, and the load fails', async t => {
  t.like(await loadOn('swap'), { ok: false, lost: 0, duplicates: 0, outOfOrder: 1 })
})

test('a receipt that never comes is reported, and the load fails', async t => {
  t.like(await loadOn('no-receipt', { timeoutS: SHORT_S }), { ok: false, unconfirmed: 1, timedOut: true })
})

test('a message that arrives damaged counts as a stray and as lost', async t => {
  t.like(await loadOn('damage', { timeoutS: SHORT_S }), { ok: false, strays: 1, lost: 1 })
})

test('a message on the wrong destination counts as a stray and as lost', async t => {
  t.like(await loadOn('misroute', { timeoutS: SHORT_S }), { ok: false, strays: 1, lost: 1 })
})

test('an ERROR frame ends the load at once, with its text', async t => {
  const result = await loadOn('error')
  t.false(result.ok)
  t.regex(result.errors[0] ?? '', /ERROR\nmessage:out of order/)
})

test('a broker that is not there is reported, not waited for', async t => {
  const gone = await startFakeBroker('none')
  gone.close()
  const result = await runLoad({ ...DEFAULTS, port: gone.port, timeoutS: LONG_S })
  t.false(result.ok)
  t.regex(result.errors[0] ?? '', /ECONNREFUSED/)
})

test('the command line says the options and is read back as the same', t => {
  const options: LoadOptions = {
    ...DEFAULTS,
    persistent: false,
    headers: ['a:b'],
    subscribeHeaders: ['c:d'],
    login: 'guest',
    prefix: 'p.',
    timeoutS: 9,
    ackBatch: 5,
  }
  t.deepEqual(parseLoadOptions(toArguments(options)), options)
  t.throws(() => parseLoadOptions(['--messages', 'many']), {
    message: /--messages many: expected a whole number of at least 1/,
  })
})

test('the disk alone is measured at the rate of the load, and leaves nothing behind', t => {
  const directory = mkdtempSync(join(tmpdir(), 'tandemmq-bare-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const began = performance.now()
  const { p50Ms, p99Ms } = bareWrites(directory, 100)
  t.true(performance.now() - began >= 99, 'a write each ms')
  t.true(p50Ms > 0 && p99Ms >= p50Ms)
  t.deepEqual(readdirSync(directory), [])
})

for (const name of ['bench', 'pair'])
  test(`--help of the benchmark ${name} is an answer, and measures nothing`, t => {
    const program = fileURLToPath(new URL(`${name}.js`, import.meta.url))
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--help'], { encoding: 'utf8' })
    t.deepEqual([status, stderr], [0, ''])
    t.regex(stdout, /^npm run bench\S* -- \[options\]\n/)
  })
