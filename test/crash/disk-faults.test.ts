import { constants } from 'node:fs'
import test from 'ava'
import { eventually } from '../contract/twins.ts'
import { Client, World, brokerXml } from '../contract/world.ts'
import { FaultyFiles, type Operation } from '../journal/faulty-files.ts'
import { between, freshSeed, randomFrom } from '../journal/random.ts'
import { connectTo, Site } from './broker-process.ts'
import { Chronicle, Consumer, Drain, clientsOf } from './clients.ts'
import { checkHistory } from './history.ts'

const handler = (attributes: string): string =>
  `<ioExceptionHandler><defaultIOExceptionHandler ${attributes}/></ioExceptionHandler>`
const smallSegments = `<persistenceAdapter><kahaDB directory="\${activemq.data}/test/KahaDB"
  journalMaxFileLength="128kb" checkpointInterval="20" cleanupInterval="20"/></persistenceAdapter>`

class DiskError extends Error {
  readonly code: string

  constructor(code: string, operation: Operation) {
    super(`${code}: simulated, ${operation}`)
    this.code = code
  }
}

const persistent = { destination: '/queue/a', persistent: 'true' }

/** Sends without waiting for its RECEIPT. */
function ask(client: Client, receipt: string, body = receipt): void {
  client.send('SEND', { ...persistent, receipt }, body)
}

async function receiptOf(client: Client, receipt: string): Promise<boolean> {
  return (await client.expect('RECEIPT')).headers.get('receipt-id') === receipt
}

/** Bodies on queue a, in order. */
async function bodies(world: World): Promise<string[]> {
  return bodiesFor(await world.connect())
}

async function bodiesFor(client: Client): Promise<string[]> {
  await client.receipted('SEND', persistent, 'end')
  client.send('SUBSCRIBE', { id: '1', destination: '/queue/a', ack: 'auto', 'activemq.prefetchSize': '1000' })
  const found: string[] = []
  for (;;) {
    const body = (await client.expect('MESSAGE')).body.toString()
    if (body === 'end') return found
    found.push(body)
  }
}

/** A promise and what resolves it. */
function signal(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>(done => {
    resolve = done
  })
  return { promise, resolve }
}

type Fault = 'write error' | 'short write' | 'disk full' | 'fsync error' | 'directory error'
const FAULTS: readonly Fault[] = ['write error', 'short write', 'disk full', 'fsync error', 'directory error']

/** The disk fails once, at the `nth` operation of the kind from now on, and does nothing any more afterwards. */
function failAt(files: FaultyFiles, fault: Fault, nth: number, random: () => number): void {
  const kind = fault === 'fsync error' ? 'sync' : fault === 'directory error' ? 'syncDirectory' : 'write'
  let left = nth
  let failed = false
  files.before = (operation, path) => {
    if (failed && operation !== 'close') throw new DiskError('EIO', operation)
    if (operation !== kind || !path.includes('/KahaDB') || --left > 0) return undefined
    failed = true
    if (fault === 'short write') return between(random, 0, 400)
    throw new DiskError(fault === 'disk full' ? 'ENOSPC' : 'EIO', operation)
  }
}

