import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
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

/** Locks a directory in a process of its own, by the modules below `dist`; answers what `tell` says of `loaded`, its files. */
async function locks(t: ExecutionContext, dist: string, tell: string): Promise<string> {
  const script = `import { createRequire } from 'node:module'
    const { acquireLock } = await import(${JSON.stringify(pathToFileURL(join(dist, 'src/journal/lock.js')).href)})
    const waits = ${JSON.stringify({ ...waits, failIfLocked: true })}
    await acquireLock(${JSON.stringify(await directoryFor(t))}, waits)
    const loaded = Object.keys(createRequire(import.meta.url).cache)
    console.log(${tell})
    process.exit()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  const [code] = (await once(child, 'close')) as [number | null]
  t.is(code, 0, out)
  return out.trim()
}

const dist = fileURLToPath(new URL('../../', import.meta.url))

test('the addon that locks is loaded without the search of its package for it, which takes a twentieth of a start', async t => {
  // Of a new release: read its index.js and binding.js, and have src/journal/lock.ts know it.
  t.is(await locks(t, dist, `loaded.filter(path => !path.endsWith('.node') && !path.endsWith('.json')).length`), '0')
  t.is(await locks(t, dist, `loaded.filter(path => path.endsWith('.node')).length`), '1')
})

test('of another release of the package its own tryLock is called, which may take other arguments', async t => {
  const root = await directoryFor(t)
  for (const room of ['base', 'journal'])
    await cp(join(dist, 'src', room), join(root, 'src', room), { recursive: true })
  await writeFile(join(root, 'package.json'), '{"type":"module"}')
  const real = dirname(createRequire(import.meta.url).resolve('fs-native-extensions/package.json'))
  const fake = join(root, 'node_modules/fs-native-extensions')
  await mkdir(fake, { recursive: true })
  await symlink(join(real, 'prebuilds'), join(fake, 'prebuilds'))
  await writeFile(join(fake, 'package.json'), '{"version":"1.99.0"}')
  await writeFile(join(fake, 'index.js'), `exports.tryLock = () => (globalThis.asked = true)`)
  t.is(await locks(t, root, 'globalThis.asked'), 'true')
})
