import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { acquireLock } from '../../src/journal/journal.ts'

const waits = { failIfLocked: false, retryInterval: 5 }

async function directoryFor(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tandemmq-lock-'))
  t.teardown(() => rm(directory, { recursive: true }))
  return directory
}

test('of two openers in one process one holds the directory, the other waits until it is released', async t => {
  const directory = await directoryFor(t)
  const first = await acquireLock(directory, waits)
  await t.throwsAsync(acquireLock(directory, { ...waits, failIfLocked: true }), { code: 'JOURNAL_LOCKED' })
  let waiting = 0
  const heard = new Promise<void>(resolve => {
    void acquireLock(directory, { ...waits, onWaiting: () => (waiting++, resolve()) }).then(async second => {
      await second.release()
      released()
    })
  })
  let released: () => void = () => undefined
  const done = new Promise<void>(resolve => (released = resolve))
  await heard
  await first.release()
  await done
  t.is(waiting, 1, 'it says once that it waits')
})

test('a process that is killed with SIGKILL gives the directory free', async t => {
  const directory = await directoryFor(t)
  const door = new URL('../../src/journal/journal.js', import.meta.url).href
  const script = `const { acquireLock } = await import(${JSON.stringify(door)})
    await acquireLock(${JSON.stringify(directory)}, { failIfLocked: true, retryInterval: 5 })
    console.log('locked')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  await t.throwsAsync(acquireLock(directory, { ...waits, failIfLocked: true }), { code: 'JOURNAL_LOCKED' })
  const lock = acquireLock(directory, { ...waits, onWaiting: () => child.kill('SIGKILL') })
  await (await lock).release()
  t.pass()
})

test('waiting for the lock ends when it is called off', async t => {
  const directory = await directoryFor(t)
  const first = await acquireLock(directory, waits)
  const calling = new AbortController()
  const lock = acquireLock(directory, { ...waits, onWaiting: () => calling.abort(), signal: calling.signal })
  await t.throwsAsync(lock, { name: 'AbortError' })
  await first.release()
})

test('LK-03: a lock file that was replaced while it was locked is noticed', async t => {
  const directory = await directoryFor(t)
  const first = await acquireLock(directory, waits)
  await rename(join(directory, 'lock'), join(directory, 'moved'))
  const second = await acquireLock(directory, { ...waits, failIfLocked: true })
  await t.throwsAsync(acquireLock(directory, { ...waits, failIfLocked: true }), { code: 'JOURNAL_LOCKED' })
  await Promise.all([first.release(), second.release()])
})

test('a directory that cannot be created is JOURNAL_IO', async t => {
  const path = new URL(import.meta.url).pathname
  await t.throwsAsync(acquireLock(`${path}/x`, waits), { code: 'JOURNAL_IO' })
})