for (const [how, durableWrites] of [
  ['fdatasync', false],
  ['writes that are their own sync', true],
] as const) {
  test(`write, fsync and disk-full errors at random points under load, with ${how}: what was acknowledged is there after the crash`, async t => {
    t.timeout(120_000)
    const seed = freshSeed()
    t.log(`TANDEMMQ_SEED=${seed}`)
    const chronicle = new Chronicle(randomFrom(seed))
    const { random } = chronicle
    let files = new FaultyFiles(durableWrites)
    const xml = brokerXml({ body: smallSegments + handler('ignoreNoSpaceErrors="false"') })
    const world = new World()
    t.teardown(() => world.end().catch(() => {}))
    const told: string[] = []
    for (let round = 0; round < 15; round++) {
      const life = await new World(world.directory).start(xml, { files })
      const fault = FAULTS[round % FAULTS.length]!
      failAt(files, fault, between(random, 1, fault === 'directory error' ? 4 : 60), random)
      const port = life.port()
      const clients = [...clientsOf(port, chronicle), new Consumer(port, chronicle, 'individual', 'client-individual')]
      const error = await t.throwsAsync(life.running.stopped, { code: 'JOURNAL_FAILED' }, fault)
      told.push(error?.message ?? '')
      // The broker's end closes every connection; nothing was said after that.
      await Promise.all(clients.map(client => client.closed))
      files = files.crash(random, random() < 0.5 ? 'prefix' : 'sectors')
    }
    const life = await new World(world.directory).start(xml, { files })
    const queues = ['auto', 'client', 'individual', 'transacted']
    await Promise.all(queues.map(queue => new Drain(life.port(), chronicle, queue).done))
    await life.stop()
    const faults = [...chronicle.errors, ...checkHistory(chronicle.events)]
    const receipts = chronicle.events.filter(({ type }) => type === 'receipted' || type === 'ack-receipted').length
    t.log(`${chronicle.events.length} events, ${receipts} receipts; ${new Set(told).size} kinds of errors`)
    t.deepEqual(faults.slice(0, 10), [])
    t.true(receipts > 300)
  })

  test(`LC-12: no receipt leaves while its sync is in flight; after a sync error none ever does, and the broker ends (${how})`, async t => {
    const files = new FaultyFiles(durableWrites)
    const world = await new World().start(brokerXml(), { files })
    t.teardown(() => world.end().catch(() => {}))
    const port = world.port()
    const client = await world.connect()
    await client.receipted('SEND', persistent, 'before')
    const other = await world.connect()
    const inSync = signal()
    const goOn = signal()
    files.before = async operation => {
      if (operation !== 'sync') return undefined
      inSync.resolve()
      await goOn.promise
      throw new DiskError('EIO', operation)
    }
    ask(client, 'one')
    await inSync.promise
    ask(client, 'two')
    // This broker has read "two" when it has answered a connection made after it; still nothing was said of "one".
    await world.connect()
    t.is(client.received.toString().match(/RECEIPT/g)?.length, 1)
    goOn.resolve()
    await t.throwsAsync(world.running.stopped, { code: 'JOURNAL_FAILED', message: /EIO/ })
    t.deepEqual(await client.closed(), [])
    t.deepEqual(await other.closed(), [])
    await t.throwsAsync(connectTo(port), { code: 'ECONNREFUSED' })
    t.regex(world.lines.join('\n'), /ERROR the journal has failed: EIO.*Nothing is acknowledged any more/)
    const left = files.crash(() => 0, 'prefix')
    const again = await new World(world.directory).start(brokerXml(), { files: left })
    t.deepEqual(await bodies(again), ['before'])
    await again.stop()
  })
}

test('disk full, with the default handler: nothing is acknowledged while it is full, it goes on after, nothing is lost', async t => {
  const files = new FaultyFiles()
  const xml = brokerXml({ body: handler('resumeCheckSleepPeriod="20"') })
  const world = await new World().start(xml, { files })
  t.teardown(() => world.end().catch(() => {}))
  const client = await world.connect()
  await client.receipted('SEND', persistent, 'before')
  const tried = signal()
  let attempts = 0
  files.before = operation => {
    if (operation !== 'write') return undefined
    if (++attempts === 4) tried.resolve()
    return 11
  }
  ask(client, 'one')
  await tried.promise
  ask(client, 'two')
  await world.connect()
  t.is(client.received.toString().match(/RECEIPT/g)?.length, 1)
  t.regex(world.lines.join('\n'), /ERROR the journal cannot be written: ENOSPC.*nothing is acknowledged, trying again/)
  files.before = () => undefined
  t.true(await receiptOf(client, 'one'))
  t.true(await receiptOf(client, 'two'))
  t.regex(world.lines.join('\n'), /INFO the journal is written again/)
  // The power goes, at once: what was receipted is there.
  files.before = operation => {
    throw new DiskError('EIO', operation)
  }
  await world.stop()
  const left = files.crash(() => 0, 'prefix')
  const again = await new World(world.directory).start(xml, { files: left })
  t.deepEqual(await bodies(again), ['before', 'one', 'two'])
  await again.stop()
})

test('without an ioExceptionHandler a full disk stops nothing: the broker waits for space', async t => {
  const files = new FaultyFiles()
  const world = await new World().start(brokerXml(), { files })
  t.teardown(() => world.end().catch(() => {}))
  const client = await world.connect()
  const full = signal()
  files.before = operation => {
    if (operation !== 'write') return undefined
    files.before = () => undefined
    full.resolve()
    return 0
  }
  ask(client, 'one')
  await full.promise
  // It tries again after 5 s (semantics LC-11).
  t.true(await receiptOf(client, 'one'))
})

test('a broker that is stopped while its disk is full ends, and says that not everything was written', async t => {
  const files = new FaultyFiles()
  const xml = brokerXml({ body: handler('resumeCheckSleepPeriod="20"') })
  const world = await new World().start(xml, { files })
  t.teardown(() => world.end())
  const client = await world.connect()
  await client.receipted('SEND', persistent, 'before')
  const full = signal()
  files.before = operation => {
    if (operation !== 'write') return undefined
    full.resolve()
    return 0
  }
  ask(client, 'one')
  await full.promise
  const { stopped } = world.running
  await world.stop()
  await t.throwsAsync(stopped, { code: 'JOURNAL_FAILED', message: /ENOSPC/ })
  t.deepEqual(await client.closed(), [])
  files.before = () => undefined
  await world.start(xml, { files })
  t.deepEqual(await bodies(world), ['before'])
})

test('stopStartConnectors: a full disk closes the connectors and every connection, and space opens them again', async t => {
  const files = new FaultyFiles()
  const xml = brokerXml({ body: handler('stopStartConnectors="true" resumeCheckSleepPeriod="100"') })
  for (const code of ['ENOSPC', 'EIO']) {
    const world = await new World().start(xml, { files, properties: { 'tandemmq.http': '127.0.0.1:0' } })
    t.teardown(() => world.end())
    const ready = (): Promise<Response> => fetch(`http://${world.running.http}/health/ready`)
    const client = await world.connect()
    await client.receipted('SEND', persistent, 'before')
    t.is((await ready()).status, 200)
    let failing = true
    files.before = operation => {
      if (failing && operation === 'write') throw new DiskError(code, operation)
      return undefined
    }
    const port = world.port()
    ask(client, 'one')
    t.deepEqual(await client.closed(), [], 'no receipt')
    t.deepEqual(world.running.addresses, [])
    await t.throwsAsync(connectTo(port), { code: 'ECONNREFUSED' })
    const not = await ready()
    t.is(not.status, 503)
    t.regex(await not.text(), /"connectors are closed while the disk takes nothing"/)
    failing = false
    await eventually('it is open again', () => world.running.addresses.length > 0)
    t.deepEqual(await bodies(world), ['before', 'one'], 'what was sent without an answer may be there, and is')
    await world.stop()
  }
})

test('stopStartConnectors in a pair: the port stays open for the twin, so that nobody takes a full disk for a death', async t => {
  const files = new FaultyFiles()
  const body = handler('stopStartConnectors="true" resumeCheckSleepPeriod="100"')
  const one = await new World().start(brokerXml({ body }), { files })
  t.teardown(() => one.end())
  const port = one.port()
  const two = await new World().start(brokerXml({ body, attributes: `masterConnectorURI="tcp://127.0.0.1:${port}"` }))
  t.teardown(() => two.end())
  await eventually('it is in sync', () => one.running.pair.state === 'PAIRED')
  const client = await one.connect()
  await client.receipted('SEND', persistent, 'before')
  let refused = 0
  let failing = true
  files.before = operation => {
    if (!failing || operation !== 'write') return undefined
    refused++
    throw new DiskError('ENOSPC', operation)
  }
  ask(client, 'one')
  t.deepEqual(await client.closed(), [], 'no receipt')
  t.deepEqual(one.running.addresses, [])
  const late = await Client.dial(port)
  late.send('CONNECT', { 'accept-version': '1.2', host: 'localhost' })
  t.deepEqual(await late.closed(), [], 'no client is let in')
  const sofar = refused
  await eventually('the disk was tried again', () => refused > sofar + 2)
  t.is(two.running.pair.role, 'passive')
  t.is(one.running.pair.role, 'active')
  failing = false
  await eventually('it is open again', () => one.running.addresses.length > 0)
  await eventually('and has its twin', () => one.running.pair.state === 'PAIRED')
  t.is(two.running.pair.role, 'passive')
  t.deepEqual(await bodies(one), ['before', 'one'])
})

/** Sends m1, m2, … three at a time until the connection ends; answers which were receipted. */
async function receiptedUntilClosed(client: Client): Promise<string[]> {
  const receipted: string[] = []
  try {
    for (let sent = 0; ;) {
      for (let i = 0; i < 3; i++) ask(client, `m${++sent}`)
      for (let i = 0; i < 3; i++) receipted.push((await client.expect('RECEIPT')).headers.get('receipt-id') ?? '')
    }
  } catch {
    return receipted
  }
}

/** A disk that fails in a real process: what writes to it is replaced before the broker loads. */
function failingDisk(method: 'write' | 'datasync', code: string): string[] {
  const script = `
    import fs from 'node:fs'
    import { open } from 'node:fs/promises'
    import { syncBuiltinESMExports } from 'node:module'
    let calls = 0
    // Behind the zeros that are written ahead of the journal's end.
    const fails = () => ++calls >= 60
    const error = () => Object.assign(new Error('${code}: simulated, ${method}'), { code: '${code}' })
    const handle = await open(process.execPath)
    const prototype = Object.getPrototypeOf(handle)
    await handle.close()
    const real = prototype.${method}
    prototype.${method} = function (...args) {
      return fails() ? Promise.reject(error()) : real.apply(this, args)
    }
    if ('${method}' === 'write') {
      const { write, writeSync } = fs
      fs.write = (...args) => (fails() ? void setImmediate(args.at(-1), error()) : write(...args))
      fs.writeSync = (fd, ...args) => {
        if (fd > 2 && fails()) throw error()
        return writeSync(fd, ...args)
      }
      syncBuiltinESMExports()
    }`
  return ['--import', `data:text/javascript,${encodeURIComponent(script)}`]
}

/** On most systems a durable write is one call (O_DSYNC), whose error is as final as one of fdatasync. */
const syncing = typeof constants.O_DSYNC === 'number' ? 'write' : 'datasync'

for (const [what, method, code, body] of [
  ['ignoreNoSpaceErrors="false": a full disk', 'write', 'ENOSPC', handler('ignoreNoSpaceErrors="false"')],
  ['a write error', 'write', 'EIO', ''],
  ['an error of a synced write, whatever the ioExceptionHandler,', syncing, 'EIO', handler('ignoreAllErrors="true"')],
] as const) {
  test(`${what} ends the process with exit code 1; started again, it has everything that was receipted`, async t => {
    const site = new Site({ body })
    t.teardown(() => site.end())
    const broker = site.start(failingDisk(method, code))
    const client = await connectTo(await broker.port())
    const receipted = await receiptedUntilClosed(client)
    t.deepEqual(await broker.exited, { code: 1, signal: null }, broker.stderr)
    t.regex(broker.stderr, new RegExp(`the journal has failed: ${code}[^]*${code}.*\\[JOURNAL_FAILED\\]`))
    t.true(receipted.length > 0)
    const again = await connectTo(await site.start().port())
    const found = await bodiesFor(again)
    t.deepEqual(found.slice(0, receipted.length), receipted)
    t.deepEqual(
      found,
      Array.from(found, (_, i) => `m${i + 1}`),
      'in order',
    )
  })
}
